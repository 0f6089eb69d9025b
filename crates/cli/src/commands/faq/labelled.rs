//! Labelled questions, each put once to the entries of a file.

use std::collections::HashMap;
use std::path::Path;

use yuyi::{EmbedOptions, Model, Prompt, RerankModel};
use yuyi_collections::{MOST_RERANKED, Matcher, Outcome};
use yuyi_tasks::faq::{Oddities, Prospect, Trial, Unanswered};

use super::entries::FileEntries;
use crate::args::LabelledArgs;
use crate::input::{self, FaqLayout, Format, Questions};
use crate::misuse::Misuse;
use crate::progress::Progress;
use crate::reranking::rerank;
use crate::terminal::remark;

/// Questions that are embedded together, and whose vectors are in memory at a time.
const BATCH: usize = 512;

/// Lines that a remark names.
const NAMED: usize = 5;

/// Labelled questions that were asked.
pub struct Labelled {
    /// The file, as messages name it.
    pub file: String,
    /// In the order of the file.
    pub questions: Vec<Question>,
    /// What becomes of each, with places of [`HeldEntries::items`](yuyi_collections::HeldEntries::items).
    pub trials: Vec<Trial>,
    /// Those that tell nothing.
    pub odd: Oddities,
    /// Questions that were cut.
    pub truncated: usize,
}

/// A question that was asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Line of the file, from 1.
    pub line: u64,
    /// What it asks.
    pub text: String,
    /// Where the entry that answers it comes among all, from 1, and how alike they are.
    pub standing: Option<(usize, f64)>,
    /// An entry that answers it is among those that are as near as the first one.
    pub is_offered: bool,
}

/// Standard input can be one of the two.
///
/// # Errors
/// When it is both.
pub fn check_standard_input(file: &Path, questions: &Path) -> Result<(), Misuse> {
    let standard = Path::new("-");
    match file == standard && questions == standard {
        false => Ok(()),
        true => Err(Misuse(
            "Standard input can be the FAQ or the questions, and that once.".into(),
        )),
    }
}

impl Labelled {
    /// Reads the questions and asks them, each text once. What is odd about them is said on standard error.
    ///
    /// # Errors
    /// When a label names no entry; those of the file and the model.
    pub fn ask(
        args: &LabelledArgs,
        entries: &FileEntries,
        matcher: &Matcher<'_>,
        (model, reranker): (&Model, Option<&RerankModel>),
    ) -> anyhow::Result<Self> {
        let layout = FaqLayout {
            faq: Vec::new(),
            questions: args.questions_columns.clone(),
            no_header: args.layout.no_header,
        };
        let input = input::open(&args.questions, args.format, Format::Tsv)?;
        let read = Questions::of(input, &entries.faq()?, &layout)?;
        let labels = labels(entries, &read);
        let odd = Oddities::of(
            read.questions
                .iter()
                .zip(&labels)
                .map(|(question, label)| (question.text.as_str(), label.as_slice())),
            entries
                .held
                .items()
                .iter()
                .flat_map(yuyi_store::Item::texts),
        );
        let asker = Asker {
            entries,
            matcher,
            model,
            reranker,
        };
        let asked = asker.ask(&read, &labels)?;
        let labelled = Self {
            file: read.file,
            questions: asked.questions,
            trials: asked.trials,
            odd,
            truncated: asked.truncated,
        };
        labelled.tell();
        Ok(labelled)
    }

    /// Says what is odd about the questions.
    fn tell(&self) {
        let file = &self.file;
        let lines = |places: &[usize]| {
            let shown = places.iter().take(NAMED);
            let shown: Vec<String> = shown
                .map(|place| self.questions[*place].line.to_string())
                .collect();
            let more = if places.len() > NAMED { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        };
        let literal = &self.odd.literal;
        if !literal.is_empty() {
            let (n, lines) = (literal.len(), lines(literal));
            remark!(
                "{file}: questions that are wordings of the FAQ, word for word: {n} (lines {lines}). They are found whatever the settings, and tell little."
            );
        }
        for places in self.odd.contradicting.iter().take(NAMED) {
            let lines = lines(places);
            remark!("{file}: one question has several labels (lines {lines}).");
        }
        let contradicting = self.odd.contradicting.len();
        if contradicting > NAMED {
            let more = contradicting - NAMED;
            remark!("{file}: further questions with several labels: {more}.");
        }
    }
}

/// The places of the entries that answer each question: an example of what is not answered, as a label, says that nothing does.
fn labels(entries: &FileEntries, read: &Questions) -> Vec<Vec<usize>> {
    let items = entries.held.items();
    let answers = |place: &usize| items[*place].reject != Some(true);
    let questions = read.questions.iter();
    questions
        .map(|question| question.relevant.iter().copied().filter(answers).collect())
        .collect()
}

struct Asked {
    questions: Vec<Question>,
    trials: Vec<Trial>,
    truncated: usize,
}

/// What is known of a text, which several questions may have.
#[derive(Clone)]
struct Known {
    prospect: Prospect,
    /// Places of the entries that are as near as the first one, where it is ambiguous.
    close: Vec<usize>,
}

/// Who is asked.
struct Asker<'a> {
    entries: &'a FileEntries,
    matcher: &'a Matcher<'a>,
    model: &'a Model,
    reranker: Option<&'a RerankModel>,
}

