//! Explanations of real sentences by the built-in model.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::path::Path;

use yuyi_encoder::{
    EncodeOptions, Encoded, Encoder, Folder, LoadOptions, Place, Precision, States,
};
use yuyi_tasks::explain::{Explanation, NoteKind, Outline, Side, Token, explain};

fn model(precision: Precision) -> Encoder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/builtin");
    let options = LoadOptions {
        precision: Some(precision),
        ..LoadOptions::default()
    };
    Encoder::load(&Folder::open(&path).unwrap(), &options).unwrap()
}

fn explained(model: &Encoder, a: &str, b: &str) -> Explanation {
    let options = EncodeOptions {
        states: true,
        ..EncodeOptions::default()
    };
    let whole = model.encode(&[a, b], &options).unwrap();
    let states = |i: usize| whole[i].states.as_ref().unwrap();
    let outline = |i: usize, text| Outline::of(text, tokens(states(i)));
    let outlines = [outline(0, a), outline(1, b)];
    let without: Vec<Vec<Encoded>> = outlines
        .iter()
        .map(|outline| {
            let texts = outline.without();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            model.encode(&texts, &EncodeOptions::default()).unwrap()
        })
        .collect();
    let vectors: Vec<Vec<&[f32]>> = without
        .iter()
        .map(|texts| texts.iter().map(|text| &text.vector[..]).collect())
        .collect();
    let side = |i: usize| Side {
        outline: &outlines[i],
        hidden: &states(i).hidden,
        vector: &whole[i].vector,
        without: &vectors[i],
        truncated: whole[i].truncated,
    };
    explain(&side(0), &side(1))
}

fn tokens(states: &States) -> Vec<Token> {
    let token = |place: &Place| Token {
        characters: place.characters.clone(),
        unknown: place.unknown,
    };
    states.places.iter().map(token).collect()
}

fn heaviest(words: &[yuyi_tasks::explain::WordWeight]) -> &str {
    let heaviest = words.iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
    heaviest.map_or("", |word| &word.text)
}

#[test]
fn what_people_would_point_at_is_found() {
    for precision in Precision::ALL {
        let model = model(precision);
        // The heaviest words of both, and words that go together.
        for (a, b, heavy_a, heavy_b, links) in [
            (
                "你们的产品能开发票吗？",
                "是否支持开具发票？",
                "发票",
                "发票",
                vec!["吗-是否"],
            ),
            (
                "人工智能改变世界",
                "AI 正在重塑未来",
                "人工智能",
                "AI",
                vec!["人工智能-AI", "世界-未来"],
            ),
            (
                "如何修改登录密码",
                "密码忘了怎么办",
                "密码",
                "密码",
                vec!["如何-怎么办", "密码-密码"],
            ),
            (
                "我喜欢吃水果",
                "苹果香蕉都很美味",
                "水果",
                "美味",
                vec!["水果-香蕉"],
            ),
        ] {
            let found = explained(&model, a, b);
            let shown: Vec<String> = found
                .links
                .iter()
                .map(|link| format!("{}-{}", found.a[link.a].text, found.b[link.b].text))
                .collect();
            assert!(heaviest(&found.a).ends_with(heavy_a), "{a}: {:?}", found.a);
            assert!(heaviest(&found.b).ends_with(heavy_b), "{b}: {:?}", found.b);
            for link in links {
                assert!(
                    shown.iter().any(|s| s == link),
                    "{a} / {b}: no {link} in {shown:?}"
                );
            }
        }
    }
}

#[test]
fn what_the_score_misses_is_noted() {
    let model = model(Precision::Int4);
    let found = explained(&model, "3月5日起不能退货", "5月5日起能退货");
    let kinds: Vec<NoteKind> = found.notes.iter().map(|note| note.kind).collect();
    assert_eq!(kinds, [NoteKind::Number, NoteKind::Negation]);
    let plain = explained(&model, "今天天气真不错", "外面阳光明媚");
    assert_eq!(plain.notes, []);
    let long = explained(&model, &"天气很好。".repeat(300), "天气不错");
    assert_eq!(long.notes[0].kind, NoteKind::Truncated);
    assert!(long.a.last().unwrap().end < 1_500);
}
