//! Which vectors may stand for which: the part of a key that is the model's.

use yuyi_encoder::Fingerprint;
use yuyi_models::ModelFacts;

/// Name of the kernels for any CPU.
const GENERIC: &str = "generic";

/// Vectors of one space are interchangeable. AVX2, AVX-512 and AMX compute the same bytes; the generic kernels round
/// otherwise, and with integers a last digit can grow, so they have a space of their own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Space {
    fingerprint: Fingerprint,
    name: String,
    digest: [u8; 32],
}

impl Space {
    /// The space of a model.
    pub(crate) fn of(fingerprint: Fingerprint, facts: &ModelFacts) -> Self {
        let name = if facts.kernel == GENERIC {
            format!("{fingerprint}-generic")
        } else {
            fingerprint.to_string()
        };
        let digest = *blake3::hash(name.as_bytes()).as_bytes();
        Self {
            fingerprint,
            name,
            digest,
        }
    }

    /// The fingerprint of the models of this space.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
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
