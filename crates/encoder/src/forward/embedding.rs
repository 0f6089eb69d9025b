//! Token ids to the input of the first layer.

use super::{Batch, Extras, Transformer, Workspace};
use crate::config::{ModelConfig, Positions};
use crate::names::Names;
use crate::table::Table;
use crate::{Error, Tensors};

impl Transformer {
    /// The table of token embeddings, which stays in the file.
    pub(super) fn words(&self) -> Result<Table<'_>, Error> {
        let shape = [self.config.vocab_size, self.config.hidden_size];
        let name = Names::of(self.config.architecture).words;
        Table::open(&self.tensors, &self.config, name, shape)
    }

    /// Sums of word, position and type embeddings.
    pub(super) fn embed(&self, batch: &Batch, space: &mut Workspace) -> Result<(), Error> {
        let hidden = self.config.hidden_size;
        let words = self.words()?;
        space.hidden.resize(batch.ids.len(), hidden);
        for text in batch.offsets.windows(2) {
            let mut positions = self.config.first_position()..;
            for token in text[0]..text[1] {
                let (row, id) = (space.hidden.row_mut(token), batch.ids[token] as usize);
                words.copy_row(id, row)?;
                if self.positions.is_empty() {
                    continue;
                }
                let position = match self.config.padding_position(id) {
                    Some(padding) => padding,
                    None => positions.next().unwrap_or_default(),
                };
                // Without learned positions there is one row for each type.
                let of_type = self.config.kept_positions().max(1);
                let position = batch.token_type(token) * of_type + position % of_type;
                let position = &self.positions[position * hidden..][..hidden];
                row.iter_mut().zip(position).for_each(|(x, p)| *x += p);
            }
        }
        Ok(())
    }
}

/// Token types that are kept.
pub(super) fn kinds(config: &ModelConfig, extras: Extras) -> usize {
    match extras.pairs {
        true => config.token_types.max(1),
        false => 1,
    }
}

/// Rows that are added to the token embeddings, by type and position.
pub(super) fn kept_rows(config: &ModelConfig, extras: Extras) -> usize {
    match config.kept_positions() {
        0 if config.token_types == 0 => 0,
        0 => kinds(config, extras),
        positions => positions * kinds(config, extras),
    }
}

/// For each token type that is kept the rows of position embeddings that a text can reach, that of padding in front where the
/// family has one, with the embeddings of the type and of task type 0 added, where the model has those.
pub(super) fn load_positions(
    tensors: &Tensors,
    config: &ModelConfig,
    extras: Extras,
) -> Result<Vec<f32>, Error> {
    let (hidden, names) = (config.hidden_size, Names::of(config.architecture));
    let table = |name: &str, rows| {
        let tensor = tensors.get(&format!("{name}.weight"), &[rows, hidden])?;
        tensor.to_f32()
    };
    let positions = match config.positions {
        Positions::Learned { rows, .. } => table(names.positions, rows)?,
        // What the types are added to, if there are any.
        Positions::Rotary { .. } if config.token_types == 0 => return Ok(Vec::new()),
        Positions::Rotary { .. } => vec![0.0; hidden],
    };
    let positions = &positions[(config.offset() - config.first_position()) * hidden..];
    let mut rows = positions.repeat(kinds(config, extras));
    let add = |rows: &mut [f32], embedding: &[f32]| {
        let numbers = rows.iter_mut().zip(embedding.iter().cycle());
        numbers.for_each(|(p, x)| *p += x);
    };
    if config.token_types > 0 {
        let types = table(names.token_types, config.token_types)?;
        let types = types.chunks_exact(hidden);
        let of_type = rows.chunks_exact_mut(positions.len());
        of_type.zip(types).for_each(|(rows, kind)| add(rows, kind));
    }
    if config.task_types > 0 {
        add(
            &mut rows,
            &table(names.task_types, config.task_types)?[..hidden],
        );
    }
    Ok(rows)
}
