//! What policies are resolved for.

use smallvec::SmallVec;

use crate::{MAX_LEVELS, Schema, index::hash_text};

/// How many bytes all targets of a subject may have together before they need an allocation: three UUIDs fit.
const INLINE: usize = 128;

/// What policies are resolved for: its place at each level. Made by [`Schema::subject`].
///
/// It holds for every snapshot of that schema, and is worth keeping: look-ups by it need no hashing any more.
// One piece of memory that begins with what every look-up reads: a subject among a million comes from far away, and each
// further place would have to be waited for.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Subject {
    hashes: [u64; MAX_LEVELS],
    /// Where the target of each level ends in `texts`; it begins where the one before ends.
    ends: [u32; MAX_LEVELS],
    /// A bit for each level that the subject has.
    has: u8,
    pub(crate) profile: Option<u8>,
    texts: SmallVec<[u8; INLINE]>,
}

const _: () = assert!(MAX_LEVELS <= u8::BITS as usize);

impl Default for Subject {
    fn default() -> Self {
        Self::at([None; MAX_LEVELS])
    }
}

impl Subject {
    /// With these targets, by level.
    pub(crate) fn at(targets: [Option<&str>; MAX_LEVELS]) -> Self {
        let mut subject = Self {
            hashes: [0; MAX_LEVELS],
            ends: [0; MAX_LEVELS],
            has: 0,
            profile: None,
            texts: SmallVec::new(),
        };
        for (level, target) in targets.into_iter().enumerate() {
            if let Some(target) = target {
                subject.hashes[level] = hash_text(target);
                subject.has |= 1 << level;
                subject.texts.extend_from_slice(target.as_bytes());
            }
            subject.ends[level] = subject.texts.len() as u32;
        }
        subject
    }

    /// Whether it has a place at the level of this number.
    pub(crate) fn has(&self, level: usize) -> bool {
        self.has & (1 << level) != 0
    }

    /// The target at the level of this number, with its hash.
    pub(crate) fn key(&self, level: usize) -> Option<(u64, &[u8])> {
        if !self.has(level) {
            return None;
        }
        let begin = if level == 0 { 0 } else { self.ends[level - 1] };
        Some((self.hashes[level], &self.texts[begin as usize..self.ends[level] as usize]))
    }

    /// As [`Self::key`], as the text that it is.
    pub(crate) fn text(&self, level: usize) -> Option<(u64, &str)> {
        let (hash, target) = self.key(level)?;
        Some((hash, std::str::from_utf8(target).ok()?))
    }

    /// The same subject with the built-in defaults of a profile: a support class, say. A name that no kind has a
    /// profile for changes nothing.
    pub fn with_profile(mut self, schema: &Schema, profile: &str) -> Self {
        self.profile = schema.profile_index(profile);
        self
    }

    /// Its target at a level of the schema that it was made with.
    pub fn target(&self, schema: &Schema, level: &str) -> Option<&str> {
        self.text(schema.level_index(level)?).map(|(_, target)| target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_come_back_as_they_were_put() {
        let schema = Schema::builder()
            .levels([crate::Level::single("all"), crate::Level::targeted("a"), crate::Level::targeted("b")])
            .build()
            .unwrap();
        let long = "long ".repeat(100);
        // In any order, and the last word on a level counts.
        let subject = schema.subject([("b", long.as_str()), ("a", "x"), ("a", "é")]).unwrap();
        assert_eq!(subject.target(&schema, "a"), Some("é"));
        assert_eq!(subject.target(&schema, "b"), Some(long.as_str()));
        assert_eq!(
            (subject.has(0), subject.has(1), subject.has(2), subject.has(3)),
            (false, true, true, false)
        );
        let empty = schema.subject([("b", "")]).unwrap();
        assert_eq!((empty.target(&schema, "a"), empty.target(&schema, "b")), (None, Some("")));
        assert_eq!(Subject::default().key(1), None);
    }
}
