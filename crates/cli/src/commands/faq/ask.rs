//! `yuyi faq ask`.

use std::io::{self, BufRead, Write};

use anyhow::bail;
use serde::Serialize;
use yuyi::{Encoded, Model, RerankModel};
use yuyi_collections::{
    AskedMatch, Contradiction, ELLIPTIC, MOST_RERANKED, MatchCandidate, MatchPlan, MatchReply,
    Matcher, NOT_WORD, NoMatch, NoMatchReason, Outcome,
};
use yuyi_language::is_blank;
use yuyi_store::Timestamp;

use super::entries::FileEntries;
use super::settings::Settings;
use crate::args::AskArgs;
use crate::commands::report_truncated;
use crate::input::{self, Columns, Format};
use crate::messages;
use crate::misuse::Misuse;
use crate::model::tell_uncalibrated;
use crate::named::load_model;
use crate::reranking::{load_reranker, rerank};
use crate::terminal::{self, in_one_line, remark};

/// What is read from standard input.
const STANDARD: &str = "-";

/// Answers questions by the entries of a file.
pub fn run(args: &AskArgs) -> anyhow::Result<()> {
    check_standard_input(args)?;
    let settings = Settings::of(&args.limits)?;
    let model = load_model(&args.model)?;
    tell_uncalibrated(&model, &args.model.model);
    let reranker = load_reranker(&args.rerank, &args.model.compute)?;
    settings.tell_reranker(reranker.as_ref());
    let entries = FileEntries::read(&args.file(), args.format, &args.layout.layout(), &model)?;
    let faq = AskedFaq {
        split: args.split,
        matcher: Matcher {
            calibration: model.calibration(),
            limits: settings.limits(&entries.space)?,
            now: Timestamp::now(),
        },
        model: &model,
        reranker: reranker.as_ref(),
        entries: &entries,
    };
    let mut truncated = entries.truncated;
    let mut asked = 0_u64;
    for text in questions(args)? {
        asked += 1;
        let text = text?;
        let reply = faq.ask(&text)?;
        let is_cut = |said: &&Outcome| said.is_truncated();
        truncated += reply.outcomes().iter().filter(is_cut).count();
        write(args, text, reply)?;
    }
    report_truncated(truncated, model.facts().max_tokens);
    if asked == 0 {
        let file = args
            .questions
            .as_deref()
            .map(|path| path.display().to_string());
        let file = file.filter(|file| file != STANDARD);
        remark!(
            "{} has no questions.",
            file.as_deref().unwrap_or("standard input")
        );
    }
    Ok(())
}

/// Standard input can be one thing only.
fn check_standard_input(args: &AskArgs) -> Result<(), Misuse> {
    let file = args.file();
    let files = args.questions.iter().chain([&file]);
    let files = files.filter(|path| path.as_os_str() == STANDARD).count();
    let asks = args.texts.iter().filter(|text| *text == STANDARD).count();
    match files + asks {
        0 | 1 => Ok(()),
        _ => Err(Misuse(
            "Standard input can be the FAQ or the questions, and that once.".into(),
        )),
    }
}

type Questions<'a> = Box<dyn Iterator<Item = anyhow::Result<String>> + 'a>;

/// What is asked, in order.
fn questions(args: &AskArgs) -> anyhow::Result<Questions<'_>> {
    if let Some(file) = &args.questions {
        let input = input::open(file, None, Format::Txt)?;
        let rows = input.rows(Columns::needed(&["question"]));
        return Ok(Box::new(rows.map(|row| {
            let cell = row?.cells.into_iter().next();
            Ok(cell.unwrap_or_default())
        })));
    }
    let texts = args.texts.iter().flat_map(|text| -> Questions<'_> {
        if text != STANDARD {
            return Box::new(std::iter::once(Ok(text.clone())));
        }
        let lines = io::stdin().lock().lines();
        let lines = lines.filter(|line| line.as_ref().map_or(true, |line| !is_blank(line)));
        Box::new(lines.map(|line| Ok(line?)))
    });
    Ok(Box::new(texts))
}

/// A question with what the server would reply.
#[derive(Serialize)]
struct Line {
    text: String,
    #[serde(flatten)]
    reply: MatchReply,
}

struct AskedFaq<'a> {
    split: bool,
    matcher: Matcher<'a>,
    model: &'a Model,
    reranker: Option<&'a RerankModel>,
    entries: &'a FileEntries,
}

