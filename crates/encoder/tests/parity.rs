//! Vectors against those that transformers computed (`scripts/make_model_fixtures`).

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/fixtures.rs"]
mod fixtures;

use fixtures::{Case, Fixture};
use yuyi_encoder::{EncodeOptions, Encoded, Encoder, Precision};

/// A component is about 1/8 in these vectors and float32 leaves about 1e-7 of error; the
/// tanh form of GELU in place of the exact one already makes 3e-5.
const LARGEST_DIFFERENCE: f32 = 5e-6;
const SMALLEST_COSINE: f64 = 0.99999;

#[test]
fn ids_alone() {
    for_each_model(|fixture, encoder| {
        for case in &fixture.cases {
            let encoded = encoder.encode_ids(&[&case.ids]).unwrap();
            assert_near(fixture, case, &encoded[0]);
        }
    });
}

#[test]
fn ids_in_one_batch() {
    for_each_model(|fixture, encoder| {
        let ids: Vec<&[u32]> = fixture.cases.iter().map(|case| &case.ids[..]).collect();
        let encoded = encoder.encode_ids(&ids).unwrap();
        assert_eq!(encoded.len(), ids.len(), "{}", fixture.name);
        for (case, encoded) in fixture.cases.iter().zip(&encoded) {
            assert_near(fixture, case, encoded);
        }
    });
}

#[test]
fn texts() {
    for_each_model(|fixture, encoder| {
        let with_text = |case: &&Case| case.text.is_some();
        let cases: Vec<&Case> = fixture.cases.iter().filter(with_text).collect();
        let texts: Vec<&str> = cases.iter().flat_map(|c| c.text.as_deref()).collect();
        let encoded = encoder.encode(&texts, &EncodeOptions::default()).unwrap();
        assert_eq!(encoded.len(), texts.len(), "{}", fixture.name);
        for (case, encoded) in cases.into_iter().zip(&encoded) {
            assert_near(fixture, case, encoded);
            let name = format!("{}, {}", fixture.name, case.name);
            assert_eq!(encoded.truncated, case.truncated, "{name}: truncated");
        }
    });
}

fn for_each_model(test: impl Fn(&Fixture, &Encoder)) {
    for kernel in fixtures::kernels() {
        for fixture in fixtures::all() {
            println!("{} with {}", fixture.name, kernel.name());
            test(&fixture, &fixture.load(kernel, Precision::F32, 2));
        }
    }
}

fn assert_near(fixture: &Fixture, case: &Case, encoded: &Encoded) {
    let name = format!("{}, {}", fixture.name, case.name);
    assert_eq!(encoded.tokens, case.ids.len(), "{name}: tokens");
    assert_eq!(encoded.vector.len(), case.vector.len(), "{name}: dimension");
    let difference = largest_difference(&encoded.vector, &case.vector);
    assert!(
        difference <= LARGEST_DIFFERENCE,
        "{name}: differs by {difference:e}"
    );
    let cosine = cosine(&encoded.vector, &case.vector);
    assert!(cosine >= SMALLEST_COSINE, "{name}: cosine {cosine}");
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    // A NaN has to fail the test; f32::max would drop it.
    differences.fold(0.0, |largest, d| if d <= largest { largest } else { d })
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
    products.sum()
}
