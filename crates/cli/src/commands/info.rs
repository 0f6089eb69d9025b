//! `yuyi info`.

use std::io::Write;

use serde::Serialize;
use yuyi::ModelFacts;

use crate::args::InfoArgs;
use crate::messages;
use crate::named::load_model;
use crate::terminal;

#[derive(Serialize)]
struct Info<'a> {
    #[serde(flatten)]
    facts: &'a ModelFacts,
    calibrated: bool,
    /// Name of the file.
    calibration: Option<&'a str>,
}

/// Writes the facts of a model.
pub fn run(args: &InfoArgs) -> anyhow::Result<()> {
    let model = load_model(&args.model)?;
    let calibration = model.calibration_file();
    let mut out = terminal::stdout();
    if args.json {
        let info = Info {
            facts: model.facts(),
            calibrated: calibration.is_some(),
            calibration,
        };
        writeln!(out, "{}", serde_json::to_string_pretty(&info)?)?;
    } else {
        let calibration = calibration.unwrap_or("none").to_owned();
        let calibration = ("calibration", calibration);
        for (name, value) in lines(model.facts()).into_iter().chain([calibration]) {
            writeln!(
                out,
                "{}{}",
                messages::left(name, 16),
                messages::told(&value)
            )?;
        }
    }
    Ok(())
}

fn lines(facts: &ModelFacts) -> Vec<(&'static str, String)> {
    let prompts: Vec<String> = facts
        .prompts
        .iter()
        .map(|(name, text)| format!("{name} {text:?}"))
        .collect();
    let none_if_empty = |text: String| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            text
        }
    };
    let default = &facts.default_prompt;
    let default = if default.is_empty() {
        String::new()
    } else {
        format!("{default:?}")
    };
    vec![
        ("model", facts.name.clone()),
        ("dimension", facts.dimension.to_string()),
        ("layers", facts.layers.to_string()),
        ("max tokens", facts.max_tokens.to_string()),
        ("pooling", facts.pooling.name().to_owned()),
        ("prompts", none_if_empty(prompts.join(", "))),
        ("default prompt", none_if_empty(default)),
        ("precision", facts.precision.name().to_owned()),
        ("kernel", facts.kernel_name().to_owned()),
        ("threads", facts.threads.to_string()),
        (
            "weights",
            format!("{:.1} MiB", facts.weight_bytes as f64 / f64::from(1 << 20)),
        ),
    ]
}
