//! The repeats of minutes as a report.

use std::collections::BTreeMap;

use yuyi_files::{Numbered, Transcript};
use yuyi_tasks::dedup::{Group, Groups, HeldBack};

use super::Found;
use super::shown::{differing, named, of_notes, who};
use crate::args::DedupArgs;
use crate::report::blocks::{self, Cell, Pair, Table, Tile, figure, figures};
use crate::report::numbers::grouped;
use crate::report::{Element, Language, Report, chart, today};

/// Groups that are shown.
const MOST_GROUPS: usize = 200;

/// Members of a group that are shown.
const MOST_MEMBERS: usize = 20;

pub fn report(
    args: &DedupArgs,
    minutes: &Transcript,
    old: Option<&Transcript>,
    found: &Found,
) -> Report {
    let language = Language::of_reports();
    let title = language.pick("重复发言报告", "Remarks that repeat each other");
    let mut report = Report::new(language, title, &about(language, args, minutes, old, found));
    report.block(tiles(language, minutes, &found.groups));
    report.block(blocks::lead(&conclusion(language, minutes, &found.groups)));
    let texts = Texts { minutes, old };
    let is_repeat = |group: &&Group| group.members.iter().any(|m| m.held_back.is_none());
    let heading = language.pick("重复的发言", "Repeats");
    report.section(
        heading,
        groups(
            language,
            &texts,
            found.groups.groups.iter().filter(is_repeat),
            false,
        ),
    );
    let is_held = |group: &&Group| group.members.iter().any(|m| m.held_back.is_some());
    let heading = language.pick("相近但未合并", "Near, and kept");
    report.section(
        heading,
        groups(
            language,
            &texts,
            found.groups.groups.iter().filter(is_held),
            true,
        ),
    );
    if let Some(reasons) = reasons(language, &found.groups) {
        let heading = language.pick("未合并的原因", "Why they are kept");
        report.section(heading, [reasons]);
    }
    let heading = language.pick("附议", "Votes");
    report.section(heading, votes(language, &texts, &found.groups));
    let heading = language.pick("相近的句对", "Near pairs");
    report.section(heading, [pairs(language, args.threshold, found)]);
    report
}

fn about(
    language: Language,
    args: &DedupArgs,
    minutes: &Transcript,
    old: Option<&Transcript>,
    found: &Found,
) -> Vec<String> {
    let mode = match args.mode {
        crate::args::ModeArg::Adjacent => language.pick("相邻发言", "adjacent remarks"),
        crate::args::ModeArg::All => language.pick("全部两两比较", "all pairs"),
    };
    let threshold = args.threshold;
    let mut lines = vec![
        language.pick(
            format!("文件 {} · 模型 {}", minutes.name, found.model),
            format!("File {} · model {}", minutes.name, found.model),
        ),
        language.pick(
            format!("{mode} · 阈值 {threshold}"),
            format!("{mode} · threshold {threshold}"),
        ),
    ];
    lines.extend(old.map(|old| {
        language.pick(
            format!("旧稿 {}", old.name),
            format!("Older minutes {}", old.name),
        )
    }));
    lines.push(today());
    lines
}

fn tiles(language: Language, minutes: &Transcript, groups: &Groups) -> Element {
    let tile = |label: (&str, &str), value: usize| Tile {
        value: grouped(value),
        label: language.pick(label.0, label.1).to_owned(),
        note: String::new(),
    };
    blocks::tiles([
        tile(("发言", "remarks"), minutes.turns.len()),
        tile(("保留", "kept"), groups.kept.len()),
        tile(("重复", "repeats"), groups.duplicates),
        tile(("附议", "votes"), groups.votes.len()),
        tile(("相近未合并", "near, and kept"), held(groups)),
    ])
}

fn held(groups: &Groups) -> usize {
    let members = groups.groups.iter().flat_map(|group| &group.members);
    members.filter(|member| member.held_back.is_some()).count()
}

fn conclusion(language: Language, minutes: &Transcript, groups: &Groups) -> String {
    let (all, kept) = (grouped(minutes.turns.len()), grouped(groups.kept.len()));
    language.pick(
        format!("{all} 条发言，去掉重复和附议后剩 {kept} 条。"),
        format!("Of {all} remarks, {kept} are left without repeats and votes."),
    )
}

/// The texts that groups are of.
struct Texts<'a> {
    minutes: &'a Transcript,
    old: Option<&'a Transcript>,
}

impl Texts<'_> {
    fn representative(&self, group: &Group) -> &str {
        let turn = match (group.representative, group.against) {
            (Some(index), _) => self.minutes.turns.get(index),
            (None, against) => self.old.and_then(|old| old.turns.get(against?)),
        };
        turn.map_or("", |turn| &turn.text)
    }

    /// A remark of these minutes or of the older ones, with its number.
    fn numbered(&self, language: Language, is_old: bool, index: usize) -> (String, &str) {
        let (turns, number) = match is_old {
            true => (self.old, Numbered::Older(index + 1)),
            false => (Some(self.minutes), Numbered::Here(index + 1)),
        };
        let turn = turns.and_then(|turns| turns.turns.get(index));
        let number = number.shown(of_notes(language));
        (number, turn.map_or("", |turn| &turn.text))
    }
}