impl Asker<'_> {
    fn ask(&self, read: &Questions, labels: &[Vec<usize>]) -> anyhow::Result<Asked> {
        let (entries, matcher) = (self.entries, self.matcher);
        let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut texts = Vec::new();
        for (place, question) in read.questions.iter().enumerate() {
            let places = by_text.entry(&question.text).or_default();
            if places.is_empty() {
                texts.push(question.text.as_str());
            }
            places.push(place);
        }
        let mut found: Vec<Option<(Question, Trial)>> = vec![None; read.questions.len()];
        let mut truncated = 0;
        let options = EmbedOptions {
            prompt: Prompt::Text(entries.space.query_prompt.clone()),
            ..EmbedOptions::default()
        };
        let progress = Progress::of_items(texts.len());
        for batch in texts.chunks(BATCH) {
            let vectors = self.model.embed_with(batch, &options)?;
            for (text, encoded) in batch.iter().zip(vectors) {
                truncated += usize::from(encoded.truncated);
                let known = self.known(text, &encoded.vector)?;
                for &place in &by_text[text] {
                    let (question, label) = (&read.questions[place], &labels[place]);
                    let index = entries.held.index();
                    let standing = index.standing(&encoded.vector, label);
                    let similarity = |cosine| matcher.calibration.similarity(cosine);
                    let question = Question {
                        line: question.line,
                        text: question.text.clone(),
                        standing: standing.map(|(rank, cosine)| (rank, similarity(cosine))),
                        is_offered: known.close.iter().any(|place| label.contains(place)),
                    };
                    let trial = Trial {
                        prospect: known.prospect.clone(),
                        relevant: label.clone(),
                    };
                    found[place] = Some((question, trial));
                }
            }
            progress.step(batch.len());
        }
        progress.finish();
        let (questions, trials) = found.into_iter().flatten().unzip();
        Ok(Asked {
            questions,
            trials,
            truncated,
        })
    }

    /// Asks a text.
    fn known(&self, text: &str, vector: &[f32]) -> anyhow::Result<Known> {
        let (held, matcher) = (&self.entries.held, self.matcher);
        let list = match self.reranker {
            None => None,
            Some(reranker) => {
                let list = matcher.shortlist(held, (text, vector), MOST_RERANKED)?;
                let pairs = list.texts().map(|wording| (text, wording));
                let scores = rerank(reranker, pairs)?;
                Some((list, scores))
            }
        };
        let (prospect, ids) = match &list {
            None => matcher.prospect(held, text, vector)?,
            Some((list, scores)) => matcher.prospect_reranked(list, scores),
        };
        // Every id is that of an entry.
        let prospect = prospect.placed(&|place| held.place(&ids[place]).unwrap_or_default());
        let close = match prospect.answer(matcher.limits) {
            Err(Unanswered::Ambiguous) => {
                let outcome = match &list {
                    None => matcher.outcome(held, text, vector)?,
                    Some((list, scores)) => matcher.outcome_reranked(list, scores),
                };
                self.close(&outcome)
            }
            _ => Vec::new(),
        };
        Ok(Known { prospect, close })
    }

    /// Places of the entries that an ambiguous question is near to.
    fn close(&self, outcome: &Outcome) -> Vec<usize> {
        match outcome {
            Outcome::NoMatch(none) => {
                let candidates = none.candidates.iter();
                let places = candidates.filter_map(|near| self.entries.held.place(&near.id));
                places.collect()
            }
            Outcome::Match(_) => Vec::new(),
        }
    }
}
