//! Tests of `pairs.rs`.

use super::*;
use crate::dot::dot;
use crate::testing::{bell_shaped, random};
use crate::vectors::Vectors;

/// Every pair, one by one.
fn reference(kernel: Kernel, sides: [&Vectors; 2], within: bool, bound: f32) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for left in 0..sides[0].rows() {
        for right in if within { left + 1 } else { 0 }..sides[1].rows() {
            let score = dot(kernel, sides[0].row(left), sides[1].row(right));
            if score >= bound {
                pairs.push(Pair { left, right, score });
            }
        }
    }
    pairs
}

/// All that a search finds, from a block on.
fn found<F: Floats<Error: std::fmt::Debug>>(
    mut search: PairSearch<'_, F>,
    team: &Team,
    first: usize,
) -> Vec<Pair> {
    let mut all = Vec::new();
    let end = search.run(team, first, |_, pairs| {
        all.extend_from_slice(pairs);
        ControlFlow::<()>::Continue(())
    });
    assert!(end.unwrap().is_continue());
    all.sort_by_key(|pair| (pair.left, pair.right));
    all
}

/// Unit vectors about a few centres, so that some pairs are near.
fn clusters(rows: usize, n: usize, seed: u64) -> Vectors {
    let centres = Vectors::from_flat(&bell_shaped(5 * n, seed), n);
    let noise = Vectors::from_flat(&bell_shaped(rows * n, seed + 1), n);
    let mut vectors = Vectors::new(n);
    for (i, row) in noise.iter().enumerate() {
        let centre = centres.row(i * 7 % 5);
        let row: Vec<f32> = row.iter().zip(centre).map(|(x, c)| 0.4 * x + c).collect();
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        vectors.push(&row.iter().map(|x| x / norm).collect::<Vec<_>>());
    }
    vectors
}

/// A few rows that codes know little or nothing of.
fn spoil(vectors: &mut Vectors) {
    let last = vectors.dimension() - 1;
    vectors.row_mut(1).fill(0.0);
    vectors.row_mut(2)[last] = f32::NAN;
    vectors.row_mut(3)[0] = f32::INFINITY;
    vectors.row_mut(4).iter_mut().for_each(|x| *x *= 1e-34);
    vectors.row_mut(5).iter_mut().for_each(|x| *x *= 1e17);
    vectors.row_mut(6).fill(-1e-3);
    vectors.row_mut(6)[0] = 1.0;
}

const BOUNDS: [f32; 6] = [0.99, 0.9, 0.0, -0.2, -2.0, f32::NAN];

#[test]
fn finds_every_pair_of_one_set_with_and_without_codes() {
    let team = Team::new(3);
    for (rows, n, spoilt) in [
        (0, 8, false),
        (1, 8, false),
        (2, 3, false),
        (49, 33, true),
        (100, 64, true),
        (300, 20, true),
        (600, 17, false),
    ] {
        let mut vectors = clusters(rows, n, 101);
        if spoilt {
            spoil(&mut vectors);
        }
        for kernel in Kernel::all() {
            let codes = Codes::encode(&team, kernel, vectors.view());
            for bound in BOUNDS {
                let want = reference(kernel, [&vectors; 2], true, bound);
                for codes in [None, Some(&codes)] {
                    for block_rows in [64, 2048] {
                        let search = PairSearch::within(kernel, vectors.view(), codes, bound);
                        let got = found(search.in_blocks_of(block_rows), &team, 0);
                        let place =
                            format!("{} {rows}x{n} {bound} {}", kernel.name(), codes.is_some());
                        assert!(got == want, "{place}: {} of {}", got.len(), want.len());
                    }
                }
            }
        }
    }
}

#[test]
fn finds_every_pair_of_two_sets() {
    let team = Team::new(2);
    for (lefts, rights, n) in [
        (0, 5, 4),
        (5, 0, 4),
        (1, 1, 1),
        (9, 130, 65),
        (260, 50, 16),
        (70, 530, 9),
    ] {
        let (mut left, mut right) = (clusters(lefts, n, 102), clusters(rights, n, 102));
        [&mut left, &mut right]
            .into_iter()
            .filter(|v| v.rows() > 6)
            .for_each(spoil);
        for kernel in Kernel::all() {
            let codes = [&left, &right].map(|v| Codes::encode(&Team::new(1), kernel, v.view()));
            for bound in BOUNDS {
                let want = reference(kernel, [&left, &right], false, bound);
                for codes in [None, Some([&codes[0], &codes[1]])] {
                    for block_rows in [48, 2048] {
                        let sides = [left.view(), right.view()];
                        let search = PairSearch::between(kernel, sides, codes, bound);
                        let got = found(search.in_blocks_of(block_rows), &team, 0);
                        let place = format!(
                            "{} {lefts}x{rights}x{n} {bound} {}",
                            kernel.name(),
                            codes.is_some()
                        );
                        assert!(got == want, "{place}: {} of {}", got.len(), want.len());
                    }
                }
            }
        }
    }
}

