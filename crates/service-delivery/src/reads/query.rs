//! What is wanted of a list.

use std::{fmt, str::FromStr};

use kernel::PageRequest;
use strum::VariantArray;

/// A way to order a list. Its text is the parameter of the API.
pub trait SortBy: Copy + Eq + FromStr + Into<&'static str> + VariantArray + Send + Sync + 'static {
    /// The order of the list where none is asked for.
    const USUAL: Sorted<Self>;
}

/// An order of a list. Rows that tie are ordered by their ids; what is missing counts as greatest: last, and first when
/// descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sorted<S> {
    /// By what.
    pub by: S,
    /// From the greatest to the least.
    pub descending: bool,
}

impl<S> Sorted<S> {
    /// From the least to the greatest.
    pub const fn ascending(by: S) -> Self {
        Self { by, descending: false }
    }

    /// From the greatest to the least.
    pub const fn descending(by: S) -> Self {
        Self { by, descending: true }
    }
}

impl<S: SortBy> Default for Sorted<S> {
    fn default() -> Self {
        S::USUAL
    }
}

impl<S: SortBy> fmt::Display for Sorted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.by.into())
    }
}

/// Not an order of this list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no order of this list; expected is one of {}, descending with `-` before it", .known.join(", "))]
pub struct SortError {
    /// What was given, cut.
    pub text: String,
    /// What there is.
    pub known: Vec<&'static str>,
}

impl<S: SortBy> FromStr for Sorted<S> {
    type Err = SortError;

    /// Reads `code` or `-code`.
    fn from_str(text: &str) -> Result<Self, SortError> {
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        name.parse().map(|by| Self { by, descending }).map_err(|_| SortError {
            text: text.chars().take(48).collect(),
            known: S::VARIANTS.iter().map(|by| (*by).into()).collect(),
        })
    }
}

/// A page of a list: which rows, in which order, which part of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery<F, S> {
    /// Which rows. What is not filled in lets all pass.
    pub filter: F,
    /// In which order; none for the list's usual one.
    pub sort: Option<Sorted<S>>,
    /// Which part.
    pub page: PageRequest,
}

impl<F: Default, S> Default for ListQuery<F, S> {
    /// The first page of all rows.
    fn default() -> Self {
        Self { filter: F::default(), sort: None, page: PageRequest::first() }
    }
}

impl<F, S: SortBy> ListQuery<F, S> {
    /// The order that applies.
    pub fn sorted(&self) -> Sorted<S> {
        self.sort.unwrap_or_default()
    }
}

/// The filter of a list that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoFilter;

/// Declares the ways to order a list; the text of each is its name in snake case, the first argument the usual order.
macro_rules! sort_by {
    ($(#[$doc:meta])* $name:ident, $order:ident $usual:ident: $($(#[$way_doc:meta])* $way:ident),+ $(,)?) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash,
            strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
        )]
        #[strum(serialize_all = "snake_case")]
        pub enum $name { $($(#[$way_doc])* $way),+ }

        impl $crate::reads::SortBy for $name {
            const USUAL: $crate::reads::Sorted<Self> = $crate::reads::Sorted::$order(Self::$usual);
        }
    };
}
pub(super) use sort_by;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reads::{EventSort, NoteSort, RequestSort};

    #[test]
    fn ap_2_an_order_is_read_as_it_is_written() {
        for by in RequestSort::VARIANTS {
            for sorted in [Sorted::ascending(*by), Sorted::descending(*by)] {
                assert_eq!(sorted.to_string().parse(), Ok(sorted));
            }
        }
        assert_eq!("-due_date".parse(), Ok(Sorted::descending(RequestSort::DueDate)));
    }

    #[test]
    fn ap_2_what_is_no_order_is_told_what_is() {
        for text in ["", "-", "--code", "Code", "title asc", "+at"] {
            assert_eq!(text.parse::<Sorted<NoteSort>>().unwrap_err().known, ["at"], "{text}");
        }
    }

    #[test]
    fn a_list_has_a_usual_order() {
        assert_eq!(ListQuery::<NoFilter, EventSort>::default().sorted(), Sorted::descending(EventSort::At));
        assert_eq!(ListQuery::<NoFilter, NoteSort>::default().sorted(), Sorted::ascending(NoteSort::At));
    }
}
