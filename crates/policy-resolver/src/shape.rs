//! How Rust types become fields of a kind, and values become Rust types again.

use rust_decimal::Decimal;

use crate::{
    Field, Operation, Operations, Rule, Value, ValueType,
    kinds::{CreditAmount, MoneyValue, TimeOfDay, UtcOffset},
    value_type::TextFormat,
};

/// What a declaration says of a field besides its type and default. Within a section it holds for every field below.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    unit: Option<String>,
    min: Option<i64>,
    max: Option<i64>,
    scale: Option<u32>,
    items: Option<usize>,
    length: Option<usize>,
    group: Option<String>,
    operations: Option<Operations>,
}

impl Meta {
    /// Nothing said.
    pub fn new() -> Self {
        Self::default()
    }

    /// The unit of the field's numbers.
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = Some(unit.to_owned());
        self
    }

    /// The least number; of a list, the least item.
    pub fn min(mut self, min: i64) -> Self {
        self.min = Some(min);
        self
    }

    /// The greatest number; of a list, the greatest item.
    pub fn max(mut self, max: i64) -> Self {
        self.max = Some(max);
        self
    }

    /// How many decimals a number may have.
    pub fn scale(mut self, scale: u32) -> Self {
        self.scale = Some(scale);
        self
    }

    /// How many items a list may have.
    pub fn items(mut self, items: usize) -> Self {
        self.items = Some(items);
        self
    }

    /// How many characters a text may have; of a list, each item.
    pub fn length(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// The group that the field is taken with, whole, from one level (PO-4).
    pub fn group(mut self, group: &str) -> Self {
        self.group = Some(group.to_owned());
        self
    }

    /// The only operations that documents may use.
    pub fn operations(mut self, operations: &[Operation]) -> Self {
        self.operations = Some(Operations::of(operations));
        self
    }

    /// What the inner declaration says, and what the outer one says where the inner is silent.
    fn within(&self, outer: &Self) -> Self {
        let own = self.clone();
        Self {
            unit: own.unit.or_else(|| outer.unit.clone()),
            min: own.min.or(outer.min),
            max: own.max.or(outer.max),
            scale: own.scale.or(outer.scale),
            items: own.items.or(outer.items),
            length: own.length.or(outer.length),
            group: own.group.or_else(|| outer.group.clone()),
            operations: own.operations.or(outer.operations),
        }
    }

    fn apply(&self, value_type: &mut ValueType) {
        match value_type {
            ValueType::Integer { min, max } => {
                *min = self.min.map_or(*min, |own| own.max(*min));
                *max = self.max.map_or(*max, |own| own.min(*max));
            }
            ValueType::Decimal { min, max, scale } => {
                *min = self.min.map(Decimal::from).or(*min);
                *max = self.max.map(Decimal::from).or(*max);
                *scale = self.scale.unwrap_or(*scale);
            }
            ValueType::Text { max_length, .. } => *max_length = self.length.unwrap_or(*max_length),
            ValueType::List { items, max_items } => {
                *max_items = self.items.unwrap_or(*max_items);
                self.apply(items);
            }
            ValueType::Record { parts } => parts.values_mut().for_each(|part| {
                if matches!(part, ValueType::Decimal { .. }) {
                    self.apply(part);
                }
            }),
            ValueType::Boolean {} | ValueType::Choice { .. } => {}
        }
    }
}

/// A type of one field: a number, a text, a list, and so on.
///
/// Implement it for a type of your own (or [`Choice`] for an enum) to use it in a kind.
pub trait Leaf: Sized {
    /// Whether it can be none.
    const OPTIONAL: bool = false;

    /// Its type in the schema.
    fn value_type() -> ValueType;

    /// As a value.
    fn to_value(&self) -> Value;

    /// From a value of [`Self::value_type`].
    ///
    /// # Errors
    /// Why the value does not fit. Documents are refused with it when they are compiled.
    fn from_value(value: &Value) -> Result<Self, String>;
}

