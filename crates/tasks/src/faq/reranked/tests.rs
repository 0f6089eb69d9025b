use proptest::prelude::*;
use yuyi_language::Differences;

use super::super::decision::tests::{LIMITS, TEXTS, candidates, entry, given, matched, reason};
use super::super::{Highest, Reason, decide};
use super::*;

fn ask(question: &str, candidates: &[Candidate<'_>], chances: &[f64]) -> Decision {
    let reranked = Reranked {
        question,
        candidates,
        chances,
    };
    reranked.decide(LIMITS, 0)
}

#[test]
fn the_reranker_chooses_among_what_is_near_enough() {
    let entries = [
        entry(&[("怎么退货", 0.9)]),
        entry(&[("怎么退款", 0.88)]),
        entry(&[("怎么开票", 0.4)]),
    ];
    assert_eq!(
        reason(decide("退钱", &entries, LIMITS, 0)),
        Reason::Ambiguous
    );
    let found = ask("退钱", &entries, &[0.2, 0.95, 0.1]);
    assert_eq!(matched(&found), (1, 0));
    let Decision::Matched { nearest, .. } = &found else {
        unreachable!()
    };
    let order: Vec<usize> = nearest.iter().map(|near| near.candidate).collect();
    assert_eq!(order, [1, 0, 2]);
    assert!((found.margin().unwrap() - 0.75).abs() < 1e-12);
    // What it puts first is too far to be answered, and no other is taken in its place.
    let far = ask("退钱", &entries, &[0.2, 0.3, 0.9]);
    assert_eq!(reason(far), Reason::BelowThreshold);
}

#[test]
fn what_both_hold_to_be_close_is_ambiguous() {
    let entries = [entry(&[("怎么退货", 0.9)]), entry(&[("怎么退款", 0.88)])];
    let both = ask("退", &entries, &[0.97, 0.96]);
    let Decision::Unmatched { reason, nearest } = both else {
        panic!("it is ambiguous")
    };
    assert_eq!((reason, nearest.len()), (Reason::Ambiguous, 2));
    // Either scale may tell them apart.
    assert_eq!(matched(&ask("退", &entries, &[0.97, 0.9])), (0, 0));
    let apart = [entry(&[("怎么退货", 0.9)]), entry(&[("怎么退款", 0.8)])];
    assert_eq!(matched(&ask("退", &apart, &[0.97, 0.96])), (0, 0));
}

#[test]
fn a_question_that_is_a_wording_is_that_entry_s() {
    let entries = [entry(&[("怎么退货", 0.99)]), entry(&[("怎么退款", 0.98)])];
    assert_eq!(matched(&ask("怎么退货？", &entries, &[0.1, 0.9])), (0, 0));
    // It needs no margin but to another one that is the question, too, whatever stands between the two.
    let twice = [
        entry(&[("怎么退货", 0.99)]),
        entry(&[("怎么退货！", 0.99)]),
        entry(&[("怎么退款", 0.985)]),
    ];
    let both = ask("怎么退货", &twice, &[0.93, 0.9, 0.92]);
    assert_eq!(reason(both), Reason::Ambiguous);
    let apart = ask("怎么退货", &twice, &[0.93, 0.8, 0.92]);
    assert_eq!(matched(&apart), (0, 0));
}

#[test]
fn examples_of_what_is_not_answered_turn_away_from_both_sides() {
    let mut entries = [entry(&[("讲个笑话", 0.8)]), entry(&[("怎么退货", 0.75)])];
    entries[0].rules.reject = true;
    assert_eq!(reason(ask("笑", &entries, &[0.1, 0.9])), Reason::Rejected);
    let (near, far) = (0.75, 0.8);
    entries[0].wordings[0].1 = near;
    entries[1].wordings[0].1 = far;
    assert_eq!(reason(ask("笑", &entries, &[0.9, 0.1])), Reason::Rejected);
    assert_eq!(matched(&ask("笑", &entries, &[0.1, 0.9])), (1, 0));
    // The nearest lets others answer only where a threshold of its own says that it is too far.
    entries[0].wordings[0].1 = 0.85;
    entries[0].rules.threshold = Some(0.9);
    assert_eq!(matched(&ask("笑", &entries, &[0.1, 0.9])), (1, 0));
    entries[0].rules.threshold = None;
    entries[0].wordings[0].1 = 0.4;
    entries[1].wordings[0].1 = 0.3;
    entries[1].rules.threshold = Some(0.2);
    let far = ask("笑", &entries, &[0.1, 0.9]);
    assert_eq!(reason(far), Reason::BelowThreshold);
}

#[test]
fn what_turned_a_question_away_is_told_wherever_the_reranker_puts_it() {
    let mut entries = [0.9, 0.8, 0.79, 0.78].map(|similarity| entry(&[("笑话", similarity)]));
    entries[0].rules.reject = true;
    let Decision::Unmatched { reason, nearest } = ask("笑", &entries, &[0.1, 0.4, 0.3, 0.2])
    else {
        panic!("it is turned away")
    };
    assert_eq!(reason, Reason::Rejected);
    let places: Vec<usize> = nearest.iter().map(|near| near.candidate).collect();
    assert_eq!(places, [1, 2, 0]);
}

/// Of an ask with `not_words` 海外 at the first entry, which a reranker holds to be the answer: the entry that answers, or `None` where the first one would have.
fn excluding(other: (&'static str, f64), chance: f64) -> Option<usize> {
    let not_words = ["海外".to_owned()];
    let mut entries = [entry(&[("怎么退货", 0.8)]), entry(&[other])];
    entries[0].rules.not_words = &not_words;
    match ask("海外怎么退货", &entries, &[0.9, chance]) {
        Decision::Matched { best, .. } => Some(best.candidate),
        Decision::Unmatched { reason, .. } => {
            assert!(matches!(reason, Reason::Excluded { by, .. } if by.candidate == 0));
            None
        }
    }
}

#[test]
fn nothing_is_lifted_into_the_place_of_what_the_reranker_chose_and_its_not_words_exclude() {
    // Not even what is nearer, since the reranker says that it is meant less.
    assert_eq!(excluding(("怎么换货", 0.75), 0.2), None);
    assert_eq!(excluding(("怎么换货", 0.9), 0.2), None);
    // What both scales hold to be about as good is no worse an answer, and what has the word is the better one.
    assert_eq!(excluding(("怎么换货", 0.76), 0.88), Some(1));
    assert_eq!(excluding(("海外订单退换", 0.72), 0.1), Some(1));
    assert_eq!(excluding(("海外订单退换", 0.6), 0.1), None);
    // Where the reranker chooses another one, the words of the first exclude nothing.
    assert_eq!(excluding(("怎么换货", 0.75), 0.95), Some(1));
}

#[test]
fn what_contradicts_is_held_back_whoever_puts_it_first() {
    let entries = [
        entry(&[("14天内能退货吗", 0.97)]),
        entry(&[("15天能不能退", 0.8)]),
        entry(&[("能退货吗", 0.96)]),
    ];
    for chances in [[0.9, 0.1, 0.2], [0.1, 0.2, 0.9], [0.3, 0.9, 0.2]] {
        let found = ask("15天内能退货吗", &entries, &chances);
        assert_eq!(matched(&found), (1, 0), "{chances:?}");
    }
    let others = [entries[0].clone(), entries[2].clone()];
    for chances in [[0.9, 0.1], [0.1, 0.9]] {
        let held = reason(ask("15天内能退货吗", &others, &chances));
        assert!(matches!(held, Reason::Guarded(_)), "{chances:?}");
    }
}

proptest! {
    #[test]
    fn a_decision_keeps_its_rules(
        given in given(), chances in proptest::collection::vec(0.0..=1.0, 8), question in 0..TEXTS.len(),
        threshold in 0.0..=1.0, margin in 0.0..0.3, lead in 0.0..0.3,
    ) {
        let candidates = candidates(&given);
        let limits = Limits { threshold, margin, lead };
        let question = TEXTS[question];
        let reranked = Reranked { question, candidates: &candidates, chances: &chances };
        let taking_part = |entry: &&Candidate<'_>| {
            let excludes = entry.rules.not_words.iter().any(|word| question.contains(word));
            entry.rules.enabled && entry.rules.valid_until.is_none() && !excludes
        };
        match reranked.decide(limits, 5) {
            Decision::Matched { best, second, margin: told, .. } => {
                let entry = &candidates[best.candidate];
                prop_assert!(taking_part(&entry));
                prop_assert!(!entry.rules.reject);
                prop_assert!(best.similarity >= entry.rules.threshold.unwrap_or(threshold));
                let text = entry.wordings[best.wording].0;
                prop_assert!(!Differences::between(question, text).contradict());
                prop_assert!((0.0..=1.0).contains(&told));
                prop_assert!(told >= margin || text == question || second.is_none());
                // An example of what is not answered that is nearer than all others turns away, whatever the reranker says.
                let similarity = |entry: &Candidate<'_>| entry.wordings.iter().map(|of| of.1).fold(0.0, f64::max);
                let part = candidates.iter().filter(taking_part);
                let nearest = part.max_by(|a, b| similarity(a).total_cmp(&similarity(b))).unwrap();
                let is_near = nearest.rules.threshold.is_none_or(|own| similarity(nearest) >= own);
                prop_assert!(!(nearest.rules.reject && is_near));
            }
            Decision::Unmatched { reason, nearest } => {
                prop_assert_eq!(reason == Reason::Empty, nearest.is_empty());
                if let Reason::Excluded { by, words } = reason {
                    prop_assert!(words.iter().all(|word| question.contains(word)));
                    prop_assert!(!candidates[by.candidate].rules.reject);
                }
            }
        }
    }

    #[test]
    fn a_prospect_says_what_is_decided(
        given in given(), chances in proptest::collection::vec(0.0..=1.0, 8), question in 0..TEXTS.len(),
        threshold in 0.0..=1.0, margin in 0.0..0.3, lead in 0.0..0.3,
    ) {
        let candidates = candidates(&given);
        let reranked = Reranked { question: TEXTS[question], candidates: &candidates, chances: &chances };
        let prospect = reranked.prospect(5);
        // Limits on both sides of what the question needs, and just there.
        let highest = prospect.highest();
        let at = |value: f64, other: f64| if value.is_finite() { value.clamp(0.0, 1.0) } else { other };
        let (most_similar, most_ahead) = (at(highest.threshold, threshold), at(highest.margin, margin));
        for (threshold, margin) in [(threshold, margin), (most_similar, margin), (threshold, most_ahead), (most_similar, most_ahead)] {
            for lead in [lead, 0.0] {
                let limits = Limits { threshold, margin, lead };
                let told = prospect.answer(limits);
                match reranked.decide(limits, 5) {
                    Decision::Matched { best, .. } => prop_assert_eq!(told, Ok(best)),
                    Decision::Unmatched { reason, .. } => prop_assert_eq!(told, Err((&reason).into())),
                }
            }
            let told = prospect.answer(Limits { threshold, margin, lead: 0.0 });
            let within = |of: Highest| threshold <= of.threshold && margin <= of.margin;
            let is_excluded = prospect.excluded_up_to().is_some_and(within);
            prop_assert_eq!(told.is_ok(), within(highest) && !is_excluded);
        }
    }

    /// A reranker that tells nothing apart changes nothing where entries have one wording.
    #[test]
    fn equal_scores_leave_the_decision_to_similarity(
        given in given(), question in 0..TEXTS.len(), threshold in 0.0..=1.0, margin in 0.0..0.3,
    ) {
        let mut candidates = candidates(&given);
        candidates.iter_mut().for_each(|entry| entry.wordings.truncate(1));
        let limits = Limits { threshold, margin, lead: 0.0 };
        let question = TEXTS[question];
        let chances = vec![0.5; candidates.len()];
        let reranked = Reranked { question, candidates: &candidates, chances: &chances };
        let literal = candidates.iter().any(|entry| entry.wordings[0].0 == question);
        prop_assume!(!literal);
        prop_assert_eq!(reranked.decide(limits, 5), decide(question, &candidates, limits, 5));
    }
}
