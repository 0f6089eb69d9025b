//! What a reader should know before believing numbers about labelled pairs.

use yuyi_tasks::corpus::LabelKinds;

use crate::report::Language;

/// A rank correlation below this is not chance but labels the wrong way round.
const FALLS: f64 = -0.2;

/// A calibration error above this is worth a reason.
const FAR_OFF: f64 = 0.1;

/// What is known of the pairs, and of how a model scores them.
pub struct Findings {
    pub pairs: usize,
    /// How many of them count as the same.
    pub same: usize,
    /// Least label of such a pair.
    pub same_from: f64,
    /// What the labels are.
    pub kinds: LabelKinds,
    /// Spearman correlation of a model.
    pub spearman: Option<f64>,
    /// Calibration error of a model that is calibrated.
    pub calibrated_ece: Option<f64>,
}

impl Findings {
    /// Sentences, of which there are mostly none.
    pub fn remarks(&self, language: Language) -> Vec<String> {
        let found = [
            self.on_kinds(language),
            self.on_order(language),
            self.on_error(language),
        ];
        found.into_iter().flatten().collect()
    }

    /// Why there are dashes.
    fn on_kinds(&self, language: Language) -> Option<String> {
        let from = self.same_from;
        let (zh, en) = match self.same {
            0 => ("都低于", "below"),
            same if same == self.pairs => ("都不低于", "at or above"),
            _ => return None,
        };
        Some(language.pick(
            format!("标注{zh} {from}，没有两类句对可分，所以没有 AUC、精确率和 F1（界限可用 --same-from 改）。"),
            format!("All labels are {en} {from}, so there is nothing to tell apart: AUC, precision and F1 need both kinds (--same-from)."),
        ))
    }

    fn on_order(&self, language: Language) -> Option<String> {
        let falls = self.spearman.is_some_and(|value| value < FALLS);
        falls.then(|| {
            let (zh, en) = (
                "相似度越高，标注反而越低。请确认 1 是不是表示同义。",
                "Labels fall as similarity rises. Is 1 the label of pairs that mean the same?",
            );
            language.pick(zh, en).to_owned()
        })
    }

    fn on_error(&self, language: Language) -> Option<String> {
        let is_far = self.calibrated_ece.is_some_and(|ece| ece > FAR_OFF);
        let has_both_classes = (1..self.pairs).contains(&self.same);
        let (zh, en) = match self.kinds {
            LabelKinds::Grades => return None,
            LabelKinds::YesNo => (
                "标注只有 0 和 1，而按打分校准的相似度说的是“有多像”，不是“有多大可能同义”，所以这里的校准误差偏大。要把分数当概率读，请用这类句对重新校准（yuyi calibrate）。",
                "The labels are 0 and 1, while a calibration that was fitted to grades says how much alike two texts are and not how likely they are the same: its calibration error is large here. To read scores as likelihoods, calibrate on such pairs (yuyi calibrate).",
            ),
            LabelKinds::Both => (
                "有的文件标注只有 0 和 1，有的是打分；前者说的是“有多大可能同义”，后者说的是“有多像”，没有一种校准对两者都合适，所以合在一起的校准误差偏大。请把两类文件分开评测。",
                "The labels of some files are 0 and 1 and those of others are grades. The former say how likely two texts are the same and the latter how much alike they are; no calibration suits both, so the calibration error of all is large. Measure the two kinds of files apart.",
            ),
        };
        (has_both_classes && is_far).then(|| language.pick(zh, en).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_pairs_need_none() {
        let ordinary = Findings {
            pairs: 10,
            same: 4,
            same_from: 0.75,
            kinds: LabelKinds::YesNo,
            spearman: Some(0.6),
            calibrated_ece: Some(0.05),
        };
        assert!(ordinary.remarks(Language::Zh).is_empty());
        let odd = Findings {
            spearman: Some(-0.5),
            calibrated_ece: Some(0.3),
            ..ordinary
        };
        assert_eq!(odd.remarks(Language::En).len(), 2);
        let graded = Findings {
            kinds: LabelKinds::Grades,
            same: 0,
            spearman: None,
            ..odd
        };
        let remarks = graded.remarks(Language::En);
        assert!(remarks[0].starts_with("All labels are below 0.75"));
        assert_eq!(remarks.len(), 1);
        let both = Findings {
            kinds: LabelKinds::Both,
            same: 4,
            ..graded
        };
        let remarks = both.remarks(Language::En);
        assert!(remarks[0].starts_with("The labels of some files are 0 and 1"));
    }
}
