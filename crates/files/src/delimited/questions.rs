//! Questions of several lines in one cell. Some templates ask for a wording in each line, and people do so elsewhere too; but a message that was copied may have
//! several lines as well, and an entry must not lose half of its question.

use serde_json::Value;
use yuyi_language::is_blank;

use crate::cell::{questions, several};
use crate::header::Places;
use crate::names::{self, Kind};
use crate::{Columns, Origin};

/// What headers say of a column with a question in each line of a cell.
#[rustfmt::skip]
const A_LINE_EACH: [&str; 10] = [
    "一行一个", "一行一條", "一行一条", "每行一个", "每行一条", "一行一個", "每行一個", "换行分隔", "one per line", "one in each line",
];

/// What MaxKB calls the content beside whose questions a title may be missing.
const CONTENTS: [&str; 2] = ["分段内容", "sectioncontent"];

/// Characters of a question that somebody asks in one line, at most.
const LONGEST: usize = 60;

/// Words of which questions have one.
#[rustfmt::skip]
const ASKING: [&str; 34] = [
    "怎么", "怎样", "如何", "咋", "什么", "啥", "为何", "哪", "谁", "多少", "多久", "多长", "多大", "多远", "几天", "几个", "几点", "几次", "能否", "是否", "可否", "能不能", "可不可以",
    "会不会", "有没有", "是不是", "要不要", "需不需要", "行不行", "可以吗", "吗", "呢", "几时", "何时",
];

/// Words with which English questions begin.
#[rustfmt::skip]
const ASKING_FIRST: [&str; 20] = [
    "how", "what", "why", "when", "where", "who", "which", "can", "could", "do", "does", "did", "is", "are", "may", "should", "will", "would", "have", "am",
];

/// With what no sentence ends, so that it goes on in the next line.
#[rustfmt::skip]
const GOING_ON: [&str; 26] = [
    "，", ",", "、", "：", ":", "；", ";", "…", "—", "(", "（", "“", "如何", "怎么", "是否", "能否", "可否", "请问", "的", "和", "与", "或", "或者", "在", "把", "对",
];

/// The column of the questions of a FAQ.
pub(super) struct Questions {
    /// Its header says that each line of a cell is one.
    are_lines: bool,
}

impl Questions {
    /// That of a header; `None`: the rows are no entries, or their text may have lines of its own, as in what is exported here.
    pub(super) fn of(header: &[String], places: &Places, columns: &Columns) -> Option<Self> {
        let is_faq = columns.of_items && columns.is_faq(|at| places.others[at].is_some());
        let name = header.get(*places.needed.first()?)?;
        let plain = names::plain(name);
        let lower = name.to_lowercase();
        let is_beside_content = || {
            let mut others = header.iter().map(|name| names::plain(name));
            ["问题", "question"].contains(&plain.as_str())
                && others.any(|name| CONTENTS.contains(&name.as_str()))
        };
        let are_lines =
            A_LINE_EACH.iter().any(|words| lower.contains(words)) || is_beside_content();
        let is_question = matches!(names::kind(&plain), Some(Kind::Question | Kind::Wordings));
        (is_faq && (are_lines || is_question)).then_some(Self { are_lines })
    }

    /// Makes the further lines of the question in `wanted[0]` wordings, the first of those at `wordings`, where each is a question.
    pub(super) fn split(
        &self,
        wanted: &mut [String],
        wordings: usize,
        line: u64,
        told: &mut Several,
    ) {
        let lines = questions(&wanted[0]);
        if lines.len() < 2 {
            return;
        }
        let is_numbered = lines
            .first()
            .is_some_and(|first| !wanted[0].trim_start().starts_with(first.as_str()));
        if !self.are_lines && !is_numbered && !lines.iter().all(|line| is_question(line)) {
            told.whole.count(line);
            return;
        }
        let others = several(&wanted[wordings]).filter(|text| !is_blank(text));
        let mut lines = lines.into_iter();
        wanted[0] = lines.next().unwrap_or_default();
        let all: Vec<Value> = lines.chain(others).map(Value::from).collect();
        wanted[wordings] = Value::from(all).to_string();
        // What the header says needs no telling.
        if !self.are_lines {
            told.split.count(line);
        }
    }
}

/// Whether a line is a question by itself.
fn is_question(line: &str) -> bool {
    let line = line.trim();
    let bare = line.trim_end_matches(['?', '？', '!', '！', '。', '.']);
    let is_whole = !GOING_ON.iter().any(|end| bare.ends_with(end))
        && !bare.contains(['。', '？', '?', '\t'])
        && line.chars().count() <= LONGEST;
    let asks = || {
        let lower = bare.to_lowercase();
        let first = lower.split_whitespace().next().unwrap_or_default();
        ASKING.iter().any(|word| bare.contains(word)) || ASKING_FIRST.contains(&first)
    };
    is_whole && !is_blank(bare) && (line.ends_with(['?', '？']) || asks())
}

/// Questions of several lines, by how they were read.
#[derive(Debug, Default)]
pub(super) struct Several {
    split: Count,
    whole: Count,
}

#[derive(Debug, Default)]
struct Count {
    rows: u64,
    first: u64,
}

impl Count {
    fn count(&mut self, line: u64) {
        if self.rows == 0 {
            self.first = line;
        }
        self.rows += 1;
    }
}

impl Several {
    /// Says how they were read, once.
    pub(super) fn tell(&mut self, origin: &Origin) {
        let Self { split, whole } = std::mem::take(self);
        let name = origin.file();
        if split.rows > 0 {
            let (n, line) = (split.rows, split.first);
            origin.say(format!(
                "{name}: questions of several lines, each of which is read as a wording: {n}, the first in line {line}."
            ));
        }
        if whole.rows > 0 {
            let (n, line) = (whole.rows, whole.first);
            origin.say(format!(
                "{name}: questions of several lines that are read as one text, since not every line is a question: {n}, the first in line {line}. Wordings may stand in a column 相似问, one in each line."
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_parts_of_one() {
        for line in [
            "怎么退货",
            "能退吗？",
            "退货要多久",
            "东西不想要了怎么办",
            "How do I return it",
            "退货?",
            "运费谁出",
        ] {
            assert!(is_question(line), "{line}");
        }
        for line in [
            "我在你们网站买了东西，",
            "请问如何",
            "申请退货",
            "怎么退货。我买了两件",
            "怎么退？怎么换",
            "型号：",
            "I bought a phone",
            "？",
            "",
        ] {
            assert!(!is_question(line), "{line}");
        }
    }
}
