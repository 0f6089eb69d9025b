//! The forward pass over a packed batch: token ids in, last hidden states out.

use crate::config::{Activation as Form, BertConfig};
use crate::precision::Precision;
use crate::table::Table;
use crate::weights::{Layer, Packing, layer_bytes, load_layer, load_norm};
use crate::{Error, LoadProgress, Tensors, surplus};
use yuyi_kernels::{
    Activation, AttentionFormat, AttentionShape, Kernel, LayerNorm, Matrix, QuantizedMatrix, Team,
    add_layer_norm, attention, layer_norm, linear,
};

/// The weights of a model. Token embeddings stay in the file's map and are read by row.
pub(crate) struct BertModel {
    tensors: Tensors,
    config: BertConfig,
    kernel: Kernel,
    attention: AttentionFormat,
    /// Position embedding plus the embedding of token type 0, which every token of a single text has.
    positions: Vec<f32>,
    embedding_norm: LayerNorm,
    layers: Vec<Layer>,
}

/// Activations of one forward pass, reused from pass to pass, and from step to step where one needs no longer what
/// another left: this is most of the memory that a batch adds to the weights.
#[derive(Default)]
pub(crate) struct Workspace {
    /// [tokens, hidden]; after [`BertModel::forward`] the last hidden states.
    pub(crate) hidden: Matrix,
    /// Queries, keys and values; then the output of attention's projection; then the intermediate states of a group of tokens.
    wide: Matrix,
    /// [tokens, hidden]: what attention gathers; then a group's output of the feed-forward block.
    narrow: Matrix,
    /// The input of an integer product.
    bytes: QuantizedMatrix,
    /// Tokens that there is memory for.
    reserved: usize,
}

/// Tokens by which the memory of a workspace grows.
const GROWTH: usize = 256;

impl Workspace {
    /// Takes the memory for a batch of so many tokens at once.
    pub(crate) fn reserve(&mut self, tokens: usize, config: &BertConfig, kernel: Kernel) {
        if tokens <= self.reserved {
            return;
        }
        self.reserved = tokens.next_multiple_of(GROWTH);
        let group = self.reserved.min(kernel.rows_together());
        self.hidden.resize(self.reserved, config.hidden_size);
        self.wide.resize(self.reserved, 3 * config.hidden_size);
        self.wide.resize(group, config.intermediate_size);
        self.narrow.resize(self.reserved, config.hidden_size);
        // Written to, so that the system gives all of it now: a server's memory after its first requests is what it stays at. As
        // NaN, so that a step that reads what no step wrote does not go unnoticed.
        for matrix in [&mut self.hidden, &mut self.wide, &mut self.narrow] {
            matrix.fill(f32::NAN);
        }
    }
}

#[cfg(test)]
impl Workspace {
    /// Bytes of its matrices.
    pub(crate) fn bytes(&self) -> usize {
        self.hidden.bytes() + self.wide.bytes() + self.narrow.bytes()
    }
}

/// Token ids of several texts, one after the other.
pub(crate) struct Batch {
    /// All ids.
    pub(crate) ids: Vec<u32>,
    /// First token of each text, and the number of tokens.
    pub(crate) offsets: Vec<usize>,
}

impl Batch {
    /// The concatenation of `texts`.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a [u32]>) -> Self {
        let mut batch = Self {
            ids: Vec::new(),
            offsets: vec![0],
        };
        for text in texts {
            batch.ids.extend_from_slice(text);
            batch.offsets.push(batch.ids.len());
        }
        batch
    }
}

impl BertModel {
    /// Packs the weights layer by layer.
    pub(crate) fn load(
        tensors: Tensors,
        config: &BertConfig,
        packing: Packing<'_>,
        progress: &LoadProgress,
    ) -> Result<Self, Error> {
        surplus::refuse(&tensors, config)?;
        let layer = |i| {
            let layer = load_layer(&tensors, config, i, packing);
            progress.note(i + 1, config.layers);
            layer
        };
        let layers = (0..config.layers).map(layer).collect::<Result<_, _>>()?;
        let embedding_norm = load_norm(&tensors, config, "embeddings.LayerNorm")?;
        let positions = load_positions(&tensors, config)?;
        let model = Self {
            config: config.clone(),
            kernel: packing.kernel,
            attention: match packing.precision {
                Precision::F32 => AttentionFormat::F32,
                Precision::Int8 | Precision::Int4 => AttentionFormat::Int8,
            },
            positions,
            embedding_norm,
            layers,
            tensors,
        };
        model.words()?;
        model.tensors.check()?;
        Ok(model)
    }

