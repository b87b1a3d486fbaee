//! A believable world to measure in, the same in every run.

use policy_resolver::{Document, KindSchema, Schema, Subject, ValueType, kinds::SupportClass};
use serde_json::{Value as Json, json};
use strum::VariantArray;

/// A small generator of numbers, so that every run has the same documents.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn value(&mut self, path: &str, value_type: &ValueType) -> Json {
        // What rules tie together stays far enough apart to be valid in any combination.
        match path.split('.').next().unwrap_or(path) {
            "response_minutes" | "suspend_after_days" => return json!(self.roll(29) + 1),
            "resolution_minutes" => return json!(self.roll(20_000) + 3_000),
            "cancel_after_days" => return json!(self.roll(60) + 40),
            _ => {}
        }
        match value_type {
            ValueType::Boolean {} => json!(self.roll(2) == 0),
            ValueType::Integer { min, .. } => json!(min.max(&0) + self.roll(40) as i64),
            ValueType::Decimal { .. } => json!(self.roll(100).to_string()),
            ValueType::Choice { options } => json!(options[self.roll(options.len())]),
            ValueType::List { items, .. } => {
                let (first, second) = (self.value(path, items), self.value(path, items));
                if first == second { json!([first]) } else { json!([first, second]) }
            }
            ValueType::Record { parts } if parts.contains_key("currency") => {
                json!({ "amount": self.roll(500).to_string(), "currency": "BRL" })
            }
            ValueType::Record { .. } => json!({ "at_percent": self.roll(100) + 1, "notify": ["assignee"] }),
            ValueType::Text { .. } => json!(format!("text {}", self.roll(20))),
        }
    }

    /// One to three fields of a kind, some lists with an addition.
    fn document(&mut self, kind: &KindSchema, level: &str, target: Option<&str>) -> Document {
        let mut document = Document::new(kind.name(), level, target).by("figures", "to measure");
        for _ in 0..=self.roll(3) {
            let field = &kind.fields()[self.roll(kind.fields().len())];
            if field.group.is_some() {
                continue;
            }
            let value = self.value(&field.path, &field.value_type);
            document = match value {
                Json::Array(_) if self.roll(2) == 0 => document.append(&field.path, value),
                _ => document.set(&field.path, value),
            };
        }
        document
    }
}

pub(crate) const CLASSES: [&str; 6] = ["PLG", "ENV", "SVC", "ORD", "AFL", "EDU"];
pub(crate) const ORGANIZATIONS: usize = 100_000;
pub(crate) const PRODUCTS: usize = 300;

/// Documents in all kinds: one for all, one for each class, the rest spread over the other levels.
pub(crate) fn documents(
    schema: &Schema,
    dice: &mut Dice,
    count: usize,
    entitlements: usize,
) -> Vec<Document> {
    let kinds: Vec<_> = schema.kinds().collect();
    let mut seen = std::collections::HashSet::new();
    let mut all = Vec::with_capacity(count);
    for kind in &kinds {
        all.push(dice.document(kind, "global", None));
        all.extend(CLASSES.iter().map(|class| dice.document(kind, "class", Some(class))));
    }
    while all.len() < count {
        let kind = kinds[all.len() % kinds.len()];
        let (level, target) = match dice.roll(20) {
            0 => ("product", format!("product-{}", dice.roll(PRODUCTS))),
            1..=9 => ("organization", format!("organization-{}", dice.roll(ORGANIZATIONS))),
            _ => ("entitlement", format!("entitlement-{}", dice.roll(entitlements))),
        };
        if seen.insert((kind.name(), level, target.clone())) {
            all.push(dice.document(kind, level, Some(&target)));
        }
    }
    all
}

/// The places of an entitlement: class, organization, product, entitlement.
pub(crate) fn places(dice: &mut Dice, number: usize) -> [(&'static str, String); 4] {
    let product = dice.roll(PRODUCTS);
    [
        ("class", CLASSES[product % CLASSES.len()].to_owned()),
        ("organization", format!("organization-{}", dice.roll(ORGANIZATIONS))),
        ("product", format!("product-{product}")),
        ("entitlement", format!("entitlement-{number}")),
    ]
}

/// An entitlement, with a support class.
pub(crate) fn subject(schema: &Schema, dice: &mut Dice, number: usize) -> Subject {
    let places = places(dice, number);
    let class = SupportClass::VARIANTS[number % SupportClass::VARIANTS.len()];
    schema
        .subject(places.iter().map(|(level, target)| (*level, target.as_str())))
        .unwrap_or_default()
        .with_profile(schema, class.into())
}
