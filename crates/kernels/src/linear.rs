//! y = activation(x·Wᵀ + b) with packed weights; of gated layers y = activation(x·W₁ᵀ + b₁) ⊙ (x·W₂ᵀ + b₂).

mod finish;
mod input;
mod sums;

use self::finish::{Finish, Merge};
use self::input::Input;
use self::sums::{Blocks, Floats, Integers};
use crate::gelu::Activation;
use crate::isa::{HalfTiles, Isa};
use crate::kernel::Operation;
use crate::matrix::{MatrixMut, MatrixView, SharedMatrix};
use crate::packed::{PackedLinear, WeightFormat};
use crate::quantize::{ActivationRange, QuantizedMatrix};
use crate::scratch::Scratch;
use crate::team::Team;
use crate::tile::{BLOCK, BLOCK_STEPS, CHUNK_BYTES, GROUP_ROWS, ROW_UNIT, RowBlocks, Tile};
use std::ops::Range;
use std::ptr::null_mut;

/// Bytes that a tile reads of each output a step.
const STEP: usize = 4;

/// Computes `out` [rows, outputs] = activation(`x` [rows, inputs] · Wᵀ + b). The threads of the team share the outputs. Of a gated layer
/// the activation is that of its first half.
///
/// For integer weights each row of `x` is quantised first, into `bytes`.
///
/// # Panics
/// When the shapes do not fit together.
pub fn linear(
    team: &Team,
    x: MatrixView<'_>,
    layer: &PackedLinear,
    activation: Option<Activation>,
    bytes: &mut QuantizedMatrix,
    out: MatrixMut<'_>,
) {
    let finish = Finish {
        activation,
        merge: Merge::Write,
    };
    run(team, x, layer, finish, bytes, out);
}

/// As [`linear`] without an activation, added to what is in `out`.
///
/// # Panics
/// When the shapes do not fit together, or the layer is gated.
pub fn linear_add(
    team: &Team,
    x: MatrixView<'_>,
    layer: &PackedLinear,
    bytes: &mut QuantizedMatrix,
    out: MatrixMut<'_>,
) {
    assert_eq!(layer.parts(), 1, "a gated layer adds to nothing");
    let finish = Finish {
        activation: None,
        merge: Merge::Add,
    };
    run(team, x, layer, finish, bytes, out);
}

fn run(
    team: &Team,
    x: MatrixView<'_>,
    layer: &PackedLinear,
    finish: Finish,
    bytes: &mut QuantizedMatrix,
    mut out: MatrixMut<'_>,
) {
    assert_eq!(x.columns(), layer.inputs(), "columns of x");
    assert_eq!(
        (out.rows(), out.columns()),
        (x.rows(), layer.outputs()),
        "shape of the result"
    );
    let input = match layer.format() {
        WeightFormat::F32 | WeightFormat::F16 => Input::floats(x),
        WeightFormat::Int8 => Input::bytes(bytes, team, layer.kernel(), ActivationRange::INT8, x),
        WeightFormat::Int4 => Input::bytes(bytes, team, layer.kernel(), ActivationRange::FULL, x),
    };
    let out = out.shared();
    let parts = layer.parts();
    team.run(|worker| {
        // Panels that make the same columns go to one thread.
        let share = worker.share(layer.panels() / parts);
        let panels = share.start * parts..share.end * parts;
        // SAFETY: the shares are disjoint, and so are their columns of the result.
        let product = unsafe { Product::new(input, layer, finish, out, panels, worker.scratch) };
        layer.kernel().run(product);
    });
}

/// One thread's panels of a product.
struct Product<'a> {
    input: Input<'a>,
    layer: &'a PackedLinear,
    finish: Finish,
    out: SharedMatrix<'a>,
    panels: Range<usize>,
    scratch: &'a mut Scratch,
}

impl<'a> Product<'a> {
    /// # Safety
    /// Nobody else touches the columns of these panels in `out` as long as this lives.
    ///
    /// # Panics
    /// When the shapes do not fit together.
    unsafe fn new(
        input: Input<'a>,
        layer: &'a PackedLinear,
        finish: Finish,
        out: SharedMatrix<'a>,
        panels: Range<usize>,
        scratch: &'a mut Scratch,
    ) -> Self {
        assert_eq!((out.rows(), out.columns()), (input.rows(), layer.outputs()));
        assert!(panels.end <= layer.panels() && input.has_steps(layer.steps()));
        Self {
            input,
            layer,
            finish,
            out,
            panels,
            scratch,
        }
    }
}

