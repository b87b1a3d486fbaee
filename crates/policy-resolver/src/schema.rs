//! Levels and kinds: everything the engine knows of policies is data.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{Diagnostic, Diagnostics, Kind, KindSchema, Meta, Value, diagnostic::Code, subject::Subject};

/// How many levels a schema can have.
pub const MAX_LEVELS: usize = 8;

/// One level at which documents stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    name: String,
    targeted: bool,
}

impl Level {
    /// A level that is one place, such as `global`: documents at it have no target.
    pub fn single(name: &str) -> Self {
        Self { name: name.to_owned(), targeted: false }
    }

    /// A level of many places, such as `organization`: documents at it name their target.
    pub fn targeted(name: &str) -> Self {
        Self { name: name.to_owned(), targeted: true }
    }

    /// Its name, as documents name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether documents at it name a target.
    pub fn is_targeted(&self) -> bool {
        self.targeted
    }
}

type Policy = Box<dyn Any + Send + Sync>;

/// How values become the Rust struct of a kind.
#[derive(Clone, Copy)]
pub(crate) struct Typed {
    pub(crate) id: TypeId,
    pub(crate) read: fn(&mut dyn Iterator<Item = &Value>) -> Result<Policy, String>,
}

pub(crate) struct KindEntry {
    pub(crate) schema: KindSchema,
    /// Indexes into the schema's levels, from general to specific.
    pub(crate) order: Vec<u8>,
    pub(crate) typed: Option<Typed>,
    /// The sets of defaults: the kind's own first.
    pub(crate) bases: Vec<Vec<Value>>,
    /// The base of each of the schema's profiles.
    pub(crate) base_of_profile: Vec<u8>,
}

pub(crate) struct SchemaData {
    pub(crate) levels: Vec<Level>,
    pub(crate) axes: Vec<(u8, u8)>,
    pub(crate) kinds: Vec<KindEntry>,
    pub(crate) profiles: Vec<String>,
    names: HashMap<String, usize>,
}

/// Levels and kinds, checked. Cheap to clone.
#[derive(Clone)]
pub struct Schema(pub(crate) Arc<SchemaData>);

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<_> = self.kinds().map(KindSchema::name).collect();
        f.debug_struct("Schema").field("levels", &self.0.levels).field("kinds", &kinds).finish()
    }
}

/// A level, target or profile that the schema does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// No level of that name.
    #[error("no level `{level}`; the levels are {levels}")]
    UnknownLevel {
        /// What was given.
        level: String,
        /// The names of the levels.
        levels: String,
    },
    /// The level is one place and takes no target.
    #[error("the level `{level}` takes no target")]
    NoTarget {
        /// The level.
        level: String,
    },
}

impl Schema {
    /// The ten built-in kinds at the five levels `global`, `class`, `organization`, `product`, `entitlement`.
    ///
    /// ```
    /// use policy_resolver::Schema;
    ///
    /// let schema = Schema::standard();
    /// assert_eq!(schema.kinds().count(), 10);
    /// assert_eq!(schema.levels().len(), 5);
    /// ```
    #[cfg(feature = "kinds")]
    pub fn standard() -> Self {
        static STANDARD: std::sync::OnceLock<Schema> = std::sync::OnceLock::new();
        STANDARD.get_or_init(|| Self::standard_builder().build().unwrap_or_else(|_| Self::empty())).clone()
    }

    /// The ten built-in kinds and the five levels, to add to.
    #[cfg(feature = "kinds")]
    pub fn standard_builder() -> SchemaBuilder {
        Self::builder()
            .kind::<crate::kinds::RenewalPolicy>()
            .kind::<crate::kinds::PaymentRecoveryPolicy>()
            .kind::<crate::kinds::CancellationPolicy>()
            .kind::<crate::kinds::SlaPolicy>()
            .kind::<crate::kinds::CreditPolicy>()
            .kind::<crate::kinds::ProvisioningPolicy>()
            .kind::<crate::kinds::TrialPolicy>()
            .kind::<crate::kinds::RefundPolicy>()
            .kind::<crate::kinds::TierChangePolicy>()
            .kind::<crate::kinds::NotificationPolicy>()
    }

    /// A schema of one's own: the five levels until others are given, and no kinds.
    pub fn builder() -> SchemaBuilder {
        SchemaBuilder {
            levels: vec![
                Level::single("global"),
                Level::targeted("class"),
                Level::targeted("organization"),
                Level::targeted("product"),
                Level::targeted("entitlement"),
            ],
            axes: vec![("organization".to_owned(), "product".to_owned())],
            kinds: Vec::new(),
            found: Diagnostics::default(),
        }
    }

