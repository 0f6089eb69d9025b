//! Tests of `scan.rs`.

use super::*;
use crate::dot::dot;
use crate::testing::random;
use crate::vectors::Vectors;

/// Every row, sorted.
fn reference(
    kernel: Kernel,
    query: &[f32],
    rows: &Vectors,
    only: Option<&RowSet>,
    k: usize,
) -> Vec<Hit> {
    let wanted = |row: &usize| only.is_none_or(|only| only.contains(*row));
    let mut hits: Vec<Hit> = (0..rows.rows())
        .filter(wanted)
        .map(|row| Hit {
            row,
            score: dot(kernel, query, rows.row(row)),
        })
        .filter(|hit| !hit.score.is_nan())
        .collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    hits.truncate(k);
    hits
}

#[test]
fn finds_the_best_rows_with_the_bits_of_their_dot_products() {
    for (rows, n) in [
        (0usize, 4usize),
        (1, 1),
        (3, 17),
        (4, 16),
        (5, 33),
        (130, 100),
        (2000, 48),
        (700, 384),
    ] {
        let mut vectors = Vectors::from_flat(&random(rows * n, 81), n);
        if rows > 100 {
            // Equal rows, and one that has no score.
            let row = vectors.row(7).to_vec();
            [50, 51, 99]
                .iter()
                .for_each(|&i| vectors.row_mut(i).copy_from_slice(&row));
            vectors.row_mut(60)[n - 1] = f32::NAN;
        }
        let query = if rows > 7 {
            vectors.row(7).to_vec()
        } else {
            random(n, 82)
        };
        let sets = [
            None,
            Some(RowSet::default()),
            Some(RowSet::from_fn(rows + 70, |i| i % 3 == 0 || i == 50)),
        ];
        for (kernel, threads) in Kernel::all().into_iter().flat_map(|k| [(k, 1), (k, 3)]) {
            let team = Team::new(threads);
            for only in &sets {
                for k in [0, 1, 3, 10, 1000, 5000] {
                    let got = scan(&team, kernel, &query, vectors.view(), only.as_ref(), k);
                    let want = reference(kernel, &query, &vectors, only.as_ref(), k);
                    assert_eq!(got, want, "{} {rows}x{n} {k}", kernel.name());
                }
            }
        }
    }
}

#[test]
fn rows_without_elements_are_all_alike() {
    let vectors = Vectors::zeros(5, 0);
    let hits = scan(
        &Team::new(2),
        Kernel::all()[0],
        &[],
        vectors.view(),
        None,
        2,
    );
    assert_eq!(hits.iter().map(|hit| hit.row).collect::<Vec<_>>(), [0, 1]);
}

#[test]
#[should_panic(expected = "length of the query")]
fn the_query_is_as_long_as_a_row() {
    let vectors = Vectors::zeros(2, 3);
    scan(
        &Team::new(1),
        Kernel::all()[0],
        &[1.0],
        vectors.view(),
        None,
        1,
    );
}
