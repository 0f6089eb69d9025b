//! The tables of the database, as in the embedded engine: a collection C has `items_C`, `fields_C`, for its words of number W `docs_C_W` and `terms_C_W`, and
//! for each space S `vectors_C_S`.
//!
//! | table | row |
//! |---|---|
//! | `items_C` | an item: its key, id, all of it as JSON (as text: what was written comes back as it was), and its time, which the newest are found by |
//! | `events_C` | what a user did with an item |
//! | `docs_C_W` | a text: the key of its vector, number of words, and the numbers of those that it has (eight bytes each, little-endian) |
//! | `terms_C_W` | a word of a block of items: its number, the block's, and which of their texts have it ([`postings`](super::postings)) |
//! | `fields_C` | a value of a declared field |
//! | `vectors_C_S` | a vector: its key, the item's, little-endian f32, and the same as `halfvec` for the search |
//!
//! Beside them stand `collections`, `version`, `moves` with who works on which move ([`lease`](super::lease)), and `questions`, `hits` and `hit_counts` with what
//! collections were asked ([`questions`](super::questions)).

use super::client::Client;
use crate::error::{Error, Result};

/// Most elements of a vector that pgvector keeps as halves.
const MOST_ELEMENTS: usize = 16_000;

/// Names of a collection's tables.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) items: String,
    pub(super) docs: String,
    pub(super) terms: String,
    pub(super) fields: String,
    pub(super) events: String,
    number: i64,
}

impl Tables {
    /// With the words of a number.
    pub(super) fn of(number: i64, lexicon: i64) -> Self {
        Self {
            items: format!("yuyi.items_{number}"),
            docs: format!("yuyi.docs_{number}_{lexicon}"),
            terms: format!("yuyi.terms_{number}_{lexicon}"),
            fields: format!("yuyi.fields_{number}"),
            events: format!("yuyi.events_{number}"),
            number,
        }
    }

    /// The vectors of a space.
    pub(super) fn vectors(&self, space: i64) -> String {
        format!("yuyi.vectors_{}_{space}", self.number)
    }

    /// The graph of a space.
    pub(super) fn graph(&self, space: i64) -> String {
        format!("graph_{}_{space}", self.number)
    }

    pub(super) fn create(&self, client: &mut Client) -> Result<()> {
        let Self {
            items,
            fields,
            events,
            ..
        } = self;
        client.batch_execute(&format!(
            "CREATE TABLE {items} (
                 key bigint PRIMARY KEY,
                 id text COLLATE \"C\" NOT NULL UNIQUE,
                 item text NOT NULL,
                 time bigint
             );
             CREATE INDEX ON {items} (time DESC NULLS LAST, key DESC);
             CREATE TABLE {events} (
                 user_id text COLLATE \"C\" NOT NULL,
                 item text COLLATE \"C\" NOT NULL,
                 kind bigint NOT NULL,
                 time bigint NOT NULL,
                 weight double precision NOT NULL,
                 PRIMARY KEY (user_id, item, kind)
             );
             CREATE INDEX ON {events} (time DESC, user_id, item, kind);
             CREATE INDEX ON {events} (user_id, time DESC, item, kind);
             CREATE INDEX ON {events} (item, time DESC, user_id, kind);
             CREATE TABLE {fields} (
                 field bigint NOT NULL,
                 keyword text COLLATE \"C\",
                 number double precision,
                 time bigint,
                 key bigint NOT NULL
             );
             CREATE INDEX ON {fields} (key);
             CREATE INDEX ON {fields} (field, left(keyword, 200)) WHERE keyword IS NOT NULL;
             CREATE INDEX ON {fields} (field, number) WHERE number IS NOT NULL;
             CREATE INDEX ON {fields} (field, time) WHERE time IS NOT NULL;"
        ))
    }

    pub(super) fn create_words(&self, client: &mut Client) -> Result<()> {
        let Self { docs, terms, .. } = self;
        // Rows of common words are read in one piece: none is compressed, and hardly one lies elsewhere.
        client.batch_execute(&format!(
            "CREATE TABLE {docs} (key bigint PRIMARY KEY, length integer NOT NULL, terms bytea NOT NULL);
             CREATE TABLE {terms} (
                 term bigint NOT NULL,
                 block bigint NOT NULL,
                 postings bytea NOT NULL,
                 PRIMARY KEY (term, block)
             ) WITH (toast_tuple_target = 8160);
             ALTER TABLE {docs} ALTER terms SET STORAGE EXTERNAL;
             ALTER TABLE {terms} ALTER postings SET STORAGE EXTERNAL;"
        ))
    }

    pub(super) fn drop_words(&self, client: &mut Client) -> Result<()> {
        let Self { docs, terms, .. } = self;
        client.batch_execute(&format!("DROP TABLE {docs}, {terms}"))
    }

    pub(super) fn create_vectors(
        &self,
        client: &mut Client,
        space: i64,
        dimension: usize,
    ) -> Result<()> {
        if dimension > MOST_ELEMENTS {
            let reason = format!("{dimension} is not between 1 and {MOST_ELEMENTS}.");
            return Err(Error::invalid("dimension", reason));
        }
        let vectors = self.vectors(space);
        client.batch_execute(&format!(
            "CREATE TABLE {vectors} (
                 key bigint PRIMARY KEY,
                 item bigint NOT NULL,
                 vector bytea NOT NULL,
                 half halfvec({dimension}) NOT NULL
             );
             ALTER TABLE {vectors} ALTER vector SET STORAGE EXTERNAL, ALTER half SET STORAGE MAIN;
             CREATE INDEX ON {vectors} (item);"
        ))?;
        Ok(())
    }

    pub(super) fn drop_vectors(&self, client: &mut Client, space: i64) -> Result<()> {
        client.batch_execute(&format!("DROP TABLE {}", self.vectors(space)))?;
        Ok(())
    }

    pub(super) fn drop(&self, client: &mut Client) -> Result<()> {
        let Self {
            items,
            fields,
            events,
            ..
        } = self;
        client.batch_execute(&format!("DROP TABLE {items}, {fields}, {events}"))
    }
}