/// The codes alone decide which few are looked at again.
#[test]
fn codes_leave_few_pairs_to_floats() {
    let vectors = clusters(300, 384, 103);
    for kernel in Kernel::all() {
        let codes = Codes::encode(&Team::new(1), kernel, vectors.view());
        let mut left = LeftCodes::default();
        left.load(&Team::new(2), &codes, 0..300);
        let (mut scratch, mut candidates) = (crate::scratch::Scratch::default(), Vec::new());
        let block = CodeBlock::new(
            &left,
            &codes,
            [0..300, 0..300],
            0.5,
            &mut scratch,
            &mut candidates,
        );
        kernel.run(block);
        let near = |bound| reference(kernel, [&vectors; 2], false, bound).len();
        assert!(
            (near(0.5)..=near(0.45)).contains(&candidates.len()),
            "{}",
            kernel.name()
        );
        assert!(near(0.45) < 300 * 300 / 2);
    }
}

#[test]
fn a_search_is_stopped_and_taken_up_again() {
    let vectors = clusters(500, 24, 104);
    let kernel = Kernel::of_process();
    let codes = Codes::encode(&Team::new(1), kernel, vectors.view());
    let search = || PairSearch::within(kernel, vectors.view(), Some(&codes), 0.9).in_blocks_of(128);
    assert_eq!(search().blocks(), 10);
    let mut first = Vec::new();
    let stopped = search().run(&Team::new(2), 0, |block, pairs| {
        first.extend_from_slice(pairs);
        if block == 3 {
            ControlFlow::Break(block + 1)
        } else {
            ControlFlow::Continue(())
        }
    });
    let Ok(ControlFlow::Break(next)) = stopped else {
        panic!("it was to stop")
    };
    first.extend(found(search(), &Team::new(1), next));
    first.sort_by_key(|pair| (pair.left, pair.right));
    assert_eq!(first, found(search(), &Team::new(2), 0));
    assert!(!first.is_empty());
}

/// Vectors that are not in memory, as far as a search knows; of row 299 nothing can be had.
#[derive(Clone, Copy)]
struct Apart<'a>(&'a Vectors);

impl Floats for Apart<'_> {
    type Error = usize;

    fn rows(&self) -> usize {
        self.0.rows()
    }

    fn columns(&self) -> usize {
        self.0.dimension()
    }

    fn in_memory(&self) -> Option<MatrixView<'_>> {
        None
    }

    fn copy(&self, rows: &[usize], to: &mut Vectors) -> Result<(), usize> {
        for &row in rows {
            if row == 299 {
                return Err(row);
            }
            to.push(self.0.row(row));
        }
        Ok(())
    }
}

#[test]
fn rows_that_lie_elsewhere_give_the_same_pairs() {
    for (lefts, rights, n) in [(0, 0, 4), (280, 290, 24), (7, 260, 9)] {
        let (left, mut right) = (clusters(lefts, n, 106), clusters(rights, n, 106));
        if rights > 6 {
            spoil(&mut right);
        }
        for kernel in Kernel::all() {
            let codes = [&left, &right].map(|v| Codes::encode(&Team::new(2), kernel, v.view()));
            let codes = [&codes[0], &codes[1]];
            for bound in [0.99, 0.9, 0.0, -2.0] {
                let sides = [Apart(&left), Apart(&right)];
                let between = PairSearch::between(kernel, sides, Some(codes), bound);
                let got = found(between.in_blocks_of(64), &Team::new(2), 0);
                assert!(got == reference(kernel, [&left, &right], false, bound));
                let within = PairSearch::within(kernel, sides[1], Some(codes[1]), bound);
                let got = found(within, &Team::new(2), 0);
                assert!(got == reference(kernel, [&right; 2], true, bound));
            }
        }
    }
}

#[test]
fn rows_that_cannot_be_had_are_told() {
    let vectors = clusters(310, 16, 107);
    let kernel = Kernel::of_process();
    let codes = Codes::encode(&Team::new(1), kernel, vectors.view());
    let mut search = PairSearch::within(kernel, Apart(&vectors), Some(&codes), -2.0);
    let ended = search.run(&Team::new(2), 0, |_, _| ControlFlow::<()>::Continue(()));
    assert_eq!(ended, Err(299));
}

#[test]
#[should_panic(expected = "codes of rows that are not in memory")]
fn rows_that_lie_elsewhere_need_codes() {
    let vectors = clusters(3, 4, 108);
    drop(PairSearch::within(
        Kernel::of_process(),
        Apart(&vectors),
        None,
        0.5,
    ));
}

#[test]
#[should_panic(expected = "codes of these vectors")]
fn codes_are_those_of_the_vectors() {
    let kernel = Kernel::of_process();
    let vectors = Vectors::from_flat(&random(20, 105), 4);
    drop(PairSearch::within(
        kernel,
        vectors.view(),
        Some(&Codes::new(kernel, 4)),
        0.5,
    ));
}
