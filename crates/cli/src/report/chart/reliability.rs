//! Whether a similarity means what it says.

use yuyi_tasks::metrics::Bin;

use super::{Axis, Plot};
use crate::report::{Element, Language};

/// A scale of similarity and what pairs of its bins were graded.
pub struct Series<'a> {
    /// Name in the legend; not shown when there is one series only.
    pub name: &'a str,
    pub bins: &'a [Bin],
}

/// Class and radius of the marks of up to three series.
const LOOKS: [&str; 3] = ["first", "dashed second", "dotted third"];

/// Reliability diagram: mean grade over mean similarity; on the diagonal a similarity is what people would say. The bars at
/// the bottom say how many pairs of the last series lie where.
pub fn reliability(language: Language, series: &[Series<'_>]) -> Element {
    let x = Axis::unit(language.pick("相似度（每档均值）", "similarity (mean of the bin)"));
    let y = Axis::unit(language.pick("人工评分均值", "mean grade"));
    let mut plot = Plot::new(language.pick("可靠性图", "reliability diagram"), x, y);
    if let Some(last) = series.last() {
        counts(&mut plot, last.bins);
    }
    plot.line(&[(0.0, 0.0), (1.0, 1.0)], "guide");
    for (series, look) in series.iter().zip(LOOKS) {
        let filled: Vec<&Bin> = series.bins.iter().filter(|bin| bin.count > 0).collect();
        let place = |bin: &&Bin| (bin.mean_similarity, bin.mean_grade);
        let line: Vec<(f64, f64)> = filled.iter().map(place).collect();
        plot.line(&line, &format!("line {look}"));
        for bin in filled {
            let title = said(language, bin);
            plot.dot(place(&bin), 4.0, &format!("mark {look}"), &title);
        }
    }
    if series.len() > 1 {
        let entries: Vec<(&str, &str)> = LOOKS
            .into_iter()
            .zip(series.iter().map(|s| s.name))
            .collect();
        plot.legend(&entries);
    }
    plot.finish()
}

/// Bars of the bins' counts, the highest a quarter of the frame.
fn counts(plot: &mut Plot, bins: &[Bin]) {
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
    for bin in bins.iter().filter(|bin| bin.count > 0) {
        let height = 0.25 * bin.count as f64 / most as f64;
        let title = bin.count.to_string();
        plot.rectangle(
            (bin.low + 0.01, 0.0),
            (bin.high - 0.01, height),
            "faint plain",
            &title,
        );
    }
}

fn said(language: Language, bin: &Bin) -> String {
    let Bin {
        count,
        mean_similarity,
        mean_grade,
        ..
    } = bin;
    match language {
        Language::Zh => format!("{count} 对：相似度 {mean_similarity:.3}，评分 {mean_grade:.3}"),
        Language::En => {
            format!("{count} pairs: similarity {mean_similarity:.3}, grade {mean_grade:.3}")
        }
    }
}
