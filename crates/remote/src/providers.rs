//! What is known of providers, as data. What their documentation does not say is empty rather than guessed.

/// What is known of a provider.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Name behind `remote:`.
    pub(crate) name: &'static str,
    /// Address under which its API has `/embeddings`.
    pub(crate) url: &'static str,
    /// The variable that has the key.
    pub(crate) key_variable: &'static str,
    /// Most texts of a call.
    pub(crate) batch: Option<usize>,
    /// Most tokens of all texts of a call.
    pub(crate) batch_tokens: Option<usize>,
    /// Its models, as far as something is known of them.
    pub(crate) models: &'static [Known],
}

/// What is known of a model.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Its name in calls.
    pub(crate) name: &'static str,
    /// Length of its vectors where nobody asks for another.
    pub(crate) dimension: Option<usize>,
    /// Most tokens of a text.
    pub(crate) tokens: Option<usize>,
    /// Most characters of a text.
    pub(crate) characters: Option<usize>,
    /// Most texts of a call, where that is not the provider's.
    pub(crate) batch: Option<usize>,
    /// The field of a call that says what a text is to others, with its values for what is looked for and what is found.
    pub(crate) sides: Option<Sides>,
}

/// A field of a call and its values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides {
    pub(crate) field: &'static str,
    pub(crate) query: &'static str,
    pub(crate) passage: &'static str,
}

impl Known {
    /// A model of which nothing is known but the name.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            dimension: None,
            tokens: None,
            characters: None,
            batch: None,
            sides: None,
        }
    }

    const fn dimension(self, dimension: usize) -> Self {
        Self {
            dimension: Some(dimension),
            ..self
        }
    }

    const fn tokens(self, tokens: usize) -> Self {
        Self {
            tokens: Some(tokens),
            ..self
        }
    }

    const fn characters(self, characters: usize) -> Self {
        Self {
            characters: Some(characters),
            ..self
        }
    }

    const fn batch(self, batch: usize) -> Self {
        Self {
            batch: Some(batch),
            ..self
        }
    }

    const fn sides(self, field: &'static str, query: &'static str, passage: &'static str) -> Self {
        Self {
            sides: Some(Sides {
                field,
                query,
                passage,
            }),
            ..self
        }
    }
}

