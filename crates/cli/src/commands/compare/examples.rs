//! Pairs that every comparison shows beside the user's own: what models see and literal methods do not.

/// What people would say of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same meaning in other words.
    Paraphrase,
    /// Many of the same words, another meaning.
    SharedWords,
    /// Neither.
    Unrelated,
}

/// The pairs.
pub const EXAMPLES: [(&str, &str, Kind); 8] = [
    ("我今天心情很好", "我感到非常愉快", Kind::Paraphrase),
    ("今天天气真不错", "外面阳光明媚", Kind::Paraphrase),
    ("人工智能改变世界", "AI 正在重塑未来", Kind::Paraphrase),
    (
        "你们的产品能开发票吗？",
        "是否支持开具发票？",
        Kind::Paraphrase,
    ),
    ("我今天心情很好", "我今天心脏不太好", Kind::SharedWords),
    ("今天天气真不错", "今天手气真不错", Kind::SharedWords),
    ("怎么打开摄像头", "怎么打开银行账户", Kind::SharedWords),
    ("我喜欢吃水果", "天气晴朗适合出游", Kind::Unrelated),
];
