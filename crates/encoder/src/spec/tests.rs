//! What is read of folders that say this and that.

use super::*;
use crate::testing::{config, json_folder};
use serde_json::json;

fn read(files: &[(&str, Value)], pooling: Option<Pooling>) -> Result<ModelSpec, Error> {
    let mut all = vec![("config.json", config())];
    all.extend_from_slice(files);
    let defaults = SpecDefaults {
        pooling,
        ..SpecDefaults::default()
    };
    ModelSpec::read(&json_folder(&all), &defaults)
}

#[test]
fn prompts_are_assumed_where_a_folder_has_none() {
    let prompts = |query: &str, default: &str| Prompts {
        default: default.to_owned(),
        named: [("query".to_owned(), query.to_owned())].into(),
    };
    let mut defaults = SpecDefaults {
        pooling: Some(Pooling::Cls),
        prompts: prompts("for search: ", "always: "),
        over_empty: true,
        max_tokens: None,
        dense: None,
        likeness: Some(Likeness {
            model: "e5".into(),
            why: "it is called so".into(),
        }),
    };
    let read = |defaults: &SpecDefaults, own: Option<Value>| {
        let pooling = json!({"pooling_mode_cls_token": true});
        let mut all = vec![
            ("config.json", config()),
            ("1_Pooling/config.json", pooling),
        ];
        all.extend(own.map(|own| ("config_sentence_transformers.json", own)));
        let spec = ModelSpec::read(&json_folder(&all), defaults).unwrap();
        (spec.prompts, spec.assumed.len())
    };
    let empty = || {
        let named = json!({"query": "", "document": ""});
        Some(json!({"prompts": named, "default_prompt_name": null}))
    };
    let silent = || Some(json!({"__version__": {}}));
    let assumed = (defaults.prompts.clone(), 1);
    for own in [None, silent(), empty(), Some(json!({"prompts": {}}))] {
        assert_eq!(read(&defaults, own), assumed);
    }
    let own = || Some(json!({"prompts": {"query": "its own: "}}));
    assert_eq!(read(&defaults, own()), (prompts("its own: ", ""), 0));
    // An empty list says that there are none.
    defaults.over_empty = false;
    for own in [None, silent()] {
        assert_eq!(read(&defaults, own), assumed);
    }
    let (told, said) = read(&defaults, empty());
    assert!(told.is_silent() && said == 0);
    assert_eq!(
        read(&defaults, Some(json!({"prompts": {}}))),
        (Prompts::default(), 0)
    );
}

#[test]
fn a_prompt_that_is_null_is_empty() {
    let read = |file: Value| {
        let files = [("config_sentence_transformers.json", file)];
        super::tests::read(&files, Some(Pooling::Cls))
    };
    let named = json!({"query": "问：", "document": null});
    for (default, expected) in [
        (json!(null), ""),
        (json!("document"), ""),
        (json!("query"), "问："),
    ] {
        let file = json!({"prompts": named, "default_prompt_name": default});
        let prompts = read(file).unwrap().prompts;
        assert_eq!(prompts.default, expected);
        assert_eq!(
            (
                prompts.named["query"].as_str(),
                prompts.named["document"].as_str()
            ),
            ("问：", "")
        );
    }
    assert!(read(json!({"prompts": {"query": 3}})).is_err());
    let other = json!({"prompts": named, "default_prompt_name": "passage"});
    assert!(read(other).is_err());
}

#[test]
fn what_is_taken_from_another_model_is_told() {
    let mut defaults = SpecDefaults {
        pooling: Some(Pooling::Cls),
        ..SpecDefaults::default()
    };
    let assumed = |defaults: &SpecDefaults| {
        let folder = json_folder(&[("config.json", config())]);
        ModelSpec::read(&folder, defaults).unwrap().assumed
    };
    assert_eq!(assumed(&defaults), [""; 0]);
    defaults.likeness = Some(Likeness {
        model: "gte-base-zh".into(),
        why: "it is called so".into(),
    });
    defaults.prompts.default = "query: ".into();
    assert_eq!(
        assumed(&defaults),
        [
            "built-in test/1_Pooling/config.json: there is none, so the pooling is cls, which is that of gte-base-zh: it is called so.",
            "built-in test/config_sentence_transformers.json tells no prompts, so those of gte-base-zh are used, and \"query: \" is \
             put in front of texts: it is called so.",
        ]
    );
}

fn modules(pooling: Option<&str>) -> (&'static str, Value) {
    let module = |kind: &str, path: &str| json!({"type": format!("sentence_transformers.models.{kind}"), "path": path});
    let mut list = vec![module("Transformer", "")];
    list.extend(pooling.map(|path| module("Pooling", path)));
    list.push(module("Normalize", "2_Normalize"));
    ("modules.json", json!(list))
}

#[test]
fn the_folder_tells_the_pooling_before_any_default() {
    for (key, pooling) in [
        ("pooling_mode_cls_token", Pooling::Cls),
        ("pooling_mode_mean_tokens", Pooling::Mean),
        ("pooling_mode_max_tokens", Pooling::Max),
    ] {
        let file = json!({key: true, "pooling_mode_weightedmean_tokens": false});
        for default in [None, Some(Pooling::Cls), Some(Pooling::Mean)] {
            let alone = [("1_Pooling/config.json", file.clone())];
            assert_eq!(read(&alone, default).unwrap().pooling, pooling);
            let named = [
                modules(Some("9_Other")),
                ("9_Other/config.json", file.clone()),
            ];
            assert_eq!(read(&named, default).unwrap().pooling, pooling);
        }
    }
}

