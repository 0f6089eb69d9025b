//! AVX2, AVX-512 and AMX compute the same bytes in every precision, so that machines of any kind can share a cache.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/fixtures.rs"]
mod fixtures;

use yuyi_encoder::{Encoder, Precision};
use yuyi_kernels::{INTEGER_TOKENS, Kernel, KernelPath};

/// Those of the three that this CPU has.
fn kernels() -> Vec<Kernel> {
    let wanted = [KernelPath::Avx2, KernelPath::Avx512Vnni, KernelPath::Amx];
    for path in wanted.iter().filter(|path| Kernel::new(**path).is_none()) {
        println!("NOT RUN: kernel path {} (this CPU lacks it)", path.name());
    }
    wanted.into_iter().filter_map(Kernel::new).collect()
}

/// Fails unless `bits_of` is the same for all of `kernels`.
fn assert_same(kernels: &[Kernel], what: &str, bits_of: impl Fn(Kernel) -> Vec<Vec<u32>>) {
    let Some((&first, others)) = kernels.split_first() else {
        return;
    };
    let expected = bits_of(first);
    for &other in others {
        let pair = [first, other].map(Kernel::name);
        assert!(bits_of(other) == expected, "{what}: {pair:?} differ");
    }
}

fn bits(encoder: &Encoder, texts: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    let encoded = encoder.encode_ids(&texts).unwrap();
    let bits = |vector: &[f32]| vector.iter().map(|x| x.to_bits()).collect();
    encoded.iter().map(|text| bits(&text.vector)).collect()
}

#[test]
fn fixtures_have_the_same_bytes() {
    let kernels = kernels();
    for fixture in fixtures::all() {
        let texts: Vec<Vec<u32>> = fixture.cases.iter().map(|case| case.ids.clone()).collect();
        for precision in Precision::ALL {
            if precision == Precision::Int4 && !fixture.fits_blocks() {
                continue;
            }
            let what = format!("{} in {}", fixture.name, precision.name());
            assert_same(&kernels, &what, |kernel| {
                bits(&fixture.load(kernel, precision, 2), &texts)
            });
        }
    }
}

#[test]
fn the_builtin_model_has_the_same_bytes() {
    let kernels = kernels();
    let folder = fixtures::repository().join("models/builtin");
    if !folder.join("config.json").exists() {
        println!("not run: models/builtin is absent");
        return;
    }
    let text = |length: usize| (0..length).map(|i| (i * 7919 % 20_000) as u32).collect();
    let texts: Vec<Vec<u32>> = [1, 7, 16, 33, INTEGER_TOKENS + 17].map(text).to_vec();
    for precision in Precision::ALL {
        let what = format!("built-in model in {}", precision.name());
        assert_same(&kernels, &what, |kernel| {
            bits(&fixtures::load(&folder, kernel, precision, 2), &texts)
        });
    }
}