    #[cfg(feature = "kinds")]
    fn empty() -> Self {
        Self(Arc::new(SchemaData {
            levels: Vec::new(),
            axes: Vec::new(),
            kinds: Vec::new(),
            profiles: Vec::new(),
            names: HashMap::new(),
        }))
    }

    /// The levels, in the order of the schema.
    pub fn levels(&self) -> &[Level] {
        &self.0.levels
    }

    /// The kinds, in the order in which they were added.
    pub fn kinds(&self) -> impl Iterator<Item = &KindSchema> {
        self.0.kinds.iter().map(|entry| &entry.schema)
    }

    /// The kind of that name.
    pub fn kind(&self, name: &str) -> Option<&KindSchema> {
        self.kind_index(name).map(|index| &self.0.kinds[index].schema)
    }

    /// The levels of a kind, from general to specific (PO-11).
    pub fn levels_of(&self, kind: &str) -> Vec<&Level> {
        let Some(index) = self.kind_index(kind) else { return Vec::new() };
        self.0.kinds[index].order.iter().map(|level| &self.0.levels[usize::from(*level)]).collect()
    }

    pub(crate) fn kind_index(&self, name: &str) -> Option<usize> {
        self.0.names.get(name).copied()
    }

    pub(crate) fn level_index(&self, name: &str) -> Option<usize> {
        self.0.levels.iter().position(|level| level.name == name)
    }

    pub(crate) fn typed_index(&self, id: TypeId) -> Option<usize> {
        self.0.kinds.iter().position(|entry| entry.typed.is_some_and(|typed| typed.id == id))
    }

    pub(crate) fn profile_index(&self, name: &str) -> Option<u8> {
        self.0.profiles.iter().position(|own| own == name).and_then(|index| u8::try_from(index).ok())
    }

    /// A subject: what policies are resolved for, by its place at each targeted level. Levels that are not named it
    /// does not have (PO-10).
    ///
    /// ```
    /// use policy_resolver::Schema;
    ///
    /// let schema = Schema::standard();
    /// let subject = schema.subject([("class", "PLG"), ("entitlement", "PLG-2026050001")])?;
    /// assert!(schema.subject([("planet", "mars")]).is_err());
    /// # Ok::<(), policy_resolver::SubjectError>(())
    /// ```
    ///
    /// # Errors
    /// A level that the schema does not have, or that takes no target.
    pub fn subject<'a>(
        &self,
        places: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Subject, SubjectError> {
        let mut targets = [None; MAX_LEVELS];
        for (level, target) in places {
            let Some(index) = self.level_index(level) else {
                let levels: Vec<_> = self.0.levels.iter().map(Level::name).collect();
                return Err(SubjectError::UnknownLevel {
                    level: level.to_owned(),
                    levels: levels.join(", "),
                });
            };
            if !self.0.levels[index].targeted {
                return Err(SubjectError::NoTarget { level: level.to_owned() });
            }
            targets[index] = Some(target);
        }
        Ok(Subject::at(targets))
    }
}

enum AddedKind {
    Typed(Result<KindSchema, Diagnostics>, Typed),
    Data(KindSchema),
}

/// Puts a schema together.
pub struct SchemaBuilder {
    levels: Vec<Level>,
    axes: Vec<(String, String)>,
    kinds: Vec<AddedKind>,
    found: Diagnostics,
}

fn read_policy<T: Kind>(values: &mut dyn Iterator<Item = &Value>) -> Result<Policy, String> {
    T::read(values).map(|policy| Box::new(policy) as Policy)
}

/// A Rust struct's kind as data.
pub(crate) fn schema_of<T: Kind>() -> Result<KindSchema, Diagnostics> {
    let mut fields = Vec::new();
    T::default().describe("", "", &Meta::new(), &mut fields);
    let mut profiles = BTreeMap::new();
    for (name, policy) in T::profiles() {
        let mut values = Vec::new();
        policy.write(&mut values);
        let own = fields
            .iter()
            .zip(values)
            .filter(|(field, value)| field.default != *value)
            .map(|(field, value)| (field.path.clone(), value))
            .collect();
        profiles.insert(name, own);
    }
    KindSchema::new(T::NAME.to_owned(), T::doc(), T::levels(), fields, T::rules(), profiles)
}

impl SchemaBuilder {
    /// Levels of one's own in place of the five, from general to specific. Kinds may have an order of their own.
    pub fn levels(mut self, levels: impl IntoIterator<Item = Level>) -> Self {
        self.levels = levels.into_iter().collect();
        self.axes.clear();
        self
    }

