//! y = activation(x·Wᵀ + b) with packed weights.

use crate::gelu::Activation;
use crate::isa::{Isa, for_each_vector};
use crate::kernel::Operation;
use crate::matrix::{MatrixMut, MatrixView, SharedMatrix};
use crate::packed::{PackedLinear, Stored};
use crate::team::{Scratch, Team};
use crate::tile::{RowBlocks, Tile};
use std::ops::Range;

/// Rows that go through a panel together: 128 rows of partial sums stay in the second-level cache,
/// and a half-precision panel is widened once for all of them.
const ROWS: usize = 128;

/// Bytes of a panel that are worked on at a time: with the rows of a tile and the next bytes on
/// their way, they fit a first-level cache of 32 KiB.
const CHUNK_BYTES: usize = 16 << 10;

/// Computes `out` [rows, outputs] = activation(`x` [rows, inputs] · Wᵀ + b). The threads of the team share the outputs.
///
/// # Panics
/// When the shapes do not fit together.
pub fn linear(
    team: &Team,
    x: MatrixView<'_>,
    layer: &PackedLinear,
    activation: Option<Activation>,
    mut out: MatrixMut<'_>,
) {
    assert_eq!(x.columns(), layer.inputs(), "columns of x");
    assert_eq!(
        (out.rows(), out.columns()),
        (x.rows(), layer.outputs()),
        "shape of the result"
    );
    let out = out.shared();
    team.run(|worker| {
        let panels = worker.share(layer.panels());
        layer.kernel().run(Product {
            x,
            layer,
            activation,
            out,
            panels,
            scratch: worker.scratch,
        });
    });
}

/// One thread's panels of a product.
struct Product<'a> {
    x: MatrixView<'a>,
    layer: &'a PackedLinear,
    activation: Option<Activation>,
    out: SharedMatrix,
    panels: Range<usize>,
    scratch: &'a mut Scratch,
}

impl Operation for Product<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) {
        let width = self.layer.width();
        self.scratch.output.ensure(ROWS * width);
        self.scratch.weights.ensure(CHUNK_BYTES / size_of::<f32>());
        let panels = self.panels.clone();
        for first in (0..self.x.rows()).step_by(ROWS) {
            let rows = first..self.x.rows().min(first + ROWS);
            for panel in panels.clone() {
                // SAFETY: the CPU has I by the caller's promise; `panels` are this thread's own.
                unsafe {
                    self.multiply::<I>(panel, &rows);
                    self.finish::<I>(panel, &rows);
                }
            }
        }
    }
}

