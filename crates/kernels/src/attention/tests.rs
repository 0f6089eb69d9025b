use super::*;
use crate::matrix::Matrix;
use crate::testing::{copy_of, random_matrix};

/// The definition, in f64.
fn reference(shape: AttentionShape, qkv: &Matrix, offsets: &[usize]) -> Vec<Vec<f64>> {
    biased_reference(shape, qkv, offsets, |_, _| 0.0)
}

/// The definition with a bias by head and distance.
fn biased_reference(
    shape: AttentionShape,
    qkv: &Matrix,
    offsets: &[usize],
    bias: impl Fn(usize, isize) -> f64,
) -> Vec<Vec<f64>> {
    let AttentionShape {
        heads,
        key_heads,
        size,
        mask,
    } = shape;
    let mut out = vec![vec![0.0; heads * size]; qkv.rows()];
    let at = |token: usize, slice: usize, j: usize| f64::from(qkv.row(token)[slice * size + j]);
    for text in offsets.windows(2) {
        for (q, h) in (text[0]..text[1]).flat_map(|q| (0..heads).map(move |h| (q, h))) {
            let shared = h * key_heads / heads;
            let (key, value) = (heads + shared, heads + key_heads + shared);
            let seen = (text[0]..text[1]).filter(|&k| match k <= q {
                true => q - k <= mask.before,
                false => k - q <= mask.after,
            });
            let seen: Vec<usize> = seen.collect();
            let dot = |k: usize| (0..size).map(|j| at(q, h, j) * at(k, key, j)).sum::<f64>();
            let scores: Vec<f64> = seen
                .iter()
                .map(|&k| dot(k) / (size as f64).sqrt() + bias(h, k as isize - q as isize))
                .map(f64::exp)
                .collect();
            let total: f64 = scores.iter().sum();
            for j in 0..size {
                out[q][h * size + j] = seen
                    .iter()
                    .zip(&scores)
                    .map(|(&k, s)| s / total * at(k, value, j))
                    .sum();
            }
        }
    }
    out
}

/// Heads with keys of their own, which see all of their text.
fn full(heads: usize, size: usize) -> AttentionShape {
    AttentionShape {
        heads,
        key_heads: heads,
        size,
        mask: AttentionMask::FULL,
    }
}

fn run(
    kernel: Kernel,
    threads: usize,
    (shape, format): (AttentionShape, AttentionFormat),
    qkv: &Matrix,
    offsets: &[usize],
) -> Matrix {
    let mut out = Matrix::zeros(qkv.rows(), shape.heads * shape.size);
    attention(
        &Team::new(threads),
        kernel,
        (shape, format),
        qkv.view(),
        offsets,
        out.view_mut(),
    );
    out
}

#[test]
fn a_bias_is_added_to_every_score() {
    let (heads, size) = (3, 16);
    let shape = full(heads, size);
    let bias = DistanceBias::new(heads, 90, |head, distance| {
        ((head + 1) as f32 * 0.7 + distance as f32 * 0.3).sin()
    });
    let offsets = [0, 1, 38, 38, 128];
    let qkv = random_matrix(128, 3 * heads * size, 5);
    let want = biased_reference(shape, &qkv, &offsets, |head, distance| {
        f64::from(((head + 1) as f32 * 0.7 + distance as f32 * 0.3).sin())
    });
    for kernel in Kernel::all() {
        for threads in [1, 2] {
            let mut out = Matrix::zeros(128, heads * size);
            let (team, given) = (Team::new(threads), (shape, &bias));
            attention_with_bias(&team, kernel, given, qkv.view(), &offsets, out.view_mut());
            for (i, want) in want.iter().enumerate() {
                for (g, w) in out.row(i).iter().zip(want) {
                    assert!(
                        (f64::from(*g) - w).abs() < 1e-5,
                        "{} {i}: {g} {w}",
                        kernel.name()
                    );
                }
            }
        }
    }
}

