//! Models whose facts are known beforehand. A folder's own files win over this table; a field that
//! is not known is empty rather than guessed.

use yuyi_encoder::Pooling::{self, Cls, Mean};

/// What is known of a published model.
#[derive(Clone, Debug)]
pub struct KnownModel {
    /// Name on the command line.
    pub name: &'static str,
    /// Repository on ModelScope, where that is called otherwise; the last component of the one on Hugging Face is the name.
    pub modelscope: Option<&'static str>,
    /// How hidden states become one vector, where the folder does not say.
    pub pooling: Pooling,
    /// What is put in front of texts, by the name of its use, where the folder has no prompts.
    pub prompts: &'static [(&'static str, &'static str)],
    /// SPDX identifier of the licence of the weights.
    pub licence: Option<&'static str>,
    /// What it suits, in Chinese and in English.
    pub suited_for: Option<(&'static str, &'static str)>,
}

impl KnownModel {
    /// A model of whose licence nothing is known.
    const fn new(name: &'static str, pooling: Pooling) -> Self {
        Self {
            name,
            modelscope: None,
            pooling,
            prompts: &[],
            licence: None,
            suited_for: None,
        }
    }

    const fn prompted(self, prompts: &'static [(&'static str, &'static str)]) -> Self {
        Self { prompts, ..self }
    }

    const fn licensed(self, licence: &'static str) -> Self {
        Self {
            licence: Some(licence),
            ..self
        }
    }

    const fn suits(self, zh: &'static str, en: &'static str) -> Self {
        Self {
            suited_for: Some((zh, en)),
            ..self
        }
    }
}

const fn mit(name: &'static str, pooling: Pooling) -> KnownModel {
    KnownModel::new(name, pooling).licensed("MIT")
}

const fn apache(name: &'static str, pooling: Pooling) -> KnownModel {
    KnownModel::new(name, pooling).licensed("Apache-2.0")
}

/// Of questions that are looked for in articles.
const BGE: &[(&str, &str)] = &[("query", "为这个句子生成表示以用于检索相关文章：")];

/// Of all texts: the model has read none without.
const E5: &[(&str, &str)] = &[("query", "query: "), ("passage", "passage: ")];

/// Every known model.
const CATALOGUE: &[KnownModel] = &[
    mit("e5-small-zh", Mean).suits(
        "开箱即用：随程序内置，无需下载",
        "immediate use: it is built in",
    ),
    mit("gte-small-zh", Cls),
    KnownModel {
        modelscope: Some("iic/nlp_gte_sentence-embedding_chinese-base"),
        ..mit("gte-base-zh", Cls).suits("通用语义匹配", "general semantic matching")
    },
    mit("gte-large-zh", Cls),
    mit("bge-small-zh-v1.5", Cls).prompted(BGE),
    mit("bge-base-zh-v1.5", Cls)
        .prompted(BGE)
        .suits("检索增强生成（RAG）", "retrieval-augmented generation"),
    mit("bge-large-zh-v1.5", Cls).prompted(BGE),
    apache("text2vec-base-chinese", Mean),
    KnownModel::new("m3e-base", Mean),
    apache("paraphrase-multilingual-MiniLM-L12-v2", Mean)
        .suits("跨语言轻量级任务", "light tasks across languages"),
    apache("distiluse-base-multilingual-cased-v2", Mean),
    apache("LaBSE", Cls),
    mit("multilingual-e5-small", Mean).prompted(E5),
    mit("multilingual-e5-base", Mean).prompted(E5),
    mit("multilingual-e5-large", Mean).prompted(E5),
    apache("all-MiniLM-L6-v2", Mean),
];

/// The known model of a name: as it stands in the catalogue, a source's id (`thenlper/gte-base-zh`)
/// or the last component of one. Case does not matter.
pub fn find_known(name: &str) -> Option<&'static KnownModel> {
    let last = |id: &str| id.rsplit('/').next().unwrap_or(id).to_lowercase();
    let wanted = last(name.trim_end_matches('/'));
    let matches = |id: &&str| last(id) == wanted;
    CATALOGUE.iter().find(|known| {
        let ids = [Some(known.name), known.modelscope];
        ids.iter().flatten().any(matches)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_name_source_and_folder() {
        for name in [
            "gte-base-zh",
            "thenlper/gte-base-zh",
            "iic/nlp_gte_sentence-embedding_chinese-base",
            "GTE-Base-ZH",
        ] {
            assert_eq!(
                find_known(name).map(|m| m.name),
                Some("gte-base-zh"),
                "{name}"
            );
        }
        assert_eq!(
            find_known("somewhere/LaBSE/").map(|m| m.name),
            Some("LaBSE")
        );
        assert!(find_known("gte").is_none());
        assert!(find_known("").is_none());
    }

    #[test]
    fn names_are_unique() {
        for (i, known) in CATALOGUE.iter().enumerate() {
            assert!(
                CATALOGUE[..i].iter().all(|other| other.name != known.name),
                "{}",
                known.name
            );
        }
    }
}
