//! Tests of `codes.rs`.

use super::*;
use crate::dot::dot;
use crate::kernel::KernelPath;
use crate::row_set::RowSet;
use crate::scan::{Hit, scan};
use crate::testing::{bell_shaped, random};
use crate::vectors::Vectors;

/// The nearest codes, and their scale.
fn reference(row: &[f32]) -> (Vec<i8>, f32) {
    let largest = row.iter().fold(0.0f32, |top, x| top.max(x.abs()));
    if largest <= TINY {
        return (vec![0; row.len()], 0.0);
    }
    let inverse = 127.0 / largest;
    let code = |x: &f32| (x * inverse).clamp(-127.0, 127.0).round_ties_even() as i8;
    (row.iter().map(code).collect(), largest / 127.0)
}

/// Rows of many kinds: bell-shaped, of the extreme codes alone, zero, tiny, huge, and two that are not finite.
fn rows_of_all_kinds(rows: usize, n: usize) -> Vectors {
    let mut vectors = Vectors::from_flat(&bell_shaped(rows * n, 91), n);
    let mut each = |i: usize, f: &dyn Fn(usize, f32) -> f32| {
        if i < rows {
            let row = vectors.row_mut(i).iter_mut().enumerate();
            row.for_each(|(j, x)| *x = f(j, *x));
        }
    };
    each(1, &|_, _| 1.0);
    each(2, &|_, _| -1.0);
    each(3, &|j, _| if j % 2 == 0 { 1.0 } else { -1.0 });
    each(4, &|_, _| 0.0);
    each(5, &|_, x| x * 1e-33);
    each(6, &|_, x| x * 1e15);
    each(8, &|j, x| if j == n / 2 { f32::NAN } else { x });
    each(9, &|j, x| if j == n - 1 { f32::INFINITY } else { x });
    vectors
}

const SHAPES: [(usize, usize); 9] = [
    (0, 5),
    (1, 1),
    (7, 3),
    (16, 8),
    (17, 64),
    (48, 65),
    (49, 100),
    (97, 384),
    (145, 33),
];

#[test]
fn rows_are_the_nearest_codes_however_they_came_in() {
    for kernel in Kernel::all() {
        for (rows, n) in SHAPES {
            let vectors = rows_of_all_kinds(rows, n);
            let encoded = Codes::encode(&Team::new(2), kernel, vectors.view());
            let mut pushed = Codes::new(kernel, n);
            vectors.iter().for_each(|row| pushed.push(row));
            assert_eq!((encoded.rows(), encoded.dimension()), (rows, n));
            for (i, row) in vectors.iter().enumerate() {
                let place = format!("{} {rows}x{n} [{i}]", kernel.name());
                assert_eq!(
                    format!("{:?}", encoded.facts(i)),
                    format!("{:?}", pushed.facts(i)),
                    "{place}"
                );
                assert_eq!(encoded.row_codes(i), pushed.row_codes(i), "{place}");
                if !row.iter().all(|x| x.is_finite()) {
                    assert!(encoded.error(i) == f32::INFINITY, "{place}");
                    continue;
                }
                let (codes, scale) = reference(row);
                assert_eq!(encoded.row_codes(i), codes, "{place}");
                assert_eq!(encoded.facts(i).scale, scale, "{place}");
                let rest = row
                    .iter()
                    .zip(&codes)
                    .map(|(&x, &q)| f64::from(x) - f64::from(scale) * f64::from(q));
                let error = rest.map(|x| x * x).sum::<f64>().sqrt();
                assert!(
                    (error..=error * 1.00001 + 1e-37).contains(&f64::from(encoded.error(i))),
                    "{place}"
                );
            }
        }
    }
}

#[test]
fn rows_written_down_on_one_path_are_the_same_on_another() {
    let vectors = rows_of_all_kinds(50, 37);
    for from in Kernel::all() {
        let written = Codes::encode(&Team::new(1), from, vectors.view());
        for to in Kernel::all() {
            let want = Codes::encode(&Team::new(1), to, vectors.view());
            let mut read = Codes::new(to, 37);
            for i in 0..50 {
                read.push_encoded(&written.encoded(i));
                assert_eq!(read.row_codes(i), want.row_codes(i));
                let (a, b) = (read.facts(i), want.facts(i));
                assert_eq!(format!("{a:?}"), format!("{b:?}"), "{i}");
            }
        }
    }
}

#[test]
fn rows_are_overwritten_and_removed() {
    for kernel in Kernel::all() {
        let (n, rows) = (37, 60);
        let mut vectors = Vectors::from_flat(&random(rows * n, 92), n);
        let mut codes = Codes::encode(&Team::new(1), kernel, vectors.view());
        let other = random(n, 93);
        for i in [0, 17, 48, 59] {
            vectors.row_mut(i).copy_from_slice(&other);
            codes.set(i, &other);
        }
        for i in [58, 3, 0, 48] {
            vectors.swap_remove(i);
            codes.swap_remove(i);
        }
        vectors.truncate(50);
        codes.truncate(50);
        vectors.push(&other);
        codes.push(&other);
        let want = Codes::encode(&Team::new(1), kernel, vectors.view());
        assert_eq!(codes.rows(), 51);
        for i in 0..51 {
            assert_eq!(
                codes.row_codes(i),
                want.row_codes(i),
                "{} [{i}]",
                kernel.name()
            );
            assert_eq!(codes.facts(i), want.facts(i), "{} [{i}]", kernel.name());
        }
    }
}

