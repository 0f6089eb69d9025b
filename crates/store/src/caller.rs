//! Who waits for the answer of a call.

use crate::error::{Error, Result};

/// Whoever waits for the answer of a call, and counts memory.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// Whether there is room for so many bytes more. Asked about every few items, with about as many bytes as they take, before more are read.
    pub room: &'a dyn Fn(usize) -> bool,
    /// Whether the answer is still waited for. Asked every few milliseconds where work takes longer, by a thread that holds nothing which others wait for, so it
    /// may let these have their turn before it answers.
    pub waits: &'a dyn Fn() -> bool,
    /// The same, asked as often by a thread that others do wait for: it has to answer at once.
    pub stays: &'a dyn Fn() -> bool,
}

impl Caller<'_> {
    /// One with all the room and time.
    pub const PATIENT: Caller<'static> = Caller {
        room: &|_| true,
        waits: &|| true,
        stays: &|| true,
    };

    /// Takes room for so many bytes more.
    ///
    /// # Errors
    /// [`NoRoom`](Error::NoRoom) where there is none.
    pub fn take(&self, bytes: usize) -> Result<()> {
        match (self.room)(bytes) {
            true => Ok(()),
            false => Err(Error::NoRoom),
        }
    }

    /// Goes on, as long as the answer is waited for.
    ///
    /// # Errors
    /// [`Unwanted`](Error::Unwanted) where it is not.
    pub fn go_on(&self) -> Result<()> {
        match (self.waits)() {
            true => Ok(()),
            false => Err(Error::Unwanted),
        }
    }

    /// The same, while others wait for this thread.
    pub(crate) fn stay(&self) -> Result<()> {
        match (self.stays)() {
            true => Ok(()),
            false => Err(Error::Unwanted),
        }
    }
}

impl std::fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}
