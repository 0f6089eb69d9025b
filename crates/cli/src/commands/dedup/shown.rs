//! What stands behind remarks when minutes are written.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use yuyi_files::{Entry, Transcript};
use yuyi_tasks::dedup::{Group, Groups, HeldBack, Member};

use crate::language::Language;

/// The turns that are written, each with its note: all, or with `merge` those that are kept.
pub fn entries(merge: bool, minutes: &Transcript, groups: &Groups) -> Vec<Entry> {
    let notes = Notes::of(minutes, groups, merge);
    let all: Vec<usize> = match merge {
        true => left(groups),
        false => (0..minutes.turns.len()).collect(),
    };
    let entry = |turn: usize| Entry {
        turn,
        note: notes.note(turn),
        fields: notes.fields.get(&turn).cloned().unwrap_or_default(),
    };
    all.into_iter().map(entry).collect()
}

/// What is left of the turns in merged minutes. Votes for older minutes are told nowhere but in their own place.
fn left(groups: &Groups) -> Vec<usize> {
    let votes = groups.votes.iter();
    let for_old = votes.filter(|vote| vote.for_against.is_some());
    let mut left = groups.kept.clone();
    left.extend(for_old.map(|vote| vote.index));
    left.sort_unstable();
    left
}

/// What is told of remarks.
struct Notes {
    language: Language,
    parts: HashMap<usize, Vec<String>>,
    fields: HashMap<usize, Map<String, Value>>,
}

impl Notes {
    fn of(minutes: &Transcript, groups: &Groups, merge: bool) -> Self {
        let mut notes = Self {
            language: Language::of_reports(),
            parts: HashMap::new(),
            fields: HashMap::new(),
        };
        for group in &groups.groups {
            for member in &group.members {
                notes.member(group, member);
            }
            if let (true, Some(index)) = (merge, group.representative) {
                notes.merged(minutes, index, group);
            }
        }
        notes.votes(minutes, groups);
        notes
    }

    fn note(&self, turn: usize) -> Option<String> {
        let parts = self.parts.get(&turn)?;
        let (comma, marks) = self.language.pick(("；", ("〔", "〕")), ("; ", ("[", "]")));
        Some(format!("{}{}{}", marks.0, parts.join(comma), marks.1))
    }

    fn add(&mut self, turn: usize, part: String, fields: Value) {
        self.parts.entry(turn).or_default().push(part);
        if let Value::Object(fields) = fields {
            self.fields.entry(turn).or_default().extend(fields);
        }
    }

    fn member(&mut self, group: &Group, member: &Member) {
        let to = named(self.language, group);
        let similarity = format!("{:.2}", member.similarity);
        let part = match member.held_back {
            None => self.language.pick(
                format!("重复{to}，相似度 {similarity}"),
                format!("repeats {to}, similarity {similarity}"),
            ),
            Some(why) => {
                let what = differing(self.language, why);
                self.language.pick(
                    format!("与{to}相近（{similarity}），{what}，未合并"),
                    format!("near {to} ({similarity}), but for {what}"),
                )
            }
        };
        let place = match (group.representative, group.against) {
            (Some(index), _) => json!({"of": index}),
            (None, against) => json!({"of_against": against}),
        };
        let mut fields =
            json!({"similarity": member.similarity, "repeat": member.held_back.is_none()});
        if let (Some(all), Value::Object(place)) = (fields.as_object_mut(), place) {
            all.extend(place);
            all.extend(
                member
                    .held_back
                    .map(|why| ("held_back".to_owned(), json!(why))),
            );
        }
        self.add(member.index, part, fields);
    }

