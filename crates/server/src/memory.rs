//! The memory that requests take together: bodies that are being read, what was read of them, and answers that their clients have not taken
//! yet. Whatever grows with a request takes a share of it first, and is refused where there is none.

use std::cell::RefCell;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;

use crate::ApiError;

/// A request that takes no more may have what large ones must leave: whoever sends little is answered beside them.
pub(crate) const SMALL: usize = 64 << 10;

/// The part of it that only small requests may have.
const LEFT_BY_LARGE: usize = 8;

/// All of it; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    taken: AtomicUsize,
}

impl Memory {
    /// So many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Inner {
            limit,
            taken: AtomicUsize::new(0),
        }))
    }

    /// A share of nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share {
            memory: self.clone(),
            bytes: 0,
        }
    }

    /// Bytes that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Relaxed)
    }

    /// Bytes that there are.
    pub(crate) fn limit(&self) -> usize {
        self.0.limit
    }

    /// Bytes that large requests may have together.
    fn of_large(&self) -> usize {
        self.limit() - self.limit() / LEFT_BY_LARGE
    }
}

/// What one request has of it, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Memory,
    bytes: usize,
}

impl Share {
    /// Takes more.
    ///
    /// # Errors
    /// [`ApiError::MemoryFull`], or [`ApiError::TooMuchMemory`] where there would not be enough for it alone.
    pub(crate) fn grow(&mut self, more: usize) -> Result<(), ApiError> {
        let bytes = self.bytes.saturating_add(more);
        let limit = match bytes <= SMALL {
            true => self.memory.limit(),
            false => self.memory.of_large(),
        };
        if bytes > limit {
            return Err(ApiError::TooMuchMemory { limit });
        }
        let taken = &self.memory.0.taken;
        let fits = |taken: usize| taken.checked_add(more).filter(|&all| all <= limit);
        let updated = taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        updated.map_err(|_| ApiError::MemoryFull)?;
        self.bytes = bytes;
        Ok(())
    }

    /// Bytes that it has.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives some back.
    pub(crate) fn shrink(&mut self, less: usize) {
        let less = less.min(self.bytes);
        self.bytes -= less;
        self.memory.0.taken.fetch_sub(less, Ordering::Relaxed);
    }

    /// Has so many, more or less than before.
    ///
    /// # Errors
    /// As [`grow`](Self::grow).
    pub(crate) fn resize(&mut self, bytes: usize) -> Result<(), ApiError> {
        self.shrink(self.bytes.saturating_sub(bytes));
        self.grow(bytes - self.bytes)
    }

