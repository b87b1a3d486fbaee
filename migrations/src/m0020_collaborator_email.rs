//! A collaborator is found by their address, whichever organization they belong to.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0020_collaborator_email",
    up: &[Sql::Both("CREATE INDEX collaborator_email ON collaborator (lower(email))")],
    down: &[Sql::Both("DROP INDEX collaborator_email")],
};
