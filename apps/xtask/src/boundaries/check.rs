//! The arrows between crates, and who may name what.

use super::{
    graph::{Crate, Dependency},
    rules::{
        IMPURE_FEATURES, Kind, PURE_MAY_USE, PURE_TESTS_MAY_USE, Rule, SOME_PURE_MAY_USE, TECHNOLOGIES,
        rule_of,
    },
};

/// Everything in `crates` that breaks a rule, in words.
pub(crate) fn check(crates: &[Crate]) -> Vec<String> {
    let mut violations = Vec::new();
    for member in crates {
        let Some(rule) = rule_of(&member.name) else {
            violations.push(format!("{} is new: give it a row in the table of crates", member.name));
            continue;
        };
        for dependency in &member.dependencies {
            if dependency.name == member.name {
                continue;
            }
            let inside = crates.iter().any(|other| other.name == dependency.name)
                || rule_of(&dependency.name).is_some();
            if inside {
                violations.extend(check_arrow(rule, dependency));
            } else {
                violations.extend(check_technology(rule, dependency));
                if rule.kind == Kind::Pure {
                    violations.extend(check_purity(rule, dependency));
                }
            }
        }
    }
    violations
}

fn check_arrow(rule: &Rule, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let allowed = rule.uses.contains(&name) || (dependency.only_tests && rule.tests_use.contains(&name));
    (!allowed).then(|| format!("{} → {name}: no such arrow{}", rule.name, in_tests(dependency)))
}

fn check_technology(rule: &Rule, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let technology = TECHNOLOGIES.iter().find(|technology| technology.crates.contains(&name))?;
    let allowed = technology.owners.contains(&rule.name)
        || (dependency.only_tests && technology.in_tests.contains(&rule.name));
    (!allowed).then(|| {
        let owners = technology.owners.join(", ");
        format!("{} → {name}: only {owners} may name it{}", rule.name, in_tests(dependency))
    })
}

fn check_purity(rule: &Rule, dependency: &Dependency) -> Vec<String> {
    let name = dependency.name.as_str();
    let its_own = SOME_PURE_MAY_USE.iter().any(|(of, crates)| *of == rule.name && crates.contains(&name));
    if !its_own && !PURE_MAY_USE.contains(&name) {
        if dependency.only_tests && PURE_TESTS_MAY_USE.contains(&name) {
            return Vec::new();
        }
        let place = in_tests(dependency);
        return vec![format!("{} → {name}: not among what this pure crate may use{place}", rule.name)];
    }
    if dependency.only_tests {
        return Vec::new();
    }
    let impure = IMPURE_FEATURES.iter().filter(|(of, _)| *of == name).flat_map(|(_, features)| *features);
    impure
        .filter(|feature| dependency.features.iter().any(|asked| asked == *feature))
        .map(|feature| format!("{} → {name}/{feature}: the feature is not pure", rule.name))
        .collect()
}

