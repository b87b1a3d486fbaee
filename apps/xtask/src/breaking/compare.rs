//! Two documents, side by side.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Everything in `after` that a caller made for `before` would not survive, each with where it is.
pub(crate) fn breaks(before: &Value, after: &Value) -> Vec<String> {
    let mut comparison = Comparison { before, after, seen: BTreeSet::new(), found: Vec::new() };
    for (path, operations) in members(&before["paths"]) {
        for (method, operation) in members(operations) {
            let at = format!("{} {path}", method.to_uppercase());
            match after["paths"][path].get(method) {
                None => comparison.note(&at, "is gone"),
                Some(now) => comparison.operation(&at, operation, now),
            }
        }
    }
    for (name, _) in members(&before["components"]["schemas"]) {
        if after["components"]["schemas"].get(name).is_none() {
            comparison
                .note(&format!("the type {name}"), "is gone, and with it its name in generated clients");
        }
    }
    comparison.found
}

/// Who writes a value decides what may change about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Writer {
    /// Callers: nothing that they may send can be taken away.
    Caller,
    /// The server: it can send nothing that callers do not know.
    Server,
}

struct Comparison<'a> {
    before: &'a Value,
    after: &'a Value,
    /// Types that were compared, by whoever writes them: each breaks once.
    seen: BTreeSet<(String, String, Writer)>,
    found: Vec<String>,
}

impl<'a> Comparison<'a> {
    fn note(&mut self, at: &str, what: impl AsRef<str>) {
        self.found.push(format!("{at} {}", what.as_ref()));
    }

