//! Models that write text and score by what they would write next: Qwen3-Reranker, and what is made of it.
//!
//! Their card asks about a pair in fixed words and takes the odds of "yes" against "no" for the score. The configuration says nothing
//! of that, and another model of the same architecture would give numbers that look like scores: so the folder must say which model it
//! is, by its name, its card or the template beside it.

use crate::config::{Architecture, ModelConfig};
use crate::error::Error;
use crate::folder::Folder;
use crate::json::{read_json, read_optional_json};
use crate::modules::Modules;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the folder or the card of such a model is called by, in lower case.
pub(crate) const NAME: &str = "qwen3-reranker";

/// The field of config.json by which copies say what they are made of, whatever their folder is called.
pub(crate) const MARK: &str = "yuyi_pair_template";

/// What the card puts in front of a pair.
const OPENING: &str = "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct \
    provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n";

/// What it puts behind a pair: the beginning of the answer, whose thoughts are skipped.
const CLOSING: &str = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n";

/// What a document is to be good for, where the folder says nothing else.
const INSTRUCTION: &str =
    "Given a web search query, retrieve relevant passages that answer the query";

/// Most tokens that the card gives the model, which would read more, where the folder says nothing else.
pub(crate) const MOST_TOKENS: usize = 8192;

/// The words in which a model is asked about a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairTemplate {
    /// What a document is to be good for.
    pub instruction: String,
}

/// What is written in front of a text and behind it before it is split into tokens.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wrapping {
    pub(crate) query: [&'static str; 2],
    pub(crate) document: [&'static str; 2],
}

impl PairTemplate {
    /// Tokens that it is written with, and that are not split.
    pub(crate) const TOKENS: [&'static str; 2] = ["<|im_start|>", "<|im_end|>"];

    /// What stands in front of the query, between the texts and behind the document.
    pub(crate) fn specials(&self) -> [String; 3] {
        let opening = format!("{OPENING}<Instruct>: {}\n<Query>:", self.instruction);
        [opening, "<Document>:".to_owned(), CLOSING.to_owned()]
    }

    /// A query is split with its line, a document with the blank in front of it: tokens of Qwen hold a blank and the word behind it,
    /// or a mark and the end of a line, and never a colon and a blank.
    pub(crate) fn wrapping(&self) -> Wrapping {
        Wrapping {
            query: [" ", "\n"],
            document: [" ", ""],
        }
    }

    /// A pair in one piece.
    pub(crate) fn whole(&self, query: &str, document: &str) -> String {
        let [opening, middle, closing] = self.specials();
        let Wrapping {
            query: [a, b],
            document: [c, d],
        } = self.wrapping();
        format!("{opening}{a}{query}{b}{middle}{c}{document}{d}{closing}")
    }
}

/// Which numbers of what comes next are the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The logit of "yes" less that of "no".
    YesOrNo {
        /// Ids of the two tokens, where the folder tells them; else the vocabulary does.
        ids: Option<[u32; 2]>,
        /// Logits are products with the token embeddings, and not with a table of their own (`lm_head`).
        tied: bool,
    },
    /// The product with one row that was made of both (`score`), as conversions to a classifier have it.
    Row,
}

/// How a model that writes text is asked, and what of its answer counts.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) template: PairTemplate,
    pub(crate) answer: Answer,
}

/// `1_LogitScore/config.json` of sentence-transformers.
#[derive(Deserialize)]
struct LogitScore {
    true_token_id: u32,
    false_token_id: Option<u32>,
}

#[derive(Default, Deserialize)]
struct Prompts {
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
}

/// Whether a model that writes text is one that is asked for scores. `raw` is its config.json.
pub(crate) fn is_asked(folder: &Folder, modules: &Modules, raw: &Value) -> bool {
    modules.scores.is_some() || architecture(raw) == "Qwen3ForCausalLM" && is_known(folder, raw)
}

/// The architecture that a config.json tells; empty where it tells none.
pub(crate) fn architecture(config: &Value) -> &str {
    config["architectures"][0].as_str().unwrap_or_default()
}