#[test]
fn equals_the_definition_at_awkward_shapes() {
    for kernel in Kernel::all() {
        for (heads, size) in [(1, 1), (3, 5), (2, 16), (2, 32), (3, 64), (1, 70)] {
            let shape = full(heads, size);
            for lengths in [
                vec![],
                vec![1],
                vec![2, 1, 3],
                vec![17, 31, 33],
                vec![130],
                vec![0, 5, 0],
            ] {
                let offsets: Vec<usize> = std::iter::once(0)
                    .chain(lengths.iter().scan(0, |sum, n| {
                        *sum += n;
                        Some(*sum)
                    }))
                    .collect();
                let qkv = random_matrix(*offsets.last().unwrap(), 3 * heads * size, 21);
                let (got, want) = (
                    run(kernel, 2, (shape, AttentionFormat::F32), &qkv, &offsets),
                    reference(shape, &qkv, &offsets),
                );
                for (i, want) in want.iter().enumerate() {
                    for (g, w) in got.row(i).iter().zip(want) {
                        assert!(
                            (f64::from(*g) - w).abs() < 1e-5,
                            "{} {shape:?} {lengths:?}: {g} {w}",
                            kernel.name()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_text_does_not_see_its_neighbours() {
    let shape = full(2, 32);
    for (kernel, format) in on_all_paths() {
        for n in [17, INTEGER_TOKENS + 67] {
            let (first, end) = (INTEGER_TOKENS, INTEGER_TOKENS + n);
            let qkv = random_matrix(end + 23, 192, 22);
            let all = run(kernel, 2, (shape, format), &qkv, &[0, first, end, end + 23]);
            let mut alone = Matrix::zeros(n, 192);
            (0..n).for_each(|i| alone.row_mut(i).copy_from_slice(qkv.row(first + i)));
            let got = run(kernel, 1, (shape, format), &alone, &[0, n]);
            (0..n).for_each(|i| assert_eq!(got.row(i), all.row(first + i), "{}", kernel.name()));
        }
    }
}

fn on_all_paths() -> impl Iterator<Item = (Kernel, AttentionFormat)> {
    let formats = [AttentionFormat::F32, AttentionFormat::Int8];
    let kernels = Kernel::all().into_iter();
    kernels.flat_map(move |kernel| formats.map(|format| (kernel, format)))
}

/// Integers and the scale that they stand for: at most 64 in absolute value.
fn symmetric(x: &[f64]) -> (Vec<f64>, f64) {
    let scale = x.iter().fold(0.0f64, |top, x| top.max(x.abs())) / 64.0;
    let q = |x: &f64| {
        if scale > 1e-32 {
            (x / scale).round()
        } else {
            0.0
        }
    };
    (x.iter().map(q).collect(), scale)
}

/// What `integer.rs` says, in f64: the result of one head of one text.
fn integer_reference(q: &[Vec<f64>], k: &[Vec<f64>], v: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (n, size) = (q.len(), q[0].len());
    let keys: Vec<_> = k.iter().map(|k| symmetric(k)).collect();
    let blocks: Vec<_> = (0..n).step_by(128).map(|b| b..n.min(b + 128)).collect();
    let column = |j: usize, block: &Range<usize>| {
        symmetric(&block.clone().map(|t| v[t][j]).collect::<Vec<_>>())
    };
    let values: Vec<Vec<_>> = blocks
        .iter()
        .map(|block| (0..size).map(|j| column(j, block)).collect())
        .collect();
    let row = |q: &Vec<f64>| {
        let low = q.iter().copied().fold(f64::MAX, f64::min);
        let scale = (q.iter().copied().fold(f64::MIN, f64::max) - low) / 255.0;
        let byte = |x: f64| {
            if scale > 0.0 {
                ((x - low) / scale).round()
            } else {
                0.0
            }
        };
        let score = |(k, s): &(Vec<f64>, f64)| {
            let dot: f64 = q
                .iter()
                .zip(k)
                .map(|(q, k)| (low + scale * byte(*q)) * k)
                .sum();
            dot * s / (size as f64).sqrt()
        };
        let scores: Vec<f64> = keys.iter().map(score).collect();
        let (mut sum, mut result) = (0.0, vec![0.0; size]);
        for (block, values) in blocks.iter().zip(&values) {
            let top = block.clone().map(|t| scores[t]).fold(f64::MIN, f64::max);
            for t in block.clone() {
                let weight = (255.0 * (scores[t] - top).exp()).round() * top.exp();
                sum += weight;
                for (x, (v, s)) in result.iter_mut().zip(values) {
                    *x += weight * s * v[t - block.start];
                }
            }
        }
        result.iter().map(|x| x / sum).collect()
    };
    q.iter().map(row).collect()
}

/// The texts of a batch, one head each: rows of Q, K and V.
fn heads(shape: AttentionShape, qkv: &Matrix, tokens: Range<usize>) -> Vec<[Vec<Vec<f64>>; 3]> {
    let hidden = shape.heads * shape.size;
    let part = |which: usize, head: usize| {
        let columns = which * hidden + head * shape.size..which * hidden + (head + 1) * shape.size;
        let row = |t: usize| {
            qkv.row(t)[columns.clone()]
                .iter()
                .map(|x| f64::from(*x))
                .collect()
        };
        tokens.clone().map(row).collect()
    };
    (0..shape.heads)
        .map(|h| [0, 1, 2].map(|which| part(which, h)))
        .collect()
}

#[test]
fn integers_are_those_of_the_definition_and_close_to_f32() {
    for kernel in Kernel::all() {
        for (shape, n) in [(1, 1), (3, 5), (2, 32), (3, 64), (1, 70)]
            .into_iter()
            .zip([128, 129, 255, 257, 300])
            .map(|((heads, size), n)| (full(heads, size), n))
        {
            let mut qkv = random_matrix(n, 3 * shape.heads * shape.size, 23);
            // Scores as wide as those of models, with a token that takes most of the weight.
            (0..n).for_each(|t| qkv.row_mut(t).iter_mut().for_each(|x| *x *= 2.0));
            qkv.row_mut(n / 2).iter_mut().for_each(|x| *x *= 2.0);
            let got = run(kernel, 2, (shape, AttentionFormat::Int8), &qkv, &[0, n]);
            let exact = reference(shape, &qkv, &[0, n]);
            let (mut error, mut size) = (0.0, 0.0);
            for (h, [q, k, v]) in heads(shape, &qkv, 0..n).into_iter().enumerate() {
                let want = integer_reference(&q, &k, &v);
                for (t, j) in (0..n).flat_map(|t| (0..shape.size).map(move |j| (t, j))) {
                    let column = h * shape.size + j;
                    let got = f64::from(got.row(t)[column]);
                    let place = format!("{} {shape:?} {n} [{t}, {column}]", kernel.name());
                    // A byte that lies between two may fall to either side.
                    assert!(
                        (got - want[t][j]).abs() < 0.01,
                        "{place}: {got} {}",
                        want[t][j]
                    );
                    error += (got - exact[t][column]).powi(2);
                    size += exact[t][column].powi(2);
                }
            }
            let relative = (error / size).sqrt();
            assert!(
                relative < 0.05,
                "{} {shape:?} {n}: {relative}",
                kernel.name()
            );
        }
    }
}

#[test]
fn small_weights_count_beside_a_large_one() {
    // The first token takes nearly all of the weight and carries nothing; the others share the rest.
    let (n, shape) = (400, full(1, 32));
    let mut qkv = random_matrix(n, 96, 24);
    for t in 0..n {
        let row = qkv.row_mut(t);
        row[..32].fill(1.0);
        row[32..64].fill(if t == 0 { 1.6 } else { 0.0 });
        row[64..]
            .iter_mut()
            .for_each(|x| *x = if t == 0 { 0.0 } else { *x + 3.0 });
    }
    for kernel in Kernel::all() {
        let got = run(kernel, 2, (shape, AttentionFormat::Int8), &qkv, &[0, n]);
        let want = reference(shape, &qkv, &[0, n]);
        for (got, want) in got.row(7).iter().zip(&want[7]) {
            let error = (f64::from(*got) - want).abs() / want.abs();
            // Of four blocks only the one of the first token loses its small weights.
            assert!(error < 0.35, "{}: {got} {want}", kernel.name());
        }
    }
}

/// Every path, both formats, and texts that are short, odd and long enough for integers.
fn on_all_paths_and_lengths() -> Vec<(Kernel, AttentionFormat, usize)> {
    let with_lengths =
        |(kernel, format)| [1, 2, 17, INTEGER_TOKENS + 5].map(|n| (kernel, format, n));
    on_all_paths().flat_map(with_lengths).collect()
}

#[test]
fn what_is_not_finite_spoils_its_own_text_only() {
    let shape = full(2, 16);
    for (kernel, format, n) in on_all_paths_and_lengths() {
        let offsets = [0, n, 2 * n, 3 * n];
        let sound = random_matrix(3 * n, 96, 25);
        let expected = run(kernel, 2, (shape, format), &sound, &offsets);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut qkv = copy_of(&sound);
            qkv.row_mut(n + n / 2).fill(bad);
            let got = run(kernel, 2, (shape, format), &qkv, &offsets);
            let place = format!("{} {format:?} {n} {bad}", kernel.name());
            for t in (0..n).chain(2 * n..3 * n) {
                assert_eq!(got.row(t), expected.row(t), "{place}");
            }
            let spoilt = (n..2 * n).all(|t| got.row(t).iter().all(|x| x.is_nan()));
            assert!(spoilt, "{place}");
        }
    }
}

#[test]
fn a_bad_query_spoils_its_row_and_a_bad_key_its_head() {
    let shape = full(2, 16);
    for (kernel, format, n) in on_all_paths_and_lengths() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            // One element of the second head's query, or key, of the last token.
            for (column, last_row_only) in [(16 + 3, true), (32 + 16 + 3, false)] {
                let mut qkv = random_matrix(n, 96, 26);
                qkv.row_mut(n - 1)[column] = bad;
                let got = run(kernel, 2, (shape, format), &qkv, &[0, n]);
                for t in 0..n {
                    let (first, second) = got.row(t).split_at(16);
                    let place = format!("{} {format:?} {n} {bad} {column} {t}", kernel.name());
                    assert!(first.iter().all(|x| x.is_finite()), "{place}");
                    if last_row_only && t < n - 1 {
                        assert!(second.iter().all(|x| x.is_finite()), "{place}");
                    } else {
                        assert!(second.iter().all(|x| x.is_nan()), "{place}");
                    }
                }
            }
        }
    }
}

#[test]
fn scores_that_overflow_are_not_mistaken_for_numbers() {
    let shape = full(1, 8);
    for (kernel, format, n) in on_all_paths_and_lengths() {
        for (query, key) in [(3e38, 3e38), (3e38, -3e38), (1e30, 1e20)] {
            let mut qkv = random_matrix(n, 24, 27);
            for t in 0..n {
                qkv.row_mut(t)[..8].iter_mut().for_each(|x| *x += query);
                qkv.row_mut(t)[8..16].iter_mut().for_each(|x| *x += key);
            }
            let got = run(kernel, 2, (shape, format), &qkv, &[0, n]);
            let place = format!("{} {format:?} {n} {query} {key}", kernel.name());
            for t in 0..n {
                assert!(got.row(t).iter().all(|x| x.is_nan()), "{place}");
            }
        }
    }
}

#[test]
fn zeros_and_large_numbers_stay_finite() {
    let shape = full(1, 8);
    for (kernel, format) in on_all_paths() {
        for x in [0.0, 1e-38, 1e-20, 1e15, -1e15] {
            let mut qkv = Matrix::zeros(200, 24);
            (0..200).for_each(|t| qkv.row_mut(t).fill(x));
            let got = run(kernel, 2, (shape, format), &qkv, &[0, 200]);
            for y in (0..200).flat_map(|t| got.row(t)) {
                assert!(
                    (y - x).abs() <= x.abs() * 1e-2 + 1e-30,
                    "{} {format:?} {x}: {y}",
                    kernel.name()
                );
            }
        }
    }
}

/// Masks and shared keys, each with the others: what decoders and local layers have.
fn masked_shapes() -> Vec<AttentionShape> {
    let masks = [
        AttentionMask::FULL,
        AttentionMask::CAUSAL,
        AttentionMask::local(0),
        AttentionMask::local(3),
        AttentionMask::local(64),
        AttentionMask {
            before: 40,
            after: 0,
        },
    ];
    let heads = [(2, 2, 32), (4, 2, 16), (3, 1, 5), (1, 1, 70)];
    let shape = |(heads, key_heads, size), mask| AttentionShape {
        heads,
        key_heads,
        size,
        mask,
    };
    let shapes = heads.into_iter();
    shapes
        .flat_map(|heads| masks.map(|mask| shape(heads, mask)))
        .collect()
}

#[test]
fn masks_and_shared_keys_are_those_of_the_definition() {
    for (kernel, shape) in Kernel::all()
        .into_iter()
        .flat_map(|kernel| masked_shapes().into_iter().map(move |s| (kernel, s)))
    {
        for offsets in [vec![0, 1, 3, 20], vec![0, 33, 33, 98], vec![0, 300]] {
            let qkv = random_matrix(*offsets.last().unwrap(), shape.columns(), 28);
            let got = run(kernel, 2, (shape, AttentionFormat::F32), &qkv, &offsets);
            for (i, want) in reference(shape, &qkv, &offsets).iter().enumerate() {
                for (g, w) in got.row(i).iter().zip(want) {
                    let place = format!("{} {shape:?} {offsets:?} {i}", kernel.name());
                    assert!((f64::from(*g) - w).abs() < 1e-5, "{place}: {g} {w}");
                }
            }
        }
    }
}

#[test]
fn masked_integers_are_close_to_f32() {
    for (kernel, shape) in Kernel::all()
        .into_iter()
        .flat_map(|kernel| masked_shapes().into_iter().map(move |s| (kernel, s)))
    {
        for n in [128, 129, 200, 300, 517] {
            let qkv = random_matrix(n, shape.columns(), 29);
            let got = run(kernel, 2, (shape, AttentionFormat::Int8), &qkv, &[0, n]);
            for (i, want) in reference(shape, &qkv, &[0, n]).iter().enumerate() {
                for (g, w) in got.row(i).iter().zip(want) {
                    // Half a step of a value in −1..1 that becomes an integer of at most 64, and as much again of the weights.
                    let place = format!("{} {shape:?} {n} {i}", kernel.name());
                    assert!((f64::from(*g) - w).abs() < 0.02, "{place}: {g} {w}");
                }
            }
        }
    }
}

/// What a query does not see has no influence on it, to the bit where no scale is shared.
#[test]
fn what_is_masked_does_not_matter() {
    for kernel in Kernel::all() {
        for (mask, n) in [AttentionMask::CAUSAL, AttentionMask::local(64)]
            .into_iter()
            .flat_map(|mask| [20, 200, 400].map(|n| (mask, n)))
        {
            let shape = AttentionShape {
                mask,
                ..full(2, 16)
            };
            let qkv = random_matrix(n, shape.columns(), 30);
            let mut other = copy_of(&qkv);
            let last = other.row_mut(n - 1);
            last.iter_mut().for_each(|x| *x = 3.0 - *x);
            let f32s = |qkv: &Matrix| run(kernel, 1, (shape, AttentionFormat::F32), qkv, &[0, n]);
            let (before, after) = (f32s(&qkv), f32s(&other));
            let unseen = match mask.after {
                0 => 0..n - 1,
                side => 0..(n - 1).saturating_sub(side),
            };
            for i in unseen.clone() {
                assert_eq!(
                    before.row(i),
                    after.row(i),
                    "{} {mask:?} {n} {i}",
                    kernel.name()
                );
            }
            assert_ne!(before.row(unseen.end), after.row(unseen.end));
        }
    }
}

#[test]
fn masked_texts_do_not_see_their_neighbours() {
    for (kernel, format) in on_all_paths() {
        for mask in [AttentionMask::CAUSAL, AttentionMask::local(64)] {
            let shape = AttentionShape {
                heads: 4,
                key_heads: 2,
                size: 16,
                mask,
            };
            let (first, n) = (150, 261);
            let qkv = random_matrix(first + n + 40, shape.columns(), 31);
            let offsets = [0, first, first + n, first + n + 40];
            let all = run(kernel, 3, (shape, format), &qkv, &offsets);
            let mut alone = Matrix::zeros(n, shape.columns());
            (0..n).for_each(|i| alone.row_mut(i).copy_from_slice(qkv.row(first + i)));
            let got = run(kernel, 1, (shape, format), &alone, &[0, n]);
            (0..n).for_each(|i| assert_eq!(got.row(i), all.row(first + i), "{}", kernel.name()));
        }
    }
}

#[test]
fn what_is_not_finite_is_told_under_a_mask_as_well() {
    for (kernel, format) in on_all_paths() {
        for mask in [AttentionMask::CAUSAL, AttentionMask::local(64)] {
            let shape = AttentionShape {
                heads: 2,
                key_heads: 1,
                size: 16,
                mask,
            };
            for (n, bad) in [20, 300]
                .into_iter()
                .flat_map(|n| [f32::NAN, f32::INFINITY].map(|bad| (n, bad)))
            {
                let mut qkv = random_matrix(n, shape.columns(), 32);
                qkv.row_mut(n / 2).fill(bad);
                let got = run(kernel, 1, (shape, format), &qkv, &[0, n]);
                let place = format!("{} {format:?} {mask:?} {n} {bad}", kernel.name());
                // The token itself, and those that see it.
                let sees = n / 2..n.min(n / 2 + mask.before.min(n) + 1);
                for i in sees {
                    assert!(got.row(i).iter().all(|x| x.is_nan()), "{place} {i}");
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "key_heads: 2")]
fn keys_are_shared_by_as_many_heads_each() {
    let shape = AttentionShape {
        key_heads: 2,
        ..full(3, 8)
    };
    let qkv = random_matrix(4, shape.columns(), 33);
    run(
        Kernel::of_process(),
        1,
        (shape, AttentionFormat::F32),
        &qkv,
        &[0, 4],
    );
}
