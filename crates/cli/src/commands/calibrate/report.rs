//! The calibration as a report.

use yuyi::Calibration;
use yuyi_tasks::metrics::Estimate;
use yuyi_tasks::{Cutoff, Cutoffs};

use super::{Calibrated, ENOUGH_ACCEPTED, ENOUGH_PAIRS};
use crate::calibration::Fit;
use crate::report::blocks::{self, Cell, Table, Tile, figure, figures};
use crate::report::numbers::{grouped, interval, percent, value};
use crate::report::{Element, Language, Report, chart, today};

pub fn report(language: Language, calibrated: &Calibrated, fit: &Fit) -> Report {
    let title = language.pick("相似度校准报告", "Calibration of similarity");
    let mut report = Report::new(language, title, &about(language, calibrated));
    report.block(tiles(language, calibrated));
    report.block(blocks::lead(&conclusion(language, calibrated)));
    let heading = language.pick("分数可不可信", "Can the scores be taken literally?");
    report.section(heading, [plots(language, calibrated, fit)]);
    let heading = language.pick("阈值", "Thresholds");
    report.section(heading, thresholds(language, calibrated));
    let heading = language.pick("校准曲线的折点", "Knots of the curve");
    report.section(heading, [knots(language, calibrated)]);
    let heading = language.pick("说明", "How to read this");
    report.section(heading, explanations(language, calibrated));
    report
}

fn about(language: Language, calibrated: &Calibrated) -> Vec<String> {
    let Calibrated {
        model, precision, ..
    } = calibrated;
    let (head, data) = language.pick(("模型", "数据"), ("Model", "Data"));
    vec![
        format!("{head} {model} · {}", precision),
        format!("{data} {}", calibrated.set),
        today(),
    ]
}

fn tiles(language: Language, calibrated: &Calibrated) -> Element {
    let tile = |label: (&str, &str), value: String, note: String| Tile {
        value,
        label: language.pick(label.0, label.1).to_owned(),
        note,
    };
    let error = |label, error: &Estimate, what: (&str, &str)| {
        let what = language.pick(what.0, what.1);
        let note = match error.interval() {
            Some(_) => format!("{} · {what}", interval(error)),
            None => what.to_owned(),
        };
        tile(label, value(error.value), note)
    };
    blocks::tiles([
        tile(
            ("句对", "pairs"),
            grouped(calibrated.pairs),
            match calibrated.is_thin() {
                true => language.pick(
                    format!("偏少，最好有 {ENOUGH_PAIRS} 对以上"),
                    format!("few: take {ENOUGH_PAIRS} or more"),
                ),
                false => String::new(),
            },
        ),
        error(
            ("校准前误差 ECE", "error before (ECE)"),
            &calibrated.ece_before,
            ("直接用余弦", "of the cosine"),
        ),
        error(
            ("校准后误差 ECE", "error after (ECE)"),
            &calibrated.ece_after,
            ("没参与拟合的一半", "on the half not fitted to"),
        ),
    ])
}

fn conclusion(language: Language, calibrated: &Calibrated) -> String {
    let errors = [calibrated.ece_before, calibrated.ece_after];
    let [before, after] = errors.map(|error| percent(error.value.unwrap_or_default()));
    language.pick(
        format!("按分数分档来看，直接用余弦时，平均分与平均标注相差 {before}；校准后，在没有参与拟合的一半句对上相差 {after}。"),
        format!("In bins of score, the mean cosine and the mean label are {before} apart; after calibration, on the half of the pairs that it was not fitted to, similarity and label are {after} apart."),
    )
}

fn plots(language: Language, calibrated: &Calibrated, fit: &Fit) -> Element {
    let series = [
        chart::Series {
            name: language.pick("校准前", "before"),
            bins: &calibrated.reliability_before,
        },
        chart::Series {
            name: language.pick("校准后", "after"),
            bins: &calibrated.reliability_after,
        },
    ];
    let mut plots = vec![figure(
        language.pick("可靠性图", "Reliability diagram"),
        language.pick(
            "落在虚线上，分数就等于标注；底部灰柱是校准后各档句对的多少。",
            "On the dashed line a similarity is what the labels say; the grey bars show how many pairs there are after calibration.",
        ),
        chart::reliability(language, &series),
    )];
    if let Some(best) = &calibrated.thresholds.best_f1 {
        plots.push(figure(
            language.pick(
                "同义与不同义句对的相似度",
                "Similarities of same and different pairs",
            ),
            language.pick(
                "两座山分得越开，模型越分得清。",
                "The further apart, the better the model tells them apart.",
            ),
            histogram(language, calibrated, fit, best),
        ));
    }
    figures(plots)
}

fn histogram(language: Language, calibrated: &Calibrated, fit: &Fit, best: &Cutoff) -> Element {
    let calibration = Calibration::Fitted(fit.fitted.curve.clone());
    let of = |same: bool| -> Vec<f64> {
        let chosen = fit
            .pairs
            .iter()
            .filter(|pair| (pair.1 >= calibrated.same_from) == same);
        chosen.map(|pair| calibration.similarity(pair.0)).collect()
    };
    chart::histogram(language, &of(true), &of(false), best.similarity.value)
}

