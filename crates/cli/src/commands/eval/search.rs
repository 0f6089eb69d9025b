//! Questions put to a FAQ, and what is said of the answers.

use serde::Serialize;
use yuyi::Model;
use yuyi_tasks::corpus::Texts;
use yuyi_tasks::evaluation::{self, Question, SearchQuality, answer_questions, missed_questions};
use yuyi_tasks::faq::{FaqEntry, FaqIndex};

use crate::args::EvalArgs;
use crate::corpus::Vectors;
use crate::input::{FaqFile, Questions};

/// What is said of a FAQ and its questions.
#[derive(Serialize)]
pub struct EvaluatedSearch {
    pub faq: String,
    /// Its entries.
    pub entries: usize,
    pub questions: String,
    /// The metrics; thresholds are in similarity.
    #[serde(flatten)]
    pub quality: SearchQuality,
    /// Questions that got a wrong answer at the best threshold, those of the highest similarity first.
    pub wrong: Vec<WrongAnswer>,
    /// Every question with an answer that another entry won, those of the highest similarity first.
    pub missed: Vec<WrongAnswer>,
    /// Texts that were cut.
    #[serde(skip)]
    pub truncated: usize,
}

/// A question with a wrong answer.
#[derive(Serialize)]
pub struct WrongAnswer {
    /// Where the question stands.
    pub origin: String,
    pub question: String,
    /// The question of the entry that was found.
    pub found: String,
    /// Of the two.
    pub similarity: f64,
    /// The question of an entry that would have been right; absent when none is.
    pub expected: Option<String>,
    /// The place of the right entry.
    pub rank: Option<usize>,
}

impl EvaluatedSearch {
    /// Searches every question among all entries.
    pub fn of(
        faq: &FaqFile,
        questions: &Questions,
        model: &Model,
        args: &EvalArgs,
    ) -> anyhow::Result<Self> {
        let entries = faq.faq.entries();
        let mut texts = Texts::default();
        let mut places = |entry: &FaqEntry| -> Vec<usize> {
            let wordings = entry.wordings.iter();
            wordings.map(|wording| texts.place(wording)).collect()
        };
        let wordings: Vec<Vec<usize>> = entries.iter().map(&mut places).collect();
        let asked = questions.questions.iter();
        let asked: Vec<usize> = asked.map(|question| texts.place(&question.text)).collect();
        let vectors = Vectors::compute(model, texts.all())?;
        let vector = |place: &usize| vectors.all.row(*place);
        let index = FaqIndex::new(wordings.iter().map(|places| places.iter().map(vector)));
        let asked: Vec<Question<'_>> = asked
            .iter()
            .zip(&questions.questions)
            .map(|(place, question)| Question {
                vector: vector(place),
                relevant: &question.relevant,
            })
            .collect();
        let sampling = args.measure.sampling();
        let (quality, wrong) = answer_questions(&index, &asked, model.calibration(), sampling);
        let missed = missed_questions(&index, &asked, model.calibration());
        let named = |wrong| named(entries, questions, wrong);
        Ok(Self {
            faq: faq.name.clone(),
            entries: entries.len(),
            questions: questions.file.clone(),
            quality,
            wrong: wrong.iter().take(args.errors).map(named).collect(),
            missed: missed.iter().map(named).collect(),
            truncated: vectors.truncated,
        })
    }
}

/// A wrong answer by its texts.
fn named(
    entries: &[FaqEntry],
    questions: &Questions,
    wrong: &evaluation::WrongAnswer,
) -> WrongAnswer {
    let question = &questions.questions[wrong.question];
    let text_of = |entry: usize| entries[entry].question().to_owned();
    WrongAnswer {
        origin: format!("{}:{}", questions.file, question.line),
        question: question.text.clone(),
        found: text_of(wrong.found),
        similarity: wrong.similarity,
        expected: question.relevant.first().map(|&entry| text_of(entry)),
        rank: wrong.rank,
    }
}
