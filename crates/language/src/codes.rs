//! Codes of products, plans and versions: the A1 and X-100 of which embeddings hardly tell one from the next, and what variants of a
//! product are called: iPhone 15 Pro, iPad mini.

use std::collections::HashSet;

use crate::normal::folded;
use crate::words::is_han;

/// Letters behind digits that say what is counted, so that the two are a number and no code: 100ml.
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "g", "kg", "mg", "t", "km", "m", "cm", "mm", "ml", "l", "h", "hr", "hrs", "min", "mins", "s", "sec", "d", "day", "days", "w", "k", "kb", "mb",
    "gb", "tb", "kbps", "mbps", "gbps", "mah", "wh", "kwh", "kw", "v", "a", "hz", "mhz", "ghz", "fps", "dpi", "p", "px", "x", "st", "nd", "rd",
    "th", "am", "pm", "rmb", "usd", "yuan", "c", "f",
];

/// Words in front of a number that do not name what it counts: within 14 days.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "a", "about", "after", "and", "at", "before", "by", "for", "from", "in", "is", "of", "on", "only", "or", "over", "than", "the", "to", "top", "under",
    "until", "up", "within",
];

/// Words behind a code or a name that name a variant of the product; several may be written as one (promax).
const VARIANTS: &[&str] = &[
    "pro", "plus", "max", "mini", "ultra", "se", "lite", "air", "fe", "rs", "ti", "super", "xt",
    "xtx", "gt", "turbo", "neo", "fold", "flip",
];

/// What makes a number of the digits before it, whatever stands in front of them.
const COUNTED: &str = "天日月年元块次个件人位分秒时小周折倍度斤%％";

/// Most different codes of a text that is compared: texts of more are tables, of which nobody is told what differs.
const MOST_CODES: usize = 1_000;

/// Codes that only one of two texts has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDifference {
    /// In the first text alone, without blanks and hyphens, in small letters.
    pub only_a: Vec<String>,
    /// In the second text alone.
    pub only_b: Vec<String>,
}

/// The codes of a text, in order, each once: letters with digits (a1, rtx4090, v2.1), and in a Chinese text a letter that stands by itself (the A of A套餐). They are
/// written without blanks and hyphens, in small letters.
pub fn codes(text: &str) -> Vec<String> {
    codes_of(text, text.chars().any(is_han))
}

/// The same, where words of letters are names if `joins`.
fn codes_of(text: &str, joins: bool) -> Vec<String> {
    let folded = folded(text);
    let is_chinese = folded.chars().any(is_han);
    let mut known = HashSet::new();
    let codes = runs(&folded, joins).into_iter();
    let codes = codes.filter(|run| run.is_variant || is_code(&run.text, is_chinese));
    let codes = codes.map(|run| run.text);
    codes.filter(|code| known.insert(code.clone())).collect()
}

/// How the codes of two texts differ; `None`: they have the same, or more than a thousand.
pub fn code_difference(text_a: &str, text_b: &str) -> Option<CodeDifference> {
    // An entry "RTX 4060 Ti" is compared with a question in Chinese.
    let texts = [text_a, text_b];
    let joins = texts.iter().any(|text| text.chars().any(is_han))
        || texts.iter().all(|text| is_short(text));
    let (a, b) = (codes_of(text_a, joins), codes_of(text_b, joins));
    if a.len().max(b.len()) > MOST_CODES {
        return None;
    }
    let missing = |codes: &[String], others: &[String], text: &str| -> Vec<String> {
        let spelt = spelt(text);
        let is_there = |code: &&String| {
            others.iter().any(|other| may_be_one(code, other)) || is_spelt(code, &spelt)
        };
        let codes = codes.iter().filter(|code| !is_there(code));
        codes.cloned().collect()
    };
    let (mut only_a, mut only_b) = (missing(&a, &b, text_b), missing(&b, &a, text_a));
    let (plain_a, plain_b) = (
        without_variant(text_a, &only_b),
        without_variant(text_b, &only_a),
    );
    only_a.extend(plain_a);
    only_b.extend(plain_b);
    let found = CodeDifference { only_a, only_b };
    (!found.only_a.is_empty() || !found.only_b.is_empty()).then_some(found)
}

/// Words of a text that may be nothing but the name of a product: RTX 4060 Ti.
const SHORT: usize = 5;

fn is_short(text: &str) -> bool {
    text.split_whitespace().count() <= SHORT
}

/// The words of a text without Chinese, in which a code may be written with blanks: Windows 11.
fn spelt(text: &str) -> Vec<String> {
    let folded = folded(text);
    match folded.chars().any(is_han) {
        true => Vec::new(),
        false => runs(&folded, false)
            .into_iter()
            .map(|run| run.text)
            .collect(),
    }
}

