//! Tests of groups as a whole, on vectors that are made up.

use proptest::prelude::*;
use yuyi_kernels::{Codes, Kernel, Team, Vectors, dot};

use super::*;
use crate::Calibration;

/// Remarks and old ones with directions in a plane, in degrees: the cosine of the difference is their similarity.
#[derive(Clone, Debug)]
struct Meeting {
    texts: Vec<String>,
    degrees: Vec<f32>,
    old: usize,
}

const CALIBRATION: Calibration = Calibration::Uncalibrated;

impl Meeting {
    fn of(turns: &[(&str, f32)]) -> Self {
        Self {
            texts: turns.iter().map(|(text, _)| (*text).to_owned()).collect(),
            degrees: turns.iter().map(|(_, degrees)| *degrees).collect(),
            old: 0,
        }
    }

    fn remarks(&self) -> Remarks {
        let (old, new) = self.texts.split_at(self.old);
        Remarks::new(new, old)
    }

    fn vectors(&self, nodes: &[u32]) -> Vectors {
        let vector = |&node: &u32| {
            let angle = self.degrees[node as usize].to_radians();
            [angle.cos(), angle.sin()]
        };
        let mut vectors = Vectors::new(2);
        nodes.iter().for_each(|node| vectors.push(&vector(node)));
        vectors
    }

    /// The pairs above a bound and the groups, in blocks of so many rows, with codes or without.
    fn group(&self, options: Options, above: f64, rows: usize, coded: bool) -> (Vec<Pair>, Groups) {
        let remarks = self.remarks();
        let order = remarks.order(options.mode);
        let sides = [self.vectors(&order.old), self.vectors(&order.new)];
        let team = Team::new(1);
        let views = sides.each_ref().map(Vectors::view);
        let codes = views.map(|side| Codes::encode(&team, Kernel::of_process(), side));
        let codes = coded.then_some([&codes[0], &codes[1]]);
        let mut search = Search::new((&order, options.mode), views, codes, &CALIBRATION, above);
        search = search.in_blocks_of(rows);
        let mut grouping = Grouping::new(&remarks, &order, options);
        let mut all = Vec::new();
        for block in 0..search.blocks() {
            let mut pairs = Vec::new();
            let Ok(()) = search.find(&team, block, &mut pairs);
            let taken: Result<(), ()> = grouping.take(&pairs, &mut || Ok(()));
            taken.unwrap();
            all.extend(pairs);
        }
        (all, grouping.finish())
    }

    fn groups(&self, mode: Mode, threshold: f64) -> Groups {
        let options = Options { mode, threshold };
        self.group(options, pairs_above(threshold), 2, false).1
    }

    fn similarity(&self, a: usize, b: usize) -> f64 {
        let vectors = self.vectors(&[a as u32, b as u32]);
        let product = dot(Kernel::of_process(), vectors.row(0), vectors.row(1));
        CALIBRATION.similarity(yuyi_kernels::as_cosine(product))
    }
}

/// Node of a group's representative.
fn representative(group: &Group, old: usize) -> usize {
    group
        .against
        .or(group.representative.map(|index| old + index))
        .unwrap()
}

fn shown(groups: &Groups) -> Vec<(usize, Vec<usize>)> {
    let of = |group: &Group| {
        let members = group.members.iter().map(|member| member.index).collect();
        (group.representative.unwrap(), members)
    };
    groups.groups.iter().map(of).collect()
}

#[test]
fn adjacent_remarks_are_compared_with_the_group_before_them() {
    let meeting = Meeting::of(&[
        ("上线时间定了", 0.0),
        ("上线时间已经定了吧", 5.0),
        ("对", 90.0),
        ("时间定了", 8.0),
        ("说说预算", 80.0),
        ("上线时间定了", 0.0),
    ]);
    let groups = meeting.groups(Mode::Adjacent, 0.9);
    assert_eq!(shown(&groups), [(1, vec![0, 3])]);
    assert_eq!(groups.kept, [1, 4, 5]);
    assert_eq!(groups.duplicates, 2);
    let vote = Vote {
        index: 2,
        answers: Some(1),
        for_against: None,
        speaker: None,
    };
    assert_eq!(groups.votes, [vote]);
    assert_eq!(groups.sources(), [vec![1, 0, 3], vec![4], vec![5]]);
    let all = meeting.groups(Mode::All, 0.9);
    assert_eq!(shown(&all), [(1, vec![0, 3, 5])]);
}

#[test]
fn nobody_agrees_with_a_refusal_unasked() {
    for (refusal, vote) in [
        ("我不同意这个方案", "我同意这个方案"),
        ("不行", "没意见"),
        ("-1", "同意"),
        ("否", "同意"),
        ("我们下周三上线不行", "同意"),
        ("我觉得不太合适，来不及", "同意"),
    ] {
        let meeting = Meeting::of(&[
            ("我们下周三上线", 0.0),
            ("同意", 90.0),
            (refusal, 45.0),
            (vote, 90.0),
        ]);
        let groups = meeting.groups(Mode::Adjacent, 0.9);
        assert_eq!(groups.kept, [0, 2, 3], "{refusal} / {vote}");
        let votes: Vec<_> = groups.votes.iter().map(|v| (v.index, v.answers)).collect();
        assert_eq!(votes, [(1, Some(0))], "{refusal} / {vote}");
    }
}

