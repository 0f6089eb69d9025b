//! What a user is interested in.

use crate::cosine;

/// Microseconds after which what was done counts half, unless somebody says otherwise: a week.
pub const HALF_LIFE: f64 = 7.0 * 86_400e6;

/// Most centres of an interest.
pub const MOST_CENTRES: usize = 4;

/// Rounds of moving centres to the middle of what is nearest to them.
const ROUNDS: usize = 8;

/// What was done with an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deed {
    /// How much it speaks for the item; below 0: against it.
    pub weight: f64,
    /// When, in microseconds.
    pub time: i64,
}

/// How much all that was done with an item speaks for it, as of a time: the best of what speaks for it, without all that speaks against it, each the half after each
/// `half_life`. So an item that was opened ten thousand times is one that was opened.
pub fn worth(deeds: &[Deed], now: i64, half_life: f64) -> f64 {
    let (mut best, mut against) = (0.0f64, 0.0);
    for deed in deeds {
        let age = (now as f64 - deed.time as f64).max(0.0);
        let weight = deed.weight * (-age / half_life).exp2();
        if weight > 0.0 {
            best = best.max(weight);
        } else {
            against += weight;
        }
    }
    best + against
}

/// An item with which something was done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal<'v> {
    /// The unit vector of the item.
    pub vector: &'v [f32],
    /// How much the user's deeds speak for it ([`worth`]); below 0: against it.
    pub weight: f64,
}

/// What a user is interested in.
#[derive(Clone, Debug, PartialEq)]
pub struct Interest<'v> {
    /// What speaks for items near to it, with its place among the signals.
    pub(super) liked: Vec<(usize, Signal<'v>)>,
    /// And what against them; the weights are positive.
    pub(super) disliked: Vec<Signal<'v>>,
    centres: Vec<Vec<f32>>,
}

