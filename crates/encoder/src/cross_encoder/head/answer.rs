//! What a model that writes text would write next, as far as it is the score.

use crate::Tensors;
use crate::asked::Answer;
use crate::config::ModelConfig;
use crate::error::{Error, check_known};
use crate::forward::{Batch, Workspace};
use crate::names::Names;
use crate::pooling::pool;
use crate::spec::Pooling;
use crate::table::Table;

/// The product of the last hidden state with one row: of all the words that could come next only two are looked at, and the difference
/// of two products is the product with their difference.
pub(in crate::cross_encoder) struct AnswerHead {
    row: Vec<f64>,
}

/// The table with the rows, and its shape.
pub(super) fn table(config: &ModelConfig, answer: Answer) -> (&'static str, [usize; 2]) {
    let names = Names::of(config.architecture);
    let words = [config.vocab_size, config.hidden_size];
    match answer {
        Answer::Row => (names.head.second, [1, config.hidden_size]),
        Answer::YesOrNo { tied: true, .. } => (names.words, words),
        Answer::YesOrNo { tied: false, .. } => ("lm_head", words),
    }
}

impl AnswerHead {
    pub(super) fn load(
        tensors: &Tensors,
        (config, answer): (&ModelConfig, Answer),
        of_vocabulary: impl FnOnce() -> Result<[u32; 2], Error>,
    ) -> Result<Self, Error> {
        let (name, shape) = table(config, answer);
        let table = Table::open(tensors, config, name, shape)?;
        let row = |id: u32| {
            let mut row = vec![0.0; config.hidden_size];
            table.copy_row(id as usize, &mut row)?;
            Ok::<_, Error>(row)
        };
        let row = match answer {
            Answer::Row => row(0)?.into_iter().map(f64::from).collect(),
            Answer::YesOrNo { ids, .. } => {
                let ids = ids.map_or_else(of_vocabulary, Ok)?;
                check_known(&ids, config.vocab_size)?;
                let [yes, no] = ids.map(row);
                let pairs = yes?.into_iter().zip(no?);
                pairs
                    .map(|(yes, no)| f64::from(yes) - f64::from(no))
                    .collect()
            }
        };
        Ok(Self { row })
    }

    pub(super) fn logits(&self, space: &Workspace, batch: &Batch) -> Vec<f64> {
        let product = |state: Vec<f64>| state.iter().zip(&self.row).map(|(x, w)| x * w).sum();
        let last = pool(Pooling::LastToken, space, batch);
        last.into_iter().map(product).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&self.row[..])
    }

    pub(super) fn bytes_of(config: &ModelConfig) -> usize {
        config.hidden_size * size_of::<f64>()
    }
}