/// The list of modules decides which file is the pooling's, even where another lies about.
#[test]
fn modules_win_over_the_usual_place() {
    let files = [
        modules(Some("2_Pooling")),
        (
            "1_Pooling/config.json",
            json!({"pooling_mode_cls_token": true}),
        ),
        (
            "2_Pooling/config.json",
            json!({"pooling_mode_max_tokens": true}),
        ),
    ];
    assert_eq!(read(&files, None).unwrap().pooling, Pooling::Max);
}

#[test]
fn where_the_folder_is_silent_the_default_holds() {
    for files in [vec![], vec![modules(None)]] {
        for pooling in [Pooling::Cls, Pooling::Mean, Pooling::Max] {
            assert_eq!(read(&files, Some(pooling)).unwrap().pooling, pooling);
        }
        let error = read(&files, None).unwrap_err().to_string();
        assert!(error.starts_with("built-in test/1_Pooling/config.json: there is none"));
    }
}

fn max_tokens(sentence: Option<u64>, tokenizer: Option<Value>) -> usize {
    let mut files = Vec::new();
    files.extend(sentence.map(|n| ("sentence_bert_config.json", json!({"max_seq_length": n}))));
    files.extend(tokenizer.map(|n| ("tokenizer_config.json", json!({"model_max_length": n}))));
    read(&files, Some(Pooling::Cls)).unwrap().max_tokens
}

#[test]
fn the_longest_text() {
    assert_eq!(max_tokens(None, None), 130, "every position");
    assert_eq!(max_tokens(Some(64), None), 64);
    assert_eq!(max_tokens(None, Some(json!(100))), 100);
    assert_eq!(max_tokens(Some(64), Some(json!(100))), 64);
    assert_eq!(
        max_tokens(Some(120), Some(json!(100))),
        120,
        "sentence_bert_config wins"
    );
    assert_eq!(max_tokens(Some(512), None), 130, "never past the positions");
    // What transformers writes for "no limit".
    assert_eq!(max_tokens(None, Some(json!(1e30))), 130);
    assert_eq!(max_tokens(None, Some(Value::Null)), 130);
}

#[test]
fn where_only_the_transformer_is_there_the_known_longest_text_holds() {
    let defaults = SpecDefaults {
        pooling: Some(Pooling::Cls),
        max_tokens: Some(100),
        ..SpecDefaults::default()
    };
    let read = |files: &[(&str, Value)]| {
        let all = [&[("config.json", config())], files].concat();
        let spec = ModelSpec::read(&json_folder(&all), &defaults).unwrap();
        spec.max_tokens
    };
    let sentence = |n: usize| ("sentence_bert_config.json", json!({"max_seq_length": n}));
    let tokenizer = |n: usize| ("tokenizer_config.json", json!({"model_max_length": n}));
    assert_eq!(read(&[]), 100);
    assert_eq!(read(&[tokenizer(120)]), 100);
    assert_eq!(read(&[tokenizer(80)]), 80);
    assert_eq!(read(&[sentence(120)]), 120, "the folder says it");
    let pooling = ("9_P/config.json", json!({"pooling_mode_cls_token": true}));
    let whole = [modules(Some("9_P")), pooling];
    assert_eq!(read(&whole), 130, "the folder is a whole model");
}

#[test]
fn a_part_of_a_model_with_a_dense_is_refused() {
    let defaults = SpecDefaults {
        pooling: Some(Pooling::Cls),
        dense: Some("LaBSE".into()),
        ..SpecDefaults::default()
    };
    let pooling = (
        "1_Pooling/config.json",
        json!({"pooling_mode_cls_token": true}),
    );
    for more in [None, Some(pooling)] {
        let mut files = vec![("config.json", config())];
        files.extend(more);
        let error = ModelSpec::read(&json_folder(&files), &defaults).unwrap_err();
        let expected = "modules.json: there is none, though LaBSE has a Dense behind its pooling";
        assert!(error.to_string().contains(expected), "{error}");
    }
    let files = [("config.json", config()), modules(None)];
    assert!(ModelSpec::read(&json_folder(&files), &defaults).is_ok());
}

#[test]
fn another_similarity_is_told() {
    let told = |json| other_similarity(&json_folder(&[(PROMPTS, json)])).unwrap();
    for name in ["dot", "dot_product", "euclidean", "manhattan"] {
        let remark = told(json!({"similarity_fn_name": name})).unwrap();
        let expected = format!("similarity_fn_name is \"{name}\", but yuyi compares by the cosine");
        assert!(remark.contains(&expected), "{remark}");
    }
    for silent in [
        json!({}),
        json!({"similarity_fn_name": "cosine"}),
        json!({"similarity_fn_name": null}),
    ] {
        assert_eq!(told(silent), None);
    }
}

#[test]
fn prompts_by_name_and_the_default_one() {
    let file = |json| [("config_sentence_transformers.json", json)];
    let spec = |json| read(&file(json), Some(Pooling::Cls)).unwrap().prompts;
    let named = json!({"query": "问：", "passage": ""});
    let prompts = spec(json!({"prompts": named, "default_prompt_name": "query"}));
    assert_eq!(prompts.default, "问：");
    assert_eq!(prompts.named["query"], "问：");
    assert_eq!(prompts.named["passage"], "");
    assert_eq!(
        spec(json!({"prompts": named, "default_prompt_name": null})).default,
        ""
    );
    assert_eq!(spec(json!({"prompts": named})).default, "");
    assert_eq!(spec(json!({"__version__": {}})), Prompts::default());
    assert_eq!(
        read(&[], Some(Pooling::Cls)).unwrap().prompts,
        Prompts::default()
    );
}
