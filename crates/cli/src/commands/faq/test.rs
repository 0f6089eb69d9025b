//! `yuyi faq test`.

mod report;
mod result;
mod summary;
mod workbook;

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use yuyi::RerankModel;
use yuyi_collections::Matcher;
use yuyi_store::Timestamp;

use self::result::Tested;
use super::entries::FileEntries;
use super::labelled::{Labelled, check_standard_input};
use super::settings::Settings;
use crate::args::FaqTestArgs;
use crate::commands::report_truncated;
use crate::input::Format;
use crate::language::Language;
use crate::misuse::Misuse;
use crate::model::tell_uncalibrated;
use crate::named::load_model;
use crate::output::partial::{PartialFile, is_same_file};
use crate::report::numbers::percent;
use crate::reranking::load_reranker;
use crate::terminal::{self, remark};

/// Reads, asks, counts and reports.
pub fn run(args: &FaqTestArgs) -> anyhow::Result<()> {
    let labelled = &args.labelled;
    check_standard_input(&labelled.file, &labelled.questions)?;
    let files = Files::begin(args)?;
    let settings = Settings::of(&args.limits)?;
    let model = load_model(&args.model)?;
    tell_uncalibrated(&model, &args.model.model);
    let reranker = load_reranker(&args.rerank, &args.model.compute)?;
    settings.tell_reranker(reranker.as_ref());
    let layout = labelled.layout.layout();
    let entries = FileEntries::read(&labelled.file, labelled.format, &layout, &model)?;
    let matcher = Matcher {
        calibration: model.calibration(),
        limits: settings.limits(&entries.space)?,
        now: Timestamp::now(),
    };
    let models = (&model, reranker.as_ref());
    let asked = Labelled::ask(labelled, &entries, &matcher, models)?;
    report_truncated(
        entries.truncated + asked.truncated,
        model.facts().max_tokens,
    );
    let models = (model.facts(), reranker.as_ref().map(RerankModel::facts));
    let tested = Tested::of(&entries, &asked, &matcher, models, args.errors);
    tell_unanswering(&tested);
    files.write(&tested)?;
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&tested)?)?;
    } else {
        let text = summary::summary(Language::of_messages(), &tested);
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    check_goal(args.goal, &tested)
}

/// Files that are written beside what is said.
struct Files {
    report: Option<PartialFile>,
    workbook: Option<PartialFile>,
}

impl Files {
    fn begin(args: &FaqTestArgs) -> anyhow::Result<Self> {
        if let Some(path) = &args.xlsx {
            let extension = path.extension().unwrap_or_default();
            if Format::of(path) != Some(Format::Xlsx) || !extension.eq_ignore_ascii_case("xlsx") {
                let shown = path.display();
                bail!(Misuse(format!(
                    "{shown}: what --xlsx writes is a workbook; name it .xlsx."
                )));
            }
        }
        let (report, workbook) = (&args.report.report, &args.xlsx);
        if let Some((report, workbook)) = report.as_ref().zip(workbook.as_ref())
            && is_same_file(report, workbook)
        {
            bail!(Misuse(
                "--report and --xlsx name one file; name another one for one of them.".into()
            ));
        }
        let inputs = [&args.labelled.file, &args.labelled.questions];
        let begin = |path: &Option<PathBuf>| {
            let path = path.clone();
            path.map(|path| PartialFile::beside(path, inputs))
                .transpose()
        };
        Ok(Self {
            report: begin(report)?,
            workbook: begin(workbook)?,
        })
    }

    fn write(self, tested: &Tested) -> anyhow::Result<()> {
        let language = Language::of_reports();
        if let Some(file) = self.report {
            report::report(language, tested).write(file)?;
        }
        if let Some(mut file) = self.workbook {
            let shown = file.path().display().to_string();
            file.write(&workbook::workbook(language, tested)?)?;
            file.finish()?;
            remark!("{shown} is written.");
        }
        Ok(())
    }
}

/// Says how many questions have labels of entries that do not answer now.
fn tell_unanswering(tested: &Tested) {
    let n = tested.out_of_use;
    if n > 0 {
        remark!(
            "Questions whose entries are switched off, or not valid now: {n}. They count as missed."
        );
    }
}

fn check_goal(goal: Option<f64>, tested: &Tested) -> anyhow::Result<()> {
    let precision = tested.precision.value;
    match (goal, precision) {
        (Some(goal), Some(precision)) if precision < goal => {
            let [goal, precision] = [goal, precision].map(percent);
            bail!("{precision} of the answers are right, and {goal} are wished for.")
        }
        _ => Ok(()),
    }
}