fn groups<'g>(
    language: Language,
    texts: &Texts<'_>,
    all: impl Iterator<Item = &'g Group>,
    held: bool,
) -> Vec<Element> {
    let all: Vec<&Group> = all.collect();
    if all.is_empty() {
        return vec![blocks::paragraph(language.pick("没有。", "None."))];
    }
    let mut shown: Vec<Element> = Vec::new();
    for group in all.iter().take(MOST_GROUPS) {
        let members = group
            .members
            .iter()
            .filter(|member| member.held_back.is_some() == held);
        let pair = |member: &'g yuyi_tasks::dedup::Member| {
            let why = member.held_back.map(|why| differing(language, why));
            let why =
                why.map(|what| language.pick(format!(" · {what}"), format!(" · but for {what}")));
            let who = who(language, texts.minutes, member.index);
            Pair {
                score: format!("{:.2}", member.similarity),
                a: &texts.minutes.turns[member.index].text,
                b: "",
                note: format!("{who}{}", why.unwrap_or_default()),
            }
        };
        let left = members.clone().count().saturating_sub(MOST_MEMBERS);
        let name = named(language, group);
        shown.push(blocks::subheading(&format!(
            "{name}  {}",
            texts.representative(group)
        )));
        shown.push(blocks::pairs(members.take(MOST_MEMBERS).map(pair)));
        if left > 0 {
            let told = language.pick(
                format!("这一组另有 {left} 条未列出。"),
                format!("{left} more of this group are not shown."),
            );
            shown.push(blocks::note(&told));
        }
    }
    if all.len() > MOST_GROUPS {
        let more = grouped(all.len() - MOST_GROUPS);
        let told = language.pick(
            format!("另有 {more} 组未列出。"),
            format!("{more} more groups are not shown."),
        );
        shown.push(blocks::note(&told));
    }
    shown
}

/// What held remarks back, and how often; `None`: nothing did.
fn reasons(language: Language, groups: &Groups) -> Option<Element> {
    let members = groups.groups.iter().flat_map(|group| &group.members);
    let mut counts: Vec<(HeldBack, usize)> = Vec::new();
    for why in members.filter_map(|member| member.held_back) {
        match counts.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => counts.push((why, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let rows = counts.into_iter().map(|(why, count)| {
        vec![
            Cell::text(differing(language, why)),
            Cell::number(grouped(count)),
        ]
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let head = vec![
        Cell::text(language.pick("差别", "what differs")),
        Cell::number(language.pick("条数", "remarks")),
    ];
    (!rows.is_empty()).then(|| {
        Table {
            head,
            rows,
            total: false,
        }
        .element()
    })
}

/// Who agreed with which remark, of these minutes and of the older ones.
fn votes(language: Language, texts: &Texts<'_>, groups: &Groups) -> Vec<Element> {
    let mut counts: BTreeMap<(bool, usize), Vec<String>> = BTreeMap::new();
    for vote in &groups.votes {
        let old = vote.for_against.map(|index| (true, index));
        if let Some(place) = old.or(vote.answers.map(|index| (false, index))) {
            let name = who(language, texts.minutes, vote.index);
            counts.entry(place).or_default().push(name);
        }
    }
    if counts.is_empty() {
        return vec![blocks::paragraph(language.pick("没有。", "None."))];
    }
    let more = counts.len().saturating_sub(MOST_GROUPS);
    let row = |((is_old, index), names): ((bool, usize), Vec<String>)| {
        let (number, text) = texts.numbered(language, is_old, index);
        let names_shown = names.join(language.pick("、", ", "));
        vec![
            Cell::text(format!("{number}  {text}")).below(names_shown),
            Cell::number(names.len().to_string()),
        ]
    };
    let table = Table {
        head: vec![
            Cell::text(language.pick("发言", "remark")),
            Cell::number(language.pick("同意", "agreed")),
        ],
        rows: counts.into_iter().take(MOST_GROUPS).map(row).collect(),
        total: false,
    };
    let mut shown = vec![table.element()];
    if more > 0 {
        let more = grouped(more);
        let told = language.pick(
            format!("另有 {more} 条得到附议的发言未列出。"),
            format!("{more} more remarks that others agreed with are not shown."),
        );
        shown.push(blocks::note(&told));
    }
    shown
}

fn pairs(language: Language, threshold: f64, found: &Found) -> Element {
    let all = found.pairs.iter().map(|pair| pair.similarity);
    let (above, below): (Vec<f64>, Vec<f64>) = all.partition(|similarity| *similarity >= threshold);
    figures([figure(
        language.pick("句对的相似度", "Similarities of pairs"),
        language.pick(
            "虚线是阈值；换一个阈值不必重新计算（--rethreshold）。",
            "The dashed line is the threshold; another one needs no further computation (--rethreshold).",
        ),
        chart::histogram(language, &above, &below, Some(threshold)),
    )])
}
