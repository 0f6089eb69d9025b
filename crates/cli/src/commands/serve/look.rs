//! What models are there, for all who ask a server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use yuyi_models::{Error, Installed, inventory};

/// How long a look holds. It reads the beginning of each file of weights, also in caches of other programs, which may have hundreds,
/// and whoever lists models, or names one that there is not, may do so as often as they like.
const LOOK: Duration = Duration::from_secs(1);

/// The last look at all models, and when it was.
#[derive(Default)]
pub struct Look(Mutex<Option<(Instant, Arc<[Installed]>)>>);

impl Look {
    /// All models, as of a second ago at most. Whoever comes while somebody looks waits for that and looks no more.
    ///
    /// # Errors
    /// When the home folder cannot be read.
    pub fn models(&self) -> Result<Arc<[Installed]>, Error> {
        self.last_or(inventory)
    }

    fn last_or(
        &self,
        look: impl FnOnce() -> Result<Vec<Installed>, Error>,
    ) -> Result<Arc<[Installed]>, Error> {
        // A panic leaves a look that is whole, or none.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, models)) = &*seen
            && at.elapsed() < LOOK
        {
            return Ok(Arc::clone(models));
        }
        let models: Arc<[Installed]> = look()?.into();
        *seen = Some((Instant::now(), Arc::clone(&models)));
        Ok(models)
    }

    /// Models have changed.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn many_who_ask_cost_one_look() {
        let (look, looks) = (Look::default(), Cell::new(0));
        let ask = || {
            look.last_or(|| {
                looks.set(looks.get() + 1);
                Ok(Vec::new())
            })
            .unwrap()
        };
        for _ in 0..100 {
            assert!(ask().is_empty());
        }
        // More than one only where the machine stood still for a second.
        assert!(looks.get() < 50, "{}", looks.get());
        let before = looks.get();
        look.forget();
        ask();
        assert_eq!(looks.get(), before + 1);
    }
}
