//! The lock of a data folder.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::{Error, Result};

/// A data folder that this process has. The system gives it back when the process ends, however it does.
pub(super) struct FolderLock(File);

impl FolderLock {
    /// Takes a folder.
    ///
    /// # Errors
    /// [`Locked`](Error::Locked) where somebody has it, [`Unusable`](Error::Unusable).
    pub(super) fn take(folder: &Path) -> Result<Self> {
        let unusable = |error: std::io::Error| Error::unusable(folder, error);
        let mut options = File::options();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Locked {
                folder: folder.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

impl Drop for FolderLock {
    /// Gives the folder back by itself. Closing the file would not do where this process starts another at this moment: until that
    /// one is its own program, it has the file open as well, and with it the lock.
    fn drop(&mut self) {
        // Where even this fails, closing is what remains.
        _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_free_although_its_file_is_open_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let lock = FolderLock::take(folder.path()).unwrap();
        let elsewhere = lock.0.try_clone().unwrap();
        assert!(matches!(
            FolderLock::take(folder.path()),
            Err(Error::Locked { .. })
        ));
        drop(lock);
        FolderLock::take(folder.path()).unwrap();
        drop(elsewhere);
    }
}