impl<'v> Interest<'v> {
    /// The interest that signals tell, of which those of no weight tell nothing.
    ///
    /// # Panics
    /// When the vectors are not of one dimension.
    pub fn of(signals: &[Signal<'v>]) -> Self {
        let each = || signals.iter().copied().enumerate();
        let liked: Vec<_> = each().filter(|(_, signal)| signal.weight > 0.0).collect();
        let disliked = each().filter(|(_, signal)| signal.weight < 0.0);
        let disliked = disliked.map(|(_, signal)| Signal {
            weight: -signal.weight,
            ..signal
        });
        Self {
            centres: centres(&liked),
            disliked: disliked.collect(),
            liked,
        }
    }

    /// Whether nothing speaks for anything.
    pub fn is_empty(&self) -> bool {
        self.liked.is_empty()
    }

    /// Unit vectors around which items are looked for: those of the items themselves while they are few, then the middles of groups of them.
    pub fn centres(&self) -> &[Vec<f32>] {
        &self.centres
    }
}

/// Spherical k-means, weighted, which begins with items that are far from each other, the heaviest first.
fn centres(liked: &[(usize, Signal<'_>)]) -> Vec<Vec<f32>> {
    let mut centres = far_apart(liked);
    if liked.len() <= MOST_CENTRES {
        return centres;
    }
    let mut before = Vec::new();
    for _ in 0..ROUNDS {
        let nearest = |(_, signal): &(usize, Signal<'_>)| nearest(&centres, signal.vector);
        let groups: Vec<usize> = liked.iter().map(nearest).collect();
        if groups == before {
            break;
        }
        for (i, centre) in centres.iter_mut().enumerate() {
            let of_group = liked.iter().zip(&groups).filter(|(_, group)| **group == i);
            if let Some(middle) = middle(of_group.map(|((_, signal), _)| signal)) {
                *centre = middle;
            }
        }
        before = groups;
    }
    centres
}

/// The heaviest item, then again and again the one that is farthest from those that were taken.
fn far_apart(liked: &[(usize, Signal<'_>)]) -> Vec<Vec<f32>> {
    let heaviest = liked.iter().enumerate().rev();
    let heaviest = heaviest.max_by(|(_, (_, a)), (_, (_, b))| a.weight.total_cmp(&b.weight));
    let Some((mut next, _)) = heaviest else {
        return Vec::new();
    };
    let mut nearness = vec![f64::NEG_INFINITY; liked.len()];
    let mut taken = Vec::new();
    while taken.len() < MOST_CENTRES {
        let vector = liked[next].1.vector;
        taken.push(vector.to_vec());
        for (near, (_, signal)) in nearness.iter_mut().zip(liked) {
            *near = near.max(cosine(vector, signal.vector));
        }
        let farthest = nearness.iter().enumerate().rev();
        let farthest = farthest.min_by(|(_, a), (_, b)| a.total_cmp(b));
        match farthest {
            // All others are the same as one that was taken.
            Some((_, near)) if *near >= 1.0 => break,
            Some((far, _)) => next = far,
            None => break,
        }
    }
    taken
}

fn nearest(centres: &[Vec<f32>], vector: &[f32]) -> usize {
    let near = centres.iter().map(|centre| cosine(centre, vector));
    let best = near.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or(0, |(i, _)| i)
}

/// The weighted mean of vectors as a unit vector; `None`: there is none, or they cancel out.
fn middle<'s>(signals: impl Iterator<Item = &'s Signal<'s>>) -> Option<Vec<f32>> {
    let mut sum: Vec<f64> = Vec::new();
    for signal in signals {
        sum.resize(signal.vector.len(), 0.0);
        for (sum, x) in sum.iter_mut().zip(signal.vector) {
            *sum += signal.weight * f64::from(*x);
        }
    }
    let norm = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
    (norm > 0.0).then(|| sum.iter().map(|x| (x / norm) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn liked<'v>(vectors: &[&'v [f32]]) -> Vec<Signal<'v>> {
        let signal = |vector: &&'v [f32]| Signal {
            vector,
            weight: 1.0,
        };
        vectors.iter().map(signal).collect()
    }

    #[test]
    fn what_was_done_counts_less_and_less() {
        let click = |time| Deed { weight: 1.0, time };
        let skip = |time| Deed { weight: -1.0, time };
        assert_eq!(worth(&[click(0)], 0, 10.0), 1.0);
        assert_eq!(worth(&[click(0)], 20, 10.0), 0.25);
        assert_eq!(worth(&vec![click(0); 10_000], 0, 10.0), 1.0);
        assert_eq!(worth(&[click(0), skip(10)], 10, 10.0), -0.5);
        assert_eq!(worth(&[], 0, 10.0), 0.0);
        // A clock that goes fast counts as now, and extreme times are no harm.
        assert_eq!(worth(&[click(50)], 0, 10.0), 1.0);
        assert_eq!(worth(&[click(i64::MIN)], i64::MAX, 1.0), 0.0);
    }

    #[test]
    fn few_items_are_their_own_centres() {
        let (east, north): (&[f32], &[f32]) = (&[1.0, 0.0], &[0.0, 1.0]);
        assert!(Interest::of(&[]).is_empty());
        let interest = Interest::of(&liked(&[east, north]));
        assert_eq!(interest.centres(), [east.to_vec(), north.to_vec()]);
        let same = Interest::of(&liked(&[east; 50]));
        assert_eq!(same.centres(), [east.to_vec()]);
        let mut against = liked(&[east]);
        against[0].weight = -1.0;
        assert!(Interest::of(&against).is_empty());
    }

    #[test]
    fn many_items_have_a_centre_for_each_group() {
        let around = |angle: f32| -> Vec<Vec<f32>> {
            let each = (0..9).map(|i| angle + 0.01 * i as f32);
            each.map(|angle| vec![angle.cos(), angle.sin()]).collect()
        };
        let groups: Vec<Vec<Vec<f32>>> = [0.0, 1.5, 3.0, 4.5].map(around).into();
        let vectors: Vec<&[f32]> = groups.iter().flatten().map(Vec::as_slice).collect();
        let interest = Interest::of(&liked(&vectors));
        assert_eq!(interest.centres().len(), 4);
        for group in &groups {
            let middle = &group[4];
            let near = interest
                .centres()
                .iter()
                .map(|centre| cosine(centre, middle));
            assert!(near.fold(-1.0, f64::max) > 0.9999);
        }
    }

    proptest! {
        #[test]
        fn centres_are_unit_vectors_and_few(rows in prop::collection::vec((prop::collection::vec(-1f32..1.0, 3), -2.0..2.0), 0..40)) {
            let unit = |row: &[f32]| {
                let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-3);
                row.iter().map(|x| x / norm).collect::<Vec<f32>>()
            };
            let rows: Vec<(Vec<f32>, f64)> = rows.iter().map(|(row, weight)| (unit(row), *weight)).collect();
            let signals: Vec<Signal<'_>> = rows.iter().map(|(vector, weight)| Signal { vector, weight: *weight }).collect();
            let interest = Interest::of(&signals);
            prop_assert!(interest.centres().len() <= MOST_CENTRES);
            prop_assert_eq!(interest.is_empty(), interest.centres().is_empty());
        }
    }
}
