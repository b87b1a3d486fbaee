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

/// Texts numbered in the order in which they came; at most half full.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyIndex {
    slots: Vec<Slot>,
    keys: Vec<Key>,
}

/// A number beside a part of its hash, so that most of what is not there is told without looking at any key.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// Number + 1, or 0 where free.
    number: u32,
    /// The half of the hash that does not select the slot.
    tag: u32,
}

fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
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
    pub(crate) fn get(&self, hash: u64, text: &[u8]) -> u32 {
        if self.slots.is_empty() {
            return NONE;
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let Slot { number, tag } = self.slots[slot];
            if number == 0 {
                return NONE;
            }
            if tag == tag_of(hash) {
                let key = &self.keys[number as usize - 1];
                if key.hash == hash && key.text.as_bytes() == text {
                    return number - 1;
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The number of a text, a new one if need be.
    pub(crate) fn insert(&mut self, text: &str) -> u32 {
        self.insert_hashed(hash_text(text), text)
    }

    /// As [`Self::insert`], with the hash of the text.
    pub(crate) fn insert_hashed(&mut self, hash: u64, text: &str) -> u32 {
        let found = self.get(hash, text.as_bytes());
        if found != NONE {
            return found;
        }
        self.keys.push(Key { text: text.into(), hash });
        if self.keys.len() * 2 > self.slots.len() {
            self.slots = vec![Slot::default(); (self.keys.len() * 4).next_power_of_two().max(8)];
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
        let hash = self.keys[number].hash;
        let mut slot = hash as usize & mask;
        while self.slots[slot].number != 0 {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = Slot { number: number as u32 + 1, tag: tag_of(hash) };
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
            let text = format!("organization-{n}");
            assert_eq!(index.get(hash_text(&text), text.as_bytes()), n);
            assert_eq!(index.insert(&text), n);
        }
        assert_eq!(index.get(hash_text("nobody"), b"nobody"), NONE);
        assert_eq!(index.len(), 5000);
    }

    #[test]
    fn texts_of_one_hash_are_told_apart() {
        let mut index = KeyIndex::default();
        assert_eq!(index.insert_hashed(7, "one"), 0);
        assert_eq!(index.insert_hashed(7, "other"), 1);
        assert_eq!((index.get(7, b"one"), index.get(7, b"other"), index.get(7, b"third")), (0, 1, NONE));
    }
}