    /// Takes over what another one has.
    fn absorb(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// A part of an answer, which holds its share until the client has it, wherever it waits meanwhile.
pub(crate) fn held(part: Vec<u8>, share: Share) -> Bytes {
    struct Held {
        part: Vec<u8>,
        _share: Share,
    }
    impl AsRef<[u8]> for Held {
        fn as_ref(&self) -> &[u8] {
            &self.part
        }
    }
    Bytes::from_owner(Held {
        part,
        _share: share,
    })
}

tokio::task_local! {
    /// What the request has that this task handles.
    static OF_THIS_REQUEST: RefCell<Share>;
}

/// Runs `request`. What it takes is given back when it is answered, unless the answer takes it over.
pub(crate) async fn observe<T>(memory: &Memory, request: impl Future<Output = T>) -> T {
    let share = RefCell::new(memory.share());
    OF_THIS_REQUEST.scope(share, request).await
}

/// Takes more for the request that this task handles; outside of one, nothing happens.
///
/// # Errors
/// As [`Share::grow`].
pub(crate) fn hold(bytes: usize) -> Result<(), ApiError> {
    let grown = OF_THIS_REQUEST.try_with(|share| share.borrow_mut().grow(bytes));
    grown.unwrap_or(Ok(()))
}

/// Keeps a share for the request that this task handles.
pub(crate) fn keep(share: Share) {
    // An error means that there is no request that would need it longer.
    let _ = OF_THIS_REQUEST.try_with(|all| all.borrow_mut().absorb(share));
}

/// What the request has so far, for an answer that goes on when its handler has ended.
pub(crate) fn take_over() -> Option<Share> {
    let taken = OF_THIS_REQUEST.try_with(|share| {
        let empty = share.borrow().memory.share();
        share.replace(empty)
    });
    taken.ok()
}

/// A share that a thread which may block takes little by little, such as while it reads from the store; cheap to clone.
#[derive(Clone)]
pub(crate) struct Counting(Arc<Mutex<Counted>>);

struct Counted {
    share: Share,
    refusal: Option<ApiError>,
}

impl Counting {
    pub(crate) fn new(share: Share) -> Self {
        let refusal = None;
        Self(Arc::new(Mutex::new(Counted { share, refusal })))
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back what was taken: all is read once more.
    pub(crate) fn begin(&self) {
        let mut counted = self.counted();
        let all = counted.share.bytes();
        counted.share.shrink(all);
    }

    /// Takes more, if there is so much.
    pub(crate) fn grow(&self, more: usize) -> bool {
        let mut counted = self.counted();
        counted.refusal = counted.share.grow(more).err();
        counted.refusal.is_none()
    }

    /// Keeps what was taken for the request that this task handles; how much it is.
    ///
    /// # Errors
    /// Why there was no more, or what else the work failed with.
    pub(crate) fn finish<T>(&self, done: Result<T, ApiError>) -> Result<(T, usize), ApiError> {
        let mut counted = self.counted();
        let done = done.map_err(|error| counted.refusal.take().unwrap_or(error))?;
        let empty = counted.share.memory.share();
        let share = std::mem::replace(&mut counted.share, empty);
        let bytes = share.bytes();
        keep(share);
        Ok((done, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_requests_leave_some_for_small_ones() {
        let memory = Memory::new(8 << 20);
        let (mut large, mut small) = (memory.share(), memory.share());
        large.grow(7 << 20).unwrap();
        assert_eq!(memory.share().grow(SMALL + 1), Err(ApiError::MemoryFull));
        small.grow(SMALL).unwrap();
        assert_eq!(small.grow(1), Err(ApiError::MemoryFull));
        assert_eq!(memory.taken(), (7 << 20) + SMALL);
        large.shrink(1 << 20);
        small.grow(1).unwrap();
        drop((large, small));
        assert_eq!(memory.taken(), 0);
        let too_much = memory.share().grow((7 << 20) + 1).unwrap_err();
        assert_eq!(too_much, ApiError::TooMuchMemory { limit: 7 << 20 });
        assert_eq!(memory.taken(), 0, "what is refused takes nothing");
    }

    #[test]
    fn parts_are_held_until_they_are_sent() {
        let memory = Memory::new(8 << 20);
        let part = |bytes: usize| {
            let mut share = memory.share();
            share.grow(10).unwrap();
            share.resize(bytes).unwrap();
            held(vec![7; bytes], share)
        };
        let (first, mut second) = (part(100), part(5));
        assert_eq!(memory.taken(), 105);
        // As it is sent: piece by piece, the last of which lets go of all.
        let sent = second.split_to(3);
        drop(second);
        assert_eq!(memory.taken(), 105);
        drop(sent);
        assert_eq!((memory.taken(), &first[..2]), (100, &[7, 7][..]));
        drop(first);
        assert_eq!(memory.taken(), 0);
    }

    #[test]
    fn what_is_counted_little_by_little_tells_why_it_was_refused() {
        let memory = Memory::new(1_000);
        let counting = Counting::new(memory.share());
        assert!(counting.grow(600));
        counting.begin();
        assert!(counting.grow(700) && memory.taken() == 700);
        assert!(!counting.grow(400));
        let done = counting.finish(Err::<(), _>(ApiError::Internal));
        assert_eq!(done, Err(ApiError::TooMuchMemory { limit: 1_000 }));
        counting.begin();
        assert!(counting.grow(5));
        assert_eq!(counting.finish(Ok(7)), Ok((7, 5)));
        assert_eq!(memory.taken(), 0, "there is no request");
    }

    #[tokio::test]
    async fn a_request_gives_back_what_its_answer_does_not_take_over() {
        let memory = Memory::new(1 << 20);
        let kept = observe(&memory, async {
            hold(1_000).unwrap();
            let mut more = memory.share();
            more.grow(500).unwrap();
            keep(more);
            let kept = take_over();
            hold(7).unwrap();
            assert_eq!(memory.taken(), 1_507);
            kept
        });
        let kept = kept.await;
        assert_eq!(memory.taken(), 1_500);
        drop(kept);
        assert_eq!(memory.taken(), 0);
        assert_eq!(hold(usize::MAX), Ok(()), "there is no request");
    }
}
