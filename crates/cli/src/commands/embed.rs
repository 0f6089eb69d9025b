//! `yuyi embed`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::json;
use yuyi::{EmbedOptions, Model, ModelFacts, Prompt};

use super::{Chunks, report_truncated};
use crate::args::EmbedArgs;
use crate::input::{self, Columns, Format, Rows};
use crate::misuse::Misuse;
use crate::model::{load_uncalibrated, unloadable};
use crate::named::find_model;
use crate::output::vectors::{Target, VectorWriter};
use crate::progress::Progress;
use crate::terminal::remark;

/// Writes the vectors of the texts of a file.
pub fn run(args: &EmbedArgs) -> anyhow::Result<()> {
    let Some(target) = Target::of(&args.output) else {
        let shown = args.output.display();
        bail!(Misuse(format!(
            "{shown}: name the output .npy or .jsonl, or say - for JSONL."
        )));
    };
    let columns = Columns::needed(&["text"]).chosen_by(&args.layout.layout())?;
    let input = input::open(&args.file, args.format, Format::Txt)?;
    let model = load(args)?;
    let started = Instant::now();
    let mut writer = VectorWriter::create(target, model.facts().dimension, &args.file)?;
    let name = input.name().to_owned();
    let mut progress = Progress::of_lines(input.lines());
    let rows = input.rows(columns);
    let written = write(&model, &prompt(args), rows, &mut writer, &mut progress)?;
    if written.rows == 0 {
        bail!("{name} has no texts.");
    }
    let to_standard_output = writer.finish()?;
    progress.finish();
    report_truncated(written.truncated, model.facts().max_tokens);
    let as_json = args.json && !to_standard_output;
    written.report(&model, started.elapsed(), as_json.then_some(&args.output));
    Ok(())
}

/// What was written.
#[derive(Default)]
struct Written {
    rows: usize,
    /// Texts that were cut.
    truncated: usize,
}

impl Written {
    /// Says so: as JSON on standard output where the vectors went to `output`, else on standard error.
    fn report(&self, model: &Model, took: Duration, output: Option<&PathBuf>) {
        let Self { rows, truncated } = self;
        let ModelFacts {
            name, dimension, ..
        } = model.facts();
        let seconds = took.as_secs_f64();
        let Some(output) = output else {
            remark!("{rows} vectors of {dimension} numbers in {seconds:.1} s");
            return;
        };
        let output = output.display().to_string();
        let summary = json!({
            "rows": rows, "dimension": dimension, "truncated": truncated, "model": name, "output": output, "seconds": seconds,
        });
        println!("{summary}");
    }
}

/// Embeds the rows, many at a time, and writes them in order.
fn write(
    model: &Model,
    prompt: &Prompt,
    rows: Rows,
    writer: &mut VectorWriter,
    progress: &mut Progress,
) -> anyhow::Result<Written> {
    let options = EmbedOptions {
        prompt: prompt.clone(),
        ..EmbedOptions::default()
    };
    let mut written = Written::default();
    let mut chunks = Chunks::new(rows);
    loop {
        let rows = chunks.next()?;
        let Some(last) = rows.last().map(|row| row.line) else {
            return Ok(written);
        };
        let texts: Vec<String> = rows.into_iter().flat_map(|row| row.cells).collect();
        for (text, encoded) in texts.iter().zip(model.embed_with(&texts, &options)?) {
            writer.write(text, &encoded)?;
            written.rows += 1;
            written.truncated += usize::from(encoded.truncated);
        }
        progress.done(texts.len(), last);
    }
}

fn load(args: &EmbedArgs) -> anyhow::Result<Model> {
    let name = &args.model.model;
    let found = find_model(name)?;
    load_uncalibrated(found, &args.model.compute).with_context(|| unloadable(name))
}

fn prompt(args: &EmbedArgs) -> Prompt {
    match (&args.prompt, args.no_prompt) {
        (_, true) => Prompt::Text(String::new()),
        (Some(text), false) => Prompt::Text(text.clone()),
        (None, false) => Prompt::Default,
    }
}
