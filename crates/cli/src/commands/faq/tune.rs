//! `yuyi faq tune`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use serde::Serialize;
use yuyi::{Model, RerankModel};
use yuyi_collections::{Matcher, faq as default_limits};
use yuyi_store::Timestamp;
use yuyi_tasks::faq::{Choice, MIN_ANSWERED, Tuning, WITHIN, tune};
use yuyi_tasks::metrics::{Estimate, Sampling};

use super::entries::FileEntries;
use super::labelled::{Labelled, check_standard_input};
use super::settings::Settings;
use crate::args::FaqTuneArgs;
use crate::commands::report_truncated;
use crate::language::Language;
use crate::model::tell_uncalibrated;
use crate::named::load_model;
use crate::output::partial::PartialFile;
use crate::report::numbers::{grouped, percent, percent_with_interval};
use crate::reranking::load_reranker;
use crate::terminal::{self, remark};

/// Always the same samples: two runs on the same data say the same.
const SEED: u64 = 20;

/// Questions without an answer below which how often they are answered is a guess.
const FEW: usize = 20;

/// What is said of the fit.
#[derive(Serialize)]
struct Tuned {
    faq: String,
    entries: usize,
    questions: String,
    model: String,
    /// Whether the limits are on the scale that all models share.
    calibrated: bool,
    /// The reranker that chooses among the first entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    reranker: Option<String>,
    /// Questions that an entry answers, and that none does, of those that count.
    answerable: usize,
    unanswerable: usize,
    /// Questions that were left out.
    left_out: LeftOut,
    #[serde(flatten)]
    tuning: Tuning,
}

/// Questions that tell nothing of limits.
#[derive(Serialize)]
struct LeftOut {
    literal: usize,
    repeated: usize,
    contradicting: usize,
}

/// Reads, asks, fits and writes.
pub fn run(args: &FaqTuneArgs) -> anyhow::Result<()> {
    let labelled = &args.labelled;
    check_standard_input(&labelled.file, &labelled.questions)?;
    let inputs = [&labelled.file, &labelled.questions];
    let file = args.output.clone();
    let file = file.map(|path| PartialFile::beside(path, inputs));
    let file = file.transpose()?;
    let model = load_model(&args.model)?;
    tell_uncalibrated(&model, &args.model.model);
    let layout = labelled.layout.layout();
    let entries = FileEntries::read(&labelled.file, labelled.format, &layout, &model)?;
    let reranker = load_reranker(&args.rerank, &args.model.compute)?;
    let tuned = tuned(args, &entries, (&model, reranker.as_ref()))?;
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&tuned)?)?;
    } else {
        let language = Language::of_messages();
        out.write_all(summary(language, &tuned, &labelled.file).as_bytes())?;
    }
    out.flush()?;
    let Some(choice) = &tuned.tuning.choice else {
        bail!(unreached(&tuned.tuning));
    };
    tell_few(&tuned, choice);
    file.map_or(Ok(()), |file| write(file, &tuned, choice, &entries))
}

fn tuned(
    args: &FaqTuneArgs,
    entries: &FileEntries,
    (model, reranker): (&Model, Option<&RerankModel>),
) -> anyhow::Result<Tuned> {
    let matcher = Matcher {
        calibration: model.calibration(),
        limits: default_limits(),
        now: Timestamp::now(),
    };
    let asked = Labelled::ask(&args.labelled, entries, &matcher, (model, reranker))?;
    report_truncated(
        entries.truncated + asked.truncated,
        model.facts().max_tokens,
    );
    let trials = asked.trials.iter().enumerate();
    let trials: Vec<_> = trials
        .filter(|(place, _)| !asked.odd.is_idle(*place))
        .map(|(_, trial)| trial.clone())
        .collect();
    let answerable = trials.iter().filter(|trial| !trial.relevant.is_empty());
    let answerable = answerable.count();
    let sampling = Sampling {
        rounds: args.rounds as usize,
        seed: SEED,
    };
    let contradicting = asked.odd.contradicting.iter().map(Vec::len);
    Ok(Tuned {
        faq: entries.name.clone(),
        entries: entries.held.items().len(),
        questions: asked.file,
        model: model.facts().name.clone(),
        calibrated: model.calibration().is_fitted(),
        reranker: reranker.map(|reranker| reranker.facts().name.clone()),
        answerable,
        unanswerable: trials.len() - answerable,
        left_out: LeftOut {
            literal: asked.odd.literal.len(),
            repeated: asked.odd.repeated.len(),
            contradicting: contradicting.sum(),
        },
        tuning: tune(&trials, args.goal, sampling)?,
    })
}

