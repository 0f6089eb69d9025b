use super::*;
use proptest::prelude::*;
/// Tokens and their last hidden states.
struct States {
    hidden: Vec<f32>,
    tokens: Vec<Token>,
}

/// States of two numbers a token; a token for each character, its state by what the character is.
fn states(text: &str, state: impl Fn(char) -> [f32; 2]) -> States {
    let token = |i| Token {
        characters: i..i + 1,
        unknown: text.chars().nth(i) == Some('龘'),
    };
    States {
        hidden: text.chars().flat_map(state).collect(),
        tokens: (0..text.chars().count()).map(token).collect(),
    }
}

/// Of 退 and 货 (1, 0), of others (0, 1).
fn goods(c: char) -> [f32; 2] {
    if "退货".contains(c) {
        [1.0, 0.0]
    } else {
        [0.0, 1.0]
    }
}

fn explained(a: &str, b: &str, without_a: &[&[f32]], without_b: &[&[f32]]) -> Explanation {
    let (states_a, states_b) = (states(a, goods), states(b, goods));
    let outlines = [
        Outline::of(a, states_a.tokens),
        Outline::of(b, states_b.tokens),
    ];
    let side = |i: usize, hidden, without| Side {
        outline: &outlines[i],
        hidden,
        vector: &[1.0, 0.0],
        without,
        truncated: false,
    };
    explain(
        &side(0, &states_a.hidden, without_a),
        &side(1, &states_b.hidden, without_b),
    )
}

#[test]
fn what_is_missed_most_weighs_most() {
    // Without 不能 the cosine falls by 0.2, without 退货 by 0.6.
    let without: [&[f32]; 2] = [&[0.8, 0.6], &[0.4, 0.917]];
    let found = explained(
        "不能退货。",
        "能退货",
        &without,
        &[&[0.0, 1.0], &[1.0, 0.0]],
    );
    let weights = |words: &[WordWeight]| -> Vec<(String, usize, usize, f64)> {
        let rounded = |x: f64| (x * 100.0).round() / 100.0;
        let tuple = |w: &WordWeight| (w.text.clone(), w.start, w.end, rounded(w.weight));
        words.iter().map(tuple).collect()
    };
    assert_eq!(
        weights(&found.a),
        [("不能".into(), 0, 2, 0.25), ("退货".into(), 2, 4, 0.75)]
    );
    assert_eq!(
        weights(&found.b),
        [("能".into(), 0, 1, 1.0), ("退货".into(), 1, 3, 0.0)]
    );
    assert_eq!(found.unknown, Unknown { a: 0.0, b: 0.0 });
    assert_eq!(
        found.notes,
        [Note {
            kind: NoteKind::Negation,
            message: "Only A negates: 不能.".into(),
            a: vec!["不能".into()],
            b: Vec::new(),
        }]
    );
}

#[test]
fn numbers_keep_their_units_and_dates_stay_whole() {
    for (text, expected) in [
        ("3月5号开会", "3月5号|开会"),
        ("2024年12月31日10点30分", "2024年12月31日10点30分"),
        ("买3个，15元", "买|3个|15元"),
        ("3个5元", "3个|5元"),
        ("涨了20%左右", "涨|了|20%|左右"),
        ("iPhone15 Pro", "iPhone15|Pro"),
        ("5月3日15:00", "5月3日15:00"),
        ("1,000元和1.5万元", "1,000元|和|1.5万元"),
        ("2024-03-05发货", "2024-03-05|发货"),
        ("10点半见", "10点半|见"),
        ("一百二十元", "一百二十元"),
        ("二零二四年", "二零二四年"),
        ("买三送一", "买|三|送|一"),
        ("1. 登录", "1|登录"),
        ("号码12345", "号码|12345"),
    ] {
        let outline = Outline::of(text, states(text, goods).tokens);
        let words: Vec<&str> = outline.words.iter().map(|word| &*word.text).collect();
        assert_eq!(words.join("|"), expected);
    }
}

