//! Which rows: conditions whose values are parameters, never text of the statement.

use kernel::{Limited, OrganizationId, Timestamp};
use sea_orm::Value;
use service_delivery::reads::Viewer;

use super::seen;

/// Conditions that all must hold, and the parameters they refer to.
#[derive(Clone, Default)]
pub(super) struct Filter {
    conditions: Vec<String>,
    parameters: Vec<Value>,
}

impl Filter {
    /// Only what exists for the viewer (OR-6): `column` is the organization it belongs to.
    pub(super) fn visible_to(viewer: Viewer, column: &str) -> Self {
        let mut filter = Self::default();
        filter.equals(column, viewer.tenant.map(OrganizationId::as_uuid));
        filter
    }

    /// A new parameter's place in the statement. Whoever binds one has to use it: PostgreSQL wants to know its type.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.parameters.push(value.into());
        format!("${}", self.parameters.len())
    }

    pub(super) fn and(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    /// Lets no row pass.
    pub(super) fn nothing(&mut self) {
        self.and("1 = 0");
    }

    pub(super) fn equals(&mut self, column: &str, value: Option<impl Into<Value>>) {
        self.compare(column, "=", value);
    }

    /// At that instant or later.
    pub(super) fn from(&mut self, column: &str, at: Option<Timestamp>) {
        self.compare(column, ">=", at.map(Timestamp::unix_micros));
    }

    /// Before that instant.
    pub(super) fn until(&mut self, column: &str, at: Option<Timestamp>) {
        self.compare(column, "<", at.map(Timestamp::unix_micros));
    }

    pub(super) fn compare(&mut self, column: &str, operator: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.and(format!("{column} {operator} {place}"));
        }
    }

    /// Exactly that text.
    pub(super) fn reads(&mut self, column: &str, value: Option<impl ToString>) {
        let Some(text) = value.map(|value| value.to_string()) else { return };
        // PostgreSQL refuses this character in texts; so no row has it.
        if text.contains('\0') { self.nothing() } else { self.equals(column, Some(text)) }
    }

    /// One of the values; any where there is none.
    pub(super) fn one_of<T: ToString>(&mut self, column: &str, values: &[T]) {
        self.any_of(column, values.iter().map(ToString::to_string));
    }

    /// One of the values; any where there is none.
    pub(super) fn any_of<V: Into<Value>>(&mut self, column: &str, values: impl IntoIterator<Item = V>) {
        let places: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if !places.is_empty() {
            self.and(format!("{column} IN ({})", places.join(", ")));
        }
    }

    /// Whether the status in column `own` is seen as one of the values at `now`; the entitlement above is `e`.
    pub(super) fn seen_as<S: Limited + ToString>(&mut self, own: &str, values: &[S], now: Timestamp)
    where
        &'static str: From<S>,
    {
        if !values.is_empty() {
            let seen = self.seen::<S>(own, now);
            self.one_of(&seen, values);
        }
    }

    /// What the status in column `own` is seen as at `now`.
    pub(super) fn seen<S: Limited>(&mut self, own: &str, now: Timestamp) -> String
    where
        &'static str: From<S>,
    {
        let now = self.bind(now.unix_micros());
        seen::status::<S>(own, &now)
    }

    /// Whether one of the columns contains `wanted`, whatever the case of either.
    ///
    /// Both databases lower the letters from A to Z whatever they are set up for, and only those. So every other letter
    /// of what is looked for is lowered in the column by itself.
    pub(super) fn search(&mut self, columns: &[&str], wanted: Option<&str>) {
        let Some(wanted) = wanted.map(str::trim).filter(|wanted| !wanted.is_empty()) else { return };
        if wanted.contains('\0') {
            return self.nothing();
        }
        let lower = wanted.to_lowercase();
        let mut letters: Vec<(char, char)> = lower.chars().filter_map(other_case).collect();
        letters.sort_unstable();
        letters.dedup();
        let letters: Vec<(String, String)> = letters
            .into_iter()
            .map(|(upper, lower)| (self.bind(upper.to_string()), self.bind(lower.to_string())))
            .collect();
        let pattern = self.bind(format!("%{}%", escaped(&lower)));
        let contains = columns.iter().map(|column| {
            let lowered = letters.iter().fold(format!("lower({column})"), |text, (upper, lower)| {
                format!("replace({text}, {upper}, {lower})")
            });
            format!(r"{lowered} LIKE {pattern} ESCAPE '\'")
        });
        let any: Vec<String> = contains.collect();
        self.and(format!("({})", any.join(" OR ")));
    }

    /// ` WHERE …`, or nothing.
    pub(super) fn clause(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        }
    }

    pub(super) fn into_parameters(self) -> Vec<Value> {
        self.parameters
    }
}

/// Both cases of a letter beyond A to Z, the upper one first.
fn other_case(lower: char) -> Option<(char, char)> {
    let mut upper = lower.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) if upper != lower && !lower.is_ascii() => Some((upper, lower)),
        _ => None,
    }
}

/// `text` as LIKE takes it for itself.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_like_reads_as_a_pattern_is_escaped() {
        assert_eq!(escaped(r"50% _a\b"), r"50\% \_a\\b");
    }

    #[test]
    fn only_letters_with_two_cases_beyond_a_to_z_are_lowered_by_themselves() {
        assert_eq!(other_case('ã'), Some(('Ã', 'ã')));
        assert_eq!(other_case('a'), None);
        assert_eq!(other_case('ß'), None);
        assert_eq!(other_case('字'), None);
    }

    #[test]
    fn values_never_become_text_of_the_statement() {
        let mut filter = Filter::default();
        filter.search(&["t.name"], Some("'; DROP"));
        filter.reads("t.assignee", Some("' OR 1 = 1"));
        assert_eq!(filter.clause(), r" WHERE (lower(t.name) LIKE $1 ESCAPE '\') AND t.assignee = $2");
    }
}
