//! Keyset pages (AP-2).

/// The longest page that may be asked for.
pub const MAX_PAGE_LIMIT: u16 = 200;

/// An opaque place in a list: made by the storage, handed back unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    limit: u16,
    cursor: Option<Cursor>,
}

impl PageRequest {
    /// `limit` rows (1 to [`MAX_PAGE_LIMIT`]) after `cursor`, or from the start. None where the limit is out of bounds.
    pub fn try_new(limit: u16, cursor: Option<Cursor>) -> Option<Self> {
        (1..=MAX_PAGE_LIMIT).contains(&limit).then_some(Self { limit, cursor })
    }

    /// The first page of 50.
    pub fn first() -> Self {
        Self { limit: 50, cursor: None }
    }

    /// The longest page there is, after `cursor`: for whoever reads a whole list.
    pub fn longest(cursor: Option<Cursor>) -> Self {
        Self { limit: MAX_PAGE_LIMIT, cursor }
    }

    /// How many rows at the most.
    pub fn limit(&self) -> u16 {
        self.limit
    }

    /// Where to go on.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the order asked for.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page with every row changed.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