/// Every provider.
const PROVIDERS: &[Provider] = &[
    // https://cloud.baidu.com/doc/qianfan-api/s/Fm7u3ropn (v2): 16 texts, and tokens and characters of each by model.
    Provider {
        name: "qianfan",
        url: "https://qianfan.baidubce.com/v2",
        key_variable: "QIANFAN_API_KEY",
        batch: Some(16),
        batch_tokens: None,
        models: &[
            Known::named("embedding-v1").tokens(384).characters(1_000),
            Known::named("bge-large-zh").tokens(512).characters(2_000),
            Known::named("bge-large-en").tokens(512).characters(2_000),
            Known::named("tao-8k")
                .tokens(8_192)
                .characters(28_000)
                .batch(1),
        ],
    },
    // https://help.aliyun.com/zh/model-studio/text-embedding-synchronous-api, OpenAI's form: rows of a call and tokens of a row by
    // model, and the dimension by default. Its `text_type` belongs to the other form of its API alone.
    Provider {
        name: "dashscope",
        url: "https://dashscope.aliyuncs.com/compatible-mode/v1",
        key_variable: "DASHSCOPE_API_KEY",
        batch: Some(10),
        batch_tokens: None,
        models: &[
            Known::named("text-embedding-v4")
                .dimension(1_024)
                .tokens(8_192),
            Known::named("text-embedding-v3")
                .dimension(1_024)
                .tokens(8_192),
            Known::named("text-embedding-v2")
                .dimension(1_536)
                .tokens(2_048)
                .batch(25),
            Known::named("text-embedding-v1")
                .dimension(1_536)
                .tokens(2_048)
                .batch(25),
        ],
    },
    // https://docs.siliconflow.cn/cn/api-reference/embeddings/create-embeddings: tokens by model. It documents no batch; this one is
    // what its refusals name ("maximum allowed batch size 64").
    Provider {
        name: "siliconflow",
        url: "https://api.siliconflow.cn/v1",
        key_variable: "SILICONFLOW_API_KEY",
        batch: Some(64),
        batch_tokens: None,
        models: &[
            Known::named("BAAI/bge-large-zh-v1.5")
                .dimension(1_024)
                .tokens(512),
            Known::named("BAAI/bge-large-en-v1.5")
                .dimension(1_024)
                .tokens(512),
            Known::named("netease-youdao/bce-embedding-base_v1")
                .dimension(768)
                .tokens(512),
            Known::named("BAAI/bge-m3").dimension(1_024).tokens(8_192),
            Known::named("Pro/BAAI/bge-m3")
                .dimension(1_024)
                .tokens(8_192),
            Known::named("Qwen/Qwen3-Embedding-8B").tokens(32_768),
            Known::named("Qwen/Qwen3-Embedding-4B").tokens(32_768),
            Known::named("Qwen/Qwen3-Embedding-0.6B").tokens(32_768),
        ],
    },
    // https://docs.bigmodel.cn/api-reference/模型-api/文本嵌入: 64 texts and 8 K tokens a call, tokens of a text by model; dimensions in
    // https://docs.bigmodel.cn/cn/guide/models/embedding/embedding-2 and embedding-3.
    Provider {
        name: "zhipu",
        url: "https://open.bigmodel.cn/api/paas/v4",
        key_variable: "ZHIPUAI_API_KEY",
        batch: Some(64),
        batch_tokens: Some(8_000),
        models: &[
            Known::named("embedding-3").dimension(2_048).tokens(3_072),
            Known::named("embedding-2").dimension(1_024).tokens(512),
        ],
    },
    // platform.openai.com/docs/api-reference/embeddings: 2,048 texts and 300,000 tokens a call, 8,192 tokens a text.
    Provider {
        name: "openai",
        url: "https://api.openai.com/v1",
        key_variable: "OPENAI_API_KEY",
        batch: Some(2_048),
        batch_tokens: Some(300_000),
        models: &[
            Known::named("text-embedding-3-small")
                .dimension(1_536)
                .tokens(8_192),
            Known::named("text-embedding-3-large")
                .dimension(3_072)
                .tokens(8_192),
            Known::named("text-embedding-ada-002")
                .dimension(1_536)
                .tokens(8_192),
        ],
    },
    // docs.voyageai.com: `input_type` puts a prompt in front of texts.
    Provider {
        name: "voyage",
        url: "https://api.voyageai.com/v1",
        key_variable: "VOYAGE_API_KEY",
        batch: None,
        batch_tokens: None,
        models: &[
            Known::named("voyage-3.5").sides("input_type", "query", "document"),
            Known::named("voyage-3.5-lite").sides("input_type", "query", "document"),
            Known::named("voyage-3-large").sides("input_type", "query", "document"),
            Known::named("voyage-multilingual-2").sides("input_type", "query", "document"),
        ],
    },
    // jina.ai/embeddings: `task` chooses an adapter.
    Provider {
        name: "jina",
        url: "https://api.jina.ai/v1",
        key_variable: "JINA_API_KEY",
        batch: None,
        batch_tokens: None,
        models: &[Known::named("jina-embeddings-v3")
            .dimension(1_024)
            .tokens(8_192)
            .sides("task", "retrieval.query", "retrieval.passage")],
    },
];

/// The provider of a name.
pub(crate) fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.name == name)
}

/// Names of all providers.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|provider| provider.name)
}

impl Provider {
    /// What is known of a model of this name; case does not matter.
    pub(crate) fn model(&self, name: &str) -> Known {
        let known = self.models.iter();
        let mut known = known.filter(|known| known.name.eq_ignore_ascii_case(name));
        known.next().cloned().unwrap_or(Known::named(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_addresses_have_no_end() {
        for (i, provider) in PROVIDERS.iter().enumerate() {
            let others = &PROVIDERS[..i];
            assert!(
                others.iter().all(|other| other.name != provider.name
                    && other.key_variable != provider.key_variable)
            );
            assert!(provider.url.starts_with("https://") && !provider.url.ends_with('/'));
            assert!(!provider.name.contains('/'));
            for (j, known) in provider.models.iter().enumerate() {
                let others = &provider.models[..j];
                let is_other = |other: &Known| !other.name.eq_ignore_ascii_case(known.name);
                assert!(others.iter().all(is_other), "{}", known.name);
            }
        }
    }

    #[test]
    fn a_model_is_found_by_its_name_in_any_case() {
        let zhipu = find("zhipu").unwrap();
        let old = zhipu.model("embedding-2");
        assert_eq!((old.dimension, old.tokens), (Some(1_024), Some(512)));
        assert_eq!((zhipu.batch, zhipu.batch_tokens), (Some(64), Some(8_000)));
        let qianfan = find("qianfan").unwrap();
        let ernie = qianfan.model("Embedding-V1");
        assert_eq!((ernie.tokens, ernie.characters), (Some(384), Some(1_000)));
        assert_eq!(qianfan.model("new").tokens, None);
        assert!(find("Qianfan").is_none() && find("").is_none());
    }
}
