//! `yuyi calibrate`: from labelled pairs to a scale that means the same for every model.

mod report;
mod summary;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use serde::Serialize;
use yuyi::read_plain;
use yuyi::{Calibration, Model};
use yuyi_tasks::corpus::{Corpus, LabelKinds};
use yuyi_tasks::metrics::{Bin, Estimate};
use yuyi_tasks::{Cutoffs, FitError, Knot};

use super::report_truncated;
use crate::args::CalibrateArgs;
use crate::calibration::{Fit, shipped_pairs};
use crate::corpus::read_corpus;
use crate::messages;
use crate::misuse::Misuse;
use crate::model::{CalibrationPlace, load_uncalibrated, unloadable};
use crate::named::find_model;
use crate::output::partial::{PartialFile, is_same_file};
use crate::report::Language;
use crate::terminal::{self, remark};

/// Fewer pairs than this are worth a remark.
const ENOUGH_PAIRS: usize = 200;

/// A threshold that fewer pairs reach rests on chance.
const ENOUGH_ACCEPTED: usize = 10;

/// What was fitted and how good it is.
#[derive(Serialize)]
struct Calibrated {
    model: String,
    precision: &'static str,
    kernel: &'static str,
    /// The files of the pairs.
    files: Vec<String>,
    /// Their names, for a heading.
    #[serde(skip)]
    set: String,
    pairs: usize,
    /// Every label is 0 or 1, so that a similarity is the share of such pairs that are the same.
    yes_no: bool,
    /// What the labels of the files are.
    #[serde(skip)]
    kinds: LabelKinds,
    /// Pairs on which the following errors are measured: half of them.
    held_out: usize,
    /// Expected calibration error of their cosines, cut at 0.
    ece_before: Estimate,
    /// Expected calibration error of their similarities by a curve that was fitted to the other half.
    ece_after: Estimate,
    knots: Vec<Knot>,
    /// Similarity and label of those pairs before.
    reliability_before: Vec<Bin>,
    /// Similarity and label of those pairs after.
    reliability_after: Vec<Bin>,
    /// Least label of a pair that counts as the same.
    same_from: f64,
    thresholds: Cutoffs,
    /// Texts that were cut.
    truncated: usize,
    /// The calibration file; none with `--dry-run`.
    output: Option<PathBuf>,
}

/// Reads, computes, fits, measures, and writes the calibration and the report.
pub fn run(args: &CalibrateArgs) -> anyhow::Result<()> {
    let report = args.report.report.clone();
    let report = report.map(|path| PartialFile::beside(path, &args.files));
    let report = report.transpose()?;
    let corpus = corpus(args)?;
    let named = &args.model.model;
    let found = find_model(named)?;
    let folder = found.named_folder().map(PathBuf::from);
    let model = load_uncalibrated(found, &args.model.compute).with_context(|| unloadable(named))?;
    let target = Target::of(args, &model, folder)?;
    check_apart(target.as_ref(), args)?;
    // Before the work, which a place that cannot be written would make useless.
    let output = target.as_ref().map(|target| target.create(&args.files));
    let output = output.transpose()?;
    let fit = Fit::of(&model, &corpus, args.measure.sampling());
    let fit = fit.map_err(|error| in_files(error, &corpus))?;
    let calibrated = Calibrated::of(args, &model, &corpus, &fit, target.as_ref());
    report_truncated(fit.truncated, model.facts().max_tokens);
    if let Some(mut output) = output {
        output.write(fit.json().as_bytes())?;
        output.finish()?;
    }
    if let Some(file) = report {
        let language = Language::of_reports();
        report::report(language, &calibrated, &fit).write(file)?;
    }
    show(&calibrated, args.json)?;
    if let Some(target) = &target {
        target.announce(&calibrated.model);
    }
    Ok(())
}

/// Refuses to write the calibration and the report to one file.
fn check_apart(target: Option<&Target>, args: &CalibrateArgs) -> anyhow::Result<()> {
    if let (Some(target), Some(report)) = (target, &args.report.report)
        && is_same_file(&target.path, report)
    {
        bail!(Misuse(
            "The calibration and the report need two files.".into()
        ));
    }
    Ok(())
}

/// Writes what was found to standard output.
fn show(calibrated: &Calibrated, as_json: bool) -> anyhow::Result<()> {
    let mut out = terminal::stdout();
    match as_json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(calibrated)?)?,
        false => out.write_all(messages::text(&summary::summary(calibrated)).as_bytes())?,
    }
    Ok(())
}

/// The pairs of the files, or those in the program where none is named.
fn corpus(args: &CalibrateArgs) -> anyhow::Result<Corpus> {
    let measure = &args.measure;
    match args.files.as_slice() {
        [] => shipped_pairs(),
        files => read_corpus(
            files,
            measure.format,
            measure.scale,
            &measure.layout.layout(),
        ),
    }
}

