//! Names by which files call their columns, in English and Chinese.

/// The two sides of a pair whose names differ in their ends alone: `sentence1` and `sentence2`, 句子一 and 句子二.
const STEMS: &[&str] = &[
    "sentence",
    "sent",
    "s",
    "text",
    "t",
    "txt",
    "question",
    "q",
    "query",
    "title",
    "str",
    "string",
    "phrase",
    "doc",
    "document",
    "passage",
    "input",
    "utterance",
    "content",
    "seq",
    "sequence",
    "name",
    "word",
    "句子",
    "句",
    "文本",
    "语句",
    "问题",
    "问句",
    "问法",
    "短语",
    "内容",
    "文",
    "标题",
    "描述",
    "话",
    "词",
    "词语",
    "问",
    "题目",
    "字符串",
    "名称",
    "段落",
    "对话",
    "话术",
    "原文",
    "输入",
];

/// Ends of the names of the two sides.
const SIDES: &[(&str, &str)] = &[
    ("1", "2"),
    ("a", "b"),
    ("0", "1"),
    ("一", "二"),
    ("甲", "乙"),
    ("左", "右"),
    ("left", "right"),
];

/// Begins of the names of the two sides.
const SIDES_BEFORE: &[(&str, &str)] = &[
    ("第一", "第二"),
    ("第1", "第2"),
    ("甲", "乙"),
    ("左", "右"),
    ("first", "second"),
];

/// Names of the first side, with those that the second has beside them.
const PAIRS: &[(&[&str], &[&str])] = &[
    (
        &[
            "query",
            "q",
            "search",
            "userquestion",
            "userquery",
            "用户问题",
            "用户问",
            "用户问法",
            "用户输入",
            "查询",
            "搜索词",
        ],
        &[
            "standardquestion",
            "标准问",
            "标准问题",
            "标准问句",
            "标准问法",
        ],
    ),
    (
        &["query", "q", "查询", "搜索词", "检索词"],
        &[
            "doc", "document", "passage", "text", "title", "content", "item", "pos", "positive",
            "文档", "文本", "标题", "内容", "段落",
        ],
    ),
    (
        &[
            "query",
            "q",
            "question",
            "prompt",
            "instruction",
            "问题",
            "问",
            "提问",
            "问句",
            "标准问",
            "标准问题",
        ],
        &[
            "answer", "a", "ans", "response", "reply", "output", "答案", "答", "回答", "回复",
            "答复",
        ],
    ),
    (
        &[
            "标准问",
            "标准问题",
            "主问题",
            "问题",
            "原问题",
            "question",
            "query",
        ],
        &[
            "相似问",
            "相似问题",
            "相似问法",
            "相似问句",
            "同义问",
            "similarquestion",
            "paraphrase",
        ],
    ),
    (
        &["anchor", "text", "sentence"],
        &["positive", "pos", "paraphrase"],
    ),
    (&["premise", "前提"], &["hypothesis", "假设"]),
    (
        &["source", "src", "original", "原文", "原句", "原话", "源句"],
        &[
            "target",
            "tgt",
            "trg",
            "paraphrase",
            "rewrite",
            "译文",
            "改写",
            "改写句",
            "目标句",
            "对比句",
        ],
    ),
    (&["left", "左"], &["right", "右"]),
];

const LABELS: &[&str] = &[
    "label",
    "labels",
    "score",
    "scores",
    "similarity",
    "sim",
    "gold",
    "goldlabel",
    "goldscore",
    "isduplicate",
    "duplicate",
    "rating",
    "similarityscore",
    "relevance",
    "match",
    "ismatch",
    "same",
    "issame",
    "issimilar",
    "relatednessscore",
    "similarscore",
    "标签",
    "标注",
    "相似度",
    "分数",
    "得分",
    "评分",
    "打分",
    "是否相似",
    "是否相同",
    "是否匹配",
    "是否同义",
    "是否一致",
    "相似",
    "匹配",
    "相关性",
    "相关度",
    "语义相似度",
    "相似程度",
    "相似性",
    "人工评分",
    "人工打分",
    "人工标注",
    "标注结果",
];

