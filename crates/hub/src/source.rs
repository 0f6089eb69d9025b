//! Hubs, and which of them are asked.

/// A hub, whoever runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubKind {
    /// Hugging Face, or a mirror of it.
    HuggingFace,
    /// ModelScope.
    ModelScope,
}

impl HubKind {
    /// The variable with the token by which it knows users.
    pub(crate) fn token_variable(self) -> &'static str {
        match self {
            Self::HuggingFace => "HF_TOKEN",
            Self::ModelScope => "MODELSCOPE_API_TOKEN",
        }
    }

    /// The name in manifests and replies.
    pub fn name(self) -> &'static str {
        match self {
            Self::HuggingFace => "huggingface",
            Self::ModelScope => "modelscope",
        }
    }
}

/// Which hubs are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Hugging Face or its mirror, then ModelScope; the first that has it.
    #[default]
    Auto,
    /// Hugging Face or its mirror.
    HuggingFace,
    /// ModelScope.
    ModelScope,
}

impl Source {
    /// Whether a hub is asked.
    pub(crate) fn takes(self, hub: HubKind) -> bool {
        match self {
            Self::Auto => true,
            Self::HuggingFace => hub == HubKind::HuggingFace,
            Self::ModelScope => hub == HubKind::ModelScope,
        }
    }
}
