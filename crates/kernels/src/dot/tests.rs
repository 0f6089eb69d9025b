//! One order of summation, whatever computes it.

use super::*;
use crate::kernel::KernelPath;
use crate::matrix::Matrix;
use crate::testing::{bell_shaped, random};
use crate::vectors::Vectors;

/// Sixteen parts, halved four times; the products are rounded where the path has no fused instruction.
fn reference(kernel: Kernel, a: &[f32], b: &[f32]) -> f32 {
    let rounds = kernel.path() == KernelPath::Generic && !cfg!(target_arch = "aarch64");
    let mut parts = [0.0f32; 16];
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        let part = &mut parts[i % 16];
        *part = if rounds {
            x * y + *part
        } else {
            x.mul_add(*y, *part)
        };
    }
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            parts[i] += parts[i + half];
        }
    }
    parts[0] + 0.0
}

const DIMENSIONS: [usize; 15] = [0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 47, 64, 384, 777];

#[test]
fn a_pair_has_the_bits_of_the_definition() {
    for n in DIMENSIONS {
        let (a, b) = (random(n, 61), random(n, 62));
        for kernel in Kernel::all() {
            let got = dot(kernel, &a, &b);
            let place = format!("{} {n}", kernel.name());
            assert_eq!(
                got.to_bits(),
                reference(kernel, &a, &b).to_bits(),
                "{place}"
            );
            assert_eq!(got.to_bits(), dot(kernel, &b, &a).to_bits(), "{place}");
        }
    }
}

/// Rows of other lengths than the stride, and every number of rows about the sides of a tile.
#[test]
fn a_matrix_has_the_bits_of_its_pairs() {
    for n in DIMENSIONS {
        for (rows, columns) in [
            (0, 3),
            (3, 0),
            (1, 1),
            (2, 5),
            (3, 4),
            (4, 4),
            (5, 7),
            (9, 13),
        ] {
            let left = Vectors::from_flat(&random(rows * n, 63), n);
            let mut right = Matrix::zeros(columns, n);
            (0..columns).for_each(|j| right.row_mut(j).copy_from_slice(&random(n, 70 + j as u64)));
            for (kernel, threads) in Kernel::all().into_iter().flat_map(|k| [(k, 1), (k, 3)]) {
                let mut out = Matrix::zeros(left.rows(), columns);
                let team = Team::new(threads);
                dots(&team, kernel, left.view(), right.view(), out.view_mut());
                let mut each = vec![0.0; columns];
                for (i, j) in (0..left.rows()).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                    dot_each(kernel, left.row(i), right.view(), &mut each);
                    assert_eq!(each[j].to_bits(), out.row(i)[j].to_bits());
                    let want = dot(kernel, left.row(i), right.row(j));
                    let place = format!("{} {rows}x{columns}x{n} [{i}, {j}]", kernel.name());
                    assert_eq!(out.row(i)[j].to_bits(), want.to_bits(), "{place}");
                }
            }
        }
    }
}

#[test]
fn many_groups_of_rows_are_all_computed() {
    let (n, rows) = (300, 57);
    let vectors = Vectors::from_flat(&random(rows * n, 64), n);
    for kernel in Kernel::all() {
        let mut out = Matrix::zeros(rows, rows);
        dots(
            &Team::new(2),
            kernel,
            vectors.view(),
            vectors.view(),
            out.view_mut(),
        );
        for (i, j) in (0..rows).flat_map(|i| (0..rows).map(move |j| (i, j))) {
            let want = dot(kernel, vectors.row(i), vectors.row(j));
            assert_eq!(
                out.row(i)[j].to_bits(),
                want.to_bits(),
                "{} [{i}, {j}]",
                kernel.name()
            );
        }
    }
}

#[test]
fn fused_paths_agree_to_the_bit() {
    let kernels: Vec<Kernel> = Kernel::all().split_off(1);
    for n in DIMENSIONS {
        let (a, b) = (random(n, 65), random(n, 66));
        let bits: Vec<u32> = kernels.iter().map(|&k| dot(k, &a, &b).to_bits()).collect();
        assert!(bits.windows(2).all(|pair| pair[0] == pair[1]), "{n}");
    }
}

/// A sum of underflowing products may be −0, which the zeros past the end of a row would make +0 on some paths.
#[test]
fn zero_has_no_sign() {
    let tiny = f32::MIN_POSITIVE;
    for kernel in Kernel::all() {
        for n in [1usize, 8, 9, 16, 17, 40] {
            let got = dot(kernel, &vec![-tiny; n], &vec![tiny; n]);
            assert_eq!(got.to_bits(), 0, "{} {n}", kernel.name());
        }
    }
}

#[test]
fn a_bad_element_makes_its_own_products_nan() {
    for kernel in Kernel::all() {
        for (n, at) in [(1usize, 0usize), (9, 8), (37, 20)] {
            let mut vectors = Vectors::from_flat(&random(5 * n, 67), n);
            vectors.row_mut(2)[at] = f32::NAN;
            let mut out = Matrix::zeros(5, 5);
            dots(
                &Team::new(1),
                kernel,
                vectors.view(),
                vectors.view(),
                out.view_mut(),
            );
            for (i, j) in (0..5).flat_map(|i| (0..5).map(move |j| (i, j))) {
                assert_eq!(
                    out.row(i)[j].is_nan(),
                    i == 2 || j == 2,
                    "{}",
                    kernel.name()
                );
            }
        }
    }
}

#[test]
fn a_cosine_is_cut_and_never_nan() {
    for kernel in Kernel::all() {
        assert_eq!(cosine(kernel, &[1.0, 0.0], &[0.0, 1.0]), 0.0);
        let long = [0.8, 0.600_001];
        assert_eq!(cosine(kernel, &long, &long), 1.0);
        assert_eq!(cosine(kernel, &long, &long.map(|x: f32| -x)), -1.0);
        assert_eq!(cosine(kernel, &[f32::INFINITY], &[0.0]), 0.0);
        let third = [0.6, 0.8];
        assert!((cosine(kernel, &third, &[0.8, 0.6]) - 0.96).abs() < 1e-7);
    }
}

/// Whatever rounding made of the elements and of the sum.
#[test]
fn a_unit_vector_is_exactly_as_alike_to_itself_as_can_be() {
    for kernel in Kernel::all() {
        for (n, seed) in (1..=64)
            .chain([312, 384, 512, 768, 1000, 1024, 2048])
            .zip(100..)
        {
            for mut vector in [random(n, seed), bell_shaped(n, seed), vec![1.0; n]] {
                let squares = vector.iter().map(|&x| f64::from(x).powi(2));
                let length = squares.sum::<f64>().sqrt();
                let scale = |x: &mut f32| *x = (f64::from(*x) / length) as f32;
                vector.iter_mut().for_each(scale);
                let place = format!("{} {n}", kernel.name());
                assert_eq!(cosine(kernel, &vector, &vector), 1.0, "{place}");
                let opposite: Vec<f32> = vector.iter().map(|x| -x).collect();
                assert_eq!(cosine(kernel, &vector, &opposite), -1.0, "{place}");
            }
        }
    }
}

#[test]
fn vectors_that_differ_by_more_than_rounding_are_not_the_same() {
    for kernel in Kernel::all() {
        let near = cosine(kernel, &[1.0, 0.0], &[0.999_998, 0.002]);
        assert!((0.999_997..0.999_999).contains(&near), "{near}");
    }
}

#[test]
#[should_panic(expected = "lengths of the vectors")]
fn vectors_of_two_lengths_have_no_product() {
    dot(Kernel::all()[0], &[1.0], &[1.0, 2.0]);
}
