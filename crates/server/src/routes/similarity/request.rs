//! What a client may send to `/similarity`.

use std::sync::Arc;

use utoipa::ToSchema;

use super::wanted::Wanted;
use crate::answer::written;
use crate::request::fields::list;
use crate::request::json::Json;
use crate::request::options::Options;
use crate::request::{Source, object, part, request, sound_texts, text, texts};
use crate::{ApiError, Limits};

/// Two texts that were scored; `None` where there is no score.
pub(super) type Texts = Option<(Arc<str>, Arc<str>)>;

/// The four forms.
#[derive(Debug, ToSchema)]
#[serde(untagged)]
pub(crate) enum SimilarityRequest {
    One(PairRequest),
    Pairs(PairsRequest),
    OneToMany(OneToManyRequest),
    HuggingFace(HuggingFaceRequest),
}

request! {
    /// One pair.
    pub(crate) struct PairRequest {
        #[serde(flatten)]
        pub(super) pair: Pair = part(Pair::take),
        #[serde(flatten)]
        pub(super) options: Options = part(Options::take),
        #[serde(flatten)]
        pub(super) wanted: Wanted = part(Wanted::take),
    }
}

request! {
    /// Many pairs.
    pub(crate) struct PairsRequest {
        /// The pairs. One that cannot be scored carries its own error in the reply and does not sink the others.
        #[schema(value_type = Vec<Pair>, min_items = 1)]
        pub(super) pairs: Vec<Result<Pair, ApiError>> = take_pairs,
        #[serde(flatten)]
        pub(super) options: Options = part(Options::take),
        #[serde(flatten)]
        pub(super) wanted: Wanted = part(Wanted::take),
    }
}

request! {
    /// One sentence against many.
    pub(crate) struct OneToManyRequest {
        /// The sentence that the others are compared with.
        #[schema(example = "我喜欢吃水果")]
        pub(super) sentence_a: String = text,
        /// The others. One that cannot be scored carries its own error in the reply and does not sink the others.
        #[schema(value_type = Vec<String>, min_items = 1, example = json!(["苹果香蕉都很美味", "天气晴朗适合出游"]))]
        pub(super) sentences: Vec<Result<String, ApiError>> = sound_texts,
        #[serde(flatten)]
        pub(super) options: Options = part(Options::take),
        #[serde(flatten)]
        pub(super) wanted: Wanted = part(Wanted::take),
    }
}

request! {
    /// Hugging Face's sentence similarity. Fields that are not known are ignored.
    pub(crate) struct HuggingFaceRequest {
        pub(super) inputs: SourceAndSentences = object(SourceAndSentences::take),
        #[serde(flatten)]
        pub(super) options: Options = part(Options::take),
    }
}

request! {
    /// One sentence against many, in Hugging Face's words.
    pub(crate) struct SourceAndSentences {
        /// The sentence that the others are compared with.
        #[schema(example = "我喜欢吃水果")]
        pub(super) source_sentence: String = text,
        /// The others.
        #[schema(min_items = 1, example = json!(["苹果香蕉都很美味", "天气晴朗适合出游"]))]
        pub(super) sentences: Vec<String> = texts,
    }
}

request! {
    /// Two sentences.
    pub(crate) struct Pair {
        #[schema(example = "今天天气真不错")]
        pub(super) sentence_a: String = text,
        #[schema(example = "外面阳光明媚")]
        pub(super) sentence_b: String = text,
    }
}

impl SimilarityRequest {
    pub(super) fn read(json: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut source = Source::of(json, limits)?;
        // What chooses a form chooses none when it is null.
        source.fields.drop_null(&["inputs", "pairs", "sentences"]);
        if source.fields.has("inputs") {
            source.make_foreign();
            return HuggingFaceRequest::take(&mut source).map(Self::HuggingFace);
        }
        let request = if source.fields.has("pairs") {
            Self::Pairs(PairsRequest::take(&mut source)?)
        } else if source.fields.has("sentences") {
            Self::OneToMany(OneToManyRequest::take(&mut source)?)
        } else {
            Self::One(PairRequest::take(&mut source)?)
        };
        source.finish()?;
        if let Some(wanted) = request.wanted() {
            wanted.check(request.count())?;
        }
        Ok(request)
    }

    /// What is wanted beside the scores; of our own forms.
    pub(super) fn wanted(&self) -> Option<&Wanted> {
        let wanted = match self {
            Self::One(request) => &request.wanted,
            Self::Pairs(request) => &request.wanted,
            Self::OneToMany(request) => &request.wanted,
            Self::HuggingFace(_) => return None,
        };
        wanted.is_any().then_some(wanted)
    }

