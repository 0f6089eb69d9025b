//! What an answer means that has no vectors.

use std::time::{Duration, SystemTime};

use crate::failure::Failure;
use crate::told::Told;

/// Longest wait that a provider is believed to mean.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What is said where an account has nothing left: waiting does not help.
const SPENT: [&str; 5] = [
    "insufficient_quota",
    "insufficient_balance",
    "insufficient balance",
    "arrearage",
    "欠费",
];
/// What is said where there are too many calls; also with a status that says otherwise.
const OFTEN: [&str; 3] = ["rate_limit", "throttling", "too many requests"];
/// What is said of a call of too many texts.
const MANY: [&str; 2] = ["batch size", "too many inputs"];
/// What is said of a text that is too long.
const LONG: [&str; 7] = [
    "tokens_too_long",
    "characters_too_long",
    "context_length_exceeded",
    "maximum context length",
    "range of input length",
    "less than 512 tokens",
    "too long",
];
/// What is said of a text whose content is not wanted.
const UNWANTED: [&str; 3] = [
    "datainspectionfailed",
    "data_inspection_failed",
    "unsafe_request",
];

/// What it means that an answer of this status has no vectors.
pub(crate) fn meaning(status: u16, wait: Option<Duration>, body: &[u8]) -> Failure {
    let said = Told::of(body);
    let told = said.in_words(status);
    match status {
        _ if said.has(&SPENT) => Failure::Denied { told },
        429 => Failure::Busy { told, wait },
        503 | 529 if wait.is_some() => Failure::Busy { told, wait },
        200..=399 | 400 | 403 if said.has(&OFTEN) => Failure::Busy { told, wait },
        400 | 413 | 422 if said.has(&MANY) => Failure::TooMany { told },
        400 | 413 | 422 if said.has(&LONG) => Failure::TooLong { told },
        413 => Failure::TooMany { told },
        400 | 403 | 422 if said.has(&UNWANTED) => Failure::Refused { told },
        408 | 425 | 500..=599 => Failure::Down { told },
        400..=499 => Failure::Denied { told },
        300..=399 => Failure::Denied {
            told: format!("HTTP {status}, which leads to another address"),
        },
        _ => Failure::Broken {
            told: format!("answered {told}"),
        },
    }
}

/// The wait in a header `Retry-After`: seconds, or a date.
pub(crate) fn wait(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let date = httpdate::parse_http_date(header).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        }
    };
    wait.map(|wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, wait: Option<u64>, body: &str) -> &'static str {
        let wait = wait.map(Duration::from_secs);
        match meaning(status, wait, body.as_bytes()) {
            Failure::Busy { .. } => "busy",
            Failure::Down { .. } => "down",
            Failure::Broken { .. } => "broken",
            Failure::TooMany { .. } => "many",
            Failure::TooLong { .. } => "long",
            Failure::Refused { .. } => "refused",
            Failure::Denied { .. } => "denied",
        }
    }

    #[test]
    fn documented_failures_are_told_apart() {
        let error = |code: &str, message: &str| {
            format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#)
        };
        let batch = "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it should not be larger than 10.: input.contents";
        let length =
            "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 8192]";
        for (status, wait, body, expected) in [
            (429, None, "", "busy"),
            (429, Some(7), "<html>", "busy"),
            (
                429,
                None,
                &*error("insufficient_quota", "You exceeded your current quota"),
                "denied",
            ),
            (
                429,
                None,
                &error("Throttling.RateQuota", "Requests rate limit exceeded"),
                "busy",
            ),
            (
                400,
                None,
                &error(
                    "Arrearage",
                    "Access denied, please make sure your account is in good standing.",
                ),
                "denied",
            ),
            (
                200,
                None,
                r#"{"code":"rpm_rate_limit_exceeded","msg":"Rate limit reached for RPM"}"#,
                "busy",
            ),
            (400, None, &error("InvalidParameter", batch), "many"),
            (
                413,
                None,
                r#"{"code":20042,"message":"input batch size 83 > maximum allowed batch size 64"}"#,
                "many",
            ),
            (413, None, "", "many"),
            (
                400,
                None,
                &error("tokens_too_long", "Prompt tokens too long"),
                "long",
            ),
            (
                400,
                None,
                &error("characters_too_long", "the max input characters is 1000"),
                "long",
            ),
            (400, None, &error("InvalidParameter", length), "long"),
            (
                400,
                None,
                &error(
                    "data_inspection_failed",
                    "Input data may contain inappropriate content.",
                ),
                "refused",
            ),
            (
                400,
                None,
                &error("malformed_json", "Invalid Argument"),
                "denied",
            ),
            (
                401,
                None,
                &error("invalid_iam_token", "IAM Certification failed"),
                "denied",
            ),
            (
                403,
                None,
                &error("AccessDenied", "Access denied."),
                "denied",
            ),
            (404, None, "", "denied"),
            (302, None, "", "denied"),
            (500, None, "<html>", "down"),
            (503, None, "", "down"),
            (503, Some(3), "", "busy"),
            (200, None, "<html>", "broken"),
        ] {
            assert_eq!(kind(status, wait, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_wait_is_in_seconds_or_until_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let seconds = |header| wait(header, now).map(|wait| wait.as_secs_f64());
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
