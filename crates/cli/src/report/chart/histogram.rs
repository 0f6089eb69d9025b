//! How the scores of same and of different pairs are spread.

use super::{Axis, Plot};
use crate::report::{Element, Language};

const BINS: usize = 40;

/// Two histograms over each other, each as shares of its class: the classes may be of any size. `threshold`
/// is shown where there is one.
pub fn histogram(
    language: Language,
    same: &[f64],
    different: &[f64],
    threshold: Option<f64>,
) -> Element {
    let shares = [shares(different), shares(same)];
    let most = shares.iter().flatten().copied().fold(0.0, f64::max);
    let x = Axis::unit(language.pick("相似度", "similarity"));
    let y = Axis::percent(language.pick("占本类的比例", "share of the class"), most);
    let title = language.pick(
        "同义与不同义句对的分数分布",
        "scores of same and different pairs",
    );
    let mut plot = Plot::new(title, x, y);
    for (shares, class) in shares.iter().zip(["second", "first"]) {
        let outline = outline(shares);
        plot.area(&outline, &format!("area {class}"));
        plot.line(&outline, &format!("line {class}"));
    }
    if let Some(threshold) = threshold {
        plot.guide(
            threshold,
            &format!("{} {threshold:.3}", language.pick("阈值", "threshold")),
        );
    }
    plot.legend(&[
        ("second", language.pick("不同义", "different")),
        ("first", language.pick("同义", "same")),
    ]);
    plot.finish()
}

/// Share of the values in each bin of [0, 1]; 0 everywhere of none.
fn shares(values: &[f64]) -> Vec<f64> {
    let mut counts = [0u32; BINS];
    for value in values {
        counts[(value * BINS as f64).clamp(0.0, (BINS - 1) as f64) as usize] += 1;
    }
    let n = values.len().max(1) as f64;
    counts.iter().map(|&count| f64::from(count) / n).collect()
}

/// The steps of a histogram.
fn outline(shares: &[f64]) -> Vec<(f64, f64)> {
    let step = |(i, &share): (usize, &f64)| {
        let [from, to] = [i, i + 1].map(|i| i as f64 / BINS as f64);
        [(from, share), (to, share)]
    };
    shares.iter().enumerate().flat_map(step).collect()
}