    /// Most bytes of the texts in the reply.
    pub(super) fn bytes_of_texts(&self) -> usize {
        match self {
            Self::One(request) => request.pair.bytes(),
            Self::Pairs(request) => request.pairs.iter().flatten().map(Pair::bytes).sum(),
            Self::OneToMany(request) => request.sound().map(|text| written(text)).sum(),
            Self::HuggingFace(_) => 0,
        }
    }

    /// Number of pairs.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Pairs(request) => request.pairs.len(),
            Self::OneToMany(request) => request.sentences.len(),
            Self::HuggingFace(request) => request.inputs.sentences.len(),
        }
    }

    /// The texts to embed: of pairs each sound one's two in turn, or the one sentence and then the others.
    pub(super) fn texts(&self) -> Vec<String> {
        match self {
            Self::One(request) => request.pair.texts().into(),
            Self::Pairs(request) => request
                .pairs
                .iter()
                .flatten()
                .flat_map(Pair::texts)
                .collect(),
            Self::OneToMany(request) => together(&request.sentence_a, request.sound()),
            Self::HuggingFace(request) => request.texts(),
        }
    }

    /// The places of each pair's texts among those to embed, in the order of the reply.
    pub(super) fn places(&self) -> Vec<Option<[usize; 2]>> {
        match self {
            Self::One(_) => vec![Some([0, 1])],
            Self::Pairs(request) => {
                let mut sound = (0..).map(|i| [2 * i, 2 * i + 1]);
                let place = |pair: &Result<Pair, ApiError>| pair.is_ok().then(|| sound.next())?;
                request.pairs.iter().map(place).collect()
            }
            Self::OneToMany(request) => {
                let mut sound = 1..;
                let place = |text: &Result<String, ApiError>| {
                    let other = text.is_ok().then(|| sound.next())??;
                    Some([0, other])
                };
                request.sentences.iter().map(place).collect()
            }
            Self::HuggingFace(_) => (1..=self.count()).map(|i| Some([0, i])).collect(),
        }
    }

    /// The texts of each pair, in the order of the reply.
    pub(super) fn pairs(&self) -> Vec<Texts> {
        let pair = |pair: &Pair| {
            let (a, b) = (pair.sentence_a.as_str(), pair.sentence_b.as_str());
            Some((a.into(), b.into()))
        };
        match self {
            Self::One(request) => vec![pair(&request.pair)],
            Self::Pairs(request) => {
                let sound = request.pairs.iter().map(|pair| pair.as_ref().ok());
                sound.map(|sound| sound.and_then(pair)).collect()
            }
            Self::OneToMany(request) => {
                let others = request.sentences.iter().map(|text| text.as_ref().ok());
                with_each(&request.sentence_a, others)
            }
            Self::HuggingFace(request) => {
                let inputs = &request.inputs;
                with_each(&inputs.source_sentence, inputs.sentences.iter().map(Some))
            }
        }
    }

    pub(super) fn options(&self) -> &Options {
        match self {
            Self::One(request) => &request.options,
            Self::Pairs(request) => &request.options,
            Self::OneToMany(request) => &request.options,
            Self::HuggingFace(request) => &request.options,
        }
    }
}

impl HuggingFaceRequest {
    /// The texts to embed: the source sentence and then the others.
    pub(super) fn texts(&self) -> Vec<String> {
        together(&self.inputs.source_sentence, self.inputs.sentences.iter())
    }
}

impl OneToManyRequest {
    /// The others that can be scored.
    fn sound(&self) -> impl Iterator<Item = &String> {
        self.sentences.iter().flatten()
    }
}

impl Pair {
    fn bytes(&self) -> usize {
        written(&self.sentence_a) + written(&self.sentence_b)
    }

    fn texts(&self) -> [String; 2] {
        [self.sentence_a.clone(), self.sentence_b.clone()]
    }
}

fn together<'a>(one: &str, others: impl Iterator<Item = &'a String>) -> Vec<String> {
    std::iter::once(one.to_owned())
        .chain(others.cloned())
        .collect()
}

/// One text with each of the others.
fn with_each<'a>(one: &str, others: impl Iterator<Item = Option<&'a String>>) -> Vec<Texts> {
    let one: Arc<str> = one.into();
    let texts = |other: Option<&String>| Some((Arc::clone(&one), other?.as_str().into()));
    others.map(texts).collect()
}

fn take_pairs(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Vec<Result<Pair, ApiError>>, ApiError> {
    let (value, path) = source.fields.required(name)?;
    let pairs = list(value, &path)?;
    source.count_texts(2 * pairs.len(), &path)?;
    let pair = |(i, value)| {
        let mut source = Source::at(value, &format!("{path}[{i}]"), source.rules)?;
        let pair = Pair::take(&mut source)?;
        source.finish()?;
        Ok(pair)
    };
    Ok(pairs.into_iter().enumerate().map(pair).collect())
}
