//! What the files beside a tokenizer.json change in it, as transformers applies them.

use super::fields::{Fields, LISTS};
use crate::config::Architecture;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_optional_json;
use crate::sentence::SentenceConfig;
use serde_json::{Map, Value};
use tokenizers::AddedToken;
use tokenizers::normalizers::BertNormalizer;

/// Special tokens that a file may name, in the order in which transformers adds those that are not there.
const SPECIALS: [&str; 7] = [
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
];

/// Tokenizers that are BERT's under another name.
const LIKE_BERT: [&str; 10] = [
    "Bert",
    "DistilBert",
    "Ernie",
    "Electra",
    "MobileBert",
    "ConvBert",
    "SqueezeBert",
    "RetriBert",
    "Lxmert",
    "LayoutLM",
];

/// The classes of transformers that decide which settings are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Settings replace those of tokenizer.json, also by their defaults.
    Bert,
    /// `add_prefix_space` does.
    Roberta,
    /// Special tokens of RoBERTa, and no settings.
    XlmRoberta,
    /// Settings of BERT, special tokens of RoBERTa but for that of unknown text.
    MpNet,
    /// tokenizer.json counts.
    Plain,
}

/// What is to be changed in a tokenizer.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Case, accents and Chinese characters, for a normaliser that is BERT's.
    pub(super) bert: Option<BertOptions>,
    /// A space in front of a text, for tokenizers that work on bytes.
    pub(super) prefix_space: Option<bool>,
    /// Texts become lower case before all else.
    pub(super) lowercase: bool,
    /// Special tokens in a text are read as text.
    pub(super) split_special: bool,
    /// Texts lose their beginning, not their end.
    pub(super) cuts_start: bool,
    /// Models are told of which text of a pair a token is.
    pub(super) token_types: bool,
    /// Tokens beside the model's vocabulary, in the order of their ids. They replace others of the same text.
    pub(super) added: Vec<AddedToken>,
    /// Special tokens, for a tokenizer that does not have them.
    pub(super) special: Vec<AddedToken>,
    /// What the files name as special tokens that a tokenizer.json names too.
    pub(super) named: Vec<NamedToken>,
}

/// A special token that decides what a text becomes.
#[derive(Debug)]
pub(super) struct NamedToken {
    /// `cls_token`, `sep_token` or `unk_token`.
    pub(super) name: &'static str,
    pub(super) token: String,
    /// The file that says it.
    pub(super) file: String,
}

/// The settings of BERT's normaliser that a configuration may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct BertOptions {
    lowercase: bool,
    strip_accents: Option<bool>,
    chinese_characters: bool,
}

impl BertOptions {
    /// The normaliser with these settings, unless it has them already.
    pub(super) fn applied(self, to: BertNormalizer) -> Option<BertNormalizer> {
        let normalizer = BertNormalizer::new(
            to.clean_text,
            self.chinese_characters,
            self.strip_accents,
            self.lowercase,
        );
        let settings = |n: &BertNormalizer| (n.handle_chinese_chars, n.strip_accents, n.lowercase);
        (settings(&normalizer) != settings(&to)).then_some(normalizer)
    }

    /// Whether a normaliser of a tokenizer.json is BERT's with these settings.
    fn are_of(self, step: &Value) -> bool {
        let flag = |name: &str| step[name].as_bool();
        step["type"] == BERT_NORMALIZER
            && flag("clean_text") == Some(true)
            && flag("lowercase") == Some(self.lowercase)
            && flag("handle_chinese_chars") == Some(self.chinese_characters)
            // By default accents go with upper case.
            && flag("strip_accents").unwrap_or(self.lowercase)
                == self.strip_accents.unwrap_or(self.lowercase)
    }
}

/// The type of BERT's normaliser.
const BERT_NORMALIZER: &str = "BertNormalizer";

/// The steps of a normaliser of a tokenizer.json.
fn steps(normalizer: &Value) -> Vec<&Value> {
    match normalizer["normalizers"].as_array() {
        Some(inner) => inner.iter().flat_map(steps).collect(),
        None if normalizer.is_null() => Vec::new(),
        None => vec![normalizer],
    }
}

impl Settings {
    /// Reads `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`, as far as they are there.
    /// `direction` is what tokenizer.json says of cut texts.
    ///
    /// # Errors
    /// When one is broken, or asks for a tokenizer that is not supported.
    pub(super) fn read(
        folder: &Folder,
        architecture: Architecture,
        direction: Option<&str>,
    ) -> Result<Self, Error> {
        let config = Fields::read(folder)?;
        config.refuse_own_code()?;
        let class = class(folder, architecture, &config)?;
        if architecture == Architecture::Qwen3 && config.flag("add_prefix_space")? == Some(true) {
            return Err(Error::unsupported(
                config.shown("add_prefix_space"),
                "add_prefix_space is true, which yuyi does not apply to Qwen's tokenizers.",
            ));
        }
        let (added, special) = added_tokens(folder, class, &config)?;
        let side = config.text("truncation_side")?.or(direction);
        Ok(Self {
            bert: match class {
                Class::Bert | Class::MpNet => Some(bert_options(&config)?),
                Class::Roberta | Class::XlmRoberta | Class::Plain => None,
            },
            prefix_space: match class {
                Class::Roberta => Some(config.flag("add_prefix_space")?.unwrap_or(false)),
                Class::Bert | Class::MpNet | Class::XlmRoberta | Class::Plain => None,
            },
            lowercase: SentenceConfig::read(folder)?.lowercase,
            split_special: config.flag("split_special_tokens")?.unwrap_or(false),
            token_types: token_types(&config, class)?,
            cuts_start: side.is_some_and(|side| side.eq_ignore_ascii_case("left")),
            added,
            special,
            named: match class {
                Class::Bert | Class::MpNet | Class::Roberta => named(&config)?,
                Class::XlmRoberta | Class::Plain => Vec::new(),
            },
        })
    }
}

