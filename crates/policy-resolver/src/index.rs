//! An index from texts to small numbers that takes a hash reckoned beforehand.

/// A text with its hash: reckoned once, used in every look-up.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: Box<str>,
    pub(crate) hash: u64,
}

const K: u64 = 0x517c_c1b7_2722_0a95;

pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(5) ^ word).wrapping_mul(K)
}

/// Spreads the high bits, which are the good ones, over the low ones, which select the slot.
pub(crate) fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

pub(crate) fn hash_text(text: &str) -> u64 {
    let mut hash = text.len() as u64;
    let mut chunks = text.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        hash = mix(hash, chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    hash = mix(hash, chunks.remainder().iter().fold(1, |word, byte| word << 8 | u64::from(*byte)));
    finish(hash)
}

impl Key {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), hash: hash_text(text) }
    }
}

/// Texts numbered in the order in which they came; at most half full.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyIndex {
    /// Number + 1, or 0 where free.
    slots: Vec<u32>,
    keys: Vec<Key>,
}

pub(crate) const NONE: u32 = u32::MAX;

impl KeyIndex {
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn text(&self, number: u32) -> Option<&str> {
        self.keys.get(number as usize).map(|key| &*key.text)
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The number of a text, or [`NONE`].
    pub(crate) fn get(&self, hash: u64, text: &str) -> u32 {
        if self.slots.is_empty() {
            return NONE;
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots[slot] {
                0 => return NONE,
                found => {
                    let key = &self.keys[found as usize - 1];
                    if key.hash == hash && *key.text == *text {
                        return found - 1;
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The number of a text, a new one if need be.
    pub(crate) fn insert(&mut self, text: &str) -> u32 {
        let hash = hash_text(text);
        let found = self.get(hash, text);
        if found != NONE {
            return found;
        }
        self.keys.push(Key { text: text.into(), hash });
        if self.keys.len() * 2 > self.slots.len() {
            self.slots = vec![0; (self.keys.len() * 4).next_power_of_two().max(8)];
            for number in 0..self.keys.len() {
                self.place(number);
            }
        } else {
            self.place(self.keys.len() - 1);
        }
        self.keys.len() as u32 - 1
    }

    fn place(&mut self, number: usize) {
        let mask = self.slots.len() - 1;
        let mut slot = self.keys[number].hash as usize & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = number as u32 + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_keeps_its_number() {
        let mut index = KeyIndex::default();
        for n in 0..5000u32 {
            assert_eq!(index.insert(&format!("organization-{n}")), n);
        }
        for n in 0..5000u32 {
            let key = Key::new(&format!("organization-{n}"));
            assert_eq!(index.get(key.hash, &key.text), n);
            assert_eq!(index.insert(&key.text), n);
        }
        assert_eq!(index.get(hash_text("nobody"), "nobody"), NONE);
        assert_eq!(index.len(), 5000);
    }
}
