//! How much a filter may have, whatever it was written in.

use super::Filter;
use crate::error::{Error, Result};

/// How much more a filter may have that is being read.
#[derive(Debug)]
pub struct FilterRoom {
    conditions: usize,
    values: usize,
}

impl Default for FilterRoom {
    fn default() -> Self {
        Self {
            conditions: Filter::MOST_CONDITIONS,
            values: Filter::MOST_VALUES,
        }
    }
}

impl FilterRoom {
    /// Takes so many conditions.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) where the filter would have more than [`Filter::MOST_CONDITIONS`].
    pub fn take_conditions(&mut self, count: usize) -> Result<()> {
        let most = Filter::MOST_CONDITIONS;
        let too_many =
            || Error::invalid("", format!("The filter has more than {most} conditions."));
        take(&mut self.conditions, count).ok_or_else(too_many)
    }

    /// Takes so many values that conditions compare with, beside one each.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) where the filter would have more than [`Filter::MOST_VALUES`].
    pub fn take_values(&mut self, count: usize) -> Result<()> {
        let most = Filter::MOST_VALUES;
        let too_many = || Error::invalid("", format!("The filter has more than {most} values."));
        take(&mut self.values, count).ok_or_else(too_many)
    }
}

fn take(room: &mut usize, count: usize) -> Option<()> {
    *room = room.checked_sub(count)?;
    Some(())
}
