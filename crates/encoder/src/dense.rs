//! Matrix products in floats, whatever the precision of the model: of small parts behind the layers.

use crate::Tensors;
use crate::activation::DenseActivation;
use crate::config::ModelConfig;
use crate::error::Error;
use crate::names::Product;
use crate::precision::Precision;
use crate::weights::{Packing, linear_bytes, load_product};
use yuyi_kernels::{Kernel, Matrix, PackedLinear, QuantizedMatrix, Team, linear};

/// A product with its activation.
pub(crate) struct Dense {
    linear: PackedLinear,
    activation: DenseActivation,
    /// [outputs, inputs].
    shape: [usize; 2],
}

impl Dense {
    pub(crate) fn load(
        tensors: &Tensors,
        config: &ModelConfig,
        (product, activation): (&Product, DenseActivation),
        packing: Packing<'_>,
    ) -> Result<Self, Error> {
        let packing = Packing {
            precision: Precision::F32,
            ..packing
        };
        Ok(Self {
            linear: load_product(tensors, config, product, packing)?,
            activation,
            shape: [product.outputs(), product.inputs],
        })
    }

    /// Bytes of packed weights.
    pub(crate) fn bytes(&self) -> usize {
        self.linear.bytes()
    }

    /// What [`Dense::bytes`] will be.
    pub(crate) fn bytes_of(
        tensors: &Tensors,
        config: &ModelConfig,
        product: &Product,
        kernel: Kernel,
    ) -> Result<usize, Error> {
        linear_bytes(tensors, config, product, (kernel, Precision::F32))
    }

    /// What becomes of each vector.
    pub(crate) fn apply(&self, team: &Team, vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let [outputs, inputs] = self.shape;
        let mut input = Matrix::zeros(vectors.len(), inputs);
        let mut output = Matrix::zeros(vectors.len(), outputs);
        for (i, vector) in vectors.iter().enumerate() {
            let numbers = input.row_mut(i).iter_mut().zip(vector);
            numbers.for_each(|(to, &x)| *to = x as f32);
        }
        linear(
            team,
            input.view(),
            &self.linear,
            self.activation.of_product(),
            // Only integer products have an input of their own.
            &mut QuantizedMatrix::default(),
            output.view_mut(),
        );
        let number = |&x: &f32| match self.activation {
            DenseActivation::Tanh => f64::from(x).tanh(),
            _ => f64::from(x),
        };
        (0..vectors.len())
            .map(|i| output.row(i).iter().map(number).collect())
            .collect()
    }
}
