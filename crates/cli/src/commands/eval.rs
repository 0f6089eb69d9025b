//! `yuyi eval`: how good a model is on labelled data.

mod pairs;
mod report;
mod search;
mod summary;

use std::io::Write;

use anyhow::bail;
use serde::Serialize;
use yuyi::{Model, ModelFacts};
use yuyi_tasks::corpus::{Corpus, LabelKinds};

use self::pairs::{EvaluatedFile, EvaluatedPairs};
use self::search::EvaluatedSearch;
use super::remarks::Findings;
use super::report_truncated;
use crate::args::EvalArgs;
use crate::corpus::read_corpus;
use crate::input::{self, FaqFile, FaqLayout, Format, Questions};
use crate::messages;
use crate::misuse::Misuse;
use crate::named::load_model;
use crate::output::partial::PartialFile;
use crate::report::Language;
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

impl Evaluation {
    /// Computes and measures.
    fn of(
        args: &EvalArgs,
        model: &Model,
        corpus: &Corpus,
        search: Option<(FaqFile, Questions)>,
    ) -> anyhow::Result<Self> {
        let mut evaluation = Self {
            model: model.facts().clone(),
            calibrated: model.calibration().is_fitted(),
            same_from: args.measure.same_from,
            rounds: args.measure.sampling().rounds,
            pairs: None,
            retrieval: None,
            truncated: 0,
            remarks: Vec::new(),
        };
        if !corpus.pairs().is_empty() {
            let (pairs, truncated) = EvaluatedPairs::of(args, corpus, model)?;
            evaluation.truncated += truncated;
            evaluation.pairs = Some(pairs);
        }
        if let Some((faq, questions)) = search {
            let found = EvaluatedSearch::of(&faq, &questions, model, args)?;
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

/// The FAQ and the questions that are put to it, if there are any.
fn read_search(args: &EvalArgs) -> anyhow::Result<Option<(FaqFile, Questions)>> {
    // clap asks for both or none.
    let (Some(faq), Some(questions)) = (&args.faq, &args.questions) else {
        return Ok(None);
    };
    let layout = FaqLayout {
        faq: args.faq_columns.clone(),
        questions: args.questions_columns.clone(),
        no_header: args.measure.layout.no_header,
    };
    if args.files.is_empty() && !args.measure.layout.columns.is_empty() {
        bail!(Misuse(
            "--columns is for files of pairs, and there are none. Say --faq-columns and --questions-columns."
                .into()
        ));
    }
    let open = |path| input::open(path, args.measure.format, Format::Tsv);
    let faq = FaqFile::of(open(faq)?, &layout)?;
    let questions = Questions::of(open(questions)?, &faq, &layout)?;
    Ok(Some((faq, questions)))
}

/// Reads, computes, measures and reports.
pub fn run(args: &EvalArgs) -> anyhow::Result<()> {
    let inputs = || args.files.iter().chain(&args.faq).chain(&args.questions);
    let file = args.report.report.clone();
    let file = file.map(|path| PartialFile::beside(path, inputs()));
    let file = file.transpose()?;
    let corpus = read_corpus(
        &args.files,
        args.measure.format,
        args.measure.scale,
        &args.measure.layout.layout(),
    )?;
    let search = read_search(args)?;
    let model = load_model(&args.model)?;
    let evaluation = Evaluation::of(args, &model, &corpus, search)?;
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