impl Asked {
    /// How the model of a folder is asked; `None`: it has a head that scores.
    ///
    /// # Errors
    /// When it must be asked, and nothing says how; or when a file is broken.
    pub(crate) fn read(
        folder: &Folder,
        modules: &Modules,
        (config, raw): (&ModelConfig, &Value),
    ) -> Result<Option<Self>, Error> {
        let is_row = config.architecture == Architecture::Qwen3
            && architecture(raw).ends_with("ForSequenceClassification");
        if !is_row && !is_asked(folder, modules, raw) {
            return Ok(None);
        }
        let shown = modules.transformer(folder).show("config.json");
        if config.architecture != Architecture::Qwen3 {
            let what = format!(
                "{} that is scored by the tokens of its answer is not supported; Qwen3 is, where it is asked as Qwen3-Reranker is.",
                config.architecture
            );
            return Err(Error::unsupported(&shown, what));
        }
        if !is_known(folder, raw) {
            let what = "nothing says in which words it is asked about a pair, and in others its scores mean nothing. yuyi knows those of \
                Qwen3-Reranker: if the model is one, let its folder's name say so, such as Qwen3-Reranker-0.6B.";
            return Err(Error::unsupported(&shown, what));
        }
        let answer = match (&modules.scores, is_row) {
            (Some(path), _) => Answer::YesOrNo {
                ids: Some(told_ids(folder, path)?),
                tied: is_tied(raw),
            },
            (None, true) => Answer::Row,
            (None, false) => Answer::YesOrNo {
                ids: None,
                tied: is_tied(raw),
            },
        };
        let template = PairTemplate {
            instruction: instruction(folder)?,
        };
        Ok(Some(Self { template, answer }))
    }
}

fn is_tied(config: &Value) -> bool {
    config["tie_word_embeddings"].as_bool().unwrap_or(false)
}

fn told_ids(folder: &Folder, path: &str) -> Result<[u32; 2], Error> {
    let file = format!("{path}/config.json");
    let told: LogitScore = read_json(folder, &file)?;
    match told.false_token_id {
        Some(no) => Ok([told.true_token_id, no]),
        None => {
            let what = "its score is the logit of one token alone, which yuyi does not do; it takes that of one less that of another.";
            Err(Error::unsupported(&folder.show(&file), what))
        }
    }
}

/// The default prompt of sentence-transformers, which puts it in this place.
fn instruction(folder: &Folder) -> Result<String, Error> {
    let file = "config_sentence_transformers.json";
    let prompts: Prompts = read_optional_json(folder, file)?.unwrap_or_default();
    let named = prompts.default_prompt_name.as_ref();
    let told = named.and_then(|name| prompts.prompts.get(name)?.as_ref());
    let told = told.filter(|told| !told.trim().is_empty());
    Ok(told.map_or(INSTRUCTION, String::as_str).to_owned())
}

/// Whether a folder says that its model is Qwen3-Reranker, or made of it.
fn is_known(folder: &Folder, config: &Value) -> bool {
    let is_name = |text: &str| text.to_lowercase().contains(NAME);
    config[MARK] == NAME
        || is_name(folder.name())
        || cached_name(folder).is_some_and(|name| is_name(&name))
        || card_says_so(folder)
        || has_template(folder)
}

/// The name of the repository that a folder in a cache of a hub is of: `models--ORG--NAME/snapshots/COMMIT`.
fn cached_name(folder: &Folder) -> Option<String> {
    let path = folder.path()?.canonicalize().ok()?;
    let snapshots = path.parent()?;
    let repository = snapshots.parent()?.file_name()?;
    (snapshots.file_name()? == "snapshots").then(|| repository.to_string_lossy().into_owned())
}

/// Whether the title of the card has the name, or the list of models that it was made of, which stands above.
fn card_says_so(folder: &Folder) -> bool {
    let Some(card) = folder.read_optional("README.md").ok().flatten() else {
        return false;
    };
    let card = String::from_utf8_lossy(&card[..card.len().min(1 << 16)]).to_lowercase();
    let title = card.lines().position(|line| line.starts_with("# "));
    let mut head = card.lines().take(title.map_or(0, |line| line + 1));
    head.any(|line| line.contains(NAME))
}

/// Whether there is a template that asks in these words.
fn has_template(folder: &Folder) -> bool {
    let Some(template) = folder.read_optional("chat_template.jinja").ok().flatten() else {
        return false;
    };
    let template = String::from_utf8_lossy(&template);
    let words = [
        "Judge whether the Document meets the requirements based on the Query and the Instruct provided.",
        "<Instruct>:",
        "<Query>:",
        "<Document>:",
        "<think>",
    ];
    words.iter().all(|words| template.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::json_folder;
    use serde_json::json;

    fn named(fields: Value) -> bool {
        let folder = json_folder(&[("config.json", fields.clone())]);
        is_asked(&folder, &Modules::default(), &fields)
    }

    #[test]
    fn a_model_that_writes_text_is_one_only_where_something_says_so() {
        let chat = json!({"architectures": ["Qwen3ForCausalLM"]});
        assert!(!named(chat.clone()));
        let mut marked = chat;
        marked[MARK] = NAME.into();
        assert!(named(marked));
    }

    #[test]
    fn the_words_are_those_of_the_card() {
        let template = PairTemplate {
            instruction: INSTRUCTION.into(),
        };
        assert_eq!(
            template.whole(
                "What is the capital of China?",
                "The capital of China is Beijing."
            ),
            "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. \
             Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n<Instruct>: Given a web search query, \
             retrieve relevant passages that answer the query\n<Query>: What is the capital of China?\n<Document>: The capital of \
             China is Beijing.<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
        );
    }
}
