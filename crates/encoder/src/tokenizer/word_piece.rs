//! BERT's WordPiece tokenizer from a `vocab.txt`.

use super::fields::Fields;
use crate::error::Error;
use crate::folder::Folder;
use crate::json::{check_contents, without_mark};
use serde_json::{Map, Value, json};

/// The contents of the `tokenizer.json` that says the same as the folder's `vocab.txt`.
pub(super) fn from_vocab(folder: &Folder) -> Result<Vec<u8>, Error> {
    let shown = folder.show("vocab.txt");
    let vocabulary = read_vocabulary(folder, &shown)?;
    let file = tokenizer_json(&shown, vocabulary, &Fields::read(folder)?)?;
    Ok(file.to_string().into_bytes())
}

/// The ids of the tokens. One that is listed twice has the id of its last line, as in Python's dictionary.
fn read_vocabulary(folder: &Folder, shown: &str) -> Result<Map<String, Value>, Error> {
    let bytes = folder.read("vocab.txt")?;
    check_contents(shown, &bytes)?;
    let text = std::str::from_utf8(without_mark(&bytes))
        .map_err(|e| Error::file(shown, format!("it is not UTF-8: {e}.")))?;
    if let Some((line, token)) = (1..)
        .zip(text.lines())
        .find(|(_, token)| has_blank_behind(token))
    {
        let what = format!(
            "{token:?} in line {line} ends with a blank, which transformers 4 keeps and 5 takes off. Take it off, if it is not meant."
        );
        return Err(Error::unsupported(shown, what));
    }
    let tokens = text.lines().enumerate();
    Ok(tokens
        .map(|(id, token)| (token.to_owned(), id.into()))
        .collect())
}

/// Whether a token is another without its end. One of blanks alone is in no word, such as the `##\u{2028}` that the vocabulary of
/// bert-base-chinese has, and with it those of most Chinese models.
fn has_blank_behind(token: &str) -> bool {
    let trimmed = token.trim_end();
    !matches!(trimmed, "" | "##") && trimmed != token
}

fn tokenizer_json(
    shown: &str,
    vocabulary: Map<String, Value>,
    settings: &Fields,
) -> Result<Value, Error> {
    let special = |name, usual| special_token(shown, &vocabulary, settings.token(name)?, usual);
    let unk = special("unk_token", "[UNK]")?;
    let cls = special("cls_token", "[CLS]")?;
    let sep = special("sep_token", "[SEP]")?;
    // Nothing that yuyi does needs these two, so a vocabulary may lack them.
    let optional = [
        special("pad_token", "[PAD]").ok(),
        special("mask_token", "[MASK]").ok(),
    ];
    let needed = [&unk, &cls, &sep].into_iter();
    let added = needed.chain(optional.iter().flatten()).map(added_token);
    Ok(json!({
        "version": "1.0",
        "added_tokens": added.collect::<Vec<Value>>(),
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": settings.flag("tokenize_chinese_chars")?.unwrap_or(true),
            "strip_accents": settings.flag("strip_accents")?,
            "lowercase": settings.flag("do_lower_case")?.unwrap_or(true),
        },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": { "type": "BertProcessing", "sep": sep, "cls": cls },
        "model": {
            "type": "WordPiece",
            "unk_token": unk.0,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    }))
}

/// The special token that the settings name, or that of this family, with its id.
fn special_token(
    shown: &str,
    vocabulary: &Map<String, Value>,
    named: Option<&str>,
    usual: &str,
) -> Result<(String, Value), Error> {
    let token = named.unwrap_or(usual);
    match vocabulary.get(token) {
        Some(id) => Ok((token.to_owned(), id.clone())),
        None => Err(Error::file(
            shown,
            format!("the special token {token} is not in it."),
        )),
    }
}

