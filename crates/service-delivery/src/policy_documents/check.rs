//! What is wrong with documents, in the words of a refusal.

use kernel::{EntitlementClass, Invalid, Timestamp};
use policy_resolver::{Code, Diagnostic, Diagnostics, Document, KindSchema, Operation, Severity, Snapshot};
use serde_json::{Map, Value};
use strum::VariantArray as _;

use super::place::Placed;
use crate::policies::{SETTINGS_LEVEL, instant, policy_schema};

/// How many documents a problem names at most.
const MOST_NAMED: usize = 4;

/// Every error among `found`, by its path. Each problem begins with its code, which is stable.
pub(crate) fn problems(found: &Diagnostics) -> Invalid {
    let mut invalid = Invalid::default();
    for diagnostic in found.iter().filter(|own| own.severity == Severity::Error) {
        let path = if diagnostic.path.is_empty() { "document" } else { &diagnostic.path };
        invalid.push(path, problem(diagnostic));
    }
    invalid
}

fn problem(diagnostic: &Diagnostic) -> String {
    let mut text = format!("{}: {}", diagnostic.code, diagnostic.message);
    for (word, what) in [("found", &diagnostic.found), ("expected", &diagnostic.expected)] {
        if let Some(what) = what {
            text.push_str(&format!("; {word} {what}"));
        }
    }
    if !diagnostic.documents.is_empty() {
        let named: Vec<String> =
            diagnostic.documents.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        text.push_str(&format!(" ({}", named.join(", ")));
        if diagnostic.documents.len() > MOST_NAMED {
            text.push_str(&format!(" and {} more", diagnostic.documents.len() - MOST_NAMED));
        }
        text.push(')');
    }
    text
}

/// An error in one document.
pub(super) fn error(code: Code, path: &str, message: String, document: &Document) -> Diagnostic {
    Diagnostic {
        code,
        severity: Severity::Error,
        path: path.to_owned(),
        message,
        found: None,
        expected: None,
        documents: vec![document.reference()],
    }
}

/// What is wrong with the place of a document as far as can be told without looking at what is stored: the level of the
/// settings is for settings only, and there are no classes but those of EN-1.
pub fn misplaced(document: &Document) -> Option<Diagnostic> {
    if document.level == SETTINGS_LEVEL {
        let message = "the documents of this level are made by the settings; change these".to_owned();
        return Some(error(Code::UnknownLevel, "level", message, document));
    }
    let target =
        document.target.as_deref().filter(|target| document.level == "class" && !target.is_empty())?;
    if target.parse::<EntitlementClass>().is_ok() {
        return None;
    }
    let classes: Vec<&str> = EntitlementClass::VARIANTS.iter().map(|class| (*class).into()).collect();
    let expected = Some(format!("one of {}", classes.join(", ")));
    let mut found = error(Code::WrongTarget, "target", "there is no such class".to_owned(), document);
    (found.found, found.expected) =
        (Some(format!("{:?}", target.chars().take(64).collect::<String>())), expected);
    Some(found)
}

/// The values of `document` that guards in force keep from taking effect when it begins (PO-5). A guard is counted where it
/// reaches whatever the document is for: one at a level of which the document's place says nothing may or may not.
pub(super) fn blocked(
    base: &Snapshot,
    after: Option<&Snapshot>,
    document: &Document,
    placed: &Placed,
    now: Timestamp,
) -> Vec<Diagnostic> {
    let at = document.effective_from.unwrap_or(instant(now)).max(instant(now));
    let Some(kind) = policy_schema().kind(&document.kind) else { return vec![] };
    let exactly = after.map(|after| after.blocked(&placed.subject, at)).unwrap_or_default();
    let mut found = Vec::new();
    for (path, operation) in changes(kind, &document.fields) {
        let Ok(why) = base.explain_field(&document.kind, &path, &placed.subject, at) else { continue };
        let above = why.steps.iter().take_while(|step| step.level != document.level);
        let guarding =
            above.into_iter().find(|step| step.allows.is_some_and(|allowed| !allowed.contains(operation)));
        if let Some(step) = guarding {
            let own = exactly.iter().find(|own| own.document.id == document.id && own.path == path);
            let by = own.map(|own| &own.by).or(step.document);
            let by_whom = by.map_or_else(|| step.level.to_owned(), ToString::to_string);
            let message = format!("`{operation}` does not take effect: {by_whom} guards the field");
            let mut diagnostic = error(Code::Blocked, &format!("fields.{path}"), message, document);
            diagnostic.documents.extend(by.cloned());
            found.push(diagnostic);
        }
    }
    found
}

/// Every field that is changed, with the operation.
fn changes(kind: &KindSchema, fields: &Map<String, Value>) -> Vec<(String, Operation)> {
    let mut found = Vec::new();
    for (key, value) in fields {
        gather(kind, key.clone(), value, &mut found);
    }
    found
}

fn gather(kind: &KindSchema, path: String, value: &Value, found: &mut Vec<(String, Operation)>) {
    let sole = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.keys().next());
    if kind.field(&path).is_some() {
        found.push((path, sole.and_then(|key| key.parse().ok()).unwrap_or(Operation::Set)));
    } else if let Value::Object(below) = value {
        for (key, value) in below {
            gather(kind, format!("{path}.{key}"), value, found);
        }
    }
}