    /// Two levels of which neither contains the other: where both set a field, a lint says so.
    pub fn crossing(mut self, one: &str, other: &str) -> Self {
        self.axes.push((one.to_owned(), other.to_owned()));
        self
    }

    /// A kind that is a Rust struct.
    pub fn kind<T: Kind>(mut self) -> Self {
        let typed = Typed { id: TypeId::of::<T>(), read: read_policy::<T> };
        self.kinds.push(AddedKind::Typed(schema_of::<T>(), typed));
        self
    }

    /// A kind that is data.
    pub fn kind_schema(mut self, kind: KindSchema) -> Self {
        self.kinds.push(AddedKind::Data(kind));
        self
    }

    /// A kind from JSON; see [`KindSchema::from_json`]. What is wrong with it, [`Self::build`] says.
    pub fn kind_json(mut self, text: &str) -> Self {
        match KindSchema::from_json(text) {
            Ok(kind) => self.kinds.push(AddedKind::Data(kind)),
            Err(found) => self.found.0.extend(found.0),
        }
        self
    }

    /// The schema.
    ///
    /// # Errors
    /// Everything that contradicts itself.
    pub fn build(self) -> Result<Schema, Diagnostics> {
        let mut found = self.found;
        let mut invalid = |path: String, message: String| {
            found.push(Diagnostic::error(Code::InvalidSchema, path, message));
        };
        let level_of = |name: &str| {
            self.levels.iter().position(|level| level.name == name).and_then(|index| u8::try_from(index).ok())
        };
        if self.levels.is_empty() || self.levels.len() > MAX_LEVELS {
            invalid("levels".to_owned(), format!("a schema has 1 to {MAX_LEVELS} levels"));
        }
        for (index, level) in self.levels.iter().enumerate() {
            if level_of(&level.name).map(usize::from) != Some(index) {
                invalid("levels".to_owned(), format!("the level `{}` stands twice", level.name));
            }
        }
        let mut axes = Vec::new();
        for (one, other) in &self.axes {
            match (level_of(one), level_of(other)) {
                (Some(one), Some(other)) => axes.push((one, other)),
                _ => invalid("levels".to_owned(), format!("no levels `{one}` and `{other}` that cross")),
            }
        }
        let mut kinds = Vec::new();
        let mut names = HashMap::new();
        let mut broken = Vec::new();
        for added in self.kinds {
            let (schema, typed) = match added {
                AddedKind::Typed(Ok(schema), typed) => (schema, Some(typed)),
                AddedKind::Typed(Err(diagnostics), _) => {
                    broken.extend(diagnostics.0);
                    continue;
                }
                AddedKind::Data(schema) => (schema, None),
            };
            let path = format!("kinds.{}", schema.name());
            let mut order: Vec<u8> = Vec::new();
            if schema.levels().is_empty() {
                order.extend((0u8..).take(self.levels.len()));
            }
            for name in schema.levels() {
                match level_of(name) {
                    Some(level) if !order.contains(&level) => order.push(level),
                    Some(_) => invalid(path.clone(), format!("the level `{name}` stands twice")),
                    None => invalid(path.clone(), format!("no level `{name}`")),
                }
            }
            if names.insert(schema.name().to_owned(), kinds.len()).is_some() {
                invalid(path, "the kind stands twice".to_owned());
            }
            kinds.push((schema, order, typed));
        }
        let mut profiles: Vec<String> =
            kinds.iter().flat_map(|(schema, ..)| schema.profiles().map(str::to_owned)).collect();
        profiles.sort_unstable();
        profiles.dedup();
        if profiles.len() > 200 {
            invalid("profiles".to_owned(), "a schema has 200 profiles at most".to_owned());
        }
        found.0.extend(broken);
        if found.has_errors() {
            return Err(found);
        }
        let kinds = kinds
            .into_iter()
            .map(|(schema, order, typed)| {
                let mut bases = vec![schema.defaults(None)];
                let mut base_of_profile = Vec::new();
                for profile in &profiles {
                    let base = schema.defaults(Some(profile));
                    let index = bases.iter().position(|own| *own == base).unwrap_or_else(|| {
                        bases.push(base);
                        bases.len() - 1
                    });
                    base_of_profile.push(u8::try_from(index).unwrap_or(0));
                }
                KindEntry { schema, order, typed, bases, base_of_profile }
            })
            .collect();
        Ok(Schema(Arc::new(SchemaData { levels: self.levels, axes, kinds, profiles, names })))
    }
}
