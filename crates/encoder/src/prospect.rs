//! What a folder's model will be, told before it is loaded.

use yuyi_kernels::{Kernel, KernelPath, usable_cores};

use crate::forward::Model;
use crate::{Error, Folder, LoadOptions, ModelSpec, Precision, Tensors};

/// What an [`Encoder`](crate::Encoder) of a folder will say of itself. Whoever has to know whether a model fits into the
/// memory must know it before the weights are there.
#[derive(Clone, Debug)]
pub struct Prospect {
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

impl Prospect {
    /// Reads headers and small files. Weights of f32 are read too, up to the first that half precision does not hold.
    ///
    /// # Errors
    /// When a file is missing, broken or of a kind that is not supported.
    pub fn of(folder: &Folder, options: &LoadOptions) -> Result<Self, Error> {
        let kernel = Kernel::detect().map_err(Error::compute)?;
        let spec = ModelSpec::read(folder, &options.defaults)?;
        let own = || Precision::of(&spec.config);
        let precision = options.precision.unwrap_or_else(own);
        let tensors = Tensors::open(folder)?;
        Ok(Self {
            weight_bytes: Model::bytes_of(&tensors, &spec.config, kernel, precision)?,
            precision,
            kernel: kernel.path(),
            threads: options.threads.unwrap_or_else(usable_cores).max(1),
            spec,
        })
    }
}
