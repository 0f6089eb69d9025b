//! Points in time, as items and filters have them.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MICROS: i64 = 1_000_000;
const SECONDS_OF_DAY: i64 = 86_400;

/// Bytes of a day as it is written.
const DAY: usize = 10;

/// Seconds of the years 0 to 9999, whose numbers have four digits. Numbers outside of them are of milliseconds.
const YEARS: Range<i64> = -62_167_219_200..253_402_300_800;

/// A point in time, in microseconds since 1970 (UTC).
///
/// It is written as RFC 3339 in UTC. Read are RFC 3339 (`2024-03-05T10:30:00+08:00`; a blank may stand for the T, and without an offset it is
/// UTC), a day (`2024-03-05`: its beginning in UTC), and in JSON also a number: of seconds since 1970, or of milliseconds where as seconds it would lie
/// beyond the year 9999. All that are read lie in the years 0 to 9999 in UTC, so what is written can be read.
///
/// ```
/// use yuyi_store::Timestamp;
///
/// let time: Timestamp = "2024-03-05T10:30:00+08:00".parse()?;
/// assert_eq!(time.to_string(), "2024-03-05T02:30:00Z");
/// assert!("2024-03-05".parse::<Timestamp>()? < time);
/// # Ok::<(), yuyi_store::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text that is no point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTimestamp(String);

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.0;
        write!(f, "{text:?} is no time. Write it as 2024-03-05T10:30:00Z.")
    }
}

impl std::error::Error for InvalidTimestamp {}

impl Timestamp {
    /// The present, by the clock of this machine.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        Self(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// So many microseconds after the beginning of 1970.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The time at which something ends, from a text: as any other, but that a day (`2024-03-05`) means its last second, to which it counts.
    ///
    /// # Errors
    /// Where it is no time.
    pub fn parse_end(text: &str) -> Result<Self, InvalidTimestamp> {
        let time: Self = text.parse()?;
        Ok(match text.trim().len() {
            DAY => Self(time.0 + (SECONDS_OF_DAY - 1) * MICROS),
            _ => time,
        })
    }

    /// Microseconds since the beginning of 1970.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// From here on a number of JSON is of milliseconds; below it is of seconds.
    pub const MILLISECONDS: f64 = YEARS.end as f64;

    /// The time of a number of JSON: of seconds, or of milliseconds.
    pub(crate) fn from_number(number: f64) -> Option<Self> {
        let is_in_seconds = (YEARS.start as f64..Self::MILLISECONDS).contains(&number);
        let seconds = if is_in_seconds {
            number
        } else {
            number / 1000.0
        };
        // Of what is far outside or no number the conversion makes something that is outside, too, or 0.
        let micros = (seconds * MICROS as f64).round() as i64;
        Self::within_years(micros).filter(|_| number.is_finite())
    }

    fn within_years(micros: i64) -> Option<Self> {
        YEARS
            .contains(&micros.div_euclid(MICROS))
            .then_some(Self(micros))
    }
}

/// The time that a text or a number means: an instant, or all of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its beginning.
    pub first: Timestamp,
    /// The last microsecond of it.
    pub last: Timestamp,
}

impl Span {
    /// An instant.
    pub fn at(time: Timestamp) -> Self {
        Self {
            first: time,
            last: time,
        }
    }

