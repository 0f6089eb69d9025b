//! `calibration.json`: a curve, and what it was fitted on.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::curve::{Curve, CurveError, Knot};

/// The form of the file; a program refuses one that it does not know.
const VERSION: u64 = 1;

/// What a `calibration.json` says.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationFile {
    /// From cosine to similarity.
    pub curve: Curve,
    /// Where it comes from; a file that somebody wrote by hand need not say.
    pub fitted_on: Option<FittedOn>,
}

/// What a curve was fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedOn {
    /// Name of the model.
    pub model: String,
    /// Name of the set of pairs.
    pub set: String,
    /// Number of pairs.
    pub pairs: usize,
    /// Expected calibration error of the cosine, cut at 0, on half of the pairs.
    pub ece_before: f64,
    /// Expected calibration error on that half of a curve that was fitted to the other half.
    pub ece_after: f64,
}

/// Why a file is no calibration. The message names the file and the field.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}. Fit the calibration again, or remove the file.")]
pub struct CalibrationFileError {
    file: String,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("it is not JSON: {0}")]
    Json(serde_json::Error),
    #[error("it is not a JSON object")]
    NoObject,
    #[error("version: it is {0}, and this program reads {VERSION}")]
    Version(Value),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("knots: they are not a list of [cosine, similarity]")]
    NoList,
    #[error("knots[{index}]: {value} is not [cosine, similarity]")]
    NoKnot { index: usize, value: Value },
    #[error(transparent)]
    Curve(CurveError),
    #[error("fitted_on: {0}")]
    FittedOn(serde_json::Error),
}

impl CalibrationFile {
    /// Reads a file's content; `file` names it in errors.
    ///
    /// # Errors
    /// When it is not JSON, of another version, or its knots are no strictly increasing curve.
    pub fn read(file: &str, content: &[u8]) -> Result<Self, CalibrationFileError> {
        parse(content).map_err(|problem| CalibrationFileError {
            file: file.to_owned(),
            problem,
        })
    }

    /// The content of the file, with a knot a line.
    pub fn to_json(&self) -> String {
        let knot = |&(cosine, similarity): &Knot| format!("    [{cosine}, {similarity}]");
        let knots: Vec<String> = self.curve.knots().iter().map(knot).collect();
        let mut text = format!(
            "{{\n  \"version\": {VERSION},\n  \"knots\": [\n{}\n  ]",
            knots.join(",\n")
        );
        // Neither a string nor a map of strings and numbers fails to be JSON or to be written to a string.
        if let Some(Ok(fitted_on)) = self.fitted_on.as_ref().map(serde_json::to_string_pretty) {
            let _ = write!(
                text,
                ",\n  \"fitted_on\": {}",
                fitted_on.replace('\n', "\n  ")
            );
        }
        text + "\n}\n"
    }
}

fn parse(content: &[u8]) -> Result<CalibrationFile, Problem> {
    let value = serde_json::from_slice(content).map_err(Problem::Json)?;
    let Value::Object(mut object) = value else {
        return Err(Problem::NoObject);
    };
    match take(&mut object, "version")? {
        version if version.as_u64() == Some(VERSION) => {}
        version => return Err(Problem::Version(version)),
    }
    let Value::Array(knots) = take(&mut object, "knots")? else {
        return Err(Problem::NoList);
    };
    let knots = knots.into_iter().enumerate();
    let knots: Result<Vec<Knot>, Problem> =
        knots.map(|(index, value)| knot(index, value)).collect();
    let fitted_on = object.remove("fitted_on").map(serde_json::from_value);
    Ok(CalibrationFile {
        curve: Curve::new(knots?).map_err(Problem::Curve)?,
        fitted_on: fitted_on.transpose().map_err(Problem::FittedOn)?,
    })
}

fn take(object: &mut Map<String, Value>, field: &'static str) -> Result<Value, Problem> {
    object.remove(field).ok_or(Problem::Missing(field))
}

fn knot(index: usize, value: Value) -> Result<Knot, Problem> {
    let numbers = value.as_array().map(Vec::as_slice);
    match numbers {
        Some([cosine, similarity]) => cosine.as_f64().zip(similarity.as_f64()),
        _ => None,
    }
    .ok_or(Problem::NoKnot { index, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let knots = vec![(-1.0, 0.0), (0.8125, 0.0123), (0.9, 0.5), (1.0, 1.0)];
        let fitted_on = FittedOn {
            model: "m\"1".into(),
            set: "pairs.tsv".into(),
            pairs: 600,
            ece_before: 0.41,
            ece_after: 0.03,
        };
        let mut file = CalibrationFile {
            curve: Curve::new(knots).unwrap(),
            fitted_on: Some(fitted_on),
        };
        let written = file.to_json();
        assert_eq!(
            CalibrationFile::read("f", written.as_bytes()).unwrap(),
            file
        );
        let expected = "{\n  \"version\": 1,\n  \"knots\": [\n    [-1, 0],\n    [0.8125, 0.0123],\n    [0.9, 0.5],\n    \
                        [1, 1]\n  ],\n  \"fitted_on\": {\n    \"model\": \"m\\\"1\",\n    \"set\": \"pairs.tsv\",\n    \
                        \"pairs\": 600,\n    \"ece_before\": 0.41,\n    \"ece_after\": 0.03\n  }\n}\n";
        assert_eq!(written, expected);
        file.fitted_on = None;
        let written = file.to_json();
        assert_eq!(
            CalibrationFile::read("f", written.as_bytes()).unwrap(),
            file
        );
    }

    #[test]
    fn errors_name_the_file_and_the_field() {
        let cases = [
            (
                "{\"version\": 1, \"knots\": [[-1, NaN]]}",
                "it is not JSON: ",
            ),
            ("[]", "it is not a JSON object. "),
            ("{\"knots\": []}", "version is missing. "),
            (
                "{\"version\": 2}",
                "version: it is 2, and this program reads 1. ",
            ),
            ("{\"version\": 1}", "knots is missing. "),
            (
                "{\"version\": 1, \"knots\": 3}",
                "knots: they are not a list of ",
            ),
            (
                "{\"version\": 1, \"knots\": [[-1, 0], [0.5], [1, 1]]}",
                "knots[1]: [0.5] is not ",
            ),
            (
                "{\"version\": 1, \"knots\": [[-1, 0], [0.5, null], [1, 1]]}",
                "knots[1]: [0.5,null] is not ",
            ),
            (
                "{\"version\": 1, \"knots\": [[-1, 0], [0.5, 0.5], [0.6, 0.4], [1, 1]]}",
                "knots[2]: [0.6, 0.4] does not rise ",
            ),
            (
                "{\"version\": 1, \"knots\": [[-1, 0], [1, 1]], \"fitted_on\": {}}",
                "fitted_on: missing field ",
            ),
        ];
        for (content, message) in cases {
            let error = CalibrationFile::read("x/calibration.json", content.as_bytes());
            let error = error.unwrap_err().to_string();
            let expected = format!("x/calibration.json: {message}");
            assert!(error.starts_with(&expected), "{error}");
            assert!(error.ends_with(" Fit the calibration again, or remove the file."));
        }
    }
}
