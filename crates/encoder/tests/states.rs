//! Last hidden states on request: the vector stays the same, and every token has its place in the text.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "support/fixtures.rs"]
mod fixtures;

use fixtures::{all, load, repository};
use yuyi_encoder::{EncodeOptions, Encoded, Encoder, LongText, Pooling, Precision};
use yuyi_kernels::Kernel;

const TEXTS: [&str; 5] = [
    "今天天气真不错",
    "ﬁve Ｃａｆé　①是\u{200b}，龘🙂!",
    "AI 正在重塑未来",
    " x ",
    "e\u{301}a",
];

fn with_states(prompt: Option<&str>, long_text: LongText) -> EncodeOptions {
    EncodeOptions {
        prompt: prompt.map(str::to_owned),
        long_text,
        states: true,
    }
}

fn encode(encoder: &Encoder, texts: &[&str], options: &EncodeOptions) -> Vec<Encoded> {
    encoder.encode(texts, options).unwrap()
}

fn builtin(precision: Precision) -> Encoder {
    let kernel = Kernel::detect().unwrap();
    load(&repository().join("models/builtin"), kernel, precision, 2)
}

#[test]
fn the_vector_has_the_same_bytes_and_comes_from_the_states() {
    let fixtures = all();
    let kernel = Kernel::detect().unwrap();
    let models = fixtures.iter().map(|f| f.load(kernel, Precision::F32, 2));
    for encoder in models.chain([Precision::Int4, Precision::Int8].map(builtin)) {
        let plain = encode(&encoder, &TEXTS, &EncodeOptions::default());
        let explained = encode(&encoder, &TEXTS, &with_states(None, LongText::CutEnd));
        for (plain, explained) in plain.iter().zip(&explained) {
            assert_eq!(plain.vector, explained.vector);
            assert_eq!(plain.tokens, explained.tokens);
            assert!(plain.states.is_none());
            let states = explained.states.as_ref().unwrap();
            assert_eq!(states.places.len(), explained.tokens);
            let rows: Vec<&[f32]> = states.rows().collect();
            // Of some models it takes more than the last hidden states to make the vector.
            if !encoder.spec().steps.is_empty() || states.pooling == Pooling::MeanLastTwo {
                continue;
            }
            let pooled: Vec<f32> = (0..encoder.dimension())
                .map(|i| match states.pooling {
                    Pooling::Cls => rows[0][i],
                    Pooling::Mean | Pooling::MeanSqrtLen => rows.iter().map(|row| row[i]).sum(),
                    Pooling::WeightedMean => {
                        let weights = (1..).map(|place| place as f32);
                        rows.iter().zip(weights).map(|(row, w)| w * row[i]).sum()
                    }
                    Pooling::LastToken => rows.last().unwrap()[i],
                    Pooling::MeanLastTwo => unreachable!("left out above"),
                    Pooling::Max => rows.iter().map(|row| row[i]).fold(f32::MIN, f32::max),
                })
                .collect();
            let length = pooled.iter().map(|x| x * x).sum::<f32>().sqrt();
            for (x, expected) in pooled.iter().zip(&explained.vector) {
                assert!((x / length - expected).abs() < 1e-5);
            }
        }
    }
}

#[test]
fn places_are_characters_of_the_text_without_its_prompt() {
    let encoder = builtin(Precision::Int4);
    for prompt in ["", "query: ", "查询"] {
        for text in TEXTS {
            let options = with_states(Some(prompt), LongText::CutEnd);
            let encoded = encode(&encoder, &[text], &options).remove(0);
            let places = encoded.states.unwrap().places;
            let characters: Vec<char> = text.chars().collect();
            let mut covered = vec![false; characters.len()];
            let mut last = 0;
            for place in &places {
                let range = place.characters.clone();
                assert!(range.is_empty() || range.start >= last);
                covered[range.clone()].fill(true);
                last = last.max(range.start);
            }
            for (c, covered) in characters.iter().zip(covered) {
                assert!(
                    covered || c.is_whitespace() || !c.is_alphanumeric(),
                    "{c:?} of {text:?} behind {prompt:?} is in no token: {places:?}"
                );
            }
            assert!(
                places[0].characters.is_empty() && places.last().unwrap().characters.is_empty()
            );
        }
    }
}

#[test]
fn unknown_text_is_marked() {
    let encoder = builtin(Precision::Int4);
    let encoded = encode(
        &encoder,
        &["好\u{13000}好"],
        &with_states(None, LongText::CutEnd),
    )
    .remove(0);
    assert_eq!(encoded.unknown, 1);
    let places = encoded.states.unwrap().places;
    let unknown: Vec<_> = places.iter().filter(|place| place.unknown).collect();
    assert_eq!((unknown.len(), unknown[0].characters.clone()), (1, 1..2));
}

#[test]
fn long_texts_have_the_states_of_what_is_read_first() {
    let encoder = builtin(Precision::Int4);
    let text = "今天天气不错。".repeat(200);
    for long_text in [LongText::CutEnd, LongText::Mean] {
        let options = with_states(None, long_text);
        let encoded = encode(&encoder, &[&text, "短"], &options).remove(0);
        let plain = EncodeOptions {
            states: false,
            ..options
        };
        assert_eq!(encoded.vector, encode(&encoder, &[&text], &plain)[0].vector);
        let states = encoded.states.unwrap();
        assert!(states.places.len() <= encoder.spec().max_tokens);
        assert_eq!(states.rows().count(), states.places.len());
        assert_eq!(encoded.truncated, long_text == LongText::CutEnd);
        let end = states
            .places
            .iter()
            .map(|place| place.characters.end)
            .max()
            .unwrap();
        assert!((100..1400).contains(&end), "{end}");
    }
}
