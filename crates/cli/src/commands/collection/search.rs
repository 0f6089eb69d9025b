//! `yuyi collection search`.

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use serde::Serialize;
use yuyi::{Calibration, Model, RerankModel};
use yuyi_collections::{
    Asked, Found, Mode, QueryPlan, RERANKED_HITS, SearchHit, calibration_of, reranked, search,
};
use yuyi_language::is_blank;
use yuyi_store::{Collection, Error, Filter, Store};

use super::embedding::load_for;
use super::place::{open_existing, place};
use crate::args::SearchArgs;
use crate::commands::report_truncated;
use crate::misuse::Misuse;
use crate::reranking::{load_reranker, rerank};
use crate::terminal::{self, in_one_line, remark};

/// Writes what is found for each question.
pub fn run(args: &SearchArgs) -> anyhow::Result<()> {
    let filter = args.filter.as_deref().map(read_filter).transpose()?;
    let store = open_existing(&place(&args.place)?)?;
    let collection = store.collection(&args.name)?;
    let model = load_for(&collection, &args.model)?;
    let model = model
        .map(|model| Model::new(Arc::clone(model.embedder())))
        .transpose()?;
    let reranker = load_reranker(&args.rerank, &args.model.compute)?;
    let searcher = Searcher {
        args,
        reranker,
        store: &*store,
        collection,
        model,
        filter,
    };
    let mut out = terminal::stdout();
    let mut truncated = 0;
    for text in questions(&args.texts) {
        let answer = searcher.ask(&text?)?;
        truncated += usize::from(answer.truncated);
        match args.json {
            true => writeln!(out, "{}", serde_json::to_string(&answer)?)?,
            false => write_for_people(&mut out, &answer, args.texts.len() > 1)?,
        }
        out.flush()?;
    }
    if let Some(model) = &searcher.model {
        report_truncated(truncated, model.facts().max_tokens);
    }
    Ok(())
}

fn read_filter(text: &str) -> Result<Filter, Misuse> {
    let json = serde_json::from_str(text)
        .map_err(|error| Misuse(format!("--filter: this is no JSON: {error}.")))?;
    Filter::parse(&json).map_err(|error| Misuse(format!("--{}", error.within("filter"))))
}

/// The questions of the command line; `-` stands for the lines of standard input.
fn questions(texts: &[String]) -> impl Iterator<Item = io::Result<String>> {
    texts
        .iter()
        .flat_map(|text| -> Box<dyn Iterator<Item = io::Result<String>>> {
            if text != "-" {
                return Box::new(std::iter::once(Ok(text.clone())));
            }
            let is_asked = |line: &io::Result<String>| match line {
                Ok(line) => !is_blank(line),
                Err(_) => true,
            };
            Box::new(io::stdin().lock().lines().filter(is_asked))
        })
}

/// What is found for a question, as the server answers.
#[derive(Serialize)]
struct Answer {
    text: String,
    results: Vec<SearchHit>,
    mode: &'static str,
    model: Option<String>,
    calibrated: bool,
    truncated: bool,
}

struct Searcher<'a> {
    args: &'a SearchArgs,
    store: &'a dyn Store,
    collection: Collection,
    model: Option<Model>,
    reranker: Option<RerankModel>,
    filter: Option<Filter>,
}

impl Searcher<'_> {
    fn ask(&self, text: &str) -> anyhow::Result<Answer> {
        if is_blank(text) {
            let reason = "A question is empty or blank; it needs at least one visible character.";
            return Err(Misuse(reason.into()).into());
        }
        let asked = Asked {
            mode: self.args.mode.map(Mode::from),
            text: Some(text.to_owned()),
            vector: None,
        };
        let plan = QueryPlan::new(&self.collection, asked).map_err(not_asked)?;
        let embedded = match &self.model {
            Some(model) => model.embed_with(&plan.texts(), &plan.options())?.pop(),
            None => None,
        };
        let question = plan.finish(embedded.as_ref())?;
        let limit = self.args.limit as usize;
        let candidates = match &self.reranker {
            Some(_) => limit.max(RERANKED_HITS),
            None => limit,
        };
        let hits = search(
            self.store,
            &self.collection,
            &question,
            self.filter.as_ref(),
            candidates,
        )?;
        let calibration = self
            .model
            .as_ref()
            .map(|model| calibration_of(&self.collection, model.facts(), model.calibration()));
        let calibration = calibration.unwrap_or(&Calibration::Uncalibrated);
        let found = hits.into_iter().map(|hit| Found::of(hit, calibration));
        let results = match &self.reranker {
            None => found.map(SearchHit::from).collect(),
            Some(reranker) => {
                let found: Vec<Found> = found.collect();
                let pairs = found.iter().map(|hit| (text, hit.text()));
                let scores = rerank(reranker, pairs)?;
                reranked(found, &scores, limit)
            }
        };
        Ok(Answer {
            text: text.to_owned(),
            results,
            mode: match question.mode() {
                Mode::Hybrid => "hybrid",
                Mode::Dense => "dense",
                Mode::Lexical => "lexical",
            },
            model: self.collection.space.model.clone(),
            calibrated: calibration.is_fitted(),
            truncated: embedded.is_some_and(|encoded| encoded.truncated),
        })
    }
}

/// A collection without a model is asked by words only: a command line has no vectors.
fn not_asked(error: Error) -> anyhow::Error {
    match error {
        Error::Invalid { field, .. } if field == "vector" => Misuse(
            "The collection has no model that could compute the vector of a question. Search by words: --mode lexical.".into(),
        )
        .into(),
        other => other.into(),
    }
}

/// A line a hit: what hits are ordered by, similarity, id and text, with tabs between them; the question above them where there are several.
fn write_for_people(out: &mut impl Write, answer: &Answer, is_one_of_many: bool) -> io::Result<()> {
    if is_one_of_many {
        writeln!(out, "{}", in_one_line(&answer.text))?;
    }
    for hit in &answer.results {
        let similarity = hit
            .similarity
            .map_or("-".to_owned(), |similarity| format!("{similarity:.4}"));
        let text = hit.wording.as_ref().unwrap_or(&hit.text);
        let (id, text) = (in_one_line(&hit.id), in_one_line(text));
        let score = hit.rerank_score.unwrap_or(hit.score);
        writeln!(out, "{score:.4}\t{similarity}\t{id}\t{text}")?;
    }
    if answer.results.is_empty() {
        remark!("Nothing was found for {:?}.", answer.text);
    }
    Ok(())
}