impl Settings {
    /// Refuses a normaliser that transformers 4 takes from tokenizer.json and 5 makes anew of the configuration, unless both do the same
    /// to a text. One that is BERT's alone takes the settings of the configuration in either.
    ///
    /// # Errors
    /// A sentence about it.
    pub(super) fn check_normalizer(&self, own: &Value) -> Result<(), String> {
        let is_plain = own["type"] == BERT_NORMALIZER && own["clean_text"] != false;
        let Some(options) = self.bert.filter(|_| !is_plain) else {
            return Ok(());
        };
        let steps = steps(own);
        let mut steps = &steps[..];
        let is_lowercase = |step: &Value| step["type"] == "Lowercase";
        // It is done in front of all else in either, or once more where BERT's normaliser does it: so sentence-transformers 6 saves what
        // has do_lower_case in its own file.
        if let [first, rest @ ..] = steps
            && is_lowercase(first)
            && (self.lowercase || options.lowercase)
        {
            steps = rest;
        }
        if let [rest @ .., last] = steps
            && is_lowercase(last)
            && options.lowercase
        {
            steps = rest;
        }
        if matches!(steps, [step] if options.are_of(step)) {
            return Ok(());
        }
        let kind = own["type"].as_str().unwrap_or("null");
        Err(format!(
            "its normalizer is {kind}: with a tokenizer of BERT's kind transformers 4 does as it says, and 5 as tokenizer_config.json does \
             (do_lower_case, strip_accents, tokenize_chinese_chars). Set tokenizer_class to PreTrainedTokenizerFast in \
             tokenizer_config.json if it is to count, or else make it the BertNormalizer that 5 makes"
        ))
    }
}

/// By `model_input_names`, where they are listed, else by the class.
fn token_types(config: &Fields, class: Class) -> Result<bool, Error> {
    let names = config.typed("model_input_names", Value::as_array, "a list")?;
    Ok(match names {
        Some(names) => names.iter().any(|name| name == "token_type_ids"),
        None => matches!(class, Class::Bert | Class::Plain),
    })
}

fn named(config: &Fields) -> Result<Vec<NamedToken>, Error> {
    let mut all = Vec::new();
    for name in ["cls_token", "sep_token", "unk_token"] {
        all.extend(config.token(name)?.map(|token| NamedToken {
            name,
            token: token.to_owned(),
            file: config.shown(name).to_owned(),
        }));
    }
    Ok(all)
}

/// The class by tokenizer_config.json, else by config.json, else that of the kind of model.
fn class(folder: &Folder, architecture: Architecture, config: &Fields) -> Result<Class, Error> {
    let model = Fields::of(folder, "config.json")?;
    for file in [config, &model] {
        if let Some(name) = file.text("tokenizer_class")? {
            return class_of(name).ok_or_else(|| {
                let what = format!(
                    "tokenizer_class \"{name}\" is not supported. yuyi knows the tokenizers of BERT, RoBERTa, \
                     XLM-RoBERTa, CamemBERT, MPNet and Qwen, and PreTrainedTokenizerFast."
                );
                Error::unsupported(file.shown("tokenizer_class"), what)
            });
        }
    }
    Ok(match architecture {
        Architecture::Roberta => Class::Roberta,
        Architecture::XlmRoberta | Architecture::Camembert => Class::XlmRoberta,
        Architecture::MpNet => Class::MpNet,
        Architecture::ModernBert | Architecture::Qwen3 => Class::Plain,
        Architecture::Bert | Architecture::Ernie | Architecture::DistilBert | Architecture::Gte => {
            Class::Bert
        }
    })
}

fn class_of(name: &str) -> Option<Class> {
    if [
        "PreTrainedTokenizerFast",
        "PreTrainedTokenizer",
        "TokenizersBackend",
    ]
    .contains(&name)
    {
        return Some(Class::Plain);
    }
    let kind = name.strip_suffix("Fast").unwrap_or(name);
    match kind.strip_suffix("Tokenizer")? {
        "Roberta" => Some(Class::Roberta),
        "XLMRoberta" | "Camembert" => Some(Class::XlmRoberta),
        "MPNet" => Some(Class::MpNet),
        "Qwen2" => Some(Class::Plain),
        kind => LIKE_BERT.contains(&kind).then_some(Class::Bert),
    }
}

