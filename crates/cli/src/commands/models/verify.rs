//! `yuyi models verify`.

use std::io::Write;

use anyhow::bail;
use serde_json::{Value, json};
use yuyi_hub::Verified;
use yuyi_models::{Installed, ModelPlace, inventory};

use crate::args::VerifyModelsArgs;
use crate::language::Language;
use crate::messages;
use crate::terminal::{self, remark};

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
    let mut mendings = Vec::new();
    for model in &models {
        let verified = yuyi_hub::verify(model)?;
        if !verified.problems.is_empty() {
            mendings.push(model.mending());
        }
        match args.json {
            true => documents.push(document(model, &verified)),
            false => writeln!(out, "{}", said(model, &verified))?,
        }
    }
    if args.json {
        writeln!(out, "{}", json!({ "models": documents }))?;
    }
    match mendings.as_slice() {
        [] => Ok(()),
        [mending] => bail!("1 model is not what was installed. {mending}"),
        several => {
            several.iter().for_each(|told| remark!("{told}"));
            bail!("{} models are not what was installed.", several.len())
        }
    }
}

fn document(model: &Installed, verified: &Verified) -> Value {
    json!({
        "name": model.name, "compared": verified.compared, "problems": verified.problems,
        "sound": verified.problems.is_empty(),
    })
}

/// A line for each problem in the user's language; a name in front is no part of the message.
fn said(model: &Installed, verified: &Verified) -> String {
    let name = &model.name;
    let told = match (verified.problems.as_slice(), verified.compared) {
        ([], 0) => vec![messages::told("whole; no sums of it are known").into_owned()],
        ([], n) => vec![messages::told(&format!("sound, {n} files compared")).into_owned()],
        (problems, _) => {
            let told = problems.iter().map(|problem| messages::told(problem));
            told.map(|told| told.into_owned()).collect()
        }
    };
    let colon = Language::of_messages().pick("：", ": ");
    let lines = told.iter().map(|told| format!("{name}{colon}{told}"));
    lines.collect::<Vec<String>>().join("\n")
}
