//! Orders of lists, each by an index. Rows where the column is empty stand in it too, one after the other.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0016_list_orders",
    up: &[
        Sql::Both("DROP INDEX service_request_due"),
        Sql::Both("CREATE INDEX service_request_due_created ON service_request (due_date, created_at, id)"),
        Sql::Both("DROP INDEX service_request_assignee_created"),
        Sql::Both(
            "CREATE INDEX service_request_assignee_created ON service_request (assignee, created_at, id)",
        ),
        Sql::Both(
            "CREATE INDEX service_request_estimated_created ON service_request (estimated_credits, created_at, id)",
        ),
        Sql::Both(
            "CREATE INDEX service_request_actual_created ON service_request (actual_credits, created_at, id)",
        ),
    ],
    down: &[
        Sql::Both("DROP INDEX service_request_actual_created"),
        Sql::Both("DROP INDEX service_request_estimated_created"),
        Sql::Both("DROP INDEX service_request_assignee_created"),
        Sql::Both(
            "CREATE INDEX service_request_assignee_created ON service_request (assignee, created_at, id)
                WHERE assignee IS NOT NULL",
        ),
        Sql::Both("DROP INDEX service_request_due_created"),
        Sql::Both("CREATE INDEX service_request_due ON service_request (due_date, id)"),
    ],
};
