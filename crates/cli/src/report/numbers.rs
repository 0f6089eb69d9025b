//! Numbers as reports write them.

use yuyi_tasks::metrics::Estimate;

use super::blocks::{Cell, Tile};

/// A value with three digits behind the point, or a dash.
pub fn value(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |v| format!("{v:.3}"))
}

/// `0.712–0.734`, or nothing.
pub fn interval(estimate: &Estimate) -> String {
    match estimate.interval() {
        // A dash beside a minus sign cannot be read.
        Some(i) if i.low < 0.0 => format!("{:.3} … {:.3}", i.low, i.high),
        Some(i) => format!("{:.3}–{:.3}", i.low, i.high),
        None => String::new(),
    }
}

/// A cell with its interval below.
pub fn cell(estimate: &Estimate) -> Cell {
    Cell::number(value(estimate.value)).below(interval(estimate))
}

/// A tile with its interval below.
pub fn tile(label: &str, estimate: &Estimate) -> Tile {
    Tile {
        value: value(estimate.value),
        label: label.to_owned(),
        note: interval(estimate),
    }
}

/// A share in percent.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// A share in percent with its interval, `71.2% (68.9%–73.4%)`, or a dash.
pub fn percent_with_interval(share: &Estimate) -> String {
    match (share.value, share.interval()) {
        (Some(value), Some(i)) => {
            let (low, high) = (percent(i.low), percent(i.high));
            format!("{} ({low}–{high})", percent(value))
        }
        _ => "–".to_owned(),
    }
}

/// A whole number in groups of three digits.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(999_999), "999,999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(
            (value(None), value(Some(0.12349))),
            ("–".into(), "0.123".into())
        );
        assert_eq!(interval(&Estimate::default()), "");
        assert_eq!(percent(0.8125), "81.2%");
    }
}
