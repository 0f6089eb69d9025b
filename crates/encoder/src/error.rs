//! What can go wrong between a folder and a vector.

use std::fmt;

/// Kinds of failure, for callers that decide by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file or folder does not exist.
    NotFound,
    /// The operating system refused to read it.
    Io,
    /// The operating system refused to write it.
    Unwritable,
    /// A file is cut off, is not what its name says, or contradicts another.
    InvalidFile,
    /// A file was written to while the model used it.
    Changed,
    /// The files are sound, but of a model that yuyi cannot run.
    UnsupportedModel,
    /// A tensor is missing, has another shape than expected, or holds NaN or infinity.
    InvalidTensor,
    /// Token ids that the model cannot read.
    InvalidTokens,
    /// The computation itself failed.
    Compute,
}

/// A failure: one sentence that names the file or tensor and what was expected.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Refuses ids beyond a vocabulary of `known` tokens.
pub(crate) fn check_known(ids: &[u32], known: usize) -> Result<(), Error> {
    match ids.iter().find(|&&id| id as usize >= known) {
        None => Ok(()),
        Some(id) => Err(Error::tokens(format!(
            "Token id {id} is not in this model's vocabulary, whose ids are 0 to {}.",
            known - 1
        ))),
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
        }
    }

    pub(crate) fn caused(
        mut self,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(crate) fn file(file: &str, what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidFile, format!("{file}: {what}"))
    }

    pub(crate) fn unsupported(file: &str, what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::UnsupportedModel, format!("{file}: {what}"))
    }

    pub(crate) fn tensor(file: &str, tensor: &str, what: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::InvalidTensor,
            format!("{file}: tensor {tensor}: {what}"),
        )
    }

    pub(crate) fn tokens(message: String) -> Self {
        Self::new(ErrorKind::InvalidTokens, message)
    }

    pub(crate) fn compute(message: String) -> Self {
        Self::new(ErrorKind::Compute, message)
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause
            .as_deref()
            .map(|e| e as &(dyn std::error::Error + 'static))
    }
}
