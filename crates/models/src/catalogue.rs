//! Models whose facts are known beforehand. A folder's own files win over this table; a field that
//! is not known is empty rather than guessed.

use yuyi_encoder::Pooling;

/// What is known of a published model.
#[derive(Clone, Debug)]
pub struct KnownModel {
    /// Name on the command line.
    pub name: &'static str,
    /// Repository on Hugging Face.
    pub hugging_face: Option<&'static str>,
    /// Repository on ModelScope.
    pub modelscope: Option<&'static str>,
    /// Length of the vectors.
    pub dimension: Option<usize>,
    /// Most tokens of a text.
    pub max_tokens: Option<usize>,
    /// How hidden states become one vector, where the folder does not say.
    pub pooling: Option<Pooling>,
    /// Prompts by name; empty: the model wants none.
    pub prompts: &'static [(&'static str, &'static str)],
    /// SPDX identifier of the licence of the weights.
    pub licence: Option<&'static str>,
    /// What it suits, in Chinese and in English.
    pub suited_for: Option<(&'static str, &'static str)>,
}

const E5_PROMPTS: &[(&str, &str)] = &[("query", "query: "), ("passage", "passage: ")];

/// BGE's prompt is for queries of a retrieval only; a comparison of two sentences has none.
const BGE_PROMPTS: &[(&str, &str)] = &[("query", "为这个句子生成表示以用于检索相关文章：")];

const MIT: Option<&str> = Some("MIT");
const APACHE: Option<&str> = Some("Apache-2.0");

const fn model(name: &'static str, hugging_face: &'static str, pooling: Pooling) -> KnownModel {
    KnownModel {
        name,
        hugging_face: Some(hugging_face),
        modelscope: None,
        dimension: None,
        max_tokens: None,
        pooling: Some(pooling),
        prompts: &[],
        licence: None,
        suited_for: None,
    }
}

const fn sized(known: KnownModel, dimension: usize, max_tokens: usize) -> KnownModel {
    KnownModel {
        dimension: Some(dimension),
        max_tokens: Some(max_tokens),
        ..known
    }
}

const fn gte(name: &'static str, source: &'static str, dimension: usize) -> KnownModel {
    KnownModel {
        licence: MIT,
        ..sized(model(name, source, Pooling::Cls), dimension, 512)
    }
}

const fn bge(name: &'static str, source: &'static str, dimension: usize) -> KnownModel {
    KnownModel {
        prompts: BGE_PROMPTS,
        ..gte(name, source, dimension)
    }
}

const fn e5(name: &'static str, source: &'static str, dimension: usize) -> KnownModel {
    KnownModel {
        prompts: E5_PROMPTS,
        licence: MIT,
        ..sized(model(name, source, Pooling::Mean), dimension, 512)
    }
}

/// Every known model.
pub const CATALOGUE: &[KnownModel] = &[
    KnownModel {
        hugging_face: None,
        suited_for: Some((
            "开箱即用：随程序内置，无需下载",
            "immediate use: it is built in",
        )),
        ..e5("e5-small-zh", "", 384)
    },
    gte("gte-small-zh", "thenlper/gte-small-zh", 512),
    KnownModel {
        modelscope: Some("iic/nlp_gte_sentence-embedding_chinese-base"),
        suited_for: Some(("通用语义匹配", "general semantic matching")),
        ..gte("gte-base-zh", "thenlper/gte-base-zh", 768)
    },
    gte("gte-large-zh", "thenlper/gte-large-zh", 1024),
    bge("bge-small-zh-v1.5", "BAAI/bge-small-zh-v1.5", 512),
    KnownModel {
        suited_for: Some(("检索增强生成（RAG）", "retrieval-augmented generation")),
        ..bge("bge-base-zh-v1.5", "BAAI/bge-base-zh-v1.5", 768)
    },
    bge("bge-large-zh-v1.5", "BAAI/bge-large-zh-v1.5", 1024),
    KnownModel {
        dimension: Some(768),
        licence: APACHE,
        ..model(
            "text2vec-base-chinese",
            "shibing624/text2vec-base-chinese",
            Pooling::Mean,
        )
    },
    KnownModel {
        dimension: Some(768),
        ..model("m3e-base", "moka-ai/m3e-base", Pooling::Mean)
    },
    KnownModel {
        licence: APACHE,
        suited_for: Some(("跨语言轻量级任务", "light tasks across languages")),
        ..sized(
            model(
                "paraphrase-multilingual-MiniLM-L12-v2",
                "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
                Pooling::Mean,
            ),
            384,
            128,
        )
    },
    KnownModel {
        licence: APACHE,
        ..sized(
            model(
                "distiluse-base-multilingual-cased-v2",
                "sentence-transformers/distiluse-base-multilingual-cased-v2",
                Pooling::Mean,
            ),
            512,
            128,
        )
    },
    KnownModel {
        licence: APACHE,
        ..sized(
            model("LaBSE", "sentence-transformers/LaBSE", Pooling::Cls),
            768,
            256,
        )
    },
    e5(
        "multilingual-e5-small",
        "intfloat/multilingual-e5-small",
        384,
    ),
    e5("multilingual-e5-base", "intfloat/multilingual-e5-base", 768),
    e5(
        "multilingual-e5-large",
        "intfloat/multilingual-e5-large",
        1024,
    ),
    KnownModel {
        licence: APACHE,
        ..sized(
            model(
                "all-MiniLM-L6-v2",
                "sentence-transformers/all-MiniLM-L6-v2",
                Pooling::Mean,
            ),
            384,
            256,
        )
    },
];

/// The known model of a name: as it stands in the catalogue, a source's id (`thenlper/gte-base-zh`)
/// or the last component of one. Case does not matter.
pub fn find_known(name: &str) -> Option<&'static KnownModel> {
    let last = |id: &str| id.rsplit('/').next().unwrap_or(id).to_lowercase();
    let wanted = last(name.trim_end_matches('/'));
    let matches = |id: &&str| last(id) == wanted;
    CATALOGUE.iter().find(|known| {
        let ids = [Some(known.name), known.hugging_face, known.modelscope];
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