#[test]
fn words_are_linked_to_those_of_like_states() {
    let found = explained("不能退货", "退货可以", &[], &[]);
    let links: Vec<_> = found.links.iter().map(|l| (l.a, l.b)).collect();
    assert_eq!(links, [(0, 1), (1, 0)]);
    assert!(found.links.iter().all(|l| l.cosine > 0.999));
}

#[test]
fn a_single_word_has_all_the_weight_and_a_link() {
    let found = explained("退货", "退货", &[], &[]);
    assert_eq!((found.a[0].weight, found.links.len()), (1.0, 1));
    assert!((found.links[0].cosine - 1.0).abs() < 1e-9);
    let nothing = explained("。", "退货", &[], &[]);
    assert_eq!((nothing.a.len(), nothing.links.len()), (0, 0));
}

#[test]
fn notes_say_what_the_score_does_not() {
    let found = explained("3月退货龘龘", "5月没有货", &[], &[]);
    let notes: Vec<_> = found.notes.iter().map(|n| (n.kind, &*n.message)).collect();
    assert_eq!(
        notes,
        [
            (NoteKind::Number, "The numbers differ: 3月 in A, 5月 in B."),
            (NoteKind::Negation, "Only B negates: 没有."),
            (NoteKind::Unknown, "The model does not know 33 % of A: 龘."),
        ]
    );
    assert_eq!(
        found.unknown,
        Unknown {
            a: 2.0 / 6.0,
            b: 0.0
        }
    );
}

#[test]
fn of_a_text_that_was_cut_only_what_was_read_is_explained() {
    let text = "今天的天气。很好";
    let states = states("今天的天气。", goods);
    let outline = Outline::of(text, states.tokens);
    let without = outline.without();
    assert_eq!(without, ["的天气。", "今天天气。", "今天的。"]);
    let vectors: Vec<&[f32]> = vec![&[1.0, 0.0]; 3];
    let side = Side {
        outline: &outline,
        hidden: &states.hidden,
        vector: &[1.0, 0.0],
        without: &vectors,
        truncated: true,
    };
    let found = explain(&side, &side);
    assert_eq!(found.a.last().unwrap().text, "天气");
    assert!(found.a.iter().all(|word| word.weight == 0.0));
    assert_eq!(
        found.notes[0].message,
        "A is longer than the model reads at once; only its first 6 characters are explained."
    );
}

#[test]
fn a_long_text_is_left_out_in_phrases_and_the_strongest_once_more() {
    let text = "天气很好，".repeat(40);
    let outline = Outline::of(&text, states(&text, goods).tokens);
    let without = outline.without();
    assert_eq!(without.len(), 8);
    let places: Vec<_> = outline.groups.iter().flat_map(Clone::clone).collect();
    assert!(places.into_iter().eq(0..outline.words.len()));
    // Phrases end where something stands between two words.
    let is_whole = |text: &String| text.matches('，').count() == 36 && text.chars().count() == 176;
    assert!(without.iter().all(is_whole), "{without:?}");
    // Without the third the cosine falls by a half, without the fifth by a fifth.
    let vectors: Vec<&[f32]> = (0..8)
        .map(|i| match i {
            2 => [0.5, 0.866].as_slice(),
            4 => &[0.8, 0.6],
            _ => &[1.0, 0.0],
        })
        .collect();
    let [vector, other] = [[1.0, 0.0]; 2];
    let further = outline.further(&vector, &other, &vectors);
    assert_eq!(further.len(), 4, "together at most twelve");
    // Each part of the third phrase is left out by itself.
    let shorter = |text: &String| text.chars().count() < 200 && text.len() > without[2].len();
    assert!(further.iter().all(shorter), "{further:?}");
    // The first of the parts is what counts.
    let all = [
        &vectors[..],
        &[&[0.5, 0.866], &[1.0, 0.0], &[1.0, 0.0], &[1.0, 0.0]],
    ]
    .concat();
    let side = Side {
        outline: &outline,
        hidden: &[],
        vector: &vector,
        without: &all,
        truncated: false,
    };
    let found = weights::of_words(&side, &other);
    let of = |i: usize| -> f64 {
        found[outline.groups[i].clone()]
            .iter()
            .map(|w| w.weight)
            .sum()
    };
    assert!((of(2) - 0.5 / 0.7).abs() < 1e-3 && (of(4) - 0.2 / 0.7).abs() < 1e-3);
    let apart = &outline.apart(&[0.0, 0.0, 0.5, 0.0, 0.2, 0.0, 0.0, 0.0])[0];
    let first: f64 = found[apart.parts[0].clone()].iter().map(|w| w.weight).sum();
    assert!((first - of(2)).abs() < 1e-9);
}

