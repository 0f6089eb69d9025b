//! Which vectors may stand for which: the part of a key that is the model's.

use yuyi_encoder::Fingerprint;
use yuyi_models::ModelFacts;

/// Vectors of one space are interchangeable. Integer products differ in the last digits between the CPUs' instruction
/// sets, so there the instruction set belongs to it; those of floats are the same but for the last bit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Space {
    name: String,
    digest: [u8; 32],
}

impl Space {
    /// The space of a model.
    pub(crate) fn of(fingerprint: Fingerprint, facts: &ModelFacts) -> Self {
        let name = match facts.precision.as_str() {
            "f32" => fingerprint.to_string(),
            _ => format!("{fingerprint}-{}", facts.kernel),
        };
        let digest = *blake3::hash(name.as_bytes()).as_bytes();
        Self { name, digest }
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
