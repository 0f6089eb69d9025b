//! Questions put to a FAQ, and what is said of the answers.

use serde::Serialize;
use yuyi_tasks::evaluation::{Answer, SearchQuality, search_quality};
use yuyi_tasks::{Calibration, cosine};

use crate::args::EvalArgs;
use crate::corpus::{Texts, Vectors};
use crate::input::{Faq, Question, Questions};
use crate::model::Model;

/// What is said of a FAQ and its questions.
#[derive(Serialize)]
pub struct EvaluatedSearch {
    /// The FAQ.
    pub faq: String,
    /// Its entries.
    pub entries: usize,
    /// The questions.
    pub questions: String,
    /// The metrics; thresholds are in similarity.
    #[serde(flatten)]
    pub quality: SearchQuality,
    /// Questions that got a wrong answer at the best threshold, those of the highest similarity first.
    pub wrong: Vec<WrongAnswer>,
    /// Texts that were cut.
    #[serde(skip)]
    pub truncated: usize,
}

/// A question with a wrong answer.
#[derive(Serialize)]
pub struct WrongAnswer {
    /// Where the question stands.
    pub origin: String,
    /// The question.
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

/// The wordings of each entry, by their places among the texts.
struct Index {
    wordings: Vec<Vec<usize>>,
    vectors: Vectors,
}

impl EvaluatedSearch {
    /// Searches every question among all entries.
    pub fn of(
        faq: &Faq,
        questions: &Questions,
        model: &Model,
        calibration: &Calibration,
        args: &EvalArgs,
    ) -> anyhow::Result<Self> {
        let mut texts = Texts::default();
        let wordings = faq.entries.iter().map(|entry| {
            let places = entry.wordings.iter().map(|wording| texts.place(wording));
            places.collect()
        });
        let wordings = wordings.collect();
        let asked: Vec<usize> = questions
            .questions
            .iter()
            .map(|question| texts.place(&question.text))
            .collect();
        let index = Index {
            wordings,
            vectors: Vectors::compute(model, &texts.all)?,
        };
        let mut found = Vec::with_capacity(asked.len());
        for (question, place) in questions.questions.iter().zip(asked) {
            found.push(index.search(question, place));
        }
        let mut answers: Vec<Answer> = Vec::with_capacity(found.len());
        for (answer, _) in &mut found {
            answer.best = calibration.similarity(answer.best);
            answers.push(answer.clone());
        }
        let quality = search_quality(&answers, args.measure.sampling());
        let least = quality.best.map_or(f64::INFINITY, |best| best.threshold);
        let mut wrong: Vec<WrongAnswer> = questions
            .questions
            .iter()
            .zip(&found)
            .filter(|(_, (answer, _))| answer.best >= least && !answer.ranks.contains(&1))
            .map(|(question, (answer, first))| wrong(faq, questions, question, answer, *first))
            .collect();
        wrong.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        wrong.truncate(args.errors);
        Ok(Self {
            faq: faq.file.clone(),
            entries: faq.entries.len(),
            questions: questions.file.clone(),
            quality,
            wrong,
            truncated: index.vectors.truncated,
        })
    }
}

impl Index {
    /// What is found for a question whose text has this place, in cosine, and which entry comes first. A right entry comes
    /// behind all others of its score.
    fn search(&self, question: &Question, place: usize) -> (Answer, usize) {
        let asked = &self.vectors.all[place];
        let score = |places: &Vec<usize>| {
            let scores = places.iter().map(|&i| cosine(asked, &self.vectors.all[i]));
            scores.fold(-1.0, f64::max)
        };
        let scores: Vec<f64> = self.wordings.iter().map(score).collect();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&i, &j| {
            let right = |i: &usize| question.relevant.contains(i);
            scores[j]
                .total_cmp(&scores[i])
                .then(right(&i).cmp(&right(&j)))
        });
        let ranks = order.iter().zip(1..);
        let ranks = ranks.filter(|(i, _)| question.relevant.contains(i));
        let answer = Answer {
            ranks: ranks.map(|(_, rank)| rank).collect(),
            relevant: question.relevant.len(),
            best: scores[order[0]],
        };
        (answer, order[0])
    }
}

fn wrong(
    faq: &Faq,
    questions: &Questions,
    question: &Question,
    answer: &Answer,
    first: usize,
) -> WrongAnswer {
    let text_of = |entry: usize| faq.entries[entry].wordings[0].clone();
    WrongAnswer {
        origin: format!("{}:{}", questions.file, question.line),
        question: question.text.clone(),
        found: text_of(first),
        similarity: answer.best,
        expected: question.relevant.first().map(|&entry| text_of(entry)),
        rank: answer.ranks.first().copied(),
    }
}
