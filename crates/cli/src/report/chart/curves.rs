//! What each threshold would do.

use yuyi_tasks::metrics::{RocPoint, Threshold};

use super::{Axis, Plot};
use crate::report::{Element, Language};

/// The ROC curve, each point behind its threshold in similarity; `best` is marked on it.
pub fn roc(language: Language, points: &[(f64, RocPoint)], best: Option<f64>) -> Element {
    let x = Axis::unit(language.pick(
        "误判为同义的比例（假阳性率）",
        "different pairs accepted (false positive rate)",
    ));
    let y = Axis::unit(language.pick(
        "找出的同义对（真阳性率）",
        "same pairs accepted (true positive rate)",
    ));
    let mut plot = Plot::new(language.pick("ROC 曲线", "ROC curve"), x, y);
    plot.line(&[(0.0, 0.0), (1.0, 1.0)], "guide");
    let place = |p: &RocPoint| (p.false_positive_rate, p.true_positive_rate);
    let line: Vec<(f64, f64)> = points.iter().map(|(_, point)| place(point)).collect();
    plot.area(&line, "faint first");
    plot.line(&line, "line first");
    let marked = best.and_then(|best| points.iter().find(|(at, _)| *at <= best));
    if let Some((at, point)) = marked {
        let label = format!("{} {at:.3}", language.pick("阈值", "threshold"));
        plot.dot(place(point), 5.0, "mark first", &label);
        let (x, y) = plot.at(place(point));
        plot.words((x + 10.0, y + 14.0), "strong", &label);
    }
    plot.finish()
}

/// A line of values over a threshold.
pub struct Line<'a> {
    /// What it shows.
    pub name: &'a str,
    /// How it is drawn.
    pub class: &'a str,
    /// Thresholds with their values.
    pub points: Vec<(f64, f64)>,
}

/// Shares over a threshold, which is marked where it is `at`.
pub fn lines(title: &str, label: &str, lines: &[Line<'_>], at: Option<f64>) -> Element {
    let mut plot = Plot::new(title, Axis::unit(label), Axis::unit(""));
    for line in lines {
        plot.line(&line.points, &format!("line {}", line.class));
    }
    if let Some(at) = at {
        let x = plot.x_at(at);
        plot.segment((x, super::TOP), (x, super::BOTTOM), "guide");
    }
    let names: Vec<(&str, &str)> = lines.iter().map(|line| (line.class, line.name)).collect();
    plot.legend(&names);
    plot.finish()
}

/// Precision, recall and F1 over the threshold, each behind it in similarity.
pub fn thresholds(language: Language, curve: &[(f64, Threshold)], best: Option<f64>) -> Element {
    let x = Axis::unit(language.pick("阈值（相似度）", "threshold (similarity)"));
    let mut plot = Plot::new(
        language.pick("阈值的取舍", "what each threshold does"),
        x,
        Axis::unit(""),
    );
    let line = |value: fn(&Threshold) -> f64| -> Vec<(f64, f64)> {
        curve.iter().map(|(at, t)| (*at, value(t))).collect()
    };
    plot.line(&line(|t| t.precision), "line first");
    plot.line(&line(|t| t.recall), "line dashed second");
    plot.line(&line(|t| t.f1), "line dotted third");
    if let Some(best) = best {
        let at = plot.x_at(best);
        plot.segment((at, super::TOP), (at, super::BOTTOM), "guide");
    }
    plot.legend(&[
        ("first", language.pick("精确率", "precision")),
        ("dashed second", language.pick("召回率", "recall")),
        ("dotted third", "F1"),
    ]);
    plot.finish()
}
