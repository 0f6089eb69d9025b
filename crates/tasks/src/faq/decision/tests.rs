use std::sync::LazyLock;

use super::super::{Highest, Prospect};
use super::*;
use proptest::prelude::*;

pub(in crate::faq) const LIMITS: Limits = Limits {
    threshold: 0.7,
    margin: 0.05,
    lead: 0.0,
};

pub(in crate::faq) fn entry<'a>(wordings: &[(&'a str, f64)]) -> Candidate<'a> {
    Candidate {
        wordings: wordings.to_vec(),
        rules: EntryRules::default(),
    }
}

fn ask(question: &str, candidates: &[Candidate<'_>]) -> Decision {
    decide(question, candidates, LIMITS, 0)
}

pub(in crate::faq) fn matched(decision: &Decision) -> (usize, usize) {
    match decision {
        Decision::Matched { best, .. } => (best.candidate, best.wording),
        Decision::Unmatched { reason, .. } => panic!("{reason:?}"),
    }
}

pub(in crate::faq) fn reason(decision: Decision) -> Reason {
    match decision {
        Decision::Unmatched { reason, .. } => reason,
        Decision::Matched { best, .. } => panic!("{best:?}"),
    }
}

#[test]
fn the_margin_is_that_to_the_second_entry() {
    let entries = [
        entry(&[("怎么退货", 0.6), ("退货流程", 0.9), ("如何退货", 0.89)]),
        entry(&[("怎么换货", 0.8)]),
        entry(&[("怎么开票", 0.2)]),
        entry(&[("在哪下单", 0.3)]),
    ];
    let found = ask("退货怎么办", &entries);
    assert_eq!(matched(&found), (0, 1));
    assert!((found.margin().unwrap() - 0.1).abs() < 1e-12);
    let Decision::Matched { nearest, .. } = found else {
        unreachable!()
    };
    let places: Vec<usize> = nearest.iter().map(|near| near.candidate).collect();
    assert_eq!(places, [0, 1, 3]);
    let alone = ask("退货怎么办", &entries[..1]);
    assert_eq!(alone.margin(), Some(0.9));
}

/// Further back the model reads nothing either.
#[test]
fn of_a_long_question_the_beginning_is_compared() {
    let entries = [entry(&[("15天内能退货吗", 0.9)])];
    let question = "14天内能退货吗";
    assert!(matches!(
        reason(ask(question, &entries)),
        Reason::Guarded(_)
    ));
    let long = format!("{}{question}", "你好。".repeat(1_000));
    assert_eq!(matched(&ask(&long, &entries)), (0, 0));
    let long = format!("{question}{}", "谢谢。".repeat(1_000));
    assert!(matches!(reason(ask(&long, &entries)), Reason::Guarded(_)));
}

#[test]
fn what_is_near_to_several_is_ambiguous_and_names_them_all() {
    let all: Vec<_> = [0.9, 0.89, 0.88, 0.87, 0.5]
        .map(|similarity| entry(&[("x", 0.1), ("怎么退", similarity)]))
        .into();
    let Decision::Unmatched { reason, nearest } = ask("退", &all) else {
        panic!("it is ambiguous")
    };
    assert_eq!((reason, nearest.len()), (Reason::Ambiguous, 4));
    let literal = [entry(&[("退货！", 0.99)]), entry(&[("退钱", 0.98)])];
    assert_eq!(matched(&ask("退 货", &literal)), (0, 0));
    let twice = [entry(&[("退货！", 0.99)]), entry(&[("退货", 0.99)])];
    assert_eq!(reason_of_pair(&twice), Reason::Ambiguous);
}

fn reason_of_pair(entries: &[Candidate<'_>]) -> Reason {
    reason(ask("退货", entries))
}

#[test]
fn what_is_just_near_enough_has_to_lead_by_more() {
    let limits = Limits {
        lead: 0.11,
        ..LIMITS
    };
    let of = |first: f64, second: f64| {
        let entries = [
            entry(&[("怎么退货", first)]),
            entry(&[("怎么换货", second)]),
        ];
        decide("退货", &entries, limits, 0)
    };
    assert_eq!(matched(&of(0.71, 0.6)), (0, 0));
    assert_eq!(reason(of(0.71, 0.62)), Reason::Ambiguous);
    assert_eq!(matched(&of(0.75, 0.685)), (0, 0));
    // What is alike enough needs the margin alone.
    assert_eq!(matched(&of(0.9, 0.84)), (0, 0));
    assert_eq!(reason(of(0.9, 0.86)), Reason::Ambiguous);
    // An entry's own threshold says what is enough.
    let mut entries = [entry(&[("怎么退货", 0.4)]), entry(&[("怎么换货", 0.3)])];
    entries[0].rules.threshold = Some(0.4);
    assert_eq!(matched(&decide("退货", &entries, limits, 0)), (0, 0));
}

#[test]
fn an_entry_has_a_threshold_of_its_own() {
    let mut entries = [entry(&[("怎么退货", 0.75)])];
    assert_eq!(matched(&ask("退货", &entries)), (0, 0));
    entries[0].rules.threshold = Some(0.8);
    assert_eq!(reason(ask("退货", &entries)), Reason::BelowThreshold);
    entries[0].rules.threshold = Some(0.1);
    entries[0].wordings[0].1 = 0.2;
    assert_eq!(matched(&ask("退货", &entries)), (0, 0));
}

#[test]
fn entries_that_may_not_answer_are_not_there() {
    let excluded: [fn(&mut EntryRules<'_>); 3] = [
        |rules| rules.enabled = false,
        |rules| rules.valid_from = Some(1),
        |rules| rules.valid_until = Some(0),
    ];
    let two = || [entry(&[("怎么寄", 0.9)]), entry(&[("怎么发", 0.75)])];
    assert_eq!(matched(&ask("寄件", &two())), (0, 0));
    for exclude in excluded {
        let mut entries = two();
        exclude(&mut entries[0].rules);
        assert_eq!(matched(&ask("寄件", &entries)), (1, 0));
        exclude(&mut entries[1].rules);
        assert_eq!(reason(ask("寄件", &entries)), Reason::Empty);
    }
    assert_eq!(reason(ask("寄件", &[])), Reason::Empty);
}

/// Of an ask with `not_words` 海外 at the first entry: the entry that answers, or `None` where the first one would have.
fn excluding(first: &str, others: &[(&'static str, f64)]) -> Option<usize> {
    let not_words = ["海外".to_owned(), " ".to_owned()];
    let mut entries = vec![entry(&[(first, 0.9)])];
    entries.extend(others.iter().map(|other| entry(&[*other])));
    entries[0].rules.not_words = &not_words;
    match ask("海外怎么退货", &entries) {
        Decision::Matched { best, .. } => Some(best.candidate),
        Decision::Unmatched {
            reason: Reason::Excluded { by, words },
            nearest,
        } => {
            assert_eq!((by.candidate, &words[..]), (0, &not_words[..1]));
            assert_eq!(nearest[0], by);
            None
        }
        Decision::Unmatched { reason, .. } => panic!("{reason:?}"),
    }
}

#[test]
fn an_entry_never_answers_what_it_excludes() {
    let not_words = ["EMS".to_owned(), " ".to_owned()];
    let mut entries = [entry(&[("怎么寄", 0.9)])];
    entries[0].rules.not_words = &not_words;
    assert_eq!(matched(&ask("寄件", &entries)), (0, 0));
    assert!(matches!(
        reason(ask("用ｅｍｓ寄件", &entries)),
        Reason::Excluded { words, .. } if words == ["EMS"]
    ));
    // Where it would not have answered, nothing is said of it.
    entries[0].wordings[0].1 = 0.6;
    assert_eq!(reason(ask("用EMS寄件", &entries)), Reason::Empty);
}

#[test]
fn nothing_weaker_is_lifted_into_the_place_of_what_is_excluded() {
    let question = "怎么退货";
    assert_eq!(excluding(question, &[("怎么换货", 0.8)]), None);
    // What is about as near is no worse an answer, and what has the word is the better one.
    assert_eq!(excluding(question, &[("怎么换货", 0.86)]), Some(1));
    assert_eq!(excluding(question, &[("海外订单退换", 0.75)]), Some(1));
    // It answers on its own account: it is near enough, and ahead of the third.
    assert_eq!(excluding(question, &[("海外订单退换", 0.6)]), None);
    let two = [("海外订单退换", 0.86), ("海外购退货", 0.84)];
    let not_words = ["海外".to_owned()];
    let mut entries = vec![
        entry(&[(question, 0.9)]),
        entry(&[two[0]]),
        entry(&[two[1]]),
    ];
    entries[0].rules.not_words = &not_words;
    assert_eq!(reason(ask("海外怎么退货", &entries)), Reason::Ambiguous);
    // Several that exclude the question do not stand in for each other.
    entries[1].rules.not_words = &not_words;
    entries[2] = entry(&[("怎么换货", 0.75)]);
    assert!(matches!(
        reason(ask("海外怎么退货", &entries)),
        Reason::Excluded { .. }
    ));
    // What is nearer than the one that excludes the question needs no leave.
    assert_eq!(excluding(question, &[("国外怎么退货", 0.95)]), Some(1));
}

#[test]
fn an_example_of_what_is_not_answered_turns_away() {
    let mut entries = [entry(&[("讲个笑话", 0.6)]), entry(&[("怎么退货", 0.3)])];
    assert_eq!(reason(ask("说个笑话", &entries)), Reason::BelowThreshold);
    entries[0].rules.reject = true;
    assert_eq!(reason(ask("说个笑话", &entries)), Reason::Rejected);
    entries[0].rules.threshold = Some(0.65);
    assert_eq!(reason(ask("说个笑话", &entries)), Reason::BelowThreshold);
    entries[0].rules.threshold = None;
    entries[0].wordings[0].1 = 0.4;
    assert_eq!(reason(ask("今天下雨", &entries)), Reason::BelowThreshold);
    entries[1].wordings[0].1 = 0.9;
    assert_eq!(matched(&ask("退货", &entries)), (1, 0));
}

#[test]
fn what_contradicts_the_question_does_not_answer() {
    for (question, wording) in [
        ("15天内能退货吗", "14天内能退货吗"),
        ("能退货吗", "不能退货吗"),
        ("A2多少钱", "A1多少钱"),
        ("微信怎么转到银行卡", "银行卡怎么转到微信"),
    ] {
        let entries = [entry(&[(wording, 0.97)]), entry(&[("别的", 0.1)])];
        let Reason::Guarded(differences) = reason(ask(question, &entries)) else {
            panic!("{question} / {wording}")
        };
        assert!(differences.contradict());
    }
    let shorter = [entry(&[("能退货吗", 0.9)])];
    assert_eq!(matched(&ask("14天内能退货吗", &shorter)), (0, 0));
}

#[test]
fn another_wording_within_reach_takes_the_place_of_one_that_contradicts() {
    let two = [
        entry(&[("14天内能退货吗", 0.97)]),
        entry(&[("15天能不能退", 0.8)]),
        entry(&[("能退货吗", 0.96)]),
    ];
    let found = ask("15天内能退货吗", &two);
    assert_eq!(matched(&found), (1, 0));
    // What leaves the days out does not compete with what has them.
    assert_eq!(found.margin(), Some(0.8));
    let Decision::Matched { nearest, .. } = found else {
        unreachable!()
    };
    assert_eq!(nearest[0].candidate, 0);
    // Without it, the entry that says nothing of days is no answer to a question whose days matter.
    let others = [two[0].clone(), two[2].clone()];
    assert!(matches!(
        reason(ask("15天内能退货吗", &others)),
        Reason::Guarded(_)
    ));
    let far = [two[0].clone(), entry(&[("15天能不能退", 0.6)])];
    assert!(matches!(
        reason(ask("15天内能退货吗", &far)),
        Reason::Guarded(_)
    ));
    // One that contradicts does not make the other ambiguous either.
    let close = [
        entry(&[("15天内能退吗", 0.98)]),
        entry(&[("14天内能退货吗", 0.97)]),
    ];
    assert_eq!(matched(&ask("15天内能退货吗", &close)), (0, 0));
    let own = [entry(&[("14天内能退货吗", 0.97), ("15天内能退货么", 0.9)])];
    assert_eq!(matched(&ask("15天内能退货吗", &own)), (0, 1));
    // Another wording of the entry that says nothing of days means those of the first.
    let silent = [entry(&[("怎么开启通知", 0.97), ("通知在哪设置", 0.9)])];
    assert!(matches!(
        reason(ask("怎么关闭通知", &silent)),
        Reason::Guarded(_)
    ));
    let other = [
        entry(&[("怎么开启通知", 0.97)]),
        entry(&[("通知在哪设置", 0.93)]),
    ];
    assert_eq!(matched(&ask("怎么关闭通知", &other)), (1, 0));
}

#[test]
fn nothing_weaker_of_another_matter_is_lifted_into_the_place_of_what_contradicts() {
    for (question, wording, weaker) in [
        (
            "A2支持快充吗",
            ("A1支持快充吗", 0.817),
            ("A2型号电池容量多少", 0.71),
        ),
        (
            "A2支持快充吗",
            ("A1支持快充吗", 0.817),
            ("A2支持5G网络吗", 0.75),
        ),
        (
            "怎么把现金换成积分",
            ("怎么把积分换成现金", 0.946),
            ("积分怎么获得", 0.7),
        ),
        (
            "住院能报销吗",
            ("门诊能报销吗", 0.93),
            ("报销多久到账", 0.8),
        ),
    ] {
        let entries = [entry(&[wording]), entry(&[weaker])];
        assert!(
            matches!(reason(ask(question, &entries)), Reason::Guarded(_)),
            "{question}"
        );
    }
    for (question, wording, weaker) in [
        ("不能退货吗", ("能退货吗", 0.97), ("不可以退货吗", 0.8)),
        (
            "A2支持快充吗",
            ("A1支持快充吗", 0.97),
            ("A2有没有快充", 0.75),
        ),
        (
            "住院能报销吗",
            ("门诊能报销吗", 0.97),
            ("住院的费用给报吗", 0.75),
        ),
    ] {
        let entries = [entry(&[wording]), entry(&[weaker])];
        assert_eq!(matched(&ask(question, &entries)), (1, 0), "{question}");
    }
}

#[test]
fn a_passage_contradicts_no_question_by_what_it_tells() {
    let rest = "，".repeat(60);
    let passage = format!(
        "14天内不能退货的有三类商品{rest}，其余的请在收货后联系客服办理，运费由买家承担，特价商品除外。"
    );
    let short = passage.replace(&rest, "");
    let asked = "15天内能退货吗";
    assert_eq!(matched(&ask(asked, &[entry(&[(&passage, 0.9)])])), (0, 0));
    assert!(matches!(
        reason(ask(asked, &[entry(&[(&short, 0.9)])])),
        Reason::Guarded(_)
    ));
    // Nor does it take the place of a wording that contradicts: whether it says the same is not known.
    let entries = [
        entry(&[("14天内能退货吗", 0.97)]),
        entry(&[(&passage, 0.9)]),
    ];
    assert!(matches!(reason(ask(asked, &entries)), Reason::Guarded(_)));
}

#[test]
fn what_is_far_settles_nothing_new() {
    let few = [entry(&[("怎么退货", 0.9)]), entry(&[("怎么换货", 0.8)])];
    assert!(!ask("退货", &few).is_settled(0.1, LIMITS));
    let three = [few[0].clone(), few[1].clone(), entry(&[("开票", 0.5)])];
    assert!(ask("退货", &three).is_settled(0.5, LIMITS));
    assert!(!ask("退货", &three).is_settled(0.88, LIMITS));
    assert!(!ask("退货", &[]).is_settled(0.0, LIMITS));
}

/// Wordings of which some contradict others.
pub(in crate::faq) const TEXTS: [&str; 8] = [
    "能退货吗",
    "不能退货吗",
    "14天内能退货吗",
    "15天内能退货吗",
    "A1多少钱",
    "A2多少钱",
    "怎么开发票",
    "讲个笑话",
];

pub(in crate::faq) type Given = (
    Vec<(usize, f64)>,
    Option<bool>,
    Option<f64>,
    bool,
    bool,
    usize,
);

/// Words of some of the texts, of which entries exclude none, one or several.
static NOT_WORDS: LazyLock<[String; 3]> = LazyLock::new(|| ["退货", "天", "A1"].map(str::to_owned));

pub(in crate::faq) fn given() -> impl Strategy<Value = Vec<Given>> {
    let wordings = proptest::collection::vec((0..TEXTS.len(), 0.0..=1.0), 1..4);
    let threshold = proptest::option::of(0.0..=1.0);
    let one = (
        wordings,
        any::<Option<bool>>(),
        threshold,
        any::<bool>(),
        any::<bool>(),
        0..6_usize,
    );
    proptest::collection::vec(one, 0..8)
}

pub(in crate::faq) fn candidates(given: &[Given]) -> Vec<Candidate<'static>> {
    let one = |(wordings, enabled, threshold, reject, expired, words): &Given| Candidate {
        wordings: wordings.iter().map(|&(text, s)| (TEXTS[text], s)).collect(),
        rules: EntryRules {
            enabled: enabled.unwrap_or(true),
            threshold: *threshold,
            reject: *reject,
            valid_until: expired.then_some(0),
            not_words: &NOT_WORDS[..words.saturating_sub(2)],
            ..EntryRules::default()
        },
    };
    given.iter().map(one).collect()
}

proptest! {
    #[test]
    fn a_decision_keeps_its_rules(given in given(), question in 0..TEXTS.len(), threshold in 0.0..=1.0, margin in 0.0..0.3, lead in 0.0..0.3) {
        let candidates = candidates(&given);
        let limits = Limits { threshold, margin, lead };
        let question = TEXTS[question];
        let decision = decide(question, &candidates, limits, 5);
        let (best, second, nearest) = match &decision {
            Decision::Matched { best, second, nearest, .. } => (Some(best), second.is_some(), nearest),
            Decision::Unmatched { nearest, .. } => (None, false, nearest),
        };
        for near in nearest.iter().chain(best) {
            let rules = &candidates[near.candidate].rules;
            prop_assert!(rules.enabled && rules.valid_until.is_none());
            prop_assert!((0.0..=1.0).contains(&near.similarity));
            prop_assert_eq!(near.similarity, candidates[near.candidate].wordings[near.wording].1);
        }
        prop_assert!(nearest.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
        if let Some(best) = best {
            let entry = &candidates[best.candidate];
            let text = entry.wordings[best.wording].0;
            prop_assert!(!entry.rules.reject);
            prop_assert!(!entry.rules.not_words.iter().any(|word| question.contains(word)));
            prop_assert!(best.similarity >= entry.rules.threshold.unwrap_or(threshold));
            prop_assert!(!Differences::between(question, text).contradict());
            let told = decision.margin().unwrap();
            prop_assert!((0.0..=1.0).contains(&told));
            prop_assert!(told >= margin || text == question || !second);
        } else {
            let reason = reason(decision.clone());
            prop_assert_eq!(reason == Reason::Empty, nearest.is_empty());
        }
    }

    #[test]
    fn a_prospect_says_what_is_decided(given in given(), question in 0..TEXTS.len(), threshold in 0.0..=1.0, margin in 0.0..0.3, lead in 0.0..0.3) {
        let candidates = candidates(&given);
        let question = TEXTS[question];
        let prospect = Prospect::of(question, &candidates, 5);
        // Limits on both sides of what the question needs, and just there.
        let highest = prospect.highest();
        let at = |value: f64, other: f64| if value.is_finite() { value.clamp(0.0, 1.0) } else { other };
        let (most_similar, most_ahead) = (at(highest.threshold, threshold), at(highest.margin, margin));
        for (threshold, margin) in [(threshold, margin), (most_similar, margin), (threshold, most_ahead), (most_similar, most_ahead)] {
            for lead in [lead, 0.0] {
                let limits = Limits { threshold, margin, lead };
                let told = prospect.answer(limits);
                match decide(question, &candidates, limits, 5) {
                    Decision::Matched { best, .. } => prop_assert_eq!(told, Ok(best)),
                    Decision::Unmatched { reason, .. } => prop_assert_eq!(told, Err((&reason).into())),
                }
            }
            let limits = Limits { threshold, margin, lead: 0.0 };
            let told = prospect.answer(limits);
            let within = |of: Highest| limits.threshold <= of.threshold && limits.margin <= of.margin;
            let is_excluded = prospect.excluded_up_to().is_some_and(within);
            prop_assert_eq!(told.is_ok(), within(highest) && !is_excluded);
        }
    }

    #[test]
    fn what_is_settled_stays_so(given in given(), further in given(), question in 0..TEXTS.len(), least in 0.0..=1.0, lead in 0.0..0.3) {
        let seen = candidates(&given);
        let limits = Limits { threshold: 0.5, margin: 0.05, lead };
        let decision = decide(TEXTS[question], &seen, limits, 5);
        let farther = |(_, s): &mut (usize, f64)| *s *= least;
        let mut further = further;
        // Own thresholds below that of all are looked for no farther than it.
        further.iter_mut().for_each(|entry| { entry.0.iter_mut().for_each(farther); entry.2 = None; });
        let least_seen = given.iter().map(|e| e.0.iter().map(|w| w.1).fold(0.0, f64::max)).fold(1.0, f64::min);
        if least <= least_seen && decision.is_settled(least, limits) {
            let all = [seen, candidates(&further)].concat();
            let again = decide(TEXTS[question], &all, limits, 5);
            let plain = |decision: &Decision| match decision {
                Decision::Matched { best, .. } => (Some(*best), None),
                Decision::Unmatched { reason, .. } => (None, Some(reason.clone())),
            };
            prop_assert_eq!(plain(&decision), plain(&again));
        }
    }
}
