//! Fits a curve to labelled pairs.
//!
//! The labels are made to rise with the cosine by isotonic regression. Its steps are then smoothed and thinned out: the
//! pairs, in the order of their cosines, are cut into at most ten parts of equal size, and each becomes a knot, at the
//! mean cosine and the mean of the regression over the part. Two more knots see to the ends, see [`lower_end`] and
//! [`upper_end`].

use super::curve::{Curve, Knot};
use super::isotonic::isotonic_regression;

/// The least number of pairs to fit a curve to.
pub const MIN_PAIRS: usize = 20;

/// Parts that pairs are cut into, at least and at most. Of 20 pairs, each third still has a mean that says something.
const PARTS: (usize, usize) = (3, 10);

/// Pairs of a part, where there are few.
const PAIRS_OF_A_PART: usize = 15;

/// Knots are rounded to this, so that last digits of vectors, in which processors may differ, do not change a file.
const RESOLUTION: f64 = 1e4;

/// The least step between two knots, in cosine and in similarity.
const STEP: f64 = 0.001;

/// The similarity to which a curve is led down where no pair says how.
const FLOOR: f64 = 0.01;

/// A lowest knot above this is led down to the floor.
const HIGH_START: f64 = 0.05;

/// Cosines from here on are of texts that the model cannot tell apart.
const SAME: f64 = 0.9995;

/// Identical texts, whose cosine is 1 up to rounding, have at least this similarity.
const IDENTICAL: Knot = (0.9999, 0.99);

/// The least rise of a curve from its lowest part to its highest.
const LEAST_RISE: f64 = 0.05;

/// Why no curve can be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// Too few pairs.
    #[error(
        "{0} labelled pairs are too few to calibrate with; at least {MIN_PAIRS} are needed, better 200"
    )]
    TooFewPairs(usize),
    /// The labels say nothing about the cosine.
    #[error(
        "the labels do not rise with the model's cosines, so there is nothing to calibrate: \
         pairs that are alike and pairs that are not are both needed, with higher labels for those that are"
    )]
    NoRise,
}

/// The curve for pairs of (cosine in [-1, 1], label in [0, 1]). Their order does not matter.
///
/// # Errors
/// When there are fewer than [`MIN_PAIRS`], or the labels do not rise with the cosines.
pub fn fit(pairs: &[(f64, f64)]) -> Result<Curve, FitError> {
    if pairs.len() < MIN_PAIRS {
        return Err(FitError::TooFewPairs(pairs.len()));
    }
    fit_any(pairs)
}

/// A curve for half of the pairs, and the other half, so that an error measured there is not flattered: in the order of
/// the cosines, each second pair is held out. Similarities of all pairs, each by a curve that has not seen it, would
/// flatter too, since what one curve has too high the other has too low.
///
/// # Errors
/// As [`fit`], also when that is so for the half.
pub fn held_out(pairs: &[(f64, f64)]) -> Result<(Curve, Vec<(f64, f64)>), FitError> {
    if pairs.len() < MIN_PAIRS {
        return Err(FitError::TooFewPairs(pairs.len()));
    }
    let order = order(pairs);
    let half = |first: usize| order[first..].iter().step_by(2).map(|&i| pairs[i]);
    let curve = fit_any(&half(0).collect::<Vec<_>>())?;
    Ok((curve, half(1).collect()))
}

fn fit_any(pairs: &[(f64, f64)]) -> Result<Curve, FitError> {
    let parts = parts(pairs);
    let rise = match (parts.first(), parts.last()) {
        (Some(first), Some(last)) => last.label - first.label,
        _ => 0.0,
    };
    if rise < LEAST_RISE {
        return Err(FitError::NoRise);
    }
    let mut inner = thinned(&parts);
    spread(&mut inner);
    lower_end(&mut inner);
    upper_end(&mut inner);
    let ends = [(-1.0, 0.0), (1.0, 1.0)];
    let knots = [&ends[..1], &inner, &ends[1..]].concat();
    // Knots rise by construction.
    Curve::new(knots).map_err(|_| FitError::NoRise)
}

/// Places of the pairs, by cosine; of equal cosines, by label.
fn order(pairs: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by(|&i, &j| {
        let by_cosine = pairs[i].0.total_cmp(&pairs[j].0);
        by_cosine.then(pairs[i].1.total_cmp(&pairs[j].1))
    });
    order
}

