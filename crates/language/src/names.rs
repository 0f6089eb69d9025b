//! Names in a text, and whether two texts name others: embeddings hardly tell 张三 from 李四.
//!
//! Persons, places, companies and products, by the dictionary, by surnames and titles, and by Latin letters between Chinese ones. A hint
//! that is wrong is worse than one that is missing: only where each of two texts has a name that the other lacks do they differ.

mod lists;

use std::collections::HashSet;

use self::lists::{
    BEFORE_NAMES, ENGLISH, NO_DEPARTMENT_BEFORE, NO_DEPARTMENT_BEHIND, NO_DEPARTMENTS, NO_POSTS,
    PERSONS, POSTS, PRODUCTS, SURNAMES, TITLES,
};
use crate::traditional::simplified_character;
use crate::words::{is_han, is_in_dictionary, tagged};

/// A name in one of two texts and the one in its place in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameDifference {
    /// In the first text alone.
    pub only_a: String,
    /// In the second text alone.
    pub only_b: String,
}

/// The names that two texts differ in; `None`: there are none, or one text only names what the other leaves out.
pub fn name_difference(text_a: &str, text_b: &str) -> Option<NameDifference> {
    let (a, b) = (names(text_a), names(text_b));
    let lone = |names: &[Name], others: &[Name]| {
        let is_lone = |name: &&Name| !others.iter().any(|other| name.agrees_with(other));
        names.iter().find(is_lone).map(|name| name.text.clone())
    };
    Some(NameDifference {
        only_a: lone(&a, &b)?,
        only_b: lone(&b, &a)?,
    })
}

/// A name in a text.
struct Name {
    /// In lower case.
    text: String,
    /// The surname, where nothing else is told of the person: 王总, 小王.
    surname: Option<char>,
}

impl Name {
    fn of(text: &str) -> Self {
        Self {
            text: text.to_lowercase(),
            surname: None,
        }
    }

    /// Whether both may be one: a name and a part of it, a person and the surname.
    fn agrees_with(&self, other: &Self) -> bool {
        match (self.surname, other.surname) {
            (Some(a), Some(b)) => a == b,
            (Some(surname), None) => other.text.starts_with(surname),
            (None, Some(surname)) => self.text.starts_with(surname),
            (None, None) => {
                self.text == other.text
                    || is_numbered(&self.text, &other.text)
                    || is_numbered(&other.text, &self.text)
                    || holds(&self.text, &other.text)
                    || holds(&other.text, &self.text)
            }
        }
    }
}

/// Whether a name is the other and more: 北京市 and 北京. One letter is in many words.
fn holds(name: &str, part: &str) -> bool {
    part.chars().count() > 1 && part.chars().all(is_han) && name.contains(part)
}

/// Whether a name of letters is the other with a number behind it, which codes tell apart: iPhone15 and the iPhone of iPhone 15, GPT-4 and GPT4.
fn is_numbered(name: &str, other: &str) -> bool {
    let letters = |name: &str| {
        let end = name.find(|c: char| !c.is_ascii_alphabetic());
        end.unwrap_or(name.len())
    };
    let (behind, there) = (&name[letters(name)..], &other[letters(other)..]);
    let number = behind.trim_start_matches('-');
    number.starts_with(|c: char| c.is_ascii_digit())
        && name[..letters(name)] == other[..letters(other)]
        && (there.is_empty() || there.trim_start_matches('-') == number)
}

/// The names of a text, each once.
fn names(text: &str) -> Vec<Name> {
    let is_chinese = text.chars().any(is_han);
    let guessed = tagged(text, true);
    let persons = guessed
        .iter()
        .filter_map(|(word, tag)| full_name(word, tag));
    let things = guessed
        .iter()
        .filter(|(word, tag)| is_thing(word, tag, is_chinese));
    let things = things.map(|(word, _)| Name::of(word));
    let products = PRODUCTS.iter().chain(PERSONS);
    let products = products.filter(|product| text.contains(**product));
    let products = products.map(|product| Name::of(product));
    // Guesses swallow what stands behind a title: 王总来定.
    let plain = tagged(text, false);
    let places = 0..plain.len();
    let titled = places.filter_map(|i| by_surname(plain[i].0, plain.get(i + 1).map(|next| next.0)));
    let mut known = HashSet::new();
    let departments = departments(text).into_iter();
    let departments = departments.map(|department| Name::of(&department));
    let all = persons.chain(titled).chain(things).chain(products);
    let all = all.chain(departments).chain(posts(text));
    all.filter(|name| known.insert(name.text.clone())).collect()
}

/// The departments of a text by the two characters in front of their 部: 市场部, 研发部门; not 全部, 内部 and 部分.
fn departments(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().map(simplified_character).collect();
    let found = characters.windows(3).enumerate().filter_map(|(at, three)| {
        let next = characters.get(at + 3);
        let is_department = three[2] == '部'
            && three.iter().all(|c| is_han(*c))
            && !NO_DEPARTMENT_BEFORE.contains(&three[1])
            && !NO_DEPARTMENTS.contains(&three[..2].iter().collect::<String>().as_str())
            && !next.is_some_and(|next| NO_DEPARTMENT_BEHIND.contains(next));
        is_department.then(|| three.iter().collect())
    });
    found.collect()
}

