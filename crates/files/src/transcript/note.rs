//! Notes that stand behind what was said in marked minutes: 〔重复第 2 条，相似度 0.93〕. They are written and read here, so that marked minutes that
//! are given again say what was said and no more.

/// Languages that notes are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteLanguage {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

/// A remark by its number, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbered {
    /// Of the same minutes.
    Here(usize),
    /// Of the older minutes that they were compared with.
    Older(usize),
}

/// A part of a note.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// The remark repeats another.
    Repeats {
        /// Which one.
        which: Numbered,
        /// How near it is, in [0, 1].
        similarity: f64,
    },
    /// The remark is near another and is kept.
    Near {
        /// Which one.
        which: Numbered,
        /// How near it is, in [0, 1].
        similarity: f64,
        /// What they differ in.
        but: String,
    },
    /// The remark agrees with another.
    AgreesWith(Numbered),
    /// Others said so too, whose turns were left out.
    SaidAgain {
        /// How often.
        times: usize,
        /// By whom and when.
        by: String,
    },
    /// Others agreed.
    Agreed {
        /// How many.
        votes: usize,
        /// By whom; empty where nobody is named.
        by: String,
    },
}

/// How the parts of notes begin, in Chinese and in English.
const REPEATS: [&str; 2] = ["重复", "repeats "];
const NEAR: [&str; 2] = ["与", "near "];
const AGREES: [&str; 2] = ["附议", "agrees with "];
const SAID: [&str; 2] = ["另有 ", "said "];
const AGREED: [&str; 2] = ["同意 ×", "agreed ×"];

/// Brackets that may open the note of a text: each that begins as one does is tried up to the end.
const MOST_TRIED: usize = 16;

/// Ends that are tried for the parts of a note.
const MOST_TRIED_ENDS: usize = 4_096;

/// A part of a note that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadNote {
    /// What it says.
    pub note: Note,
    /// As it is written.
    pub text: Box<str>,
}

use NoteLanguage::{Chinese, English};

impl NoteLanguage {
    const ALL: [Self; 2] = [Chinese, English];

    /// What stands around a note, and between its parts.
    fn marks(self) -> [&'static str; 3] {
        match self {
            Chinese => ["〔", "〕", "；"],
            English => ["[", "]", "; "],
        }
    }
}

impl Numbered {
    /// As a note calls it.
    pub fn shown(self, language: NoteLanguage) -> String {
        match (self, language) {
            (Self::Here(n), Chinese) => format!("第 {n} 条"),
            (Self::Older(n), Chinese) => format!("旧稿第 {n} 条"),
            (Self::Here(n), English) => format!("no. {n}"),
            (Self::Older(n), English) => format!("no. {n} of the older minutes"),
        }
    }

    fn is_older(self) -> bool {
        matches!(self, Self::Older(_))
    }
}

impl Note {
    /// As it is written.
    pub fn shown(&self, language: NoteLanguage) -> String {
        let named = |which: &Numbered| which.shown(language);
        match (self, language) {
            (Self::Repeats { which, similarity }, Chinese) => {
                format!("重复{}，相似度 {similarity:.2}", named(which))
            }
            (Self::Repeats { which, similarity }, English) => {
                format!("repeats {}, similarity {similarity:.2}", named(which))
            }
            (
                Self::Near {
                    which,
                    similarity,
                    but,
                },
                Chinese,
            ) => format!("与{}相近（{similarity:.2}），{but}，未合并", named(which)),
            (
                Self::Near {
                    which,
                    similarity,
                    but,
                },
                English,
            ) => format!("near {} ({similarity:.2}), but for {but}", named(which)),
            (Self::AgreesWith(which), Chinese) => format!("附议{}", named(which)),
            (Self::AgreesWith(which), English) => format!("agrees with {}", named(which)),
            (Self::SaidAgain { times, by }, Chinese) => format!("另有 {times} 次：{by}"),
            (Self::SaidAgain { times: 1, by }, English) => format!("said once more: {by}"),
            (Self::SaidAgain { times, by }, English) => format!("said {times} times more: {by}"),
            (Self::Agreed { votes, by }, Chinese) if by.is_empty() => format!("同意 ×{votes}"),
            (Self::Agreed { votes, by }, Chinese) => format!("同意 ×{votes}：{by}"),
            (Self::Agreed { votes, by }, English) if by.is_empty() => format!("agreed ×{votes}"),
            (Self::Agreed { votes, by }, English) => format!("agreed ×{votes}: {by}"),
        }
    }

    /// Whether it is on a remark of older minutes.
    pub fn is_of_older(&self) -> bool {
        match self {
            Self::Repeats { which, .. } | Self::Near { which, .. } | Self::AgreesWith(which) => {
                which.is_older()
            }
            Self::SaidAgain { .. } | Self::Agreed { .. } => false,
        }
    }

    /// Whether a text begins as a part does.
    fn begins(text: &str) -> bool {
        let all = [REPEATS, NEAR, AGREES, SAID, AGREED];
        all.iter().flatten().any(|begin| text.starts_with(begin))
    }

