//! Ratings, which say by how much and whether at all: one star of five is no interest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;
use yuyi_store::{Event, EventKind};

use crate::{Given, Layout, Origin, Remark, Remarks, names};

/// The column that may be one of ratings.
const WEIGHT: &str = "weight";

/// Its place among those that the user may name.
const PLACE: usize = 4;

/// Whether the weights of a file stand in a column of ratings.
pub(super) struct Rated(Arc<AtomicBool>);

impl Rated {
    /// Listens to which column is taken for that of weights, unless the user has said which.
    pub(super) fn watch(remarks: &mut Remarks, layout: &Layout) -> Self {
        let chosen = layout.columns.get(PLACE).map(|name| names::plain(name));
        let is_rating = chosen.is_some_and(|name| names::is_of_ratings(&name));
        let rated = Arc::new(AtomicBool::new(is_rating));
        let (heard, others) = (Arc::clone(&rated), remarks.clone());
        *remarks = Remarks::to(move |remark| {
            if let Remark::Columns { taken, .. } = &remark
                && let Some(taken) = taken.iter().find(|taken| taken.column == WEIGHT)
                && let Given::Name(name) = &taken.given
            {
                heard.store(names::is_of_ratings(&names::plain(name)), Ordering::Relaxed);
            }
            others.tell(remark);
        });
        Self(rated)
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The ratings of a file.
#[derive(Default)]
pub(super) struct Scale {
    /// Places of the events that have one.
    rated: Vec<usize>,
    least: f64,
    most: f64,
    has_zero: bool,
}

/// From the worst rating to the best, which tells the scale: the ends that scales have.
const SCALES: [(f64, f64); 4] = [(0.0, 1.0), (1.0, 5.0), (1.0, 10.0), (0.0, 100.0)];

impl Scale {
    /// Takes notice of the rating of the event at a place.
    pub(super) fn see(&mut self, rating: f64, place: usize) {
        let is_first = self.rated.is_empty();
        self.least = if is_first {
            rating
        } else {
            self.least.min(rating)
        };
        self.most = if is_first {
            rating
        } else {
            self.most.max(rating)
        };
        self.has_zero |= rating == 0.0;
        self.rated.push(place);
    }

    /// The ends of the scale.
    fn ends(&self) -> Option<(f64, f64)> {
        if self.least < 0.0 {
            return (self.least >= -1.0 && self.most <= 1.0).then_some((-1.0, 1.0));
        }
        SCALES.into_iter().find(|(_, most)| self.most <= *most)
    }

    /// Makes ratings kinds and weights: below the middle of the scale an event is a skip, unless its type says that the item was liked; from there on it counts as many
    /// times as one in the middle as it is higher.
    ///
    /// # Errors
    /// When the ratings are of no scale that is known, or one may say that nothing was rated.
    pub(super) fn apply(self, events: &mut [Event], origin: &Origin) -> anyhow::Result<()> {
        if self.rated.is_empty() {
            return Ok(());
        }
        let (file, least, most) = (origin.file(), self.least, self.most);
        let Some((low, high)) = self.ends() else {
            bail!(
                "{file}: ratings from {least} to {most} are of no scale that is known: 0 to 1, 1 to 5, 1 to 10 or 0 to 100. If they are weights, call the column weight."
            );
        };
        if self.has_zero && low != 0.0 {
            bail!(
                "{file}: some ratings are 0, which may say that nothing was rated or that it was disliked. Leave those rows out, or give them the type skip and no rating."
            );
        }
        let middle = f64::midpoint(low, high);
        let mut below = 0;
        for &place in &self.rated {
            let event = &mut events[place];
            let is_below = event.weight < middle;
            event.weight = match middle > 0.0 && !is_below && event.kind != EventKind::Skip {
                true => event.weight / middle,
                false => 1.0,
            };
            if is_below && matches!(event.kind, EventKind::Click | EventKind::Read) {
                event.kind = EventKind::Skip;
                below += 1;
            }
        }
        origin.say(format!(
            "{file}: ratings are read as of a scale from {low} to {high}; those below {middle} count as skipped: {below}. A column of weights is called weight."
        ));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Clicks, Format, Input};

    use super::*;

    fn read(text: &str, columns: &str) -> Result<Vec<(EventKind, f64)>, String> {
        let text: &'static str = String::leak(text.to_owned());
        let layout = Layout {
            columns: columns.split_terminator(',').map(str::to_owned).collect(),
            ..Layout::default()
        };
        let clicks = Clicks::read(Input::of("f", Format::Csv, text.as_bytes()), &layout);
        let clicks = clicks.map_err(|error| error.to_string())?;
        Ok(clicks
            .events
            .iter()
            .map(|event| (event.kind, event.weight))
            .collect())
    }

    fn rows(header: &str, ratings: &[&str]) -> String {
        let rows = ratings
            .iter()
            .enumerate()
            .map(|(i, rating)| format!("u,{i},{rating}\n"));
        format!("{header}\n{}", rows.collect::<String>())
    }

    #[test]
    fn below_the_middle_there_is_no_interest() {
        use EventKind::{Click, Skip};
        for (ratings, expected) in [
            (
                ["1", "2.5", "3", "4.5"],
                [(Skip, 1.0), (Skip, 1.0), (Click, 1.0), (Click, 1.5)],
            ),
            (
                ["1", "5", "5.5", "10"],
                [(Skip, 1.0), (Skip, 1.0), (Click, 1.0), (Click, 10.0 / 5.5)],
            ),
            (
                ["0", "1", "1", "0"],
                [(Skip, 1.0), (Click, 2.0), (Click, 2.0), (Skip, 1.0)],
            ),
            (
                ["0", "20", "50", "100"],
                [(Skip, 1.0), (Skip, 1.0), (Click, 1.0), (Click, 2.0)],
            ),
            (
                ["-1", "1", "1", "-1"],
                [(Skip, 1.0), (Click, 1.0), (Click, 1.0), (Skip, 1.0)],
            ),
        ] {
            for header in ["user,item,rating", "用户,物品,评分"] {
                let found = read(&rows(header, &ratings), "");
                assert_eq!(found, Ok(expected.to_vec()), "{ratings:?}");
            }
        }
        // One that is not rated is a click, and a weight is none.
        assert_eq!(
            read(&rows("user,item,rating", &["", "1", "5"]), "").unwrap()[0],
            (Click, 1.0)
        );
        let weights = read(&rows("user,item,weight", &["1", "5"]), "").unwrap();
        assert_eq!(weights, [(Click, 1.0), (Click, 5.0)]);
        let chosen = "user,item,type,time,rating\nu,1,,,1\nu,2,,,5\n";
        let found = read(chosen, "user,item,type,time,rating").unwrap();
        assert_eq!(found, [(Skip, 1.0), (Click, 5.0 / 3.0)]);
    }

    #[test]
    fn a_type_says_more_than_a_rating() {
        let text = "user,item,type,rating\nu,1,like,1\nu,2,skip,5\nu,3,read,2\nu,4,read,4\n";
        let expected = [
            (EventKind::Like, 1.0),
            (EventKind::Skip, 1.0),
            (EventKind::Skip, 1.0),
            (EventKind::Read, 4.0 / 3.0),
        ];
        assert_eq!(read(text, "").unwrap(), expected);
    }

    #[test]
    fn what_has_no_scale_is_refused() {
        for (ratings, told) in [
            (
                &["1", "120"][..],
                "f: ratings from 1 to 120 are of no scale that is known",
            ),
            (&["-5", "3"], "f: ratings from -5 to 3 are of no scale"),
            (&["0", "5"], "f: some ratings are 0"),
            (&["3", "很好"], "f:3: \"很好\" is not a number."),
        ] {
            let error = read(&rows("user,item,rating", ratings), "").unwrap_err();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
