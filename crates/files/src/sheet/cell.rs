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
        other => other.to_string(),
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
