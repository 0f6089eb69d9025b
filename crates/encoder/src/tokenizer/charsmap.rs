//! Checks SentencePiece's compiled normaliser, which the tokenizers library follows without looking: a damaged one
//! would reach past the end of its tables, or ask for memory that no machine has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Most bytes of what stands in place of a character. With NFKC it is 33, those of U+FDFA.
const LONGEST: usize = 64;

/// Checks each `precompiled_charsmap` of a normaliser as tokenizer.json has it.
///
/// # Errors
/// A sentence about what is wrong.
pub(super) fn check(normalizer: &Value) -> Result<(), String> {
    match normalizer {
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| match value {
            Value::String(text) if key == "precompiled_charsmap" => check_encoded(text),
            value => check(value),
        }),
        Value::Array(items) => items.iter().try_for_each(check),
        _ => Ok(()),
    }
}

fn check_encoded(text: &str) -> Result<(), String> {
    let bytes = STANDARD.decode(text);
    let bytes = bytes.map_err(|e| format!("its precompiled_charsmap is not Base64: {e}"))?;
    let damaged = || "its precompiled_charsmap is damaged".to_owned();
    let (trie, texts) = split(&bytes).ok_or_else(damaged)?;
    if is_sound(&trie, texts) {
        Ok(())
    } else {
        Err(damaged())
    }
}

/// The parts: the length of a double-array trie, the trie, and replacements that end with NUL.
fn split(bytes: &[u8]) -> Option<(Vec<u32>, &str)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (trie, texts) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let (units, odd) = trie.as_chunks();
    let units = units.iter().map(|&unit| u32::from_le_bytes(unit)).collect();
    Some((
        units,
        std::str::from_utf8(texts).ok().filter(|_| odd.is_empty())?,
    ))
}

/// Whether every walk from the root stays inside the trie and ends at a replacement.
///
/// A node's children are in the block of 256 units around it, the child by byte `b` at `node ^ b`; a
/// unit of the array is a child of that node if its label is `b`.
fn is_sound(trie: &[u32], texts: &str) -> bool {
    let Some(&root) = trie.first() else {
        return false;
    };
    let mut seen = vec![false; trie.len()];
    let mut todo = vec![offset(root)];
    while let Some(node) = todo.pop() {
        if node | 0xFF >= trie.len() {
            return false;
        }
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        for byte in 1..=0xFF {
            let unit = trie[node ^ byte];
            if label(unit) != byte {
                continue;
            }
            let child = node ^ byte ^ offset(unit);
            if has_leaf(unit) && !ends_at_text(trie.get(child).copied(), texts) {
                return false;
            }
            todo.push(child);
        }
    }
    true
}

fn ends_at_text(leaf: Option<u32>, texts: &str) -> bool {
    let text = leaf.and_then(|leaf| texts.get((leaf & 0x7FFF_FFFF) as usize..));
    // What has no end runs to that of the table.
    text.is_some_and(|text| {
        text.bytes()
            .take_while(|&b| b != 0)
            .take(LONGEST + 1)
            .count()
            <= LONGEST
    })
}

/// The bits of a unit, as in Darts-clone.
fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize
}

/// A leaf's has the highest bit, which no byte equals.
fn label(unit: u32) -> usize {
    (unit & (1 << 31 | 0xFF)) as usize
}

fn has_leaf(unit: u32) -> bool {
    (unit >> 8) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builtin() -> Vec<u8> {
        let json = include_str!("../../../../models/builtin/tokenizer.json");
        let json: Value = serde_json::from_str(json).unwrap();
        let normalizer = &json["normalizer"];
        check(normalizer).unwrap();
        let text = &normalizer["normalizers"][0]["precompiled_charsmap"];
        STANDARD.decode(text.as_str().unwrap()).unwrap()
    }

    fn check_bytes(bytes: &[u8]) -> Result<(), String> {
        check_encoded(&STANDARD.encode(bytes))
    }

    #[test]
    fn refuses_what_the_library_would_follow_out_of_its_tables() {
        let sound = builtin();
        check_bytes(&sound).unwrap();
        let huge = [&u32::MAX.to_le_bytes(), &sound[4..]].concat();
        let short = [&1020u32.to_le_bytes(), &sound[4..]].concat();
        let odd = [&7u32.to_le_bytes(), &sound[4..]].concat();
        let mut root = sound.clone();
        root[4..8].copy_from_slice(&(u32::MAX >> 1).to_le_bytes());
        let text = [&sound[..], b"\xFF"].concat();
        // One text without end, in place of all.
        let mut endless = sound.clone();
        let trie = 4 + u32::from_le_bytes(*sound.first_chunk().unwrap()) as usize;
        endless[trie..].fill(b'x');
        for bytes in [
            &huge,
            &short,
            &odd,
            &root,
            &text,
            &endless,
            &sound[..3].to_vec(),
        ] {
            assert_eq!(
                check_bytes(bytes).unwrap_err(),
                "its precompiled_charsmap is damaged"
            );
        }
        assert!(check_encoded("no Base64!").is_err());
    }

    /// Whatever passes the check can be followed with any text.
    #[test]
    fn what_is_accepted_does_not_panic() {
        use tokenizers::{NormalizedString, Normalizer, normalizers::Precompiled};
        let sound = builtin();
        let trie = u32::from_le_bytes(*sound.first_chunk().unwrap()) as usize;
        let text: String = ('\0'..'\u{3000}').chain('\u{F900}'..'\u{FFFF}').collect();
        let mut accepted = 0;
        for i in 0..200usize {
            let mut bytes = sound.clone();
            let at = 4 + i * 7919 % trie;
            bytes[at] ^= 1 << (i % 8);
            if check_bytes(&bytes).is_ok() {
                accepted += 1;
                let mut normalized = NormalizedString::from(text.as_str());
                let map = Precompiled::from(&bytes).unwrap();
                map.normalize(&mut normalized).unwrap();
            }
        }
        assert!((1..200).contains(&accepted), "{accepted} accepted");
    }
}
