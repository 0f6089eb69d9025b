//! The forward pass over a packed batch: token ids in, last hidden states out.

mod attention;
mod distances;
mod embedding;
mod post_norm;
mod pre_norm;
mod rotation;
mod workspace;

pub(crate) use self::workspace::Workspace;

use self::distances::load_distances;
use self::embedding::{kept_rows, load_positions};
use self::rotation::Rotations;
use crate::config::{Activation as Form, ModelConfig};
use crate::names::{embedding_norm, last_norm};
use crate::precision::Precision;
use crate::weights::{Layer, Packing, layer_bytes, load_layer, load_norm};
use crate::{Error, LoadProgress, Tensors, surplus};
use std::ops::Range;
use yuyi_kernels::{
    Activation, AttentionFormat, DistanceBias, Kernel, LayerNorm, Team, layer_norm,
};

/// The weights of a model. Token embeddings stay in the file's map and are read by row.
pub(crate) struct Transformer {
    tensors: Tensors,
    config: ModelConfig,
    extras: Extras,
    kernel: Kernel,
    attention: AttentionFormat,
    /// [token types, positions, hidden]: position embedding plus those of the token's type and of task type 0. Without learned positions
    /// one for each type, or nothing where there are no types.
    positions: Vec<f32>,
    /// By how much queries and keys are turned.
    rotations: Option<Rotations>,
    /// What attention adds to scores, by distance.
    distances: Option<DistanceBias>,
    embedding_norm: Option<LayerNorm>,
    layers: Vec<Layer>,
    last_norm: Option<LayerNorm>,
}

/// What a model needs beside its last hidden states, or a text beside its ids.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extras {
    /// The hidden states before the last layer are kept.
    pub(crate) previous: bool,
    /// Texts are pairs: tokens may be of any type that the model has, and not of the first alone. There is a head that scores.
    pub(crate) pairs: bool,
}

/// One text as the model reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sequence<'a> {
    pub(crate) ids: &'a [u32],
    /// Of each token its type; where there are fewer, the others are of the first.
    pub(crate) types: &'a [u8],
}

impl<'a> Sequence<'a> {
    /// A text whose tokens are all of the first type.
    pub(crate) fn of_ids(ids: &'a [u32]) -> Self {
        Self { ids, types: &[] }
    }
}

/// Token ids of several texts, one after the other.
pub(crate) struct Batch {
    /// All ids.
    pub(crate) ids: Vec<u32>,
    /// Of each its type; empty where all are of the first.
    types: Vec<u8>,
    /// First token of each text, and the number of tokens.
    pub(crate) offsets: Vec<usize>,
}

impl Batch {
    /// The concatenation of `texts`.
    pub(crate) fn new(texts: &[Sequence<'_>]) -> Self {
        let mut batch = Self {
            ids: Vec::new(),
            types: Vec::new(),
            offsets: vec![0],
        };
        for text in texts {
            batch.types.resize(batch.ids.len(), 0);
            batch.ids.extend_from_slice(text.ids);
            batch.types.extend_from_slice(text.types);
            batch.offsets.push(batch.ids.len());
        }
        batch
    }

    fn token_type(&self, token: usize) -> usize {
        self.types.get(token).map_or(0, |&kind| usize::from(kind))
    }

    /// The rows of each text.
    pub(crate) fn texts(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        self.offsets.windows(2).map(|text| text[0]..text[1])
    }
}

impl Transformer {
    /// Packs the weights layer by layer.
    pub(crate) fn load(
        tensors: Tensors,
        config: &ModelConfig,
        extras: Extras,
        packing: Packing<'_>,
        progress: &LoadProgress,
    ) -> Result<Self, Error> {
        surplus::refuse(&tensors, config, extras.pairs)?;
        let layer = |i| {
            let layer = load_layer(&tensors, config, i, packing);
            progress.note(i + 1, config.layers);
            layer
        };
        let layers = (0..config.layers).map(layer).collect::<Result<_, _>>()?;
        let norm = |norm| load_norm(&tensors, config, &norm);
        let embedding_norm = embedding_norm(config).map(norm).transpose()?;
        let last_norm = last_norm(config).map(norm).transpose()?;
        let positions = load_positions(&tensors, config, extras)?;
        let distances = load_distances(&tensors, config)?;
        let model = Self {
            config: config.clone(),
            extras,
            kernel: packing.kernel,
            attention: match packing.precision {
                Precision::F32 => AttentionFormat::F32,
                Precision::Int8 | Precision::Int4 => AttentionFormat::Int8,
            },
            positions,
            rotations: Rotations::of(config),
            distances,
            embedding_norm,
            layers,
            last_norm,
            tensors,
        };
        // Texts read single rows of them for as long as the model serves, and none may find a number that is none.
        model.words()?.check()?;
        model.tensors.check()?;
        Ok(model)
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
        let distances = self.distances.as_ref().map_or(0, DistanceBias::bytes);
        self.layers.iter().map(linear).sum::<usize>() + size_of_val(&self.positions[..]) + distances
    }

    /// What [`Transformer::bytes`] will be, known before the weights are packed.
    pub(crate) fn bytes_of(
        tensors: &Tensors,
        config: &ModelConfig,
        extras: Extras,
        (kernel, precision): (Kernel, Precision),
    ) -> Result<usize, Error> {
        surplus::refuse(tensors, config, extras.pairs)?;
        let layer = |i| layer_bytes(tensors, config, i, (kernel, precision));
        let layers: usize = (0..config.layers).map(layer).sum::<Result<_, _>>()?;
        let positions = kept_rows(config, extras);
        let distances = match config.distance_buckets {
            0 => 0,
            _ => DistanceBias::bytes_of(config.heads, config.reach()),
        };
        Ok(layers + positions * config.hidden_size * size_of::<f32>() + distances)
    }

    /// Takes the memory for a batch of so many tokens at once.
    pub(crate) fn reserve(&self, space: &mut Workspace, tokens: usize) {
        space.reserve(tokens, &self.config, self.extras, self.kernel);
    }

    /// Computes the last hidden states of a batch into `space.hidden`. Ids are below the vocabulary size and
    /// no text is longer than the positions reach; both are the caller's to check.
    pub(crate) fn forward(
        &self,
        team: &Team,
        batch: &Batch,
        space: &mut Workspace,
    ) -> Result<(), Error> {
        self.reserve(space, batch.ids.len());
        self.embed(batch, space)?;
        self.tensors.check()?;
        self.normalise(team, self.embedding_norm.as_ref(), space);
        for (i, layer) in self.layers.iter().enumerate() {
            if self.extras.previous && i + 1 == self.layers.len() {
                space.keep();
            }
            if self.config.architecture.normalises_first() {
                self.attend_to_normalised(team, (i, layer), &batch.offsets, space);
                self.feed_normalised_forward(team, layer, space);
            } else {
                self.attend(team, (i, layer), &batch.offsets, space);
                self.feed_forward(team, layer, space);
            }
        }
        self.normalise(team, self.last_norm.as_ref(), space);
        Ok(())
    }

    fn normalise(&self, team: &Team, norm: Option<&LayerNorm>, space: &mut Workspace) {
        if let Some(norm) = norm {
            layer_norm(team, self.kernel, norm, space.hidden.view_mut());
        }
    }

    fn activation(&self) -> Activation {
        match self.config.activation {
            Form::Gelu => Activation::Gelu,
            Form::GeluTanh => Activation::GeluTanh,
            Form::Relu => Activation::Relu,
            Form::Silu => Activation::Silu,
        }
    }
}
