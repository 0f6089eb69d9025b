//! A strictly increasing, piecewise linear function from [-1, 1] onto [0, 1].

use std::sync::Arc;

/// A point of a curve: a cosine in [-1, 1] and its similarity in [0, 1].
pub type Knot = (f64, f64);

/// A strictly increasing, piecewise linear function from [-1, 1] onto [0, 1]; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    knots: Arc<[Knot]>,
}

/// Why points are no curve. The message begins with the knot, as `knots[2]`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CurveError {
    /// Fewer than two knots.
    #[error("knots: there are {0}; a curve has at least [-1, 0] and [1, 1]")]
    TooFew(usize),
    /// A number that is none, or outside its range.
    #[error(
        "knots[{index}]: [{cosine}, {similarity}] is out of range; a knot is a cosine in [-1, 1] and a similarity in [0, 1]"
    )]
    OutOfRange {
        /// Which knot, from 0.
        index: usize,
        /// First number of the knot.
        cosine: f64,
        /// Second number of the knot.
        similarity: f64,
    },
    /// The curve does not begin at [-1, 0] or end at [1, 1].
    #[error("knots[{index}]: the {place} knot is {expected}")]
    End {
        /// Which knot, from 0.
        index: usize,
        /// `first` or `last`.
        place: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A knot is not above and to the right of the one before it.
    #[error(
        "knots[{index}]: [{cosine}, {similarity}] does not rise from the knot before it; both numbers have to"
    )]
    NotIncreasing {
        /// Which knot, from 0.
        index: usize,
        /// First number of the knot.
        cosine: f64,
        /// Second number of the knot.
        similarity: f64,
    },
}

impl Curve {
    /// The curve through `knots`, the first of which is (-1, 0) and the last (1, 1).
    ///
    /// # Errors
    /// When a knot is out of range or does not rise from the one before it, or an end is elsewhere.
    pub fn new(knots: Vec<Knot>) -> Result<Self, CurveError> {
        if knots.len() < 2 {
            return Err(CurveError::TooFew(knots.len()));
        }
        check_range(&knots)?;
        check_ends(&knots)?;
        check_rise(&knots)?;
        Ok(Self {
            knots: knots.into(),
        })
    }

    /// The knots, from (-1, 0) to (1, 1).
    pub fn knots(&self) -> &[Knot] {
        &self.knots
    }

    /// Similarity of a cosine; outside [-1, 1], that of the nearer end.
    pub fn similarity(&self, cosine: f64) -> f64 {
        let right = self.knots.partition_point(|knot| knot.0 <= cosine);
        self.interpolate(right, |knot| knot, cosine)
    }

    /// The cosine that has this similarity; outside [0, 1], that of the nearer end.
    pub fn cosine(&self, similarity: f64) -> f64 {
        let right = self.knots.partition_point(|knot| knot.1 <= similarity);
        self.interpolate(right, |(x, y)| (y, x), similarity)
    }

    /// The value at `at` of the segment that ends with the knot `right`.
    fn interpolate(&self, right: usize, axes: impl Fn(Knot) -> (f64, f64), at: f64) -> f64 {
        let right = right.clamp(1, self.knots.len() - 1);
        let ((x0, y0), (x1, y1)) = (axes(self.knots[right - 1]), axes(self.knots[right]));
        if at >= x1 {
            return y1;
        }
        let share = (at - x0) / (x1 - x0);
        // Rounding must not lead past a knot, or the curve would fall there.
        (y0 + share * (y1 - y0)).clamp(y0, y1)
    }
}

fn check_range(knots: &[Knot]) -> Result<(), CurveError> {
    // NaN is in no range.
    let is_inside = |&(cosine, similarity): &Knot| {
        (-1.0..=1.0).contains(&cosine) && (0.0..=1.0).contains(&similarity)
    };
    match knots.iter().position(|knot| !is_inside(knot)) {
        None => Ok(()),
        Some(index) => Err(CurveError::OutOfRange {
            index,
            cosine: knots[index].0,
            similarity: knots[index].1,
        }),
    }
}

fn check_ends(knots: &[Knot]) -> Result<(), CurveError> {
    let ends = [
        (0, "first", (-1.0, 0.0), "[-1, 0]"),
        (knots.len() - 1, "last", (1.0, 1.0), "[1, 1]"),
    ];
    match ends.into_iter().find(|end| knots[end.0] != end.2) {
        None => Ok(()),
        Some((index, place, _, expected)) => Err(CurveError::End {
            index,
            place,
            expected,
        }),
    }
}