#[test]
fn who_agrees_with_somebody_takes_no_votes() {
    let meeting = Meeting::of(&[
        ("我们下周三上线", 0.0),
        ("我同意张三的意见", 60.0),
        ("好的，谢谢", 90.0),
        ("不反对", 90.0),
        ("同意", 90.0),
    ]);
    let groups = meeting.groups(Mode::Adjacent, 0.9);
    assert_eq!(groups.kept, [0, 1]);
    assert!(groups.votes.iter().all(|vote| vote.answers == Some(0)));
    assert_eq!(groups.votes.len(), 3);
}

/// 我 of two speakers are two.
#[test]
fn what_speaks_of_oneself_repeats_nothing() {
    let meeting = Meeting::of(&[
        ("谁负责测试？", 0.0),
        ("我", 60.0),
        ("我", 60.0),
        ("可以", 90.0),
    ]);
    for mode in [Mode::Adjacent, Mode::All] {
        let groups = meeting.groups(mode, 0.9);
        assert_eq!((groups.kept, groups.duplicates), (vec![0, 1, 2], 0));
        assert_eq!(groups.votes[0].answers, Some(2));
    }
}

#[test]
fn stars_have_no_chains() {
    // Each is near the next, the ends are far apart.
    let meeting = Meeting::of(&[
        ("甲乙丙丁戊己", 0.0),
        ("甲乙丙丁戊", 20.0),
        ("甲乙丙丁", 40.0),
        ("甲乙丙", 60.0),
    ]);
    let groups = meeting.groups(Mode::All, 0.9);
    assert_eq!(shown(&groups), [(0, vec![1]), (2, vec![3])]);
}

#[test]
fn what_differs_is_listed_and_kept() {
    let meeting = Meeting::of(&[
        ("我们3月上线新版", 0.0),
        ("我们5月上线新版", 1.0),
        ("5月上线新版", 2.0),
    ]);
    for mode in [Mode::Adjacent, Mode::All] {
        let groups = meeting.groups(mode, 0.9);
        assert_eq!(shown(&groups), [(0, vec![1]), (1, vec![2])], "{mode:?}");
        let held = groups.groups[0].members[0].held_back;
        assert_eq!(held, Some(HeldBack::Date));
        assert_eq!((groups.kept, groups.duplicates), (vec![0, 1], 1));
    }
}

#[test]
fn old_ones_stay_and_take_what_repeats_them() {
    let mut meeting = Meeting::of(&[
        ("上线时间定了", 0.0),
        ("对", 50.0),
        ("上线时间已经定了吧", 5.0),
        ("对", 50.0),
        ("预算", 80.0),
    ]);
    meeting.old = 2;
    for mode in [Mode::Adjacent, Mode::All] {
        let groups = meeting.groups(mode, 0.9);
        let group = &groups.groups[0];
        assert_eq!((group.representative, group.against), (None, Some(0)));
        assert_eq!(group.members[0].index, 0);
        assert_eq!((groups.kept, groups.duplicates), (vec![2], 1));
        let vote = &groups.votes[0];
        assert_eq!((vote.answers, vote.for_against), (None, Some(0)));
    }
}

#[test]
fn thousands_that_differ_in_a_number_are_told_apart_in_time() {
    let turn = |i: usize| (format!("第{i}号订单已经发货了"), 0.0);
    let turns: Vec<(String, f32)> = (0..300).chain(0..300).map(turn).collect();
    let turns: Vec<(&str, f32)> = turns
        .iter()
        .map(|(text, degrees)| (text.as_str(), *degrees))
        .collect();
    let groups = Meeting::of(&turns).groups(Mode::All, 0.9);
    assert_eq!((groups.kept.len(), groups.duplicates), (300, 300));
}

const TEXTS: [&str; 9] = [
    "我们先看数据",
    "先看一下数据吧",
    "看数据",
    "3月上线",
    "5月上线",
    "对",
    "同意",
    "嗯那个先看数据",
    "预算不够",
];

fn meetings() -> impl Strategy<Value = Meeting> {
    let turn = (0..TEXTS.len(), 0u8..18);
    (prop::collection::vec(turn, 0..24), 0usize..4).prop_map(|(turns, old)| Meeting {
        texts: turns
            .iter()
            .map(|(text, _)| TEXTS[*text].to_owned())
            .collect(),
        degrees: turns
            .iter()
            .map(|(_, tens)| f32::from(*tens) * 10.0)
            .collect(),
        old: old.min(turns.len()),
    })
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Adjacent), Just(Mode::All)]
}