/// Means of some pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    cosine: f64,
    label: f64,
    weight: f64,
}

impl Part {
    fn with(self, other: Self) -> Self {
        let weight = self.weight + other.weight;
        let mean = |a: f64, b: f64| (a * self.weight + b * other.weight) / weight;
        Self {
            cosine: mean(self.cosine, other.cosine),
            label: mean(self.label, other.label),
            weight,
        }
    }
}

/// Pairs of one cosine, as one point each, in order.
fn points(pairs: &[(f64, f64)]) -> Vec<Part> {
    let mut points: Vec<Part> = Vec::new();
    for i in order(pairs) {
        let (cosine, label) = pairs[i];
        let point = Part {
            cosine,
            label,
            weight: 1.0,
        };
        match points.last_mut() {
            // The cosine stays what it is: a mean of equal numbers may be another one.
            Some(last) if last.cosine == cosine => {
                *last = Part {
                    cosine,
                    ..last.with(point)
                }
            }
            _ => points.push(point),
        }
    }
    points
}

/// Parts of about equal size, with the mean of the isotonic regression as label.
fn parts(pairs: &[(f64, f64)]) -> Vec<Part> {
    let points = points(pairs);
    let labels: Vec<f64> = points.iter().map(|point| point.label).collect();
    let weights: Vec<f64> = points.iter().map(|point| point.weight).collect();
    let rising = isotonic_regression(&labels, &weights);
    let count = (pairs.len() / PAIRS_OF_A_PART).clamp(PARTS.0, PARTS.1);
    let mut parts: Vec<Option<Part>> = vec![None; count];
    let mut before = 0.0;
    for (point, label) in points.iter().zip(rising) {
        // By its middle, so that a point of many pairs comes where most of it is.
        let middle = before + point.weight / 2.0;
        let part = &mut parts[(middle * count as f64 / pairs.len() as f64) as usize];
        let point = Part { label, ..*point };
        *part = Some(part.map_or(point, |part| part.with(point)));
        before += point.weight;
    }
    parts.into_iter().flatten().collect()
}

/// Rounded knots of the parts; parts whose cosines are too near to each other become one, and those of texts that the
/// model cannot tell apart are left out.
fn thinned(parts: &[Part]) -> Vec<Knot> {
    let mut thin: Vec<Part> = Vec::new();
    for &part in parts.iter().filter(|part| part.cosine < SAME) {
        match thin.last_mut() {
            Some(last) if part.cosine - last.cosine < 2.0 * STEP => *last = last.with(part),
            _ => thin.push(part),
        }
    }
    let above_the_end = thin.iter().filter(|part| part.cosine > -1.0 + STEP);
    above_the_end
        .map(|part| (round(part.cosine), round(part.label)))
        .collect()
}

fn round(number: f64) -> f64 {
    (number * RESOLUTION).round() / RESOLUTION
}

/// Keeps similarities apart, and away from 0 and 1, where parts had the same mean.
fn spread(knots: &mut [Knot]) {
    let mut least = STEP;
    for knot in knots.iter_mut() {
        knot.1 = round(knot.1.max(least));
        least = knot.1 + STEP;
    }
    let mut most = 1.0 - STEP;
    for knot in knots.iter_mut().rev() {
        knot.1 = round(knot.1.min(most));
        most = knot.1 - STEP;
    }
}

/// Where even the least alike pairs are labelled as alike to some degree, nothing says how the curve goes on below: it
/// falls as it does on the whole, down to the floor.
fn lower_end(knots: &mut Vec<Knot>) {
    let (Some(&(x, y)), Some(&(x_last, y_last))) = (knots.first(), knots.last()) else {
        return;
    };
    if y < HIGH_START || x_last <= x {
        return;
    }
    let slope = (y_last - y) / (x_last - x);
    let foot = round((x - (y - FLOOR) / slope).min(x - STEP));
    if foot > -1.0 + STEP {
        knots.insert(0, (foot, FLOOR));
    }
}

/// Whatever the labels say, a text is the same as itself.
fn upper_end(knots: &mut Vec<Knot>) {
    let (cosine, least) = IDENTICAL;
    let (x, y) = knots.last().copied().unwrap_or((-1.0, 0.0));
    let there = y + (cosine - x) / (1.0 - x) * (1.0 - y);
    if there < least {
        knots.push(IDENTICAL);
    }
}

#[cfg(test)]
mod tests;
