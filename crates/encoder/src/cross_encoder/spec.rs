//! What a folder says of a cross-encoder, weights aside.

use crate::activation::DenseActivation;
use crate::asked::{self, Answer, Asked, PairTemplate, architecture};
use crate::config::{Architecture, ModelConfig};
use crate::error::Error;
use crate::folder::Folder;
use crate::json::{read_json, read_optional_json};
use crate::modules::Modules;
use crate::names::Names;
use crate::sentence::SentenceConfig;
use crate::spec::{PROMPTS, Pooling, check_no_adapter, read_default_prompt, read_max_tokens};
use serde::Serialize;
use serde_json::Value;

/// What makes a score of a logit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreActivation {
    /// 1 / (1 + e^−x).
    Sigmoid,
    /// Nothing: the score is the logit.
    Identity,
}

impl ScoreActivation {
    /// The name in replies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sigmoid => "sigmoid",
            Self::Identity => "identity",
        }
    }

    /// The score of a logit.
    pub fn apply(self, logit: f32) -> f32 {
        match self {
            Self::Sigmoid => (1.0 / (1.0 + (-f64::from(logit)).exp())) as f32,
            Self::Identity => logit,
        }
    }
}

/// What makes a logit of hidden states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadSpec {
    /// A pooling and two products.
    Products(ProductsSpec),
    /// What a model that writes text would write next.
    Answer(Answer),
}

/// What the configuration decides of the products that score; the names of their modules are the architecture's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductsSpec {
    /// Which hidden state it reads: [`Pooling::Cls`] or [`Pooling::Mean`].
    pub pooling: Pooling,
    /// Activation of its first product.
    pub activation: DenseActivation,
    /// Whether that product has a bias.
    pub bias: bool,
}

/// What a folder says of its cross-encoder.
#[derive(Clone, Debug)]
pub struct CrossSpec {
    /// The folder's name.
    pub name: String,
    /// Sizes, activation and how the weights are stored, by `config.json`.
    pub config: ModelConfig,
    /// Longest pair in tokens, special tokens included.
    pub max_tokens: usize,
    /// What makes a score of a logit.
    pub activation: ScoreActivation,
    /// What makes a logit of hidden states.
    pub head: HeadSpec,
    /// What is put in front of a query.
    pub prompt: String,
    /// The words around the two texts; `None`: the tokenizer puts them together.
    pub template: Option<PairTemplate>,
}

impl CrossSpec {
    /// Whether the folder is that of a cross-encoder: its configuration names a head that scores, or it is asked for scores and says so;
    /// and there is no pooling.
    ///
    /// # Errors
    /// When config.json or modules.json is missing or broken.
    pub fn is_cross_encoder(folder: &Folder) -> Result<bool, Error> {
        let modules = Modules::read(folder)?;
        let pools = modules.pooling.is_some()
            || !modules.listed && folder.contains("1_Pooling/config.json");
        let config: Value = read_json(&modules.transformer(folder), "config.json")?;
        let has_head = architecture(&config).ends_with("ForSequenceClassification");
        Ok(!pools && (has_head || asked::is_asked(folder, &modules, &config)))
    }

    /// Reads everything but weights and vocabulary.
    ///
    /// # Errors
    /// When a file is broken, or asks for something that is not supported.
    pub fn read(folder: &Folder) -> Result<Self, Error> {
        let modules = Modules::read(folder)?;
        let transformer = modules.transformer(folder);
        let config = ModelConfig::read(folder)?;
        check_no_adapter(folder)?;
        check_no_adapter(&transformer)?;
        let raw: Value = read_json(&transformer, "config.json")?;
        let shown = transformer.show("config.json");
        let asked = Asked::read(folder, &modules, (&config, &raw))?;
        let answer = asked.as_ref().map(|asked| asked.answer);
        if !matches!(answer, Some(Answer::YesOrNo { .. })) {
            check_scores(&shown, &raw)?;
        }
        let max_tokens = read_max_tokens(&transformer, &config)?;
        let is_told = SentenceConfig::read(&transformer)?.max_tokens.is_some();
        Ok(Self {
            name: folder.name().to_owned(),
            activation: match answer {
                // The card's score is the probability of "yes" of the two.
                Some(Answer::YesOrNo { .. }) => ScoreActivation::Sigmoid,
                _ => activation(folder, &shown, &raw)?,
            },
            head: match answer {
                Some(answer) => HeadSpec::Answer(answer),
                None => HeadSpec::Products(products(&shown, &raw, &config)?),
            },
            max_tokens: match answer {
                Some(_) if !is_told => max_tokens.min(asked::MOST_TOKENS),
                _ => max_tokens,
            },
            prompt: match answer {
                // It is the instruction there.
                Some(_) => String::new(),
                None => read_default_prompt(folder)?,
            },
            template: asked.map(|asked| asked.template),
            config,
        })
    }
}

