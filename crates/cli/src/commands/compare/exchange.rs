//! What the process that compares and the one that measures tell each other, as JSON.

use std::io::Write;
use std::process::Stdio;

use anyhow::bail;
use serde::{Deserialize, Serialize};
use yuyi::{KernelPath, Precision};
use yuyi_tasks::corpus::{Corpus, Texts};
use yuyi_tasks::evaluation::{Answer, FirstStage};

use crate::args::{ComputeArgs, MethodArg};
use crate::commands::child;
use crate::input::{FaqFile, Questions};

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
    /// Questions to a FAQ, where there are some.
    pub search: Option<SearchTask>,
}

/// Questions that are put to a FAQ.
#[derive(Clone, Serialize, Deserialize)]
pub struct SearchTask {
    /// Texts, each once.
    pub texts: Vec<String>,
    /// Places of the wordings of each entry.
    pub entries: Vec<Vec<usize>>,
    /// Place of each question, with the entries that answer it.
    pub questions: Vec<(usize, Vec<usize>)>,
    /// Entries of each question that a reranker orders.
    pub candidates: usize,
    /// What the first stage has found, for a reranker.
    pub found: Option<Vec<FirstStage>>,
}

/// What came of a search.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Searched {
    /// By vectors, among all entries.
    Found {
        answers: Vec<Answer>,
        first: Vec<FirstStage>,
    },
    /// By a reranker: the logits of the first entries of all questions, in order, and seconds for a thousand of them.
    Reordered {
        logits: Vec<f64>,
        seconds_per_1000_pairs: Option<f64>,
    },
}

impl Task {
    /// All pairs of a corpus.
    pub fn of(corpus: &Corpus, search: Option<SearchTask>) -> Self {
        Self {
            texts: corpus.texts().to_vec(),
            pairs: corpus.pairs().iter().map(|pair| (pair.a, pair.b)).collect(),
            search,
        }
    }
}

impl SearchTask {
    /// The questions of a file to a FAQ.
    pub fn of(faq: &FaqFile, questions: &Questions, candidates: usize) -> Self {
        let mut texts = Texts::default();
        let mut place = |text: &String| texts.place(text);
        let entries = faq.faq.entries().iter();
        let entries: Vec<Vec<usize>> = entries
            .map(|entry| entry.wordings.iter().map(&mut place).collect())
            .collect();
        let questions = questions.questions.iter();
        let questions = questions.map(|asked| (place(&asked.text), asked.relevant.clone()));
        Self {
            questions: questions.collect(),
            candidates: candidates.min(entries.len()),
            entries,
            texts: texts.all().to_vec(),
            found: None,
        }
    }

    /// What a reranker reads: each question with the first entries that were found of it.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        let found = self.found.iter().flatten();
        let pairs = self
            .questions
            .iter()
            .zip(found)
            .flat_map(|((question, _), found)| {
                let text = |place: usize| self.texts[place].as_str();
                let first = found.first.iter();
                first.map(move |&(entry, wording)| {
                    (text(*question), text(self.entries[entry][wording]))
                })
            });
        pairs.collect()
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
    /// Score of each pair as the model or method gives it: of a model, the cosine; of a reranker, the logit.
    pub raw: Vec<f64>,
    /// Score of each pair as people see it.
    pub similarity: Vec<f64>,
    /// Similarity of each of the examples.
    pub examples: Vec<f64>,
    /// What came of the questions to a FAQ, where there are some that it can answer.
    pub search: Option<Searched>,
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
    /// Seconds for a thousand pairs when there are many; a text of several pairs is computed once where the model allows that.
    pub seconds_per_1000_pairs: f64,
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
    /// It reads the two texts of a pair together, and has no vectors.
    pub is_reranker: bool,
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
