//! What an encoder is, known before it is loaded.

use yuyi_kernels::{Kernel, KernelPath, usable_cores};

use crate::forward::{Extras, Transformer};
use crate::projection::Projection;
use crate::{Encoder, Error, Folder, LoadOptions, ModelSpec, Precision, Tensors};

/// What an [`Encoder`] is. Whoever has to know whether a model fits into memory must know it before the weights are
/// there.
#[derive(Clone, Debug)]
pub struct EncoderFacts {
    /// What the model's files say.
    pub spec: ModelSpec,
    /// Number format of the matrix products.
    pub precision: Precision,
    /// Path of the kernels that compute.
    pub kernel: KernelPath,
    /// Threads of one forward pass.
    pub threads: usize,
    /// Bytes of packed weights held in memory; token embeddings stay in the mapped file.
    pub weight_bytes: usize,
}

impl EncoderFacts {
    /// Of the encoder that a folder gives. Reads headers and small files; weights of f32 too, up to the first that half
    /// precision does not hold.
    ///
    /// # Errors
    /// When a file is missing, broken or of a kind that is not supported.
    pub fn of_folder(folder: &Folder, options: &LoadOptions) -> Result<Self, Error> {
        let kernel = Kernel::detect().map_err(Error::compute)?;
        let spec = ModelSpec::read(folder, &options.defaults)?;
        let own = || Precision::of(&spec.config);
        let precision = options.precision.unwrap_or_else(own);
        let tensors = Tensors::open(folder)?;
        Ok(Self {
            weight_bytes: Transformer::bytes_of(
                &tensors,
                &spec.config,
                Extras::default(),
                (kernel, precision),
            )? + Projection::bytes_of(folder, &spec, kernel)?,
            precision,
            kernel: kernel.path(),
            threads: options.threads.unwrap_or_else(usable_cores).max(1),
            spec,
        })
    }

    /// Of one that is loaded.
    pub fn of_loaded(encoder: &Encoder) -> Self {
        Self {
            spec: encoder.spec().clone(),
            precision: encoder.precision(),
            kernel: encoder.kernel(),
            threads: encoder.threads(),
            weight_bytes: encoder.weight_bytes(),
        }
    }
}
