//! Names by which files call their columns, in English and Chinese.

mod clicks;
mod entries;
mod fields;
mod kinds;
mod lists;
mod traditional;

use std::collections::HashMap;

pub(super) use self::clicks::is_of_ratings;
use self::clicks::{ITEMS, PUBLISHED, TIMES, TYPES, USERS, WEIGHTS};
pub(super) use self::entries::of_faq;
pub(super) use self::fields::{VALIDITY, field};
pub(super) use self::kinds::{Kind, is_compound, kind};
use self::lists::{
    ALONE, ANSWERS, ASKED, BESIDE, CLEAR_LABELS, IDS, ITEM_IDS, LABELS, NEGATIVES, PAIRS,
    QUESTIONS, SEARCHES, SIDES, SIDES_BEFORE, STEMS, TEXTS, USERS_WORDS, VAGUE, WORDINGS,
};
pub(super) use self::traditional::simplified;

/// A name as it is compared: in half-width small letters and simplified characters, without what stands in brackets, and without blanks and signs.
pub(super) fn plain(name: &str) -> String {
    let mut depth = 0;
    let halved = name.chars().map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    });
    let kept = halved.filter(|&c| {
        depth += i32::from("([【".contains(c));
        let inside = depth > 0;
        depth -= i32::from(")]】".contains(c) && inside);
        !inside
            && !")]】".contains(c)
            && !c.is_whitespace()
            && !"_-.:：#*※\u{feff}\u{200b}\u{200c}\u{200d}\u{2060}".contains(c)
    });
    let lower = kept.flat_map(char::to_lowercase);
    lower.map(traditional::simplified).collect()
}

/// What `column` is called elsewhere, the most telling names first.
fn others_for(column: &str) -> &'static [&'static str] {
    match column {
        "text" => TEXTS,
        "label" => LABELS,
        "question" => QUESTIONS,
        "answer" => ANSWERS,
        "id" => IDS,
        "user" => USERS,
        "item" => ITEMS,
        "type" => TYPES,
        "time" => TIMES,
        "weight" => WEIGHTS,
        _ => &[],
    }
}

/// How telling a plain name is of when an item was published, 0 the most; `None`: it says nothing of that.
pub(super) fn published(name: &str) -> Option<usize> {
    PUBLISHED.iter().position(|known| *known == name)
}

/// Whether files call a column by this plain name.
pub(super) fn is_called(name: &str, column: &str) -> bool {
    others_for(column).contains(&name)
}

/// Whether a plain name is one that files give to columns, whatever is in them.
pub(super) fn is_known(name: &str) -> bool {
    let lists = [LABELS, TEXTS, QUESTIONS, ANSWERS, IDS, WORDINGS, BESIDE];
    let in_pairs = || {
        PAIRS
            .iter()
            .any(|(a, b)| a.contains(&name) || b.contains(&name))
    };
    let has_stem = || {
        let sides = SIDES.iter().flat_map(|(a, b)| [a, b]);
        let mut stems = sides.filter_map(|side| name.strip_suffix(side));
        stems.any(|stem| STEMS.contains(&stem))
    };
    let is_listed = lists.iter().any(|list| list.contains(&name));
    is_listed || in_pairs() || has_stem() || kind(name).is_some() || field(name).is_some()
}

/// Whether a plain name is that of a column also where it is the only one: nobody has just that for a text, or wants it found.
pub(super) fn is_alone(name: &str) -> bool {
    ALONE.contains(&name)
}

/// Whether a name is of a column that no text is: a number of rows, or a label.
pub(super) fn is_of_no_text(name: &str) -> bool {
    LABELS.contains(&name) || BESIDE.contains(&name)
}