/// Why there are no settings.
fn unreached(tuning: &Tuning) -> String {
    let goal = percent(tuning.goal);
    match tuning.most {
        Some((most, _)) => {
            let most = percent(most);
            format!(
                "No threshold and margin make {goal} of the answers right; {most} is the most. Wish for less with --goal, or see with yuyi faq test which entries are taken for others."
            )
        }
        None => format!(
            "With no threshold and margin {MIN_ANSWERED} of the questions are answered, so nothing can be told. Label more questions."
        ),
    }
}

/// Says where the data are too few to rely on.
fn tell_few(tuned: &Tuned, choice: &Choice) {
    let more = grouped(choice.more);
    if choice.more > 0 {
        let within = percent(WITHIN);
        remark!(
            "The questions are few: the precision may be off by more than {within}. About {more} more labelled questions would tell it."
        );
    }
    if !choice.is_sure {
        remark!(
            "The wished precision is met on these questions by little, and may be missed on others."
        );
    }
    if tuned.unanswerable < FEW {
        let n = tuned.unanswerable;
        remark!(
            "Questions without an answer: {n}. In use there are more of them, and a FAQ that was not fitted on them answers them too: label {FEW} or more with none."
        );
    }
}

fn write(
    mut file: PartialFile,
    tuned: &Tuned,
    choice: &Choice,
    entries: &FileEntries,
) -> anyhow::Result<()> {
    let limits = choice.limits();
    let settings = Settings {
        threshold: Some(limits.threshold),
        margin: Some(limits.margin),
        goal: Some(choice.goal),
        precision: choice.held_out.precision().value,
        questions: Some(tuned.answerable + tuned.unanswerable),
        model: Some(tuned.model.clone()),
        fingerprint: Some(entries.space.fingerprint.clone()),
        reranker: tuned.reranker.clone(),
    };
    let shown = file.path().display().to_string();
    file.write((serde_json::to_string_pretty(&settings)? + "\n").as_bytes())?;
    file.finish()?;
    remark!("{shown} is written.");
    Ok(())
}

fn summary(language: Language, tuned: &Tuned, file: &std::path::Path) -> String {
    let mut lines = vec![data(language, tuned)];
    if let Some(choice) = &tuned.tuning.choice {
        lines.push(String::new());
        lines.extend(chosen(language, choice));
        lines.push(String::new());
        lines.extend(usage(language, choice, file));
    }
    lines.extend(others(language, tuned));
    lines.join("\n") + "\n"
}

fn data(language: Language, tuned: &Tuned) -> String {
    let Tuned {
        faq,
        entries,
        questions,
        answerable,
        unanswerable,
        ..
    } = tuned;
    let [entries, answerable, unanswerable] =
        [entries, answerable, unanswerable].map(|n| grouped(*n));
    let LeftOut {
        literal,
        repeated,
        contradicting,
    } = &tuned.left_out;
    let left_out = literal + repeated + contradicting > 0;
    let told = language.pick(
        format!("{faq}：{entries} 个条目；{questions}：有答案的问题 {answerable} 个，无答案的 {unanswerable} 个"),
        format!("{faq}: {entries} entries; {questions}: questions with an answer: {answerable}, without: {unanswerable}"),
    );
    if !left_out {
        return told;
    }
    language.pick(
        format!("{told}\n未计入：与 FAQ 逐字相同 {literal} 个，重复 {repeated} 个，同一问题标注不一 {contradicting} 个"),
        format!("{told}\nleft out: word for word in the FAQ {literal}, repeated {repeated}, with several labels {contradicting}"),
    )
}

