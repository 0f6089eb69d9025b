//! Pages of mapped files that are gone: reading one is a SIGBUS, which ends the process unless it is handled.
//!
//! The handler asks whether the address is in a file that is mapped here. If so it maps zeros from there to the end of the file's map and notes
//! it, and the reader goes on; it asks [`Watch::is_torn`] before it believes what it read. All other signals go to the handler that was there
//! before. The handler takes no lock and no memory: the list of maps only grows, and its places are used again.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A place in the list of maps. Free where `end` is 0.
#[derive(Debug, Default)]
struct Place {
    start: AtomicUsize,
    end: AtomicUsize,
    is_torn: AtomicBool,
    /// The place that was there before this one.
    next: AtomicPtr<Place>,
}

/// The place that came last; none is ever removed.
static LAST: AtomicPtr<Place> = AtomicPtr::new(ptr::null_mut());

/// Whoever takes or frees a place holds it.
static CHANGES: Mutex<()> = Mutex::new(());

fn places() -> impl Iterator<Item = &'static Place> {
    let at = |place: &AtomicPtr<Place>| {
        // SAFETY: null, or a place that was leaked and so stays.
        unsafe { place.load(Ordering::Acquire).as_ref() }
    };
    std::iter::successors(at(&LAST), move |place| at(&place.next))
}

/// A mapped file that is watched.
#[derive(Debug)]
pub(super) struct Watch(&'static Place);

impl Watch {
    /// Watches a map, until it is dropped; the map must be there as long.
    pub(super) fn new(map: &[u8]) -> Self {
        let _alone = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(unix)]
        handler::install();
        let free = places().find(|place| place.end.load(Ordering::Relaxed) == 0);
        let place = free.unwrap_or_else(|| {
            let place = Box::leak(Box::<Place>::default());
            *place.next.get_mut() = LAST.load(Ordering::Relaxed);
            LAST.store(place, Ordering::Release);
            place
        });
        let start = map.as_ptr() as usize;
        place.is_torn.store(false, Ordering::Relaxed);
        place.start.store(start, Ordering::Relaxed);
        place.end.store(start + map.len(), Ordering::Release);
        Self(place)
    }

    /// Whether a part of the file was found gone.
    pub(super) fn is_torn(&self) -> bool {
        self.0.is_torn.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _alone = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.end.store(0, Ordering::Release);
    }
}

#[cfg(unix)]
mod handler {
    use super::{Ordering, Place, places};
    use libc::{SIG_DFL, SIG_IGN, SIGBUS, c_int, c_void, siginfo_t};
    use std::mem::{self, MaybeUninit};
    use std::ptr;
    use std::sync::{Once, OnceLock};

    static PREVIOUS: OnceLock<libc::sigaction> = OnceLock::new();
    static PAGE: OnceLock<usize> = OnceLock::new();

    /// Handles SIGBUS from now on. Where the system refuses, a file that is cut short ends the process, as without.
    pub(super) fn install() {
        static DONE: Once = Once::new();
        DONE.call_once(|| {
            // SAFETY: a question without arguments that point anywhere.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            PAGE.get_or_init(|| usize::try_from(page).unwrap_or(4096));
            let mut previous = MaybeUninit::<libc::sigaction>::uninit();
            // SAFETY: both point to a whole `sigaction`; of the new one all fields are set, those that are not named to zero, which is
            // what they mean by default.
            unsafe {
                if libc::sigaction(SIGBUS, ptr::null(), previous.as_mut_ptr()) != 0 {
                    return;
                }
                PREVIOUS.get_or_init(|| previous.assume_init());
                let mut action: libc::sigaction = mem::zeroed();
                action.sa_sigaction = handle as *const () as usize;
                // On the stack that the standard library keeps for handlers, which may be the previous one's only one.
                action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&mut action.sa_mask);
                libc::sigaction(SIGBUS, &action, ptr::null_mut());
            }
        });
    }

    /// Only what a signal handler may do: atomics, `mmap`, and what was there before.
    extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        // SAFETY: the system gives a whole `siginfo_t`. A positive code says that the signal is a fault's, and so has an address.
        let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
        let holds = |place: &&Place| {
            // The end first: where it is not 0, the start is that of the same map.
            let end = place.end.load(Ordering::Acquire);
            (place.start.load(Ordering::Relaxed)..end).contains(&address)
        };
        let place = places().find(holds).filter(|_| code > 0);
        if place.is_some_and(|place| put_zeros(place, address)) {
            return;
        }
        pass_on(signal, info, context);
    }

    /// Maps zeros over a place from `address` on.
    fn put_zeros(place: &Place, address: usize) -> bool {
        let Some(page) = PAGE.get() else {
            return false;
        };
        let start = address / page * page;
        let length = place.end.load(Ordering::Relaxed) - start;
        place.is_torn.store(true, Ordering::Release);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
        // SAFETY: the pages are of a map that only its `FileMap` has, which reads them and unmaps the whole range at its end.
        let mapped = unsafe {
            let start = ptr::with_exposed_provenance_mut(start);
            libc::mmap(start, length, libc::PROT_READ, flags, -1, 0)
        };
        mapped != libc::MAP_FAILED
    }

    /// Hands a signal that is not ours to whoever had it before.
    fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
        let previous = PREVIOUS.get();
        let handler = previous.map_or(SIG_DFL, |previous| previous.sa_sigaction);
        let takes_info = previous.is_some_and(|previous| previous.sa_flags & libc::SA_SIGINFO != 0);
        // SAFETY: what was installed as a handler is a function of the one form or the other, as its flags say. Without one the
        // default is put back and the signal sent again, which ends the process when this handler returns.
        unsafe {
            if handler == SIG_DFL || handler == SIG_IGN {
                libc::signal(signal, SIG_DFL);
                libc::raise(signal);
            } else if takes_info {
                let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                    mem::transmute(handler);
                handler(signal, info, context);
            } else {
                let handler: extern "C" fn(c_int) = mem::transmute(handler);
                handler(signal);
            }
        }
    }
}
