//! What a name says of its column. Names are put together of few words, 客户 and 问题, "original" and "text", in more ways than a list could have.

use super::lists::{ANSWERS, BESIDE, LABELS, QUESTIONS, TEXTS, WORDINGS};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Kind {
    Question,
    Answer,
    /// Further wordings of a question.
    Wordings,
    /// Any other text.
    Text,
    Label,
    /// The number or the key of a row.
    Id,
    /// What sorts rows or tells where they come from.
    Beside,
}

impl Kind {
    pub(in super::super) fn is_text(self) -> bool {
        matches!(
            self,
            Self::Question | Self::Answer | Self::Wordings | Self::Text
        )
    }
}

/// Words with which names end, by what their columns hold.
#[rustfmt::skip]
const NOUNS: &[(Kind, &[&str])] = &[
    (Kind::Question, &[
        "问题", "问", "问句", "问法", "提问", "题目", "题干", "咨询", "疑问", "question", "query", "q", "ask",
    ]),
    (Kind::Answer, &[
        "答案", "答", "回答", "回复", "答复", "应答", "解答", "话术", "answer", "ans", "reply", "response", "completion",
    ]),
    (Kind::Wordings, &[
        "相似问", "相似问题", "相似问法", "相似问句", "同义问", "扩展问", "扩展问法", "其他问法", "别名", "wording", "variant", "alias",
        "similarquestion", "alternativequestion", "alternatequestion", "otherquestion", "paraphrase",
    ]),
    (Kind::Text, &[
        "句", "句子", "语句", "例句", "同义句", "文本", "文", "原文", "译文", "翻译", "正文", "标题", "内容", "描述", "摘要", "段落",
        "文档", "文章", "短语", "词", "词语", "字符串", "表述", "说法", "表达", "评论", "消息", "对话", "话", "发言", "留言", "反馈",
        "诉求", "输入", "输出", "查询", "搜索词", "检索词", "指令", "提示词", "语料", "样本", "正例", "负例", "正样本", "负样本",
        "原声", "心声", "前提", "假设", "锚点", "改写", "改写句", "名称", "原句", "原话", "上文", "下文", "上句", "下句", "转写",
        "text", "txt", "sentence", "sent", "utterance", "utt", "title", "content", "document", "doc", "passage", "paragraph",
        "phrase", "string", "str", "word", "term", "translation", "rewrite", "premise", "hypothesis", "hyp", "reference", "ref",
        "candidate", "cand", "anchor", "positive", "pos", "negative", "neg", "prediction", "pred", "instruction", "prompt",
        "input", "output", "message", "msg", "comment", "review", "body", "summary", "description", "desc", "seq", "sequence",
        "original", "target", "tgt", "trg", "src", "context", "transcript", "keyword",
    ]),
    (Kind::Label, &[
        "标签", "标注", "标记", "相似度", "相似性", "相似程度", "相关性", "相关度", "匹配度", "分数", "得分", "评分", "打分", "分值",
        "label", "score", "similarity", "sim", "rating", "relevance", "grade", "duplicate", "judgment", "judgement", "annotation",
    ]),
    (Kind::Id, &[
        "编号", "序号", "行号", "号", "号码", "代码", "id", "ids", "idx", "index", "no", "num", "number", "uid", "uuid", "guid",
        "key", "code",
    ]),
    (Kind::Beside, &[
        "类型", "分类", "类别", "类目", "意图", "领域", "主题", "话题", "来源", "备注", "时间", "日期", "渠道", "状态", "版本", "作者",
        "链接", "语言", "部门", "次数", "频次", "频率", "结果", "长度", "置信度", "用户名", "姓名", "产品", "业务",
        "intent", "category", "class", "type", "kind", "domain", "topic", "source", "note", "notes", "remark", "remarks", "time",
        "date", "timestamp", "status", "state", "version", "author", "url", "link", "lang", "language", "count", "freq",
        "frequency", "length", "confidence", "split", "tag", "tags", "user", "username", "channel", "created", "updated",
    ]),
];

/// Words in front of them.
#[rustfmt::skip]
const QUALIFIERS: &[&str] = &[
    "用户", "客户", "顾客", "客服", "会员", "机器人", "坐席", "人工", "系统", "模型", "学生", "老师", "买家", "卖家", "商家",
    "原始", "原", "源", "目标", "标准", "参考", "候选", "对比", "比较", "待测", "测试", "待匹配", "匹配", "相似", "同义", "扩展",
    "改写后", "正确", "期望", "预期", "预测", "命中", "召回", "检索", "搜索", "生成", "真实", "实际", "新", "旧", "正", "负", "主",
    "子", "中文", "英文", "对应", "所属", "关联", "一级", "二级", "三级", "知识", "常见", "分段", "基准", "被比较", "待比较", "最佳",
    "第一", "第二", "第1", "第2", "左", "右", "甲", "乙", "语义", "推荐", "错误", "创建", "更新", "修改",
    "user", "customer", "client", "agent", "bot", "robot", "human", "system", "model", "orig", "raw", "source", "std",
    "standard", "gold", "golden", "expected", "predicted", "similar", "generated", "first", "second", "left", "right", "test",
    "new", "old", "main", "sub", "english", "chinese", "en", "zh", "faq", "correct", "matched", "semantic", "row", "record",
];

