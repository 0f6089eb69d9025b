//! Models whose facts are known beforehand: `catalogue.json`, from their cards and papers. A folder's own files win over it; a
//! field that is not known is empty rather than guessed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use yuyi_encoder::Pooling;

/// The data, which are part of the program.
const DATA: &str = include_str!("catalogue.json");

/// What kind of thing an entry of the catalogue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownKind {
    /// An embedding model that can be fetched.
    Embedding,
    /// A cross-encoder that can be fetched.
    Reranker,
    /// The model in the program.
    BuiltIn,
    /// A kind of folder that users make themselves.
    Folder,
    /// An API, which has no files.
    Remote,
}

/// A text in Chinese and in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BothLanguages {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Published scores: Spearman's ρ on the test sets of C-MTEB, in percent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedScores {
    /// Who says so.
    pub source: String,
    /// AFQMC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub afqmc: Option<f64>,
    /// ATEC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub atec: Option<f64>,
    /// BQ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bq: Option<f64>,
    /// LCQMC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lcqmc: Option<f64>,
    /// PAWSX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pawsx: Option<f64>,
    /// QBQTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qbqtc: Option<f64>,
    /// STSB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stsb: Option<f64>,
    /// Mean of these seven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sts_mean: Option<f64>,
    /// Mean over all tasks of C-MTEB, which are more than these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
}

/// What is known of a published model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    /// Name on the command line, and of its folder.
    pub name: String,
    /// What it is.
    pub kind: KnownKind,
    /// Repository on Hugging Face.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huggingface: Option<String>,
    /// Repository on ModelScope, where that is known to be called otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modelscope: Option<String>,
    /// `model_type` of its configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// Elements of a vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<usize>,
    /// Transformer layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<usize>,
    /// Longest text in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    /// Name of the pooling, where the folder does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pooling: Option<String>,
    /// What is put in front of texts, by the name of its use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
    /// SPDX identifier of the licence of the weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// Size of the files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gigabytes: Option<f64>,
    /// What it suits.
    #[serde(skip_serializing_if = "Option::is_none")]
    suited_for: Option<BothLanguages>,
    /// What to know before using it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<BothLanguages>,
    /// What it asks of the encoder beyond BERT and RoBERTa in safetensors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// What was published of its quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<PublishedScores>,
}

impl KnownModel {
    /// How hidden states become one vector, where the folder does not say.
    pub fn pooling(&self) -> Option<Pooling> {
        let name = self.pooling.as_deref()?;
        let mut all = Pooling::ALL.into_iter();
        all.find(|pooling| pooling.name() == name)
    }

    /// What it suits, in Chinese and in English.
    pub fn suited_for(&self) -> Option<(&str, &str)> {
        let suited = self.suited_for.as_ref()?;
        Some((&suited.zh, &suited.en))
    }

    /// Whether a Dense stands behind its pooling: without one its vectors are others.
    pub(crate) fn has_dense(&self) -> bool {
        self.needs.iter().any(|need| need == "dense")
    }

    /// Whether it has files that can be fetched.
    pub fn is_published(&self) -> bool {
        self.huggingface.is_some() || self.modelscope.is_some()
    }

    /// Whether a text is its name, in whatever case, or its repository, and not a path that ends in it.
    pub fn is_meant_by(&self, text: &str) -> bool {
        self.name.eq_ignore_ascii_case(text) || self.is_repository(text)
    }

    /// As [`is_meant_by`](Self::is_meant_by), of a model that can be fetched.
    pub(crate) fn is_called(&self, text: &str) -> bool {
        self.is_published() && self.is_meant_by(text)
    }

    /// Whether a repository is the one that the entry is about, on whichever hub.
    pub fn is_repository(&self, id: &str) -> bool {
        let ids = [&self.huggingface, &self.modelscope];
        ids.into_iter().flatten().any(|own| own == id)
    }
}

#[derive(Default, Deserialize)]
struct Catalogue {
    models: Vec<KnownModel>,
    /// Names of models that may not be used commercially, and of which nothing else is told.
    non_commercial: Vec<String>,
}

// The data are part of the program, and tests read them.
static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| serde_json::from_str(DATA).unwrap_or_default());

/// Every known model, in the order of the catalogue.
pub fn known_models() -> &'static [KnownModel] {
    &CATALOGUE.models
}

/// The known model of a name: as it stands in the catalogue, a source's id (`thenlper/gte-base-zh`)
/// or the last component of one. Case does not matter.
pub fn find_known(name: &str) -> Option<&'static KnownModel> {
    let wanted = last(name.trim_end_matches('/'));
    let matches = |id: &&String| last(id) == wanted;
    known_models().iter().find(|known| {
        let ids = [Some(&known.name), known.modelscope.as_ref()];
        ids.into_iter().flatten().any(|id| matches(&id))
    })
}

/// The known model of a repository, on whichever hub.
pub fn find_repository(id: &str) -> Option<&'static KnownModel> {
    known_models().iter().find(|known| known.is_repository(id))
}

/// What the model of a repository is called here: as in the catalogue, if it is the one that is meant there, else by the last component.
/// Another owner's model of a name in the catalogue has its owner in front, `OWNER--NAME`: it is another one.
pub fn name_of_repository(id: &str) -> String {
    match (find_repository(id), find_known(id)) {
        (Some(known), _) => known.name.clone(),
        (None, Some(_)) => id.replace('/', "--"),
        (None, None) => id.rsplit('/').next().unwrap_or(id).to_owned(),
    }
}

/// How alike two names have to be for one to be the nearest of the other, from 0 to 1.
const LIKENESS: f64 = 0.75;

