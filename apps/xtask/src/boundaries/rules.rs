//! The rules, as data.

/// What a crate is allowed to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No I/O, no clock, no randomness, no logging, no SQL, no HTTP.
    Pure,
    /// Behind a port; named after its technology.
    Adapter,
    /// A program.
    App,
}

/// What one crate of the workspace may use of the others.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The crates of the workspace that it may depend on.
    pub(crate) uses: &'static [&'static str],
    /// Those that only its tests may depend on, besides.
    pub(crate) tests_use: &'static [&'static str],
}

const fn pure(name: &'static str, uses: &'static [&'static str]) -> Rule {
    Rule { name, kind: Kind::Pure, uses, tests_use: &[] }
}

const fn adapter(name: &'static str) -> Rule {
    Rule { name, kind: Kind::Adapter, uses: INSIDE, tests_use: &[] }
}

/// Everything that is not an adapter or a program.
const INSIDE: &[&str] = &[
    "kernel",
    "policy-resolver",
    "ust-credits",
    "entitlement",
    "sr-workflow",
    "billing",
    "service-delivery",
];

/// The crates of the workspace and the arrows between them. A crate that is not here fails the check.
pub(crate) const RULES: &[Rule] = &[
    pure("kernel", &[]),
    pure("policy-resolver", &[]),
    pure("ust-credits", &["kernel", "policy-resolver"]),
    pure("entitlement", &["kernel", "policy-resolver"]),
    // Work is priced in credits: the one arrow between domains.
    pure("sr-workflow", &["kernel", "policy-resolver", "ust-credits"]),
    pure("billing", &["kernel", "policy-resolver", "ust-credits"]),
    Rule {
        name: "service-delivery",
        kind: Kind::Pure,
        uses: &["kernel", "policy-resolver", "ust-credits", "entitlement", "sr-workflow", "billing"],
        // Use cases are tested on SQLite in memory.
        tests_use: &["storage-seaorm"],
    },
    Rule { name: "migrations", kind: Kind::Adapter, uses: &[], tests_use: &[] },
    Rule {
        name: "storage-seaorm",
        kind: Kind::Adapter,
        uses: &[
            "kernel",
            "policy-resolver",
            "ust-credits",
            "entitlement",
            "sr-workflow",
            "billing",
            "service-delivery",
            "migrations",
        ],
        tests_use: &[],
    },
    // The real router is tested on real storage.
    Rule { name: "api-poem", kind: Kind::Adapter, uses: INSIDE, tests_use: &["storage-seaorm"] },
    adapter("identity-openid"),
    adapter("tracker-jira"),
    adapter("delivery-smtp"),
    adapter("delivery-webhook"),
    adapter("files-object-store"),
    Rule {
        name: "account",
        kind: Kind::App,
        uses: &[
            "kernel",
            "policy-resolver",
            "ust-credits",
            "entitlement",
            "sr-workflow",
            "billing",
            "service-delivery",
            "migrations",
            "storage-seaorm",
            "api-poem",
            "identity-openid",
            "tracker-jira",
            "delivery-smtp",
            "delivery-webhook",
            "files-object-store",
        ],
        tests_use: &["load"],
    },
    // Drives the program from outside: it knows none of our crates.
    Rule { name: "load", kind: Kind::App, uses: &[], tests_use: &[] },
    Rule { name: "xtask", kind: Kind::App, uses: &[], tests_use: &[] },
];

/// The rule of the crate called `name`.
pub(crate) fn rule_of(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// A technology and the only crates that may name it.
pub(crate) struct Technology {
    pub(crate) crates: &'static [&'static str],
    pub(crate) owners: &'static [&'static str],
    /// Those that may name it in their tests, besides.
    pub(crate) in_tests: &'static [&'static str],
}

/// Who may name what.
pub(crate) const TECHNOLOGIES: &[Technology] = &[
    Technology {
        crates: &[
            "sea-orm",
            "sea-orm-migration",
            "sea-query",
            "sqlx",
            "sqlx-core",
            "rusqlite",
            "tokio-postgres",
        ],
        owners: &["storage-seaorm", "migrations"],
        in_tests: &[],
    },
    Technology { crates: &["poem", "poem-openapi"], owners: &["api-poem", "account"], in_tests: &[] },
    // The server's connections: what poem's own server cannot limit.
    Technology { crates: &["hyper", "hyper-util"], owners: &["api-poem"], in_tests: &["account"] },
    Technology {
        crates: &["reqwest", "ureq"],
        owners: &["identity-openid", "tracker-jira", "delivery-webhook", "files-object-store"],
        in_tests: &["api-poem", "account"],
    },
    Technology { crates: &["jsonwebtoken"], owners: &["identity-openid"], in_tests: &[] },
    Technology { crates: &["lettre"], owners: &["delivery-smtp"], in_tests: &[] },
    Technology { crates: &["object_store"], owners: &["files-object-store"], in_tests: &[] },
    Technology { crates: &["anyhow"], owners: &["account", "load", "xtask"], in_tests: &[] },
];

/// The only crates from outside that every pure crate may depend on: values, texts and derives. Whoever adds one here
/// has looked at it: as it is built for us, it opens nothing, sends nothing, reads no clock.
pub(crate) const PURE_MAY_USE: &[&str] =
    &["async-trait", "rust_decimal", "strum", "thiserror", "time", "uuid"];

/// Those that only some pure crates may depend on, for what only these do. Domain types carry no serde.
pub(crate) const SOME_PURE_MAY_USE: &[(&str, &[&str])] = &[
    ("kernel", &["iso_currency"]),
    (
        "policy-resolver",
        &["arc-swap", "iso_currency", "serde", "serde_json", "serde-saphyr", "smallvec", "toml"],
    ),
    ("ust-credits", &["csv"]),
    ("entitlement", &["celes", "croner", "email_address", "url"]),
    ("service-delivery", &["serde", "serde_json", "sha2", "subtle"]),
];

/// What tests of pure crates may depend on besides.
pub(crate) const PURE_TESTS_MAY_USE: &[&str] =
    &["allocation-counter", "mockall", "proptest", "serde_json", "tempfile", "tokio"];

/// Features that would bring a clock, randomness or a database into a pure crate through one that it may use.
pub(crate) const IMPURE_FEATURES: &[(&str, &[&str])] = &[
    ("serde-saphyr", &["include", "include_fs", "figment", "figment2"]),
    ("rust_decimal", &["rand", "rand-0_9", "db-postgres", "db-tokio-postgres", "db-diesel-postgres"]),
    ("time", &["local-offset", "rand"]),
    ("uuid", &["v1", "v4", "v6", "v7", "fast-rng", "rng", "rng-getrandom", "rng-rand"]),
];

/// Modules of `std` that a pure crate does not name.
pub(crate) const IMPURE_STD: &[&str] = &["env", "fs", "net", "os", "process", "thread"];

/// `type::function` that a pure crate does not call. A function `*` stands for the very name of the type.
pub(crate) const IMPURE_CALLS: &[(&str, &str)] = &[
    ("SystemTime", "*"),
    ("Instant", "now"),
    ("OffsetDateTime", "now_utc"),
    ("OffsetDateTime", "now_local"),
    ("UtcDateTime", "now"),
    ("Utc", "now"),
    ("Local", "now"),
    ("Uuid", "new_v4"),
    ("Uuid", "now_v1"),
    ("Uuid", "now_v6"),
    ("Uuid", "now_v7"),
];

/// Macros that a pure crate does not use: it says nothing.
pub(crate) const IMPURE_MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "dbg"];
