//! Words and vectors as bytes of the database.
//!
//! Words of an item: for each of its texts the number of different words and of all (varints), then each word's number (eight bytes,
//! little-endian) and count (varint). Vectors: f32, little-endian.

use super::sql::damaged;
use crate::encoding::{read_varint, vector_elements, write_varint};
use crate::error::Result;
use crate::words::Document;

pub(super) fn write_words(documents: &[Document]) -> Vec<u8> {
    let mut blob = Vec::new();
    for document in documents {
        write_varint(&mut blob, document.terms.len() as u64);
        write_varint(&mut blob, document.length.into());
        for &(term, count) in &document.terms {
            blob.extend(term.to_le_bytes());
            write_varint(&mut blob, count.into());
        }
    }
    blob
}

/// # Errors
/// [`Damaged`](crate::Error::Damaged) where the bytes are none that [`write_words`] wrote.
pub(super) fn read_words(mut blob: &[u8]) -> Result<Vec<Document>> {
    let mut documents = Vec::with_capacity(1);
    while !blob.is_empty() {
        let document = read_document(&mut blob)
            .ok_or_else(|| damaged("the words of an item cannot be read"))?;
        documents.push(document);
    }
    Ok(documents)
}

fn read_document(blob: &mut &[u8]) -> Option<Document> {
    let terms = read_varint(blob)?;
    let length = read_varint(blob)?.try_into().ok()?;
    let mut document = Document {
        terms: Vec::with_capacity((terms as usize).min(blob.len() / 9)),
        length,
    };
    for _ in 0..terms {
        let (term, rest) = blob.split_first_chunk::<8>()?;
        *blob = rest;
        let count = read_varint(blob)?.try_into().ok()?;
        document.terms.push((u64::from_le_bytes(*term), count));
    }
    Some(document)
}

/// # Errors
/// [`Damaged`](crate::Error::Damaged) where it is none of the dimension.
pub(super) fn read_vector(blob: &[u8], dimension: usize, to: &mut Vec<f32>) -> Result<()> {
    let elements = vector_elements(blob, dimension).ok_or_else(|| {
        damaged(format!(
            "a vector has {} bytes in place of {}",
            blob.len(),
            4 * dimension
        ))
    })?;
    to.clear();
    to.extend(elements);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::vector_to_bytes;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(
            words in prop::collection::vec((prop::collection::vec((any::<u64>(), any::<u32>()), 0..5), any::<u32>()), 0..4),
            vector in prop::collection::vec(-2.0f32..2.0, 0..9),
            cut in 1usize..4,
        ) {
            let documents: Vec<Document> = words.into_iter().map(|(terms, length)| Document { terms, length }).collect();
            let blob = write_words(&documents);
            prop_assert_eq!(&read_words(&blob).unwrap(), &documents);
            if let Some(last) = documents.last() && !last.terms.is_empty() {
                prop_assert!(read_words(&blob[..blob.len() - cut]).is_err());
            }
            let mut read = Vec::new();
            read_vector(&vector_to_bytes(&vector), vector.len(), &mut read).unwrap();
            prop_assert_eq!(&read, &vector);
            prop_assert!(read_vector(&vector_to_bytes(&vector), vector.len() + 1, &mut read).is_err());
        }

        #[test]
        fn anything_may_be_read(blob: Vec<u8>) {
            let _ = read_words(&blob);
        }
    }
}
