//! Isotonic regression by pooling adjacent violators.

/// Values of one block of the fit.
struct Block {
    sum: f64,
    weight: f64,
    points: usize,
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

/// The sequence that never falls and is nearest to `values` by weighted squares; one value for each of them.
///
/// Pool adjacent violators (Ayer et al., 1955): neighbours that fall are replaced by their mean, until none does.
///
/// # Panics
/// When there are not as many weights as values.
pub fn isotonic_regression(values: &[f64], weights: &[f64]) -> Vec<f64> {
    assert_eq!(values.len(), weights.len(), "every value has its weight");
    let mut blocks: Vec<Block> = Vec::new();
    for (&value, &weight) in values.iter().zip(weights) {
        let mut block = Block {
            sum: value * weight,
            weight,
            points: 1,
        };
        while let Some(before) = blocks.pop_if(|before| before.mean() >= block.mean()) {
            block.sum += before.sum;
            block.weight += before.weight;
            block.points += before.points;
        }
        blocks.push(block);
    }
    let values = |block: &Block| std::iter::repeat_n(block.mean(), block.points);
    blocks.iter().flat_map(values).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        x: Vec<f64>,
        values: Vec<f64>,
        weights: Vec<f64>,
        fitted: Vec<f64>,
    }

    /// Observations of one place, as one of their mean; with which observation belongs to which.
    fn merged(case: &Case) -> (Vec<f64>, Vec<f64>, Vec<usize>) {
        let (mut values, mut weights, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = f64::NAN;
        for ((&x, &value), &weight) in case.x.iter().zip(&case.values).zip(&case.weights) {
            if x != last {
                values.push(0.0);
                weights.push(0.0);
                last = x;
            }
            let i = values.len() - 1;
            let sum = values[i] * weights[i] + value * weight;
            weights[i] += weight;
            values[i] = sum / weights[i];
            places.push(i);
        }
        (values, weights, places)
    }

    #[test]
    fn equals_scikit_learn() {
        // Written by scripts/make_calibration_fixtures.
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("isotonic/fixtures.json")).unwrap();
        assert_eq!(cases.len(), 8);
        for case in cases {
            let (values, weights, places) = merged(&case);
            let fitted = isotonic_regression(&values, &weights);
            for (i, expected) in places.into_iter().zip(&case.fitted) {
                assert!(
                    (fitted[i] - expected).abs() < 1e-9,
                    "{}: {} {expected}",
                    case.name,
                    fitted[i]
                );
            }
        }
    }

    #[test]
    fn nothing_stays_nothing() {
        assert!(isotonic_regression(&[], &[]).is_empty());
    }
}
