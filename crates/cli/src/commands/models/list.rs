//! The list of models.

use std::io::{self, Write};

use serde_json::{Value, json};
use yuyi_hub::{Unfinished, unfinished};
use yuyi_models::{Installed, KnownKind, KnownModel, ModelPlace, home, inventory, known_models};

use crate::args::ModelsArgs;
use crate::language::Language;
use crate::messages;
use crate::pulling::megabytes;
use crate::terminal;

/// Writes what is installed, and with `--all` what can be fetched.
pub fn run(args: &ModelsArgs) -> anyhow::Result<()> {
    let models = inventory()?;
    let mut out = terminal::stdout();
    let unfinished = home().map(|home| unfinished(&home)).unwrap_or_default();
    if args.json {
        let mut document = json!({
            "models": models.iter().map(shown).collect::<Vec<Value>>(),
            "unfinished": unfinished.iter().map(half).collect::<Vec<Value>>(),
        });
        if args.all {
            document["catalogue"] = serde_json::to_value(known_models())?;
        }
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        return Ok(());
    }
    let header = ["model", "MB", "licence", "where from"].map(told);
    let rows: Vec<[String; 4]> = std::iter::once(header)
        .chain(models.iter().map(row))
        .collect();
    write_table(&mut out, &rows, &[1])?;
    for model in &models {
        if let Some(broken) = model.broken() {
            writeln!(out, "{}", messages::told(&broken.to_string()))?;
        }
    }
    for half in &unfinished {
        writeln!(out, "{}", messages::told(&said(half)))?;
    }
    if args.all {
        writeln!(out)?;
        write_catalogue(&mut out, &models)?;
    }
    Ok(())
}

fn told(english: &str) -> String {
    messages::told(english).into_owned()
}

fn shown(model: &Installed) -> Value {
    let manifest = model.manifest.as_ref();
    let known = known_models().iter().find(|known| known.name == model.name);
    json!({
        "name": model.name, "place": model.place.name(), "folder": model.folder.as_ref().map(|path| path.display().to_string()),
        "bytes": model.bytes(), "whole": model.problem.is_none(), "problem": model.broken().map(|error| error.to_string()),
        "licence": model.licence(), "non_commercial": manifest.is_some_and(|manifest| manifest.non_commercial),
        "origin": model.origin.as_ref(),
        "quantized": manifest.and_then(|manifest| manifest.quantized.as_ref()),
        "remark": known.and_then(|known| known.remark.as_ref()),
    })
}

fn half(unfinished: &Unfinished) -> Value {
    let Unfinished {
        name,
        bytes,
        total,
        is_running,
        goes_on_by,
        ..
    } = unfinished;
    json!({ "name": name, "bytes": bytes, "total": total, "running": is_running, "command": goes_on_by })
}

/// What is there of a model that is not installed, and what to do with it.
fn said(unfinished: &Unfinished) -> String {
    let Unfinished { name, bytes, .. } = unfinished;
    let there = megabytes(*bytes);
    match (unfinished.total.map(megabytes), &unfinished.goes_on_by) {
        (Some(total), _) if unfinished.is_running => {
            format!("{name} is being fetched: {there} of {total} MB are there.")
        }
        (Some(total), Some(command)) if unfinished.is_beside_whole => format!(
            "Another version of {name} has come in part, {there} of {total} MB. `{command}` goes on with it, and `yuyi models rm --leftovers {name}` removes it; the one that is installed is whole."
        ),
        (Some(total), Some(command)) => format!(
            "{name} has come in part, {there} of {total} MB. `{command}` goes on with it, and `yuyi models rm {name}` removes it."
        ),
        _ if unfinished.is_running => format!("{name} is being installed at this moment."),
        _ if unfinished.is_beside_whole => format!(
            "A command that was interrupted has left {there} MB of {name}. `yuyi models rm --leftovers {name}` removes them; the model that is installed is whole."
        ),
        _ => format!(
            "A command that was interrupted has left {there} MB of {name}. `yuyi models rm {name}` removes them."
        ),
    }
}

fn row(model: &Installed) -> [String; 4] {
    let place = match (model.place, &model.origin) {
        (ModelPlace::Program, _) => told("built in"),
        (ModelPlace::HuggingFaceCache, _) => told("cache of Hugging Face"),
        (ModelPlace::ModelScopeCache, _) => told("cache of ModelScope"),
        (ModelPlace::Home, Some(origin)) => origin.repository.clone(),
        (ModelPlace::Home, None) => told("own folder"),
    };
    let size = model.bytes().map_or_else(String::new, megabytes);
    [
        model.name.clone(),
        size,
        model.licence().unwrap_or_default(),
        place,
    ]
}

/// What the catalogue knows, of what is installed too.
fn write_catalogue(out: &mut impl Write, installed: &[Installed]) -> io::Result<()> {
    let header = [
        "model",
        "MB",
        "dimension",
        "tokens",
        "licence",
        "STS-B",
        "remarks",
    ]
    .map(told);
    let row = |known: &KnownModel| {
        let is_there = |model: &Installed| model.name == known.name && model.problem.is_none();
        known_row(known, installed.iter().any(is_there))
    };
    let rows: Vec<[String; 7]> = std::iter::once(header)
        .chain(known_models().iter().map(row))
        .collect();
    write_table(out, &rows, &[1, 2, 3, 5])?;
    writeln!(
        out,
        "{}",
        messages::told(
            "`yuyi pull NAME` fetches one of them, or any other of their kinds by its repository. STS-B: published, in percent."
        )
    )
}

fn known_row(known: &KnownModel, is_there: bool) -> [String; 7] {
    let number = |number: Option<usize>| number.map_or_else(String::new, |n| n.to_string());
    let score = known.scores.as_ref().and_then(|scores| scores.stsb);
    [
        known.name.clone(),
        known
            .gigabytes
            .map_or_else(String::new, |size| megabytes((size * 1e9) as u64)),
        number(known.dimension),
        number(known.max_tokens),
        known.licence.clone().unwrap_or_default(),
        score.map_or_else(String::new, |score| format!("{score:.1}")),
        remarks(known, is_there),
    ]
}

/// Whether it is there, what kind of model it is, what it suits, and what to know before using it.
fn remarks(known: &KnownModel, is_there: bool) -> String {
    let language = Language::of_messages();
    // What is built in says so itself.
    let place = (is_there && known.kind != KnownKind::BuiltIn).then_some("installed");
    let kind = (known.kind == KnownKind::Reranker).then_some("reranker");
    let suited = known.suited_for().map(|(zh, en)| language.pick(zh, en));
    let remark = known.remark.as_ref();
    let remark = remark.map(|remark| language.pick(remark.zh.as_str(), remark.en.as_str()));
    let states = [place, kind].into_iter().flatten().map(told);
    let texts = [suited, remark].into_iter().flatten().map(str::to_owned);
    let remarks: Vec<String> = states.chain(texts).collect();
    remarks.join(language.pick("；", "; "))
}

/// Writes rows in columns; those of numbers stand at the right.
fn write_table<const N: usize>(
    out: &mut impl Write,
    rows: &[[String; N]],
    numbers: &[usize],
) -> io::Result<()> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| messages::width(&row[column]));
        cells.max().unwrap_or_default()
    });
    for row in rows {
        let cells = row.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| {
            let blanks = " ".repeat(width - messages::width(cell));
            match numbers.contains(&column) {
                true => format!("{blanks}{cell}"),
                false => format!("{cell}{blanks}"),
            }
        });
        let line = cells.collect::<Vec<String>>().join("  ");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