/// A fit that failed, as a sentence that names the files.
fn in_files(error: anyhow::Error, corpus: &Corpus) -> anyhow::Error {
    match error.downcast::<FitError>() {
        Ok(reason) => {
            let names: Vec<&str> = corpus
                .files()
                .iter()
                .map(|file| file.name.as_str())
                .collect();
            anyhow!("{}: {reason}.", names.join(", "))
        }
        Err(other) => other,
    }
}

/// Most bytes of a file that may be a calibration.
const LONGEST: u64 = 1 << 20;

/// Where the calibration goes.
struct Target {
    path: PathBuf,
    /// The program finds it there by itself.
    is_used: bool,
    /// The file that wins over it, if there is one.
    hidden_by: Option<PathBuf>,
}

impl Target {
    /// `None`: nowhere. `folder` is that of a model that was named by its path.
    fn of(
        args: &CalibrateArgs,
        model: &Model,
        folder: Option<PathBuf>,
    ) -> anyhow::Result<Option<Self>> {
        if args.dry_run {
            return Ok(None);
        }
        let target = |path, hidden_by| Self {
            path,
            is_used: args.output.is_none(),
            hidden_by,
        };
        Ok(Some(match &args.output {
            Some(path) => target(path.clone(), None),
            None => {
                let CalibrationPlace { path, hidden_by } = CalibrationPlace::of(model, folder)?;
                target(path, hidden_by)
            }
        }))
    }

    fn create(&self, inputs: &[PathBuf]) -> anyhow::Result<PartialFile> {
        let folder = self.path.parent().filter(|_| self.is_used);
        // A mistyped -o must not cost a model its files.
        if !self.is_used && is_other_file(&self.path) {
            let shown = self.path.display();
            bail!(Misuse(format!(
                "{shown} is there and is no calibration; name another file with -o."
            )));
        }
        if let Some(folder) = folder {
            let failed = || format!("The folder {} cannot be made", folder.display());
            std::fs::create_dir_all(folder).with_context(failed)?;
        }
        PartialFile::beside(self.path.clone(), inputs)
    }

    fn announce(&self, model: &str) {
        let path = self.path.display();
        match (&self.hidden_by, self.is_used) {
            (Some(other), _) => remark!(
                "{path} is written, but {} wins over it. Remove that file to use the new one.",
                other.display()
            ),
            (None, true) => {
                remark!(
                    "{path} is written; {model} uses it from now on, servers when they load it next."
                );
            }
            (None, false) => remark!("{path} is written."),
        }
    }
}

/// Whether a plain file is there that is no calibration.
fn is_other_file(path: &Path) -> bool {
    match read_plain(path, LONGEST) {
        Ok(there) => Calibration::read("", &there).is_err(),
        Err(error) => error.kind() == ErrorKind::FileTooLarge,
    }
}

impl Calibrated {
    fn of(
        args: &CalibrateArgs,
        model: &Model,
        corpus: &Corpus,
        fit: &Fit,
        target: Option<&Target>,
    ) -> Self {
        let facts = model.facts();
        let same_from = args.measure.same_from;
        let wished = args.precision_wished;
        let curve = &fit.fitted.curve;
        let sampling = args.measure.sampling();
        Self {
            model: facts.name.clone(),
            precision: facts.precision_name(),
            kernel: facts.kernel_name(),
            files: corpus
                .files()
                .iter()
                .map(|file| file.name.clone())
                .collect(),
            set: corpus.set(),
            pairs: fit.pairs.len(),
            yes_no: corpus.kinds() == LabelKinds::YesNo,
            kinds: corpus.kinds(),
            held_out: fit.fitted.held_out,
            ece_before: fit.fitted.before.ece,
            ece_after: fit.fitted.after.ece,
            knots: curve.knots().to_vec(),
            reliability_before: fit.fitted.before.bins.to_vec(),
            reliability_after: fit.fitted.after.bins.to_vec(),
            same_from,
            thresholds: Cutoffs::of(&fit.pairs, same_from, wished, curve, sampling),
            truncated: fit.truncated,
            output: target.map(|target| target.path.clone()),
        }
    }

    /// Whether another sample of pairs would give a visibly different curve.
    fn is_thin(&self) -> bool {
        self.pairs < ENOUGH_PAIRS
    }

    /// What labels of both kinds mean for a similarity.
    fn remark_on_kinds(&self, language: Language) -> Option<&'static str> {
        let (zh, en) = (
            "有的文件标注只有 0 和 1，有的是打分，所以这里的相似度既不是“同义的可能性”，也不是同义的程度。请只用同一类文件校准。",
            "The labels of some files are 0 and 1 and those of others are grades, so a similarity is neither how likely a pair is the same nor how much alike it is. Calibrate on files of one kind.",
        );
        (self.kinds == LabelKinds::Both).then(|| language.pick(zh, en))
    }
}