/// Checks that the model gives one number.
fn check_scores(shown: &str, config: &Value) -> Result<(), Error> {
    let architecture = architecture(config);
    if !architecture.ends_with("ForSequenceClassification") {
        let what = format!(
            "its architecture is \"{architecture}\", which gives no score of a pair; a reranker ends in ForSequenceClassification."
        );
        return Err(Error::unsupported(shown, what));
    }
    let listed = config["id2label"]
        .as_object()
        .map(|labels| labels.len() as u64);
    // transformers takes two where none are named.
    let labels = listed.or(config["num_labels"].as_u64()).unwrap_or(2);
    if labels == 1 {
        return Ok(());
    }
    let what = format!(
        "the model gives {labels} numbers for a pair (a classifier); yuyi runs rerankers, which give one."
    );
    Err(Error::unsupported(shown, what))
}

/// The head by config.json. ModernBERT's can be configured; those of the others are always the same.
fn products(shown: &str, raw: &Value, config: &ModelConfig) -> Result<ProductsSpec, Error> {
    let usual = ProductsSpec {
        pooling: Pooling::Cls,
        activation: Names::of(config.architecture).head.activation,
        bias: true,
    };
    if config.architecture != Architecture::ModernBert {
        return Ok(usual);
    }
    let pooling = match raw["classifier_pooling"].as_str() {
        None | Some("cls") => Pooling::Cls,
        Some("mean") => Pooling::Mean,
        Some(other) => {
            let what = format!(
                "classifier_pooling \"{other}\" is not supported. yuyi knows cls and mean."
            );
            return Err(Error::unsupported(shown, what));
        }
    };
    let activation = match raw["classifier_activation"].as_str() {
        None => usual.activation,
        Some("gelu") => DenseActivation::Gelu,
        Some("relu") => DenseActivation::Relu,
        Some("tanh") => DenseActivation::Tanh,
        Some(other) => {
            let what = format!(
                "classifier_activation \"{other}\" is not supported. yuyi knows gelu, relu and tanh."
            );
            return Err(Error::unsupported(shown, what));
        }
    };
    Ok(ProductsSpec {
        pooling,
        activation,
        bias: raw["classifier_bias"].as_bool().unwrap_or(false),
    })
}

/// The activation by the file of sentence-transformers, which has had three places for it.
fn activation(folder: &Folder, shown: &str, config: &Value) -> Result<ScoreActivation, Error> {
    let file = PROMPTS;
    let newer: Value = read_optional_json(folder, file)?.unwrap_or_default();
    let named = [
        (&newer["activation_fn"], folder.show(file)),
        (
            &config["sentence_transformers"]["activation_fn"],
            shown.to_owned(),
        ),
        (
            &config["sbert_ce_default_activation_function"],
            shown.to_owned(),
        ),
    ];
    let Some((class, file)) = named
        .iter()
        .find_map(|(value, file)| Some((value.as_str()?, file)))
    else {
        return Ok(ScoreActivation::Sigmoid);
    };
    match class.rsplit('.').next() {
        Some("Sigmoid") => Ok(ScoreActivation::Sigmoid),
        Some("Identity") => Ok(ScoreActivation::Identity),
        _ => {
            let what = format!(
                "the activation \"{class}\" of its scores is not supported; Sigmoid and Identity are."
            );
            Err(Error::unsupported(file, what))
        }
    }
}
