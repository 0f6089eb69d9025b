//! Token ids against those of independent implementations (`scripts/make_token_fixtures`),
//! and the built-in normaliser against its map.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokenizers::{NormalizedString, Normalizer, Tokenizer};
use yuyi_encoder::{Folder, LongText, ModelSpec, Pooling, SpecDefaults, TextTokenizer};

const MAX_TOKENS: usize = 512;

/// One line of awkward.jsonl.
#[derive(Deserialize)]
struct Case {
    name: String,
    text: Option<String>,
    repeat: Option<String>,
    count: Option<usize>,
    /// Absent where the answer depends on the age of an implementation's Unicode tables.
    bert_small: Option<Vec<u32>>,
    builtin: Vec<u32>,
}

impl Case {
    fn text(&self) -> String {
        match (&self.text, &self.repeat, self.count) {
            (Some(text), None, None) => text.clone(),
            (None, Some(unit), Some(count)) => unit.repeat(count),
            _ => panic!("{}: neither a text nor a repeated one", self.name),
        }
    }
}

#[test]
fn bert_ids_equal_the_reference() {
    let cases = cases();
    let with_ids = cases
        .iter()
        .filter_map(|case| Some((case, case.bert_small.as_ref()?)));
    let compared = compare("tests/fixtures/tokens/bert-small", with_ids);
    assert!(compared >= 80, "only {compared} cases");
}

#[test]
fn builtin_ids_equal_the_reference() {
    let cases = cases();
    let with_ids = cases.iter().map(|case| (case, &case.builtin));
    let compared = compare("models/builtin", with_ids);
    assert!(compared >= 80, "only {compared} cases");
}

#[test]
fn long_texts_are_cut_before_the_closing_token() {
    let tokenizer = load("tests/fixtures/tokens/bert-small");
    for (characters, truncated) in [(509, false), (510, false), (511, true), (10_000, true)] {
        let tokens = tokenizer
            .encode("", &"字".repeat(characters), LongText::CutEnd)
            .unwrap();
        assert_eq!(tokens.truncated, truncated, "{characters} characters");
        assert_eq!(tokens.ids.len(), (characters + 2).min(MAX_TOKENS));
        assert_eq!(tokens.ids.first(), Some(&2), "[CLS]");
        assert_eq!(tokens.ids.last(), Some(&3), "[SEP]");
    }
}

#[test]
fn unknown_tokens_are_counted() {
    let (bert, builtin) = (
        load("tests/fixtures/tokens/bert-small"),
        load("models/builtin"),
    );
    assert_eq!(
        bert.encode("", "龘天𠀋", LongText::CutEnd).unwrap().unknown,
        2
    );
    assert_eq!(
        bert.encode("", "今天", LongText::CutEnd).unwrap().unknown,
        0
    );
    // Neighbours are one unknown token in a Unigram model.
    assert_eq!(
        builtin
            .encode("", "𠀋𠀋天𠀋", LongText::CutEnd)
            .unwrap()
            .unknown,
        2
    );
    assert_eq!(
        builtin
            .encode("", "今天", LongText::CutEnd)
            .unwrap()
            .unknown,
        0
    );
}

#[test]
fn the_beginning_may_be_cut_instead_of_the_end() {
    let tokenizer = load("tests/fixtures/tokens/bert-small");
    let text = format!("{}{}", "字".repeat(600), "今".repeat(100));
    let cut = |long_text| tokenizer.encode("", &text, long_text).unwrap();
    let (end, start) = (cut(LongText::CutEnd), cut(LongText::CutStart));
    assert!(end.truncated && start.truncated);
    let (first, last) = (end.ids[1], start.ids[510]);
    assert_ne!(first, last);
    assert_eq!(end.ids, [&[2], &vec![first; 510][..], &[3]].concat());
    let words = [vec![first; 410], vec![last; 100]].concat();
    assert_eq!(start.ids, [&[2], &words[..], &[3]].concat());
}

#[test]
fn windows_hold_all_of_a_long_text_and_each_has_the_prompt() {
    const HEAD: usize = 4;
    let tokenizer = load("models/builtin");
    let read = |text: &str| tokenizer.encode("query: ", text, LongText::Mean).unwrap();
    let short = read("今天天气真不错");
    assert!(short.further.is_empty() && !short.truncated);
    // <s> and the tokens of the prompt.
    let head = &short.ids[..HEAD];
    let long = read(&"今天天气真不错。".repeat(400));
    assert!(!long.truncated);
    let lengths: Vec<usize> = long.windows().map(<[u32]>::len).collect();
    assert!(lengths.len() > 2, "{lengths:?}");
    let longest = lengths.iter().max().unwrap();
    assert!(*longest <= MAX_TOKENS && longest - lengths.iter().min().unwrap() <= 1);
    assert!(
        long.windows()
            .all(|ids| ids.starts_with(head) && ids.ends_with(&[2]))
    );
    let words: Vec<u32> = long
        .windows()
        .flat_map(|ids| ids[HEAD..ids.len() - 1].to_vec())
        .collect();
    let whole = tokenizer
        .pieces("query: ", &"今天天气真不错。".repeat(400), false)
        .unwrap();
    let whole: Vec<u32> = whole[HEAD - 1..].iter().map(|piece| piece.id).collect();
    assert!(words == whole, "no token is lost or read twice");
}

