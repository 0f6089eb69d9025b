//! What a model's vectors are known by.

use std::fmt;
use std::str::FromStr;

use crate::asked::{Answer, PairTemplate};
use crate::config::{Activation, Architecture, ModelConfig, Positions, Quantization, Rotary};
use crate::cross_encoder::{CrossSpec, HeadSpec, ProductsSpec};
use crate::precision::Precision;
use crate::spec::{DenseSpec, ModelSpec, Step};
use crate::tensors::Tensors;

/// Bytes that are hashed, and given back to the operating system, at a time.
const CHUNK: usize = 1 << 20;

/// Digest of all that decides the vector of a text: weights, tokenizer, shape, pooling, longest text, and the
/// number format of the products. Vectors of equal fingerprints may stand beside each other; only the generic kernels
/// differ from the others in the last digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Reads the weights once.
    pub(crate) fn of<'a>(
        spec: &ModelSpec,
        precision: Precision,
        tokenizer: &[u8; 32],
        weights: impl Iterator<Item = &'a Tensors>,
    ) -> Self {
        Self::of_files(&description(spec, precision), tokenizer, weights)
    }

    /// Of a model that scores pairs.
    pub(crate) fn of_scores(
        spec: &CrossSpec,
        precision: Precision,
        tokenizer: &[u8; 32],
        weights: &Tensors,
    ) -> Self {
        let CrossSpec {
            name: _,
            config,
            max_tokens,
            activation,
            head,
            prompt,
            template,
        } = spec;
        let head = match head {
            HeadSpec::Products(ProductsSpec {
                pooling,
                activation,
                bias,
            }) => {
                let bias = if *bias { "biased" } else { "unbiased" };
                format!("{} {} {bias}", pooling.name(), activation.name())
            }
            HeadSpec::Answer(answer) => asked(*answer, template.as_ref()),
        };
        // Fingerprints of models without one stay as they are.
        let prompt = match prompt.as_str() {
            "" => String::new(),
            prompt => format!(" prompt {prompt:?}"),
        };
        let output = format!("pairs {} {head}{prompt}", activation.name());
        let description = shape(config, precision, &output, *max_tokens);
        Self::of_files(&description, tokenizer, std::iter::once(weights))
    }

    fn of_files<'a>(
        description: &str,
        tokenizer: &[u8; 32],
        weights: impl Iterator<Item = &'a Tensors>,
    ) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(description.as_bytes());
        hasher.update(tokenizer);
        for file in weights.flat_map(Tensors::files) {
            hasher.update(&(file.len() as u64).to_le_bytes());
            for (i, chunk) in file.chunks(CHUNK).enumerate() {
                hasher.update(chunk);
                file.release(i * CHUNK..i * CHUNK + chunk.len());
            }
        }
        let mut digest = [0; 16];
        hasher.finalize_xof().fill(&mut digest);
        Self(digest)
    }
}

impl From<[u8; 16]> for Fingerprint {
    fn from(digest: [u8; 16]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFingerprint(String);

impl fmt::Display for InvalidFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no fingerprint, which is 32 hexadecimal digits in lower case.",
            self.0
        )
    }
}

impl std::error::Error for InvalidFingerprint {}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    /// Reads what [`Display`](fmt::Display) writes, and nothing else: a fingerprint has one form.
    fn from_str(text: &str) -> Result<Self, InvalidFingerprint> {
        let digit = |c: u8| (c as char).to_digit(16).filter(|_| !c.is_ascii_uppercase());
        let byte = |pair: &[u8]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
        let bytes: Option<Vec<u8>> = match text.len() {
            32 => text.as_bytes().chunks_exact(2).map(byte).collect(),
            _ => None,
        };
        let digest = bytes.and_then(|bytes| bytes.try_into().ok());
        digest
            .map(Self)
            .ok_or_else(|| InvalidFingerprint(text.to_owned()))
    }
}

/// What is not in the files' bytes, in words. The number in front changes when the same files come to other vectors.
fn description(spec: &ModelSpec, precision: Precision) -> String {
    // Taken apart, so that a field to come is not forgotten.
    let ModelSpec {
        name: _,
        config,
        pooling,
        steps,
        dimension,
        max_tokens,
        // Prompts come with the texts.
        prompts: _,
        assumed: _,
    } = spec;
    let output = format!("{} unit", pooling.name());
    let projected = projected(steps, *dimension, config.hidden_size);
    shape(config, precision, &output, *max_tokens) + &projected
}

