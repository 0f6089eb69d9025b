//! `yuyi eval`: how good a model is on labelled data.

mod pairs;
mod report;
mod search;
mod summary;

use std::io::Write;

use anyhow::bail;
use serde::Serialize;
use yuyi::{Model, ModelFacts, RerankModel};
use yuyi_tasks::corpus::{Corpus, LabelKinds};

use self::pairs::{EvaluatedFile, EvaluatedPairs};
use self::search::EvaluatedSearch;
use super::remarks::Findings;
use super::report_truncated;
use crate::args::{EvalArgs, FaqSearchArgs};
use crate::corpus::{read_corpus, read_search};
use crate::input::{FaqFile, Questions};
use crate::messages;
use crate::misuse::Misuse;
use crate::named::load_model;
use crate::output::partial::PartialFile;
use crate::report::Language;
use crate::reranking::{load_if_reranker, load_reranker};
use crate::terminal;

/// Everything that was found out.
#[derive(Serialize)]
pub(super) struct Evaluation {
    model: ModelFacts,
    calibrated: bool,
    /// Least label of a pair that counts as the same.
    same_from: f64,
    /// Bootstrap samples.
    rounds: usize,
    #[serde(flatten)]
    pairs: Option<EvaluatedPairs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retrieval: Option<EvaluatedSearch>,
    /// Texts that were cut.
    truncated: usize,
    /// What a reader should know before believing the numbers.
    remarks: Vec<String>,
}

/// What rates pairs.
pub(super) enum Rater {
    Model(Model),
    Reranker(RerankModel),
}

impl Rater {
    /// The model of `--model`, whichever it is.
    fn load(args: &EvalArgs) -> anyhow::Result<Self> {
        let name = &args.model.model;
        let Some(reranker) = load_if_reranker(name, &args.model.compute)? else {
            return load_model(&args.model).map(Self::Model);
        };
        if args.search.faq.is_some() {
            bail!(Misuse(format!(
                "{name} is a reranker, which orders what a model of vectors has found. Name it with --rerank, and that model with --model."
            )));
        }
        Ok(Self::Reranker(reranker))
    }

    fn facts(&self) -> &ModelFacts {
        match self {
            Self::Model(model) => model.facts(),
            Self::Reranker(reranker) => reranker.facts(),
        }
    }
}

impl Evaluation {
    /// Computes and measures.
    fn of(
        args: &EvalArgs,
        rater: &Rater,
        corpus: &Corpus,
        search: Option<(FaqFile, Questions)>,
    ) -> anyhow::Result<Self> {
        let mut evaluation = Self {
            model: rater.facts().clone(),
            calibrated: matches!(rater, Rater::Model(model) if model.calibration().is_fitted()),
            same_from: args.measure.same_from,
            rounds: args.measure.sampling().rounds,
            pairs: None,
            retrieval: None,
            truncated: 0,
            remarks: Vec::new(),
        };
        if !corpus.pairs().is_empty() {
            let (pairs, truncated) = EvaluatedPairs::of(args, corpus, rater)?;
            evaluation.truncated += truncated;
            evaluation.pairs = Some(pairs);
        }
        if let (Some((faq, questions)), Rater::Model(model)) = (search, rater) {
            let reranker = load_reranker(&args.rerank, &args.model.compute)?;
            let models = (model, reranker.as_ref());
            let found = EvaluatedSearch::of(&faq, &questions, models, args)?;
            evaluation.truncated += found.truncated;
            evaluation.retrieval = Some(found);
        }
        evaluation.remarks = evaluation.remarks(Language::En);
        Ok(evaluation)
    }

    /// The remarks on all files, with the names of the files where there are several, and those on all together.
    fn remarks(&self, language: Language) -> Vec<String> {
        let Some(pairs) = &self.pairs else {
            return Vec::new();
        };
        let is_one = pairs.files.len() == 1;
        let files = pairs.files.iter().chain((!is_one).then_some(&pairs.all));
        let remarks = files.flat_map(|file| {
            let together = language.pick("全部文件", "all files");
            let name = file.file.as_deref().unwrap_or(together);
            let remarks = self.findings(file).remarks(language).into_iter();
            remarks.map(move |remark| match is_one {
                true => remark,
                false => language.pick(format!("{name}：{remark}"), format!("{name}: {remark}")),
            })
        });
        remarks.collect()
    }

    /// What remarks are made of.
    fn findings(&self, file: &EvaluatedFile) -> Findings {
        let quality = &file.quality;
        // Of all files together, what each of them has.
        let files = self.pairs.iter().flat_map(|pairs| &pairs.files);
        let kinds = match file.file {
            None => LabelKinds::of(files.map(|file| file.yes_no)),
            Some(_) => LabelKinds::of(std::iter::once(file.yes_no)),
        };
        Findings {
            pairs: quality.pairs,
            same: quality.same,
            same_from: self.same_from,
            kinds,
            spearman: quality.spearman.value,
            calibrated_ece: quality.ece.value.filter(|_| self.calibrated),
        }
    }
}

/// Refuses flags that nothing would come of.
fn check_flags(args: &EvalArgs) -> Result<(), Misuse> {
    if args.search.faq.is_none() && args.rerank.rerank.is_some() {
        return Err(Misuse(
            "--rerank is for questions to a FAQ (--faq and --questions). To rate a reranker on pairs, name it with --model."
                .into(),
        ));
    }
    if args.files.is_empty() && !args.measure.layout.columns.is_empty() {
        return Err(Misuse(
            "--columns is for files of pairs, and there are none. Say --faq-columns and --questions-columns."
                .into(),
        ));
    }
    Ok(())
}

/// Reads, computes, measures and reports.
pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    check_flags(args)?;
    let FaqSearchArgs { faq, questions, .. } = &args.search;
    let inputs = || args.files.iter().chain(faq).chain(questions);
    let file = args.report.report.clone();
    let file = file.map(|path| PartialFile::beside(path, inputs()));
    let file = file.transpose()?;
    let corpus = read_corpus(
        &args.files,
        args.measure.format,
        args.measure.scale,
        &args.measure.layout.layout(),
    )?;
    let search = read_search(&args.search, &args.measure)?;
    let rater = Rater::load(args)?;
    let evaluation = Evaluation::of(args, &rater, &corpus, search)?;
    report_truncated(evaluation.truncated, evaluation.model.max_tokens);
    if let Some(file) = file {
        let language = Language::of_reports();
        report::report(language, &evaluation).write(file)?;
    }
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&evaluation)?)?;
    } else {
        out.write_all(messages::text(&summary::summary(&evaluation)).as_bytes())?;
    }
    Ok(())
}
