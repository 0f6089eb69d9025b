//! A text's vector has the same bytes alone, in any batch, with one thread or two:
//! caches, stored collections and repeated requests rely on it.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/fixtures.rs"]
mod fixtures;

use fixtures::Fixture;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use yuyi_encoder::{EncodeOptions, Encoded, Encoder, LongText, Precision};
use yuyi_kernels::{INTEGER_TOKENS, Kernel, KernelPath};

const CHARACTERS: &str = "[今天气真不错喜欢水果发票适遊，。？ A-Za-z0-9]{1,80}";

#[test]
fn fixtures_by_ids() {
    for_each_fixture(|fixture, pair, cases| {
        let longest = fixture.cases.iter().map(|case| case.ids.len()).max();
        let batches = batches(vocabulary(&pair.one), longest.unwrap());
        run(2 * cases, &batches, |batch| pair.compare_ids(batch));
    });
}

#[test]
fn fixtures_by_texts() {
    let texts = vec(CHARACTERS, 1..8);
    for_each_fixture(|_, pair, cases| run(cases, &texts, |texts| pair.compare_texts(texts)));
}

/// The fastest kernel will do: a window is computed as any other text.
#[test]
fn long_texts_in_windows() {
    let texts = vec(CHARACTERS, 1..4);
    let kernel = Kernel::detect().unwrap();
    for fixture in fixtures::all().iter().take(2) {
        let pair = Pair::of(|threads| fixture.load(kernel, Precision::Int8, threads));
        run(2, &texts, |texts| pair.compare_windows(texts));
    }
}

#[test]
fn builtin() {
    let folder = fixtures::repository().join("models/builtin");
    if !folder.join("config.json").exists() {
        println!("not run: models/builtin is absent");
        return;
    }
    for (kernel, precision) in kernels_and_precisions() {
        let generic = kernel.path() == KernelPath::Generic;
        // The slow path is proved on the fixtures; here it shows that it can take real sizes.
        if generic && precision != Precision::Int4 {
            continue;
        }
        let pair = Pair::of(|threads| fixtures::load(&folder, kernel, precision, threads));
        let longest = if generic { 8 } else { 40 };
        let batches = vec(vec(0..vocabulary(&pair.one), 1..=longest), 2..=4);
        run(1, &batches, |batch| pair.compare_ids(batch));
        if !generic {
            // Long enough for attention in integers, beside short ones.
            let long = vec(
                0..vocabulary(&pair.one),
                INTEGER_TOKENS..=INTEGER_TOKENS + 40,
            );
            let short = vec(0..vocabulary(&pair.one), 1..=20usize);
            let batches = (long.clone(), short, long).prop_map(|(a, b, c)| vec![a, b, c]);
            run(1, &batches, |batch| pair.compare_ids(batch));
            let texts = vec(CHARACTERS, 2..=4);
            run(1, &texts, |texts| pair.compare_texts(texts));
        }
    }
}

/// `test` gets the number of cases to try.
fn for_each_fixture(test: impl Fn(&Fixture, &Pair, u32)) {
    for (kernel, precision) in kernels_and_precisions() {
        let cases = if kernel.path() == KernelPath::Generic {
            2
        } else {
            6
        };
        for fixture in fixtures::all() {
            let what = format!(
                "{} in {} with {}",
                fixture.name,
                precision.name(),
                kernel.name()
            );
            if precision == Precision::Int4 && !fixture.fits_blocks() {
                println!("{what}: its sizes do not fit blocks");
                continue;
            }
            println!("{what}");
            let pair = Pair::of(|threads| fixture.load(kernel, precision, threads));
            test(&fixture, &pair, cases);
        }
    }
}

fn kernels_and_precisions() -> impl Iterator<Item = (Kernel, Precision)> {
    let kernels = fixtures::kernels().into_iter();
    kernels.flat_map(|kernel| Precision::ALL.map(|precision| (kernel, precision)))
}

/// The same model with one thread and with two.
struct Pair {
    one: Encoder,
    two: Encoder,
}

impl Pair {
    fn of(load: impl Fn(usize) -> Encoder) -> Self {
        Self {
            one: load(1),
            two: load(2),
        }
    }

    fn compare_ids(&self, batch: &[Vec<u32>]) -> TestCaseResult {
        let ids: Vec<&[u32]> = batch.iter().map(Vec::as_slice).collect();
        self.compare(&ids, |encoder, ids| encoder.encode_ids(ids).unwrap())
    }

    fn compare_texts(&self, texts: &[String]) -> TestCaseResult {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let options = EncodeOptions::default();
        self.compare(&texts, |encoder, texts| {
            encoder.encode(texts, &options).unwrap()
        })
    }

    /// Texts that need several windows.
    fn compare_windows(&self, texts: &[String]) -> TestCaseResult {
        let most = self.one.spec().max_tokens;
        let repeat = |text: &String| text.repeat(2 * most / text.chars().count() + 1);
        let texts: Vec<String> = texts.iter().map(repeat).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let options = EncodeOptions {
            long_text: LongText::Mean,
            ..EncodeOptions::default()
        };
        self.compare(&texts, |encoder, texts| {
            encoder.encode(texts, &options).unwrap()
        })
    }

    fn compare<T>(
        &self,
        batch: &[T],
        encode: impl Fn(&Encoder, &[T]) -> Vec<Encoded>,
    ) -> TestCaseResult {
        let in_batch = [encode(&self.one, batch), encode(&self.two, batch)];
        for (i, input) in batch.iter().enumerate() {
            let alone = encode(&self.one, std::slice::from_ref(input));
            let expected = bits(&alone[0]);
            let with_two = encode(&self.two, std::slice::from_ref(input));
            prop_assert_eq!(
                bits(&with_two[0]),
                &expected[..],
                "{}: alone, two threads",
                i
            );
            prop_assert_eq!(
                bits(&in_batch[0][i]),
                &expected[..],
                "{}: batch, one thread",
                i
            );
            prop_assert_eq!(
                bits(&in_batch[1][i]),
                &expected[..],
                "{}: batch, two threads",
                i
            );
        }
        Ok(())
    }
}

fn bits(encoded: &Encoded) -> Vec<u32> {
    assert!(encoded.vector.iter().all(|x| x.is_finite()), "not finite");
    encoded.vector.iter().map(|x| x.to_bits()).collect()
}

/// Batches of a few texts of any length, or of many: enough tokens for every thread to
/// work on texts of its own.
fn batches(vocabulary: u32, longest: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
    let ids = move |length| vec(0..vocabulary, length);
    let mixed = prop_oneof![
        6 => ids(1..=20usize),
        3 => ids(1..=longest.min(160)),
        1 => ids(1..=longest),
    ];
    prop_oneof![3 => vec(mixed, 1..=6), 1 => vec(ids(1..=20), 30..=90)]
}

fn vocabulary(encoder: &Encoder) -> u32 {
    u32::try_from(encoder.spec().config.vocab_size).unwrap()
}

fn run<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(&S::Value) -> TestCaseResult) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(strategy, |value| test(&value));
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
