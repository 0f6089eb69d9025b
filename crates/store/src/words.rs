//! Texts as the words that they are found by.

use std::collections::HashMap;

use yuyi_language::{folded, is_blank, words};

use crate::collection::WordRules;
use crate::error::{Error, Result};

/// Most words of a collection's dictionary, and of its synonyms.
const MOST_WORDS: usize = 10_000;

/// The number that stands for a word everywhere: the first eight bytes of its BLAKE3 digest. Two of a million words have the same with a
/// probability of one in thirty million.
pub(crate) type Term = u64;

/// The words of a text, each once, with how often it has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Document {
    /// In ascending order of their numbers.
    pub(crate) terms: Vec<(Term, u32)>,
    /// Number of words, each time counted.
    pub(crate) length: u32,
}

/// Cuts texts as a collection wants it: in NFKC and lower case, its own words whole, the rest by the dictionary, synonyms as one word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Analyzer {
    /// The collection's words by their first character, the longest first.
    own: HashMap<char, Vec<String>>,
    /// What stands for a word.
    synonyms: HashMap<String, String>,
}

impl Analyzer {
    pub(crate) fn new(rules: &WordRules) -> Self {
        let mut analyzer = Self::default();
        let synonyms = rules.synonyms.iter().flatten();
        // A synonym that the dictionary cuts in two would never be met.
        for word in rules.words.iter().chain(synonyms).map(|word| folded(word)) {
            if let Some(first) = word.chars().next() {
                analyzer.own.entry(first).or_default().push(word);
            }
        }
        for words in analyzer.own.values_mut() {
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
            words.dedup();
        }
        for list in &rules.synonyms {
            let Some(first) = list.first().map(|word| folded(word)) else {
                continue;
            };
            for word in list {
                analyzer.synonyms.insert(folded(word), first.clone());
            }
        }
        analyzer
    }

    /// The words of a text.
    pub(crate) fn document(&self, text: &str) -> Document {
        let text = folded(text);
        let mut counts: HashMap<Term, u32> = HashMap::new();
        let mut length = 0;
        self.each(&text, |word| {
            let word = self.synonyms.get(word).map_or(word, String::as_str);
            *counts.entry(term(word)).or_default() += 1;
            length += 1;
        });
        let mut terms: Vec<(Term, u32)> = counts.into_iter().collect();
        terms.sort_unstable();
        Document { terms, length }
    }

    /// Calls `found` with each word of a folded text.
    fn each<'a>(&self, text: &'a str, mut found: impl FnMut(&'a str)) {
        if self.own.is_empty() {
            return words(text).into_iter().for_each(|word| found(word.text));
        }
        let mut from = 0;
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            match self.own_word(&text[at..], first) {
                None => at += first.len_utf8(),
                Some(length) => {
                    words(&text[from..at])
                        .into_iter()
                        .for_each(|word| found(word.text));
                    found(&text[at..at + length]);
                    at += length;
                    from = at;
                }
            }
        }
        words(&text[from..])
            .into_iter()
            .for_each(|word| found(word.text));
    }

    /// Bytes of the collection's longest word that `rest` begins with.
    fn own_word(&self, rest: &str, first: char) -> Option<usize> {
        let words = self.own.get(&first)?;
        // Latin words end where letters end: "app" is no word of "apple".
        let ends = |word: &&String| {
            let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            !(latin(word.chars().next_back()) && latin(rest[word.len()..].chars().next()))
        };
        let word = words
            .iter()
            .filter(|word| rest.starts_with(word.as_str()))
            .find(ends)?;
        Some(word.len())
    }
}

fn term(word: &str) -> Term {
    let digest = blake3::hash(word.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_bytes()[..8]);
    u64::from_le_bytes(first)
}

impl WordRules {
    /// Whether the rules hold.
    ///
    /// # Errors
    /// The field that breaks one.
    pub fn check(&self) -> Result<()> {
        let synonyms = || self.synonyms.iter().enumerate();
        let all = self.words.len() + synonyms().map(|(_, list)| list.len()).sum::<usize>();
        if all > MOST_WORDS {
            let reason =
                format!("There are {all} words with the synonyms; at most {MOST_WORDS} are kept.");
            return Err(Error::invalid("words", reason));
        }
        let blank = |word: &String| is_blank(word);
        if let Some(i) = self.words.iter().position(blank) {
            return Err(Error::invalid(
                format!("words[{i}]"),
                "It is empty or blank.",
            ));
        }
        for (i, list) in synonyms() {
            if let Some(j) = list.iter().position(blank) {
                return Err(Error::invalid(
                    format!("synonyms[{i}][{j}]"),
                    "It is empty or blank.",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(rules: &WordRules, text: &str) -> String {
        let text = folded(text);
        let mut found = Vec::new();
        Analyzer::new(rules).each(&text, |word| found.push(word.to_owned()));
        found.join("|")
    }

    #[test]
    fn own_words_stay_whole_and_the_rest_goes_by_the_dictionary() {
        let rules = WordRules {
            words: vec!["云梯计划".into(), "云梯".into(), "App".into()],
            synonyms: vec![],
        };
        assert_eq!(
            cut(&WordRules::default(), "云梯计划ＡＰＰ在哪"),
            "云梯|计划|app|在|哪"
        );
        assert_eq!(cut(&rules, "云梯计划ＡＰＰ在哪"), "云梯计划|app|在|哪");
        assert_eq!(cut(&rules, "apple的云梯"), "apple|的|云梯");
    }

    #[test]
    fn synonyms_are_one_word() {
        let rules = WordRules {
            words: vec![],
            synonyms: vec![vec!["发票".into(), "Invoice".into(), "税票".into()]],
        };
        let analyzer = Analyzer::new(&rules);
        assert_eq!(analyzer.document("开发票"), analyzer.document("开税票"));
        assert_eq!(analyzer.document("invoice"), analyzer.document("发票"));
        assert_ne!(
            Analyzer::default().document("invoice"),
            analyzer.document("invoice")
        );
    }

    #[test]
    fn words_are_counted() {
        let document = Analyzer::default().document("退货，退货；要多久");
        assert_eq!(
            document.length,
            document.terms.iter().map(|(_, n)| n).sum::<u32>()
        );
        assert!(document.terms.contains(&(term("退货"), 2)));
        assert!(document.terms.is_sorted());
        assert_eq!(Analyzer::default().document("。"), Document::default());
    }

    #[test]
    fn rules_name_the_field() {
        let rules = WordRules {
            words: vec!["a".into()],
            synonyms: vec![vec!["b".into(), " ".into()]],
        };
        let error = rules.check().unwrap_err().to_string();
        assert_eq!(error, "synonyms[0][1]: It is empty or blank.");
    }
}
