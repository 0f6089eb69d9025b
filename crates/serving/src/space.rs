//! Which vectors may stand for which: the part of a key that is the model's.

use yuyi::VectorSpace;

/// A space of interchangeable vectors, as keys know it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Space {
    space: VectorSpace,
    name: String,
    digest: [u8; 32],
}

impl Space {
    /// The keys' form of a space.
    pub(crate) fn of(space: VectorSpace) -> Self {
        let name = space.to_string();
        let digest = *blake3::hash(name.as_bytes()).as_bytes();
        Self {
            space,
            name,
            digest,
        }
    }

    /// What others know it by, also those who write it down.
    pub(crate) fn identity(&self) -> VectorSpace {
        self.space
    }

    /// Readable and without blanks, for keys that other programs see.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// For keys in this process.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}