impl Product<'_> {
    /// Sums of one panel for `rows`, into the scratch.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn multiply<I: Isa>(&mut self, panel: usize, rows: &Range<usize>) {
        let (width, inputs) = (self.layer.width(), self.layer.inputs());
        let step = CHUNK_BYTES / size_of::<f32>() / width;
        let chunks = inputs.div_ceil(step).max(1);
        for chunk in 0..chunks {
            let (k0, k1) = (chunk * inputs / chunks, (chunk + 1) * inputs / chunks);
            let at = (panel * inputs + k0) * width;
            // SAFETY: the chunk is inside the panel; x has `inputs` columns; the scratch has ROWS rows of `width`.
            unsafe {
                let (b, ahead, lines) = self.chunk::<I>(at, (k1 - k0) * width);
                let blocks = RowBlocks::new(rows.len(), I::TILE_ROWS);
                for block in 0..blocks.count {
                    let (first, count) = blocks.get(block);
                    let tile = Tile {
                        a: self
                            .x
                            .as_ptr()
                            .add((rows.start + first) * self.x.stride() + k0),
                        a_stride: self.x.stride(),
                        b,
                        b_stride: width,
                        c: self.scratch.output.as_mut_ptr().add(first * width),
                        c_stride: width,
                        k: k1 - k0,
                        accumulate: chunk > 0,
                        prefetch: ahead,
                        // The next chunk comes near while the last rows of this one are computed.
                        prefetch_lines: if block + 1 == blocks.count { lines } else { 0 },
                    };
                    if I::TILE_VECTORS == 3 {
                        tile.run::<I, 3>(count)
                    } else {
                        tile.run::<I, 1>(count)
                    }
                }
            }
        }
    }

    /// The weights of a chunk as f32, the address of what follows, and how many cache lines of it come to one input.
    ///
    /// # Safety
    /// The CPU has I, and the chunk is inside the packed weights.
    #[inline(always)]
    unsafe fn chunk<I: Isa>(&mut self, at: usize, len: usize) -> (*const f32, *const u8, usize) {
        let width = self.layer.width();
        // SAFETY: passed on from the caller; `len` is a multiple of LANES and fits the scratch.
        unsafe {
            match self.layer.weights() {
                Stored::F32(w) => {
                    let p = w.as_ptr().add(at);
                    (p, p.wrapping_add(len).cast(), (width * 4).div_ceil(64))
                }
                Stored::F16(w) => {
                    let (from, to) = (w.as_ptr().add(at), self.scratch.weights.as_mut_ptr());
                    for i in (0..len).step_by(I::LANES) {
                        I::store(to.add(i), I::load_f16(from.add(i)));
                    }
                    (
                        to.cast_const(),
                        from.wrapping_add(len).cast(),
                        (width * 2).div_ceil(64),
                    )
                }
            }
        }
    }

    /// Adds the bias, applies the activation and writes the panel's columns of the result.
    ///
    /// # Safety
    /// The CPU has I, and no other thread writes this panel's columns.
    #[inline(always)]
    unsafe fn finish<I: Isa>(&mut self, panel: usize, rows: &Range<usize>) {
        let (width, outputs) = (self.layer.width(), self.layer.panel_outputs(panel));
        let bias = self.layer.panel_bias(panel).as_ptr();
        for (i, row) in rows.clone().enumerate() {
            // SAFETY: the scratch row and the bias have `width` elements, the result row `outputs` from here.
            unsafe {
                let from = self.scratch.output.as_ptr().add(i * width);
                let to = self.layer.target(self.out, row, panel);
                for_each_vector!(
                    I,
                    outputs,
                    |j| I::store(
                        to.add(j),
                        self.bend::<I>(I::load(from.add(j)), I::load(bias.add(j)))
                    ),
                    |j, left| I::store_partial(
                        to.add(j),
                        self.bend::<I>(I::load(from.add(j)), I::load(bias.add(j))),
                        left
                    )
                );
            }
        }
    }

    /// activation(x + b)
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn bend<I: Isa>(&self, x: I::F32, b: I::F32) -> I::F32 {
        // SAFETY: the features are the caller's promise.
        unsafe {
            let y = I::add(x, b);
            match self.activation {
                Some(activation) => activation.apply::<I>(y),
                None => y,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Kernel;
    use crate::matrix::Matrix;
    use crate::packed::WeightFormat;
    use crate::testing::{random, random_matrix};
    use half::f16;

    fn pack(
        kernel: Kernel,
        format: WeightFormat,
        outputs: usize,
        inputs: usize,
        weights: &[f32],
        bias: &[f32],
    ) -> PackedLinear {
        PackedLinear::pack(
            &Team::new(2),
            kernel,
            format,
            [outputs, inputs],
            bias,
            |o, row| {
                row.copy_from_slice(&weights[o * inputs..][..inputs]);
                Ok::<_, ()>(())
            },
        )
        .unwrap()
    }

    /// Weights that are exact in half precision.
    fn half_weights(n: usize, seed: u64) -> Vec<f32> {
        random(n, seed)
            .iter()
            .map(|&x| f16::from_f32(x).to_f32())
            .collect()
    }

    fn product(
        kernel: Kernel,
        threads: usize,
        format: WeightFormat,
        x: &Matrix,
        outputs: usize,
    ) -> Matrix {
        let inputs = x.columns();
        let layer = pack(
            kernel,
            format,
            outputs,
            inputs,
            &half_weights(outputs * inputs, 7),
            &random(outputs, 8),
        );
        let mut out = Matrix::zeros(x.rows(), outputs);
        linear(&Team::new(threads), x.view(), &layer, None, out.view_mut());
        out
    }

    #[test]
    fn equals_the_naive_product_at_awkward_shapes() {
        for kernel in Kernel::all() {
            for (rows, inputs, outputs) in [
                (0, 5, 3),
                (1, 1, 1),
                (1, 0, 4),
                (2, 3, 5),
                (7, 33, 47),
                (8, 48, 48),
                (9, 49, 49),
                (13, 100, 23),
                (16, 97, 24),
                (17, 768, 25),
                (127, 31, 96),
                (128, 16, 97),
                (129, 5, 7),
                (257, 85, 49),
                (3, 3073, 50),
            ] {
                for format in [WeightFormat::F32, WeightFormat::F16] {
                    let x = random_matrix(rows, inputs, 9);
                    compare(
                        kernel,
                        &x,
                        outputs,
                        &product(kernel, 2, format, &x, outputs),
                    );
                }
            }
        }
    }

    fn compare(kernel: Kernel, x: &Matrix, outputs: usize, got: &Matrix) {
        let (weights, bias) = (half_weights(outputs * x.columns(), 7), random(outputs, 8));
        for i in 0..x.rows() {
            for o in 0..outputs {
                let w = &weights[o * x.columns()..][..x.columns()];
                let dot: f64 = x
                    .row(i)
                    .iter()
                    .zip(w)
                    .map(|(&a, &b)| f64::from(a) * f64::from(b))
                    .sum();
                let (want, got) = (dot + f64::from(bias[o]), f64::from(got.row(i)[o]));
                let bound = 1e-5 * (x.columns() as f64).sqrt().max(1.0);
                assert!(
                    (got - want).abs() < bound,
                    "{} row {i} output {o}: {got} {want}",
                    kernel.name()
                );
            }
        }
    }

    #[test]
    fn bytes_do_not_depend_on_neighbours_threads_or_storage() {
        for kernel in Kernel::all() {
            let x = random_matrix(150, 300, 11);
            let all = product(kernel, 2, WeightFormat::F32, &x, 100);
            for rows in [1usize, 2, 8, 9, 100] {
                let mut part = Matrix::zeros(rows, 300);
                (0..rows).for_each(|i| part.row_mut(i).copy_from_slice(x.row(149 - i)));
                for (threads, format) in [(1, WeightFormat::F32), (3, WeightFormat::F16)] {
                    let got = product(kernel, threads, format, &part, 100);
                    for i in 0..rows {
                        let same = got
                            .row(i)
                            .iter()
                            .zip(all.row(149 - i))
                            .all(|(a, b)| a.to_bits() == b.to_bits());
                        assert!(same, "{} {rows} rows, {threads} threads", kernel.name());
                    }
                }
            }
        }
    }

    #[test]
    fn a_bad_row_does_not_spoil_the_others() {
        for kernel in Kernel::all() {
            let mut x = random_matrix(20, 64, 12);
            let clean = product(kernel, 2, WeightFormat::F32, &x, 50);
            for (i, bad) in [f32::NAN, f32::INFINITY, f32::MAX, 1e-42]
                .into_iter()
                .enumerate()
            {
                x.row_mut(i * 5)[i] = bad;
            }
            let got = product(kernel, 2, WeightFormat::F32, &x, 50);
            assert!(got.row(0).iter().all(|v| v.is_nan()));
            for i in (0..20).filter(|i| i % 5 != 0) {
                assert_eq!(got.row(i), clean.row(i));
            }
        }
    }

    #[test]
    fn the_activation_follows_the_bias() {
        for kernel in Kernel::all() {
            let x = random_matrix(3, 4, 13);
            let (weights, bias) = (half_weights(20, 7), random(5, 8));
            let layer = pack(kernel, WeightFormat::F32, 5, 4, &weights, &bias);
            let (mut plain, mut bent) = (Matrix::zeros(3, 5), Matrix::zeros(3, 5));
            linear(&Team::new(1), x.view(), &layer, None, plain.view_mut());
            linear(
                &Team::new(1),
                x.view(),
                &layer,
                Some(Activation::GeluTanh),
                bent.view_mut(),
            );
            for (p, b) in (0..3).flat_map(|i| plain.row(i).iter().zip(bent.row(i))) {
                let p = f64::from(*p);
                let want = 0.5 * p * (1.0 + (0.797_884_56 * (p + 0.044_715 * p.powi(3))).tanh());
                assert!((f64::from(*b) - want).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn an_error_while_filling_is_passed_on() {
        let packed = PackedLinear::pack(
            &Team::new(2),
            Kernel::all()[0],
            WeightFormat::F32,
            [9, 4],
            &[0.0; 9],
            |o, _| {
                if o == 6 { Err("row 6") } else { Ok(()) }
            },
        );
        assert_eq!(packed.err(), Some("row 6"));
    }
}