#[test]
fn what_the_model_did_not_read_is_not_looked_at() {
    let read = "3月5号退货";
    let text = format!("{read}，不退，5月6号。{}", "不3月5号…".repeat(20_000));
    let outline = Outline::of(&text, states(read, goods).tokens);
    assert_eq!(outline.text(), read);
    let words: Vec<&str> = outline.words.iter().map(|word| &*word.text).collect();
    assert_eq!(words, ["3月5号", "退货"]);
    // The end of a text whose beginning was cut off.
    let end = "前天晚上退货3个";
    let tokens: Vec<Token> = states(end, goods).tokens.split_off(4);
    let outline = Outline::of(end, tokens);
    let words: Vec<_> = outline
        .words
        .iter()
        .map(|w| (&*w.text, w.place.clone()))
        .collect();
    assert_eq!(words, [("退货", 4..6), ("3个", 6..8)]);
    assert_eq!(outline.without(), ["3个", "退货"]);
}

proptest! {
    /// Words are where they say, weights are shares, and no word is linked twice; turned round, the same is found.
    #[test]
    fn explanations_are_sound(
        a in "([今天退货能不3月。 ]|[a-c'é🙂\u{301}]){1,40}",
        b in "([今天退货能不3月。 ]|[a-c'é🙂\u{301}]){1,40}",
        seed in 0u32..1000,
    ) {
        let state = |c: char| {
            let x = (u32::from(c) * 7919 + seed) % 100;
            [x as f32 / 50.0 - 1.0, (x * x % 97) as f32 / 50.0 - 1.0]
        };
        let (of_a, of_b) = (states(&a, state), states(&b, state));
        let (outline_a, outline_b) = (Outline::of(&a, of_a.tokens), Outline::of(&b, of_b.tokens));
        let vectors: Vec<[f32; 2]> = (0..40).map(|i| {
            let angle = (i * 37 + seed) as f32;
            [angle.cos(), angle.sin()]
        }).collect();
        let vectors: Vec<&[f32]> = vectors.iter().map(|v| v.as_slice()).collect();
        let side = |outline, hidden, count| Side {
            outline, hidden, vector: vectors[39], without: &vectors[..count], truncated: false,
        };
        let sides = (
            side(&outline_a, &of_a.hidden, outline_a.without().len()),
            side(&outline_b, &of_b.hidden, outline_b.without().len()),
        );
        let found = explain(&sides.0, &sides.1);
        let characters: Vec<char> = a.chars().collect();
        for word in &found.a {
            let there: String = characters[word.start..word.end].iter().collect();
            prop_assert_eq!(there, word.text.as_str());
            prop_assert!((0.0..=1.0).contains(&word.weight));
        }
        let sum: f64 = found.a.iter().map(|word| word.weight).sum();
        prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 1e-9, "{}", sum);
        let mut linked: Vec<usize> = found.links.iter().map(|link| link.b).collect();
        linked.sort_unstable();
        linked.dedup();
        prop_assert_eq!(linked.len(), found.links.len());
        for link in &found.links {
            prop_assert!(link.a < found.a.len() && link.b < found.b.len());
            prop_assert!((0.3..=1.0).contains(&link.cosine));
        }
        let turned = explain(&sides.1, &sides.0);
        prop_assert_eq!(&turned.a, &found.b);
        prop_assert_eq!(turned.unknown.a, found.unknown.b);
    }
}
