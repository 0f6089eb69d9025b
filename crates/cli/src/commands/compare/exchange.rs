//! What the process that compares and the one that measures tell each other, as JSON.

use std::io::Write;
use std::process::Stdio;

use anyhow::bail;
use serde::{Deserialize, Serialize};
use yuyi::{KernelPath, Precision};
use yuyi_tasks::corpus::Corpus;

use crate::args::{ComputeArgs, MethodArg};
use crate::commands::child;

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Contestant {
    /// A model, as the user names it.
    Model(String),
    /// A literal method.
    Method(MethodArg),
}

impl Contestant {
    /// As the user names it.
    pub fn name(&self) -> String {
        match self {
            Self::Model(name) => name.clone(),
            Self::Method(method) => method.to_string(),
        }
    }
}

/// What is to be scored.
#[derive(Serialize, Deserialize)]
pub struct Task {
    /// Texts, each once.
    pub texts: Vec<String>,
    /// Places of the two texts of each pair.
    pub pairs: Vec<(usize, usize)>,
}

impl Task {
    /// All pairs of a corpus.
    pub fn of(corpus: &Corpus) -> Self {
        Self {
            texts: corpus.texts().to_vec(),
            pairs: corpus.pairs().iter().map(|pair| (pair.a, pair.b)).collect(),
        }
    }
}

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Facts of a model.
    pub model: Option<Facts>,
    /// What it takes.
    pub costs: Costs,
    /// Texts that were cut.
    pub truncated: usize,
    /// Score of each pair as the model or method gives it: of a model, the cosine.
    pub raw: Vec<f64>,
    /// Score of each pair as people see it.
    pub similarity: Vec<f64>,
    /// Similarity of each of the examples.
    pub examples: Vec<f64>,
}

/// What a contestant takes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Costs {
    /// From nothing to the first vectors; of a method, to being ready.
    pub load_seconds: f64,
    /// Most memory of a process that does only this; of a method, what it adds. Absent where the system does not tell, and of a model
    /// that computes elsewhere.
    pub memory_bytes: Option<u64>,
    /// Median time of one pair.
    pub pair_seconds: f64,
    /// Texts a second when there are many.
    pub texts_per_second: f64,
    /// Of the time in which its threads could have run, the share in which they waited for a processor. Absent where the system
    /// does not tell.
    pub waited_share: Option<f64>,
}

/// What is known of a model once it is loaded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    pub name: String,
    /// Length of its vectors.
    pub dimension: usize,
    /// Number format of its matrix products; absent where the model computes elsewhere.
    pub precision: Option<Precision>,
    /// Instruction set that computes; absent where the model computes elsewhere.
    pub kernel: Option<KernelPath>,
    /// Whether its similarity went through a fitted calibration.
    pub calibrated: bool,
}

/// What the process that measures answers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It could.
    Measured(Box<Measured>),
    /// It could not.
    Failed(String),
}

/// Measures one contestant in a process of its own.
///
/// # Errors
/// Why it could not be measured, as a sentence for the user.
pub fn measure_apart(
    contestant: &Contestant,
    compute: &ComputeArgs,
    task: &Task,
) -> anyhow::Result<Measured> {
    let mut command = child::command("contestant", compute.precision(), compute.threads())?;
    if let Some(most) = compute.max_remote_texts {
        command.arg(format!("--max-remote-texts={most}"));
    }
    command.arg(match contestant {
        Contestant::Model(name) => format!("--model={name}"),
        Contestant::Method(method) => format!("--method={method}"),
    });
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // It answers only after it has read everything, so neither waits for the other. One that fails earlier does not read.
        let _ = input.write_all(&serde_json::to_vec(task)?);
    }
    let output = child.wait_with_output()?;
    match serde_json::from_slice(&output.stdout) {
        Ok(Reply::Measured(measured)) if measured.raw.len() == task.pairs.len() => Ok(*measured),
        Ok(Reply::Failed(reason)) => bail!("{reason}"),
        // Such as one that the system ended for want of memory.
        _ => bail!(
            "the process that measured it ended early: {}",
            output.status
        ),
    }
}
