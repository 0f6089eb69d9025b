//! AVX2 and AVX-512 compute the same bytes in every precision, so that machines of either kind can share a cache.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/fixtures.rs"]
mod fixtures;

use yuyi_encoder::{Encoder, Precision};
use yuyi_kernels::{INTEGER_TOKENS, Kernel, KernelPath};

/// Both, if this CPU has them.
fn both() -> Option<[Kernel; 2]> {
    let [avx2, avx512] = [KernelPath::Avx2, KernelPath::Avx512Vnni].map(Kernel::new);
    if avx2.is_none() || avx512.is_none() {
        println!("not run: this CPU has only one of the two");
    }
    Some([avx2?, avx512?])
}

fn bits(encoder: &Encoder, texts: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let encoded = encoder.encode_ids(&texts).unwrap();
    let bits = |vector: &[f32]| vector.iter().map(|x| x.to_bits()).collect();
    encoded.iter().map(|text| bits(&text.vector)).collect()
}

#[test]
fn fixtures_have_the_same_bytes() {
    let Some(kernels) = both() else { return };
    for fixture in fixtures::all() {
        let texts: Vec<Vec<u32>> = fixture.cases.iter().map(|case| case.ids.clone()).collect();
        for precision in Precision::ALL {
            if precision == Precision::Int4 && !fixture.fits_blocks() {
                continue;
            }
            let [a, b] = kernels.map(|kernel| bits(&fixture.load(kernel, precision, 2), &texts));
            assert!(a == b, "{} in {}", fixture.name, precision.name());
        }
    }
}

#[test]
fn the_builtin_model_has_the_same_bytes() {
    let Some(kernels) = both() else { return };
    let folder = fixtures::repository().join("models/builtin");
    if !folder.join("config.json").exists() {
        println!("not run: models/builtin is absent");
        return;
    }
    let text = |length: usize| (0..length).map(|i| (i * 7919 % 20_000) as u32).collect();
    let texts: Vec<Vec<u32>> = [1, 7, 16, 33, INTEGER_TOKENS + 17].map(text).to_vec();
    for precision in Precision::ALL {
        let [a, b] = kernels.map(|kernel| {
            let encoder = fixtures::load(&folder, kernel, precision, 2);
            bits(&encoder, &texts)
        });
        assert!(a == b, "built-in model in {}", precision.name());
    }
}