    /// That of a text: a day (`2024-03-05`) is all of it.
    ///
    /// # Errors
    /// Where it is no time.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let first: Timestamp = text.parse()?;
        let last = match text.trim().len() {
            DAY => Timestamp(first.0 + SECONDS_OF_DAY * MICROS - 1),
            _ => first,
        };
        Ok(Self { first, last })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(MICROS);
        let (year, month, day) = civil_day(seconds.div_euclid(SECONDS_OF_DAY));
        let second = seconds.rem_euclid(SECONDS_OF_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match self.0.rem_euclid(MICROS) {
            0 => write!(f, "Z"),
            micros => write!(f, ".{micros:06}Z"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        read(text.trim()).ok_or_else(|| InvalidTimestamp(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Timestamp> {
    let (day, rest) = text.split_at_checked(DAY)?;
    let days = read_day(day)?;
    let micros = match rest.strip_prefix(['T', 't', ' ']) {
        None if rest.is_empty() => 0,
        None => return None,
        Some(clock) => read_clock(clock)?,
    };
    // With its offset it may lie in another year.
    Timestamp::within_years(days * SECONDS_OF_DAY * MICROS + micros)
}

/// Days from 1970 to `2024-03-05`.
fn read_day(day: &str) -> Option<i64> {
    let mut parts = day.split('-');
    let (year, month, day) = (
        number(parts.next()?, 4)?,
        number(parts.next()?, 2)?,
        number(parts.next()?, 2)?,
    );
    let days = days_until(year, month, day);
    // A day that does not exist is another one when it is written back.
    let exists = (1..=12).contains(&month) && civil_day(days) == (year, month, day);
    (exists && parts.next().is_none()).then_some(days)
}

/// Microseconds of `10:30:00.5+08:00` after the beginning of the day.
fn read_clock(clock: &str) -> Option<i64> {
    let zone = clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |part| number(part, 2))?;
    let is_good = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let micros = number(&digits, 6).filter(|_| is_good && !fraction.is_empty())?;
    let seconds = hour * 3600 + minute * 60 + second - read_offset(zone)?;
    Some(seconds * MICROS + micros)
}

/// Seconds that a zone is ahead of UTC.
fn read_offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.as_bytes() {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', ..] => (1, &zone[1..]),
        _ => (-1, zone.strip_prefix('-')?),
    };
    let digits: String = rest.chars().filter(|&c| c != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { "00" } else { minutes };
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Exactly so many digits.
fn number(digits: &str, length: usize) -> Option<i64> {
    let is_good = digits.len() == length && digits.bytes().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|_| is_good)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The reverse of [`days_until`].
fn civil_day(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read(str::parse);
        deserializer.deserialize_any(read).map_err(D::Error::custom)
    }
}

/// Reads what stands for `valid_until` in JSON ([`Timestamp::parse_end`]), which may be null.
pub(crate) fn deserialize_end<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    struct End(Timestamp);
    impl<'de> Deserialize<'de> for End {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let read = Read(Timestamp::parse_end);
            let end = deserializer.deserialize_any(read).map(Self);
            end.map_err(D::Error::custom)
        }
    }
    Ok(Option::<End>::deserialize(deserializer)?.map(|end| end.0))
}

/// Reads a time from JSON; how it reads one from a text.
struct Read(fn(&str) -> Result<Timestamp, InvalidTimestamp>);

impl Visitor<'_> for Read {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as 2024-03-05T10:30:00Z, or seconds since 1970")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
        self.0(text).map_err(E::custom)
    }
    fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Timestamp, E> {
        let time = Timestamp::from_number(seconds);
        time.ok_or_else(|| {
            let reason = "is no time. Write it as 2024-03-05T10:30:00Z.";
            E::custom(format!("{seconds} {reason}"))
        })
    }
    fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
        self.visit_f64(seconds as f64)
    }
    fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
        self.visit_f64(seconds as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_forms_are_read_and_one_is_written() {
        for (text, expected) in [
            ("1970-01-01", "1970-01-01T00:00:00Z"),
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("2024-03-05 10:30", "2024-03-05T10:30:00Z"),
            (
                "2024-03-05T00:30:00.25+08:00",
                "2024-03-04T16:30:00.250000Z",
            ),
            ("1969-12-31t23:00:00-0130", "1970-01-01T00:30:00Z"),
            ("0001-01-01T00:00:00+00", "0001-01-01T00:00:00Z"),
        ] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(time.to_string(), expected);
            assert_eq!(expected.parse(), Ok(time));
        }
        let seconds: Timestamp = serde_json::from_str("1709634600").unwrap();
        assert_eq!(seconds.to_string(), "2024-03-05T10:30:00Z");
        let millis: Timestamp = serde_json::from_str("1709634600250").unwrap();
        assert_eq!(millis.to_string(), "2024-03-05T10:30:00.250000Z");
        // The end of all time, as many write it.
        let forever: Timestamp = serde_json::from_str("253402214400").unwrap();
        assert_eq!(forever.to_string(), "9999-12-31T00:00:00Z");
        let last: Timestamp = serde_json::from_str("253402300799").unwrap();
        assert_eq!(last.to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(
            serde_json::to_string(&seconds).unwrap(),
            "\"2024-03-05T10:30:00Z\""
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2024",
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-3-5",
            "2024-03-05T",
            "2024-03-05T25:00",
            "2024-03-05T10:61",
            "2024-03-05T10:30:00.Z",
            "2024-03-05T10:30+99:00",
            "2024-03-05x",
            "５０２４-03-05",
            "+024-03-05",
            "9999-12-31T23:59:59-05:00",
            "9999-12-31T23:59:60Z",
            "0000-01-01T00:00:00+01:00",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        for number in [
            "1e300",
            "1709634600250000",
            "-62167219200001",
            "253402300800000",
        ] {
            let error = serde_json::from_str::<Timestamp>(number).unwrap_err();
            assert!(error.to_string().contains("is no time"), "{error}");
        }
        assert!(serde_json::from_str::<Timestamp>("true").is_err());
    }

    #[test]
    fn a_day_ends_with_its_last_second_and_an_instant_with_itself() {
        let item = |until: &str| {
            let json = format!(r#"{{"text":"t","valid_until":{until}}}"#);
            let item: crate::item::Item = serde_json::from_str(&json).unwrap();
            item.valid_until.map(|time| time.to_string())
        };
        for (until, expected) in [
            (r#""2024-12-31""#, "2024-12-31T23:59:59Z"),
            (r#"" 9999-12-31 ""#, "9999-12-31T23:59:59Z"),
            (r#""2024-12-31T00:00:00Z""#, "2024-12-31T00:00:00Z"),
            (r#""2024-12-31 00:00""#, "2024-12-31T00:00:00Z"),
            ("1735603200", "2024-12-31T00:00:00Z"),
        ] {
            assert_eq!(item(until).as_deref(), Some(expected), "{until}");
            // What was written is read as it was.
            assert_eq!(item(&format!("{expected:?}")).as_deref(), Some(expected));
        }
        assert_eq!(item("null"), None);
    }

    #[test]
    fn every_day_is_read_back() {
        for days in (-800_000..800_000).step_by(97) {
            let (year, month, day) = civil_day(days);
            assert_eq!(days_until(year, month, day), days);
        }
    }
}
