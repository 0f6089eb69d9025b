//! What a calibration is worth.

use super::curve::Curve;
use super::fit::{FitError, fit, held_out};
use crate::Calibration;
use crate::metrics::{Bin, Estimate, Reliability, Sampling, interval};

/// A curve that was fitted to pairs, and how far similarities are from labels with it and without.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The curve, fitted to all pairs.
    pub curve: Curve,
    /// Pairs that were held out to measure: half of them.
    pub held_out: usize,
    /// Of their cosines, cut at 0.
    pub before: Assessment,
    /// Of their similarities by a curve that was fitted to the other half.
    pub after: Assessment,
}

/// How far similarities are from labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assessment {
    /// Expected calibration error over ten bins of equal width.
    pub ece: Estimate,
    /// What lies in each of the ten bins.
    pub bins: [Bin; 10],
}

impl Assessment {
    fn of(similarities: &[f64], labels: &[f64], sampling: Sampling) -> Self {
        let reliability = Reliability::new(similarities, labels);
        let counts = vec![1; labels.len()];
        let Sampling { rounds, seed } = sampling;
        let drawn = interval(labels.len(), rounds, seed, |counts| reliability.ece(counts));
        Self {
            ece: Estimate::new(reliability.ece(&counts), drawn),
            bins: reliability.bins(&counts),
        }
    }
}

/// Fits a curve to pairs of (cosine in [-1, 1], label in [0, 1]), and measures on the half of them how good a curve for
/// the other half is: an error on the pairs of the fit itself would flatter. `sampling` draws the intervals of the errors.
///
/// # Errors
/// When there are too few pairs, or the labels do not rise with the cosines.
pub fn calibrate(pairs: &[(f64, f64)], sampling: Sampling) -> Result<Fitted, FitError> {
    let curve = fit(pairs)?;
    let (half, held_out) = held_out(pairs)?;
    let (cosines, labels): (Vec<f64>, Vec<f64>) = held_out.into_iter().unzip();
    let assess = |calibration: &Calibration| {
        let similarity = |&cosine: &f64| calibration.similarity(cosine);
        let similarities: Vec<f64> = cosines.iter().map(similarity).collect();
        Assessment::of(&similarities, &labels, sampling)
    };
    Ok(Fitted {
        curve,
        held_out: labels.len(),
        before: assess(&Calibration::Uncalibrated),
        after: assess(&Calibration::Fitted(half)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crowded_cosines_are_far_off_before_and_near_after() {
        let pair = |i: u32| {
            let share = f64::from(i) / 299.0;
            let label = (share + [0.0, 0.25, -0.25][i as usize % 3]).clamp(0.0, 1.0);
            (0.8 + 0.19 * share, label)
        };
        let pairs: Vec<(f64, f64)> = (0..300).map(pair).collect();
        let sampling = Sampling {
            rounds: 200,
            seed: 1,
        };
        let fitted = calibrate(&pairs, sampling).unwrap();
        let [before, after] = [fitted.before.ece, fitted.after.ece];
        // Cosines are 0.895 on average, labels 0.5.
        assert!((before.value.unwrap() - 0.4).abs() < 0.05, "{fitted:?}");
        assert!(after.value.unwrap() < 0.05, "{fitted:?}");
        // Two halves of the same pairs: what is far off lies outside the interval of what is near.
        assert!(before.low.unwrap() > after.high.unwrap(), "{fitted:?}");
        let count = |assessment: &Assessment| assessment.bins.iter().map(|b| b.count).sum::<u64>();
        assert_eq!((count(&fitted.before), count(&fitted.after)), (150, 150));
        assert_eq!(
            fitted.before.bins[..8].iter().map(|b| b.count).sum::<u64>(),
            0
        );
        assert_eq!(fitted.curve, fit(&pairs).unwrap());
    }
}