    fn words(&self) -> Result<Table<'_>, Error> {
        let shape = [self.config.vocab_size, self.config.hidden_size];
        Table::open(
            &self.tensors,
            &self.config,
            "embeddings.word_embeddings",
            shape,
        )
    }

    pub(crate) fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// The mapped files that the weights were packed from, and that token embeddings are read from.
    pub(crate) fn tensors(&self) -> &Tensors {
        &self.tensors
    }

    /// Bytes of weights in memory (without the mapped token embeddings).
    pub(crate) fn bytes(&self) -> usize {
        let linear = |l: &Layer| {
            l.qkv.bytes() + l.attention_output.bytes() + l.intermediate.bytes() + l.output.bytes()
        };
        self.layers.iter().map(linear).sum::<usize>() + size_of_val(&self.positions[..])
    }

    /// What [`BertModel::bytes`] will be, known before the weights are packed.
    pub(crate) fn bytes_of(
        tensors: &Tensors,
        config: &BertConfig,
        kernel: Kernel,
        precision: Precision,
    ) -> Result<usize, Error> {
        surplus::refuse(tensors, config)?;
        let layer = |i| layer_bytes(tensors, config, i, (kernel, precision));
        let layers: usize = (0..config.layers).map(layer).sum::<Result<_, _>>()?;
        let positions = config.reach() + config.first_position();
        Ok(layers + positions * config.hidden_size * size_of::<f32>())
    }

    /// Computes the last hidden states of a batch into `space.hidden`. Ids are below the vocabulary size and
    /// no text is longer than the positions reach; both are the caller's to check.
    pub(crate) fn forward(
        &self,
        team: &Team,
        batch: &Batch,
        space: &mut Workspace,
    ) -> Result<(), Error> {
        space.reserve(batch.ids.len(), &self.config, self.kernel);
        self.embed(batch, space)?;
        self.tensors.check()?;
        layer_norm(
            team,
            self.kernel,
            &self.embedding_norm,
            space.hidden.view_mut(),
        );
        for layer in &self.layers {
            self.attend(team, layer, &batch.offsets, space);
            self.feed_forward(team, layer, space);
        }
        Ok(())
    }

    /// Sums of word, position and type embeddings.
    fn embed(&self, batch: &Batch, space: &mut Workspace) -> Result<(), Error> {
        let hidden = self.config.hidden_size;
        let words = self.words()?;
        space.hidden.resize(batch.ids.len(), hidden);
        for text in batch.offsets.windows(2) {
            let mut positions = self.config.first_position()..;
            for token in text[0]..text[1] {
                let (row, id) = (space.hidden.row_mut(token), batch.ids[token] as usize);
                words.copy_row(id, row)?;
                let position = match self.config.padding_position(id) {
                    Some(padding) => padding,
                    None => positions.next().unwrap_or_default(),
                };
                let position = &self.positions[position * hidden..][..hidden];
                row.iter_mut().zip(position).for_each(|(x, p)| *x += p);
            }
        }
        Ok(())
    }

    /// hidden = LayerNorm(hidden + attention(hidden))
    fn attend(&self, team: &Team, layer: &Layer, offsets: &[usize], space: &mut Workspace) {
        let (tokens, hidden) = (space.hidden.rows(), self.config.hidden_size);
        let shape = AttentionShape {
            heads: self.config.heads,
            size: hidden / self.config.heads,
        };
        space.wide.resize(tokens, 3 * hidden);
        space.narrow.resize(tokens, hidden);
        linear(
            team,
            space.hidden.view(),
            &layer.qkv,
            None,
            &mut space.bytes,
            space.wide.view_mut(),
        );
        attention(
            team,
            self.kernel,
            (shape, self.attention),
            space.wide.view(),
            offsets,
            space.narrow.view_mut(),
        );
        space.wide.resize(tokens, hidden);
        linear(
            team,
            space.narrow.view(),
            &layer.attention_output,
            None,
            &mut space.bytes,
            space.wide.view_mut(),
        );
        let (x, y) = (space.hidden.view_mut(), space.wide.view());
        add_layer_norm(team, self.kernel, &layer.attention_norm, x, y);
    }

    /// hidden = LayerNorm(hidden + W₂·gelu(W₁·hidden)), a group of tokens after the other, as large as the products take at once
    /// anyway: the intermediate states are the largest of all, and those of a group are still near when they are read.
    fn feed_forward(&self, team: &Team, layer: &Layer, space: &mut Workspace) {
        let activation = match self.config.activation {
            Form::Gelu => Activation::Gelu,
            Form::GeluTanh => Activation::GeluTanh,
        };
        let tokens = space.hidden.rows();
        let groups = tokens.div_ceil(self.kernel.rows_together());
        for group in 0..groups {
            let rows = group * tokens / groups..(group + 1) * tokens / groups;
            space.wide.resize(rows.len(), self.config.intermediate_size);
            space.narrow.resize(rows.len(), self.config.hidden_size);
            linear(
                team,
                space.hidden.view().part(rows.clone()),
                &layer.intermediate,
                Some(activation),
                &mut space.bytes,
                space.wide.view_mut(),
            );
            linear(
                team,
                space.wide.view(),
                &layer.output,
                None,
                &mut space.bytes,
                space.narrow.view_mut(),
            );
            let mut hidden = space.hidden.view_mut();
            let (x, y) = (hidden.part(rows), space.narrow.view());
            add_layer_norm(team, self.kernel, &layer.output_norm, x, y);
        }
    }
}

/// Rows of position embeddings that a text can reach, that of padding in front where the family has one, each with the embedding of token type 0 added.
fn load_positions(tensors: &Tensors, config: &BertConfig) -> Result<Vec<f32>, Error> {
    let hidden = config.hidden_size;
    let shape = [config.max_position_embeddings, hidden];
    let rows = tensors
        .get("embeddings.position_embeddings.weight", &shape)?
        .to_f32()?;
    let shape = [config.type_vocab_size, hidden];
    let types = tensors
        .get("embeddings.token_type_embeddings.weight", &shape)?
        .to_f32()?;
    let reached = &rows[(config.position_offset - config.first_position()) * hidden..];
    Ok(reached
        .iter()
        .zip(types[..hidden].iter().cycle())
        .map(|(p, t)| p + t)
        .collect())
}