impl Operation for Product<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) {
        const { assert!(ROW_UNIT.is_multiple_of(I::DOT_ROW_UNIT)) }
        let (group, unit) = self.prepare::<I>();
        let panels = self.panels.clone();
        let groups = RowBlocks::new(self.input.rows(), group, unit);
        // SAFETY: the CPU has I by the caller's promise; `panels` are this thread's own.
        unsafe {
            self.open_tiles::<I>();
            for i in 0..groups.count {
                let (first, count) = groups.get(i);
                let rows = first..first + count;
                for panel in panels.clone() {
                    self.multiply::<I>(panel, &rows);
                    match self.layer.format() {
                        WeightFormat::F32 | WeightFormat::F16 => {
                            self.finish::<I, Floats>(panel, &rows)
                        }
                        WeightFormat::Int8 => self.finish::<I, Integers>(panel, &rows),
                        WeightFormat::Int4 => self.finish::<I, Blocks>(panel, &rows),
                    }
                }
            }
            if self.layer.format().is_integer() {
                I::close()
            }
        }
    }
}

/// How the weights of a chunk are stored.
#[derive(Clone, Copy)]
enum Form {
    /// As the tiles read them.
    Whole,
    /// In half precision: each tile widens them.
    Half(HalfTiles),
    /// In half precision: the first tile widens them and leaves them here for the others.
    Kept(HalfTiles, *mut f32),
}

/// A stretch of a panel's steps, ready for the tile.
struct Chunk {
    weights: *const u8,
    form: Form,
    /// 4-bit weights: scales of its first block.
    scales: *const u8,
    /// What the tiles bring near while they work: the bytes that follow, as many as there are of this chunk.
    ahead: *const u8,
    ahead_bytes: usize,
    /// How far that moves on a step, or a block for 4-bit weights.
    ahead_stride: usize,
}

impl Chunk {
    /// What the tile of a block of rows reads as weights, how far apart their steps are in bytes, and where it leaves them widened, if it
    /// does. `width` is that of the panel, in numbers.
    #[inline(always)]
    fn weights_of(&self, block: usize, width: usize) -> (*const u8, usize, *mut f32) {
        let (whole, half) = (width * STEP, width * STEP / 2);
        match self.form {
            Form::Whole => (self.weights, whole, null_mut()),
            Form::Half(_) => (self.weights, half, null_mut()),
            Form::Kept(_, to) if block == 0 => (self.weights, half, to),
            Form::Kept(_, to) => (to.cast_const().cast(), whole, null_mut()),
        }
    }
}

