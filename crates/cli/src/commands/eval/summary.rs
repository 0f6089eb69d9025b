//! The evaluation as text for a terminal.

use yuyi_tasks::evaluation::{RawScore, SearchQuality};
use yuyi_tasks::metrics::Estimate;

use super::Evaluation;
use super::pairs::EvaluatedFile;
use super::search::{EvaluatedSearch, RerankedSearch};
use crate::commands::compare::significant;
use crate::messages;
use crate::report::Language;

/// A block for each file, one for all of them, and one for the FAQ.
pub fn summary(evaluation: &Evaluation) -> String {
    let Evaluation {
        model,
        calibrated,
        pairs,
        retrieval,
        ..
    } = evaluation;
    let calibrated = if *calibrated {
        "calibrated"
    } else {
        "uncalibrated"
    };
    let mut lines = vec![format!(
        "{} · {} · {} · {calibrated}",
        model.name,
        model.precision_name(),
        model.kernel_name()
    )];
    if let Some(pairs) = pairs {
        let together = (pairs.files.len() > 1).then_some(&pairs.all);
        for file in pairs.files.iter().chain(together) {
            lines.extend(block(file));
            let remarks = evaluation.findings(file).remarks(Language::of_messages());
            lines.extend(remarks.iter().map(|remark| format!("  {remark}")));
        }
        lines.push(String::new());
        let seconds = significant(pairs.seconds_per_1000_pairs);
        lines.push(format!("1,000 pairs take {seconds} s."));
    }
    lines.extend(retrieval.iter().flat_map(search_block));
    if evaluation.rounds > 0 {
        lines.push(String::new());
        lines.push(format!(
            "In brackets: 95 % interval of {} bootstrap samples.",
            evaluation.rounds
        ));
    }
    lines.join("\n") + "\n"
}

fn block(file: &EvaluatedFile) -> Vec<String> {
    let quality = &file.quality;
    let together = || messages::told("all files");
    let name = file.file.as_deref().map_or_else(together, Into::into);
    let mut lines = vec![
        String::new(),
        format!(
            "{name}: {}, {} the same",
            pairs(quality.pairs),
            quality.same
        ),
        row("Spearman", &quality.spearman, ""),
        row("Pearson", &quality.pearson, ""),
        row("AUC", &quality.auc, ""),
        row("average precision", &quality.average_precision, ""),
    ];
    let at = file.threshold.map_or(String::new(), |t| {
        let (similarity, raw) = (t.similarity, t.raw.value());
        let (precision, recall) = (t.precision, t.recall);
        match t.raw {
            RawScore::Logit(_) => format!(
                "from similarity {similarity:.3} (logit {raw:.4}): precision {precision:.3}, recall {recall:.3}"
            ),
            _ => format!(
                "from similarity {similarity:.3} (cosine {raw:.4}): precision {precision:.3}, recall {recall:.3}"
            ),
        }
    });
    lines.push(row("best F1", &quality.best_f1, &at));
    lines.push(row("calibration error", &quality.ece, ""));
    lines
}

fn search_block(search: &EvaluatedSearch) -> Vec<String> {
    let quality = &search.quality;
    let mut lines = vec![
        String::new(),
        format!(
            "{}: {} entries; {}: questions with an answer: {}, without: {}",
            search.faq, search.entries, search.questions, quality.answerable, quality.unanswerable
        ),
    ];
    lines.extend(rows(quality));
    if let Some(best) = quality.best {
        let refused = best.refused.map_or(String::new(), |share| {
            format!(
                "; of the questions without, {:.1} % get none",
                100.0 * share
            )
        });
        let interval = best
            .similarity_interval
            .map_or(String::new(), |i| format!(" ({:.3}–{:.3})", i.low, i.high));
        lines.push(format!(
            "  answering from similarity {:.3}{interval}: {:.1} % of the answers are right, {:.1} % of the questions get it{refused}",
            best.similarity, 100.0 * best.precision, 100.0 * best.recall
        ));
    }
    lines.extend(missed(search));
    lines.extend(search.reranked.iter().flat_map(reranked_block));
    lines
}

fn rows(quality: &SearchQuality) -> [String; 5] {
    [
        row("recall@1", &quality.recall_at_1, ""),
        row("recall@3", &quality.recall_at_3, ""),
        row("recall@10", &quality.recall_at_10, ""),
        row("MRR", &quality.mrr, ""),
        row("nDCG@10", &quality.ndcg_at_10, ""),
    ]
}

/// The same after a reranker.
fn reranked_block(reranked: &RerankedSearch) -> Vec<String> {
    let RerankedSearch {
        reranker,
        first_stage,
        candidates,
        ..
    } = reranked;
    let mut lines = vec![
        String::new(),
        format!("{reranker}, which orders the first {candidates} of {first_stage}"),
    ];
    lines.extend(rows(&reranked.quality));
    if let Some(seconds) = reranked.seconds_per_1000_pairs {
        let seconds = significant(seconds);
        lines.push(format!("  1,000 pairs take {seconds} s."));
    }
    lines
}

/// Every question that another entry won.
fn missed(search: &EvaluatedSearch) -> Vec<String> {
    let n = search.missed.len();
    let heading = (n > 0).then(|| format!("  missed: {n}"));
    let lines = search.missed.iter().map(|missed| {
        let expected = missed.expected.as_deref().unwrap_or("–");
        let rank = missed
            .rank
            .map_or(String::new(), |rank| format!(", which came {rank}"));
        format!(
            "  {}: {:?} found {:?} ({:.3}) instead of {expected:?}{rank}",
            missed.origin, missed.question, missed.found, missed.similarity
        )
    });
    heading.into_iter().chain(lines).collect()
}

fn row(name: &str, estimate: &Estimate, more: &str) -> String {
    let value = estimate.value.map_or("–".to_owned(), |v| format!("{v:.4}"));
    let to = Language::of_messages().pick("至", "to");
    let interval = estimate
        .interval()
        // A dash beside a minus sign cannot be read.
        .map_or(String::new(), |i| match i.low < 0.0 {
            true => format!("({:.4} {to} {:.4})", i.low, i.high),
            false => format!("({:.4}–{:.4})", i.low, i.high),
        });
    let (name, more) = (messages::left(name, 18), messages::told(more));
    format!("  {name} {value:>7}  {interval:17} {more}")
        .trim_end()
        .to_owned()
}

fn pairs(n: usize) -> String {
    match n {
        1 => "1 pair".to_owned(),
        n => format!("{n} pairs"),
    }
}
