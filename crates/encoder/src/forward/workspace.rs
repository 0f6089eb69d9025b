//! The working memory of a forward pass.

use super::Extras;
use crate::config::ModelConfig;
use yuyi_kernels::{Kernel, Matrix, QuantizedMatrix};

/// Activations of one forward pass, reused from pass to pass, and from step to step where one needs no longer what
/// another left: this is most of the memory that a batch adds to the weights.
#[derive(Default)]
pub(crate) struct Workspace {
    /// [tokens, hidden]; after [`Transformer::forward`](super::Transformer::forward) the last hidden states.
    pub(crate) hidden: Matrix,
    /// [tokens, hidden]: what the last layer began with, of a model that keeps it.
    pub(crate) previous: Matrix,
    /// Queries, keys and values; then the output of attention's projection; then the intermediate states of a group of tokens.
    pub(super) wide: Matrix,
    /// What attention reads normalised, where it does; what it gathers; then a group's output of the feed-forward block, or what that
    /// reads normalised.
    pub(super) narrow: Matrix,
    /// The input of an integer product.
    pub(super) bytes: QuantizedMatrix,
    /// Tokens that there is memory for.
    reserved: usize,
    /// Tokens that there is always memory for: those of the first reservation.
    usual: usize,
}

/// Tokens by which the memory of a workspace grows.
const GROWTH: usize = 256;

/// Tokens whose memory is kept. Texts of tens of thousands, which some models read, need as much as the weights, and are rare.
const KEPT: usize = 2048;

impl Workspace {
    /// Takes the memory for a batch of so many tokens at once.
    pub(super) fn reserve(
        &mut self,
        tokens: usize,
        config: &ModelConfig,
        extras: Extras,
        kernel: Kernel,
    ) {
        if tokens <= self.reserved {
            return;
        }
        self.reserved = tokens.max(self.usual).next_multiple_of(GROWTH);
        if self.usual == 0 {
            self.usual = tokens.min(KEPT);
        }
        let group = self.reserved.min(kernel.rows_together());
        self.hidden.resize(self.reserved, config.hidden_size);
        self.wide.resize(self.reserved, config.attention_size());
        self.wide.resize(group, config.intermediate_size);
        self.narrow.resize(self.reserved, config.query_size());
        self.narrow.resize(self.reserved, config.hidden_size);
        if extras.previous {
            self.previous.resize(self.reserved, config.hidden_size);
        }
        // Written to, so that the system gives all of it now: a server's memory after its first requests is what it stays at. As
        // NaN, so that a step that reads what no step wrote does not go unnoticed.
        for matrix in [
            &mut self.hidden,
            &mut self.previous,
            &mut self.wide,
            &mut self.narrow,
        ] {
            matrix.fill(f32::NAN);
        }
    }

    /// Gives the memory of a long text back. What the matrices held is lost.
    pub(crate) fn give_back(&mut self) {
        if self.reserved > KEPT {
            *self = Self {
                usual: self.usual,
                ..Self::default()
            };
        }
    }

    /// Copies the hidden states to where the last layer leaves them alone.
    pub(super) fn keep(&mut self) {
        let (rows, columns) = (self.hidden.rows(), self.hidden.columns());
        self.previous.resize(rows, columns);
        for row in 0..rows {
            self.previous
                .row_mut(row)
                .copy_from_slice(self.hidden.row(row));
        }
    }
}

#[cfg(test)]
impl Workspace {
    /// Bytes of its matrices.
    pub(crate) fn bytes(&self) -> usize {
        self.hidden.bytes() + self.previous.bytes() + self.wide.bytes() + self.narrow.bytes()
    }
}