fn in_tests(dependency: &Dependency) -> &'static str {
    if dependency.only_tests { ", not even in tests" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundaries::rules::RULES;

    fn dependency(name: &str) -> Dependency {
        Dependency { name: name.into(), only_tests: false, features: vec![] }
    }

    fn in_tests_only(name: &str) -> Dependency {
        Dependency { only_tests: true, ..dependency(name) }
    }

    fn with_feature(name: &str, feature: &str) -> Dependency {
        Dependency { features: vec![feature.into()], ..dependency(name) }
    }

    /// What the check says when `name` has just this dependency.
    fn said(name: &str, dependency: Dependency) -> Vec<String> {
        check(&[Crate { name: name.into(), folder: "".into(), dependencies: vec![dependency] }])
    }

    fn assert_refused(name: &str, dependency: Dependency, words: &str) {
        let said = said(name, dependency);
        assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    }

    #[test]
    fn the_workspace_as_the_table_draws_it_passes() {
        let crates: Vec<Crate> = RULES
            .iter()
            .map(|rule| Crate {
                name: rule.name.into(),
                folder: "".into(),
                dependencies: (rule.uses.iter().map(|name| dependency(name)))
                    .chain(rule.tests_use.iter().map(|name| in_tests_only(name)))
                    .collect(),
            })
            .collect();
        assert_eq!(check(&crates), Vec::<String>::new());
    }

    #[test]
    fn every_arrow_that_the_table_does_not_draw_is_refused() {
        for from in RULES {
            for to in RULES.iter().filter(|to| to.name != from.name && !from.uses.contains(&to.name)) {
                assert_refused(from.name, dependency(to.name), "no such arrow");
                let in_tests = said(from.name, in_tests_only(to.name));
                assert_eq!(in_tests.is_empty(), from.tests_use.contains(&to.name), "{in_tests:?}");
            }
        }
    }

    #[test]
    fn the_table_has_no_cycle_and_points_inwards() {
        for (index, rule) in RULES.iter().enumerate() {
            for used in rule.uses {
                let position = RULES.iter().position(|other| other.name == *used).unwrap();
                assert!(position < index, "{} → {used}", rule.name);
                assert!(rule.kind != Kind::Pure || RULES[position].kind == Kind::Pure);
            }
        }
    }

    #[test]
    fn domains_do_not_call_each_other() {
        assert_refused("entitlement", dependency("ust-credits"), "no such arrow");
        assert_refused("ust-credits", dependency("sr-workflow"), "no such arrow");
        assert_refused("billing", dependency("entitlement"), "no such arrow");
    }

    #[test]
    fn a_crate_that_is_not_in_the_table_is_refused() {
        let crates = [Crate { name: "utils".into(), folder: "".into(), dependencies: vec![] }];
        assert_eq!(check(&crates), ["utils is new: give it a row in the table of crates"]);
    }

    #[test]
    fn only_owners_name_a_technology() {
        assert_refused("api-poem", dependency("sea-orm"), "only storage-seaorm, migrations");
        assert_refused("account", dependency("sqlx"), "only storage-seaorm, migrations");
        assert_refused("storage-seaorm", dependency("poem"), "only api-poem, account");
        assert_refused("storage-seaorm", dependency("poem-openapi"), "only api-poem, account");
        assert_refused("api-poem", dependency("reqwest"), "only identity-openid, tracker-jira");
        assert_refused("storage-seaorm", in_tests_only("reqwest"), "not even in tests");
        assert_refused("storage-seaorm", dependency("anyhow"), "only account, load, xtask");
        assert!(said("account", in_tests_only("reqwest")).is_empty());
        assert!(said("migrations", dependency("sea-orm-migration")).is_empty());
    }

    #[test]
    fn pure_crates_use_only_what_is_listed() {
        for rule in RULES.iter().filter(|rule| rule.kind == Kind::Pure) {
            for name in ["tokio", "tracing", "log", "rand", "getrandom", "chrono", "mockall"] {
                assert_refused(rule.name, dependency(name), "not among what this pure crate may use");
            }
            assert!(said(rule.name, dependency("thiserror")).is_empty());
            assert!(said(rule.name, in_tests_only("proptest")).is_empty());
            assert_refused(rule.name, in_tests_only("rand"), "not even in tests");
        }
        assert_refused("billing", dependency("serde"), "not among what this pure crate may use");
        assert!(said("policy-resolver", dependency("serde")).is_empty());
        assert_eq!(said("kernel", dependency("sea-orm")).len(), 2, "a technology, and not pure");
    }

    #[test]
    fn pure_crates_ask_for_no_impure_feature() {
        assert_refused("kernel", with_feature("uuid", "v7"), "uuid/v7: the feature is not pure");
        assert_refused("entitlement", with_feature("time", "local-offset"), "time/local-offset");
        assert!(said("kernel", with_feature("time", "macros")).is_empty());
        assert!(said("account", with_feature("uuid", "v7")).is_empty());
    }
}
