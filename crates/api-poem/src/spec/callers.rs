//! Who may call what is said at every operation, from the one table that the guard reads (OR-3, OR-4).

use entitlement::Role;
use serde_json::{Map, Value};
use service_delivery::access::{Operation, Requirement};
use strum::VariantArray;

/// Ends the description of every operation with who may call it.
pub(super) fn name(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut) {
        let Some(decides) = operation["operationId"].as_str().and_then(deciding) else { continue };
        if let Some(Value::String(description)) = operation.get_mut("description") {
            *description = format!("{description}\n\n{}", sentence(decides.requirement()));
        }
    }
}

/// The operation that decides who may: a list's is its CSV's too.
fn deciding(id: &str) -> Option<Operation> {
    id.parse::<Operation>().or_else(|_| id.strip_suffix("_csv").unwrap_or_default().parse()).ok()
}

/// `For: staff_admin; owner, admin; member, guest with the scope billing.`, each word as code.
fn sentence(Requirement { staff, organization }: Requirement) -> String {
    let mut parts = Vec::new();
    if !staff.is_empty() {
        parts.push(listed(staff));
    }
    if let Some((scope, access)) = organization {
        let may = Role::VARIANTS.iter().rev().copied().filter(|role| role.may(&[scope], scope, access));
        let (always, with_scope): (Vec<Role>, Vec<Role>) = may.partition(|role| role.may(&[], scope, access));
        parts.push(listed(&always));
        parts.push(format!("{} with the scope `{scope}`", listed(&with_scope)));
    }
    format!("For: {}.", parts.join("; "))
}

fn listed<T: std::fmt::Display>(words: &[T]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use service_delivery::access::StaffRole;

    use super::*;
    use crate::{openapi_document, operations::tests::operations};

    #[test]
    fn or_4_every_operation_says_who_may_call_it_as_the_table_has_it() {
        let document: Value = serde_json::from_str(&openapi_document()).unwrap();
        for (path, method, operation) in operations(&document) {
            let at = format!("{method} {path}");
            let Requirement { staff, organization } =
                deciding(operation["operationId"].as_str().unwrap()).unwrap().requirement();
            let (before, says) = operation["description"].as_str().unwrap().rsplit_once("\n\n").unwrap();
            assert!(!before.is_empty() && says.starts_with("For: `") && says.ends_with('.'), "{at}: {says}");
            for role in StaffRole::VARIANTS {
                assert_eq!(says.contains(&format!("`{role}`")), staff.contains(role), "{at}: {says}");
            }
            let scope = organization.map(|(scope, _)| format!("with the scope `{scope}`"));
            assert_eq!(says.contains("scope"), scope.is_some(), "{at}: {says}");
            assert!(scope.is_none_or(|scope| says.contains(&scope)), "{at}: {says}");
        }
    }

    #[test]
    fn or_3_staff_and_customers_are_named_by_their_roles() {
        for (operation, says) in [
            (Operation::ListOrders, "For: `staff_admin`, `staff_finance`."),
            (
                Operation::PortalListOrders,
                "For: `owner`, `admin`; `member`, `guest` with the scope `billing`.",
            ),
            (Operation::PortalAddNote, "For: `owner`, `admin`; `member` with the scope `requests`."),
            (
                Operation::AddCollaborator,
                "For: `staff_admin`; `owner`, `admin`; `member` with the scope `team`.",
            ),
        ] {
            assert_eq!(sentence(operation.requirement()), says);
        }
        assert_eq!(deciding("list_orders_csv"), Some(Operation::ListOrders));
        assert_eq!(deciding("nothing"), None);
    }
}
