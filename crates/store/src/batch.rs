//! Items on their way into a collection.

use std::collections::HashMap;

use crate::collection::{Field, FieldValue};
use crate::error::Result;
use crate::item::{Item, VectorItem};
use crate::stored::Stored;
use crate::words::{Analyzer, Document};

/// Items that are ready to be written, as their collection was when they were made so.
pub(crate) struct Batch {
    pub(crate) stored: Stored,
    pub(crate) items: Vec<Prepared>,
}

pub(crate) struct Prepared {
    pub(crate) item: Item,
    pub(crate) vectors: Vec<Vec<f32>>,
    pub(crate) documents: Vec<Document>,
    /// Values of declared fields, with the number of each field.
    pub(crate) fields: Vec<(i64, FieldValue)>,
}

impl Batch {
    /// Checks items and cuts their words: what takes long and needs no transaction. Of several with one id the last stays.
    pub(crate) fn prepare(stored: Stored, items: Vec<VectorItem>) -> Result<Self> {
        let mut last = HashMap::new();
        for (i, item) in items.iter().enumerate() {
            last.insert(item.item.id.clone(), i);
        }
        let mut prepared = Vec::with_capacity(last.len());
        for (i, item) in items.into_iter().enumerate() {
            let is_last = last.get(&item.item.id) == Some(&i);
            let item = prepare(&stored, stored.words.analyzer(), item)
                .map_err(|error| error.within(&format!("items[{i}]")))?;
            if is_last {
                prepared.push(item);
            }
        }
        Ok(Self {
            stored,
            items: prepared,
        })
    }

    /// The same of one item, whose fields stand at the top.
    pub(crate) fn prepare_one(stored: Stored, item: VectorItem) -> Result<Self> {
        let items = vec![prepare(&stored, stored.words.analyzer(), item)?];
        Ok(Self { stored, items })
    }

    /// The same for the collection as it is now: meanwhile it may have got other words, or be another one of the same name.
    pub(crate) fn refresh(self, stored: Stored) -> Result<Self> {
        let is_same =
            stored.number == self.stored.number && stored.words.rules == self.stored.words.rules;
        if is_same {
            return Ok(Self { stored, ..self });
        }
        let items = self.items.into_iter().map(|prepared| VectorItem {
            item: prepared.item,
            vectors: prepared.vectors,
        });
        Self::prepare(stored, items.collect())
    }
}

fn prepare(stored: &Stored, analyzer: &Analyzer, mut item: VectorItem) -> Result<Prepared> {
    item.prepare(stored.current().dimension)?;
    let VectorItem { item, vectors } = item;
    Ok(Prepared {
        documents: item.texts().map(|text| analyzer.document(text)).collect(),
        fields: field_values(&stored.fields, &item)?,
        item,
        vectors,
    })
}

/// The values of an item's declared fields, with the number of each field.
pub(crate) fn field_values(fields: &[Field], item: &Item) -> Result<Vec<(i64, FieldValue)>> {
    let mut found = Vec::new();
    for (number, field) in fields.iter().enumerate() {
        let values = field.values(item)?;
        found.extend(values.into_iter().map(|value| (number as i64, value)));
    }
    Ok(found)
}
