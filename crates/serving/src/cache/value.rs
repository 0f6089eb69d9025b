//! A vector as bytes that verify themselves.
//!
//! | bytes | |
//! |---|---|
//! | 1 | version of this layout |
//! | 4 | tokens, u32 |
//! | 1 | truncated, 0 or 1 |
//! | 4 | share of the tokens that are unknown, f32 |
//! | 4 | length before scaling, f32 |
//! | 4 × dimension | the vector, f32 |
//! | 8 | the first bytes of BLAKE3 over the key and all before |
//!
//! All numbers are little-endian.

use yuyi::Encoded;

const VERSION: u8 = 1;
const HEAD: usize = 14;
const CHECKSUM: usize = 8;

/// The bytes of a vector under a key.
pub(super) fn to_bytes(key: &str, encoded: &Encoded) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + size_of_val(&encoded.vector[..]) + CHECKSUM);
    let tokens = u32::try_from(encoded.tokens).unwrap_or(u32::MAX);
    let unknown = encoded.unknown as f32 / encoded.tokens.max(1) as f32;
    bytes.push(VERSION);
    bytes.extend(tokens.to_le_bytes());
    bytes.push(u8::from(encoded.truncated));
    bytes.extend(unknown.to_le_bytes());
    bytes.extend(encoded.length.to_le_bytes());
    bytes.extend(encoded.vector.iter().flat_map(|x| x.to_le_bytes()));
    let sum = checksum(key, &bytes);
    bytes.extend(sum);
    bytes
}

/// How far the square of a vector's length may be from 1: hundreds of times what rounding does.
const LENGTH_TOLERANCE: f64 = 1e-3;

/// The vector of `dimension` numbers in the bytes under a key; `None` when they are anything else, also when they are numbers that no model
/// gives: whoever can write to Redis can write a checksum.
pub(super) fn from_bytes(key: &str, dimension: usize, bytes: &[u8]) -> Option<Encoded> {
    let (content, sum) = bytes.split_last_chunk::<CHECKSUM>()?;
    let (numbers, _) = content.get(HEAD..)?.as_chunks::<4>();
    let sound = content.len() == HEAD + 4 * dimension
        && content[0] == VERSION
        && *sum == checksum(key, content);
    if !sound {
        return None;
    }
    let number = |at: usize| Some(f32::from_le_bytes(*content[at..].first_chunk()?));
    let (unknown, length) = (number(6)?, number(10)?);
    let vector: Vec<f32> = numbers.iter().map(|&x| f32::from_le_bytes(x)).collect();
    if !is_unit(&vector) || !(0.0..=1.0).contains(&unknown) || !length.is_finite() {
        return None;
    }
    let tokens = u32::from_le_bytes(*content[1..].first_chunk()?) as usize;
    Some(Encoded {
        vector,
        length,
        tokens,
        truncated: content[5] == 1,
        unknown: (unknown * tokens as f32).round() as usize,
        states: None,
    })
}

/// Whether the vector has the length 1; one with a NaN has none.
fn is_unit(vector: &[f32]) -> bool {
    let square: f64 = vector.iter().map(|&x| f64::from(x).powi(2)).sum();
    (square - 1.0).abs() <= LENGTH_TOLERANCE
}

fn checksum(key: &str, content: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(content);
    let mut sum = [0; CHECKSUM];
    hasher.finalize_xof().fill(&mut sum);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded() -> Encoded {
        Encoded {
            vector: vec![0.6, -0.8, 1e-30],
            length: 12.5,
            tokens: 511,
            truncated: true,
            unknown: 37,
            states: None,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let written = encoded();
        let read = from_bytes("k", 3, &to_bytes("k", &written)).unwrap();
        assert_eq!(read.vector, written.vector);
        assert_eq!((read.length, read.tokens), (12.5, 511));
        assert_eq!((read.truncated, read.unknown), (true, 37));
    }

    #[test]
    fn numbers_that_no_model_gives_are_nothing() {
        let with = |change: fn(&mut Encoded)| {
            let mut encoded = encoded();
            change(&mut encoded);
            from_bytes("k", 3, &to_bytes("k", &encoded))
        };
        assert!(with(|_| {}).is_some());
        assert!(with(|encoded| encoded.vector[2] = f32::NAN).is_none());
        assert!(with(|encoded| encoded.vector[2] = f32::INFINITY).is_none());
        assert!(with(|encoded| encoded.vector = vec![0.0; 3]).is_none());
        assert!(with(|encoded| encoded.vector = vec![6.0, -8.0, 0.0]).is_none());
        assert!(with(|encoded| encoded.length = f32::NAN).is_none());
        assert!(with(|encoded| encoded.unknown = 512).is_none());
    }

    #[test]
    fn anything_else_is_nothing() {
        let bytes = to_bytes("k", &encoded());
        assert!(from_bytes("other", 3, &bytes).is_none());
        assert!(from_bytes("k", 2, &bytes).is_none());
        for length in 0..bytes.len() {
            assert!(from_bytes("k", 3, &bytes[..length]).is_none(), "{length}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(from_bytes("k", 3, &damaged).is_none(), "{at}");
        }
        assert!(from_bytes("k", 0, &[]).is_none());
        assert!(from_bytes("k", 3, &[0; 64]).is_none());
    }
}
