//! The vectors in an answer, checked before anybody believes them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::Value;

/// A vector of length 1, and how long it was before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit {
    pub(crate) vector: Vec<f32>,
    pub(crate) length: f32,
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// One for each text, in the order of the texts.
    pub(crate) vectors: Vec<Unit>,
    /// Tokens of all texts, where it tells them.
    pub(crate) tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Body {
    data: Vec<Row>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Row {
    index: Option<usize>,
    embedding: Numbers,
}

/// The vectors of so many texts. They have `dimension` numbers each, or where that is not known yet as many as each other.
///
/// # Errors
/// What is wrong with the answer, as the rest of a sentence that begins with who answered.
pub(crate) fn read(body: &[u8], texts: usize, dimension: Option<usize>) -> Result<Answer, String> {
    let Body { data, usage } = serde_json::from_slice(body)
        .map_err(|_| "answered what is no list of embeddings".to_owned())?;
    if data.len() != texts {
        return Err(format!("answered {} vectors for {texts} texts", data.len()));
    }
    let first = data.first().map(|row| row.embedding.0.len());
    let dimension = dimension.or(first).unwrap_or_default();
    let mut places: Vec<Option<Unit>> = vec![None; texts];
    let has_index = data.iter().any(|row| row.index.is_some());
    for (place, row) in data.into_iter().enumerate() {
        let place = match has_index {
            true => row.index.unwrap_or(texts),
            false => place,
        };
        let unit = unit(row.embedding.0, dimension)?;
        match places.get_mut(place) {
            Some(empty @ None) => *empty = Some(unit),
            _ => return Err("answered vectors of which it does not tell the texts".to_owned()),
        }
    }
    Ok(Answer {
        // Each place was filled once.
        vectors: places.into_iter().flatten().collect(),
        tokens: usage.as_ref().and_then(tokens),
    })
}

/// Tokens by what people call them.
fn tokens(usage: &Value) -> Option<u64> {
    let named = ["prompt_tokens", "total_tokens", "input_tokens"];
    named.iter().find_map(|name| usage.get(name)?.as_u64())
}

fn unit(numbers: Vec<f32>, dimension: usize) -> Result<Unit, String> {
    if numbers.is_empty() || numbers.len() != dimension {
        return Err(format!(
            "answered a vector of {} numbers in place of {dimension}",
            numbers.len()
        ));
    }
    if !numbers.iter().all(|x| x.is_finite()) {
        return Err("answered a vector with a number that is none".to_owned());
    }
    let squares = numbers.iter().map(|&x| f64::from(x).powi(2));
    let length = squares.sum::<f64>().sqrt();
    if length == 0.0 {
        return Err("answered a vector of zeros, which has no direction".to_owned());
    }
    // Answers tell it as a number of the size of theirs.
    let told = length as f32;
    if !told.is_finite() {
        return Err("answered a vector of numbers that are too large for its length".to_owned());
    }
    let scaled = numbers.iter().map(|&x| (f64::from(x) / length) as f32);
    Ok(Unit {
        vector: scaled.collect(),
        length: told,
    })
}

/// A vector as a list of numbers, or as little-endian f32 in base64.
struct Numbers(Vec<f32>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(NumbersVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers, or base64")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = list.next_element()? {
            numbers.push(number);
        }
        Ok(Numbers(numbers))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Numbers, E> {
        let bytes = STANDARD.decode(text).map_err(E::custom)?;
        let (numbers, rest) = bytes.as_chunks::<4>();
        match rest {
            [] => Ok(Numbers(
                numbers
                    .iter()
                    .map(|&bytes| f32::from_le_bytes(bytes))
                    .collect(),
            )),
            _ => Err(E::custom("not a whole number of floats")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(body: &str, texts: usize) -> Result<Vec<Vec<f32>>, String> {
        let answer = read(body.as_bytes(), texts, Some(2))?;
        Ok(answer.vectors.into_iter().map(|unit| unit.vector).collect())
    }

    #[test]
    fn a_length_that_no_answer_can_tell_is_refused() {
        let read = |x: &str| {
            let row = format!("[{}]", [x; 8].join(","));
            let body = format!(r#"{{"data": [{{"embedding": {row}}}]}}"#);
            super::read(body.as_bytes(), 1, None)
        };
        let told = read("3e38").unwrap_err();
        assert!(told.contains("too large for its length"), "{told}");
        let unit = |x| read(x).unwrap().vectors.remove(0);
        for x in ["1e38", "1e-40"] {
            let Unit { vector, length } = unit(x);
            assert!(length.is_finite() && length > 0.0, "{x}");
            assert!((vector[0] - 8_f32.sqrt().recip()).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn vectors_are_in_the_order_of_their_texts_and_of_length_1() {
        let swapped = r#"{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[0,2]}],"usage":{"prompt_tokens":7}}"#;
        let answer = read(swapped.as_bytes(), 2, None).unwrap();
        assert_eq!(answer.tokens, Some(7));
        assert_eq!(answer.vectors[0].vector, [0.0, 1.0]);
        assert_eq!(answer.vectors[1].vector, [0.6, 0.8]);
        assert_eq!(answer.vectors[1].length, 5.0);
        let unnumbered = r#"{"data":[{"embedding":[1,0]},{"embedding":[0,1]}]}"#;
        assert_eq!(vectors(unnumbered, 2).unwrap(), [[1.0, 0.0], [0.0, 1.0]]);
    }

    #[test]
    fn base64_is_read() {
        let body = r#"{"data":[{"index":0,"embedding":"AACAPwAAAAA="}],"usage":null}"#;
        assert_eq!(vectors(body, 1).unwrap(), [[1.0, 0.0]]);
        let bad = r#"{"data":[{"index":0,"embedding":"AACAPwAA"}]}"#;
        assert!(vectors(bad, 1).is_err());
        let not_a_number = STANDARD.encode([f32::NAN, 1.0].map(f32::to_le_bytes).concat());
        let body = format!(r#"{{"data":[{{"index":0,"embedding":"{not_a_number}"}}]}}"#);
        assert!(
            vectors(&body, 1)
                .unwrap_err()
                .contains("number that is none")
        );
    }

    #[test]
    fn what_is_no_answer_to_the_texts_is_refused() {
        let row = |index: &str, numbers: &str| format!(r#"{{{index}"embedding":[{numbers}]}}"#);
        let body = |rows: &[String]| format!(r#"{{"data":[{}]}}"#, rows.join(","));
        let (a, b) = (row("\"index\":0,", "1,0"), row("\"index\":1,", "0,1"));
        for (body, expected) in [
            (body(&[]), "0 vectors for 2 texts"),
            (body(std::slice::from_ref(&a)), "1 vectors for 2 texts"),
            (
                body(&[a.clone(), b.clone(), b.clone()]),
                "3 vectors for 2 texts",
            ),
            (body(&[a.clone(), a.clone()]), "does not tell the texts"),
            (
                body(&[a.clone(), row("", "0,1")]),
                "does not tell the texts",
            ),
            (
                body(&[a.clone(), row("\"index\":2,", "0,1")]),
                "does not tell the texts",
            ),
            (
                body(&[a.clone(), row("\"index\":1,", "0,1,2")]),
                "3 numbers in place of 2",
            ),
            (
                body(&[a.clone(), row("\"index\":1,", "")]),
                "0 numbers in place of 2",
            ),
            (body(&[a.clone(), row("\"index\":1,", "0,0")]), "zeros"),
            (
                body(&[a.clone(), row("\"index\":1,", "NaN,0")]),
                "no list of embeddings",
            ),
            (
                body(&[a.clone(), row("\"index\":1,", "null,0")]),
                "no list of embeddings",
            ),
            (
                // No number of 32 bits: whether the parser or the check says so depends on the features it is built with.
                body(&[a.clone(), row("\"index\":1,", "1e39,0")]),
                "answered ",
            ),
            (
                body(&[a.clone(), row("\"index\":-1,", "1,0")]),
                "no list of embeddings",
            ),
            ("<html>".to_owned(), "no list of embeddings"),
            ("{\"data\":null}".to_owned(), "no list of embeddings"),
            (body(&[a, b])[..20].to_owned(), "no list of embeddings"),
        ] {
            let error = vectors(&body, 2).unwrap_err();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