fn bert_options(config: &Fields) -> Result<BertOptions, Error> {
    Ok(BertOptions {
        lowercase: config.flag("do_lower_case")?.unwrap_or(true),
        strip_accents: config.flag("strip_accents")?,
        chinese_characters: config.flag("tokenize_chinese_chars")?.unwrap_or(true),
    })
}

/// Tokens of `added_tokens_decoder`, or of the older `added_tokens.json`, in the order of their ids; and the special
/// tokens.
fn added_tokens(
    folder: &Folder,
    class: Class,
    config: &Fields,
) -> Result<(Vec<AddedToken>, Vec<AddedToken>), Error> {
    let listed = config.typed("added_tokens_decoder", Value::as_object, "an object")?;
    let shown = config.shown("added_tokens_decoder");
    let listed = listed.map(|tokens| decoder_tokens(shown, tokens));
    let mut added = match listed {
        Some(tokens) => tokens?,
        None => older_tokens(folder, &special_tokens(class, config)?)?,
    };
    added.sort_by_key(|(id, _)| *id);
    let added = added.into_iter().map(|(_, token)| token).collect();
    Ok((added, special_tokens(class, config)?))
}

fn decoder_tokens(
    shown: &str,
    tokens: &Map<String, Value>,
) -> Result<Vec<(u64, AddedToken)>, Error> {
    let token = |(id, value): (&String, &Value)| {
        let broken = || {
            let what = format!(
                "added_tokens_decoder has \"{id}\": {value}, which is no token with its id."
            );
            Error::file(shown, what)
        };
        let token = value.is_object().then(|| token(value, false)).flatten();
        Ok((id.parse().map_err(|_| broken())?, token.ok_or_else(broken)?))
    };
    tokens.iter().map(token).collect()
}

fn older_tokens(folder: &Folder, specials: &[AddedToken]) -> Result<Vec<(u64, AddedToken)>, Error> {
    let file = "added_tokens.json";
    let tokens: Option<Map<String, Value>> = read_optional_json(folder, file)?;
    let token = |(content, id): (String, Value)| {
        let wrong = || {
            Error::file(
                &folder.show(file),
                format!("\"{content}\" has no id, but {id}."),
            )
        };
        let id = id.as_u64().ok_or_else(wrong)?;
        let special = specials.iter().any(|token| token.content == content);
        Ok((id, AddedToken::from(content, special)))
    };
    tokens.unwrap_or_default().into_iter().map(token).collect()
}

/// The special tokens that the files name, and those of the class where they name none.
fn special_tokens(class: Class, config: &Fields) -> Result<Vec<AddedToken>, Error> {
    let wrong = |name: &str, value: &Value| {
        Error::file(
            config.shown(name),
            format!("{name} has {value}, which is no token."),
        )
    };
    let mut tokens = Vec::new();
    for name in SPECIALS {
        match config.raw(name) {
            None => tokens.extend(usual(class, name)),
            Some(Value::Null) => {}
            Some(value) => tokens.push(token(value, true).ok_or_else(|| wrong(name, value))?),
        }
    }
    for name in LISTS {
        let values: Vec<&Value> = match config.get(name) {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Object(named)) => named.values().collect(),
            Some(other) => return Err(wrong(name, other)),
            None => Vec::new(),
        };
        for value in values {
            tokens.push(token(value, true).ok_or_else(|| wrong(name, value))?);
        }
    }
    Ok(tokens)
}

fn usual(class: Class, name: &str) -> Option<AddedToken> {
    let content = match (class, name) {
        (Class::Bert | Class::MpNet, "unk_token") => "[UNK]",
        (Class::Bert, "sep_token") => "[SEP]",
        (Class::Bert, "pad_token") => "[PAD]",
        (Class::Bert, "cls_token") => "[CLS]",
        (Class::Bert, "mask_token") => "[MASK]",
        (Class::Bert | Class::Plain, _) => return None,
        (_, "bos_token" | "cls_token") => "<s>",
        (_, "eos_token" | "sep_token") => "</s>",
        (_, "unk_token") => "<unk>",
        (_, "pad_token") => "<pad>",
        _ => "<mask>",
    };
    Some(AddedToken::from(content, true).lstrip(content == "<mask>"))
}

/// A token: its text, or an object that holds it.
fn token(value: &Value, special: bool) -> Option<AddedToken> {
    if let Some(content) = value.as_str() {
        return Some(AddedToken::from(content, special));
    }
    let flag = |name: &str, usual: bool| match value.get(name) {
        None | Some(Value::Null) => Some(usual),
        Some(flag) => flag.as_bool(),
    };
    let special = special || flag("special", false)?;
    let token = AddedToken::from(value.get("content")?.as_str()?, special)
        .single_word(flag("single_word", false)?)
        .lstrip(flag("lstrip", false)?)
        .rstrip(flag("rstrip", false)?)
        .normalized(flag("normalized", !special)?);
    Some(token)
}