/// What may follow a name: the mark of a side, or of the first of several.
const MARKS: &[&str] = &[
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "一", "二", "三", "甲", "乙", "s",
];

/// What labels ask: 是否正确, `is_correct`.
#[rustfmt::skip]
const ASKED: &[&str] = &[
    "正确", "准确", "相似", "相同", "一样", "匹配", "同义", "同义句", "一致", "重复", "相关", "等价", "命中", "有效", "符合", "通过",
    "合格",
    "duplicate", "same", "similar", "match", "matched", "correct", "paraphrase", "relevant", "equal", "equivalent", "right",
];

/// What a column of this plain name holds, if it is one that people give.
pub(in super::super) fn kind(name: &str) -> Option<Kind> {
    let lists: [(&[&str], Kind); 6] = [
        (LABELS, Kind::Label),
        (BESIDE, Kind::Beside),
        (WORDINGS, Kind::Wordings),
        (QUESTIONS, Kind::Question),
        (ANSWERS, Kind::Answer),
        (TEXTS, Kind::Text),
    ];
    let exact = lists.into_iter().find(|(list, _)| list.contains(&name));
    let is_short = name.chars().count() < 2;
    match exact {
        Some((_, Kind::Beside)) if noun(name) == Some(Kind::Id) => Some(Kind::Id),
        Some((_, kind)) => Some(kind),
        None if is_short => None,
        None => whether(name).or_else(|| put_together(name)),
    }
}

/// Whether a plain name consists of several words: nobody has just that for a text.
pub(in super::super) fn is_compound(name: &str) -> bool {
    noun(name).is_none() && of_words(name).is_some() || whether(name).is_some()
}

/// The label that asks: 是否正确, `is_correct`.
fn whether(name: &str) -> Option<Kind> {
    let (zh, en) = (name.strip_prefix("是否"), name.strip_prefix("is"));
    let is_asked = |rest: &str| ASKED.contains(&rest);
    zh.or(en).is_some_and(is_asked).then_some(Kind::Label)
}

fn noun(name: &str) -> Option<Kind> {
    let found = NOUNS.iter().find(|(_, nouns)| nouns.contains(&name));
    found.map(|(kind, _)| *kind)
}

/// The kind of the last word, if all of the name consists of words.
fn put_together(name: &str) -> Option<Kind> {
    let marked = || {
        let stems = MARKS.iter().filter_map(|mark| name.strip_suffix(mark));
        let mut stems = stems.filter(|stem| stem.chars().count() > 1);
        stems.find_map(of_words)
    };
    of_words(name).or_else(marked)
}

fn of_words(name: &str) -> Option<Kind> {
    // Texts and what they are of stand in front of others: 问题描述, `question_id`.
    let texts = NOUNS.iter().filter(|(kind, _)| kind.is_text());
    let words = texts.flat_map(|(_, nouns)| *nouns).chain(QUALIFIERS);
    let more = |word: &&str| {
        let rest = name.strip_prefix(*word)?;
        (word.chars().count() > 1 || !word.is_ascii()).then(|| of_words(rest))?
    };
    noun(name).or_else(|| words.into_iter().find_map(more))
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn names_are_put_together_of_words() {
        for (name, expected) in [
            ("客户问题", Kind::Question),
            ("标准话术", Kind::Answer),
            ("用户输入", Kind::Text),
            ("标准句", Kind::Text),
            ("原始提问", Kind::Question),
            ("机器人回复", Kind::Answer),
            ("是否正确", Kind::Label),
            ("Original text", Kind::Text),
            ("Translation", Kind::Text),
            ("源文本", Kind::Text),
            ("目标文本2", Kind::Text),
            ("user_query", Kind::Question),
            ("Standard Answer", Kind::Answer),
            ("is_correct", Kind::Label),
            ("問題", Kind::Question),
            ("標準答案編號", Kind::Id),
            ("对应ID", Kind::Id),
            ("question_id", Kind::Id),
            ("相似问1", Kind::Wordings),
            ("一级分类", Kind::Beside),
            ("intent", Kind::Beside),
            ("sentences", Kind::Text),
            ("no", Kind::Id),
        ] {
            assert_eq!(kind(&plain(name)), Some(expected), "{name}");
        }
        for text in [
            "今天天气不错",
            "怎么退货",
            "我要开发票",
            "苹果",
            "退货",
            "x",
            "hello",
            "data",
            "the weather is fine",
            "是否包邮",
        ] {
            assert_eq!(kind(&plain(text)), None, "{text}");
        }
        assert!(is_compound("客户问题") && is_compound("是否正确"));
        for word in ["问题", "评论", "a", "q", "texts", "苹果"] {
            assert!(!is_compound(word), "{word}");
        }
    }
}