    fn operation(&mut self, at: &str, before: &'a Value, after: &'a Value) {
        if before["operationId"] != after["operationId"] {
            let name = |operation: &Value| operation["operationId"].as_str().unwrap_or_default().to_owned();
            self.note(at, format!("was called {} and is called {}", name(before), name(after)));
        }
        self.parameters(at, before, after);
        self.bodies(at, before, after);
        let success = |operation: &'a Value| {
            members(&operation["responses"]).filter(|(status, _)| status.starts_with('2'))
        };
        for (status, response) in success(before) {
            match after["responses"].get(status) {
                None => self.note(at, format!("no longer answers {status}")),
                Some(now) => self.contents(&format!("{at}: {status}"), response, now, Writer::Server),
            }
        }
        for (status, _) in success(after) {
            if before["responses"].get(status).is_none() {
                self.note(at, format!("may answer {status}, which it did not"));
            }
        }
    }

    fn parameters(&mut self, at: &str, before: &'a Value, after: &'a Value) {
        let name = |parameter: &Value| {
            let text = |member: &str| parameter[member].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("in"), text("name"))
        };
        let find = |parameters: &'a Value, wanted: &str| elements(parameters).find(|own| name(own) == wanted);
        for parameter in elements(&before["parameters"]) {
            let name = name(parameter);
            match find(&after["parameters"], &name) {
                None => self.note(at, format!("no longer takes the {name}")),
                Some(now) => {
                    let at = format!("{at}: {name}");
                    if is(&now["required"]) && !is(&parameter["required"]) {
                        self.note(&at, "must be there now");
                    }
                    self.schema(&at, &parameter["schema"], &now["schema"], Writer::Caller);
                }
            }
        }
        for parameter in elements(&after["parameters"]).filter(|parameter| is(&parameter["required"])) {
            let name = name(parameter);
            if find(&before["parameters"], &name).is_none() {
                self.note(at, format!("needs the {name}, which it did not"));
            }
        }
    }

    fn bodies(&mut self, at: &str, before: &'a Value, after: &'a Value) {
        let at = format!("{at}: body");
        match (before.get("requestBody"), after.get("requestBody")) {
            (None, Some(now)) if is(&now["required"]) => self.note(&at, "must be there now"),
            (Some(_), None) => self.note(&at, "is no longer taken"),
            (Some(body), Some(now)) => {
                if is(&now["required"]) && !is(&body["required"]) {
                    self.note(&at, "must be there now");
                }
                self.contents(&at, body, now, Writer::Caller);
            }
            _ => {}
        }
    }

    fn contents(&mut self, at: &str, before: &'a Value, after: &'a Value, writer: Writer) {
        for (media_type, content) in members(&before["content"]) {
            match after["content"].get(media_type) {
                None => self.note(at, format!("is no {media_type} any more")),
                Some(now) => self.schema(at, &content["schema"], &now["schema"], writer),
            }
        }
    }

    fn schema(&mut self, at: &str, before: &'a Value, after: &'a Value, writer: Writer) {
        let names = (name_of(before), name_of(after));
        let mut at = at.to_owned();
        if let (Some(old), Some(new)) = names {
            if !self.seen.insert((old.to_owned(), new.to_owned(), writer)) {
                return;
            }
            at = match writer {
                Writer::Caller => format!("{new} (sent)"),
                Writer::Server => format!("{new} (answered)"),
            };
        }
        let (before, after) = (resolved(self.before, before), resolved(self.after, after));
        if before["type"] != after["type"] || before["format"] != after["format"] {
            let kind = |schema: &Value| {
                let text = |member: &str| schema[member].as_str().unwrap_or_default().to_owned();
                format!("{} {}", text("type"), text("format")).trim().to_owned()
            };
            return self.note(&at, format!("was {} and is {}", kind(before), kind(after)));
        }
        self.words(&at, before, after, writer);
        self.bounds(&at, before, after, writer);
        self.nullable(&at, before, after, writer);
        self.fields(&at, before, after, writer);
        self.alternatives(&at, before, after, writer);
        if let (Some(items), Some(now)) = (before.get("items"), after.get("items")) {
            self.schema(&format!("{at}[]"), items, now, writer);
        }
        let others = |schema: &'a Value| schema.get("additionalProperties").filter(|own| own.is_object());
        if let (Some(own), Some(now)) = (others(before), others(after)) {
            self.schema(&format!("{at}{{}}"), own, now, writer);
        }
    }

    fn words(&mut self, at: &str, before: &Value, after: &Value, writer: Writer) {
        let (old, new) = (&before["enum"], &after["enum"]);
        let lacks = |words: &Value, word: &Value| words.is_array() && !elements(words).any(|own| own == word);
        match writer {
            Writer::Caller if old.is_array() => {
                for word in elements(old).filter(|word| lacks(new, word)) {
                    self.note(at, format!("no longer takes {word}"));
                }
            }
            Writer::Caller if new.is_array() => self.note(at, "takes only certain words now"),
            Writer::Server if old.is_array() && !new.is_array() => self.note(at, "may be any word now"),
            Writer::Server => {
                for word in elements(new).filter(|word| lacks(old, word)) {
                    self.note(at, format!("may be {word}, which callers do not know"));
                }
            }
            Writer::Caller => {}
        }
    }

    /// What callers send may become wider, what the server sends may become narrower.
    fn bounds(&mut self, at: &str, before: &Value, after: &Value, writer: Writer) {
        for (name, is_lower) in [
            ("minimum", true),
            ("minLength", true),
            ("minItems", true),
            ("maximum", false),
            ("maxLength", false),
            ("maxItems", false),
        ] {
            let bound = |schema: &Value| schema[name].as_f64();
            let narrower = |old: Option<f64>, new: Option<f64>| match (old, new) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(old), Some(new)) => {
                    if is_lower {
                        new > old
                    } else {
                        new < old
                    }
                }
            };
            let (old, new) = (bound(before), bound(after));
            if writer == Writer::Caller && narrower(old, new) {
                self.note(at, format!("has a narrower {name} now: {}", after[name]));
            }
        }
        if writer == Writer::Caller && after["pattern"].is_string() && before["pattern"] != after["pattern"] {
            self.note(at, format!("must match {} now", after["pattern"]));
        }
    }

    fn nullable(&mut self, at: &str, before: &Value, after: &Value, writer: Writer) {
        match (writer, is(&before["nullable"]), is(&after["nullable"])) {
            (Writer::Caller, true, false) => self.note(at, "can no longer be null"),
            (Writer::Server, false, true) => self.note(at, "may be null now"),
            _ => {}
        }
    }

    fn fields(&mut self, at: &str, before: &'a Value, after: &'a Value, writer: Writer) {
        let requires = |schema: &Value, name: &str| elements(&schema["required"]).any(|own| own == name);
        for (name, field) in members(&before["properties"]) {
            let at = format!("{at}.{name}");
            match after["properties"].get(name) {
                None => self.note(&at, "is gone"),
                Some(now) => {
                    match (writer, requires(before, name), requires(after, name)) {
                        (Writer::Caller, false, true) => self.note(&at, "must be there now"),
                        (Writer::Server, true, false) => self.note(&at, "may be absent now"),
                        _ => {}
                    }
                    self.schema(&at, field, now, writer);
                }
            }
        }
        if writer == Writer::Caller {
            for (name, _) in members(&after["properties"]) {
                if before["properties"].get(name).is_none() && requires(after, name) {
                    self.note(&format!("{at}.{name}"), "is new, and must be there");
                }
            }
        }
    }

    fn alternatives(&mut self, at: &str, before: &'a Value, after: &'a Value, writer: Writer) {
        for kind in ["oneOf", "anyOf", "allOf"] {
            let known = |all: &'a Value, one: &Value| elements(all).find(|own| name_of(own) == name_of(one));
            let (old, new) = (&before[kind], &after[kind]);
            for shape in elements(old) {
                match known(new, shape) {
                    Some(now) => self.schema(at, shape, now, writer),
                    None if writer == Writer::Caller || kind == "allOf" => {
                        self.note(
                            at,
                            format!("can no longer be {}", name_of(shape).unwrap_or("one of its shapes")),
                        );
                    }
                    None => {}
                }
            }
            for shape in elements(new).filter(|shape| known(old, shape).is_none()) {
                if writer == Writer::Server {
                    let name = name_of(shape).unwrap_or("another shape");
                    self.note(at, format!("may be {name}, which callers do not know"));
                }
            }
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is(value: &Value) -> bool {
    value.as_bool().unwrap_or_default()
}

/// The name of the type that is referred to.
fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match name_of(schema) {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}
