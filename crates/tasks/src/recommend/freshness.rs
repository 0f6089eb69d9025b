//! How old what is recommended may be.

/// Items of which it is known how old they were, from which on something is known of a user's habit.
const LEAST: usize = 5;

/// How much an item that is twice as old as the oldest of a habit is held back, in e-folds.
const HOLD: f64 = 3.0;

/// How old items are when a user does something with them: news are read within days, and a recipe whenever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freshness {
    /// The age of the oldest, in any unit.
    oldest: f64,
}

impl Freshness {
    /// The habit of whoever did something with items of these ages. Of items that were told of before they were there nothing is known; `None`: of too few
    /// something is.
    pub fn of(ages: impl IntoIterator<Item = f64>) -> Option<Self> {
        let known: Vec<f64> = ages.into_iter().filter(|age| *age >= 0.0).collect();
        let oldest = known.iter().copied().fold(0.0, f64::max);
        (known.len() >= LEAST && oldest > 0.0).then_some(Self { oldest })
    }

    /// How much the age of an item speaks for it, in e-folds: 0 up to the oldest of the habit, and below it the less the older the item is, in parts of that.
    pub fn speaks(self, age: f64) -> f64 {
        -HOLD * ((age - self.oldest) / self.oldest).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_a_habit_is_held_back() {
        let news = Freshness::of([1.0, 0.0, 3.0, 2.0, 4.0]).unwrap();
        assert_eq!((news.speaks(-9.0), news.speaks(4.0)), (0.0, 0.0));
        assert_eq!(news.speaks(8.0), -HOLD);
        assert!(news.speaks(40.0) < news.speaks(20.0));
    }

    #[test]
    fn a_habit_is_known_of_some() {
        assert_eq!(Freshness::of([1.0, 2.0, 3.0, 4.0]), None);
        // Of items that are dated later than what was done with them, and of such as have all one date, nothing is known.
        assert_eq!(Freshness::of([1.0, 2.0, 3.0, 4.0, -1.0]), None);
        assert_eq!(Freshness::of([0.0; 9]), None);
    }
}
