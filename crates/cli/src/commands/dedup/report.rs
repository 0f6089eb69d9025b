//! The repeats of minutes as a report.

use yuyi_files::Transcript;
use yuyi_tasks::dedup::{Group, Groups};

use super::Found;
use super::shown::{differing, named, who};
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
    let heading = language.pick("附议", "Votes");
    report.section(heading, [votes(language, minutes, &found.groups)]);
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
        let name = named(language, group);
        shown.push(blocks::subheading(&format!(
            "{name}  {}",
            texts.representative(group)
        )));
        shown.push(blocks::pairs(members.take(MOST_MEMBERS).map(pair)));
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

fn votes(language: Language, minutes: &Transcript, groups: &Groups) -> Element {
    let mut counts: Vec<(usize, Vec<String>)> = Vec::new();
    for vote in &groups.votes {
        let Some(index) = vote.answers else { continue };
        let name = who(language, minutes, vote.index);
        match counts.last_mut().filter(|(last, _)| *last == index) {
            Some((_, names)) => names.push(name),
            None => counts.push((index, vec![name])),
        }
    }
    if counts.is_empty() {
        return blocks::paragraph(language.pick("没有。", "None."));
    }
    let row = |(index, names): (usize, Vec<String>)| {
        let names_shown = names.join(language.pick("、", ", "));
        let text: &str = &minutes.turns[index].text;
        vec![
            Cell::text(text).below(names_shown),
            Cell::number(names.len().to_string()),
        ]
    };
    Table {
        head: vec![
            Cell::text(language.pick("发言", "remark")),
            Cell::number(language.pick("同意", "agreed")),
        ],
        rows: counts.into_iter().take(MOST_GROUPS).map(row).collect(),
        total: false,
    }
    .element()
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
