//! The scale of labels: which of them mean "unlike" and "the same".

use std::fmt;
use std::str::FromStr;

use anyhow::bail;

/// Fewer labels than this do not tell which of them is a slip.
const MANY: usize = 10;

/// Of so many labels, one may be a slip.
const LABELS_A_SLIP: usize = 20;

/// Labels without which the others fill at most this share of the scale are taken for slips.
const MOSTLY_EMPTY: f64 = 0.5;

/// Scales that people use.
const USUAL: [Scale; 6] = [
    Scale::UNIT,
    Scale::new(-1.0, 1.0),
    Scale::new(0.0, 5.0),
    Scale::new(1.0, 5.0),
    Scale::new(0.0, 10.0),
    Scale::new(0.0, 100.0),
];

/// Lowest and highest label, which become 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Of pairs that are unlike.
    pub low: f64,
    /// Of pairs that mean the same.
    pub high: f64,
}

impl Scale {
    /// The scale on which labels need no mapping.
    pub const UNIT: Self = Self::new(0.0, 1.0);

    const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// The whole numbers around labels.
    fn around(low: f64, high: f64) -> Self {
        Self::new(low.floor(), high.ceil())
    }

    /// Whether people use it, so that nobody need be asked whether it goes further.
    pub fn is_usual(self) -> bool {
        USUAL.contains(&self)
    }

    /// The scale that labels, each with its line, seem to be on: from 0 to 1 where all are, also if there are none, else the whole numbers
    /// around them.
    ///
    /// # Errors
    /// When all are the same, or a few lie so far from the others that they would make a scale which
    /// nobody meant. The message names the file, and the line of the first such label.
    pub(super) fn of(labels: &[(u64, f64)], file: &str) -> anyhow::Result<Self> {
        let mut sorted: Vec<f64> = labels.iter().map(|&(_, label)| label).collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
            return Ok(Self::UNIT);
        };
        if low >= 0.0 && high <= 1.0 {
            return Ok(Self::UNIT);
        }
        let scale = Self::around(low, high);
        if scale.low == scale.high {
            bail!(
                "{file}: every label is {low}, which tells nothing about the scale. Name its ends, as in --scale 0..5."
            );
        }
        if let Some(most) = without_slips(&sorted, scale) {
            let mut strays = labels.iter().copied();
            let slip = strays.find(|(_, label)| !(most.low..=most.high).contains(label));
            let (line, label) = slip.unwrap_or((0, high));
            let Self { low, high } = most;
            bail!(
                "{file}:{line}: the label {label} is outside what nearly all others have, {low} to {high}. \
                 Correct it; or if it is right, name the ends of the scale, as in --scale {scale}."
            );
        }
        check_classes(&sorted, file)?;
        Ok(scale)
    }

    /// A label in [0, 1]; `None` outside the scale.
    pub(super) fn map(self, label: f64) -> Option<f64> {
        let Self { low, high } = self;
        (low..=high)
            .contains(&label)
            .then(|| (label - low) / (high - low))
    }
}

/// Labels are not just 0, 1 and 2, nor these and -1: so data of inference number their classes, of which the highest is
/// mostly the contradiction, and few people grade so.
fn check_classes(sorted: &[f64], file: &str) -> anyhow::Result<()> {
    let mut different = sorted.to_vec();
    different.dedup();
    let shown = match different[..] {
        [0.0, 1.0, 2.0] => "0, 1, 2",
        [-1.0, 0.0, 1.0, 2.0] => "-1, 0, 1, 2",
        _ => return Ok(()),
    };
    bail!(
        "{file}: the labels are {shown}, which number classes (entailment, neutral, contradiction) as well as grades. \
         If they are grades, name the ends of their scale, as in --scale 0..2; of classes, write 1 for those that count \
         as the same and 0 for the others, and leave out pairs with -1."
    )
}