fn check_rise(knots: &[Knot]) -> Result<(), CurveError> {
    let rises = |pair: &[Knot]| pair[1].0 > pair[0].0 && pair[1].1 > pair[0].1;
    match knots.windows(2).position(|pair| !rises(pair)) {
        None => Ok(()),
        Some(before) => Err(CurveError::NotIncreasing {
            index: before + 1,
            cosine: knots[before + 1].0,
            similarity: knots[before + 1].1,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn curve(inner: &[Knot]) -> Result<Curve, String> {
        let ends = [vec![(-1.0, 0.0)], inner.to_vec(), vec![(1.0, 1.0)]];
        Curve::new(ends.concat()).map_err(|error| error.to_string())
    }

    #[test]
    fn is_linear_between_its_knots() {
        let curve = curve(&[(0.8, 0.1), (0.9, 0.6)]).unwrap();
        let cases = [
            (-1.0, 0.0),
            (-0.1, 0.05),
            (0.8, 0.1),
            (0.85, 0.35),
            (0.95, 0.8),
            (1.0, 1.0),
        ];
        for (cosine, similarity) in cases {
            assert!(
                (curve.similarity(cosine) - similarity).abs() < 1e-12,
                "{cosine}"
            );
            assert!(
                (curve.cosine(similarity) - cosine).abs() < 1e-12,
                "{similarity}"
            );
        }
        assert_eq!((curve.similarity(-1.0), curve.similarity(1.0)), (0.0, 1.0));
        assert_eq!((curve.similarity(-2.0), curve.similarity(2.0)), (0.0, 1.0));
        assert_eq!((curve.cosine(-2.0), curve.cosine(2.0)), (-1.0, 1.0));
    }

    #[test]
    fn points_that_are_no_curve_are_refused() {
        let cases = [
            (
                vec![(0.5, f64::NAN)],
                "knots[1]: [0.5, NaN] is out of range; a knot is a cosine in [-1, 1] and a similarity in [0, 1]",
            ),
            (
                vec![(1.5, 0.5)],
                "knots[1]: [1.5, 0.5] is out of range; a knot is a cosine in [-1, 1] and a similarity in [0, 1]",
            ),
            (
                vec![(0.5, 0.5), (0.6, 0.5)],
                "knots[2]: [0.6, 0.5] does not rise from the knot before it; both numbers have to",
            ),
            (
                vec![(0.5, 0.5), (0.5, 0.6)],
                "knots[2]: [0.5, 0.6] does not rise from the knot before it; both numbers have to",
            ),
            (
                vec![(0.5, 1.0)],
                "knots[2]: [1, 1] does not rise from the knot before it; both numbers have to",
            ),
        ];
        for (inner, message) in cases {
            assert_eq!(curve(&inner).unwrap_err(), message);
        }
        let message = |knots| Curve::new(knots).unwrap_err().to_string();
        assert_eq!(
            message(vec![(-1.0, 0.0), (0.9, 1.0)]),
            "knots[1]: the last knot is [1, 1]"
        );
        assert_eq!(
            message(vec![(-1.0, 0.1), (1.0, 1.0)]),
            "knots[0]: the first knot is [-1, 0]"
        );
        assert_eq!(
            message(vec![(0.0, 0.0)]),
            "knots: there are 1; a curve has at least [-1, 0] and [1, 1]"
        );
    }

    /// Curves whose knots are at least 0.001 apart either way.
    fn curves() -> impl Strategy<Value = Curve> {
        let axis = |low: f64| {
            proptest::collection::btree_set(1..999_u32, 0..12).prop_map(move |set| {
                set.into_iter()
                    .map(|n| low + (1.0 - low) * f64::from(n) / 1000.0)
                    .collect::<Vec<f64>>()
            })
        };
        (axis(-1.0), axis(0.0)).prop_map(|(xs, ys)| {
            let inner: Vec<Knot> = xs.into_iter().zip(ys).collect();
            curve(&inner).unwrap()
        })
    }

    proptest! {
        #[test]
        fn never_falls(curve in curves(), a in -1.0..=1.0_f64, b in -1.0..=1.0_f64) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(curve.similarity(low) <= curve.similarity(high));
            if high - low > 1e-9 {
                prop_assert!(curve.similarity(low) < curve.similarity(high));
            }
        }

        #[test]
        fn the_inverse_leads_back(curve in curves(), cosine in -1.0..=1.0_f64, similarity in 0.0..=1.0_f64) {
            prop_assert!((curve.cosine(curve.similarity(cosine)) - cosine).abs() < 1e-10);
            prop_assert!((curve.similarity(curve.cosine(similarity)) - similarity).abs() < 1e-10);
        }

        #[test]
        fn the_ends_are_fixed(curve in curves()) {
            prop_assert_eq!((curve.similarity(-1.0), curve.similarity(1.0)), (0.0, 1.0));
            prop_assert_eq!((curve.cosine(0.0), curve.cosine(1.0)), (-1.0, 1.0));
        }
    }
}