fn thresholds(language: Language, calibrated: &Calibrated) -> Vec<Element> {
    let thresholds = &calibrated.thresholds;
    let Some(best) = &thresholds.best_f1 else {
        let text = language.pick(
            "句对只有一类，谈不上阈值。",
            "All pairs are of one kind, so no threshold tells them apart.",
        );
        return vec![blocks::paragraph(text)];
    };
    let wished = percent(thresholds.wished_precision);
    let wish = language.pick(
        format!("精确率不低于 {wished}"),
        format!("precision of {wished}"),
    );
    let mut rows = vec![row(language.pick("F1 最高", "best F1"), best)];
    rows.extend(
        thresholds
            .at_precision
            .iter()
            .map(|cutoff| row(&wish, cutoff)),
    );
    let table = Table {
        head: thresholds_head(language),
        rows,
        total: false,
    };
    let doubt = doubt(language, thresholds, &wish);
    let (same, from) = (grouped(thresholds.same), calibrated.same_from);
    let counted = language.pick(
        format!("标注不低于 {from} 算同义，共 {same} 对。相似度达到阈值就判为同义。"),
        format!("A pair counts as the same from a label of {from}: {same} do. Pairs from the threshold on are taken to be the same."),
    );
    let notes = doubt.into_iter().chain([counted]);
    let notes = notes.map(|note| blocks::note(&note));
    std::iter::once(table.element()).chain(notes).collect()
}

/// What keeps from relying on the threshold of the wished precision.
fn doubt(language: Language, thresholds: &Cutoffs, wish: &str) -> Option<String> {
    let wished = percent(thresholds.wished_precision);
    let Some(cutoff) = &thresholds.at_precision else {
        return Some(language.pick(
            format!("没有哪个阈值的精确率能达到 {wished}。"),
            format!("No threshold has a precision of {wished}."),
        ));
    };
    let accepted = cutoff.accepted;
    (accepted < ENOUGH_ACCEPTED).then(|| {
        language.pick(
            format!("达到“{wish}”这一阈值的只有 {accepted} 对，还不足为凭。"),
            format!("Only {accepted} of the pairs reach the threshold for a {wish}: do not rely on it yet."),
        )
    })
}

fn thresholds_head(language: Language) -> Vec<Cell> {
    let pick = |zh, en| Cell::number(language.pick(zh, en));
    vec![
        Cell::text(language.pick("要求", "wish")),
        pick("相似度", "similarity"),
        pick("余弦", "cosine"),
        pick("精确率", "precision"),
        pick("召回率", "recall"),
        pick("F1", "F1"),
        pick("判为同义的句对", "pairs accepted"),
    ]
}

fn row(name: &str, cutoff: &Cutoff) -> Vec<Cell> {
    let number = |number: f64| Cell::number(format!("{number:.3}"));
    let cosine = cutoff.cosine.value.unwrap_or_default();
    let below = cutoff.cosine.interval();
    let below = below.map_or(String::new(), |i| format!("{:.4}–{:.4}", i.low, i.high));
    vec![
        Cell::text(name),
        Cell::number(value(cutoff.similarity.value)).below(interval(&cutoff.similarity)),
        Cell::number(format!("{cosine:.4}")).below(below),
        number(cutoff.precision),
        number(cutoff.recall),
        number(cutoff.f1),
        Cell::number(grouped(cutoff.accepted)),
    ]
}

fn knots(language: Language, calibrated: &Calibrated) -> Element {
    let rows = calibrated.knots.iter().map(|(cosine, similarity)| {
        vec![
            Cell::number(format!("{cosine:.4}")),
            Cell::number(format!("{similarity:.4}")),
        ]
    });
    Table {
        head: vec![
            Cell::number(language.pick("余弦", "cosine")),
            Cell::number(language.pick("相似度", "similarity")),
        ],
        rows: rows.collect(),
        total: false,
    }
    .element()
}

fn explanations(language: Language, calibrated: &Calibrated) -> Vec<Element> {
    let mut texts = language.pick(
        vec![
            "ECE 是十档相似度里“平均相似度与平均标注之差”的加权平均。为避免高估，它在一半句对上测量，所用的曲线只用另一半拟合；最终的曲线用全部句对拟合。",
            "小字是 95% 置信区间：把句对重抽多次，阈值落在哪里。句对越少，区间越宽，阈值越不宜当作定论。",
            "校准只把余弦换成好懂的分数，先后顺序不变；模型分不清的，校准后仍然分不清。",
        ],
        vec![
            "ECE: the mean gap between similarity and label, over ten bins of similarity. So that it does not flatter, it is measured on half of the pairs, with a curve for the other half; the curve that is written is fitted to all.",
            "Small print: 95 % intervals, where the threshold lies when the pairs are drawn anew. The fewer pairs, the wider they are, and the less a threshold should be relied on.",
            "A calibration only puts cosines on a scale that is easy to read; the order stays. What the model cannot tell apart it still cannot.",
        ],
    );
    if calibrated.yes_no {
        texts.push(language.pick(
            "标注只有 0 和 1，所以这里的相似度是“同义的可能性”，而不是同义的程度。",
            "The labels are 0 or 1, so a similarity is how likely a pair is the same, not how much.",
        ));
    }
    texts.extend(calibrated.remark_on_kinds(language));
    texts.into_iter().map(blocks::note).collect()
}
