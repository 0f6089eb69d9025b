//! What stands behind remarks when minutes are written.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};
use yuyi_files::{Entry, Note, NoteLanguage, Numbered, ReadNote, Transcript, joined_notes};
use yuyi_tasks::dedup::{Group, Groups, HeldBack, Member};

use crate::language::Language;

/// What was found out of minutes.
pub struct Told<'a> {
    pub groups: &'a Groups,
    /// Whether they were compared with older ones.
    pub has_old: bool,
}

/// The turns that are written, each with its note: all, or with `merge` those that are kept.
pub fn entries(merge: bool, minutes: &Transcript, told: &Told<'_>) -> Vec<Entry> {
    let heirs = if merge {
        heirs(told.groups)
    } else {
        HashMap::new()
    };
    let all: Vec<usize> = match merge {
        true => left(told.groups),
        false => (0..minutes.turns.len()).collect(),
    };
    let mut notes = Notes::of(minutes, told, (merge, &all[..]), &heirs);
    let mut left_out: HashMap<usize, Vec<usize>> = HashMap::new();
    for (&turn, &heir) in &heirs {
        left_out.entry(heir).or_default().push(turn);
    }
    let mut stands_for = |turn: usize| {
        let mut turns = left_out.remove(&turn).unwrap_or_default();
        turns.sort_unstable();
        turns
    };
    let entry = |turn: usize| Entry {
        turn,
        stands_for: stands_for(turn),
        note: notes.take_note(turn),
        fields: notes.fields.remove(&turn).unwrap_or_default(),
    };
    all.iter().copied().map(entry).collect()
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
struct Notes<'a> {
    language: Language,
    /// The turns that are written, in order, by whose places notes name them.
    written: &'a [usize],
    parts: HashMap<usize, Vec<String>>,
    fields: HashMap<usize, Vec<(&'static str, Value)>>,
}

impl<'a> Notes<'a> {
    fn of(
        minutes: &Transcript,
        told: &Told<'_>,
        (merge, written): (bool, &'a [usize]),
        heirs: &HashMap<usize, usize>,
    ) -> Self {
        let groups = told.groups;
        let mut notes = Self {
            language: Language::of_reports(),
            written,
            parts: HashMap::new(),
            fields: HashMap::new(),
        };
        notes.carry_over(minutes, told.has_old, heirs);
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

    /// A turn by its number among those that are written: whoever reads merged minutes counts no others.
    fn number(&self, turn: usize) -> Numbered {
        let place = self.written.binary_search(&turn);
        Numbered::Here(place.unwrap_or(turn) + 1)
    }

    fn take_note(&mut self, turn: usize) -> Option<String> {
        let parts = self.parts.remove(&turn)?;
        Some(joined_notes(&parts, of_notes(self.language)))
    }

    /// What an earlier run said and this one cannot find out again: who else said so, or agreed, in turns that are no longer there; and what older minutes had to
    /// do with it, where none are given now. Of turns that are left out it goes to those that stand for them.
    fn carry_over(&mut self, minutes: &Transcript, has_old: bool, heirs: &HashMap<usize, usize>) {
        let read = || minutes.turns.iter().flat_map(|turn| &turn.notes);
        let answered = read().filter_map(|read| match read.note {
            Note::AgreesWith(Numbered::Here(number)) => Some(number),
            _ => None,
        });
        // Of these the last part is of turns that are there and are counted again.
        let answered: HashSet<usize> = answered.collect();
        for (index, turn) in minutes.turns.iter().enumerate() {
            let is_agreed = |read: &&ReadNote| matches!(read.note, Note::Agreed { .. });
            let agreed = turn.notes.iter().filter(is_agreed).count();
            let counted_again = usize::from(answered.contains(&(index + 1)));
            let mut left = agreed.saturating_sub(counted_again);
            for read in &turn.notes {
                let stays = match read.note {
                    Note::SaidAgain { .. } => true,
                    Note::Agreed { .. } => {
                        let stays = left > 0;
                        left = left.saturating_sub(1);
                        stays
                    }
                    _ => read.note.is_of_older() && !has_old,
                };
                if stays {
                    let part = read.text.to_string();
                    let index = *heirs.get(&index).unwrap_or(&index);
                    self.parts.entry(index).or_default().push(part);
                }
            }
        }
    }

    fn add(
        &mut self,
        turn: usize,
        note: &Note,
        fields: impl IntoIterator<Item = (&'static str, Value)>,
    ) {
        let part = note.shown(of_notes(self.language));
        self.parts.entry(turn).or_default().push(part);
        self.fields.entry(turn).or_default().extend(fields);
    }

    fn member(&mut self, group: &Group, member: &Member) {
        let which = group
            .representative
            .map_or_else(|| number(group), |index| self.number(index));
        let similarity = member.similarity;
        let note = match member.held_back {
            None => Note::Repeats { which, similarity },
            Some(why) => Note::Near {
                which,
                similarity,
                but: differing(self.language, why).to_owned(),
            },
        };
        let place = match (group.representative, group.against) {
            (Some(index), _) => ("of", json!(index)),
            (None, against) => ("of_against", json!(against)),
        };
        let similarity = ("similarity", json!(member.similarity));
        let repeat = ("repeat", json!(member.held_back.is_none()));
        let held_back = member.held_back.map(|why| ("held_back", json!(why)));
        let fields = [place, similarity, repeat].into_iter().chain(held_back);
        self.add(member.index, &note, fields);
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
        let note = Note::SaidAgain {
            times: said.len(),
            by: said.join(self.language.pick("、", ", ")),
        };
        let from: Vec<usize> = group
            .members
            .iter()
            .filter(|m| m.held_back.is_none())
            .map(|m| m.index)
            .collect();
        let turns = || from.iter().map(|&index| &minutes.turns[index]);
        let speakers = turns().filter_map(|turn| turn.speaker.as_deref());
        let times: Vec<&str> = turns().filter_map(|turn| turn.time.as_deref()).collect();
        let lists = [
            ("repeat_speakers", each_once(speakers)),
            ("repeat_times", times),
        ];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let lists = lists.map(|(name, list)| (name, json!(list)));
        self.add(
            index,
            &note,
            [("repeats", json!(from))].into_iter().chain(lists),
        );
    }

    /// Who agreed with a remark.
    fn votes(&mut self, minutes: &Transcript, groups: &Groups) {
        let mut answered: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for vote in &groups.votes {
            if let Some(old) = vote.for_against {
                let note = Note::AgreesWith(Numbered::Older(old + 1));
                self.add(vote.index, &note, [("vote_for_against", json!(old))]);
            }
            let Some(answers) = vote.answers else {
                continue;
            };
            let note = Note::AgreesWith(self.number(answers));
            self.add(vote.index, &note, [("vote_for", json!(answers))]);
            answered.entry(answers).or_default().push(vote.index);
        }
        let groups = by_representative(groups);
        for (index, votes) in answered {
            let authors = authors(minutes, groups.get(&index).copied(), index);
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
            let note = Note::Agreed {
                votes: count,
                by: names.join(self.language.pick("、", ", ")),
            };
            let voters = (!names.is_empty()).then(|| ("voters", json!(names)));
            self.add(
                index,
                &note,
                [("votes", json!(votes))].into_iter().chain(voters),
            );
        }
    }
}

/// Who said a remark or repeats it, who do not vote for it besides.
fn authors<'t>(
    minutes: &'t Transcript,
    group: Option<&Group>,
    index: usize,
) -> Vec<Option<&'t str>> {
    let members = group.into_iter().flat_map(|group| &group.members);
    let repeats = members.filter(|member| member.held_back.is_none());
    let all = repeats.map(|member| member.index).chain([index]);
    let speakers = all.map(|index| minutes.turns[index].speaker.as_deref());
    speakers.filter(Option::is_some).collect()
}

/// The groups by what stands for them.
fn by_representative(groups: &Groups) -> HashMap<usize, &Group> {
    let groups = groups.groups.iter();
    let named = groups.filter_map(|group| Some((group.representative?, group)));
    named.collect()
}

/// For each turn that merging leaves out, the one that stands for it.
fn heirs(groups: &Groups) -> HashMap<usize, usize> {
    let named = by_representative(groups).into_iter();
    let heirs = named.flat_map(|(index, group)| {
        let repeats = group.members.iter().filter(|m| m.held_back.is_none());
        repeats.map(move |member| (member.index, index))
    });
    heirs.collect()
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

/// The language of notes.
pub fn of_notes(language: Language) -> NoteLanguage {
    language.pick(NoteLanguage::Chinese, NoteLanguage::English)
}

/// The number of what stands for a group.
fn number(group: &Group) -> Numbered {
    match (group.representative, group.against) {
        (Some(index), _) => Numbered::Here(index + 1),
        (None, against) => Numbered::Older(against.unwrap_or_default() + 1),
    }
}

/// What stands for a group.
pub fn named(language: Language, group: &Group) -> String {
    number(group).shown(of_notes(language))
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
        HeldBack::Question => ("陈述与提问不同", "a question"),
    };
    language.pick(zh, en)
}
