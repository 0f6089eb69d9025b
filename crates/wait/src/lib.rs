//! How long a server asks to wait: `Retry-After`, in seconds or until a date.

use std::time::{Duration, SystemTime};

/// Longest wait that a server is believed to mean.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait in a header `Retry-After`: seconds, or a date. `None`: it says neither.
pub fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let date = httpdate::parse_http_date(header).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        }
    };
    wait.map(|wait| wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_in_seconds_or_until_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let seconds = |header| retry_after(header, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds("3"), Some(3.0));
        assert_eq!(seconds(" 0.5 "), Some(0.5));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:27 GMT"), Some(0.0));
        assert_eq!(seconds("1e300"), None);
        assert_eq!(seconds("999999999"), Some(86_400.0));
        for bad in ["", "soon", "-1", "NaN", "inf"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
