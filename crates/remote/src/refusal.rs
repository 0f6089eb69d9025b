//! What an answer means that has no vectors.

use std::time::Duration;

use crate::failure::Failure;
use crate::told::Told;

/// What is said where an account has nothing left: waiting does not help.
const SPENT: [&str; 8] = [
    "insufficient_quota",
    "insufficient_balance",
    "insufficient balance",
    "arrearage",
    "欠费",
    "余额不足",
    // Of Baidu, where a day's calls or all of them are made.
    "daily request limit",
    "total request limit",
];
/// Zhipu's code of an account without money, whose status is that of too many calls.
const SPENT_CODE: (u16, &str) = (429, "1113");
/// What is said where there are too many calls; also with a status that says otherwise.
const OFTEN: [&str; 5] = [
    "rate_limit",
    "rate limit reached",
    "request limit reached",
    "throttling",
    "too many requests",
];
/// What is said of a call of too many texts. A number of input tokens is another matter.
const MANY: [&str; 13] = [
    "batch size",
    "too many inputs",
    "too many texts",
    "number of inputs",
    "number of input should",
    "number of input must",
    "number of input exceeds",
    "number of input texts",
    "number of texts",
    "length of input list",
    "array too long",
    "max texts",
    "input数组",
];
/// What is said of a text that is too long.
const LONG: [&str; 9] = [
    "tokens_too_long",
    "characters_too_long",
    "context_length_exceeded",
    "maximum context length",
    "range of input length",
    "less than 512 tokens",
    "max tokens per text",
    "max length of each text",
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
    // Some tell failures with the status of success, and mean them all the same.
    let status = match status {
        200 if said.refuses => said.status(),
        status => status,
    };
    // Codes are for programs; a message may have any word.
    if (status, said.code.as_str()) == SPENT_CODE {
        return Failure::Denied { told };
    }
    let by_code = by_words(status, wait, &told, |words| said.is_code_of(words));
    let by_words = by_code.or_else(|| by_words(status, wait, &told, |words| said.says(words)));
    by_words.unwrap_or_else(|| by_status(status, wait, told))
}

/// What the words of an answer mean, if they mean anything.
fn by_words(
    status: u16,
    wait: Option<Duration>,
    told: &str,
    has: impl Fn(&[&str]) -> bool,
) -> Option<Failure> {
    let told = told.to_owned();
    Some(match status {
        _ if has(&SPENT) => Failure::Denied { told },
        200..=399 | 400 | 403 if has(&OFTEN) => Failure::Busy { told, wait },
        400 | 413 | 422 if has(&MANY) => Failure::TooMany { told },
        400 | 413 | 422 if has(&LONG) => Failure::TooLong { told },
        400 | 403 | 422 if has(&UNWANTED) => Failure::Refused { told },
        _ => return None,
    })
}

/// What a status means of which nobody says more.
fn by_status(status: u16, wait: Option<Duration>, told: String) -> Failure {
    match status {
        429 => Failure::Busy { told, wait },
        503 | 529 if wait.is_some() => Failure::Busy { told, wait },
        413 => Failure::TooMany { told },
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
            (
                200,
                None,
                r#"{"error_code":18,"error_msg":"Open api qps request limit reached"}"#,
                "busy",
            ),
            (
                200,
                None,
                r#"{"error_code":17,"error_msg":"Open api daily request limit reached"}"#,
                "denied",
            ),
            (
                200,
                None,
                r#"{"error_code":110,"error_msg":"Access token invalid or no longer valid"}"#,
                "denied",
            ),
            (
                200,
                None,
                r#"{"error_code":336003,"error_msg":"embeddings max tokens per text is 384"}"#,
                "long",
            ),
            (
                200,
                None,
                r#"{"error_code":336003,"error_msg":"embeddings max texts is 16"}"#,
                "many",
            ),
            (
                200,
                None,
                &error("model_not_found", "no such model"),
                "denied",
            ),
            (
                200,
                None,
                r#"{"error":{"code":503,"message":"later"}}"#,
                "down",
            ),
            (200, None, r#"{"error":"no such model"}"#, "denied"),
            (
                200,
                None,
                r#"{"code":20042,"message":"batch size 83","data":null}"#,
                "many",
            ),
            // What is no failure, and has no vectors that are known.
            (
                200,
                None,
                r#"{"code":0,"message":"ok","data":[]}"#,
                "broken",
            ),
            (
                200,
                None,
                r#"{"embeddings":[[1,2]],"status":"ok"}"#,
                "broken",
            ),
            (200, None, "{}", "broken"),
            (
                429,
                None,
                &error("1113", "余额不足或无可用资源包,请充值。"),
                "denied",
            ),
            (429, None, &error("1113", ""), "denied"),
            (429, None, &error("", "账户余额不足"), "denied"),
            (429, None, &error("1302", "您的账户已达到速率限制"), "busy"),
            (400, None, &error("InvalidParameter", batch), "many"),
            (
                400,
                None,
                &error("", "the number of input should not exceed 4"),
                "many",
            ),
            (
                422,
                None,
                &error("", "The number of inputs (32) is larger than 16"),
                "many",
            ),
            (
                400,
                None,
                &error("", "Invalid 'input': array too long. Expected 2048 at most"),
                "many",
            ),
            (
                400,
                None,
                &error("1214", "input数组最大不得超过64条"),
                "many",
            ),
            (
                400,
                None,
                &error(
                    "",
                    "The number of input tokens should be less than 512 tokens",
                ),
                "long",
            ),
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
            // What a message quotes is a text of the user's, and the code is the provider's.
            (
                400,
                None,
                &error(
                    "invalid_parameter",
                    "input[3] 'my account has insufficient balance, too long' is not valid",
                ),
                "denied",
            ),
            (
                422,
                None,
                &error("1", "The text “欠费 batch size” can't be read"),
                "denied",
            ),
            (500, None, &error("1", "At \\\"insufficient_quota"), "down"),
            (
                400,
                None,
                &error("tokens_too_long", "Reduce the batch size."),
                "long",
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
}
