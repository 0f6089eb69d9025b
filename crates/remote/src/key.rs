//! The key of a provider, which is shown to nobody.

use std::collections::HashSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Characters of a key, one after the other, that are hidden: fewer may be a word.
const RUN: usize = 8;

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

    /// `text` without the key, or a part of it, or either in base64, if that is in there.
    pub(crate) fn hidden_in(&self, text: &str) -> String {
        // A key that is shorter than what counts as a part.
        let text = text.replace(&self.0, "***");
        let forms = self.forms();
        let parts: HashSet<&[u8]> = forms.iter().flat_map(|form| form.windows(RUN)).collect();
        let mut is_part = vec![false; text.len()];
        for (at, window) in text.as_bytes().windows(RUN).enumerate() {
            if parts.contains(window) {
                is_part[at..at + RUN].fill(true);
            }
        }
        // Parts are of ASCII, so characters stay whole.
        let mut shown = String::new();
        for (at, character) in text.char_indices() {
            match is_part[at] {
                false => shown.push(character),
                true if at == 0 || !is_part[at - 1] => shown.push_str("***"),
                true => {}
            }
        }
        shown
    }

    /// The key, and what it is in base64, behind whatever number of other bytes.
    fn forms(&self) -> Vec<Vec<u8>> {
        let mut forms = vec![self.0.clone().into_bytes()];
        for engine in [STANDARD, URL_SAFE] {
            for before in 0..3 {
                let bytes = [&vec![0; before], self.0.as_bytes()].concat();
                let encoded = engine
                    .encode(bytes)
                    .trim_end_matches('=')
                    .as_bytes()
                    .to_vec();
                // The first characters are of the other bytes, too.
                let own = if before == 0 { 0 } else { before + 1 };
                forms.extend(encoded.get(own..).map(<[u8]>::to_vec));
            }
        }
        forms
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
    fn parts_of_a_key_and_its_base64_are_hidden() {
        let key = Key::of("sk-3f9aQ7xT2kLmNp0R/+zz").unwrap();
        for (said, hidden) in [
            ("bad key sk-3f9aQ7xT2kL…", "bad key ***…"),
            ("密钥 2kLmNp0R 无效", "密钥 *** 无效"),
            ("sk-3f9a is short", "sk-3f9a is short"),
            (
                "begins sk-3f9aQ and ends kLmNp0R/+zz.",
                "begins *** and ends ***.",
            ),
        ] {
            assert_eq!(key.hidden_in(said), hidden);
        }
        for text in [
            "sk-3f9aQ7xT2kLmNp0R/+zz",
            ":sk-3f9aQ7xT2kLmNp0R/+zz",
            "Bearer sk-3f9aQ7xT2kLmNp0R/+zz",
        ] {
            for engine in [STANDARD, URL_SAFE] {
                let hidden = key.hidden_in(&format!("it was {}", engine.encode(text)));
                let rest = hidden.strip_prefix("it was ").unwrap();
                let (before, after) = rest.split_once("***").unwrap();
                assert!(
                    before.len() <= 10 && after.trim_end_matches('=').len() <= 1,
                    "{hidden}"
                );
            }
        }
    }

    #[test]
    fn what_no_header_may_have_is_no_key() {
        for bad in ["", " ", "a b", "密钥", "a\nb", "a\u{7f}"] {
            assert!(Key::of(bad).is_none(), "{bad:?}");
        }
    }
}
