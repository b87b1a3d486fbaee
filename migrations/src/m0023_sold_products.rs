//! The product as each line of an order sold it. Beside the line and not in it: an older server selects every column of the line, and
//! PostgreSQL refuses such a prepared statement once there is another.

use crate::sql::{Sql, Step};

pub(crate) const STEP: Step = Step {
    name: "m0023_sold_products",
    up: &[Sql::Both(
        // The row of the product then. A line that an older server wrote has none.
        "CREATE TABLE sold_product (
            order_line_id {uuid} PRIMARY KEY NOT NULL REFERENCES order_line (id),
            product {json} NOT NULL
        )",
    )],
    down: &[Sql::Both("DROP TABLE sold_product")],
};
