//! Pairs that every comparison shows beside the user's own: what models see and literal methods do not.

/// What people would say of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The same meaning in other words.
    Paraphrase,
    /// Unrelated, with a word in common.
    SharedWord,
    /// Nearly the same words, another meaning: hard for models as well.
    LookAlike,
    /// Neither words nor meaning in common.
    Unrelated,
}

pub const EXAMPLES: [(&str, &str, Kind); 11] = [
    ("我今天心情很好", "我感到非常愉快", Kind::Paraphrase),
    ("今天天气真不错", "外面阳光明媚", Kind::Paraphrase),
    ("人工智能改变世界", "AI 正在重塑未来", Kind::Paraphrase),
    (
        "你们的产品能开发票吗？",
        "是否支持开具发票？",
        Kind::Paraphrase,
    ),
    ("我感到非常愉快", "我的快递非常慢", Kind::SharedWord),
    ("外面阳光明媚", "外面的停车费怎么算", Kind::SharedWord),
    ("怎么打开摄像头", "怎么打开银行账户", Kind::SharedWord),
    (
        "你们的产品能开发票吗？",
        "你们的餐厅能带宠物吗？",
        Kind::SharedWord,
    ),
    ("我今天心情很好", "我今天心脏不太好", Kind::LookAlike),
    ("今天天气真不错", "今天手气真不错", Kind::LookAlike),
    ("我喜欢吃水果", "天气晴朗适合出游", Kind::Unrelated),
];

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi_tasks::lexical::{Baseline, Method};

    /// The report says so.
    #[test]
    fn a_shared_word_outweighs_a_shared_meaning_for_literal_methods() {
        let of_kind = |kind| EXAMPLES.iter().filter(move |example| example.2 == kind);
        let texts: Vec<&str> = EXAMPLES.iter().flat_map(|(a, b, _)| [*a, *b]).collect();
        for method in Method::ALL {
            let baselines = [
                Baseline::of_pair(method),
                Baseline::of_texts(method, texts.clone()),
            ];
            for baseline in baselines.into_iter().flatten() {
                let score = |(a, b, _): &(&str, &str, Kind)| baseline.score(a, b);
                // 心情 and 天气; the others share 能 or 票.
                let paraphrases = of_kind(Kind::Paraphrase).take(2).map(score);
                let best = paraphrases.fold(0.0, f64::max);
                let worst = of_kind(Kind::SharedWord).map(score).fold(1.0, f64::min);
                assert!(best <= worst, "{method}: {best} above {worst}");
            }
        }
    }
}
