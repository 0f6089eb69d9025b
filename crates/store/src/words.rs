//! Texts as the words that they are found by.

mod lexicon;
mod own;

use std::collections::{BTreeSet, HashMap, HashSet};

use yuyi_language::{folded, is_blank, words};

pub(crate) use self::lexicon::Lexicon;
use self::own::OwnWords;
use crate::collection::WordRules;
use crate::error::{Error, Result};

/// Most words of a collection's dictionary, and of its synonyms.
const MOST_WORDS: usize = 10_000;

/// Most characters of one.
const LONGEST_WORD: usize = 100;

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

/// Cuts texts as a collection wants it: in NFKC and lower case, its own words whole and in parts, the rest by the dictionary, synonyms as one word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Analyzer {
    own: OwnWords,
    /// What stands for a word.
    synonyms: HashMap<String, String>,
}

/// What one of the collection's words consists of.
struct Parts<'a> {
    /// Other words that it has.
    words: Vec<&'a str>,
    /// Words that the dictionary cuts it into.
    length: u32,
}

impl Analyzer {
    pub(crate) fn new(rules: &WordRules) -> Self {
        // A synonym that the dictionary cuts in two would never be met.
        let own = rules.words.iter().chain(rules.synonyms.iter().flatten());
        let own = OwnWords::new(own.map(|word| folded(word)).collect());
        let mut synonyms = HashMap::new();
        for list in meanings(&rules.synonyms) {
            for word in &list {
                synonyms.insert(word.clone(), list[0].clone());
            }
        }
        Self { own, synonyms }
    }

    /// The words of a text.
    pub(crate) fn document(&self, text: &str) -> Document {
        let text = folded(text);
        let mut counts: HashMap<Term, u32> = HashMap::new();
        let mut length = 0;
        // A long text may have one of the collection's words thousands of times, and this hundreds of parts.
        let mut own: HashMap<usize, u32> = HashMap::new();
        self.each(&text, |word, number| match number {
            Some(number) => *own.entry(number).or_default() += 1,
            None => {
                *counts.entry(term(self.meaning(word))).or_default() += 1;
                length += 1;
            }
        });
        for (number, times) in own {
            let word = self.own.word(number);
            let parts = self.parts(word);
            let meaning = self.meaning(word);
            let of_parts = parts.words.iter().map(|part| self.meaning(part));
            // What means the same as the whole is not there once more.
            let others = of_parts.filter(|part| *part != meaning);
            for word in std::iter::once(meaning).chain(others) {
                *counts.entry(term(word)).or_default() += times;
            }
            // A text is no longer for a word that was taught: it is held back for no more words than it has.
            length += times * parts.length;
        }
        let mut terms: Vec<(Term, u32)> = counts.into_iter().collect();
        terms.sort_unstable();
        Document { terms, length }
    }

    fn meaning<'a>(&'a self, word: &'a str) -> &'a str {
        self.synonyms.get(word).map_or(word, String::as_str)
    }

    /// Calls `found` with each word of a folded text, with the numbers of those that are the collection's own.
    fn each<'a>(&self, text: &'a str, mut found: impl FnMut(&'a str, Option<usize>)) {
        let (mut from, mut at) = (0, 0);
        while let Some(next) = text[at..].chars().next().filter(|_| !self.own.is_empty()) {
            let Some(number) = self.own.longest_at(text, at) else {
                at += next.len_utf8();
                continue;
            };
            let end = at + self.own.word(number).len();
            for word in words(&text[from..at]) {
                found(word.text, None);
            }
            found(&text[at..end], Some(number));
            (at, from) = (end, end);
        }
        for word in words(&text[from..]) {
            found(word.text, None);
        }
    }

    /// What one of the collection's words consists of: the words of the dictionary by which texts that have it were found before it was taught, 电子 and 发票 of
    /// 电子发票, and others of the collection that stand in it, by which they would be found had it not been taught, 发票 of 开发票.
    fn parts<'a>(&'a self, word: &'a str) -> Parts<'a> {
        let of_dictionary = words(word).into_iter().map(|part| part.text);
        let mut parts: Vec<&str> = of_dictionary.collect();
        let length = parts.len().max(1) as u32;
        parts.retain(|part| *part != word);
        let places = word.char_indices();
        let own: BTreeSet<usize> = places.flat_map(|(at, _)| self.own.at(word, at)).collect();
        let known: HashSet<&str> = parts.iter().copied().chain([word]).collect();
        let own = own.into_iter().map(|number| self.own.word(number));
        parts.extend(own.filter(|part| !known.contains(part)));
        Parts {
            words: parts,
            length,
        }
    }
}

