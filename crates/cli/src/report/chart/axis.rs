//! From values to places.

/// An axis: its range, its ticks and what it shows.
#[derive(Clone)]
pub struct Axis {
    pub(super) label: String,
    pub(super) ticks: Vec<(f64, String)>,
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Axis {
    /// From 0 to 1.
    pub fn unit(label: &str) -> Self {
        Self::linear(label, 0.0, 1.0)
    }

    /// From `low` to `high`, which are finite and differ.
    pub fn linear(label: &str, low: f64, high: f64) -> Self {
        let step = nice_step((high - low) / 5.0);
        let digits = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let tick = |i: i64| {
            let value = i as f64 * step;
            (value, format!("{value:.digits$}"))
        };
        Self {
            label: label.to_owned(),
            ticks: (first..=last).map(tick).collect(),
            low,
            high,
            logarithmic: false,
        }
    }

    /// From 0 to a share of at least `high`, in percent.
    pub fn percent(label: &str, high: f64) -> Self {
        let step = nice_step(high.clamp(1e-3, 1.0) / 4.0);
        let high = (high / step).ceil().max(1.0) * step;
        let mut axis = Self::linear(label, 0.0, high);
        let digits = usize::from(step < 0.01);
        for (value, label) in &mut axis.ticks {
            *label = format!("{:.digits$}%", 100.0 * *value);
        }
        axis
    }

    /// Powers of ten around `low` to `high`, which are positive.
    pub fn logarithmic(label: &str, low: f64, high: f64) -> Self {
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let last = last.max(first + 1);
        let tick = |power: i32| {
            let value = 10f64.powi(power);
            let digits = (-power).max(0) as usize;
            (value, format!("{value:.digits$}"))
        };
        Self {
            label: label.to_owned(),
            ticks: (first..=last).map(tick).collect(),
            low: f64::from(first),
            high: f64::from(last),
            logarithmic: true,
        }
    }

    /// Where on the axis a value lies: 0 at its start, 1 at its end, cut to them.
    pub(super) fn part(&self, value: f64) -> f64 {
        let value = if self.logarithmic {
            value.log10()
        } else {
            value
        };
        let part = (value - self.low) / (self.high - self.low);
        // What is no number is drawn nowhere in particular, but drawn.
        if part.is_nan() {
            0.0
        } else {
            part.clamp(0.0, 1.0)
        }
    }
}

/// 1, 2 or 5 times a power of ten: the least that is not below `least`.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
    steps
        .into_iter()
        .find(|&step| step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        let unit = Axis::unit("");
        assert_eq!(labels(&unit), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let percent = Axis::percent("", 0.23);
        assert_eq!(labels(&percent), ["0%", "10%", "20%", "30%"]);
        assert_eq!(
            labels(&Axis::linear("", 0.72, 0.91)),
            ["0.75", "0.80", "0.85", "0.90"]
        );
        assert_eq!(
            labels(&Axis::logarithmic("", 0.03, 5.0)),
            ["0.01", "0.1", "1", "10"]
        );
    }

    #[test]
    fn values_have_their_places() {
        assert_eq!(Axis::linear("", 2.0, 4.0).part(3.0), 0.5);
        assert_eq!(Axis::logarithmic("", 1.0, 100.0).part(10.0), 0.5);
        assert_eq!(Axis::unit("").part(7.0), 1.0);
        assert_eq!(Axis::unit("").part(f64::NAN), 0.0);
    }
}
