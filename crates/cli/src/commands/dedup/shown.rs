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
        true => groups.kept.clone(),
        false => (0..minutes.turns.len()).collect(),
    };
    let entry = |turn: usize| Entry {
        turn,
        note: notes.note(turn),
        fields: notes.fields.get(&turn).cloned().unwrap_or_default(),
    };
    all.into_iter().map(entry).collect()
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
                    format!("与{to}相近（{similarity}），{what}不同，未合并"),
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
        self.add(index, part, json!({"repeats": from}));
    }

    /// Who agreed with a remark.
    fn votes(&mut self, minutes: &Transcript, groups: &Groups) {
        let mut answered: Vec<(usize, Vec<usize>)> = Vec::new();
        for vote in &groups.votes {
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
            let names = votes
                .iter()
                .filter_map(|&vote| minutes.turns[vote].speaker.as_deref());
            let names: Vec<&str> = names.collect();
            let list = names.join(self.language.pick("、", ", "));
            let colon = if names.is_empty() {
                ""
            } else {
                self.language.pick("：", ": ")
            };
            let count = votes.len();
            let part = self.language.pick(
                format!("同意 ×{count}{colon}{list}"),
                format!("agreed ×{count}{colon}{list}"),
            );
            self.add(index, part, json!({"votes": votes}));
        }
    }
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
        HeldBack::Number => ("数字", "a number"),
        HeldBack::Date => ("时间", "a date"),
        HeldBack::Name => ("名称", "a name"),
        HeldBack::Negation => ("肯定与否定", "a negation"),
        HeldBack::Code => ("型号", "a product code"),
        HeldBack::Opposite => ("意思相反的词", "an opposite"),
        HeldBack::Role => ("主客关系", "who does what to whom"),
    };
    language.pick(zh, en)
}
