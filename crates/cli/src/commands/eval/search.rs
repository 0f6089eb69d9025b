//! Questions put to a FAQ, and what is said of the answers.

use serde::Serialize;
use yuyi::{Model, RerankModel};
use yuyi_tasks::corpus::Texts;
use yuyi_tasks::evaluation::{
    self, FirstStage, Question, RerankedQuestion, SearchQuality, answer_questions,
    missed_questions, reranked_questions,
};
use yuyi_tasks::faq::{FaqEntry, FaqIndex};

use crate::args::EvalArgs;
use crate::corpus::Vectors;
use crate::input::{FaqFile, Questions};
use crate::reranking::ManyScores;

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
    /// The same after a reranker, where one was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranked: Option<RerankedSearch>,
    /// Texts that were cut.
    #[serde(skip)]
    pub truncated: usize,
}

/// What is said of the questions after a reranker has ordered the first entries of each.
#[derive(Serialize)]
pub struct RerankedSearch {
    pub reranker: String,
    /// The model that found the entries.
    pub first_stage: String,
    /// How many of each question were ordered.
    pub candidates: usize,
    /// The metrics; thresholds are in the sigmoid of the logit.
    #[serde(flatten)]
    pub quality: SearchQuality,
    /// Pairs that were scored.
    pub pairs: usize,
    /// How long a thousand of them took; absent where there was none.
    pub seconds_per_1000_pairs: Option<f64>,
}

/// Questions and a FAQ with their vectors.
struct Searched<'a> {
    entries: &'a [FaqEntry],
    index: &'a FaqIndex,
    questions: &'a Questions,
    asked: &'a [Question<'a>],
}

impl Searched<'_> {
    /// Orders the first entries of each question anew; also says how many pairs were cut. Read is the wording of an entry that is nearest to the question.
    fn rerank(
        &self,
        (model, reranker): (&Model, &RerankModel),
        args: &EvalArgs,
    ) -> anyhow::Result<(RerankedSearch, usize)> {
        let candidates = (args.search.candidates as usize).min(self.entries.len());
        let found = self.asked.iter();
        let found = found.map(|question| FirstStage::of(self.index, question, candidates));
        let found: Vec<FirstStage> = found.collect();
        let wordings =
            |entry: usize, wording: usize| self.entries[entry].wordings[wording].as_str();
        let texts = self.questions.questions.iter().zip(&found);
        let pairs: Vec<(&str, &str)> = texts
            .flat_map(|(question, found)| {
                let first = found.first.iter();
                first.map(move |&(entry, wording)| {
                    (question.text.as_str(), wordings(entry, wording))
                })
            })
            .collect();
        let said = ManyScores::of(reranker, &pairs)?;
        let logits = said.logits.chunks(candidates.max(1));
        let questions = self.asked.iter().zip(&found).zip(logits);
        let questions: Vec<RerankedQuestion<'_>> = questions
            .map(|((question, found), logits)| RerankedQuestion {
                found,
                logits,
                relevant: question.relevant,
            })
            .collect();
        let reranked = RerankedSearch {
            reranker: reranker.facts().name.clone(),
            first_stage: model.facts().name.clone(),
            candidates,
            quality: reranked_questions(&questions, args.measure.sampling()),
            pairs: pairs.len(),
            seconds_per_1000_pairs: said.seconds_per_1000(),
        };
        Ok((reranked, said.truncated))
    }
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
        (model, reranker): (&Model, Option<&RerankModel>),
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
        let searched = Searched {
            entries,
            index: &index,
            questions,
            asked: &asked,
        };
        let reranked = reranker.map(|reranker| searched.rerank((model, reranker), args));
        let (reranked, cut) = reranked.transpose()?.unzip();
        Ok(Self {
            reranked,
            faq: faq.name.clone(),
            entries: entries.len(),
            questions: questions.file.clone(),
            quality,
            wrong: wrong.iter().take(args.errors).map(named).collect(),
            missed: missed.iter().map(named).collect(),
            truncated: vectors.truncated + cut.unwrap_or_default(),
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
