//! Weights of a linear layer, laid out for the tile of one kernel path.

use crate::aligned::AlignedBuffer;
use crate::isa::Isa;
use crate::kernel::{Kernel, Operation};
use crate::quantize::{BLOCK, quantize_int4, quantize_int8};
use crate::team::Team;
use crate::tile::BLOCK_STEPS;
use half::f16;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;

/// How the packed weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightFormat {
    /// 32-bit floats.
    F32,
    /// Half precision, widened right before use: half the memory and half the traffic, and the same bits in
    /// every product as long as each weight is exact in half precision.
    F16,
    /// 8-bit integers with a scale for each output; activations are quantised to 8 bits, each row by itself.
    Int8,
    /// 4-bit integers in blocks of 32 with a scale each; activations as with [`WeightFormat::Int8`].
    Int4,
}

impl WeightFormat {
    /// Whether activations are quantised.
    pub(crate) fn is_integer(self) -> bool {
        matches!(self, Self::Int8 | Self::Int4)
    }

    /// Inner elements that a step of the tile takes.
    fn step(self) -> usize {
        if self.is_integer() { 4 } else { 1 }
    }

    /// Bytes of `steps` steps of a panel of `width` outputs; whole blocks for 4-bit weights.
    fn step_bytes(self, steps: usize, width: usize) -> usize {
        match self {
            Self::F32 => steps * width * 4,
            Self::F16 => steps * width * 2,
            Self::Int8 => steps * width * 4,
            Self::Int4 => steps / BLOCK_STEPS * width * (BLOCK / 2 + 2),
        }
    }
}

/// The weights [outputs, inputs] and bias of a linear layer y = x·Wᵀ + b, packed once at load.
///
/// Outputs are cut into panels as wide as the kernel's tile; a panel holds, for each step
/// in turn, the weights of its outputs side by side, so a product reads memory strictly forwards. A step is one
/// input, or four of them for integers. The last panel is filled up with zeros.
///
/// | format | a panel |
/// |---|---|
/// | F32, F16 | [inputs, width] |
/// | Int8 | [inputs / 4, width, 4] i8; zeros up to whole steps of the tile |
/// | Int4 | for each block of 32 inputs: [4, width, 4] bytes, whose low nibbles are the block's first four steps and whose high nibbles its last four, then `width` f16 scales |
///
/// A gated layer has two panels for each stretch of its result, first that of the outputs which are activated, then that of those which they are
/// multiplied by: the one leaves its part of the result in the cache, and the other takes it from there.
pub struct PackedLinear {
    kernel: Kernel,
    format: WeightFormat,
    shape: LinearShape,
    width: usize,
    steps: usize,
    weights: AlignedBuffer<u8>,
    /// Padded to whole panels, like the two below.
    bias: AlignedBuffer<f32>,
    /// Int8: the scale of each output; otherwise 1.
    scales: AlignedBuffer<f32>,
    /// Integers: the sum of each output's weights, by which a row's offset is multiplied.
    sums: AlignedBuffer<f32>,
}

/// What a linear layer multiplies, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearShape {
    /// Rows of the weights; an even number where the layer is gated.
    outputs: usize,
    inputs: usize,
    gated: bool,
}

impl From<[usize; 2]> for LinearShape {
    /// A layer with weights [outputs, inputs].
    fn from([outputs, inputs]: [usize; 2]) -> Self {
        Self {
            outputs,
            inputs,
            gated: false,
        }
    }
}

impl LinearShape {
    /// A gated layer (GLU) with weights [outputs, inputs]: the first half of the outputs is activated and multiplied, element by element, by the
    /// second half.
    ///
    /// # Panics
    /// When there is no half of the outputs.
    pub fn gated([outputs, inputs]: [usize; 2]) -> Self {
        assert!(outputs.is_multiple_of(2), "{outputs} outputs have no half");
        Self {
            outputs,
            inputs,
            gated: true,
        }
    }

    /// Panels for each stretch of the result.
    fn parts(self) -> usize {
        1 + usize::from(self.gated)
    }

    /// Length of a row of the result.
    fn columns(self) -> usize {
        self.outputs / self.parts()
    }
}

/// The weights of one output, as a caller of [`PackedLinear::pack`] has them.
pub enum RowWeights<'a> {
    /// Floats, in any format.
    Floats(&'a mut [f32]),
    /// For [`WeightFormat::Int8`]: integers that pass [`fits_int8`](crate::fits_int8), and their scale.
    Int8(&'a mut [i8], &'a mut f32),
    /// For [`WeightFormat::Int4`]: blocks as [`quantize_int4`] makes them, and their scales.
    Int4(&'a mut [u8], &'a mut [f16]),
}

/// What the rows that are given to [`PackedLinear::pack`] are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Floats, which are quantised where the format asks for it.
    Floats,
    /// The integers of the format.
    Quantized,
}