const TEXTS: &[&str] = &[
    "text",
    "texts",
    "sentence",
    "content",
    "query",
    "question",
    "document",
    "doc",
    "passage",
    "文本",
    "内容",
    "句子",
    "语句",
    "正文",
    "文本内容",
    "问题",
    "用户问题",
    "标准问",
    "标准问题",
];

const QUESTIONS: &[&str] = &[
    "question",
    "q",
    "query",
    "standardquestion",
    "用户问题",
    "用户问",
    "用户问法",
    "标准问",
    "标准问题",
    "标准问句",
    "标准问法",
    "主问题",
    "问题",
    "问",
    "问法",
    "问句",
    "提问",
    "测试问题",
    "测试问",
];

const ANSWERS: &[&str] = &[
    "answer",
    "a",
    "ans",
    "reply",
    "response",
    "答案",
    "回答",
    "答",
    "答复",
    "回复",
    "解答",
    "标准答案",
    "标准答",
];

const IDS: &[&str] = &[
    "id",
    "faqid",
    "questionid",
    "qid",
    "answerid",
    "expected",
    "target",
    "编号",
    "知识编号",
    "知识id",
    "问题编号",
    "答案编号",
    "标准问编号",
    "对应标准问",
    "期望",
    "标准问",
    "标准问题",
    "标准问句",
    "standardquestion",
    "序号",
];

const WORDINGS: &[&str] = &[
    "wordings",
    "indexes",
    "variants",
    "aliases",
    "similarquestions",
    "paraphrases",
    "相似问",
    "相似问题",
    "相似问法",
    "相似问句",
    "同义问",
    "扩展问",
    "扩展问法",
    "其他问法",
    "别名",
];

/// Names of columns that number or sort rows.
const BESIDE: &[&str] = &[
    "id", "idx", "index", "no", "num", "number", "pid", "qid", "qid1", "qid2", "uid", "pairid",
    "guid", "序号", "编号", "行号", "序", "备注", "来源", "类型", "分类", "类别", "note", "remark",
    "source", "type", "category", "split", "time", "user", "item", "title",
];

/// A name as it is compared: in half-width small letters, without what stands in brackets, and without blanks and signs.
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
        !inside && !c.is_whitespace() && !"_-.:：#\u{feff}".contains(c)
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// What `column` is called elsewhere, the most telling names first.
fn others_for(column: &str) -> &'static [&'static str] {
    match column {
        "text" => TEXTS,
        "label" => LABELS,
        "question" => QUESTIONS,
        "answer" => ANSWERS,
        "id" => IDS,
        "wordings" => WORDINGS,
        _ => &[],
    }
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
    lists.iter().any(|list| list.contains(&name)) || in_pairs() || has_stem()
}

/// Whether a name is of a column that no text is: a number of rows, or a label.
pub(super) fn is_of_no_text(name: &str) -> bool {
    LABELS.contains(&name) || BESIDE.contains(&name)
}

/// Where the columns of these plain names stand that `column` may be; `taken` are others'.
pub(super) fn place(names: &[String], column: &str, taken: &[usize]) -> Option<usize> {
    let mut others = others_for(column).iter();
    others.find_map(|other| (0..names.len()).find(|i| names[*i] == *other && !taken.contains(i)))
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
    (0..names.len()).find(|i| own.contains(&names[*i].as_str()) && !taken.contains(i))
}

/// Where the two sides of a pair stand.
pub(super) fn pair(names: &[String]) -> Option<(usize, usize)> {
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
        letters.filter(|_| labelled)
    };
    by_ends.or_else(named).or_else(letters)
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
    let find = |name: String| names.iter().position(|other| *other == name);
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
    sides.find_map(|(i, _, other)| Some((i, find(other)?)))
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
            ("premise,hypothesis,label", (0, 1)),
        ] {
            assert_eq!(pair(&names(header)), Some(place), "{header}");
        }
        for data in ["a,b", "一,二", "今天天气好,天气不错", "方案一,方案二"] {
            assert_eq!(pair(&names(data)), None, "{data}");
        }
        assert!(is_like_a_pair(&names("方案一,方案二")));
        assert!(!is_like_a_pair(&names("苹果,香蕉")));
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
