//! `yuyi info`.

use std::io::Write;

use anyhow::Context;
use serde::Serialize;
use yuyi::{Found, ModelFacts, ModelKind, RerankerFacts, Resolved};

use crate::args::InfoArgs;
use crate::messages;
use crate::model::{tell_remarks, unloadable};
use crate::named::{find_model, load_model};
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
    let found = find_model(&args.model.model)?;
    if let Found::Here(here) = &found {
        let kind = here.kind();
        if kind.with_context(|| unloadable(&args.model.model))? == ModelKind::Reranker {
            tell_remarks(&found)?;
            return tell_reranker(here, args);
        }
    }
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
        let mut lines = lines(model.facts());
        lines.push(("calibration", calibration));
        write_lines(&mut out, lines)?;
    }
    Ok(())
}

/// Writes the facts of a model that scores pairs.
fn tell_reranker(found: &Resolved, args: &InfoArgs) -> anyhow::Result<()> {
    let compute = &args.model.compute;
    let facts = found
        .reranker_facts(compute.precision(), compute.threads())
        .with_context(|| unloadable(&args.model.model))?;
    let mut out = terminal::stdout();
    match args.json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(&facts)?)?,
        false => write_lines(&mut out, reranker_lines(&facts))?,
    }
    Ok(())
}

fn write_lines(out: &mut impl Write, lines: Vec<(&'static str, String)>) -> anyhow::Result<()> {
    for (name, value) in lines {
        writeln!(
            out,
            "{}{}",
            messages::left(name, 16),
            messages::told(&value)
        )?;
    }
    Ok(())
}

fn reranker_lines(facts: &RerankerFacts) -> Vec<(&'static str, String)> {
    vec![
        ("model", facts.name.clone()),
        ("kind", "reranker".to_owned()),
        ("layers", facts.layers.to_string()),
        ("max tokens", facts.max_tokens.to_string()),
        ("activation", facts.activation.name().to_owned()),
        ("precision", facts.precision.name().to_owned()),
        ("kernel", facts.kernel_name().to_owned()),
        ("threads", facts.threads.to_string()),
        ("weights", mebibytes(facts.weight_bytes)),
    ]
}

fn mebibytes(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

/// What is said of a fact that nobody tells: of a model that computes elsewhere.
const UNTOLD: &str = "not known";

/// A number, or that nobody tells it.
fn known(number: usize, untold: usize) -> String {
    match number == untold {
        true => UNTOLD.to_owned(),
        false => number.to_string(),
    }
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
    let weights = match facts.weight_bytes {
        0 => UNTOLD.to_owned(),
        bytes => mebibytes(bytes),
    };
    let kernel = facts.kernel.map(|_| facts.kernel_name());
    let precision = facts.precision.map(|_| facts.precision_name());
    let pooling = facts.pooling.map(|_| facts.pooling_name());
    let told = |fact: Option<&str>| fact.unwrap_or(UNTOLD).to_owned();
    let default = &facts.default_prompt;
    let default = if default.is_empty() {
        String::new()
    } else {
        format!("{default:?}")
    };
    vec![
        ("model", facts.name.clone()),
        ("dimension", facts.dimension.to_string()),
        ("layers", known(facts.layers, 0)),
        ("max tokens", known(facts.max_tokens, ModelFacts::NO_LIMIT)),
        ("pooling", told(pooling)),
        ("prompts", none_if_empty(prompts.join(", "))),
        ("default prompt", none_if_empty(default)),
        ("precision", told(precision)),
        ("kernel", told(kernel)),
        ("threads", known(facts.threads, 0)),
        ("weights", weights),
    ]
}