fn added_token((content, id): &(String, Value)) -> Value {
    json!({
        "id": id, "content": content, "single_word": false,
        "lstrip": false, "rstrip": false, "normalized": false, "special": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::folder;
    use tokenizers::Tokenizer;

    const VOCABULARY: &str =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\nhello\nHello\n你\n好\n##好\ncafe\ncafé\n<x>\n";

    fn ids(vocabulary: &str, files: &[(&str, Value)], text: &str) -> Vec<u32> {
        let texts: Vec<String> = files.iter().map(|(_, json)| json.to_string()).collect();
        let mut all = vec![("vocab.txt", vocabulary.as_bytes())];
        all.extend(
            files
                .iter()
                .zip(&texts)
                .map(|((name, _), text)| (*name, text.as_bytes())),
        );
        let json = from_vocab(&folder(&all)).unwrap();
        let tokenizer = Tokenizer::from_bytes(json).unwrap();
        tokenizer
            .encode_fast(text, true)
            .unwrap()
            .get_ids()
            .to_vec()
    }

    const CONFIG: &str = "tokenizer_config.json";
    const MAP: &str = "special_tokens_map.json";

    #[test]
    fn without_settings_it_is_berts_own() {
        assert_eq!(
            ids(VOCABULARY, &[], "Hello 你好 Café 龘"),
            [2, 4, 6, 7, 9, 1, 3]
        );
    }

    #[test]
    fn case_accents_and_characters_by_tokenizer_config() {
        let config = |json| [(CONFIG, json)];
        let cased = config(json!({"do_lower_case": false}));
        assert_eq!(ids(VOCABULARY, &cased, "Hello café"), [2, 5, 10, 3]);
        let accents = config(json!({"do_lower_case": true, "strip_accents": false}));
        assert_eq!(ids(VOCABULARY, &accents, "HELLO CAFÉ"), [2, 4, 10, 3]);
        let joined = config(json!({"tokenize_chinese_chars": false}));
        assert_eq!(ids(VOCABULARY, &joined, "你好"), [2, 6, 8, 3]);
    }

    #[test]
    fn special_tokens_by_either_file() {
        let token = json!({"content": "<x>", "lstrip": false, "normalized": false});
        let map = [(MAP, json!({"cls_token": token, "unk_token": "hello"}))];
        assert_eq!(ids(VOCABULARY, &map, "你龘"), [11, 6, 4, 3]);
        // Where both say something, special_tokens_map.json is heard, unless the other has the tokens with their ids.
        let both = [(CONFIG, json!({"cls_token": "[CLS]"})), map[0].clone()];
        assert_eq!(ids(VOCABULARY, &both, "你龘"), [11, 6, 4, 3]);
        let newer = json!({"cls_token": "[CLS]", "added_tokens_decoder": {}});
        let newer = [(CONFIG, newer), map[0].clone()];
        assert_eq!(ids(VOCABULARY, &newer, "你龘"), [2, 6, 1, 3]);
    }

    #[test]
    fn special_tokens_are_read_in_texts() {
        assert_eq!(ids(VOCABULARY, &[], "你[SEP]好"), [2, 6, 3, 7, 3]);
    }

    #[test]
    fn a_token_with_a_blank_behind_it_is_refused() {
        for (token, is_refused) in [
            ("天 ", true),
            ("天\u{3000}", true),
            ("天\t", true),
            (" 天", false),
            (" ", false),
            ("\u{3000}", false),
            ("##\u{2028}", false),
            ("##天\u{2028}", true),
            ("", false),
        ] {
            let file = format!("{VOCABULARY}{token}\n");
            let made = from_vocab(&folder(&[("vocab.txt", file.as_bytes())]));
            assert_eq!(made.is_err(), is_refused, "{token:?}");
            if let Err(error) = made {
                let expected = format!("{token:?} in line 13 ends with a blank");
                assert!(error.to_string().contains(&expected), "{error}");
            }
        }
    }

    #[test]
    fn lines_of_other_systems_and_repeated_tokens() {
        let windows = VOCABULARY.replace('\n', "\r\n");
        assert_eq!(ids(&windows, &[], "hello 你"), [2, 4, 6, 3]);
        let repeated = format!("{VOCABULARY}你\n");
        assert_eq!(ids(&repeated, &[], "你"), [2, 12, 3]);
    }
}
