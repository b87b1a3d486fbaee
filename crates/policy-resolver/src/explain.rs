//! Why a field has its value: the answer, as it is given out (PO-7).

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

use crate::{
    DocumentRef, MAX_LEVELS, Operation, Operations, Timestamp, Value, declare::choice, index::NONE,
    table::Table,
};

/// Why a field has its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// No document says otherwise.
    Default,
    /// A document set it.
    Set,
    /// It is an inherited list with additions or removals.
    Merged,
    /// A guard lets no level below change it.
    Enforced,
    /// A document set it back to the built-in default.
    Reset,
    /// A document made it none.
    Unset,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "DEFAULT",
            Self::Set => "SET",
            Self::Merged => "MERGED",
            Self::Enforced => "ENFORCED",
            Self::Reset => "RESET",
            Self::Unset => "UNSET",
        })
    }
}

choice! {
    /// What came of one level.
    pub enum Outcome {
        /// Its change is part of the value.
        Applied,
        /// Its change was made, and a more specific one replaced it.
        Overridden,
        /// Its change was kept out by a guard above.
        Blocked,
        /// A document would change the field, but is not valid at this instant.
        Inactive,
        /// It changes nothing, but guards the field against the levels below.
        Restricts,
        /// There is a document, which does not touch this field.
        NotSet,
        /// There is no document.
        NoDocument,
        /// The subject does not have this level.
        NoScope,
    }
}

/// What one level did to a field.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step<'a> {
    /// The level.
    pub level: &'a str,
    /// What came of it.
    pub outcome: Outcome,
    /// The document concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<&'a DocumentRef>,
    /// What it does to the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// What it allows below, where it guards the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allows: Option<Operations>,
    /// Whose guard blocked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<&'a DocumentRef>,
}

/// One step per level, from general to specific, kept without an allocation.
#[derive(Clone, Copy)]
pub struct Steps<'a> {
    pub(crate) table: &'a Table,
    pub(crate) marks: [Mark; MAX_LEVELS],
}

/// A step in few bytes; documents by their number, or [`NONE`].
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) document: u32,
    pub(crate) blocked_by: u32,
    pub(crate) outcome: Outcome,
    pub(crate) operation: Option<Operation>,
    pub(crate) allows: Option<Operations>,
}

impl Mark {
    pub(crate) const BLANK: Self = Self {
        document: NONE,
        blocked_by: NONE,
        outcome: Outcome::NoDocument,
        operation: None,
        allows: None,
    };
}

impl<'a> Steps<'a> {
    /// How many there are: one for each level of the kind.
    pub fn len(&self) -> usize {
        self.table.levels.len()
    }

    /// Whether there are none; a kind has a level at least.
    pub fn is_empty(&self) -> bool {
        self.table.levels.is_empty()
    }

    /// The step of a level, by its place in the order of the kind.
    pub fn get(&self, index: usize) -> Option<Step<'a>> {
        let table = self.table;
        let level = usize::from(*table.entry().order.get(index)?);
        let mark = self.marks.get(index)?;
        let reference = |number: u32| table.documents.get(number as usize).map(|own| &own.reference);
        Some(Step {
            level: table.schema.0.levels[level].name(),
            outcome: mark.outcome,
            document: reference(mark.document),
            operation: mark.operation,
            allows: mark.allows,
            blocked_by: reference(mark.blocked_by),
        })
    }

    /// Every step, from general to specific.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Step<'a>> + use<'a> {
        let steps = *self;
        (0..self.len()).filter_map(move |index| steps.get(index))
    }
}

impl PartialEq for Steps<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Why one field has its value (PO-7).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldExplanation<'a> {
    /// The field's path.
    pub path: &'a str,
    /// Its value.
    pub value: Cow<'a, Value>,
    /// Why, in a word.
    pub reason: Reason,
    /// The document that decided; none where it is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<&'a DocumentRef>,
    /// What each level did, from general to specific.
    pub steps: Steps<'a>,
}

impl FieldExplanation<'_> {
    /// The changes that guards keep out.
    pub fn blocked(&self) -> impl Iterator<Item = Step<'_>> {
        self.steps.iter().filter(|step| step.outcome == Outcome::Blocked)
    }
}

impl fmt::Display for FieldExplanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({}", self.path, self.value, self.reason)?;
        if let Some(document) = self.decided_by {
            write!(f, " by {document}")?;
        }
        f.write_str(")")?;
        for step in self.steps.iter() {
            write!(f, "\n  {:<12} {}", step.level, step.outcome)?;
            if let Some(operation) = step.operation {
                write!(f, " {operation}")?;
            }
            if let Some(document) = step.document {
                write!(f, " [{document}]")?;
            }
            if let Some(allows) = step.allows {
                write!(f, ", allows below: {allows}")?;
            }
            if let Some(by) = step.blocked_by {
                write!(f, ", blocked by {by}")?;
            }
        }
        Ok(())
    }
}

/// Why a subject has its policy of one kind at one instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation<'a> {
    /// The kind.
    pub kind: &'a str,
    /// The instant.
    pub at: Timestamp,
    /// Every field, in the order of the kind.
    pub fields: Vec<FieldExplanation<'a>>,
}

impl Explanation<'_> {
    /// One field.
    pub fn field(&self, path: &str) -> Option<&FieldExplanation<'_>> {
        self.fields.iter().find(|field| field.path == path)
    }

    /// The documents that decided any field, each once.
    pub fn decided_by(&self) -> Vec<&DocumentRef> {
        let mut documents: Vec<_> = self.fields.iter().filter_map(|field| field.decided_by).collect();
        documents.sort_unstable();
        documents.dedup();
        documents
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as of {}", self.kind, self.at)?;
        for field in &self.fields {
            write!(f, "\n{field}")?;
        }
        Ok(())
    }
}
