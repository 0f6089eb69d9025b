//! The layout of MaxKB: segments of a document, each with a title, a content and questions, of which only the content has to be there.

use crate::names;

/// Where they stand.
pub(super) struct Segments {
    title: usize,
    content: usize,
    pub(super) questions: usize,
}

/// Plain names of the columns, in the languages of its templates.
const TITLES: [&str; 2] = ["分段标题", "sectiontitle"];
const CONTENTS: [&str; 2] = ["分段内容", "sectioncontent"];
const QUESTIONS: [&str; 2] = ["问题", "question"];

impl Segments {
    /// Those of a header, if it has all three.
    pub(super) fn of(header: &[String]) -> Option<Self> {
        let plain: Vec<String> = header.iter().map(|name| names::plain(name)).collect();
        let place = |names: [&str; 2]| plain.iter().position(|name| names.contains(&name.as_str()));
        Some(Self {
            title: place(TITLES)?,
            content: place(CONTENTS)?,
            questions: place(QUESTIONS)?,
        })
    }

    /// The text and the further wordings, a line each: the questions, else the title, else the content, by which MaxKB finds it then.
    pub(super) fn texts(&self, cells: &[String]) -> (String, String) {
        let cell = |place: usize| cells.get(place).map_or("", String::as_str).trim();
        let questions = cell(self.questions).lines().map(str::trim);
        let mut questions = questions.filter(|line| !line.is_empty());
        let title = Some(cell(self.title)).filter(|title| !title.is_empty());
        let text = questions.next().or(title).unwrap_or(cell(self.content));
        let rest: Vec<serde_json::Value> = questions.map(serde_json::Value::from).collect();
        let rest = match rest.is_empty() {
            true => String::new(),
            false => serde_json::Value::from(rest).to_string(),
        };
        (text.to_owned(), rest)
    }
}