/// An enum whose variants are words in documents; see [`policy_choice!`](crate::policy_choice).
pub trait Choice: Copy + 'static {
    /// Every variant.
    const ALL: &'static [Self];

    /// The variant's word.
    fn word(self) -> &'static str;
}

/// What a kind is made of: a leaf, or a section of several.
pub trait Shape: Sized {
    /// Adds the fields below `path`, with the defaults of `self`.
    fn describe(&self, path: &str, doc: &str, meta: &Meta, fields: &mut Vec<Field>);

    /// Adds the values, in the order of the fields.
    fn write(&self, values: &mut Vec<Value>);

    /// Takes as many values as there are fields.
    ///
    /// # Errors
    /// The path of the value that does not fit, and why.
    fn read(values: &mut dyn Iterator<Item = &Value>) -> Result<Self, String>;
}

impl<T: Leaf> Shape for T {
    fn describe(&self, path: &str, doc: &str, meta: &Meta, fields: &mut Vec<Field>) {
        let mut value_type = T::value_type();
        meta.apply(&mut value_type);
        let operations = meta
            .operations
            .unwrap_or_else(|| Field::usual_operations(&value_type, T::OPTIONAL, meta.group.is_some()));
        fields.push(Field {
            path: path.to_owned(),
            doc: doc.to_owned(),
            value_type,
            optional: T::OPTIONAL,
            unit: meta.unit.clone(),
            default: self.to_value(),
            operations,
            group: meta.group.clone(),
        });
    }

    fn write(&self, values: &mut Vec<Value>) {
        values.push(self.to_value());
    }

    fn read(values: &mut dyn Iterator<Item = &Value>) -> Result<Self, String> {
        T::from_value(values.next().ok_or("a value is missing")?)
    }
}

/// For the macros: describes a section's field.
#[doc(hidden)]
pub fn describe_part<S: Shape>(
    part: &S,
    (path, name): (&str, &str),
    docs: &[&str],
    (own, outer): (Meta, &Meta),
    fields: &mut Vec<Field>,
) {
    let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let doc = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n");
    part.describe(&path, &doc, &own.within(outer), fields);
}

/// A struct of policy fields that documents name; see [`policy_kind!`](crate::policy_kind).
pub trait Kind: Shape + Default + Clone + Send + Sync + 'static {
    /// How documents name it.
    const NAME: &'static str;

    /// What it is for.
    fn doc() -> String {
        String::new()
    }

    /// What must hold between fields after merging.
    fn rules() -> Vec<Rule> {
        Vec::new()
    }

    /// Sets of defaults that depend on what the subject is, by name.
    fn profiles() -> Vec<(String, Self)> {
        Vec::new()
    }

    /// Its levels from general to specific; empty for those of the schema.
    fn levels() -> Vec<String> {
        Vec::new()
    }
}

fn misfit<T>(expected: &str, value: &Value) -> Result<T, String> {
    Err(format!("{expected} is expected, not {value}"))
}

impl Leaf for bool {
    fn value_type() -> ValueType {
        ValueType::Boolean {}
    }
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_bool().map_or_else(|| misfit("true or false", value), Ok)
    }
}

macro_rules! integers {
    ($($int:ty: $min:expr, $max:expr;)*) => {$(
        impl Leaf for $int {
            fn value_type() -> ValueType {
                ValueType::Integer { min: $min, max: $max }
            }
            fn to_value(&self) -> Value {
                Value::Integer(i64::from(*self))
            }
            fn from_value(value: &Value) -> Result<Self, String> {
                let integer = value.as_integer().and_then(|integer| <$int>::try_from(integer).ok());
                integer.map_or_else(|| misfit("a whole number", value), Ok)
            }
        }
    )*};
}
integers! {
    u8: 0, u8::MAX.into();
    u16: 0, u16::MAX.into();
    u32: 0, u32::MAX.into();
    i8: i8::MIN.into(), i8::MAX.into();
    i16: i16::MIN.into(), i16::MAX.into();
    i32: i32::MIN.into(), i32::MAX.into();
    i64: i64::MIN, i64::MAX;
}

