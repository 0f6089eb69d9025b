//! The angles by which queries and keys are turned.

use crate::config::{ModelConfig, Positions, Rotary};
use std::sync::{Arc, PoisonError, RwLock};
use yuyi_kernels::Rope;

/// Positions whose angles are there from the start.
const USUAL: usize = 512;

/// The rotations of a model: of its layers, and of those that are local.
pub(super) struct Rotations {
    global: Rotation,
    local: Option<Rotation>,
}

impl Rotations {
    /// `None` where positions are learned.
    pub(super) fn of(config: &ModelConfig) -> Option<Self> {
        let rotation = |rotary: Rotary| Rotation::new(rotary.frequencies(config.head_size));
        match config.positions {
            Positions::Learned { .. } => None,
            Positions::Rotary { rotary, .. } => Some(Self {
                global: rotation(rotary),
                local: config.local.as_ref().map(|local| rotation(local.rotary)),
            }),
        }
    }

    /// The angles of a layer, for texts of so many tokens.
    pub(super) fn of_layer(&self, is_local: bool, tokens: usize) -> Arc<Rope> {
        match &self.local {
            Some(local) if is_local => local.reaching(tokens),
            _ => self.global.reaching(tokens),
        }
    }
}

/// Angles as far as a text has reached: models allow texts that nobody may ever send.
struct Rotation {
    frequencies: Vec<f32>,
    angles: RwLock<Arc<Rope>>,
}

impl Rotation {
    fn new(frequencies: Vec<f32>) -> Self {
        let angles = RwLock::new(Arc::new(Rope::new(&frequencies, USUAL)));
        Self {
            frequencies,
            angles,
        }
    }

    /// Angles of at least so many positions.
    fn reaching(&self, positions: usize) -> Arc<Rope> {
        let angles = self.angles.read().unwrap_or_else(PoisonError::into_inner);
        if angles.positions() >= positions {
            return Arc::clone(&angles);
        }
        drop(angles);
        let mut angles = self.angles.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been first.
        if angles.positions() < positions {
            *angles = Arc::new(Rope::new(&self.frequencies, positions.next_power_of_two()));
        }
        Arc::clone(&angles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_reach_as_far_as_they_must() {
        let rotation = Rotation::new(vec![1.0, 0.5]);
        assert_eq!(rotation.reaching(1).positions(), USUAL);
        assert_eq!(rotation.reaching(USUAL).positions(), USUAL);
        assert_eq!(rotation.reaching(700).positions(), 1024);
        assert_eq!(rotation.reaching(3).positions(), 1024);
    }
}
