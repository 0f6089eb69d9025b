use super::*;
use proptest::prelude::*;
use serde::Deserialize;

/// What scikit-learn computed; made by scripts/make_lexical_fixture.
#[derive(Deserialize)]
struct Fixture {
    texts: Vec<String>,
    cosines: Vec<Cosines>,
}

#[derive(Deserialize)]
struct Cosines {
    method: String,
    weighted: bool,
    /// Of every text with every text.
    matrix: Vec<Vec<f64>>,
}

fn texts(fixture: &Fixture) -> impl Iterator<Item = &str> {
    fixture.texts.iter().map(String::as_str)
}

#[test]
fn tf_idf_is_that_of_scikit_learn() {
    let json = include_str!("../../../../tests/fixtures/lexical/tf_idf.json");
    let fixture: Fixture = serde_json::from_str(json).unwrap();
    assert_eq!((fixture.texts.len(), fixture.cosines.len()), (14, 4));
    for cosines in &fixture.cosines {
        let method = cosines.method.parse().unwrap();
        let baseline = match cosines.weighted {
            true => Baseline::of_texts(method, texts(&fixture)),
            false => Baseline::of_pair(method),
        };
        let baseline = baseline.unwrap();
        for (a, row) in texts(&fixture).zip(&cosines.matrix) {
            for (b, expected) in texts(&fixture).zip(row) {
                let score = baseline.score(a, b);
                assert!(
                    (score - expected).abs() < 1e-9,
                    "{method}, weighted: {}, {a} / {b}: {score}, not {expected}",
                    cosines.weighted
                );
            }
        }
    }
}

/// Same meaning in other words, as in the article; unrelated with a word in common.
const PARAPHRASES: [(&str, &str); 2] = [
    ("我今天心情很好", "我感到非常愉快"),
    ("今天天气真不错", "外面阳光明媚"),
];
const UNRELATED: [(&str, &str); 4] = [
    ("我今天心情很好", "我今天的快递还没到"),
    ("今天下午开会", "今天下午停水"),
    ("他心情不好", "这家店的口味不好"),
    ("外面阳光明媚", "外面的停车费怎么算"),
];

/// The article's point: literal methods miss what only means the same.
#[test]
fn a_shared_word_outweighs_a_shared_meaning() {
    let pairs = PARAPHRASES.iter().chain(&UNRELATED);
    let texts: Vec<&str> = pairs.flat_map(|(a, b)| [*a, *b]).collect();
    for method in Method::ALL {
        let baselines = [
            Baseline::of_pair(method),
            Baseline::of_texts(method, texts.clone()),
        ];
        for baseline in baselines.into_iter().flatten() {
            let score = |pair: &(&str, &str)| baseline.score(pair.0, pair.1);
            let best = PARAPHRASES.iter().map(score).fold(0.0, f64::max);
            let worst = UNRELATED.iter().map(score).fold(1.0, f64::min);
            assert!(
                best <= worst,
                "{method}: {best} for a paraphrase, {worst} for an unrelated pair"
            );
        }
    }
}

#[test]
fn names_are_read_back() {
    for method in Method::ALL {
        assert_eq!(method.name().parse(), Ok(method));
    }
    assert_eq!(
        "Edit".parse::<Method>().unwrap_err(),
        "\"Edit\" is none of jaccard, edit, tfidf, tfidf_words."
    );
}

fn vectors() -> WordVectors {
    let mut builder = WordVectorsBuilder::for_texts(["今 天 好 a b"]);
    for line in ["今 1 2", "天 -1 1", "好 0 -2", "a 1 0", "b -1 -1"] {
        builder.line(line.as_bytes()).unwrap();
    }
    builder.finish().unwrap()
}

proptest! {
    #[test]
    fn scores_are_in_range_symmetric_and_one_for_equal_texts(
        a in "([今天好，。A-c ]|.){0,12}",
        b in "([今天好，。A-c ]|.){0,12}",
    ) {
        let texts = [a.as_str(), "今天好", "天 天"];
        let fitted = Method::ALL.iter().filter_map(|&method| Baseline::of_texts(method, texts));
        let alone = Method::ALL.iter().filter_map(|&method| Baseline::of_pair(method));
        for baseline in fitted.chain(alone).chain([Baseline::of_vectors(vectors())]) {
            let score = baseline.score(&a, &b);
            prop_assert!((0.0..=1.0).contains(&score), "{}: {}", baseline.method(), score);
            prop_assert_eq!(score, baseline.score(&b, &a), "{}", baseline.method());
            prop_assert_eq!(baseline.score(&a, &a), 1.0, "{}", baseline.method());
        }
    }
}
