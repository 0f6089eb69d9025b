//! Work that is short, but not for a thread that answers others.

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;

/// Bytes up to which a task runs on the thread that answers.
const LITTLE: usize = 64 << 10;

/// Runs a task that goes through so many bytes. Where they are many, the thread lets another one answer meanwhile.
pub fn aside<T>(bytes: usize, task: impl FnOnce() -> T) -> T {
    let has_others = || Handle::try_current().map(|runtime| runtime.runtime_flavor());
    match bytes > LITTLE && has_others().is_ok_and(|flavor| flavor == RuntimeFlavor::MultiThread) {
        true => block_in_place(task),
        false => task(),
    }
}
