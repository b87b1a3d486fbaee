//! What policies are resolved for.

use crate::{MAX_LEVELS, Schema, index::Key};

/// What policies are resolved for: its place at each level. Made by [`Schema::subject`].
///
/// It holds for every snapshot of that schema, and is worth keeping: look-ups by it need no hashing any more.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    pub(crate) keys: [Option<Key>; MAX_LEVELS],
    pub(crate) profile: Option<u8>,
}

impl Subject {
    pub(crate) fn put(&mut self, level: usize, target: &str) {
        if let Some(key) = self.keys.get_mut(level) {
            *key = Some(Key::new(target));
        }
    }

    /// The same subject with the built-in defaults of a profile: a support class, say. A name that no kind has a
    /// profile for changes nothing.
    pub fn with_profile(mut self, schema: &Schema, profile: &str) -> Self {
        self.profile = schema.profile_index(profile);
        self
    }

    /// Its target at a level of the schema that it was made with.
    pub fn target(&self, schema: &Schema, level: &str) -> Option<&str> {
        schema.level_index(level).and_then(|index| self.keys[index].as_ref()).map(|key| &*key.text)
    }
}