/// Whether words that follow one another are a code, and no name of a variant behind them makes another of it.
fn is_spelt(code: &str, words: &[String]) -> bool {
    (0..words.len()).any(|from| {
        let mut rest = Some(code);
        (from..words.len()).any(|at| {
            rest = rest.and_then(|rest| rest.strip_prefix(words[at].as_str()));
            rest == Some("") && !words.get(at + 1).is_some_and(|next| is_of_variants(next))
        })
    })
}

/// Whether two codes may be one: of iPhone 14 Pro and 14 Pro one leaves out whose it is.
fn may_be_one(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let maker = long.strip_suffix(short);
    let is_maker = |maker: &str| maker.chars().all(|c| c.is_ascii_alphabetic());
    a == b || short.starts_with(|c: char| c.is_ascii_digit()) && maker.is_some_and(is_maker)
}

/// The numbers of a text of which the other has a variant: the 14 of 小米14, where it has 小米14 Pro.
fn without_variant(text: &str, variants: &[String]) -> Vec<String> {
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let products = variants.iter().filter_map(|code| {
        let product = code.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let is_variant = is_digits(product) && ends_with_variant(&code[product.len()..]);
        is_variant.then_some(product)
    });
    let products: Vec<&str> = products.collect();
    if products.is_empty() {
        return Vec::new();
    }
    let runs = runs(&folded(text), true).into_iter().map(|run| run.text);
    runs.filter(|run| products.contains(&run.as_str()))
        .collect()
}

/// Letters and digits that stand together.
struct Run {
    text: String,
    /// The name of a variant is part of it, behind a blank.
    is_variant: bool,
}

/// The runs of Latin letters and digits in a folded text; a name and the number behind its blank are one (iphone 15) where `joins`, as in Chinese texts, in which
/// words of letters are names.
fn runs(text: &str, joins: bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let next = rest.chars().next().unwrap_or(' ');
        let is_blank = c == ' ' && joins;
        let run = runs.last_mut().filter(|_| is_open);
        match run {
            _ if c.is_ascii_alphanumeric() && !is_open => {
                runs.push(Run {
                    text: c.to_string(),
                    is_variant: false,
                });
                is_open = true;
            }
            Some(Run { text, .. })
                if c.is_ascii_alphanumeric() || c == '.' && is_inside_number(text, next) =>
            {
                text.push(c);
            }
            Some(run) if c == '-' && next.is_ascii_digit() && ends_with_letter(&run.text) => {}
            Some(run) if is_blank && next.is_ascii_digit() && is_name(&run.text) => {}
            Some(run) if is_blank && has_variants(&run.text) && is_variant(rest) => {
                run.is_variant = true;
            }
            Some(Run { text, .. }) => {
                if COUNTED.contains(c) {
                    text.truncate(text.trim_end_matches(|c: char| c.is_ascii_digit()).len());
                }
                is_open = false;
            }
            None => {}
        }
    }
    runs
}

fn is_inside_number(run: &str, next: char) -> bool {
    run.ends_with(|c: char| c.is_ascii_digit()) && next.is_ascii_digit()
}

fn ends_with_letter(run: &str) -> bool {
    run.ends_with(|c: char| c.is_ascii_alphabetic())
}

/// Whether a text begins with the name of a variant: the Plus of iPhone 14 Plus.
fn is_variant(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric());
    is_of_variants(&text[..end.unwrap_or(text.len())])
}

/// Whether a word is made of names of variants: promax.
fn is_of_variants(word: &str) -> bool {
    let mut variants = VARIANTS.iter();
    variants.any(|variant| {
        let rest = word.strip_prefix(variant);
        rest.is_some_and(|rest| rest.is_empty() || is_of_variants(rest))
    })
}

/// Whether the letters at the end of a run name a variant: iphone15pro.
fn ends_with_variant(run: &str) -> bool {
    let name = run.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    is_of_variants(&run[name.len()..])
}

/// Whether a run may be a product of which there are variants: a code or a name, perhaps with the first word of a variant behind it.
fn has_variants(run: &str) -> bool {
    let has_digit = run.contains(|c: char| c.is_ascii_digit());
    match has_digit {
        true => run.ends_with(|c: char| c.is_ascii_digit()) || ends_with_variant(run),
        false => is_name(run) && !is_of_variants(run),
    }
}

fn is_name(run: &str) -> bool {
    run.chars().all(|c| c.is_ascii_alphabetic()) && !NO_NAMES.contains(&run)
}

