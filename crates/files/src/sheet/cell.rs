//! Cells of workbooks as texts.

use calamine::{Data, ExcelDateTime};

/// Numbers that are days: before, Excel has a day that never was.
const DAYS: std::ops::Range<f64> = 61.0..2_958_466.0;

/// Numbers that are times without a day.
const TIMES: std::ops::Range<f64> = 0.0..1.0;

/// A cell as a text. A time is a number of days there, which tells nobody anything.
pub(super) fn shown(cell: &Data) -> String {
    match cell {
        Data::DateTime(time) if time.is_datetime() && DAYS.contains(&time.as_f64()) => {
            shown_time(time)
        }
        Data::DateTime(time) if time.is_datetime() && TIMES.contains(&time.as_f64()) => {
            shown_clock(time)
        }
        Data::DateTime(time) if time.is_duration() && time.as_f64() >= 0.0 => {
            shown_duration(time.as_f64())
        }
        other => other.to_string(),
    }
}

/// How long something takes, which is told in days: hours beyond a day as well, and seconds where it has some.
fn shown_duration(days: f64) -> String {
    let seconds = (days * 86_400.0).round() as u64;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match seconds % 60 {
        0 => format!("{hours}:{minutes:02}"),
        seconds => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A time as in RFC 3339, or the day alone where it is the beginning of one.
fn shown_time(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

/// A time of the clock, with its seconds where it has some.
fn shown_clock(time: &ExcelDateTime) -> String {
    let (.., hour, minute, second, _) = time.to_ymd_hms_milli();
    match second {
        0 => format!("{hour:02}:{minute:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}"),
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn times_are_shown_as_the_sheet_shows_them() {
        for (value, kind, expected) in [
            (26.5 / 24.0, TimeDelta, "26:30"),
            (1.5 / 24.0, TimeDelta, "1:30"),
            (90.0 / 86_400.0, TimeDelta, "0:01:30"),
            (100.0, TimeDelta, "2400:00"),
            (0.0, TimeDelta, "0:00"),
            (-0.5, TimeDelta, "-0.5"),
            (0.5, DateTime, "12:00"),
            (45_356.0, DateTime, "2024-03-05"),
        ] {
            let cell = Data::DateTime(ExcelDateTime::new(value, kind, false));
            assert_eq!(shown(&cell), expected);
        }
    }
}
