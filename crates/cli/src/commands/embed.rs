//! `yuyi embed`.

use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::json;
use yuyi::{EmbedOptions, Model, ModelFacts, Prompt};

use super::{Chunks, report_truncated};
use crate::args::EmbedArgs;
use crate::input::{Columns, Format, Input, Row};
use crate::messages::tell;
use crate::misuse::Misuse;
use crate::model::{find_model, load_uncalibrated, unloadable};
use crate::output::vectors::{Target, VectorWriter};

/// Writes the vectors of the texts of a file.
pub fn run(args: &EmbedArgs) -> anyhow::Result<()> {
    let Some(target) = Target::of(&args.output) else {
        let shown = args.output.display();
        bail!(Misuse(format!(
            "{shown}: name the output .npy or .jsonl, or say - for JSONL."
        )));
    };
    let columns = Columns::needed(&["text"]).told(&args.layout)?;
    let input = Input::open(&args.file, args.format, Format::Txt)?;
    let model = load(args)?;
    let options = EmbedOptions {
        prompt: prompt(args),
        ..EmbedOptions::default()
    };
    let started = Instant::now();
    let mut writer = VectorWriter::create(target, model.facts().dimension, &args.file)?;
    let (rows, mut progress) = input.rows(columns);
    let mut chunks = Chunks::new(rows);
    let (mut count, mut truncated) = (0, 0);
    loop {
        let rows = chunks.next()?;
        let Some(Row { line, .. }) = rows.last() else {
            break;
        };
        let last = *line;
        let texts: Vec<String> = rows.into_iter().flat_map(|row| row.cells).collect();
        for (text, encoded) in texts.iter().zip(model.embed_with(&texts, &options)?) {
            writer.write(text, &encoded)?;
            count += 1;
            truncated += usize::from(encoded.truncated);
        }
        progress.done(texts.len(), last);
    }
    let to_standard_output = writer.finish()?;
    progress.finish();
    let ModelFacts {
        name,
        dimension,
        max_tokens,
        ..
    } = model.facts();
    report_truncated(truncated, *max_tokens);
    let seconds = started.elapsed().as_secs_f64();
    if args.json && !to_standard_output {
        let output = args.output.display().to_string();
        let summary = json!({
            "rows": count, "dimension": dimension, "truncated": truncated, "model": name, "output": output, "seconds": seconds,
        });
        println!("{summary}");
    } else {
        tell!("{count} vectors of {dimension} numbers in {seconds:.1} s");
    }
    Ok(())
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
