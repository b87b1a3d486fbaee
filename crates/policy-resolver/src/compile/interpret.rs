//! From a document's plain data to changes and guards of known fields.

use serde_json::{Map, Value as Json};

use crate::{
    Diagnostic, DocumentRef, Field, KindSchema, Operation, Operations, Value,
    diagnostic::{Code, Severity},
    value_type::show,
};

/// What a document does to a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    Set(Value),
    Append(Vec<Value>),
    Remove(Vec<Value>),
    Reset,
    Unset,
}

impl Change {
    pub(crate) const fn operation(&self) -> Operation {
        match self {
            Self::Set(_) => Operation::Set,
            Self::Append(_) => Operation::Append,
            Self::Remove(_) => Operation::Remove,
            Self::Reset => Operation::Reset,
            Self::Unset => Operation::Unset,
        }
    }
}

/// What a document says, by field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Interpreted {
    pub(crate) changes: Vec<(u16, Change)>,
    pub(crate) guards: Vec<(u16, Operations)>,
}

pub(crate) struct Interpreter<'a> {
    kind: &'a KindSchema,
    document: DocumentRef,
    out: Interpreted,
    found: &'a mut Vec<Diagnostic>,
}

pub(crate) fn interpret(
    kind: &KindSchema,
    document: DocumentRef,
    (fields, guard): (&Map<String, Json>, &Map<String, Json>),
    found: &mut Vec<Diagnostic>,
) -> Interpreted {
    let before = found.len();
    let mut interpreter = Interpreter { kind, document, out: Interpreted::default(), found };
    interpreter.walk("", fields, true);
    interpreter.walk("", guard, false);
    interpreter.check_groups(before);
    let mut out = interpreter.out;
    out.changes.sort_by_key(|(field, _)| *field);
    out.guards.sort_by_key(|(field, _)| *field);
    out
}

/// The one operation that an object names, if it names nothing else.
fn operation_of(object: &Map<String, Json>) -> Option<(Operation, &Json)> {
    let mut entries = object.iter();
    match (entries.next(), entries.next()) {
        (Some((key, value)), None) => key.parse().ok().map(|operation| (operation, value)),
        _ => None,
    }
}