impl AskedFaq<'_> {
    fn ask(&self, text: &str) -> anyhow::Result<MatchReply> {
        if is_blank(text) {
            bail!(Misuse(
                "A question is empty or blank; it needs at least one visible character.".into()
            ));
        }
        let asked = AskedMatch {
            text: text.to_owned(),
            vector: None,
            split: self.split,
        };
        let plan = MatchPlan::new(&self.entries.space, asked)?;
        let vectors: Vec<Encoded> = self.model.embed_with(plan.texts(), &plan.options())?;
        let questions = plan.finish(&vectors)?;
        let (matcher, entries) = (&self.matcher, &self.entries.held);
        let Some(reranker) = self.reranker else {
            return Ok(matcher.answer(entries, questions)?);
        };
        let lists = matcher.shortlists(entries, questions, MOST_RERANKED)?;
        let scores = rerank(reranker, lists.pairs())?;
        Ok(matcher.answer_reranked(lists, &scores))
    }
}

fn write(args: &AskArgs, text: String, reply: MatchReply) -> anyhow::Result<()> {
    let mut out = terminal::stdout();
    if args.json {
        let line = Line { text, reply };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    } else {
        let is_only_one = args.texts == [text.as_str()];
        write_for_people(&mut out, (!is_only_one).then_some(&text), &reply)?;
    }
    Ok(out.flush()?)
}

/// A line a question: similarity, id, standard question and answer of its entry, with tabs between them; or a dash, and why there is none. Where there are several,
/// the question stands above, and above each of its parts that part.
fn write_for_people(
    out: &mut impl Write,
    question: Option<&String>,
    reply: &MatchReply,
) -> io::Result<()> {
    if let Some(question) = question {
        writeln!(out, "{}", in_one_line(question))?;
    }
    if reply.outcomes().is_empty() {
        writeln!(out, "-\t{}", messages::told("Nothing is asked here"))?;
    }
    for outcome in reply.outcomes() {
        if let Some(part) = outcome.text() {
            writeln!(out, "{}", in_one_line(part))?;
        }
        match outcome {
            Outcome::Match(found) => {
                let cells = [
                    Some(&found.id),
                    Some(&found.question),
                    found.answer.as_ref(),
                ];
                let cells: Vec<String> = cells.into_iter().flatten().map(in_one_line).collect();
                writeln!(out, "{:.4}\t{}", found.similarity, cells.join("\t"))?;
            }
            Outcome::NoMatch(none) => writeln!(out, "-\t{}", messages::told(&why(none)))?,
        }
    }
    let left_out = match reply {
        MatchReply::One(_) => &[][..],
        MatchReply::Parts(parts) => &parts.left_out[..],
    };
    for part in left_out.iter().filter(|part| part.reason == ELLIPTIC) {
        let why = messages::told("This leaves out what it asks. Ask it in full");
        writeln!(out, "{}\n-\t{why}", in_one_line(&part.text))?;
    }
    Ok(())
}

/// Why nothing answers, as a sentence.
fn why(none: &NoMatch) -> String {
    let shown = |near: &MatchCandidate| {
        let question = in_one_line(&near.question);
        format!("{question} ({:.4})", near.similarity)
    };
    let nearest = none.candidates.first().map(shown).unwrap_or_default();
    let is_reranked = none.candidates.iter().any(|c| c.rerank_score.is_some());
    match none.reason {
        NoMatchReason::BelowThreshold if is_reranked => {
            format!("What the reranker puts first is not near enough: {nearest}")
        }
        NoMatchReason::BelowThreshold => format!("Nothing is near enough; nearest is: {nearest}"),
        NoMatchReason::Ambiguous => {
            let all: Vec<String> = none.candidates.iter().map(shown).collect();
            format!("Several are about as near: {}", all.join(" | "))
        }
        NoMatchReason::Rejected => {
            // A reranker may have put another one first.
            let turned_away = none.candidates.iter().find(|near| near.reject);
            let nearest = turned_away.map_or(nearest, shown);
            format!("This is not to be answered; nearest is: {nearest}")
        }
        NoMatchReason::Guarded => {
            let words = |side: fn(&Contradiction) -> &Vec<String>| {
                let words: Vec<&str> = none
                    .contradictions
                    .iter()
                    .flat_map(side)
                    .map(String::as_str)
                    .collect();
                if words.is_empty() {
                    "-".to_owned()
                } else {
                    words.join(" ")
                }
            };
            let (asked, said) = (words(|c| &c.question), words(|c| &c.wording));
            if none.contradictions.iter().any(|c| c.kind == NOT_WORD) {
                return format!("The nearest is not for questions with {asked}: {nearest}");
            }
            format!("The nearest says something else ({asked} / {said}): {nearest}")
        }
        NoMatchReason::Empty => "No entry may answer this.".to_owned(),
    }
}
