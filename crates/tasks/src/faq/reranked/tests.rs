use proptest::prelude::*;
use yuyi_language::Differences;

use super::super::decide;
use super::super::decision::tests::{LIMITS, TEXTS, candidates, entry, given, matched, reason};
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
    let reranked = Reranked {
        question: "退钱",
        candidates: &entries,
        chances: &[0.2, 0.95, 0.1],
    };
    assert!((reranked.margin(&found).unwrap() - 0.75).abs() < 1e-12);
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
        let decision = reranked.decide(limits, 5);
        let plain = decide(question, &candidates, limits, 5);
        match &decision {
            Decision::Matched { best, .. } => {
                let entry = &candidates[best.candidate];
                prop_assert!(entry.rules.enabled && entry.rules.valid_until.is_none());
                prop_assert!(!entry.rules.reject);
                prop_assert!(best.similarity >= entry.rules.threshold.unwrap_or(threshold));
                let text = entry.wordings[best.wording].0;
                prop_assert!(!Differences::between(question, text).contradict());
                prop_assert!((0.0..=1.0).contains(&reranked.margin(&decision).unwrap()));
                let rejected = matches!(&plain, Decision::Unmatched { reason: Reason::Rejected, .. });
                let first = plain_first(question, &candidates);
                prop_assert!(!rejected || !first.is_some_and(|near| limits.reject(&candidates[near.candidate].rules, near.similarity)));
            }
            Decision::Unmatched { reason, nearest } => {
                prop_assert_eq!(*reason == Reason::Empty, nearest.is_empty());
            }
        }
        // Whatever the limits are, it is told beforehand.
        let told = reranked.prospect(5).answer(limits);
        match decision {
            Decision::Matched { best, .. } => prop_assert_eq!(told, Ok(best)),
            Decision::Unmatched { reason, .. } => prop_assert_eq!(told, Err((&reason).into())),
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

/// The nearest wording that takes part.
fn plain_first(question: &str, candidates: &[Candidate<'_>]) -> Option<Near> {
    let judge = Judge {
        question,
        candidates,
    };
    judge.wordings(5).first().copied()
}
