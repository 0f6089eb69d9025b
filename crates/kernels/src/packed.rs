//! Weights of a linear layer, laid out for the tile of one kernel path.

use crate::aligned::AlignedBuffer;
use crate::isa::Isa;
use crate::kernel::{Kernel, Operation};
use crate::matrix::SharedMatrix;
use crate::team::Team;
use half::f16;
use std::sync::Mutex;

/// How the packed weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightFormat {
    /// 32-bit floats.
    F32,
    /// Half precision, widened right before use: half the memory and half the traffic, and the same bits in
    /// every product as long as each weight is exact in half precision.
    F16,
}

/// The weights [outputs, inputs] and bias of a linear layer y = x·Wᵀ + b, packed once at load.
///
/// Outputs are cut into panels as wide as the kernel's tile; a panel holds, for each
/// input in turn, the weights of its outputs side by side, so a product reads memory strictly forwards.
/// The last panel is filled up with zeros.
pub struct PackedLinear {
    kernel: Kernel,
    inputs: usize,
    outputs: usize,
    width: usize,
    weights: Stored,
    /// Padded to whole panels.
    bias: AlignedBuffer<f32>,
}

pub(crate) enum Stored {
    F32(AlignedBuffer<f32>),
    F16(AlignedBuffer<u16>),
}

impl PackedLinear {
    /// Packs a layer. `fill(o, row)` writes the weights of output `o` into `row` (as long as there are
    /// inputs); it is called once for each output, from every thread of `team`.
    ///
    /// # Errors
    /// The first error of `fill`.
    ///
    /// # Panics
    /// When `bias` is not as long as there are outputs.
    pub fn pack<E: Send>(
        team: &Team,
        kernel: Kernel,
        format: WeightFormat,
        [outputs, inputs]: [usize; 2],
        bias: &[f32],
        fill: impl Fn(usize, &mut [f32]) -> Result<(), E> + Sync,
    ) -> Result<Self, E> {
        assert_eq!(bias.len(), outputs);
        let width = kernel.run(PanelWidth);
        let panels = outputs.div_ceil(width);
        let size = panels * width * inputs;
        let mut weights = match format {
            WeightFormat::F32 => Stored::F32(AlignedBuffer::zeroed(size)),
            WeightFormat::F16 => Stored::F16(AlignedBuffer::zeroed(size)),
        };
        let target = weights.pointer();
        let failed = Mutex::new(None);
        team.run(|worker| {
            let mut rows = vec![0.0; width * inputs];
            for panel in worker.share(panels) {
                let first = panel * width;
                let count = width.min(outputs - first);
                rows[count * inputs..].fill(0.0);
                for (i, row) in rows.chunks_exact_mut(inputs.max(1)).take(count).enumerate() {
                    if let Err(error) = fill(first + i, row) {
                        *failed.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
                        return;
                    }
                }
                // SAFETY: panels are disjoint, each is written by one thread, and `weights` outlives the task.
                unsafe { target.write_panel(panel, width, inputs, &rows) }
            }
        });
        let failed = failed.into_inner().unwrap_or_else(|e| e.into_inner());
        if let Some(error) = failed {
            return Err(error);
        }
        let mut padded = AlignedBuffer::zeroed(panels * width);
        padded[..outputs].copy_from_slice(bias);
        Ok(Self {
            kernel,
            inputs,
            outputs,
            width,
            weights,
            bias: padded,
        })
    }

    /// Length of an input row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of an output row.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Bytes of packed weights.
    pub fn bytes(&self) -> usize {
        match &self.weights {
            Stored::F32(w) => size_of_val(&w[..]),
            Stored::F16(w) => size_of_val(&w[..]),
        }
    }

    pub(crate) fn kernel(&self) -> Kernel {
        self.kernel
    }

    pub(crate) fn panels(&self) -> usize {
        self.outputs.div_ceil(self.width)
    }

    pub(crate) fn weights(&self) -> &Stored {
        &self.weights
    }

    /// The bias of panel `p`, padded.
    pub(crate) fn panel_bias(&self, p: usize) -> &[f32] {
        &self.bias[p * self.width..][..self.width]
    }

    /// Outputs of panel `p` that exist.
    pub(crate) fn panel_outputs(&self, p: usize) -> usize {
        self.width.min(self.outputs - p * self.width)
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Where panel `p` of a result begins.
    ///
    /// # Safety
    /// As [`SharedMatrix::at`].
    pub(crate) unsafe fn target(&self, out: SharedMatrix, row: usize, p: usize) -> *mut f32 {
        // SAFETY: passed on from the caller.
        unsafe { out.at(row, p * self.width) }
    }
}

/// Columns of a tile.
struct PanelWidth;
impl Operation for PanelWidth {
    type Output = usize;
    #[inline(always)]
    unsafe fn run<I: Isa>(self) -> usize {
        I::LANES * I::TILE_VECTORS
    }
}

impl Stored {
    fn pointer(&mut self) -> Target {
        match self {
            Self::F32(w) => Target::F32(w.as_mut_ptr()),
            Self::F16(w) => Target::F16(w.as_mut_ptr()),
        }
    }
}

#[derive(Clone, Copy)]
enum Target {
    F32(*mut f32),
    F16(*mut u16),
}

// SAFETY: only pointers; each use is unsafe and states its disjointness.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    /// Transposes `rows` [width, inputs] into a panel [inputs, width].
    ///
    /// # Safety
    /// The buffer holds the panel and no other thread touches it.
    unsafe fn write_panel(self, panel: usize, width: usize, inputs: usize, rows: &[f32]) {
        let start = panel * width * inputs;
        for k in 0..inputs {
            for j in 0..width {
                let (at, x) = (start + k * width + j, rows[j * inputs + k]);
                // SAFETY: `at` is inside the panel.
                unsafe {
                    match self {
                        Self::F32(p) => *p.add(at) = x,
                        Self::F16(p) => *p.add(at) = f16::from_f32(x).to_bits(),
                    }
                }
            }
        }
    }
}
