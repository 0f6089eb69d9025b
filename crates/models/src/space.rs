//! Which vectors may stand beside which.

use std::fmt;
use std::str::FromStr;

use yuyi_encoder::{Fingerprint, InvalidFingerprint, KernelPath};

/// What is written behind the fingerprint of vectors that the generic kernels computed.
const GENERIC: &str = "-generic";

/// The identity of vectors: those of one space are interchangeable, whichever machine computed them.
///
/// AVX2, AVX-512 and AMX compute the same bytes. The generic kernels round otherwise, and with integers a last digit can
/// grow, so they have a space of their own. Its written form, which [`FromStr`] reads back, has no blanks: the
/// fingerprint, and `-generic` behind it where those kernels computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VectorSpace {
    fingerprint: Fingerprint,
    generic: bool,
}

impl VectorSpace {
    /// The space of a model's vectors; `kernel` as in [`ModelFacts`](crate::ModelFacts).
    pub fn new(fingerprint: Fingerprint, kernel: Option<KernelPath>) -> Self {
        Self {
            fingerprint,
            generic: kernel == Some(KernelPath::Generic),
        }
    }

    /// The fingerprint of the models of this space.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl fmt::Display for VectorSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.generic { GENERIC } else { "" };
        write!(f, "{}{suffix}", self.fingerprint)
    }
}

impl FromStr for VectorSpace {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, InvalidFingerprint> {
        let (fingerprint, generic) = match text.strip_suffix(GENERIC) {
            Some(fingerprint) => (fingerprint, true),
            None => (text, false),
        };
        Ok(Self {
            fingerprint: fingerprint.parse()?,
            generic,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_generic_kernels_have_a_space_of_their_own() {
        let of = |kernel| VectorSpace::new([7; 16].into(), kernel);
        let common = of(Some(KernelPath::Avx2));
        for kernel in [None, Some(KernelPath::Avx512Vnni), Some(KernelPath::Amx)] {
            assert_eq!(of(kernel), common);
        }
        let generic = of(Some(KernelPath::Generic));
        assert_ne!(generic, common);
        assert_ne!(common, VectorSpace::new([8; 16].into(), None));
        assert_eq!(generic.to_string(), format!("{common}-generic"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for kernel in [None, Some(KernelPath::Generic)] {
            let space = VectorSpace::new([0xa5; 16].into(), kernel);
            assert_eq!(space.to_string().parse(), Ok(space));
        }
        for bad in ["", "-generic", "a5-generic", "generic"] {
            assert!(bad.parse::<VectorSpace>().is_err(), "{bad}");
        }
    }
}