impl Product<'_> {
    /// Rows of floats that go through a panel together: of many, as many as stay in the second-level cache, out of which every
    /// panel reads them again.
    #[inline(always)]
    fn float_group<I: Isa>(&self) -> usize {
        let few = GROUP_ROWS / 2;
        if self.input.rows() <= few {
            return few;
        }
        let rows = I::ROW_BYTES / self.input.stride().max(1);
        rows.clamp(GROUP_ROWS / 4, GROUP_ROWS) / 16 * 16
    }

    /// Makes room for the sums and for widened weights. Answers with how many rows go through a panel together, and the unit in which
    /// they are cut.
    ///
    /// # Panics
    /// When the layer was packed for another path.
    #[inline(always)]
    fn prepare<I: Isa>(&mut self) -> (usize, usize) {
        let (group, unit, vectors) = match self.layer.format() {
            WeightFormat::F32 | WeightFormat::F16 => {
                (self.float_group::<I>(), I::TILE_ROWS, I::TILE_VECTORS)
            }
            WeightFormat::Int8 => (I::DOT_GROUP, I::DOT_ROW_UNIT, I::DOT_VECTORS),
            WeightFormat::Int4 => (GROUP_ROWS, I::DOT_ROW_UNIT, I::DOT_VECTORS),
        };
        let width = self.layer.width();
        assert_eq!(width, vectors * I::LANES, "packed for another path");
        self.scratch.output.ensure(group * width);
        let widened = match self.layer.format() {
            WeightFormat::F16 => I::FLOAT_CHUNK,
            WeightFormat::Int4 => CHUNK_BYTES,
            WeightFormat::F32 | WeightFormat::Int8 => 0,
        };
        self.scratch.weights.ensure(widened / size_of::<f32>());
        (group, unit)
    }

    /// What this thread must have ready for the tiles of the format; [`Isa`] closes it again.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn open_tiles<I: Isa>(&self) {
        // SAFETY: the CPU has I by the caller's promise.
        unsafe {
            match self.layer.format() {
                WeightFormat::F32 | WeightFormat::F16 => {}
                WeightFormat::Int8 => I::open_dots(),
                WeightFormat::Int4 => I::open_blocks(),
            }
        }
    }

    /// Sums of one panel for `rows`, into the scratch.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn multiply<I: Isa>(&mut self, panel: usize, rows: &Range<usize>) {
        let (width, steps) = (self.layer.width(), self.layer.steps());
        // Chunks of whole blocks of steps, as equal as they can be.
        let (bytes, block) = match self.layer.format() {
            WeightFormat::Int8 => (I::DOT_CHUNK, BLOCK_STEPS.max(I::DOT_STEPS)),
            WeightFormat::Int4 => (CHUNK_BYTES, BLOCK_STEPS),
            WeightFormat::F32 | WeightFormat::F16 => (I::FLOAT_CHUNK, BLOCK_STEPS),
        };
        let most = bytes / STEP / width / block;
        let blocks = steps.div_ceil(block);
        let chunks = blocks.div_ceil(most).max(1);
        for chunk in 0..chunks {
            let cut = |i: usize| (i * blocks / chunks * block).min(steps);
            let (first, end) = (cut(chunk), cut(chunk + 1));
            // SAFETY: the chunk is inside the panel, and its width fits the scratch.
            unsafe {
                let weights = self.chunk::<I>(panel, rows.len(), first..end);
                self.multiply_chunk::<I>(&weights, rows, first..end);
            }
        }
    }

    /// # Safety
    /// The CPU has I, and `chunk` holds `steps` of a panel.
    #[inline(always)]
    unsafe fn multiply_chunk<I: Isa>(
        &mut self,
        chunk: &Chunk,
        rows: &Range<usize>,
        steps: Range<usize>,
    ) {
        let width = self.layer.width();
        let (most, unit) = match self.layer.format() {
            WeightFormat::F32 | WeightFormat::F16 => (I::TILE_ROWS, 1),
            WeightFormat::Int8 => (I::DOT_ROWS, I::DOT_ROW_UNIT),
            WeightFormat::Int4 => (I::BLOCK_ROWS, I::DOT_ROW_UNIT),
        };
        let blocks = RowBlocks::new(rows.len(), most, unit);
        for block in 0..blocks.count {
            let (first, count) = blocks.get(block);
            let (b, b_stride, widened) = chunk.weights_of(block, width);
            // SAFETY: x has a row `rows.start + first` of all steps; the scratch has a row of `width` for each.
            unsafe {
                let tile = Tile {
                    a: self.input.row(rows.start + first).add(steps.start * STEP),
                    a_stride: self.input.stride(),
                    b,
                    b_stride,
                    widened,
                    c: self.scratch.output.as_mut_ptr().add(first * width).cast(),
                    c_stride: width * STEP,
                    steps: steps.len(),
                    accumulate: steps.start > 0,
                    // Each block of rows brings its share of the next chunk near: all at once would
                    // ask more of the memory than it can do, and then nothing of it.
                    prefetch: chunk
                        .ahead
                        .wrapping_add(chunk.ahead_bytes / blocks.count * block),
                    prefetch_stride: chunk.ahead_stride.div_ceil(blocks.count),
                };
                self.multiply_tile::<I>(&tile, chunk, block, count);
            }
        }
    }

    /// One block of rows of [`multiply_chunk`](Self::multiply_chunk).
    ///
    /// # Safety
    /// The CPU has I, and the tile is that of `block` of the chunk.
    #[inline(always)]
    unsafe fn multiply_tile<I: Isa>(&self, tile: &Tile, chunk: &Chunk, block: usize, rows: usize) {
        // SAFETY: the caller describes the tile truly.
        unsafe {
            match self.layer.format() {
                WeightFormat::F32 | WeightFormat::F16 => match chunk.form {
                    Form::Half(tiles) => (tiles.widening)(tile, rows),
                    Form::Kept(tiles, _) if block == 0 => (tiles.keeping)(tile, rows),
                    Form::Whole | Form::Kept(..) => I::tile_f32(tile, rows, I::TILE_VECTORS),
                },
                WeightFormat::Int8 => I::tile_dot(tile, rows),
                WeightFormat::Int4 => {
                    let stride = self.layer.step_bytes(BLOCK_STEPS);
                    I::tile_blocks(tile, rows, chunk.scales, stride)
                }
            }
        }
    }

    /// Some steps of a panel as the tile reads them: widened into the scratch unless they are stored so.
    ///
    /// # Safety
    /// The CPU has I, and the steps are inside the panel and fit the scratch.
    #[inline(always)]
    unsafe fn chunk<I: Isa>(&mut self, panel: usize, rows: usize, steps: Range<usize>) -> Chunk {
        let layer = self.layer;
        let at = panel * layer.panel_bytes() + layer.step_bytes(steps.start);
        let bytes = layer.step_bytes(steps.len());
        // SAFETY: inside the packed weights, by the caller's promise.
        let from = unsafe { layer.weights().as_ptr().add(at) };
        // SAFETY: the steps are inside the panel and fit the scratch, by the caller's promise.
        let (weights, form) = unsafe { self.readable::<I>(from, rows, steps.len()) };
        let unit = if layer.format() == WeightFormat::Int4 {
            BLOCK_STEPS
        } else {
            1
        };
        Chunk {
            weights,
            form,
            scales: from.wrapping_add(BLOCK / 2 * layer.width()),
            ahead: from.wrapping_add(bytes),
            ahead_bytes: bytes,
            ahead_stride: layer.step_bytes(unit),
        }
    }

    /// Packed weights of so many steps as a tile of `rows` rows reads them, and in which form: 4-bit ones, and halves where the path has no tiles for
    /// them, go to the scratch.
    ///
    /// # Safety
    /// The CPU has I, and `from` holds the steps, which fit the scratch.
    #[inline(always)]
    unsafe fn readable<I: Isa>(
        &mut self,
        from: *const u8,
        rows: usize,
        steps: usize,
    ) -> (*const u8, Form) {
        let (layer, width) = (self.layer, self.layer.width());
        let room = self.scratch.weights.len();
        let to = self.scratch.weights.as_mut_ptr();
        debug_assert!(match layer.format() {
            WeightFormat::F32 | WeightFormat::Int8 => true,
            WeightFormat::F16 | WeightFormat::Int4 => steps * width <= room,
        });
        // SAFETY: both are inside, and whole vectors long since the width is.
        unsafe {
            match layer.format() {
                WeightFormat::F32 | WeightFormat::Int8 => return (from, Form::Whole),
                WeightFormat::F16 => match I::HALF_TILES {
                    Some(tiles) if rows <= tiles.few_rows => return (from, Form::Half(tiles)),
                    Some(tiles) => return (from, Form::Kept(tiles, to)),
                    None => {
                        for i in (0..steps * width).step_by(I::LANES) {
                            I::store(to.add(i), I::load_f16(from.cast::<u16>().add(i)));
                        }
                    }
                },
                WeightFormat::Int4 => {
                    let nibbles = BLOCK / 2 * width;
                    for block in 0..steps / BLOCK_STEPS {
                        let from = from.add(block * layer.step_bytes(BLOCK_STEPS));
                        let to = to.cast::<i8>().add(block * 2 * nibbles);
                        for i in (0..nibbles).step_by(4 * I::LANES) {
                            I::unpack_nibbles(from.add(i), to.add(i), to.add(nibbles + i));
                        }
                    }
                }
            }
        }
        (to.cast_const().cast(), Form::Whole)
    }
}

#[cfg(test)]
mod tests;