fn chosen(language: Language, choice: &Choice) -> Vec<String> {
    let goal = percent(choice.goal);
    let [threshold, margin] = [&choice.threshold, &choice.margin].map(limit);
    let held_out = &choice.held_out;
    let [precision, recall, falsely] = [
        held_out.precision(),
        held_out.recall(),
        held_out.false_answers(),
    ]
    .map(|share| percent_with_interval(&share));
    let worth = worth(language, choice).map_or(String::new(), |worth| {
        language.pick(format!("：{worth}"), format!(": {worth}"))
    });
    language.pick(
        vec![
            format!("为使回答有 {goal} 正确："),
            format!("  阈值 {threshold}，差距 {margin}"),
            "在未参与拟合的问题上：".to_owned(),
            format!("  回答的正确率 {precision}{worth}"),
            format!("  有答案的问题得到正确回答 {recall}"),
            format!("  无答案的问题被误答 {falsely}"),
        ],
        vec![
            format!("For {goal} of the answers to be right:"),
            format!("  threshold {threshold}, margin {margin}"),
            "On questions that it was not fitted on:".to_owned(),
            format!("  {precision} of the answers are right{worth}"),
            format!("  {recall} of the questions with an answer are answered rightly"),
            format!("  {falsely} of the questions without an answer are answered"),
        ],
    )
}

/// A limit with its interval.
fn limit(limit: &Estimate) -> String {
    let value = limit.value.unwrap_or_default();
    match limit.interval() {
        Some(i) => format!("{value:.2} ({:.2}–{:.2})", i.low, i.high),
        None => format!("{value:.2}"),
    }
}

fn usage(language: Language, choice: &Choice, file: &std::path::Path) -> Vec<String> {
    let limits = choice.limits();
    let (threshold, margin) = (limits.threshold, limits.margin);
    let file: PathBuf = file.into();
    let file = file.display();
    let question = language.pick("问题", "QUESTION");
    vec![
        language.pick("用法：", "Used with:").to_owned(),
        format!("  yuyi faq {file} {question} --threshold {threshold} --margin {margin}"),
        format!(
            "  POST /v1/collections/{{name}}/match {{\"text\": \"…\", \"threshold\": {threshold}, \"margin\": {margin}}}"
        ),
    ]
}

/// What is to be told of a choice that may not be what was wished; `None`: it is.
fn worth(language: Language, choice: &Choice) -> Option<&'static str> {
    let precision = choice.held_out.precision().value;
    match precision {
        Some(precision) if precision < choice.goal => {
            Some(language.pick("未达到目标", "misses the goal"))
        }
        // Limits for parts of the questions answered nothing.
        None => Some(language.pick("未知能否达到", "unknown whether it reaches the goal")),
        Some(_) if !choice.is_sure => Some(language.pick("没有把握", "unsure")),
        Some(_) => None,
    }
}

/// What other precisions would take, as a table.
fn others(language: Language, tuned: &Tuned) -> Vec<String> {
    let others = &tuned.tuning.others;
    if others.is_empty() {
        return Vec::new();
    }
    let head = language.pick(
        "目标      阈值   差距   正确率   正确回答   误答",
        "goal      threshold   margin   right   answered rightly   answered falsely",
    );
    let widths = language.pick([6, 8, 6, 8, 10, 8], [6, 12, 8, 7, 18, 18]);
    let row = |other: &Choice| {
        let held_out = &other.held_out;
        let share = |share: Estimate| share.value.map_or("–".to_owned(), percent);
        let limits = other.limits();
        let cells = [
            percent(other.goal),
            format!("{:.2}", limits.threshold),
            format!("{:.2}", limits.margin),
            share(held_out.precision()),
            share(held_out.recall()),
            share(held_out.false_answers()),
        ];
        let cells = cells.iter().zip(widths);
        let row: String = cells
            .map(|(cell, width)| format!("{cell:>width$}"))
            .collect();
        match worth(language, other) {
            Some(worth) => format!("{row}  {worth}"),
            None => row,
        }
    };
    let heading = language.pick("其他目标：", "Other goals:").to_owned();
    [String::new(), heading, head.to_owned()]
        .into_iter()
        .chain(others.iter().map(row))
        .collect()
}