fn is_code(run: &str, is_chinese: bool) -> bool {
    let digits = run.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let behind = &run[digits.len()..];
    let is_number = !digits.is_empty() && !digits.contains(|c: char| c.is_ascii_alphabetic());
    match run.len() {
        1 => is_chinese && ends_with_letter(run),
        _ if is_number => !behind.is_empty() && !UNITS.contains(&behind),
        _ => run.contains(|c: char| c.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_digits_are_codes_and_quantities_are_none() {
        for (text, expected) in [
            ("A1 型号多少钱", "a1"),
            ("X-100和Ｘ200的区别", "x100 x200"),
            ("iPhone 15 Pro 与 iPhone15", "iphone15pro iphone15"),
            ("买 Mate 60 Pro Max", "mate60promax"),
            ("升级到v2.1，要 8GB 内存", "v2.1"),
            ("A套餐换B套餐", "a b"),
            ("13pro 和 2080ti", "13pro 2080ti"),
            ("within 14 days, 100ml, 3.5 km", ""),
            ("在 24h 内退款，APP 里看", ""),
            ("满x15天，EMS 3次", "x"),
            ("MP3", "mp3"),
            ("iPad mini和iPad Air哪个好", "ipadmini ipadair"),
            ("小米14 Pro Max", "14promax"),
            ("Pro和Max有什么区别", ""),
        ] {
            assert_eq!(codes(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn how_a_code_is_written_does_not_count() {
        assert_eq!(code_difference("X-100 怎么用", "x100如何使用"), None);
        assert_eq!(
            code_difference("iPhone 15 能换吗", "iphone15可以换么"),
            None
        );
        let found = code_difference("A1 怎么用", "A2 怎么用").unwrap();
        assert_eq!(
            (found.only_a, found.only_b),
            (vec!["a1".into()], vec!["a2".into()])
        );
        let found = code_difference("A1 怎么用", "怎么用").unwrap();
        assert_eq!((found.only_a.len(), found.only_b.len()), (1, 0));
    }

    #[test]
    fn a_code_is_one_with_and_without_blanks() {
        for (a, b) in [
            ("iPhone15", "iPhone 15"),
            ("GPT-4", "GPT4"),
            ("Windows11", "Windows 11"),
            ("V2.0", "V 2.0"),
            ("Mate 60 Pro", "Mate60Pro"),
            ("Mate 60 RS多少钱", "Mate60RS什么价"),
            ("RTX 4060 Ti", "RTX4060Ti多少钱"),
            ("RTX 4060 Ti多少钱", "RTX 4060Ti价格"),
            ("iPhone 15 Promax 价格", "iPhone 15 Pro Max多少钱"),
            ("iPhone15ProMax 价格", "iPhone 15 pro max多少钱"),
        ] {
            assert_eq!(code_difference(a, b), None, "{a} / {b}");
            assert_eq!(code_difference(b, a), None, "{b} / {a}");
        }
        for (a, b) in [
            ("iPhone 15多少钱", "iPhone 15 Promax 价格"),
            ("iPhone 15 Pro多少钱", "iPhone 15 Promax 价格"),
            ("Mate 60多少钱", "Mate 60 RS多少钱"),
            ("RTX 4060", "RTX4060Ti多少钱"),
            ("RTX 4060多少钱", "RTX 4060Ti价格"),
            ("RTX 4070 Ti多少钱", "RTX 4070 Super多少钱"),
            ("iPhone 15 Pro", "iPhone 15"),
            ("RTX 4060 Ti price", "rtx 4060 price"),
        ] {
            let found = code_difference(a, b).unwrap();
            assert!(
                !found.only_a.is_empty() && !found.only_b.is_empty(),
                "{found:?}"
            );
        }
        let found = code_difference("iPhone15", "iPhone 15 Pro").unwrap();
        assert_eq!(found.only_a, ["iphone15"]);
        assert_eq!(code_difference("24hrs", "24 小时"), None);
    }

    #[test]
    fn variants_are_other_products() {
        for (a, b, only_a, only_b) in [
            (
                "iPhone 14多少钱",
                "iPhone 14 Plus多少钱",
                "iphone14",
                "iphone14plus",
            ),
            ("小米14能换吗", "小米14 Pro能换吗", "14", "14pro"),
            ("iPad mini有货吗", "iPad Air有货吗", "ipadmini", "ipadair"),
            // One that names no variant leaves open which is meant.
            ("iPad有货吗", "iPad Air有货吗", "", "ipadair"),
            ("买14件", "小米14 Pro能换吗", "", "14pro"),
        ] {
            let found = code_difference(a, b).unwrap();
            let told = (found.only_a.join(" "), found.only_b.join(" "));
            assert_eq!(told, (only_a.into(), only_b.into()), "{a} / {b}");
        }
        assert_eq!(code_difference("14 Pro多少钱", "iPhone 14 Pro什么价"), None);
    }
}
