//! `yuyi models verify`.

use std::io::Write;

use anyhow::bail;
use serde_json::{Value, json};
use yuyi_hub::Verified;
use yuyi_models::{Installed, ModelPlace, inventory};

use crate::args::VerifyModelsArgs;
use crate::messages;
use crate::terminal;

/// Compares models with what was installed; fails if one of them is not that.
pub fn run(args: &VerifyModelsArgs) -> anyhow::Result<()> {
    let models = match args.names.as_slice() {
        [] => inventory()?
            .into_iter()
            .filter(|model| model.place != ModelPlace::Program)
            .collect(),
        names => names
            .iter()
            .map(|name| super::find(name))
            .collect::<Result<Vec<_>, _>>()?,
    };
    let mut out = terminal::stdout();
    let mut documents = Vec::new();
    let mut broken = 0;
    for model in &models {
        let verified = yuyi_hub::verify(model)?;
        broken += usize::from(!verified.problems.is_empty());
        match args.json {
            true => documents.push(document(model, &verified)),
            false => writeln!(out, "{}", messages::text(&said(model, &verified)))?,
        }
    }
    if args.json {
        writeln!(out, "{}", json!({ "models": documents }))?;
    }
    match broken {
        0 => Ok(()),
        1 => bail!(
            "1 model is not what was installed. `yuyi models rm` removes it, and `yuyi pull` fetches it again."
        ),
        n => bail!(
            "{n} models are not what was installed. `yuyi models rm` removes them, and `yuyi pull` fetches them again."
        ),
    }
}

fn document(model: &Installed, verified: &Verified) -> Value {
    json!({
        "name": model.name, "compared": verified.compared, "problems": verified.problems,
        "sound": verified.problems.is_empty(),
    })
}

fn said(model: &Installed, verified: &Verified) -> String {
    let name = &model.name;
    match (verified.problems.as_slice(), verified.compared) {
        ([], 0) => format!("{name}: whole; no sums of it are known"),
        ([], n) => format!("{name}: sound, {n} files compared"),
        (problems, _) => {
            let problems = problems.iter();
            let lines = problems.map(|problem| format!("{name}: {problem}"));
            lines.collect::<Vec<String>>().join("\n")
        }
    }
}
