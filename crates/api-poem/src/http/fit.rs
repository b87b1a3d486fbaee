//! What does not fit between a JSON value and the schema that the OpenAPI document gives for it.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use kernel::Invalid;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};
use serde_json::Value;
use ust_credits::Credits;
use uuid::Uuid;

use crate::wire::{read_day, read_instant};

/// More is not worth reading.
const MAX_MISFITS: usize = 100;

/// The schemas of the types that were asked for: the same for the whole life of the process.
static REGISTRIES: LazyLock<RwLock<HashMap<TypeId, Arc<Registry>>>> = LazyLock::new(RwLock::default);

/// Everything in `value` that does not fit the schema of `T`, with its path.
pub(crate) fn misfits<T: Type + 'static>(value: &Value) -> Invalid {
    let registry = registry::<T>();
    let mut fit = Fit { registry: &registry, found: Invalid::default() };
    fit.check(&T::schema_ref(), value, "");
    fit.check_texts(value, "");
    fit.found
}

fn registry<T: Type + 'static>() -> Arc<Registry> {
    let known = REGISTRIES.read().unwrap_or_else(PoisonError::into_inner).get(&TypeId::of::<T>()).cloned();
    known.unwrap_or_else(|| {
        let mut registry = Registry::new();
        T::register(&mut registry);
        let registry = Arc::new(registry);
        let mut registries = REGISTRIES.write().unwrap_or_else(PoisonError::into_inner);
        registries.entry(TypeId::of::<T>()).or_insert(registry).clone()
    })
}

struct Fit<'a> {
    registry: &'a Registry,
    found: Invalid,
}

