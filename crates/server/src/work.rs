//! Work that needs no model, in turns and on threads that may block: those that answer are never kept from it.

use yuyi_serving::{Errand, Gone, Turns};

use crate::ApiError;

/// Why a step of work did not come to its end.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Nobody waits for it any more.
    Gone,
    /// The client is told why.
    Refused(ApiError),
}

impl From<Gone> for Stopped {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<ApiError> for Stopped {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<Stopped> for ApiError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Refused(error) => error,
            // Nobody hears it.
            Stopped::Gone => Self::Internal,
        }
    }
}

/// Runs a step of admitted work when its turn has come.
///
/// # Errors
/// That of the step, or that no turn came in time.
pub(crate) async fn run<T: Send + 'static>(
    errand: &mut Errand,
    step: impl FnOnce(&mut Turns) -> Result<T, Stopped> + Send + 'static,
) -> Result<T, ApiError> {
    let ran = errand.run(move |turns| match step(turns) {
        Ok(done) => Ok(Ok(done)),
        Err(Stopped::Refused(error)) => Ok(Err(error)),
        Err(Stopped::Gone) => Err(Gone),
    });
    ran.await?
}
