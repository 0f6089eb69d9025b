//! Who calls, as requests are counted and warnings given.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Whom a request is counted for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// By the digest of its key.
    Key([u8; 32]),
    /// By its address or network.
    Address(Option<IpAddr>),
}

impl Caller {
    /// The address or network, where it is not a key that stands for the caller.
    pub(crate) fn address(self) -> Option<IpAddr> {
        match self {
            Self::Key(_) => None,
            Self::Address(address) => address,
        }
    }
}

/// Callers that are remembered; nothing is said of further ones, so the log and memory are bounded.
const MOST_CALLERS: usize = 1_000;

/// Tells who calls for the first time.
#[derive(Default)]
pub(crate) struct OncePerCaller(Mutex<HashSet<Caller>>);

impl OncePerCaller {
    /// Whether the caller was not seen here before.
    pub(crate) fn is_first(&self, caller: Caller) -> bool {
        // A set is whole at every moment, also where a thread panicked.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.len() < MOST_CALLERS && seen.insert(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_is_first_once_and_few_are_remembered() {
        let once = OncePerCaller::default();
        let caller =
            |number: u32| Caller::Address(Some(std::net::IpAddr::from(number.to_be_bytes())));
        assert!(once.is_first(caller(1)));
        assert!(!once.is_first(caller(1)));
        assert!(once.is_first(caller(2)));
        let said = (3..10_000).filter(|&i| once.is_first(caller(i))).count();
        assert_eq!(said, MOST_CALLERS - 2);
    }
}
