//! Models that write text and are asked for scores in the words of a template: what says that a model is one, and what else its folder
//! decides. That their logits are those of transformers is seen in `cross_encoder.rs`.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::path::Path;

use serde_json::{Value, json};
use yuyi_encoder::{
    Answer, CrossEncoder, CrossSpec, Encoder, Error, Folder, HeadSpec, LoadOptions, PairTruncation,
    Precision, ScoreActivation,
};

const BY_NAME: &str = "qwen3-reranker-bf16";
const BY_MODULES: &str = "qwen3-reranker-logit-score-f16";
const BY_ROW: &str = "qwen3-reranker-seq-cls-f16";

/// A copy of a fixture that a test may change, in a folder of another name.
struct Copy {
    parent: tempfile::TempDir,
    name: &'static str,
}

impl Copy {
    fn of(fixture: &str, name: &'static str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/rerankers");
        copy_folder(&from.join(fixture), &parent.path().join(name));
        Self { parent, name }
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.parent.path().join(self.name).join(file), text).unwrap();
    }

    fn edit(&self, file: &str, edit: impl FnOnce(&mut Value)) {
        let path = self.parent.path().join(self.name).join(file);
        let mut value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        edit(&mut value);
        std::fs::write(path, value.to_string()).unwrap();
    }

    fn folder(&self) -> Folder {
        Folder::open(self.parent.path().join(self.name)).unwrap()
    }

    fn load(&self) -> Result<CrossEncoder, Error> {
        let options = LoadOptions {
            precision: Some(Precision::F32),
            threads: Some(1),
            ..LoadOptions::default()
        };
        CrossEncoder::load(&self.folder(), &options)
    }

    fn error(&self) -> String {
        self.load().err().unwrap().to_string()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_folder(&path, &to),
            false => drop(std::fs::copy(&path, &to).unwrap()),
        }
    }
}

fn logit(model: &CrossEncoder) -> f32 {
    let scored = model.score("今天天气", &["天气"], PairTruncation::default());
    scored.unwrap()[0].logit
}

#[test]
fn a_model_that_writes_text_is_a_reranker_where_its_folder_says_so() {
    let unnamed = Copy::of(BY_NAME, "mine");
    assert!(!CrossSpec::is_cross_encoder(&unnamed.folder()).unwrap());
    let error = Encoder::load(&unnamed.folder(), &LoadOptions::default());
    let error = error.err().unwrap().to_string();
    assert!(
        error.contains("writes text, and no pooling makes"),
        "{error}"
    );
    let expected = logit(&Copy::of(BY_NAME, "Qwen3-Reranker-0.6B").load().unwrap());
    let template = "… Judge whether the Document meets the requirements based on the Query and the Instruct provided. … <Instruct>: \
                    <Query>: <Document>: … <think>";
    for (file, text) in [
        (
            "README.md",
            "---\nlicense: apache-2.0\n---\n# Qwen3-Reranker-0.6B\n",
        ),
        (
            "README.md",
            "---\nbase_model:\n- Qwen/Qwen3-Reranker-0.6B\n---\n\n# Mine\n",
        ),
        ("chat_template.jinja", template),
    ] {
        let named = Copy::of(BY_NAME, "mine");
        named.write(file, text);
        assert!(
            CrossSpec::is_cross_encoder(&named.folder()).unwrap(),
            "{text}"
        );
        assert_eq!(logit(&named.load().unwrap()), expected, "{text}");
    }
    // Cards of others name it, too.
    let other = Copy::of(BY_NAME, "mine");
    other.write("README.md", "# Mine\n\nSee also Qwen3-Reranker-0.6B.\n");
    assert!(!CrossSpec::is_cross_encoder(&other.folder()).unwrap());
    // As caches of Hugging Face have it.
    let cache = tempfile::tempdir().unwrap();
    let snapshots = cache
        .path()
        .join("models--Qwen--Qwen3-Reranker-0.6B/snapshots");
    std::fs::create_dir_all(&snapshots).unwrap();
    copy_folder(
        &unnamed.parent.path().join("mine"),
        &snapshots.join("6e9e69830b95"),
    );
    let cached = Folder::open(snapshots.join("6e9e69830b95")).unwrap();
    assert!(CrossSpec::is_cross_encoder(&cached).unwrap());
}

#[test]
fn heads_without_the_words_to_ask_in_are_refused() {
    for (fixture, file) in [(BY_MODULES, "modules.json"), (BY_ROW, "config.json")] {
        let unnamed = Copy::of(fixture, "mine");
        assert!(
            CrossSpec::is_cross_encoder(&unnamed.folder()).unwrap(),
            "{file}"
        );
        let error = unnamed.error();
        assert!(error.contains("in which words it is asked"), "{error}");
    }
}

