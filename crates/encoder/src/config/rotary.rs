//! Rotary positions: how fast queries and keys turn with their position.

use super::Architecture;
use super::fields::Fields;
use crate::error::Error;
use serde_json::{Map, Value};

/// How fast the elements of a head turn: element pair i of a head of n elements by θ^(−2i/n) radians a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotary {
    /// The base θ.
    pub theta: f64,
    /// Frequencies that were changed for texts longer than those of the first training.
    pub scaling: Option<NtkScaling>,
}

/// NTK-aware scaling, fixed, as GTE's models have it (kexue.fm/archives/9706).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NtkScaling {
    /// By so many times texts became longer.
    pub factor: f64,
    /// The exponent of the mixed form; `None`: θ is multiplied by the factor.
    pub mixed_b: Option<f64>,
}

impl Rotary {
    /// Radians a position for each pair of elements of a head. Each step is rounded to f32, as where models are trained.
    pub(crate) fn frequencies(self, head_size: usize) -> Vec<f32> {
        let (size, half) = (head_size as f64, head_size / 2);
        let base = match self.scaling {
            Some(NtkScaling {
                factor,
                mixed_b: None,
            }) => self.theta * factor,
            _ => self.theta,
        };
        let frequency = |i: usize| {
            let exponent = f64::from((2 * i) as f32 / head_size as f32);
            let plain = 1.0 / base.powf(exponent) as f32;
            match self.scaling {
                None => plain,
                Some(NtkScaling {
                    factor,
                    mixed_b: None,
                }) => plain / factor.powf(2.0 / size) as f32,
                Some(NtkScaling {
                    factor,
                    mixed_b: Some(b),
                }) => {
                    let a = factor.ln() / (size / 2.0).powf(b);
                    plain / (a * ((i + 1) as f64).powf(b)).exp() as f32
                }
            }
        };
        (0..half).map(frequency).collect()
    }
}

/// The rotation of all layers but local ones.
pub(super) fn rotary(fields: &Fields<'_>) -> Result<Rotary, Error> {
    let (theta, nested, usual) = match fields.architecture {
        Architecture::ModernBert => ("global_rope_theta", Some("full_attention"), 160_000.0),
        _ => ("rope_theta", None, 10_000.0),
    };
    read(fields, theta, nested, usual)
}

/// That of ModernBERT's local layers.
pub(super) fn local_rotary(fields: &Fields<'_>) -> Result<Rotary, Error> {
    read(
        fields,
        "local_rope_theta",
        Some("sliding_attention"),
        10_000.0,
    )
}

/// θ is a field by itself, or one of `rope_parameters`, which may be there for each kind of layer.
fn read(
    fields: &Fields<'_>,
    theta: &'static str,
    nested: Option<&'static str>,
    usual: f64,
) -> Result<Rotary, Error> {
    let parameters: Option<Map<String, Value>> = fields.get("rope_parameters")?;
    let parameters = match (&parameters, nested) {
        (Some(all), Some(kind)) => all.get(kind).and_then(Value::as_object),
        (all, _) => all.as_ref(),
    };
    let scaling: Option<Map<String, Value>> = fields.get("rope_scaling")?;
    let of_parameters = parameters.and_then(|p| p.get("rope_theta"));
    let theta_value = match of_parameters {
        Some(value) => Some(number(fields, "rope_theta", value)?),
        None => fields.get::<f64>(theta)?,
    };
    let base = theta_value.unwrap_or(usual);
    if !(base.is_finite() && base >= 1.0) {
        let what = format!("{theta} must be a number of at least 1.");
        return Err(Error::file(fields.file, what));
    }
    Ok(Rotary {
        theta: base,
        scaling: ntk_scaling(fields, parameters.or(scaling.as_ref()))?,
    })
}

fn number(fields: &Fields<'_>, name: &str, value: &Value) -> Result<f64, Error> {
    value.as_f64().ok_or_else(|| {
        Error::file(
            fields.file,
            format!("{name} is {value}, which is no number."),
        )
    })
}

fn ntk_scaling(
    fields: &Fields<'_>,
    scaling: Option<&Map<String, Value>>,
) -> Result<Option<NtkScaling>, Error> {
    let Some(scaling) = scaling else {
        return Ok(None);
    };
    let kind = ["rope_type", "type"].map(|name| scaling.get(name).and_then(Value::as_str));
    let kind = kind.into_iter().flatten().next().unwrap_or("default");
    match (kind, fields.architecture) {
        ("default", _) => return Ok(None),
        ("ntk", Architecture::Gte) => {}
        _ => {
            let what = format!(
                "rope_scaling of type \"{kind}\" is not supported. yuyi knows none, and \"ntk\" of GTE's models. \
                 Without rope_scaling the model reads texts as long as it was trained on."
            );
            return Err(Error::unsupported(fields.file, what));
        }
    }
    let field = |name: &str| match scaling.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => number(fields, name, value).map(Some),
    };
    let (factor, mixed_b) = (field("factor")?.unwrap_or(1.0), field("mixed_b")?);
    if !(1.0..=1e6).contains(&factor) || mixed_b.is_some_and(|b| !(0.0..=10.0).contains(&b)) {
        let what = "rope_scaling needs a factor between 1 and 1000000, and a mixed_b between 0 and 10 if any.";
        return Err(Error::file(fields.file, what));
    }
    // Their code scales nothing where the factor is 1.
    Ok((factor > 1.0).then_some(NtkScaling { factor, mixed_b }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(got: &[f32], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            let error = (f64::from(*got) / want - 1.0).abs();
            assert!(error < 3e-7, "{got} {want}");
        }
    }

    #[test]
    fn frequencies_fall_from_one_by_powers_of_the_base() {
        let rotary = Rotary {
            theta: 10_000.0,
            scaling: None,
        };
        assert_near(&rotary.frequencies(8), &[1.0, 0.1, 0.01, 0.001]);
        assert!(rotary.frequencies(0).is_empty());
    }

    /// By the formulas (6) and (10) to (13) of the article.
    #[test]
    fn scaled_frequencies_are_those_of_the_formulas() {
        let scaled = |mixed_b| Rotary {
            theta: 20_000.0,
            scaling: Some(NtkScaling {
                factor: 8.0,
                mixed_b,
            }),
        };
        let size = 16.0f64;
        let plain: Vec<f64> = (0..8)
            .map(|i| 160_000.0f64.powf(-2.0 * f64::from(i) / size) / 8.0f64.powf(2.0 / size))
            .collect();
        assert_near(&scaled(None).frequencies(16), &plain);
        let mixed: Vec<f64> = (0..8)
            .map(|i| {
                let a = 8.0f64.ln() / 8.0f64.powf(0.625);
                20_000.0f64.powf(-2.0 * f64::from(i) / size)
                    / (a * f64::from(i + 1).powf(0.625)).exp()
            })
            .collect();
        assert_near(&scaled(Some(0.625)).frequencies(16), &mixed);
        // The slowest turns as much more slowly as texts became longer.
        let ratio = f64::from(scaled(Some(0.625)).frequencies(16)[7]) * 8.0;
        let unscaled = 20_000.0f64.powf(-14.0 / size);
        assert!((ratio / unscaled - 1.0).abs() < 1e-6);
    }
}