impl Leaf for Decimal {
    fn value_type() -> ValueType {
        ValueType::Decimal { min: None, max: None, scale: 12 }
    }
    fn to_value(&self) -> Value {
        Value::Decimal(self.normalize())
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_decimal().map_or_else(|| misfit("a decimal number", value), Ok)
    }
}

impl Leaf for CreditAmount {
    fn value_type() -> ValueType {
        let bound = |units| Some(Decimal::new(units, 1));
        ValueType::Decimal { min: bound(i64::MIN), max: bound(i64::MAX), scale: 1 }
    }
    fn to_value(&self) -> Value {
        Value::Decimal(Decimal::new(self.units(), 1).normalize())
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        let units = value
            .as_decimal()
            .and_then(|amount| amount.checked_mul(Decimal::TEN))
            .filter(Decimal::is_integer)
            .and_then(|units| i64::try_from(units).ok());
        units.map_or_else(|| misfit("an amount of credits", value), |units| Ok(Self::from_units(units)))
    }
}

impl Leaf for String {
    fn value_type() -> ValueType {
        ValueType::Text { max_length: 2000, format: TextFormat::Any }
    }
    fn to_value(&self) -> Value {
        Value::text(self.as_str())
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_text().map_or_else(|| misfit("a text", value), |text| Ok(text.to_owned()))
    }
}

macro_rules! parsed_texts {
    ($($name:ty: $format:ident;)*) => {$(
        impl Leaf for $name {
            fn value_type() -> ValueType {
                ValueType::Text { max_length: 16, format: TextFormat::$format }
            }
            fn to_value(&self) -> Value {
                Value::text(self.to_string())
            }
            fn from_value(value: &Value) -> Result<Self, String> {
                let text = value.as_text().map_or_else(|| misfit("a text", value), Ok)?;
                text.parse().map_err(|error| format!("{error}"))
            }
        }
    )*};
}
parsed_texts! {
    TimeOfDay: TimeOfDay;
    UtcOffset: UtcOffset;
}

impl<T: Choice> Leaf for T {
    fn value_type() -> ValueType {
        ValueType::Choice { options: T::ALL.iter().map(|variant| variant.word().to_owned()).collect() }
    }
    fn to_value(&self) -> Value {
        Value::text(self.word())
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        let word = value.as_text();
        let variant = T::ALL.iter().find(|variant| Some(variant.word()) == word).copied();
        variant.map_or_else(|| misfit("one of the options", value), Ok)
    }
}

impl<T: Leaf> Leaf for Option<T> {
    const OPTIONAL: bool = true;

    fn value_type() -> ValueType {
        T::value_type()
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::None, Leaf::to_value)
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        if value.is_none() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: Leaf> Leaf for Vec<T> {
    fn value_type() -> ValueType {
        ValueType::List { items: Box::new(T::value_type()), max_items: 1000 }
    }
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(Leaf::to_value).collect())
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        value
            .as_list()
            .map_or_else(|| misfit("a list", value), |items| items.iter().map(T::from_value).collect())
    }
}

pub(crate) fn part<T: Leaf>(value: &Value, name: &str) -> Result<T, String> {
    T::from_value(value.part(name).ok_or_else(|| format!("{name} is missing"))?)
}

impl Leaf for MoneyValue {
    fn value_type() -> ValueType {
        let currency = ValueType::Text { max_length: 3, format: TextFormat::Currency };
        let parts = [("amount".to_owned(), Decimal::value_type()), ("currency".to_owned(), currency)];
        ValueType::Record { parts: parts.into() }
    }
    fn to_value(&self) -> Value {
        let currency = Value::text(self.currency.as_str());
        Value::Record(vec![("amount".into(), self.amount.to_value()), ("currency".into(), currency)])
    }
    fn from_value(value: &Value) -> Result<Self, String> {
        Ok(Self { amount: part(value, "amount")?, currency: part(value, "currency")? })
    }
}
