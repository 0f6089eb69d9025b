//! Results of FunASR: a text of the whole recording, with its sentences beside it, or with the times of its words alone.

use serde_json::Value;
use yuyi_language::is_han;

use super::{Said, joined, moment, text};

/// With what sentences end.
const ENDS: [char; 7] = ['。', '？', '！', '；', '?', '!', ';'];

/// The remarks of a result, or of several in a list; `None`: it is none.
pub(super) fn said(value: &Value) -> Option<Vec<Said>> {
    let results = match value {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let is_list = value.is_array();
    let is_first = results
        .first()
        .is_some_and(|first| is_result(first, is_list));
    is_first.then(|| results.iter().flat_map(of_result).collect())
}

/// Whether a value is the text of a recording with what is known of its sentences or words. A sentence by itself says where it starts; an object with sentences is written
/// back as it is, so only where it stands in a list it is read here.
fn is_result(value: &Value, is_in_list: bool) -> bool {
    let is_sentence = value.get("start").is_some() || value.get("spk").is_some();
    let has_sentences = is_filled(value.get("sentence_info")) && is_in_list;
    let has_more = has_sentences || is_filled(value.get("stamp_sents")) || times(value).len() > 1;
    value.get("text").is_some_and(Value::is_string)
        && !is_sentence
        && has_more
        && (is_in_list || value.get("sentence_info").is_none_or(Value::is_null))
}

fn is_filled(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty())
}

fn of_result(result: &Value) -> Vec<Said> {
    let sentences = |key: &str| {
        result
            .get(key)
            .and_then(Value::as_array)
            .filter(|list| !list.is_empty())
    };
    if let Some(sentences) = sentences("sentence_info") {
        let said = |sentence: &Value| {
            Said::of(sentence.get("spk"), start(sentence), text(sentence, "text"))
        };
        return sentences.iter().map(said).collect();
    }
    if let Some(sentences) = sentences("stamp_sents") {
        let said = |sentence: &Value| {
            // Its words have blanks between them.
            let words = joined(text(sentence, "text_seg").split_whitespace());
            let all = words + text(sentence, "punc");
            Said::of(None, moment(sentence.get("start"), 1.0), &all)
        };
        return sentences.iter().map(said).collect();
    }
    of_words(text(result, "text"), &times(result))
}

/// When a sentence starts. Some versions write the start of its last word there; the first of its words tells.
fn start(sentence: &Value) -> Option<f64> {
    let told = moment(sentence.get("start"), 1.0);
    let of_words = sentence
        .get("timestamp")
        .and_then(|times| moment(times.pointer("/0/0"), 1.0));
    match (told, of_words) {
        (Some(told), Some(first)) => Some(told.min(first)),
        (told, first) => told.or(first),
    }
}

/// The starts of words, in milliseconds; some programs write the list as a text.
fn times(result: &Value) -> Vec<f64> {
    let pairs = match result.get("timestamp") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(list) => list.clone(),
        None => Value::Null,
    };
    let pairs = pairs.as_array().map(Vec::as_slice).unwrap_or_default();
    let starts: Option<Vec<f64>> = pairs.iter().map(|pair| moment(pair.get(0), 1.0)).collect();
    starts.unwrap_or_default()
}

/// The sentences of a text, with their starts where it has as many words as there are times.
fn of_words(text: &str, times: &[f64]) -> Vec<Said> {
    let mut words = 0;
    let mut sentences: Vec<(usize, String)> = vec![(0, String::new())];
    let mut is_in_word = false;
    for character in text.chars() {
        let is_letter = !is_han(character) && (character.is_alphanumeric() || character == '\'');
        let begins = is_han(character) || is_letter && !is_in_word;
        if let Some((first, sentence)) = sentences.last_mut() {
            if sentence.trim().is_empty() && begins {
                *first = words;
            }
            sentence.push(character);
        }
        is_in_word = is_letter;
        words += usize::from(begins);
        if ENDS.contains(&character) {
            sentences.push((words, String::new()));
        }
    }
    let are_known = words == times.len();
    let said = |(at, (first, sentence)): (usize, (usize, String))| {
        let start = times.get(first).copied().filter(|_| are_known || at == 0);
        Said::of(None, start, &sentence)
    };
    let said = sentences.into_iter().enumerate().map(said);
    said.filter(Said::is_something).collect()
}
