use super::*;

const LIMITS: Limits = Limits {
    threshold: 0.6,
    margin: 0.05,
    lead: 0.0,
};

fn entry<'a>(id: &'a str, wordings: &[&'a str], answer: &'a str) -> CheckedEntry<'a> {
    CheckedEntry {
        id,
        wordings: wordings.to_vec(),
        answer,
        rules: EntryRules::default(),
        related: &[],
    }
}

/// The findings of entries whose wordings point so many degrees from east.
fn check(entries: &[CheckedEntry<'_>], degrees: &[&[f32]]) -> Vec<Finding> {
    let vector = |degrees: &f32| [degrees.to_radians().cos(), degrees.to_radians().sin()];
    let vectors: Vec<Vec<[f32; 2]>> = degrees
        .iter()
        .map(|entry| entry.iter().map(vector).collect())
        .collect();
    let index = FaqIndex::new(
        vectors
            .iter()
            .map(|entry| entry.iter().map(<[f32; 2]>::as_slice)),
    );
    let checked = Checked {
        entries,
        index: &index,
        calibration: &Calibration::Uncalibrated,
        limits: LIMITS,
        now: 100,
    };
    checked.findings(|_| {})
}

fn kinds(findings: &[Finding]) -> Vec<(Kind, usize, Option<usize>)> {
    let told = |f: &Finding| (f.kind, f.at.entry, f.other.map(|other| other.entry));
    findings.iter().map(told).collect()
}

#[test]
fn a_sound_faq_has_no_findings() {
    let entries = [
        entry("a", &["怎么退货", "退货流程"], "七天内"),
        entry("b", &["怎么开票"], "在订单页"),
    ];
    assert_eq!(check(&entries, &[&[0.0, 10.0], &[90.0]]), []);
}

#[test]
fn wordings_nearer_to_another_entry_are_found() {
    let entries = [
        entry("a", &["怎么退货", "东西坏了"], "七天内"),
        entry("b", &["怎么维修", "修理"], "拿到店里"),
    ];
    let found = check(&entries, &[&[0.0, 70.0], &[120.0, 110.0]]);
    assert_eq!(kinds(&found), [(Kind::NearerToOther, 0, Some(1))]);
    let finding = &found[0];
    assert_eq!((finding.at.wording, finding.other.unwrap().wording), (1, 1));
    assert!((finding.similarity.unwrap() - 40f64.to_radians().cos()).abs() < 1e-6);
    assert!((finding.own.unwrap() - 70f64.to_radians().cos()).abs() < 1e-6);
    // What contradicts the wording is no rival: the guard holds it back.
    let guarded = [
        entry("a", &["怎么退货", "能退货"], "七天内"),
        entry("b", &["怎么维修", "不能退货"], "拿到店里"),
    ];
    assert_eq!(check(&guarded, &[&[0.0, 70.0], &[170.0, 110.0]]), []);
}

#[test]
fn entries_that_ask_the_same_are_compared_by_their_answers() {
    let of = |answer| {
        let entries = [
            entry("a", &["怎么退货"], "七天内可以退"),
            entry("b", &["如何退货"], answer),
        ];
        kinds(&check(&entries, &[&[0.0], &[20.0]]))
    };
    assert_eq!(of("七天内可以退。"), [(Kind::RepeatedEntry, 1, Some(0))]);
    assert_eq!(
        of("十五天内可以退"),
        [(Kind::ConflictingAnswers, 1, Some(0))]
    );
    assert_eq!(of("联系客服"), [(Kind::OtherAnswer, 1, Some(0))]);
}

#[test]
fn entries_that_are_near_to_each_other_are_told_once() {
    // As a whole, though wordings of both are nearer to the other entry than to their own.
    let alike = [
        entry("a", &["怎么退货", "如何办退货"], "七天内"),
        entry("b", &["退货怎么办", "想退货"], "联系客服"),
    ];
    let found = check(&alike, &[&[0.0, 20.0], &[10.0, 30.0]]);
    assert_eq!(kinds(&found), [(Kind::OtherAnswer, 1, Some(0))]);
    // Of entries with one answer, also where a wording is far from the others.
    let same = [
        entry("a", &["怎么退货", "东西坏了"], "七天内"),
        entry("b", &["坏了怎么办"], "七天内"),
    ];
    let found = check(&same, &[&[0.0, 70.0], &[80.0]]);
    assert_eq!(kinds(&found), [(Kind::RepeatedEntry, 1, Some(0))]);
    // One wording that stands in the wrong entry.
    let misplaced = [
        entry("a", &["怎么退货", "退货流程", "怎么开票"], "七天内"),
        entry("b", &["如何开票", "开票"], "在订单页"),
    ];
    let found = check(&misplaced, &[&[0.0, 10.0, 80.0], &[90.0, 95.0]]);
    assert_eq!(kinds(&found), [(Kind::NearerToOther, 0, Some(1))]);
    assert_eq!(found[0].at.wording, 2);
    // Of two that are nearer to each other than to their own entries, the farther one.
    let both = [
        entry("a", &["怎么退货", "东西坏了"], "七天内"),
        entry("b", &["怎么维修", "修理"], "拿到店里"),
    ];
    let found = check(&both, &[&[0.0, 70.0], &[170.0, 110.0]]);
    assert_eq!(kinds(&found), [(Kind::NearerToOther, 0, Some(1))]);
}

#[test]
fn what_is_over_gets_in_nobodys_way() {
    let mut entries = [
        entry("a", &["运费多少"], "十元"),
        entry("b", &["运费多少"], "八元"),
    ];
    let degrees: &[&[f32]] = &[&[0.0], &[0.0]];
    assert_eq!(
        kinds(&check(&entries, degrees)),
        [(Kind::SharedWording, 1, Some(0))]
    );
    entries[0].rules.valid_until = Some(100);
    assert_eq!(kinds(&check(&entries, degrees)), [(Kind::Expired, 0, None)]);
    (entries[0].rules.valid_from, entries[0].rules.valid_until) = (Some(300), Some(200));
    assert_eq!(
        kinds(&check(&entries, degrees)),
        [(Kind::NeverValid, 0, None)]
    );
}

#[test]
fn equal_wordings_are_found() {
    let mut entries = [
        entry("a", &["怎么退货", "怎么退货？"], "七天内"),
        entry("b", &["怎么开票", "怎么 退货"], "在订单页"),
    ];
    let degrees: &[&[f32]] = &[&[0.0, 0.0], &[90.0, 0.0]];
    assert_eq!(
        kinds(&check(&entries, degrees)),
        [
            (Kind::SharedWording, 1, Some(0)),
            (Kind::RepeatedWording, 0, Some(0))
        ]
    );
    // What an entry has twice is shared once.
    let turned = [entries[1].clone(), entries[0].clone()];
    assert_eq!(
        kinds(&check(&turned, &[degrees[1], degrees[0]])),
        [
            (Kind::SharedWording, 1, Some(0)),
            (Kind::RepeatedWording, 1, Some(1))
        ]
    );
    // One takes the place of the other.
    entries[0].rules.valid_until = Some(200);
    entries[1].rules.valid_from = Some(200);
    assert_eq!(
        kinds(&check(&entries, degrees)),
        [
            (Kind::RepeatedWording, 0, Some(0)),
            (Kind::NotYetValid, 1, None)
        ]
    );
}

#[test]
fn what_is_not_answered_keeps_away_from_what_is() {
    let reject = |wordings: &[&'static str]| {
        let mut entry = entry("r", wordings, "");
        entry.rules.reject = true;
        entry
    };
    let entries = [
        entry("a", &["怎么退货", "不要了怎么办"], "七天内"),
        reject(&["不想活了怎么办", "讲个笑话"]),
    ];
    let found = check(&entries, &[&[0.0, 70.0], &[90.0, 180.0]]);
    assert_eq!(kinds(&found), [(Kind::NearReject, 0, Some(1))]);
    assert_eq!(found[0].at.wording, 1);
    let same = [entry("a", &["怎么退货"], "七天内"), reject(&["怎么退货！"])];
    let found = check(&same, &[&[0.0], &[0.0]]);
    assert_eq!(kinds(&found), [(Kind::TurnedAway, 0, Some(1))]);
}

#[test]
fn entries_that_never_answer_are_found() {
    let words = ["退货".to_owned()];
    let related = ["b".to_owned(), "gone".to_owned()];
    let mut entries = vec![
        entry("a", &["怎么退货"], "七天内"),
        entry("b", &["怎么开票"], " "),
        entry("c", &["春节放假"], "见公告"),
        entry("d", &["国庆放假"], "见公告"),
        entry("e", &["中秋放假"], "见公告"),
        entry("f", &["元旦放假"], "见公告"),
    ];
    entries[0].rules.not_words = &words;
    entries[0].related = &related;
    entries[2].rules.valid_until = Some(100);
    entries[3].rules.valid_from = Some(101);
    entries[4].rules.enabled = false;
    (entries[5].rules.valid_from, entries[5].rules.valid_until) = (Some(9), Some(9));
    let found = check(
        &entries,
        &[&[0.0], &[60.0], &[120.0], &[180.0], &[240.0], &[300.0]],
    );
    let expected = [
        (Kind::ExcludesItself, 0, None),
        (Kind::NeverValid, 5, None),
        (Kind::UnknownRelated, 0, None),
        (Kind::NoAnswer, 1, None),
        (Kind::Expired, 2, None),
        (Kind::NotYetValid, 3, None),
        (Kind::Disabled, 4, None),
    ];
    assert_eq!(kinds(&found), expected);
    assert_eq!(found[0].detail.as_deref(), Some("退货"));
    assert_eq!(found[2].detail.as_deref(), Some("gone"));
}

#[test]
fn entries_that_nobody_found_are_told_if_they_may_answer() {
    let mut entries = [
        entry("a", &["怎么退货"], "七天内"),
        entry("b", &["怎么开票"], "在订单页"),
        entry("c", &["春节放假"], "见公告"),
    ];
    entries[2].rules.enabled = false;
    let index = FaqIndex::new([[[1.0f32].as_slice()]]);
    let checked = Checked {
        entries: &entries,
        index: &index,
        calibration: &Calibration::Uncalibrated,
        limits: LIMITS,
        now: 100,
    };
    let found = checked.never_found([Some(0), None, Some(0)]);
    assert_eq!(kinds(&found), [(Kind::NeverFound, 1, None)]);
}