impl Interpreter<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic.of(self.document.clone()));
    }

    fn walk(&mut self, prefix: &str, entries: &Map<String, Json>, fields: bool) {
        let root = if fields { "fields" } else { "guard" };
        for (key, json) in entries {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            if let Some(field) = self.kind.field_index(&path) {
                if fields { self.change(field, json) } else { self.guard(field, json) }
            } else if self.kind.is_section(&path) {
                self.section(&path, json, fields);
            } else {
                let names: Vec<_> = self.names_below(prefix);
                self.report(
                    Diagnostic::error(
                        Code::UnknownField,
                        format!("{root}.{path}"),
                        format!("the kind `{}` has no such field", self.kind.name()),
                    )
                    .expected(format!("one of {}", names.join(", "))),
                );
            }
        }
    }

    fn names_below(&self, prefix: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for field in self.kind.fields() {
            let rest = if prefix.is_empty() {
                Some(field.path.as_str())
            } else {
                field.path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.'))
            };
            if let Some(name) = rest.and_then(|rest| rest.split('.').next())
                && !names.iter().any(|own| own == name)
            {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn section(&mut self, path: &str, json: &Json, fields: bool) {
        match json {
            Json::Object(object) => match operation_of(object) {
                Some((Operation::Set, Json::Object(inner))) if fields => self.walk(path, inner, fields),
                Some((Operation::Reset | Operation::Unset, _)) if fields => {
                    self.each_below(path, json, fields)
                }
                _ => self.walk(path, object, fields),
            },
            guard if !fields => self.each_below(path, guard, fields),
            other => {
                let names = self.names_below(path);
                self.report(
                    Diagnostic::error(
                        Code::WrongType,
                        format!("fields.{path}"),
                        "this is a section of fields",
                    )
                    .found(show(other))
                    .expected(format!("a map of {}", names.join(", "))),
                );
            }
        }
    }

    fn each_below(&mut self, path: &str, json: &Json, fields: bool) {
        let prefix = format!("{path}.");
        let kind = self.kind;
        for (index, _) in kind.fields().iter().enumerate().filter(|(_, f)| f.path.starts_with(&prefix)) {
            if fields { self.change(index, json) } else { self.guard(index, json) }
        }
    }

    fn change(&mut self, index: usize, json: &Json) {
        let kind = self.kind;
        let field = &kind.fields()[index];
        let path = format!("fields.{}", field.path);
        let Ok(number) = u16::try_from(index) else { return };
        let (operation, value, at) = match json {
            Json::Object(object) => match operation_of(object) {
                Some((operation, value)) => (operation, value, format!("{path}.{operation}")),
                None if matches!(field.value_type, crate::ValueType::Record { .. }) => {
                    (Operation::Set, json, path)
                }
                None => {
                    let several = object.keys().filter(|key| key.parse::<Operation>().is_ok()).count() > 1;
                    let message = if several { "a field takes one operation" } else { "no such operation" };
                    self.report(
                        Diagnostic::error(Code::UnknownOperation, path, message)
                            .found(show(json))
                            .expected(format!("a plain value, or one of {}", field.operations)),
                    );
                    return;
                }
            },
            _ => (Operation::Set, json, path),
        };
        if !field.operations.contains(operation) {
            let message = format!("the field does not allow `{operation}`");
            self.report(
                Diagnostic::error(Code::IllegalOperation, at, message)
                    .expected(format!("one of {}", field.operations)),
            );
            return;
        }
        let change = match operation {
            Operation::Reset | Operation::Unset => {
                if *value != Json::Bool(true) {
                    self.report(
                        Diagnostic::error(Code::WrongType, at, format!("`{operation}` takes no value"))
                            .found(show(value))
                            .expected("true"),
                    );
                    return;
                }
                Some(if operation == Operation::Reset { Change::Reset } else { Change::Unset })
            }
            Operation::Set => self.value(field, value, &at).map(Change::Set),
            Operation::Append | Operation::Remove => {
                // One item may stand without brackets.
                let list = if value.is_array() { value.clone() } else { Json::Array(vec![value.clone()]) };
                self.value(field, &list, &at).map(|value| {
                    let items = if let Value::List(items) = value { items } else { Vec::new() };
                    if operation == Operation::Append { Change::Append(items) } else { Change::Remove(items) }
                })
            }
        };
        let Some(change) = change else { return };
        if self.out.changes.iter().any(|(own, _)| *own == number) {
            self.report(Diagnostic::error(
                Code::DuplicateKey,
                at,
                "the field is changed twice in one document",
            ));
            return;
        }
        self.out.changes.push((number, change));
    }

    fn value(&mut self, field: &Field, json: &Json, at: &str) -> Option<Value> {
        match field.value_type.check(json) {
            Ok(value) => Some(value),
            Err(problems) => {
                for problem in problems {
                    let none = json.is_null() && field.operations.contains(Operation::Unset);
                    let expected =
                        if none { "{ \"unset\": true } to say none".to_owned() } else { problem.expected };
                    let message = match problem.code {
                        Code::OutOfRange => "the value is out of range",
                        Code::DuplicateItem => "the item stands twice",
                        Code::MissingField => "a part is missing",
                        Code::UnknownField => "there is no such part",
                        _ => "the value has the wrong type",
                    };
                    self.report(
                        Diagnostic::error(problem.code, format!("{at}{}", problem.path), message)
                            .found(problem.found)
                            .expected(expected),
                    );
                }
                None
            }
        }
    }

    fn guard(&mut self, index: usize, json: &Json) {
        let field = &self.kind.fields()[index];
        let path = format!("guard.{}", field.path);
        let Ok(number) = u16::try_from(index) else { return };
        let allowed = match json {
            Json::String(word) if word == "enforced" => Some(Operations::NONE),
            Json::Array(words) => words
                .iter()
                .map(|word| word.as_str().and_then(|word| word.parse::<Operation>().ok()))
                .collect::<Option<Vec<_>>>()
                .map(|operations| Operations::of(&operations)),
            _ => None,
        };
        match allowed {
            None => self.report(
                Diagnostic::error(Code::UnknownOperation, path, "this is no guard")
                    .found(show(json))
                    .expected("\"enforced\", or a list of operations such as [\"append\"]"),
            ),
            Some(_) if self.out.guards.iter().any(|(own, _)| *own == number) => {
                self.report(Diagnostic::error(
                    Code::DuplicateKey,
                    path,
                    "the field is guarded twice in one document",
                ));
            }
            Some(allowed) => self.out.guards.push((number, allowed)),
        }
    }

    /// A group is changed, and guarded, whole and in one way (PO-4).
    fn check_groups(&mut self, before: usize) {
        // Fields that were refused already would only look like gaps in their group.
        let refused: Vec<String> = self.found[before..].iter().map(|d| d.path.clone()).collect();
        let mut groups: Vec<&str> = self.kind.fields().iter().filter_map(|f| f.group.as_deref()).collect();
        groups.sort_unstable();
        groups.dedup();
        let kind = self.kind;
        for group in groups {
            let members: Vec<(usize, &Field)> =
                kind.fields().iter().enumerate().filter(|(_, f)| f.group.as_deref() == Some(group)).collect();
            if members.iter().any(|(_, f)| refused.iter().any(|path| path.contains(&f.path))) {
                continue;
            }
            let operations: Vec<Option<Operation>> = members
                .iter()
                .map(|(index, _)| {
                    let change = self.out.changes.iter().find(|(own, _)| usize::from(*own) == *index);
                    change.map(|(_, change)| change.operation())
                })
                .collect();
            let guards: Vec<Option<Operations>> = members
                .iter()
                .map(|(index, _)| {
                    self.out.guards.iter().find(|(own, _)| usize::from(*own) == *index).map(|(_, g)| *g)
                })
                .collect();
            let whole = |same: bool, what: &str, missing: Vec<&str>| {
                (!same).then(|| {
                    let names: Vec<_> = members.iter().map(|(_, f)| f.path.as_str()).collect();
                    let message = if missing.is_empty() {
                        format!("the group `{group}` is {what} in different ways")
                    } else {
                        format!("the group `{group}` is {what} in part; {} missing", missing.join(", "))
                    };
                    let root = if what == "changed" { "fields" } else { "guard" };
                    let present = members.iter().map(|(_, f)| f.path.as_str()).find(|p| !missing.contains(p));
                    Diagnostic::new(
                        Code::PartialGroup,
                        Severity::Error,
                        format!("{root}.{}", present.unwrap_or(group)),
                        message,
                    )
                    .expected(format!("all of {} in one way, or none", names.join(", ")))
                })
            };
            let absent = |gaps: Vec<bool>| -> Vec<&str> {
                members.iter().zip(gaps).filter(|(_, gap)| *gap).map(|((_, f), _)| f.path.as_str()).collect()
            };
            let changed = whole(
                operations.iter().all(|operation| *operation == operations[0]),
                "changed",
                absent(operations.iter().map(Option::is_none).collect()),
            );
            let guarded = whole(
                guards.iter().all(|guard| *guard == guards[0]),
                "guarded",
                absent(guards.iter().map(Option::is_none).collect()),
            );
            for diagnostic in [changed, guarded].into_iter().flatten() {
                self.report(diagnostic);
            }
        }
    }
}