/// Scores by the definition: exact integer sums, then the two scales.
fn naive_scan(query: &[f32], vectors: &Vectors, only: Option<&RowSet>, k: usize) -> Vec<Hit> {
    let (q, query_scale) = reference(query);
    let mut hits = Vec::new();
    for (row, vector) in vectors.iter().enumerate() {
        if only.is_none_or(|only| only.contains(row)) && vector.iter().all(|x| x.is_finite()) {
            let (codes, scale) = reference(vector);
            let sum: i32 = q
                .iter()
                .zip(&codes)
                .map(|(&a, &b)| i32::from(a) * i32::from(b))
                .sum();
            hits.push(Hit {
                row,
                score: sum as f32 * scale * query_scale,
            });
        }
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    hits.truncate(k);
    hits
}

/// On every path, and so with the bits of every other.
#[test]
fn a_scan_has_the_bits_of_the_definition() {
    for (rows, n) in SHAPES.into_iter().chain([(1000, 129)]) {
        let vectors = rows_of_all_kinds(rows, n);
        let sets = [
            None,
            Some(RowSet::default()),
            Some(RowSet::from_fn(rows, |i| i % 50 > 44)),
        ];
        for query in [random(n, 94), vec![1.0; n], vec![-1.0; n], vec![0.0; n]] {
            for (kernel, threads) in Kernel::all().into_iter().flat_map(|k| [(k, 1), (k, 3)]) {
                let codes = Codes::encode(&Team::new(2), kernel, vectors.view());
                for (only, k) in sets
                    .iter()
                    .flat_map(|only| [0, 1, 10, 2000].map(|k| (only.as_ref(), k)))
                {
                    let got = codes.scan(&Team::new(threads), &query, only, k);
                    let want = naive_scan(&query, &vectors, only, k);
                    assert_eq!(got, want, "{} {rows}x{n} {k}", kernel.name());
                }
            }
        }
    }
}

#[test]
fn one_pass_finds_for_each_query_what_a_scan_of_its_own_finds() {
    for (rows, n) in SHAPES.into_iter().chain([(3000, 48)]) {
        let vectors = rows_of_all_kinds(rows, n);
        let only = RowSet::from_fn(rows, |i| i % 7 != 3);
        let queries = [random(n, 96), vec![1.0; n], vec![0.0; n], random(n, 97)];
        let queries: Vec<&[f32]> = queries.iter().map(Vec::as_slice).collect();
        for (kernel, threads) in Kernel::all().into_iter().flat_map(|k| [(k, 1), (k, 3)]) {
            let team = Team::new(threads);
            let codes = Codes::encode(&team, kernel, vectors.view());
            for (only, k) in [(None, 5), (Some(&only), 5), (Some(&only), 0), (None, 4000)] {
                for many in 0..=queries.len() {
                    let queries = &queries[..many];
                    let alone = |query: &&[f32]| codes.scan(&team, query, only, k);
                    let want: Vec<Vec<Hit>> = queries.iter().map(alone).collect();
                    let got = codes.scan_each(&team, queries, only, k);
                    assert_eq!(got, want, "{} {rows}x{n} {k}", kernel.name());
                }
            }
        }
    }
}

#[test]
fn an_exact_scan_finds_what_a_scan_of_the_floats_finds() {
    for (rows, n) in SHAPES.into_iter().chain([(3000, 48)]) {
        let vectors = rows_of_all_kinds(rows, n);
        let only = RowSet::from_fn(rows, |i| i % 7 != 3);
        for kernel in Kernel::all() {
            let team = Team::new(2);
            let codes = Codes::encode(&team, kernel, vectors.view());
            for query in [random(n, 95), vec![1.0; n]] {
                for (only, k) in [None, Some(&only)]
                    .into_iter()
                    .flat_map(|only| [0, 1, 5, 4000].map(|k| (only, k)))
                {
                    let got = codes.scan_exact(&team, &query, vectors.view(), only, k);
                    let want = scan(&team, kernel, &query, vectors.view(), only, k);
                    assert_eq!(got, want, "{} {rows}x{n} {k}", kernel.name());
                }
            }
        }
    }
}

/// The bound that makes an exact look at few pairs enough.
#[test]
fn products_of_codes_are_within_the_bound() {
    let kernel = Kernel::new(KernelPath::Generic).unwrap();
    for n in [1usize, 5, 16, 100, 384] {
        let vectors = rows_of_all_kinds(40, n);
        let codes = Codes::encode(&Team::new(1), kernel, vectors.view());
        for i in (0..40).filter(|i| codes.error(*i).is_finite()) {
            let hits = codes.scan(&Team::new(1), vectors.row(i), None, 40);
            for Hit { row, score } in hits {
                let exact = f64::from(dot(kernel, vectors.row(i), vectors.row(row)));
                let (a, b) = (codes.facts(i), codes.facts(row));
                let bound =
                    a.error * b.norm + (a.norm + a.error) * b.error + rounding(n) * a.norm * b.norm;
                let error = (exact - f64::from(score)).abs();
                assert!(
                    error <= f64::from(bound),
                    "{n} [{i}, {row}]: {error} {bound}"
                );
            }
        }
    }
}

#[test]
fn unit_vectors_lose_about_a_hundredth() {
    let kernel = Kernel::all()[0];
    let mut vector = bell_shaped(384, 96);
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    let mut codes = Codes::new(kernel, 384);
    codes.push(&vector);
    assert!(
        (0.002..0.01).contains(&codes.error(0)),
        "{}",
        codes.error(0)
    );
}