impl PackedLinear {
    /// Packs a layer. `fill(o, row)` writes the weights of output `o` into `row` (as long as there are
    /// inputs), floats or integers as `source` says; it is called once for each output, from every thread of `team`.
    ///
    /// # Errors
    /// That of the first output, in order, for which `fill` fails.
    ///
    /// # Panics
    /// When `bias` is not as long as there are rows of weights, the inputs of 4-bit weights are not whole blocks, or quantised
    /// rows are given for a format of floats.
    pub fn pack<E: Send>(
        team: &Team,
        kernel: Kernel,
        (format, source): (WeightFormat, Source),
        shape: impl Into<LinearShape>,
        bias: &[f32],
        fill: impl Fn(usize, RowWeights<'_>) -> Result<(), E> + Sync,
    ) -> Result<Self, E> {
        let shape = shape.into();
        let inputs = shape.inputs;
        assert_eq!(bias.len(), shape.outputs);
        assert!(format != WeightFormat::Int4 || inputs.is_multiple_of(BLOCK));
        assert!(format.is_integer() || source == Source::Floats);
        let (width, steps) = kernel.run(PanelShape { format, inputs });
        let padded = shape.columns().div_ceil(width) * shape.parts() * width;
        let mut packed = Self {
            kernel,
            format,
            shape,
            width,
            steps,
            weights: AlignedBuffer::zeroed(0),
            bias: AlignedBuffer::zeroed(padded),
            scales: AlignedBuffer::zeroed(padded),
            sums: AlignedBuffer::zeroed(padded),
        };
        packed.weights = AlignedBuffer::zeroed(packed.panels() * packed.panel_bytes());
        for panel in 0..packed.panels() {
            let outputs = packed.panel_outputs(panel);
            packed.bias[panel * width..][..outputs.len()].copy_from_slice(&bias[outputs]);
        }
        packed.scales.fill(1.0);
        packed.fill(team, source, &fill)?;
        Ok(packed)
    }

    fn fill<E: Send>(
        &mut self,
        team: &Team,
        source: Source,
        fill: &(impl Fn(usize, RowWeights<'_>) -> Result<(), E> + Sync),
    ) -> Result<(), E> {
        let target = Target {
            weights: self.weights.as_mut_ptr(),
            scales: self.scales.as_mut_ptr(),
            sums: self.sums.as_mut_ptr(),
        };
        // A thread stops at its first error, and the threads' shares follow each other.
        let failed = Mutex::new(BTreeMap::new());
        let this = &*self;
        team.run(|worker| {
            let mut rows = PanelRows::new(this, source);
            for panel in worker.share(this.panels()) {
                // SAFETY: panels are disjoint, each is written by one thread, and the buffers outlive the task.
                let written = rows
                    .fill(this.panel_outputs(panel), fill)
                    .map(|()| unsafe { rows.write(panel, target) });
                if let Err(error) = written {
                    let mut failed = failed.lock().unwrap_or_else(|e| e.into_inner());
                    failed.insert(worker.index, error);
                    return;
                }
            }
        });
        let failed = failed.into_inner().unwrap_or_else(|e| e.into_inner());
        failed.into_values().next().map_or(Ok(()), Err)
    }

    /// Length of an input row.
    pub fn inputs(&self) -> usize {
        self.shape.inputs
    }

    /// Length of an output row: of a gated layer half as long as there are rows of weights.
    pub fn outputs(&self) -> usize {
        self.shape.columns()
    }

    /// Panels for each stretch of an output row, next to each other: two of a gated layer.
    pub(crate) fn parts(&self) -> usize {
        self.shape.parts()
    }

    /// How the weights are stored.
    pub fn format(&self) -> WeightFormat {
        self.format
    }

    /// Bytes of packed weights.
    pub fn bytes(&self) -> usize {
        self.weights.len() + 4 * (self.bias.len() + self.scales.len() + self.sums.len())
    }

    /// What [`PackedLinear::bytes`] of a layer of this shape will be, known before it is packed.
    pub fn bytes_of(kernel: Kernel, format: WeightFormat, shape: impl Into<LinearShape>) -> usize {
        let shape = shape.into();
        let (width, steps) = kernel.run(PanelShape {
            format,
            inputs: shape.inputs,
        });
        let vectors = 3 * size_of::<f32>() * width;
        let panels = shape.parts() * shape.columns().div_ceil(width);
        panels * (format.step_bytes(steps, width) + vectors)
    }

    pub(crate) fn kernel(&self) -> Kernel {
        self.kernel
    }

    pub(crate) fn panels(&self) -> usize {
        self.shape.parts() * self.outputs().div_ceil(self.width)
    }

    /// Steps of the tile over all inputs: as many as an integer tile takes at once, and whole blocks for 4-bit weights.
    pub(crate) fn steps(&self) -> usize {
        self.steps
    }

    /// Bytes of `steps` steps of a panel; whole blocks for 4-bit weights.
    pub(crate) fn step_bytes(&self, steps: usize) -> usize {
        self.format.step_bytes(steps, self.width)
    }

    pub(crate) fn panel_bytes(&self) -> usize {
        self.step_bytes(self.steps())
    }

    pub(crate) fn weights(&self) -> &[u8] {
        &self.weights
    }

    /// Bias, scales and sums of panel `p`, padded.
    pub(crate) fn panel_vectors(&self, p: usize) -> [&[f32]; 3] {
        let range = p * self.width..(p + 1) * self.width;
        [&self.bias, &self.scales, &self.sums].map(|v| &v[range.clone()])
    }

    /// Rows of the weights that panel `p` has.
    fn panel_outputs(&self, p: usize) -> Range<usize> {
        let columns = self.panel_columns(p);
        let first = p % self.parts() * self.outputs();
        first + columns.start..first + columns.end
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Columns of a result that panel `p` makes.
    pub(crate) fn panel_columns(&self, p: usize) -> Range<usize> {
        let first = p / self.parts() * self.width;
        first..self.outputs().min(first + self.width)
    }
}

/// Columns and steps of a panel.
struct PanelShape {
    format: WeightFormat,
    inputs: usize,
}
impl Operation for PanelShape {
    type Output = (usize, usize);
    #[inline(always)]
    unsafe fn run<I: Isa>(self) -> (usize, usize) {
        let (vectors, steps) = match self.format {
            WeightFormat::F32 | WeightFormat::F16 => (I::TILE_VECTORS, self.inputs),
            WeightFormat::Int8 => (
                I::DOT_VECTORS,
                self.inputs.div_ceil(4).next_multiple_of(I::DOT_STEPS),
            ),
            WeightFormat::Int4 => (I::DOT_VECTORS, self.inputs / BLOCK * BLOCK_STEPS),
        };
        (vectors * I::LANES, steps)
    }
}

#[derive(Clone, Copy)]
struct Target {
    weights: *mut u8,
    scales: *mut f32,
    sums: *mut f32,
}

// SAFETY: only pointers; each use is unsafe and states its disjointness.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

/// The rows of one panel on their way from the checkpoint to the packed form.
struct PanelRows {
    format: WeightFormat,
    source: Source,
    inputs: usize,
    /// Inputs rounded up to whole steps.
    padded: usize,
    width: usize,
    panel_bytes: usize,
    floats: Vec<f32>,
    int8: Vec<i8>,
    int4: Vec<u8>,
    block_scales: Vec<f16>,
    scales: Vec<f32>,
}

impl PanelRows {
    fn new(layer: &PackedLinear, source: Source) -> Self {
        let (format, width) = (layer.format, layer.width);
        let padded = layer.steps() * format.step();
        let sized = |wanted: bool, n: usize| if wanted { n * width } else { 0 };
        Self {
            format,
            source,
            inputs: layer.inputs(),
            padded,
            width,
            panel_bytes: layer.panel_bytes(),
            // One row is enough on the way to integers.
            floats: vec![
                0.0;
                match (format.is_integer(), source) {
                    (false, _) => padded * width,
                    (true, Source::Floats) => padded,
                    (true, Source::Quantized) => 0,
                }
            ],
            int8: vec![0; sized(format == WeightFormat::Int8, padded)],
            int4: vec![0; sized(format == WeightFormat::Int4, padded / 2)],
            block_scales: vec![f16::ZERO; sized(format == WeightFormat::Int4, padded / BLOCK)],
            scales: vec![0.0; width],
        }
    }

    /// Fetches the rows of a panel.
    fn fill<E>(
        &mut self,
        outputs: Range<usize>,
        fill: &impl Fn(usize, RowWeights<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if outputs.len() < self.width {
            self.clear();
        }
        for (i, output) in outputs.enumerate() {
            match self.format {
                WeightFormat::F32 | WeightFormat::F16 => {
                    let row = &mut self.floats[i * self.padded..][..self.inputs];
                    fill(output, RowWeights::Floats(row))?;
                }
                WeightFormat::Int8 => self.fill_int8(i, |row| fill(output, row))?,
                WeightFormat::Int4 => self.fill_int4(i, |row| fill(output, row))?,
            }
        }
        Ok(())
    }

    /// Rows that do not exist are zero.
    fn clear(&mut self) {
        self.floats.fill(0.0);
        self.int8.fill(0);
        self.int4.fill(0x88);
        self.block_scales.fill(f16::ZERO);
        self.scales.fill(0.0);
    }

    fn fill_int8<E>(
        &mut self,
        i: usize,
        fill: impl FnOnce(RowWeights<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let row = &mut self.int8[i * self.padded..][..self.inputs];
        match self.source {
            Source::Quantized => fill(RowWeights::Int8(row, &mut self.scales[i]))?,
            Source::Floats => {
                let floats = &mut self.floats[..self.inputs];
                fill(RowWeights::Floats(&mut *floats))?;
                self.scales[i] = quantize_int8(floats, row);
            }
        }
        debug_assert!(crate::fits_int8(row), "these weights could saturate");
        Ok(())
    }

    fn fill_int4<E>(
        &mut self,
        i: usize,
        fill: impl FnOnce(RowWeights<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let row = &mut self.int4[i * self.inputs / 2..][..self.inputs / 2];
        let scales = &mut self.block_scales[i * self.inputs / BLOCK..][..self.inputs / BLOCK];
        match self.source {
            Source::Quantized => fill(RowWeights::Int4(row, scales))?,
            Source::Floats => {
                let floats = &mut self.floats[..self.inputs];
                fill(RowWeights::Floats(&mut *floats))?;
                quantize_int4(floats, row, scales);
            }
        }
        self.scales[i] = 1.0;
        Ok(())
    }

    /// Writes the rows, step by step, and their scales and sums.
    ///
    /// # Safety
    /// The buffers have this panel and no other thread touches it.
    unsafe fn write(&self, panel: usize, target: Target) {
        // SAFETY: the panel's bytes and vectors are this thread's own.
        let (bytes, scales, sums) = unsafe {
            (
                std::slice::from_raw_parts_mut(
                    target.weights.add(panel * self.panel_bytes),
                    self.panel_bytes,
                ),
                std::slice::from_raw_parts_mut(target.scales.add(panel * self.width), self.width),
                std::slice::from_raw_parts_mut(target.sums.add(panel * self.width), self.width),
            )
        };
        match self.format {
            WeightFormat::F32 => self.write_floats(bytes, f32::to_le_bytes),
            WeightFormat::F16 => self.write_floats(bytes, |x| f16::from_f32(x).to_le_bytes()),
            WeightFormat::Int8 => self.write_int8(bytes),
            WeightFormat::Int4 => self.write_int4(bytes),
        }
        if self.format.is_integer() {
            scales.copy_from_slice(&self.scales);
            sums.iter_mut()
                .enumerate()
                .for_each(|(i, sum)| *sum = self.sum(i));
        }
    }

    fn write_floats<const N: usize>(&self, bytes: &mut [u8], convert: impl Fn(f32) -> [u8; N]) {
        let (elements, _) = bytes.as_chunks_mut::<N>();
        for (k, step) in elements.chunks_exact_mut(self.width).enumerate() {
            for (j, element) in step.iter_mut().enumerate() {
                *element = convert(self.floats[j * self.padded + k]);
            }
        }
    }

    fn write_int8(&self, bytes: &mut [u8]) {
        for (step, to) in bytes.chunks_exact_mut(4 * self.width).enumerate() {
            for (j, to) in to.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                let from = &self.int8[j * self.padded + 4 * step..][..4];
                *to = std::array::from_fn(|i| from[i] as u8);
            }
        }
    }

    fn write_int4(&self, bytes: &mut [u8]) {
        let (nibbles, scale) = (BLOCK / 2 * self.width, 2 * self.width);
        for (block, to) in bytes.chunks_exact_mut(nibbles + scale).enumerate() {
            let (to, scales) = to.split_at_mut(nibbles);
            for (step, to) in to.chunks_exact_mut(4 * self.width).enumerate() {
                for (j, to) in to.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                    let at = j * self.inputs / 2 + block * BLOCK / 2 + 4 * step;
                    to.copy_from_slice(&self.int4[at..at + 4]);
                }
            }
            for (j, to) in scales.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                *to = self.block_scales[j * self.inputs / BLOCK + block].to_le_bytes();
            }
        }
    }

    /// The sum of the weights of row `i`, as the integers and scales stand for them.
    fn sum(&self, i: usize) -> f32 {
        if self.format == WeightFormat::Int8 {
            let row = &self.int8[i * self.padded..][..self.padded];
            return row.iter().map(|&w| i32::from(w)).sum::<i32>() as f32 * self.scales[i];
        }
        let bytes = &self.int4[i * self.inputs / 2..][..self.inputs / 2];
        let scales = &self.block_scales[i * self.inputs / BLOCK..];
        let block = |bytes: &[u8]| {
            bytes
                .iter()
                .map(|&b| i32::from(b & 15) + i32::from(b >> 4) - 16)
                .sum::<i32>()
        };
        let sums = bytes.as_chunks::<16>().0.iter().map(|b| block(b));
        sums.zip(scales)
            .map(|(sum, scale)| f64::from(sum) * f64::from(scale.to_f32()))
            .sum::<f64>() as f32
    }
}

#[cfg(test)]
mod tests;