/// Whether a name says nothing of its column, but that it is one: `name`, `col1`.
pub(super) fn is_vague(name: &str) -> bool {
    VAGUE.contains(&name.trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// The texts of a file, where nothing tells that these two are the ones to compare: one is an answer to the other or found by it, and there are more.
pub(super) fn unclear_texts(names: &[String], pair: (usize, usize)) -> Option<Vec<usize>> {
    let (a, b) = (names[pair.0].as_str(), names[pair.1].as_str());
    let mut lists = [SEARCHES, ASKED].into_iter();
    let is_loose = lists.any(|(first, second)| first.contains(&a) && second.contains(&b));
    let is_text = |i: &usize| {
        let name = names[*i].as_str();
        kind(name).is_some_and(Kind::is_text) && !NEGATIVES.contains(&name)
    };
    let texts: Vec<usize> = (0..names.len()).filter(is_text).collect();
    let more = texts.iter().any(|i| ![pair.0, pair.1].contains(i));
    (is_loose && more).then_some(texts)
}

/// The columns that may be the label, where nothing tells that it is the one at `place`.
pub(super) fn unclear_labels(names: &[String], place: usize) -> Option<Vec<usize>> {
    let is_label = |i: &usize| kind(&names[*i]) == Some(Kind::Label);
    let labels: Vec<usize> = (0..names.len()).filter(is_label).collect();
    let is_clear = |i: usize| CLEAR_LABELS.contains(&names[i].as_str());
    let clear = labels.iter().filter(|&&i| is_clear(i)).count();
    let is_told = is_clear(place) && clear == 1;
    (labels.iter().any(|i| *i != place) && !is_told).then_some(labels)
}

/// Where the columns of these plain names stand that `column` may be; `taken` are others'. Of several that are not in the lists nothing tells which
/// one is meant, but for wordings: the first of them.
pub(super) fn place(names: &[String], column: &str, taken: &[usize]) -> Option<usize> {
    if column == "wordings" {
        let wordings = Wordings::of(names);
        return (0..names.len()).find(|i| !taken.contains(i) && wordings.has(*i));
    }
    let clear = if column == "label" { CLEAR_LABELS } else { &[] };
    let mut others = clear.iter().chain(others_for(column));
    let listed = others
        .find_map(|other| (0..names.len()).find(|i| names[*i] == *other && !taken.contains(i)));
    listed.or_else(|| {
        // A question that others are answered by is none that is asked.
        let is_asked = |name: &str| column != "question" || !answers_others(name);
        let is_meant = |i: &usize| {
            let is_of = |kind| is_of(kind, column) && is_asked(&names[*i]);
            !taken.contains(i) && kind(&names[*i]).is_some_and(is_of)
        };
        let mut meant = (0..names.len()).filter(is_meant);
        let first = meant.next()?;
        meant.next().is_none().then_some(first)
    })
}

/// Which columns hold wordings, by the names of all: these may be many, and are looked through once.
pub(super) struct Wordings<'n> {
    names: &'n [String],
    /// FastGPT has `q` and `a`, and calls them `index`; elsewhere that is a number.
    has_letters: bool,
    /// A question without a number stands there: 问题, 问法1, 问法2.
    has_question: bool,
    /// Where the standard question stands beside its answer; what users ask has columns of its own then.
    standard: Option<usize>,
}

impl<'n> Wordings<'n> {
    pub(super) fn of(names: &'n [String]) -> Self {
        let has = |name: &str| names.iter().any(|other| other == name);
        let is_plain = |name: &String| !is_numbered(name) && kind(name) == Some(Kind::Question);
        // In exports questions beside the text are payload.
        let is_own = has("text");
        Self {
            names,
            has_letters: has("q") && has("a"),
            has_question: !is_own && names.iter().any(is_plain),
            standard: standard_question(names, &[]).filter(|_| !is_own),
        }
    }

    /// Whether the column at a place is one of them.
    pub(super) fn has(&self, place: usize) -> bool {
        let name = &self.names[place];
        match kind(name) {
            Some(Kind::Wordings) => true,
            Some(Kind::Question) => {
                is_numbered(name) && self.has_question
                    || is_of_users(name) && self.standard.is_some_and(|standard| standard != place)
            }
            _ => name == "index" && self.has_letters,
        }
    }
}

fn is_numbered(name: &str) -> bool {
    name.ends_with(|c: char| c.is_ascii_digit())
}

/// Whether the name of a question says that users ask it.
fn is_of_users(name: &str) -> bool {
    let is_told = USERS_WORDS.iter().any(|word| name.starts_with(word)) || name.ends_with("问法");
    is_told && !is_standard(name)
}

/// Where the standard question of an entry stands, beside its answer: what users ask may have columns as well, and is wordings then.
pub(super) fn standard_question(names: &[String], taken: &[usize]) -> Option<usize> {
    let has_answer = names.iter().any(|name| kind(name) == Some(Kind::Answer));
    let mut free = (0..names.len()).filter(|i| !taken.contains(i) && has_answer);
    free.find(|&i| is_standard(&names[i]))
}

fn is_standard(name: &str) -> bool {
    let begins = ["标准", "主", "standard", "std"];
    begins.iter().any(|begin| name.starts_with(begin)) && kind(name) == Some(Kind::Question)
}

/// The places of several answers, of which nothing tells which one is meant.
pub(super) fn several_answers(names: &[String]) -> Vec<usize> {
    let is_answer = |i: &usize| kind(&names[*i]) == Some(Kind::Answer);
    let answers: Vec<usize> = (0..names.len()).filter(is_answer).collect();
    if answers.len() > 1 {
        answers
    } else {
        Vec::new()
    }
}

/// Where the title of an item stands.
pub(super) fn title_of_item(names: &[String], taken: &[usize]) -> Option<usize> {
    (0..names.len()).find(|i| is_title(&names[*i]) && !taken.contains(i))
}

fn is_title(name: &str) -> bool {
    [
        "title",
        "标题",
        "文章标题",
        "新闻标题",
        "商品标题",
        "视频标题",
    ]
    .contains(&name)
}

/// Where the summary of an item stands whose text is its title.
pub(super) fn summary_of_item(names: &[String], taken: &[usize]) -> Option<usize> {
    let is_title = taken.iter().any(|i| is_title(&names[*i]));
    let summary = (0..names.len()).find(|i| is_summary(&names[*i]) && !taken.contains(i));
    summary.filter(|_| is_title)
}

/// Whether a plain name is that of a summary.
pub(super) fn is_summary(name: &str) -> bool {
    [
        "summary",
        "abstract",
        "摘要",
        "文章摘要",
        "新闻摘要",
        "简介",
    ]
    .contains(&name)
}

/// Where the column stands that has the key of an item, which no two share.
pub(super) fn id_of_item(names: &[String], taken: &[usize]) -> Option<usize> {
    let mut known = ITEM_IDS.iter();
    known.find_map(|known| (0..names.len()).find(|i| names[*i] == *known && !taken.contains(i)))
}

/// Whether columns of a kind may be `column`.
fn is_of(kind: Kind, column: &str) -> bool {
    match column {
        "text" => kind.is_text(),
        "label" => kind == Kind::Label,
        "question" => kind == Kind::Question,
        "answer" => kind == Kind::Answer,
        "id" => kind == Kind::Id,
        _ => false,
    }
}

/// Where a question names its answer by the answer's own question: beside that, an id numbers the rows.
pub(super) fn answered_by(names: &[String], taken: &[usize]) -> Option<usize> {
    let own = [
        "标准问",
        "标准问题",
        "标准问句",
        "standardquestion",
        "对应标准问",
        "期望",
        "expected",
    ];
    let free = || (0..names.len()).filter(|i| !taken.contains(i));
    let listed = free().find(|i| own.contains(&names[*i].as_str()));
    listed.or_else(|| free().find(|i| answers_others(&names[*i])))
}

/// Whether a name is of the question of an entry, of those to which others are matched.
fn answers_others(name: &str) -> bool {
    let matched = [
        "对应", "标准", "期望", "预期", "正确", "命中", "匹配", "expected", "standard", "std",
        "gold", "matched", "correct",
    ];
    let is_matched = matched.iter().any(|word| name.starts_with(word));
    is_matched && matches!(kind(name), Some(Kind::Question | Kind::Id))
}

/// Where the two sides of a pair stand. `are_names`: there is no doubt that these are names, however short.
pub(super) fn pair(names: &[String], are_names: bool) -> Option<(usize, usize)> {
    let find = |name: &str| names.iter().position(|other| other == name);
    let of_lists = |a: &[&str], b: &[&str]| {
        let a = a.iter().find_map(|name| find(name))?;
        let b = b
            .iter()
            .find_map(|name| find(name).filter(|place| *place != a))?;
        Some((a, b))
    };
    let by_ends = sides(names, |stem| STEMS.contains(&stem));
    let named = || PAIRS.iter().find_map(|(a, b)| of_lists(a, b));
    let letters = || {
        let labelled = names.iter().any(|name| is_of_no_text(name));
        let letters = of_lists(&["a"], &["b"]).or_else(|| of_lists(&["x"], &["y"]));
        letters.filter(|_| labelled || are_names)
    };
    let two = || two_texts(names, are_names);
    by_ends.or_else(named).or_else(letters).or_else(two)
}

/// The only two columns of texts, where something tells that these are names and no words of a row.
fn two_texts(names: &[String], are_names: bool) -> Option<(usize, usize)> {
    let kinds: Vec<Option<Kind>> = names.iter().map(|name| kind(name)).collect();
    let filled = names
        .iter()
        .zip(&kinds)
        .filter(|(name, _)| !name.is_empty());
    if filled.clone().any(|(_, kind)| kind.is_none()) {
        return None;
    }
    let is_telling = |name: &str, kind: Kind| !kind.is_text() || is_compound(name);
    let told = filled
        .clone()
        .any(|(name, kind)| kind.is_some_and(|kind| is_telling(name, kind)));
    let mut texts = (0..names.len()).filter(|i| kinds[*i].is_some_and(Kind::is_text));
    match (texts.next(), texts.next(), texts.next()) {
        // Objects of JSON have no order.
        (Some(a), Some(b), None) if told || are_names => {
            let is_question = |place: usize| kinds[place] == Some(Kind::Question);
            Some(if is_question(b) && !is_question(a) {
                (b, a)
            } else {
                (a, b)
            })
        }
        _ => None,
    }
}

/// Whether two names differ as those of the sides of a pair do, though nobody is known to use them.
pub(super) fn is_like_a_pair(names: &[String]) -> bool {
    let is_word = |stem: &str| {
        let letters = stem.chars().count();
        (2..=12).contains(&letters) && stem.chars().all(char::is_alphabetic)
    };
    sides(names, is_word).is_some()
}

/// Names that differ in the mark of their side, on a stem that is `accepted`.
fn sides(names: &[String], accepted: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let mut places = HashMap::new();
    for (place, name) in names.iter().enumerate() {
        places.entry(name.as_str()).or_insert(place);
    }
    let stems = names.iter().enumerate().flat_map(|(i, name)| {
        let behind = SIDES.iter().filter_map(move |(a, b)| {
            let stem = name.strip_suffix(a)?;
            Some((i, stem, format!("{stem}{b}")))
        });
        let before = SIDES_BEFORE.iter().filter_map(move |(a, b)| {
            let stem = name.strip_prefix(a)?;
            Some((i, stem, format!("{b}{stem}")))
        });
        behind.chain(before)
    });
    let mut sides = stems.filter(|(_, stem, _)| accepted(stem));
    sides.find_map(|(i, _, other)| Some((i, *places.get(&*other)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(header: &str) -> Vec<String> {
        header.split(',').map(plain).collect()
    }

    #[test]
    fn names_are_compared_plainly() {
        assert_eq!(plain("\u{feff} Sentence_1 "), "sentence1");
        assert_eq!(plain("相似度（0-5）"), "相似度");
        assert_eq!(plain("ＴＥＸＴ１"), "text1");
    }

    #[test]
    fn sides_of_pairs_are_known() {
        for (header, place) in [
            ("句子1,句子2", (0, 1)),
            ("序号,文本1,文本2,标签", (1, 2)),
            ("question2,question1", (1, 0)),
            ("id,s1,s2,score", (1, 2)),
            ("query,doc", (0, 1)),
            ("q,a,indexes", (0, 1)),
            ("用户问题,标准问", (0, 1)),
            ("第一句,第二句", (0, 1)),
            ("a,b,label", (0, 1)),
            ("id,qid1,qid2,question1,question2,is_duplicate", (3, 4)),
            ("标准问,相似问", (0, 1)),
            ("标准问,答案,相似问", (0, 2)),
            ("question,answer,similar_question", (0, 2)),
            ("premise,hypothesis,label", (0, 1)),
            ("hyp,ref", (0, 1)),
            ("candidate,reference", (0, 1)),
            ("Original text,Translation", (0, 1)),
            ("客户问题,标准话术", (0, 1)),
            ("用户输入,标准句", (0, 1)),
            ("原始提问,机器人回复,是否正确", (0, 1)),
            ("問題,答案", (0, 1)),
            ("編號,源文本,目標文本", (1, 2)),
            ("src,tgt", (0, 1)),
            ("A句,B句", (0, 1)),
            ("bot_reply,user_query", (1, 0)),
            ("anchor,positive", (0, 1)),
            ("text_a,text_b", (0, 1)),
        ] {
            assert_eq!(pair(&names(header), false), Some(place), "{header}");
        }
        for data in [
            "a,b",
            "一,二",
            "今天天气好,天气不错",
            "方案一,方案二",
            "评论,留言",
            "utterance,intent",
            "标题,评论,回复,编号",
        ] {
            assert_eq!(pair(&names(data), false), None, "{data}");
        }
        assert_eq!(pair(&names("A,B"), true), Some((0, 1)));
        assert_eq!(pair(&names("评论,留言"), true), Some((0, 1)));
        assert!(is_like_a_pair(&names("方案一,方案二")));
        assert!(!is_like_a_pair(&names("苹果,香蕉")));
    }

    #[test]
    fn more_texts_than_two_are_unclear() {
        let unclear = |header: &str| {
            let names = names(header);
            unclear_texts(&names, pair(&names, true).unwrap())
        };
        for header in [
            "instruction,input,output",
            "question,context,answer",
            "query,text,content",
            "问题,答案,标题",
            "标准问,答案,相似问1",
        ] {
            assert_eq!(unclear(header), Some(vec![0, 1, 2]), "{header}");
        }
        for header in [
            "question,answer",
            "prompt,response,system",
            "query,pos,neg",
            "标准问,相似问,答案",
            "question1,question2,answer",
            "id,问题,答案,分类,标签",
        ] {
            assert_eq!(unclear(header), None, "{header}");
        }
    }

    #[test]
    fn several_scores_are_unclear_unless_one_is_the_label() {
        let label = |header: &str| {
            let names = names(header);
            let place = place(&names, "label", &[]).unwrap();
            (place, unclear_labels(&names, place))
        };
        assert_eq!(label("s1,s2,score,gold"), (2, Some(vec![2, 3])));
        assert_eq!(label("s1,s2,similarity,rating").1, Some(vec![2, 3]));
        for header in [
            "s1,s2,相似度,标签",
            "a,b,score,label",
            "s1,s2,模型得分,人工标注",
        ] {
            assert_eq!(label(header), (3, None), "{header}");
        }
        assert_eq!(label("s1,s2,score"), (2, None));
        assert_eq!(label("s1,s2,标签,标注").1, Some(vec![2, 3]));
    }

    #[test]
    fn columns_are_known_by_several_names() {
        let faq = names("编号,标准问题,答案,相似问法");
        let places =
            ["question", "answer", "id", "wordings"].map(|column| place(&faq, column, &[]));
        assert_eq!(places, [Some(1), Some(2), Some(0), Some(3)]);
        let asked = names("用户问题,标准问");
        assert_eq!(
            (place(&asked, "question", &[]), place(&asked, "id", &[0])),
            (Some(0), Some(1))
        );
    }
}
