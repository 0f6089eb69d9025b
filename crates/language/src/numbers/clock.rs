//! Times of the day.

use std::ops::Range;

/// A time of the day, beside the number of its hour.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clock {
    /// As it stands in the text, with its minutes and the words for the part of the day.
    pub(super) text: String,
    /// The characters that it covers.
    pub(super) place: Range<usize>,
    /// Past the hour.
    pub(super) minute: f64,
    /// It is written as 9:00, and so are times of 24 hours.
    pub(super) has_colon: bool,
    /// The hour as it is written, of up to 24.
    pub(super) hour: f64,
    /// Which half of the day it is of, where the text says so.
    pub(super) is_afternoon: Option<bool>,
    /// The text leaves open whether its hours are of twelve or of 24.
    pub(super) is_open: bool,
    /// An hour of up to twelve may be one of the afternoon here, whatever stands beside it.
    pub(super) may_be_later: bool,
}

impl Clock {
    /// Whether two times are of different halves of the day: 早8点 and 晚8点, and of two with colons 9:00 and 21:00.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        match (self.is_afternoon, other.is_afternoon) {
            (Some(a), Some(b)) => a != b,
            (Some(half), None) => self.tells_24_hours() && other.half_of_24() == Some(!half),
            (None, Some(half)) => other.tells_24_hours() && self.half_of_24() == Some(!half),
            (None, None) => false,
        }
    }

    /// Whether both are written as the same time.
    pub(super) fn is_written_as(&self, other: &Self) -> bool {
        self.hour == other.hour && self.minute == other.minute && !self.contradicts(other)
    }

    /// Whether both are one only if an hour whose text gives no reason for it is one of the afternoon: 9点 and 21点.
    pub(super) fn is_guessed_to_be(&self, other: &Self) -> bool {
        let is_guess = |clock: &Self| clock.is_afternoon.is_none() && !clock.may_be_later;
        let (here, there) = (self.hour, other.hour);
        here != there && here % 12.0 == there % 12.0 && (is_guess(self) || is_guess(other))
    }

    fn tells_24_hours(&self) -> bool {
        self.has_colon && (self.hour == 0.0 || self.hour > 12.0)
    }

    /// Which half of the day it is of if its hour is one of 24.
    fn half_of_24(&self) -> Option<bool> {
        (self.has_colon && !self.is_open).then_some(self.hour == 12.0)
    }
}