/// Synonyms by their meanings, folded: lists that share a word are one, at the place of the first of them.
fn meanings(synonyms: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut lists: Vec<Vec<String>> = Vec::new();
    let mut list_of: HashMap<String, usize> = HashMap::new();
    for words in synonyms {
        let words: Vec<String> = words.iter().map(|word| folded(word)).collect();
        let mut known: Vec<usize> = words
            .iter()
            .filter_map(|word| list_of.get(word).copied())
            .collect();
        known.sort_unstable();
        known.dedup();
        let place = known.first().copied().unwrap_or(lists.len());
        let others = known
            .iter()
            .skip(1)
            .map(|&other| std::mem::take(&mut lists[other]));
        let joined: Vec<String> = others.flatten().chain(words).collect();
        if place == lists.len() {
            lists.push(Vec::new());
        }
        for word in joined {
            if list_of.insert(word.clone(), place) != Some(place) {
                lists[place].push(word);
            }
        }
    }
    lists.retain(|list| !list.is_empty());
    lists
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
        for (i, word) in self.words.iter().enumerate() {
            check_word(word).map_err(|error| error.within(&format!("words[{i}]")))?;
        }
        for (i, list) in synonyms() {
            let place = format!("synonyms[{i}]");
            if list.is_empty() {
                return Err(Error::invalid(place, "It is empty."));
            }
            for (j, word) in list.iter().enumerate() {
                check_word(word).map_err(|error| error.within(&format!("{place}[{j}]")))?;
            }
        }
        Ok(())
    }
}