#[test]
fn pieces_say_where_they_come_from() {
    let tokenizer = load("tests/fixtures/tokens/bert-small");
    let text = "今天 AI龘";
    let pieces = tokenizer.pieces("", text, true).unwrap();
    assert_eq!(
        (pieces[0].special, pieces[0].text.as_str(), pieces[0].end),
        (true, "[CLS]", 0)
    );
    for piece in &pieces[1..pieces.len() - 1] {
        assert!(!piece.special);
        assert_eq!(piece.text, text[piece.start..piece.end]);
    }
    let ids: Vec<u32> = pieces.iter().map(|piece| piece.id).collect();
    assert_eq!(
        ids,
        tokenizer.encode("", text, LongText::CutEnd).unwrap().ids
    );
    let bare = tokenizer.pieces("", text, false).unwrap();
    assert_eq!(bare[..], pieces[1..pieces.len() - 1]);
}

/// A prompt is part of the text: the join has no boundary of its own.
#[test]
fn a_prompt_is_read_with_the_text() {
    let tokenizer = load("models/builtin");
    let apart = tokenizer
        .encode("query: ", "今天", LongText::CutEnd)
        .unwrap();
    let joined = tokenizer
        .encode("", "query: 今天", LongText::CutEnd)
        .unwrap();
    assert_eq!(apart, joined);
    assert_ne!(
        apart,
        tokenizer.encode("", "今天", LongText::CutEnd).unwrap()
    );
}

/// Every code point becomes what the map says, or stays as it is; then runs of spaces
/// become one space.
#[test]
fn builtin_normaliser_equals_its_map() {
    let map = normaliser_map();
    let tokenizer = Tokenizer::from_file(repository().join("models/builtin/tokenizer.json"));
    let tokenizer = tokenizer.unwrap();
    let normaliser = tokenizer.get_normalizer().unwrap();
    let (mut compared, mut replaced) = (0, 0);
    for character in '\0'..=char::MAX {
        let mut found = NormalizedString::from(character.to_string());
        normaliser.normalize(&mut found).unwrap();
        let expected = match map.get(&character) {
            Some(text) => collapse_spaces(text),
            None => character.to_string(),
        };
        assert_eq!(found.get(), expected, "U+{:04X}", u32::from(character));
        compared += 1;
        replaced += usize::from(map.contains_key(&character));
    }
    assert_eq!(compared, 0x11_0000 - 0x800);
    assert_eq!(replaced, map.len());
}

/// Asserts the ids of each case; returns the number of cases.
fn compare<'a>(folder: &str, cases: impl Iterator<Item = (&'a Case, &'a Vec<u32>)>) -> usize {
    let tokenizer = load(folder);
    let mut count = 0;
    for (case, expected) in cases {
        let found = tokenizer
            .encode("", &case.text(), LongText::CutEnd)
            .unwrap();
        assert_eq!(&found.ids, expected, "{folder}: {}", case.name);
        count += 1;
    }
    count
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(repository().join("tests/fixtures/tokens/awkward.jsonl"));
    let text = text.unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Replacements by code point.
fn normaliser_map() -> HashMap<char, String> {
    let file = repository().join("tests/fixtures/tokens/builtin-normaliser.tsv");
    let text = std::fs::read_to_string(file).unwrap();
    let map: HashMap<char, String> = text
        .lines()
        .map(|line| {
            let (from, to) = line.split_once('\t').unwrap();
            (
                character(from),
                to.split(' ')
                    .filter(|hex| !hex.is_empty())
                    .map(character)
                    .collect(),
            )
        })
        .collect();
    assert!(map.len() > 4_000, "only {} replacements", map.len());
    map
}

fn character(hex: &str) -> char {
    char::from_u32(u32::from_str_radix(hex, 16).unwrap()).unwrap()
}

fn collapse_spaces(text: &str) -> String {
    let mut result = text.to_owned();
    while result.contains("  ") {
        result = result.replace("  ", " ");
    }
    result
}

fn load(folder: &str) -> TextTokenizer {
    let folder = Folder::open(repository().join(folder)).unwrap();
    // Tokens do not depend on the pooling.
    let defaults = SpecDefaults {
        pooling: Some(Pooling::Cls),
        ..SpecDefaults::default()
    };
    let spec = ModelSpec::read(&folder, &defaults).unwrap();
    assert_eq!(spec.max_tokens, MAX_TOKENS);
    TextTokenizer::load(&folder, &spec).unwrap()
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