/// What most labels span, where a few others at an end make the scale far wider, or an unusual one of a usual one.
fn without_slips(sorted: &[f64], scale: Scale) -> Option<Scale> {
    let few = (sorted.len() / LABELS_A_SLIP).max(1);
    if sorted.len() < MANY {
        return None;
    }
    let span = |below: usize, above: usize| {
        let most = &sorted[below..sorted.len() - above];
        Scale::new(most[0], most[most.len() - 1])
    };
    let whole = span(0, 0);
    let is_far_narrower =
        |most: &Scale| most.high - most.low <= MOSTLY_EMPTY * (whole.high - whole.low);
    let makes_usual = |most: &Scale| {
        let without = Scale::around(most.low, most.high);
        !scale.is_usual() && without != scale && without.is_usual()
    };
    [span(0, few), span(few, 0), span(few, few)]
        .into_iter()
        .find(|most| is_far_narrower(most) || makes_usual(most))
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.low, self.high)
    }
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        let ends = text.split_once("..");
        let ends = ends.and_then(|(low, high)| Some((number(low)?, number(high)?)));
        match ends {
            Some((low, high)) if low < high => Ok(Self { low, high }),
            Some(_) => Err("the lower end comes first, as in 0..5".into()),
            None => Err("write its two ends, as in 0..5".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[f64]) -> Result<Scale, String> {
        let labels: Vec<(u64, f64)> = (1..).zip(labels.iter().copied()).collect();
        Scale::of(&labels, "f").map_err(|error| format!("{error:#}"))
    }

    fn scale(low: f64, high: f64) -> Result<Scale, String> {
        Ok(Scale { low, high })
    }

    /// 0 and 1 in turn.
    fn yes_no(n: usize) -> Vec<f64> {
        (0..n).map(|i| (i % 2) as f64).collect()
    }

    #[test]
    fn is_read_from_the_labels() {
        assert_eq!(of(&[0.2, 0.9]), Ok(Scale::UNIT));
        assert_eq!(of(&[0.5, 4.8]), scale(0.0, 5.0));
        assert_eq!(of(&[1.0, 3.0, 5.0]), scale(1.0, 5.0));
        let grades: Vec<f64> = (0..200).map(|i| f64::from(i % 51) / 10.0).collect();
        assert_eq!(of(&grades), scale(0.0, 5.0));
        // Few pairs are very much alike, but between them and the others there is no gap.
        let few: Vec<f64> = (0..200).map(|i| f64::from(i % 40) / 13.0).collect();
        assert_eq!(of(&few), scale(0.0, 3.0));
    }

    #[test]
    fn a_few_labels_far_from_all_others_are_refused() {
        for (stray, ends) in [(11.0, "0..11"), (-1.0, "-1..1"), (2.0, "0..2")] {
            let mut labels = yes_no(100);
            labels[41] = stray;
            let complaint = of(&labels).unwrap_err();
            assert_eq!(
                complaint,
                format!(
                    "f:42: the label {stray} is outside what nearly all others have, 0 to 1. \
                     Correct it; or if it is right, name the ends of the scale, as in --scale {ends}."
                )
            );
        }
        for stray in [55.0, 6.0, -1.0] {
            let mut grades: Vec<f64> = (0..60).map(|i| f64::from(i % 6)).collect();
            grades[7] = stray;
            let complaint = of(&grades).unwrap_err();
            assert!(
                complaint.starts_with(&format!("f:8: the label {stray} is outside")),
                "{complaint}"
            );
        }
        // Where the highest grade is as frequent as the others it is none.
        let to_six: Vec<f64> = (0..70).map(|i| f64::from(i % 7)).collect();
        assert_eq!(of(&to_six), scale(0.0, 6.0));
        let mut both_ends = yes_no(300);
        (both_ends[10], both_ends[20]) = (-9.0, 9.0);
        assert!(
            of(&both_ends)
                .unwrap_err()
                .starts_with("f:11: the label -9 ")
        );
        // Among a handful nothing tells which one is wrong.
        assert_eq!(of(&[0.0, 1.0, 11.0]), scale(0.0, 11.0));
    }

    #[test]
    fn numbers_of_classes_are_no_grades() {
        for (labels, shown) in [
            (&[0.0, 2.0, 1.0, 0.0][..], "0, 1, 2"),
            (&[2.0, -1.0, 1.0, 0.0, 1.0], "-1, 0, 1, 2"),
        ] {
            let complaint = of(labels).unwrap_err();
            assert!(
                complaint.starts_with(&format!("f: the labels are {shown}, which number classes")),
                "{complaint}"
            );
        }
        // A hundred of each, as such data have them.
        let many: Vec<f64> = (0..300).map(|i| f64::from(i % 3)).collect();
        assert!(of(&many).unwrap_err().contains("--scale 0..2"));
        for grades in [
            &[0.0, 1.0, 1.5, 2.0][..],
            &[0.0, 1.0, 2.0, 3.0],
            &[-2.0, 0.0, 2.0],
        ] {
            assert!(of(grades).is_ok(), "{grades:?}");
        }
    }

    #[test]
    fn one_label_tells_no_scale() {
        assert_eq!(of(&[]), Ok(Scale::UNIT));
        assert!(of(&[3.0, 3.0]).unwrap_err().contains("every label is 3"));
    }

    #[test]
    fn is_written_as_two_ends() {
        assert_eq!("0..5".parse(), scale(0.0, 5.0));
        assert_eq!("-1 .. 0.5".parse(), scale(-1.0, 0.5));
        for bad in ["", "5", "5..0", "0..0", "0..x", "0..inf", "1..", "NaN..1"] {
            assert!(bad.parse::<Scale>().is_err(), "{bad}");
        }
    }
}