    /// Who else said what is merged, and when.
    fn merged(&mut self, minutes: &Transcript, index: usize, group: &Group) {
        let repeats = group
            .members
            .iter()
            .filter(|member| member.held_back.is_none());
        let said: Vec<String> = repeats
            .map(|member| who(self.language, minutes, member.index))
            .collect();
        if said.is_empty() {
            return;
        }
        let (count, list) = (said.len(), said.join(self.language.pick("、", ", ")));
        let part = self.language.pick(
            format!("另有 {count} 次：{list}"),
            match count {
                1 => format!("said once more: {list}"),
                count => format!("said {count} times more: {list}"),
            },
        );
        let from: Vec<usize> = group
            .members
            .iter()
            .filter(|m| m.held_back.is_none())
            .map(|m| m.index)
            .collect();
        let turns = || from.iter().map(|&index| &minutes.turns[index]);
        let speakers = turns().filter_map(|turn| turn.speaker.as_deref());
        let times: Vec<&str> = turns().filter_map(|turn| turn.time.as_deref()).collect();
        let mut fields = json!({"repeats": from});
        let lists = [
            ("repeat_speakers", each_once(speakers)),
            ("repeat_times", times),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                fields[name] = json!(list);
            }
        }
        self.add(index, part, fields);
    }

    /// Who agreed with a remark.
    fn votes(&mut self, minutes: &Transcript, groups: &Groups) {
        let mut answered: Vec<(usize, Vec<usize>)> = Vec::new();
        for vote in &groups.votes {
            if let Some(old) = vote.for_against {
                let part = self.language.pick(
                    format!("附议旧稿第 {} 条", old + 1),
                    format!("agrees with no. {} of the older minutes", old + 1),
                );
                self.add(vote.index, part, json!({"vote_for_against": old}));
            }
            let Some(answers) = vote.answers else {
                continue;
            };
            let part = self.language.pick(
                format!("附议第 {} 条", answers + 1),
                format!("agrees with no. {}", answers + 1),
            );
            self.add(vote.index, part, json!({"vote_for": answers}));
            match answered.iter_mut().find(|(index, _)| *index == answers) {
                Some((_, votes)) => votes.push(vote.index),
                None => answered.push((answers, vec![vote.index])),
            }
        }
        for (index, votes) in answered {
            let authors = authors(minutes, groups, index);
            let votes: Vec<usize> = votes
                .into_iter()
                .filter(|&vote| !authors.contains(&minutes.turns[vote].speaker.as_deref()))
                .collect();
            let speakers = votes
                .iter()
                .map(|&vote| minutes.turns[vote].speaker.as_deref());
            let unnamed = speakers.clone().filter(Option::is_none).count();
            let names = each_once(speakers.flatten());
            let count = names.len() + unnamed;
            if count == 0 {
                continue;
            }
            let list = names.join(self.language.pick("、", ", "));
            let colon = if names.is_empty() {
                ""
            } else {
                self.language.pick("：", ": ")
            };
            let part = self.language.pick(
                format!("同意 ×{count}{colon}{list}"),
                format!("agreed ×{count}{colon}{list}"),
            );
            let mut fields = json!({"votes": votes});
            if !names.is_empty() {
                fields["voters"] = json!(names);
            }
            self.add(index, part, fields);
        }
    }
}

/// Who said a remark or repeats it, who do not vote for it besides.
fn authors<'t>(minutes: &'t Transcript, groups: &Groups, index: usize) -> Vec<Option<&'t str>> {
    let group = groups
        .groups
        .iter()
        .find(|group| group.representative == Some(index));
    let members = group.into_iter().flat_map(|group| &group.members);
    let repeats = members.filter(|member| member.held_back.is_none());
    let all = repeats.map(|member| member.index).chain([index]);
    let speakers = all.map(|index| minutes.turns[index].speaker.as_deref());
    speakers.filter(Option::is_some).collect()
}

/// Names, each once.
fn each_once<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut once: Vec<&str> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

/// What stands for a group.
pub fn named(language: Language, group: &Group) -> String {
    match (group.representative, group.against) {
        (Some(index), _) => {
            language.pick(format!("第 {} 条", index + 1), format!("no. {}", index + 1))
        }
        (None, against) => {
            let number = against.unwrap_or_default() + 1;
            language.pick(
                format!("旧稿第 {number} 条"),
                format!("no. {number} of the older minutes"),
            )
        }
    }
}

/// Who said a turn, and when.
pub fn who(language: Language, minutes: &Transcript, index: usize) -> String {
    let turn = &minutes.turns[index];
    let parts = [turn.speaker.as_deref(), turn.time.as_deref()];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => language.pick(format!("第 {} 条", index + 1), format!("no. {}", index + 1)),
        false => parts.join(" "),
    }
}

/// What two remarks differ in.
pub fn differing(language: Language, why: HeldBack) -> &'static str {
    let (zh, en) = match why {
        HeldBack::Number => ("数字不同", "a number"),
        HeldBack::Date => ("时间不同", "a date"),
        HeldBack::Name => ("名称不同", "a name"),
        HeldBack::Negation => ("肯定与否定不同", "a negation"),
        HeldBack::Code => ("型号不同", "a product code"),
        HeldBack::Opposite => ("有意思相反的词", "an opposite"),
        HeldBack::Role => ("先后或施受对调", "the order, or who does what to whom"),
    };
    language.pick(zh, en)
}
