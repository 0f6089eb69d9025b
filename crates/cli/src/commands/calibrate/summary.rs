//! The calibration as text for a terminal.

use yuyi_tasks::Cutoff;
use yuyi_tasks::metrics::{Bin, Estimate};

use super::{Calibrated, ENOUGH_ACCEPTED, ENOUGH_PAIRS};
use crate::report::Language;

/// The errors, the curve, how reliable it is, and thresholds.
pub fn summary(calibrated: &Calibrated) -> String {
    let Calibrated {
        model,
        precision,
        kernel,
        pairs,
        ece_before,
        ece_after,
        held_out,
        ..
    } = calibrated;
    let set = &calibrated.set;
    let mut lines = vec![
        format!("{model} · {} · {kernel} · {set}: {pairs} pairs", precision),
        String::new(),
        format!(
            "calibration error {} of the cosine, {} calibrated: on {held_out} pairs, by a curve for the others",
            estimate(ece_before, 3),
            estimate(ece_after, 3)
        ),
        String::new(),
        "  cosine  similarity".to_owned(),
    ];
    let knots = calibrated.knots.iter();
    lines.extend(knots.map(|(cosine, similarity)| format!("{cosine:8.4}{similarity:12.4}")));
    lines.push(String::new());
    lines.push("similarity   pairs   mean similarity   mean label   (held-out pairs)".to_owned());
    let filled = calibrated
        .reliability_after
        .iter()
        .filter(|bin| bin.count > 0);
    lines.extend(filled.map(bin));
    lines.push(String::new());
    lines.extend(thresholds(calibrated));
    lines.extend(remarks(calibrated));
    lines.join("\n") + "\n"
}

/// What a user should know before relying on the curve.
fn remarks(calibrated: &Calibrated) -> Vec<String> {
    let mut remarks = Vec::new();
    if calibrated.yes_no {
        remarks.push(
            "The labels are 0 and 1, so a similarity is how likely a pair is the same, not how much: of the pairs at 0.7, seven in ten are. \
             It moves with the share of pairs that are the same; grades such as 0.25 and 0.5 give the scale of the built-in model."
                .to_owned(),
        );
    }
    remarks.extend(
        calibrated
            .remark_on_kinds(Language::of_messages())
            .map(str::to_owned),
    );
    if calibrated.is_thin() {
        remarks.push(format!(
            "{} pairs are few: another sample would give another curve. Take {ENOUGH_PAIRS} or more.",
            calibrated.pairs
        ));
    }
    if let Some(cutoff) = calibrated.thresholds.at_precision
        && cutoff.accepted < ENOUGH_ACCEPTED
    {
        remarks.push(format!(
            "Only {} of the pairs reach the threshold for precision {}: do not rely on it yet.",
            cutoff.accepted, calibrated.thresholds.wished_precision
        ));
    }
    if !remarks.is_empty() {
        remarks.insert(0, String::new());
    }
    remarks
}

fn bin(bin: &Bin) -> String {
    let Bin {
        low,
        high,
        count,
        mean_similarity,
        mean_grade,
    } = bin;
    format!("{low:.1} – {high:.1} {count:8}{mean_similarity:18.3}{mean_grade:13.3}")
}

fn thresholds(calibrated: &Calibrated) -> Vec<String> {
    let thresholds = &calibrated.thresholds;
    let wished = thresholds.wished_precision;
    let Some(best) = &thresholds.best_f1 else {
        return vec!["All pairs are of one kind, so no threshold tells them apart.".to_owned()];
    };
    let same = format!(
        "{} pairs are the same (label {} and more). Pairs from a threshold on are taken to be the same:",
        thresholds.same, calibrated.same_from
    );
    let at_precision = match &thresholds.at_precision {
        Some(cutoff) => threshold(&format!("precision {wished}"), cutoff),
        None => format!("precision {wished}: no threshold has it"),
    };
    vec![same, threshold("best F1", best), at_precision]
}

fn threshold(name: &str, cutoff: &Cutoff) -> String {
    let [similarity, cosine] = [estimate(&cutoff.similarity, 3), estimate(&cutoff.cosine, 4)];
    let Cutoff {
        accepted,
        precision,
        recall,
        f1,
        ..
    } = cutoff;
    format!(
        "{name}: similarity {similarity}, cosine {cosine}: precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}, {accepted} pairs accepted"
    )
}

/// A value, with its interval if there is one.
fn estimate(estimate: &Estimate, digits: usize) -> String {
    let value = estimate.value.unwrap_or_default();
    match estimate.interval() {
        Some(i) => format!("{value:.digits$} ({:.digits$}–{:.digits$})", i.low, i.high),
        None => format!("{value:.digits$}"),
    }
}
