//! The key of a provider, which is shown to nobody.

use std::fmt;

/// A key, as it stands in the header of a call.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// The key without what surrounds it; `None`: it has characters that no header may have.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let key = text.trim();
        let is_sound = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        is_sound.then(|| Self(key.to_owned()))
    }

    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// `text` without the key, if it is in there.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.0, "***")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = Key::of(" sk-abc\n").unwrap();
        assert_eq!(key.authorization(), "Bearer sk-abc");
        assert_eq!(format!("{key:?}"), "***");
        assert_eq!(key.hidden_in("no key sk-abc."), "no key ***.");
    }

    #[test]
    fn what_no_header_may_have_is_no_key() {
        for bad in ["", " ", "a b", "密钥", "a\nb", "a\u{7f}"] {
            assert!(Key::of(bad).is_none(), "{bad:?}");
        }
    }
}