/// Posts and houses by the word of two characters in front: 产品经理, 国际会议中心; not 我们经理.
fn posts(text: &str) -> Vec<Name> {
    let simplified: String = text.chars().map(simplified_character).collect();
    let places = POSTS.iter().flat_map(|post| simplified.match_indices(post));
    let named = places.filter_map(|(at, post)| {
        let mut before = simplified[..at].char_indices().rev();
        let (from, _) = before.nth(1)?;
        let word = &simplified[from..at];
        let is_named = is_in_dictionary(word) && !NO_POSTS.contains(&word);
        is_named.then(|| Name::of(&format!("{word}{post}")))
    });
    named.collect()
}

/// A word as the whole name of a person, perhaps with what stands in front of it: 张伟, 由李强.
fn full_name(word: &str, tag: &str) -> Option<Name> {
    let name = word.trim_start_matches(BEFORE_NAMES);
    let count = name.chars().count();
    let is_surname = name.starts_with(|c| SURNAMES.contains(c));
    let is_titled = TITLES.iter().any(|title| name.ends_with(title));
    let is_person = tag.starts_with("nr") || tag == "x";
    ((2..=3).contains(&count) && is_surname && is_person && !is_titled).then(|| Name::of(name))
}

/// A person by surname and title, or by a familiar name: 王总, 小王.
fn by_surname(word: &str, next: Option<&str>) -> Option<Name> {
    let called = |surname: char, text: String| Name {
        text,
        surname: Some(surname),
    };
    let is_surname = |c: &char| SURNAMES.contains(*c);
    let characters: Vec<char> = word.chars().collect();
    match characters[..] {
        [surname] if is_surname(&surname) => {
            let title = next.filter(|next| TITLES.contains(next))?;
            Some(called(surname, format!("{word}{title}")))
        }
        ['小' | '老' | '阿'] => {
            let surname = only_character(next?).filter(is_surname)?;
            Some(called(surname, format!("{word}{surname}")))
        }
        ['小' | '老' | '阿', surname] if is_surname(&surname) => {
            Some(called(surname, word.to_owned()))
        }
        [surname, ..] if is_surname(&surname) && TITLES.contains(&&word[surname.len_utf8()..]) => {
            Some(called(surname, word.to_owned()))
        }
        _ => None,
    }
}

fn only_character(word: &str) -> Option<char> {
    let mut characters = word.chars();
    characters.next().filter(|_| characters.next().is_none())
}

/// Whether a word is the name of a place or a company, or one in Latin letters.
fn is_thing(word: &str, tag: &str, is_chinese: bool) -> bool {
    let is_long = word.chars().count() > 1;
    let is_place = is_long && (tag.starts_with("ns") || tag.starts_with("nt"));
    let is_latin = is_chinese
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && !ENGLISH.contains(&word.to_lowercase().as_str());
    is_place || is_latin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(a: &str, b: &str) -> Option<(String, String)> {
        name_difference(a, b).map(|found| (found.only_a, found.only_b))
    }

    #[test]
    fn names_that_differ() {
        for (a, b) in [
            ("这个需求由张伟负责", "这个需求由李强负责"),
            ("王总说下周再定", "李总说下周再定"),
            ("让小王跟进一下", "让小赵跟进一下"),
            ("我还是投张三", "我投李四"),
            ("产品经理审核", "项目经理审核"),
            ("会在国际会议中心开", "会在国家会议中心开"),
            ("北京的服务器先扩容", "上海的服务器先扩容"),
            ("接口先对接微信", "接口先对接支付宝"),
            ("数据库换成MySQL", "数据库换成Oracle"),
            ("我们选A方案", "我们选B方案"),
            ("用GPT4写", "用Claude3写"),
            ("市场部负责这件事", "研发部负责这件事"),
            ("这个给财务部门审", "这个给法务部门审"),
        ] {
            assert!(difference(a, b).is_some(), "{a} / {b}");
        }
    }

    #[test]
    fn names_that_may_be_one() {
        for (a, b) in [
            ("北京市的服务器先扩容", "北京的服务器要先扩容"),
            ("张伟负责这个需求", "这个需求由小张负责"),
            ("王总说下周再定", "下周再定"),
            ("这个APP要改版", "这个应用要改版"),
            ("MYSQL要升级", "mysql 要升级"),
            ("iPhone15支持吗", "iPhone 15支持吗"),
            ("GPT-4怎么用", "GPT4怎么用"),
            ("Mate 60 Pro怎么截屏", "Mate60Pro怎么截屏"),
            ("大家觉得怎么样", "各位怎么看"),
            ("高效一点", "快一点"),
            ("市场部门负责这件事", "由市场部负责这件事"),
            ("全部重新测试", "内部重新测试"),
            ("各个部门都要参加培训", "每个部门都要参加培训"),
            ("市場部負責這件事", "市场部负责这件事"),
            ("这几部手机先测", "那两部手机先测"),
        ] {
            assert_eq!(difference(a, b), None, "{a} / {b}");
        }
    }

    #[test]
    fn both_names_are_told() {
        let found = difference("由张伟负责", "由李强负责");
        assert_eq!(found, Some(("张伟".into(), "李强".into())));
    }
}
