//! How times, sizes and shares are written in flags.

use std::time::Duration;

/// A time of `90`, `90s`, `10m`, `2h`; a number alone means seconds.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        unit => return Err(format!("{unit:?} is no unit of time; use s, m or h")),
    };
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("{text:?} is no time such as 10m"))?;
    let seconds = number.checked_mul(unit).filter(|&n| n > 0);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("{text} is out of range"))
}

/// As [`parse_size`]; 0 is nothing.
pub fn parse_size_or_none(text: &str) -> Result<usize, String> {
    match text.trim() {
        "0" => Ok(0),
        text => parse_size(text),
    }
}

/// Bytes of `64`, `64KiB`, `32MiB`, `1GiB`; `K`, `M`, `G` mean the same.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        unit => return Err(format!("{unit:?} is no unit of size; use KiB, MiB or GiB")),
    };
    let number: usize = digits
        .parse()
        .map_err(|_| format!("{text:?} is no size such as 32MiB"))?;
    number
        .checked_mul(1 << shift)
        .filter(|&n| n > 0)
        .ok_or_else(|| format!("{text} is out of range"))
}

/// A size as [`parse_size`] reads it, in whole MiB.
pub fn written_size(bytes: usize) -> String {
    format!("{}MiB", bytes >> 20)
}

/// A similarity, or a difference of two.
pub fn parse_similarity(text: &str) -> Result<f64, String> {
    let number = number(text)?;
    match (0.0..=1.0).contains(&number) {
        true => Ok(number),
        false => Err("it is not between 0 and 1".into()),
    }
}

/// A number above 0 and at most 1.
pub fn parse_share(text: &str) -> Result<f64, String> {
    let share = number(text)?;
    if share > 0.0 && share <= 1.0 {
        Ok(share)
    } else {
        Err("it has to be above 0 and at most 1".into())
    }
}

/// A number above 0 and below 1.
pub fn parse_part(text: &str) -> Result<f64, String> {
    let share = number(text)?;
    match share > 0.0 && share < 1.0 {
        true => Ok(share),
        false => Err("it has to be above 0 and below 1".into()),
    }
}

/// A number of days above 0.
pub fn parse_days(text: &str) -> Result<f64, String> {
    let days = number(text)?;
    match days > 0.0 && days.is_finite() {
        true => Ok(days),
        false => Err("it has to be a number of days above 0".into()),
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares() {
        assert_eq!(parse_share("0.95"), Ok(0.95));
        assert_eq!(parse_share("0.5"), Ok(0.5));
        for bad in ["0", "1.1", "95", "-1", "NaN", "x"] {
            assert!(parse_share(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        for (text, seconds) in [("90", 90), ("5s", 5), ("10m", 600), ("2 h", 7_200)] {
            assert_eq!(parse_time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "0", "m", "-1", "1.5m", "1d", "99999999999999999999h"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size(&written_size(32 << 20)), Ok(32 << 20));
        assert_eq!(parse_size("10"), Ok(10));
        assert_eq!(parse_size("32MiB"), Ok(32 << 20));
        assert_eq!(parse_size("1 g"), Ok(1 << 30));
        for bad in ["", "0", "MiB", "-1", "1.5M", "9999999999999G", "1x"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