/// The shape of a model, what it gives, and its longest text.
fn shape(config: &ModelConfig, precision: Precision, output: &str, max_tokens: usize) -> String {
    let ModelConfig {
        architecture,
        hidden_size,
        layers,
        heads,
        key_heads,
        head_size,
        local,
        intermediate_size,
        vocab_size,
        positions,
        token_types,
        task_types,
        distance_buckets,
        norm,
        layer_norm_eps,
        biases,
        activation,
        quantization,
    } = config;
    let activation = match activation {
        Activation::Gelu => "gelu",
        Activation::GeluTanh => "gelu_tanh",
        Activation::Relu => "relu",
        Activation::Silu => "silu",
    };
    let stored = match quantization {
        None => "floats",
        Some(Quantization::Int8) => "int8",
        Some(Quantization::Q4) => "q4",
    };
    let (rows, offset, rotary) = match positions {
        Positions::Learned { rows, offset } => (*rows, *offset, None),
        Positions::Rotary { reach, rotary } => (*reach, 0, Some(rotary)),
    };
    // Since the second, a padding token inside a text has the position of padding in families that have one.
    let version = if offset > 0 { 2 } else { 1 };
    let more = match architecture {
        // They compute the same from the same sizes, and their vectors were known before others could be loaded.
        Architecture::Bert
        | Architecture::Roberta
        | Architecture::XlmRoberta
        | Architecture::Camembert => String::new(),
        Architecture::Ernie | Architecture::DistilBert | Architecture::MpNet => {
            format!(" {architecture} {task_types} {distance_buckets}")
        }
        Architecture::Gte | Architecture::ModernBert | Architecture::Qwen3 => {
            let flags = [
                norm.centred,
                norm.bias,
                biases.attention,
                biases.intermediate,
                biases.output,
            ];
            let flags: String = flags
                .iter()
                .map(|&flag| if flag { '1' } else { '0' })
                .collect();
            let local = local.as_ref().map_or_else(String::new, |local| {
                let layers = local.layers.iter();
                let layers: String = layers
                    .map(|&is_local| if is_local { '1' } else { '0' })
                    .collect();
                format!(" local {} {layers} {}", local.side, turning(&local.rotary))
            });
            let rotary = rotary.map_or_else(String::new, turning);
            format!(" {architecture} {key_heads} {head_size} {flags} {rotary}{local}")
        }
    };
    format!(
        "yuyi-{version} {} {stored} {output} {max_tokens} {hidden_size} {layers} {heads} {intermediate_size} {vocab_size} \
         {rows} {offset} {token_types} {:08x} {activation}{more}",
        precision.name(),
        layer_norm_eps.to_bits(),
    )
}

/// What a model that writes text is asked, and what of its answer counts.
fn asked(answer: Answer, template: Option<&PairTemplate>) -> String {
    let answer = match answer {
        Answer::Row => "row".to_owned(),
        // Ids that nobody tells are the vocabulary's, which is hashed by itself.
        Answer::YesOrNo { ids, tied } => format!("yes {ids:?} {tied}"),
    };
    let words = template.map_or_else(String::new, |template| template.whole("", ""));
    format!("{answer} {words:?}")
}

/// How heads turn, by the bits of its numbers.
fn turning(rotary: &Rotary) -> String {
    let Rotary { theta, scaling } = rotary;
    let scaling = scaling.map_or_else(String::new, |scaling| {
        let b = scaling.mixed_b.map_or(0, f64::to_bits);
        format!(" ntk {:016x} {b:016x}", scaling.factor.to_bits())
    });
    format!("rope {:016x}{scaling}", theta.to_bits())
}

/// The steps behind the pooling; nothing for a model that has none, and whose vectors are as long as its hidden states.
fn projected(steps: &[Step], dimension: usize, hidden: usize) -> String {
    if steps.is_empty() && dimension == hidden {
        return String::new();
    }
    let step = |step: &Step| match step {
        Step::Normalize => " unit".to_owned(),
        Step::Dense(dense) => {
            let DenseSpec {
                // Where the weights are does not decide the vector.
                path: _,
                inputs,
                outputs,
                bias,
                activation,
            } = dense;
            format!(" dense {inputs} {outputs} {bias} {}", activation.name())
        }
    };
    let steps: String = steps.iter().map(step).collect();
    format!("{steps} {dimension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let fingerprint = Fingerprint(std::array::from_fn(|i| 17 * i as u8));
        let written = fingerprint.to_string();
        assert_eq!(written.parse(), Ok(fingerprint));
        let bad = [
            "",
            "0",
            &written[1..],
            &format!("{written}0"),
            &written.to_uppercase(),
        ];
        for bad in bad
            .into_iter()
            .chain(["字字字字字字字字字字00", "+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0"])
        {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }
}
