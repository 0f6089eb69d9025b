//! Activations of the products behind the layers.

use yuyi_kernels::Activation;

/// The activation of a product behind the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenseActivation {
    /// None.
    Identity,
    /// Hyperbolic tangent.
    Tanh,
    /// The larger of x and 0.
    Relu,
    /// x · Φ(x).
    Gelu,
}

impl DenseActivation {
    /// The name of its class in torch.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "Identity",
            Self::Tanh => "Tanh",
            Self::Relu => "ReLU",
            Self::Gelu => "GELU",
        }
    }

    /// By the name of its class, whatever the module.
    pub(crate) fn of_class(class: &str) -> Option<Self> {
        let name = class.rsplit('.').next().unwrap_or_default();
        [Self::Identity, Self::Tanh, Self::Relu, Self::Gelu]
            .into_iter()
            .find(|known| known.name() == name)
    }

    /// The part of it that the product does.
    pub(crate) fn of_product(self) -> Option<Activation> {
        match self {
            Self::Identity | Self::Tanh => None,
            Self::Relu => Some(Activation::Relu),
            Self::Gelu => Some(Activation::Gelu),
        }
    }
}