fn check_word(word: &str) -> Result<()> {
    if is_blank(word) {
        return Err(Error::invalid("", "It is empty or blank."));
    }
    let length = word.chars().count();
    match length > LONGEST_WORD {
        true => {
            let reason = format!("It has {length} characters; a word has at most {LONGEST_WORD}.");
            Err(Error::invalid("", reason))
        }
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(rules: &WordRules, text: &str) -> String {
        let text = folded(text);
        let mut found = Vec::new();
        let analyzer = Analyzer::new(rules);
        analyzer.each(&text, |word, number| {
            let parts = number.map(|_| analyzer.parts(word).words);
            let parts = match parts.unwrap_or_default()[..] {
                [] => String::new(),
                ref parts => format!("({})", parts.join(" ")),
            };
            found.push(format!("{word}{parts}"));
        });
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
        assert_eq!(
            cut(&rules, "云梯计划ＡＰＰ在哪"),
            "云梯计划(云梯 计划)|app|在|哪"
        );
        assert_eq!(cut(&rules, "apple的云梯"), "apple|的|云梯");
    }

    #[test]
    fn a_word_that_is_taught_hides_none_of_its_parts() {
        let rules = WordRules {
            words: vec!["电子发票".into()],
            synonyms: vec![vec!["开票".into(), "开具发票".into()]],
        };
        let (analyzer, before) = (Analyzer::new(&rules), Analyzer::default());
        for text in ["是否支持开具发票？", "电子发票在哪里下载", "发票抬头怎么改"]
        {
            let (now, old) = (analyzer.document(text), before.document(text));
            assert!(now.terms.contains(&(term("发票"), 1)), "{text}");
            assert!(old.terms.iter().all(|of| now.terms.contains(of)), "{text}");
            assert_eq!(now.length, old.length, "{text}");
        }
        let whole = |text: &str| {
            let has = |word| analyzer.document(text).terms.contains(&(term(word), 1));
            (has("电子发票"), has("开票"))
        };
        assert_eq!(whole("电子发票在哪里下载"), (true, false));
        assert_eq!(whole("是否支持开具发票？"), (false, true));
        assert_eq!(whole("电子的发票"), (false, false));
    }

    #[test]
    fn a_part_that_is_taught_too_is_a_part_as_before() {
        let list = |words: &str| words.split_whitespace().map(String::from).collect();
        for (own, synonyms, text, question) in [
            ("电子发票 发票", "", "电子发票怎么开", "发票"),
            ("电子发票", "发票 票据", "电子发票怎么开", "发票"),
            ("电子发票", "发票 票据", "电子发票怎么开", "票据"),
            (
                "专用发票 电子发票",
                "发票 票据",
                "专用发票要什么资料",
                "票据",
            ),
            // Whether the dictionary has it or not.
            ("发票 开发票", "", "怎么开发票？", "发票"),
            ("发票 开发票", "", "怎么开发票？", "开发票"),
            ("云梯 云梯计划 云梯计划书", "", "云梯计划书在哪", "云梯计划"),
            ("my-app app", "", "my-app 下载", "app"),
        ] {
            let rules = WordRules {
                words: list(own),
                synonyms: [list(synonyms)]
                    .into_iter()
                    .filter(|l: &Vec<_>| !l.is_empty())
                    .collect(),
            };
            let analyzer = Analyzer::new(&rules);
            let (text, asked) = (analyzer.document(text), term(analyzer.meaning(question)));
            assert!(text.terms.contains(&(asked, 1)), "{own}: {question}");
            assert!(analyzer.document(question).terms.contains(&(asked, 1)));
        }
        let rules = WordRules {
            words: list("app myapp 发票 发票台"),
            synonyms: vec![list("电子发票 发票")],
        };
        // Letters go on, and what means the same as the whole is there once.
        assert_eq!(cut(&rules, "myapp"), "myapp");
        let analyzer = Analyzer::new(&rules);
        let text = analyzer.document("电子发票");
        assert!(text.terms.contains(&(term("电子发票"), 1)), "{text:?}");
        assert_eq!((text.terms.len(), text.length), (2, 2));
        // Of a part that stands in two words each counts.
        let two = analyzer.document("发票台，发票台");
        assert!(two.terms.contains(&(term("电子发票"), 2)), "{two:?}");
    }

    #[test]
    fn many_words_cost_a_long_text_little() {
        let rules = WordRules {
            words: (0..10_000)
                .map(|i| format!("{}{i:05}", "发".repeat(90)))
                .collect(),
            synonyms: vec![],
        };
        let time = |rules: &WordRules| {
            let analyzer = Analyzer::new(rules);
            let start = std::time::Instant::now();
            assert!(analyzer.document(&"发".repeat(99_000)).length > 0);
            start.elapsed()
        };
        let without = time(&WordRules::default());
        let with = time(&rules);
        println!("without {without:?}, with {with:?}");
        // It was a minute.
        let most = 10 * without + std::time::Duration::from_secs(1);
        assert!(with < most, "{with:?}, without {without:?}");
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
    fn own_words_stand_between_words() {
        let rules = WordRules {
            words: vec!["5G".into(), "app".into(), "да".into(), "C++".into()],
            synonyms: vec![vec!["AI".into(), "人工智能".into()]],
        };
        for (text, expected) in [
            ("Shanghai 天气", "shanghai|天气"),
            ("Mumbai office", "mumbai|office"),
            ("15G 流量包", "15g|流量|包"),
            ("myapp 下载", "myapp|下载"),
            ("дача, беда, да", "дача|беда|да"),
            ("中国5G流量", "中国|5g|流量"),
            ("用AI写app吧", "用|ai|写|app|吧"),
            ("学C++的", "学|c++|的"),
        ] {
            assert_eq!(cut(&rules, text), expected, "{text}");
        }
    }

    #[test]
    fn lists_that_share_a_word_have_one_meaning() {
        let list = |words: &str| words.split(' ').map(String::from).collect::<Vec<_>>();
        let rules = WordRules {
            words: vec![],
            synonyms: [
                "退货 退款",
                "天气 气候",
                "返钱 返现",
                "ＡＰＰ 应用",
                "退款 返钱",
                "app 软件",
            ]
            .map(list)
            .to_vec(),
        };
        let analyzer = Analyzer::new(&rules);
        for words in ["退货 退款 返钱 返现", "天气 气候", "app 应用 软件"] {
            // Beside its parts, each has the meaning of all.
            let words = list(words);
            let meaning = (term(&words[0]), 1);
            for word in &words {
                assert!(analyzer.document(word).terms.contains(&meaning), "{word}");
            }
        }
        assert_ne!(analyzer.document("退货"), analyzer.document("天气"));
        assert_ne!(analyzer.document("退货"), analyzer.document("软件"));
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
        let long = "长".repeat(101);
        for (words, synonyms, expected) in [
            (
                vec!["a"],
                vec![vec!["b", " "]],
                "synonyms[0][1]: It is empty or blank.",
            ),
            (vec!["a", ""], vec![], "words[1]: It is empty or blank."),
            (vec![], vec![vec!["b"], vec![]], "synonyms[1]: It is empty."),
            (
                vec![&*long],
                vec![],
                "words[0]: It has 101 characters; a word has at most 100.",
            ),
            (
                vec![],
                vec![vec!["b", &long]],
                "synonyms[0][1]: It has 101 characters; a word has at most 100.",
            ),
        ] {
            let owned = |words: Vec<&str>| words.into_iter().map(String::from).collect();
            let rules = WordRules {
                words: owned(words),
                synonyms: synonyms.into_iter().map(owned).collect(),
            };
            assert_eq!(rules.check().unwrap_err().to_string(), expected);
        }
        let rules = WordRules {
            words: vec!["长".repeat(100)],
            synonyms: vec![],
        };
        assert_eq!(rules.check(), Ok(()));
    }
}