#[test]
fn what_a_folder_decides() {
    let ids = |fixture: &str| match CrossSpec::read(&Copy::of(fixture, "qwen3-reranker").folder()) {
        Ok(spec) => (spec.head, spec.max_tokens),
        Err(error) => panic!("{error}"),
    };
    let (by_name, most) = ids(BY_NAME);
    let untold = Answer::YesOrNo {
        ids: None,
        tied: true,
    };
    assert_eq!((by_name, most), (HeadSpec::Answer(untold), 220));
    assert_eq!(ids(BY_ROW).0, HeadSpec::Answer(Answer::Row));
    let HeadSpec::Answer(Answer::YesOrNo {
        ids: Some(_),
        tied: false,
    }) = ids(BY_MODULES).0
    else {
        panic!("its modules tell the ids");
    };
    // Where nothing bounds its texts, the card does.
    let long = Copy::of(BY_NAME, "qwen3-reranker");
    long.edit("tokenizer_config.json", |config| {
        config["model_max_length"] = 131_072.into()
    });
    long.edit("config.json", |config| {
        config["max_position_embeddings"] = 40_960.into()
    });
    assert_eq!(CrossSpec::read(&long.folder()).unwrap().max_tokens, 8192);
    long.write("sentence_bert_config.json", r#"{"max_seq_length": 16384}"#);
    assert_eq!(CrossSpec::read(&long.folder()).unwrap().max_tokens, 16_384);
}

#[test]
fn the_instruction_is_the_default_prompt() {
    let plain = Copy::of(BY_NAME, "qwen3-reranker").load().unwrap();
    let told = Copy::of(BY_NAME, "qwen3-reranker");
    let prompts = json!({"prompts": {"faq": "Find the answer"}, "default_prompt_name": "faq"});
    told.write("config_sentence_transformers.json", &prompts.to_string());
    let told = told.load().unwrap();
    assert_eq!(
        told.spec().template.as_ref().unwrap().instruction,
        "Find the answer"
    );
    assert_ne!(logit(&told), logit(&plain));
    assert_ne!(told.fingerprint(), plain.fingerprint());
}

#[test]
fn the_score_is_the_probability_of_yes() {
    let identity = Copy::of(BY_MODULES, "qwen3-reranker");
    let activation = json!({"activation_fn": "torch.nn.modules.linear.Identity"});
    identity.write("config_sentence_transformers.json", &activation.to_string());
    let model = identity.load().unwrap();
    let scored = model
        .score("今天", &["天气", ""], PairTruncation::default())
        .unwrap();
    for scored in scored {
        assert_eq!(scored.score, ScoreActivation::Sigmoid.apply(scored.logit));
    }
}

#[test]
fn what_cannot_be_asked_is_refused_in_words() {
    let one_token = Copy::of(BY_MODULES, "qwen3-reranker");
    one_token.edit("1_LogitScore/config.json", |config| {
        config["false_token_id"] = Value::Null
    });
    assert!(one_token.error().contains("the logit of one token alone"));
    let beyond = Copy::of(BY_MODULES, "qwen3-reranker");
    beyond.edit("1_LogitScore/config.json", |config| {
        config["true_token_id"] = 1_000_000.into()
    });
    assert!(
        beyond
            .error()
            .contains("Token id 1000000 is not in this model's vocabulary")
    );
    let untied = Copy::of(BY_NAME, "qwen3-reranker");
    untied.edit("config.json", |config| {
        config["tie_word_embeddings"] = false.into()
    });
    assert!(untied.error().contains("lm_head.weight: it is missing"));
    for (token, expected) in [
        (
            "<|im_start|>",
            "it has no token \"<|im_start|>\", which Qwen3-Reranker is asked with",
        ),
        (
            "yes",
            "it has no token \"yes\", by which the model is scored",
        ),
    ] {
        let without = Copy::of(BY_NAME, "qwen3-reranker");
        without.edit("tokenizer.json", |tokenizer| rename(tokenizer, token));
        let error = without.error();
        assert!(error.contains(expected), "{error}");
    }
    let other_words = Copy::of(BY_NAME, "qwen3-reranker");
    // Of a tokenizer that takes blanks off, the parts of a template do not end where tokens do.
    other_words.edit("tokenizer.json", |tokenizer| {
        tokenizer["normalizer"] = json!({"type": "Strip", "strip_left": true, "strip_right": true});
    });
    let error = other_words.error();
    assert!(
        error.contains("it splits texts otherwise than Qwen's tokenizers"),
        "{error}"
    );
}

/// Gives a token another name, and merges of it another end.
fn rename(tokenizer: &mut Value, token: &str) {
    for added in tokenizer["added_tokens"].as_array_mut().unwrap() {
        if added["content"] == token {
            added["content"] = "<|other|>".into();
        }
    }
    let vocabulary = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    if let Some(id) = vocabulary.remove(token) {
        vocabulary.insert("yex".into(), id);
        let merges = tokenizer["model"]["merges"].as_array_mut().unwrap();
        merges.retain(|merge| {
            let pair = match merge {
                Value::String(text) => text.replace(' ', ""),
                pair => format!("{}{}", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()),
            };
            pair != token
        });
    }
}
