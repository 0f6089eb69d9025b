//! Files that are read: what was read as what, and why one cannot be.

use std::sync::{Arc, Mutex, PoisonError};

use yuyi_files::{Misuse, Remarks};

use crate::ApiError;

/// What files were read as.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    /// Where readers tell it.
    pub(crate) fn remarks(&self) -> Remarks {
        let told = Arc::clone(&self.0);
        Remarks::to(move |remark| {
            // A lock that is poisoned holds what was told before.
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.push(remark.to_string());
        })
    }

    /// What was told.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *told)
    }
}

/// What the client is told of a file that cannot be read.
pub(crate) fn unreadable(error: anyhow::Error) -> ApiError {
    if let Some(error) = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<ApiError>())
    {
        return error.clone();
    }
    let field = error.is::<Misuse>().then(|| "columns".to_owned());
    let mut reason = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !reason.is_empty() {
            reason.truncate(reason.trim_end_matches('.').len());
            reason.push_str(": ");
        }
        reason.push_str(&cause);
    }
    if !reason.ends_with(['.', '?', '!']) {
        reason.push('.');
    }
    ApiError::InvalidValue {
        field: field.unwrap_or_default(),
        reason,
    }
}