    /// What a part says that was written by [`shown`](Self::shown); `None`: it is none of those.
    fn read(text: &str) -> Option<Self> {
        NoteLanguage::ALL
            .into_iter()
            .find_map(|language| Self::read_in(text, language))
    }

    fn read_in(text: &str, language: NoteLanguage) -> Option<Self> {
        let all: [fn(Scan<'_>) -> Option<Note>; 5] =
            [repeats, near, agrees_with, said_again, agreed];
        all.into_iter().find_map(|read| {
            let rest = text;
            read(Scan { rest, language })
        })
    }
}

/// The parts as one note, as it stands behind what was said.
pub fn joined_notes(parts: &[String], language: NoteLanguage) -> String {
    let [open, close, between] = language.marks();
    format!("{open}{}{close}", parts.join(between))
}

/// What was said, and the note behind it, if it is one of ours.
pub(super) fn split(text: &str) -> (&str, Vec<ReadNote>) {
    let end = text.trim_end();
    // Markdown has notes in italics.
    let plain = end.strip_suffix('*').unwrap_or(end);
    let found = NoteLanguage::ALL.into_iter().find_map(|language| {
        let [open, close, _] = language.marks();
        let inside = plain.strip_suffix(close)?;
        let starts = inside.match_indices(open);
        let mut starts = starts
            .filter(|(at, open)| Note::begins(&inside[at + open.len()..]))
            .take(MOST_TRIED);
        starts.find_map(|(at, open)| Some((at, parts(&inside[at + open.len()..])?)))
    });
    match found {
        None => (text, Vec::new()),
        Some((at, notes)) => {
            let said = &text[..at];
            let said = if plain.len() < end.len() {
                said.strip_suffix('*').unwrap_or(said)
            } else {
                said
            };
            (said.trim_end(), notes)
        }
    }
}

/// The parts of a note; `None`: the first is none of ours, or it is no note that anybody has written. Names in a part may hold what stands between parts.
fn parts(text: &str) -> Option<Vec<ReadNote>> {
    let mut found: Vec<ReadNote> = Vec::new();
    let (mut from, mut tried) = (0, 0);
    let between = separators(text);
    for (place, &(at, length)) in between.iter().enumerate() {
        // What follows has to be a part as well, or the separator is within a name.
        let rest = at + length;
        if !Note::begins(&text[rest..]) {
            continue;
        }
        let ends = between[place + 1..].iter().map(|(at, _)| *at);
        let mut ends = ends.chain([text.len()]);
        let is_between = ends.any(|end| {
            tried += 1;
            tried > MOST_TRIED_ENDS || Note::read(&text[rest..end]).is_some()
        });
        if tried > MOST_TRIED_ENDS {
            return None;
        }
        if is_between {
            found.push(read(&text[from..at])?);
            from = rest;
        }
    }
    found.push(read(&text[from..])?);
    Some(found)
}

fn read(text: &str) -> Option<ReadNote> {
    let note = Note::read(text)?;
    let text = text.into();
    Some(ReadNote { note, text })
}

/// Where separators of either language stand, with their bytes.
fn separators(text: &str) -> Vec<(usize, usize)> {
    let chinese = text.match_indices("；");
    let english = text.match_indices("; ");
    let mut all: Vec<(usize, usize)> = chinese
        .chain(english)
        .map(|(at, found)| (at, found.len()))
        .collect();
    all.sort_unstable();
    all
}

fn repeats(mut scan: Scan<'_>) -> Option<Note> {
    scan.begin(REPEATS)?;
    let which = scan.numbered()?;
    scan.either("，相似度 ", ", similarity ")?;
    let similarity = scan.decimal()?;
    scan.ended(Note::Repeats { which, similarity })
}

fn near(mut scan: Scan<'_>) -> Option<Note> {
    scan.begin(NEAR)?;
    let which = scan.numbered()?;
    scan.either("相近（", " (")?;
    let similarity = scan.decimal()?;
    scan.either("），", "), but for ")?;
    let but = match scan.language {
        Chinese => scan.rest.strip_suffix("，未合并")?,
        English => scan.rest,
    };
    let but = but.to_owned();
    Some(Note::Near {
        which,
        similarity,
        but,
    })
}

fn agrees_with(mut scan: Scan<'_>) -> Option<Note> {
    scan.begin(AGREES)?;
    let which = scan.numbered()?;
    scan.ended(Note::AgreesWith(which))
}

fn said_again(mut scan: Scan<'_>) -> Option<Note> {
    scan.begin(SAID)?;
    let times = match scan.literal("once more: ") {
        Some(()) if scan.language == English => 1,
        _ => {
            let times = scan.whole()?;
            scan.either(" 次：", " times more: ")?;
            times
        }
    };
    let by = scan.rest.to_owned();
    Some(Note::SaidAgain { times, by })
}

fn agreed(mut scan: Scan<'_>) -> Option<Note> {
    scan.begin(AGREED)?;
    let votes = scan.whole()?;
    let by = match scan.either("：", ": ") {
        Some(()) => scan.rest.to_owned(),
        None => {
            return scan.ended(Note::Agreed {
                votes,
                by: String::new(),
            });
        }
    };
    Some(Note::Agreed { votes, by })
}

/// What is left of a part that is read from left to right.
struct Scan<'a> {
    rest: &'a str,
    language: NoteLanguage,
}

impl Scan<'_> {
    fn literal(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// How a part begins.
    fn begin(&mut self, [chinese, english]: [&str; 2]) -> Option<()> {
        self.either(chinese, english)
    }

    fn either(&mut self, chinese: &str, english: &str) -> Option<()> {
        self.literal(match self.language {
            Chinese => chinese,
            English => english,
        })
    }

    /// Digits, and what else `is_part` of a number.
    fn number<T: std::str::FromStr>(&mut self, is_part: fn(char) -> bool) -> Option<T> {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.parse().ok()
    }

    fn whole(&mut self) -> Option<usize> {
        self.number(|c| c.is_ascii_digit())
    }

    fn decimal(&mut self) -> Option<f64> {
        self.number(|c| c.is_ascii_digit() || c == '.')
    }

    fn numbered(&mut self) -> Option<Numbered> {
        match self.language {
            Chinese => {
                let is_older = self.literal("旧稿").is_some();
                self.literal("第 ")?;
                let number = self.whole()?;
                self.literal(" 条")?;
                Some(if is_older {
                    Numbered::Older(number)
                } else {
                    Numbered::Here(number)
                })
            }
            English => {
                self.literal("no. ")?;
                let number = self.whole()?;
                Some(match self.literal(" of the older minutes") {
                    Some(()) => Numbered::Older(number),
                    None => Numbered::Here(number),
                })
            }
        }
    }

    /// The note, if nothing is left.
    fn ended(&self, note: Note) -> Option<Note> {
        self.rest.is_empty().then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_said_in_brackets_is_no_note() {
        for text in [
            "我们〔笑〕下周上线",
            "大家好 [laughs]",
            "下周上线〔重复〕",
            "〔重复第 x 条，相似度 0.9〕",
            "好的 [said twice]",
            "我说 〔同意 ×2：甲〕 之后再看",
            "他写的是同意 ×2",
        ] {
            assert_eq!(split(text), (text, Vec::new()), "{text}");
        }
    }

    #[test]
    fn notes_of_markdown_and_behind_brackets_are_known() {
        for (text, expected) in [
            ("好的 *〔附议第 2 条〕*", "好的"),
            (
                "我们〔笑〕上线 〔附议旧稿第 2 条；重复第 1 条，相似度 0.91〕",
                "我们〔笑〕上线",
            ),
            ("ok [laughs] [agrees with no. 3]", "ok [laughs]"),
            ("好\n上线 〔另有 1 次：甲；乙；同意 ×1〕", "好\n上线"),
        ] {
            let (said, notes) = split(text);
            assert_eq!(said, expected, "{text}");
            assert!(!notes.is_empty());
        }
        let (_, notes) = split("上线 〔另有 1 次：甲；乙；同意 ×1〕");
        let texts: Vec<&str> = notes.iter().map(|note| &*note.text).collect();
        assert_eq!(texts, ["另有 1 次：甲；乙", "同意 ×1"]);
    }

    fn numbered() -> impl Strategy<Value = Numbered> {
        prop_oneof![
            (1usize..2000).prop_map(Numbered::Here),
            (1usize..2000).prop_map(Numbered::Older)
        ]
    }

    fn any_note() -> impl Strategy<Value = Note> {
        let similarity = || (0u32..=100).prop_map(|n| f64::from(n) / 100.0);
        // Names and times of minutes, with marks that notes have.
        let by = || "[张李A1 :〔;；、\\]]{1,12}";
        prop_oneof![
            (numbered(), similarity())
                .prop_map(|(which, similarity)| Note::Repeats { which, similarity }),
            (numbered(), similarity(), "[数字不同a]{1,6}").prop_map(|(which, similarity, but)| {
                Note::Near {
                    which,
                    similarity,
                    but,
                }
            }),
            numbered().prop_map(Note::AgreesWith),
            (1usize..90, by()).prop_map(|(times, by)| Note::SaidAgain { times, by }),
            (1usize..90, by()).prop_map(|(votes, by)| Note::Agreed { votes, by }),
            (1usize..90).prop_map(|votes| Note::Agreed {
                votes,
                by: String::new()
            }),
        ]
    }

    proptest! {
        /// Whatever is written is known again, in either language.
        #[test]
        fn what_is_written_is_read(said in "[上线，。\\[〔a]{0,8}[上线a]", notes in prop::collection::vec(any_note(), 1..4), is_english: bool) {
            let language = if is_english { English } else { Chinese };
            let parts: Vec<String> = notes.iter().map(|note| note.shown(language)).collect();
            let text = format!("{said} {}", joined_notes(&parts, language));
            let (found, read) = split(&text);
            prop_assert_eq!(found, said);
            let read: Vec<String> = read.iter().map(|read| read.text.to_string()).collect();
            prop_assert_eq!(read, parts);
        }
    }
}
