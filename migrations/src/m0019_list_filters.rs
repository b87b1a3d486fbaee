//! Lists by what else people look for, each by an index.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0019_list_filters",
    up: &[
        // Rows without an end stand in it too.
        Sql::Both("DROP INDEX entitlement_term_ends"),
        Sql::Both("CREATE INDEX entitlement_term_ends ON entitlement (term_ends_at, id)"),
        Sql::Both("CREATE INDEX invoice_issued ON invoice (issued_at, id)"),
        Sql::Both("CREATE INDEX service_jira_project ON service (jira_project_key, created_at, id)"),
        Sql::Both("CREATE INDEX environment_server ON environment (server, created_at, id)"),
    ],
    down: &[
        Sql::Both("DROP INDEX environment_server"),
        Sql::Both("DROP INDEX service_jira_project"),
        Sql::Both("DROP INDEX invoice_issued"),
        Sql::Both("DROP INDEX entitlement_term_ends"),
        Sql::Both(
            "CREATE INDEX entitlement_term_ends ON entitlement (term_ends_at, id) WHERE term_ends_at IS NOT NULL",
        ),
    ],
};