/// The known model of the nearest name among those that are `wanted`; `None`: all of them are called quite otherwise.
pub fn nearest_known(
    name: &str,
    wanted: impl Fn(&KnownModel) -> bool,
) -> Option<&'static KnownModel> {
    let wanted: Vec<&'static KnownModel> = known_models()
        .iter()
        .filter(|known| wanted(known))
        .collect();
    let names = wanted.iter().copied().map(|known| known.name.as_str());
    let found = nearest_name(name, names)?;
    wanted.into_iter().find(|known| known.name == found)
}

/// The nearest of names, of which a repository's counts without its owner; of several that are as near the last. `None`: all of them are
/// quite otherwise.
pub fn nearest_name<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = last(name.trim_end_matches('/'));
    let likeness = |other: &str| {
        let other = last(other);
        // A name that goes on, as with a version, is nearer than one with other letters.
        let goes_on = !name.is_empty() && (other.starts_with(&name) || name.starts_with(&other));
        f64::from(u8::from(goes_on)) + strsim::jaro_winkler(&other, &name)
    };
    let likely = names.map(|other| (likeness(other), other));
    let best = likely.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness >= LIKENESS)
        .map(|(_, other)| other)
}

fn last(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_lowercase()
}

/// Whether a licence, or what is known of a model of that name, forbids commercial use.
pub fn is_non_commercial(name: &str, licence: Option<&str>) -> bool {
    let listed = CATALOGUE.non_commercial.iter();
    let forbids = |licence: &str| {
        let licence = licence.to_lowercase();
        licence.contains("non-commercial")
            || licence.contains("noncommercial")
            || licence
                .split(|c: char| !c.is_alphanumeric())
                .any(|part| part == "nc")
    };
    licence.is_some_and(forbids)
        || listed
            .into_iter()
            .any(|known| last(name).starts_with(&known.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_data_are_sound() {
        let read: Catalogue = serde_json::from_str(DATA).unwrap();
        let mut names = BTreeSet::new();
        for known in &read.models {
            let name = &known.name;
            assert!(names.insert(name.to_lowercase()), "{name} is there twice");
            let is_fetched = matches!(known.kind, KnownKind::Embedding | KnownKind::Reranker);
            assert_eq!(known.is_published(), is_fetched, "{name}");
            let ids = [&known.huggingface, &known.modelscope];
            for id in ids.into_iter().flatten() {
                assert_eq!(id.split('/').count(), 2, "{id}");
            }
            if let Some(id) = &known.huggingface {
                assert_eq!(id.rsplit('/').next(), Some(name.as_str()));
            }
            assert!(
                known.pooling.is_none() || known.pooling().is_some(),
                "{name}"
            );
        }
        assert!(names.len() > 30, "{}", names.len());
    }

    #[test]
    fn finds_by_name_source_and_folder() {
        for name in [
            "gte-base-zh",
            "thenlper/gte-base-zh",
            "iic/nlp_gte_sentence-embedding_chinese-base",
            "GTE-Base-ZH",
        ] {
            assert_eq!(
                find_known(name).map(|m| m.name.as_str()),
                Some("gte-base-zh"),
                "{name}"
            );
        }
        assert_eq!(
            find_known("somewhere/LaBSE/").map(|m| m.name.as_str()),
            Some("LaBSE")
        );
        assert!(find_known("gte").is_none());
        assert!(find_known("").is_none());
    }

    #[test]
    fn another_owners_repository_is_another_model() {
        for (id, name) in [
            ("thenlper/gte-base-zh", "gte-base-zh"),
            ("iic/nlp_gte_sentence-embedding_chinese-base", "gte-base-zh"),
            ("somebody/gte-base-zh", "somebody--gte-base-zh"),
            ("somebody/GTE-base-zh", "somebody--GTE-base-zh"),
            ("somebody/e5-small-zh", "somebody--e5-small-zh"),
            ("somebody/tiny", "tiny"),
        ] {
            assert_eq!(name_of_repository(id), name);
        }
        assert!(find_repository("somebody/gte-base-zh").is_none());
    }

    #[test]
    fn the_nearest_name_is_found() {
        let nearest = |name: &str| nearest_known(name, KnownModel::is_published);
        for (name, expected) in [
            ("gte-base", Some("gte-base-zh")),
            ("GTE-bas-zh", Some("gte-base-zh")),
            ("bge-large-zh", Some("bge-large-zh-v1.5")),
            ("bge-rerank-base", Some("bge-reranker-base")),
            ("Llama-3.1-8B", None),
            ("", None),
        ] {
            let found = nearest(name).map(|known| known.name.as_str());
            assert_eq!(found, expected, "{name}");
        }
        let own = ["gte-base-zh", "org/support-model", "客服模型-2"];
        for (name, expected) in [
            ("suport-model", Some("org/support-model")),
            ("客服模型", Some("客服模型-2")),
            ("xyzzy", None),
        ] {
            assert_eq!(nearest_name(name, own.into_iter()), expected, "{name}");
        }
    }

    #[test]
    fn licences_that_forbid_commercial_use_are_known() {
        for licence in [
            "cc-by-nc-4.0",
            "CC-BY-NC-SA-4.0",
            "CC BY-NC 4.0",
            "cc_by_nc",
            "qwen-non-commercial",
        ] {
            assert!(is_non_commercial("a/b", Some(licence)), "{licence}");
        }
        for licence in ["mit", "apache-2.0", "cc-by-4.0", "ncsa", "other"] {
            assert!(!is_non_commercial("a/b", Some(licence)), "{licence}");
        }
        assert!(is_non_commercial("TencentBAC/Conan-embedding-v1", None));
        assert!(is_non_commercial("jina-embeddings-v5-text-small", None));
        assert!(!is_non_commercial("thenlper/gte-base-zh", None));
    }
}