impl Fit<'_> {
    fn note(&mut self, path: &str, problem: impl Into<String>) {
        if self.found.0.len() < MAX_MISFITS {
            self.found.push(if path.is_empty() { "body" } else { path }, problem);
        }
    }

    fn check(&mut self, schema: &MetaSchemaRef, value: &Value, path: &str) {
        let schema = match schema {
            MetaSchemaRef::Inline(schema) => schema,
            MetaSchemaRef::Reference(name) => match self.registry.schemas.get(name) {
                Some(schema) => schema,
                None => return,
            },
        };
        if value.is_null() && schema.nullable {
            return;
        }
        for part in &schema.all_of {
            self.check(part, value, path);
        }
        self.check_alternatives(schema, value, path);
        if !schema.enum_items.is_empty() && !schema.enum_items.contains(value) {
            return self.note(path, format!("must be one of {}", listed(&schema.enum_items)));
        }
        match (schema.ty, value) {
            ("object", Value::Object(_)) => self.check_object(schema, value, path),
            ("array", Value::Array(items)) => self.check_array(schema, items, path),
            ("string", Value::String(text)) => self.check_string(schema, text, path),
            ("integer", Value::Number(number)) if number.is_f64() => {
                self.note(path, "must be a whole number")
            }
            ("integer" | "number", Value::Number(number)) => self.check_number(schema, number.as_f64(), path),
            ("boolean", Value::Bool(_)) | ("", _) => {}
            (expected, Value::Null) => self.note(
                path,
                format!("must be {}, not null; what is not meant is left out", article(expected)),
            ),
            (expected, other) => {
                self.note(path, format!("must be {}, not {}", article(expected), kind(other)))
            }
        }
    }

    /// No text has the character that PostgreSQL refuses, also where any value is possible.
    fn check_texts(&mut self, value: &Value, path: &str) {
        match value {
            Value::String(text) if text.contains('\0') => {
                self.note(path, "must not contain the character U+0000");
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.check_texts(item, &format!("{path}[{at}]"));
                }
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = member(path, name);
                    if name.contains('\0') {
                        self.note(&path, "must not have the character U+0000 in its name");
                    }
                    self.check_texts(value, &path);
                }
            }
            _ => {}
        }
    }

    /// A value of several possible shapes: the discriminator names the one meant.
    fn check_alternatives(&mut self, schema: &MetaSchema, value: &Value, path: &str) {
        let shapes = schema.one_of.iter().chain(&schema.any_of).collect::<Vec<_>>();
        if shapes.is_empty() {
            return;
        }
        let Some(discriminator) = &schema.discriminator else {
            let fits = |shape: &&MetaSchemaRef| {
                let mut fit = Fit { registry: self.registry, found: Invalid::default() };
                fit.check(shape, value, path);
                fit.found.0.is_empty()
            };
            if !shapes.iter().any(fits) {
                self.note(path, "fits none of the shapes that are possible here");
            }
            return;
        };
        let named = value.get(discriminator.property_name).and_then(Value::as_str);
        let meant = discriminator.mapping.iter().find(|(name, _)| Some(name.as_str()) == named);
        match meant {
            Some((_, target)) => {
                let name = target.rsplit('/').next().unwrap_or_default().to_owned();
                self.check(&MetaSchemaRef::Reference(name), value, path);
            }
            None => {
                let names = discriminator
                    .mapping
                    .iter()
                    .map(|(name, _)| Value::from(name.as_str()))
                    .collect::<Vec<_>>();
                self.note(
                    &member(path, discriminator.property_name),
                    format!("must be one of {}", listed(&names)),
                );
            }
        }
    }

    fn check_object(&mut self, schema: &MetaSchema, value: &Value, path: &str) {
        let Some(fields) = value.as_object() else { return };
        for name in &schema.required {
            if !fields.contains_key(*name) {
                self.note(&member(path, name), "is missing");
            }
        }
        for (name, value) in fields {
            let path = member(path, name);
            match (schema.properties.iter().find(|(known, _)| known == name), &schema.additional_properties) {
                (Some((_, schema)), _) => self.check(schema, value, &path),
                (None, Some(schema)) => self.check(schema, value, &path),
                (None, None) => {
                    let known: Vec<&str> = schema.properties.iter().map(|(name, _)| *name).collect();
                    self.note(&path, format!("is not known here; known are: {}", known.join(", ")));
                }
            }
        }
    }

    fn check_array(&mut self, schema: &MetaSchema, items: &[Value], path: &str) {
        if schema.min_items.is_some_and(|min| items.len() < min) {
            self.note(path, format!("must have at least {} items", schema.min_items.unwrap_or_default()));
        }
        if schema.max_items.is_some_and(|max| items.len() > max) {
            return self
                .note(path, format!("must have at most {} items", schema.max_items.unwrap_or_default()));
        }
        if let Some(schema) = &schema.items {
            for (at, item) in items.iter().enumerate() {
                self.check(schema, item, &format!("{path}[{at}]"));
            }
        }
    }

    fn check_string(&mut self, schema: &MetaSchema, text: &str, path: &str) {
        let length = text.chars().count();
        if schema.min_length.is_some_and(|min| length < min) {
            self.note(
                path,
                format!("must have at least {} characters", schema.min_length.unwrap_or_default()),
            );
        }
        if schema.max_length.is_some_and(|max| length > max) {
            self.note(
                path,
                format!("must have at most {} characters", schema.max_length.unwrap_or_default()),
            );
        }
        match schema.format {
            Some("uuid") if Uuid::parse_str(text).is_err() => self.note(path, "must be a UUID"),
            Some("date-time") => {
                if let Err(problem) = read_instant(text) {
                    self.note(path, problem);
                }
            }
            Some("credits") => {
                if let Err(error) = text.parse::<Credits>() {
                    self.note(path, error.to_string());
                }
            }
            Some("date") => {
                if let Err(problem) = read_day(text) {
                    self.note(path, problem);
                }
            }
            _ => {}
        }
    }

    fn check_number(&mut self, schema: &MetaSchema, number: Option<f64>, path: &str) {
        let Some(number) = number else { return };
        if let Some(min) = schema.minimum.filter(|min| number < *min) {
            self.note(path, format!("must be at least {min}"));
        }
        if let Some(max) = schema.maximum.filter(|max| number > *max) {
            self.note(path, format!("must be at most {max}"));
        }
        let held = match schema.format {
            Some("uint32") => (0.0, f64::from(u32::MAX)),
            Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
            _ => return,
        };
        if schema.minimum.is_none() && number < held.0 {
            self.note(path, format!("must be at least {}", held.0));
        }
        if schema.maximum.is_none() && number > held.1 {
            self.note(path, format!("must be at most {}", held.1));
        }
    }
}

fn member(path: &str, name: &str) -> String {
    let name: String = name.chars().take(64).collect();
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

fn listed(values: &[Value]) -> String {
    values
        .iter()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join(", ")
}

fn article(expected: &str) -> String {
    match expected {
        "object" | "array" | "integer" => format!("an {expected}"),
        other => format!("a {other}"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
