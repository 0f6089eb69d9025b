//! An index from the database, with the codes that are beside it.

use rusqlite::{Connection, OptionalExtension};
use yuyi_kernels::{Codes, EncodedRow, Kernel};

use super::blob::{read_vector, read_words};
use super::codes_file::{Owner, Saved};
use super::index::{Index, RowVector};
use super::shared::Slot;
use super::sql::damaged;
use crate::error::Result;
use crate::key::VectorKey;
use crate::stored::Stored;

/// Rows of codes between two that are compared with the vectors they were made of.
const CHECKED: usize = 10_000;

/// Reads the rows of a collection in the space of `owner`, with the words of a table.
///
/// Words come from the database: a few dozen bytes an item. Codes come from their files; for rows that have none, or whose file is not right, they
/// are made of the vectors. What is taken from a file is compared with the vectors now and then.
pub(super) fn load(
    connection: &Connection,
    stored: &Stored,
    (owner, words): (&Owner, &str),
    kernel: Kernel,
) -> Result<Index> {
    let mut index = Index::new(kernel, owner.dimension, stored.generation);
    let mut vectors = Vectors::new(connection, stored, owner)?;
    let mut saved = Saved::open(owner, stored.generation);
    let mut sample = Codes::new(kernel, owner.dimension);
    let mut from_files = 0;
    let sql = format!("SELECT key, words FROM {words} ORDER BY key");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let item = row.get(0)?;
        for (wording, document) in read_words(row.get_ref(1)?.as_blob()?)?.iter().enumerate() {
            let key = VectorKey::new(item, wording);
            let mut found = saved.find(key);
            if let Some(row) = found {
                if from_files % CHECKED == 0 && !is_of(row, vectors.get(key)?, &mut sample) {
                    saved.reject();
                    found = None;
                }
                from_files += 1;
            }
            let vector = match found {
                Some(row) => RowVector::Encoded(row),
                None => RowVector::Floats(vectors.get(key)?),
            };
            index.push(key, vector, document);
        }
    }
    Ok(index)
}

/// Whether a row is the codes of a vector.
fn is_of(row: &EncodedRow, vector: &[f32], sample: &mut Codes) -> bool {
    sample.truncate(0);
    sample.push(vector);
    sample.encoded(0) == *row
}

/// How many rows of an index have the codes of another vector than that of their key. A vector that is missing is not told here.
pub(super) fn odd_codes(connection: &Connection, stored: &Stored, slot: &Slot) -> Result<u64> {
    let (index, owner) = (&slot.index, &slot.owner);
    let mut vectors = Vectors::new(connection, stored, owner)?;
    let mut sample = Codes::new(index.kernel(), owner.dimension);
    let mut odd = 0;
    for part in index.parts() {
        for (row, &key) in part.keys().iter().enumerate() {
            let row = part.encoded(row);
            // One that was removed is no number.
            if row.scale.is_finite()
                && let Ok(vector) = vectors.get(key)
            {
                odd += u64::from(!is_of(&row, vector, &mut sample));
            }
        }
    }
    Ok(odd)
}

/// The vectors of a space, one by one.
pub(super) struct Vectors<'c> {
    statement: rusqlite::CachedStatement<'c>,
    vector: Vec<f32>,
    dimension: usize,
}

impl<'c> Vectors<'c> {
    pub(super) fn new(connection: &'c Connection, stored: &Stored, owner: &Owner) -> Result<Self> {
        let sql = format!(
            "SELECT vector FROM {} WHERE key = ?1",
            stored.tables().vectors(owner.space)
        );
        Ok(Self {
            statement: connection.prepare_cached(&sql)?,
            vector: Vec::with_capacity(owner.dimension),
            dimension: owner.dimension,
        })
    }

    /// The vector of a key.
    ///
    /// # Errors
    /// That there is none: then the database is damaged.
    pub(super) fn get(&mut self, key: VectorKey) -> Result<&[f32]> {
        let (vector, dimension) = (&mut self.vector, self.dimension);
        let read = |row: &rusqlite::Row<'_>| {
            Ok(read_vector(row.get_ref(0)?.as_blob()?, dimension, vector))
        };
        let found = self.statement.query_row([key.0], read).optional()?;
        found.ok_or_else(|| damaged(format!("the vector {} is missing", key.0)))??;
        Ok(&self.vector)
    }
}