proptest! {
    /// Every remark is kept, a repeat or a vote, and only one of these; members are as near as is said, and near enough.
    #[test]
    fn each_remark_has_one_place(meeting in meetings(), mode in modes(), threshold in 0.5f64..1.0) {
        let groups = meeting.groups(mode, threshold);
        let repeats = groups.groups.iter().flat_map(|group| &group.members);
        let repeats: Vec<usize> = repeats.filter(|m| m.held_back.is_none()).map(|m| m.index).collect();
        prop_assert_eq!(repeats.len(), groups.duplicates);
        let votes = groups.votes.iter().map(|vote| vote.index);
        let mut all: Vec<usize> = groups.kept.iter().copied().chain(repeats).chain(votes).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..meeting.texts.len() - meeting.old).collect::<Vec<_>>());
        let remarks = meeting.remarks();
        for group in &groups.groups {
            let stands = representative(group, meeting.old);
            prop_assert!(stands < meeting.old || groups.kept.contains(&(stands - meeting.old)));
            for member in &group.members {
                let node = meeting.old + member.index;
                prop_assert!(member.similarity >= threshold);
                prop_assert_eq!(member.similarity, meeting.similarity(stands, node));
                let texts = [stands, node].map(|node| remarks.said(node as u32));
                prop_assert_eq!(held_back(texts[0], texts[1]), member.held_back);
                let is_star = mode == Mode::All && stands >= meeting.old;
                prop_assert!(!is_star || texts[0].chars().count() >= texts[1].chars().count());
            }
        }
        for vote in &groups.votes {
            prop_assert!(vote.answers.is_some() != vote.for_against.is_some());
            prop_assert!(vote.answers.is_none_or(|to| groups.kept.contains(&to) && to != vote.index));
        }
    }

    /// Nothing that is kept repeats another that is kept and of which it could be told: no repeat is missed.
    #[test]
    fn all_pairs_miss_nothing(meeting in meetings(), threshold in 0.5f64..1.0) {
        let groups = meeting.groups(Mode::All, threshold);
        let remarks = meeting.remarks();
        let node = |index: &usize| meeting.old + index;
        // A vote for nothing is kept, and repeats nothing.
        let is_said = |node: &usize| !remarks.is_vote(*node as u32);
        let kept = || groups.kept.iter().map(node).filter(is_said);
        for a in (0..meeting.old).filter(is_said).chain(kept()) {
            for b in kept().filter(|&b| b != a) {
                let texts = [a, b].map(|node| remarks.said(node as u32));
                let may = a < meeting.old || texts[0].chars().count() > texts[1].chars().count();
                let repeats = meeting.similarity(a, b) >= threshold && held_back(texts[0], texts[1]).is_none();
                prop_assert!(!(may && repeats), "{a} {b}");
            }
        }
    }

    /// Blocks and codes change nothing, and pairs that were kept give the groups of every higher threshold.
    #[test]
    fn kept_pairs_give_the_groups_of_higher_thresholds(
        meeting in meetings(), mode in modes(), low in 0.3f64..0.9, more in 0.0f64..0.5, rows in 1usize..9,
    ) {
        let options = |threshold| Options { mode, threshold };
        let (mut pairs, groups) = meeting.group(options(low), low, rows, false);
        prop_assert_eq!(&groups, &meeting.group(options(low), low, 64, true).1);
        let high = (low + more).min(1.0);
        let (_, searched) = meeting.group(options(high), high, 3, false);
        pairs.reverse();
        let remarks = meeting.remarks();
        let again = Grouping::again(&remarks, &remarks.order(mode), options(high), pairs);
        prop_assert_eq!(again, searched);
    }

    /// A remark that is near nothing at a threshold is near nothing at a higher one, and stays kept.
    #[test]
    fn what_is_alone_stays_alone(meeting in meetings(), mode in modes(), low in 0.3f64..0.9, more in 0.0f64..0.5) {
        let (pairs, groups) = meeting.group(Options { mode, threshold: low }, low, 8, false);
        let higher = meeting.groups(mode, (low + more).min(1.0));
        let is_near = |index: usize| {
            let node = (meeting.old + index) as u32;
            pairs.iter().any(|pair| [pair.left, pair.right].contains(&node))
        };
        for &index in groups.kept.iter().filter(|&&index| !is_near(index)) {
            prop_assert!(higher.kept.contains(&index));
        }
    }
}

#[test]
fn numbers_of_points_are_neither_compared_nor_in_the_way_of_votes() {
    let turns = [
        ("1. 我们下周三上线新版本", 0.0),
        ("2. 就下周三上线新版本", 20.0),
        ("3. 同意", 80.0),
        ("4. 我们下周五上线新版本", 25.0),
    ];
    let options = Options::default();
    let (_, groups) = Meeting::of(&turns).group(options, pairs_above(THRESHOLD), 2, false);
    assert_eq!(groups.kept, [0, 3]);
    assert_eq!(groups.duplicates, 1);
    assert_eq!(groups.votes.len(), 1);
    assert_eq!(groups.votes[0].answers, Some(0));
    // Numbers that are said still differ.
    let turns = [
        ("3.5 万用户会升级到新版本", 0.0),
        ("4.5 万用户会升级到新版本", 20.0),
    ];
    let (_, groups) = Meeting::of(&turns).group(options, pairs_above(THRESHOLD), 2, false);
    assert_eq!(groups.kept, [0, 1]);
}
