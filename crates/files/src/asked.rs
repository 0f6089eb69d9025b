//! Questions and answers as people write them down, one below the other: 问：怎么退货？ and 答：七天内。

use std::io::BufRead;

use crate::fault::Fault;
use crate::lines::Lines;
use crate::{Origin, Record, Records};

/// What stands in front of a question, and of an answer; of those that begin alike the longer first.
const QUESTIONS: [&str; 6] = ["问题", "提问", "问", "question", "ques", "q"];
const ANSWERS: [&str; 6] = ["答案", "回答", "答", "answer", "ans", "a"];

/// In front of the marks, as in lists and Markdown.
const IN_FRONT: &[char] = &[' ', '\t', '\u{3000}', '-', '*', '#', '>', '•', '【', '['];

/// Lines above the first question, at most: a title, and who wrote it when.
const ABOVE: usize = 3;

/// Characters of a heading between questions, at most.
const LONGEST_HEADING: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Question,
    Answer,
}

/// Whether a text is made of questions and answers: the first mark is that of a question, and most questions have their answer below them.
pub(super) fn begins(reader: &mut dyn BufRead) -> bool {
    // Whoever reads on meets what is wrong with it.
    let head = reader.fill_buf().unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let lines = text.trim_start_matches('\u{feff}').lines();
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let first = lines.iter().position(|line| marked(line).is_some());
    let sides = lines.iter().flat_map(|line| match marked(line) {
        Some((Side::Question, said)) if in_one_line(said).is_some() => {
            vec![Side::Question, Side::Answer]
        }
        marked => marked.map(|(side, _)| side).into_iter().collect(),
    });
    let sides: Vec<Side> = sides.collect();
    let questions = sides.iter().filter(|side| **side == Side::Question);
    let answered = sides
        .windows(2)
        .filter(|two| *two == [Side::Question, Side::Answer]);
    let answered = answered.count();
    first.is_some_and(|first| first <= ABOVE)
        && sides.first() == Some(&Side::Question)
        && answered > 0
        && 2 * answered >= questions.count()
}

/// The side of a line, and what stands behind its mark.
fn marked(line: &str) -> Option<(Side, &str)> {
    let text = line.trim_start_matches('\u{feff}');
    let text = unnumbered(text.trim_start_matches(IN_FRONT)).trim_start_matches(IN_FRONT);
    let behind = |words: &[&str]| words.iter().find_map(|word| behind(text, word));
    let question = behind(&QUESTIONS).map(|said| (Side::Question, said));
    question.or_else(|| Some((Side::Answer, behind(&ANSWERS)?)))
}

/// What stands behind a word, its number and a colon.
fn behind<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let begin = text.get(..word.len())?;
    let rest = text[word.len()..].trim_start();
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = rest.trim_start_matches(['】', ']', '*', ' ', '\t']);
    let said = rest.strip_prefix([':', '：']);
    let said = said.filter(|_| begin.eq_ignore_ascii_case(word))?;
    Some(said.trim().trim_matches('*').trim())
}

/// A text without the number in front of it: 1. 问：…
fn unnumbered(text: &str) -> &str {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = rest.len() < text.len();
    let behind = rest.strip_prefix(['.', '、', '．', ')', '）']);
    behind
        .filter(|_| is_numbered)
        .map_or(text, |behind| behind.trim_start())
}

/// A question and its answer in one line: 怎么退货？ 答：七天内。
fn in_one_line(said: &str) -> Option<(&str, &str)> {
    let ends = |c: char| c.is_whitespace() || "？?。！!；;".contains(c);
    let marks = ["答：", "答:"].into_iter();
    let mut places = marks.flat_map(|mark| said.match_indices(mark));
    let (at, mark) = places.find(|(at, _)| said[..*at].ends_with(ends))?;
    Some((said[..at].trim(), said[at + mark.len()..].trim()))
}

/// The entries of such a text, each with the line of its question.
pub(super) fn pairs(reader: Box<dyn BufRead>, origin: Origin) -> Records {
    Box::new(Pairs {
        lines: Lines::new(reader),
        origin,
        begun: None,
        passed: 0,
    })
}

struct Pairs {
    lines: Lines,
    origin: Origin,
    /// The entry whose lines are still read.
    begun: Option<Begun>,
    /// Lines that belong to no entry so far.
    passed: u64,
}

#[derive(Debug)]
struct Begun {
    line: u64,
    question: String,
    /// `None`: it has not begun yet.
    answer: Option<String>,
}

impl Begun {
    fn at(line: u64, said: &str) -> Self {
        let (question, answer) = match in_one_line(said) {
            Some((question, answer)) => (question, Some(answer.to_owned())),
            None => (said, None),
        };
        Self {
            line,
            question: question.to_owned(),
            answer,
        }
    }

    /// A further line, which begins the answer where it has the mark of one.
    fn go_on(&mut self, answer: Option<&str>, line: &str) {
        match (&mut self.answer, answer) {
            (begun @ None, Some(said)) => *begun = Some(said.to_owned()),
            (Some(text), _) => add(text, line),
            (None, None) => add(&mut self.question, line),
        }
    }

    /// Takes the heading of the questions that follow away from the end of the answer.
    fn without_heading(&mut self) -> bool {
        let answer = self.answer.as_deref().unwrap_or_default().trim_end();
        let end = answer
            .rfind("\n\n")
            .filter(|at| is_heading(&answer[at + 2..]));
        if let (Some(end), Some(answer)) = (end, &mut self.answer) {
            answer.truncate(end);
        }
        end.is_some()
    }
}

fn add(text: &mut String, line: &str) {
    text.push('\n');
    text.push_str(line.trim());
}

/// Whether a line is a heading: `## 换货`, 二、换货.
fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches(|c| "一二三四五六七八九十".contains(c));
    let is_numbered = rest.len() < line.len() && rest.starts_with('、');
    let is_short = line.chars().count() <= LONGEST_HEADING && !line.contains('\n');
    is_short && (is_numbered || line.starts_with('#')) && !line.ends_with(['。', '；', '.', ';'])
}

impl Pairs {
    fn read(&mut self) -> anyhow::Result<Option<Record>> {
        for next in self.lines.by_ref() {
            let (line, text) = next?;
            match (marked(&text), &mut self.begun) {
                (Some((Side::Question, said)), begun) => {
                    if let Some(mut whole) = begun.replace(Begun::at(line, said)) {
                        self.passed += u64::from(whole.without_heading());
                        return Ok(Some(whole.into()));
                    }
                }
                (answer, Some(begun)) => begun.go_on(answer.map(|(_, said)| said), &text),
                (_, None) => self.passed += u64::from(!text.trim().is_empty()),
            }
        }
        let passed = std::mem::take(&mut self.passed);
        if passed > 0 {
            let name = self.origin.file();
            self.origin.say(format!(
                "{name}: lines above questions that are headings and not read: {passed}."
            ));
        }
        Ok(self.begun.take().map(Record::from))
    }
}

impl From<Begun> for Record {
    fn from(begun: Begun) -> Self {
        let unanswered = || {
            Fault::told(
                "No line below this question begins with the mark of an answer (答： or A:)."
                    .to_owned(),
            )
        };
        let fault = begun.answer.is_none().then(unanswered);
        let answer = begun.answer.unwrap_or_default();
        let cells = [&begun.question, &answer].map(|text| text.trim().to_owned());
        Self {
            fault,
            ..Self::of_cells(begun.line, cells.into())
        }
    }
}

impl Iterator for Pairs {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
