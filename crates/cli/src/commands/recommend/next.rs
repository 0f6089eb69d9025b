//! `yuyi recommend next`.

use std::collections::HashSet;
use std::io::{self, Write};

use anyhow::bail;
use serde::Serialize;
use yuyi::Model;
use yuyi_collections::{
    AskedRecommend, Example, HeldShelf, RecommendPlan, RecommendReply, recommend,
};
use yuyi_store::{Space, Timestamp};

use super::{Items, clicks, strangers};
use crate::args::NextArgs;
use crate::commands::report_truncated;
use crate::input::Clicks;
use crate::named::load_model;
use crate::terminal::{self, in_one_line, remark};

/// Says what to show the users of a file next.
pub fn run(args: &NextArgs) -> anyhow::Result<()> {
    let model = load_model(&args.model)?;
    let clicks = events(args)?;
    let items = Items::read(
        args.items.as_deref().unwrap_or("".as_ref()),
        args.format,
        &args.layouts.items(),
        &model,
    )?;
    match strangers(&items, &clicks)? {
        0 => {}
        all if all == clicks.events.len() => bail!(
            "No click is of an item of {}. Are the ids the same in both files?",
            items.file
        ),
        n => remark!("clicks on items that are not in {}: {n}", items.file),
    }
    let shelf = HeldShelf::new(items.all, clicks.events);
    tell_unknown(args, &shelf, &items.file);
    let mut truncated = items.truncated;
    for user in users(args, &shelf) {
        let reply = ask(args, &shelf, &items.space, &model, user.clone())?;
        truncated += usize::from(reply.truncated);
        write(args, user, reply)?;
    }
    report_truncated(truncated, model.facts().max_tokens);
    Ok(())
}

/// What users did; what is told to be of the future is of now, as on a server.
fn events(args: &NextArgs) -> anyhow::Result<Clicks> {
    let Some(file) = &args.clicks else {
        return Ok(Clicks::default());
    };
    let now = Timestamp::now();
    let mut clicks = clicks(file, &args.layouts.clicks())?;
    for event in &mut clicks.events {
        event.time = event.time.min(now);
    }
    Ok(clicks)
}

/// Tells of users who did nothing, and of texts that look like ids and are none.
fn tell_unknown(args: &NextArgs, shelf: &HeldShelf, file: &str) {
    let known: HashSet<&str> = shelf.users().collect();
    for user in &args.user {
        if args.clicks.is_some() && !known.contains(&**user) {
            remark!("the clicks have no user {user:?}");
        }
    }
    for text in args.positive.iter().chain(&args.negative) {
        if is_like_an_id(text) && shelf.place(text).is_none() {
            remark!("no item of {file} has the id {text:?}; it is taken as a text");
        }
    }
}

/// One word of ASCII with a digit.
fn is_like_an_id(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic()) && text.bytes().any(|b| b.is_ascii_digit())
}

/// Those who are asked for, else all who did something, else nobody in particular.
fn users(args: &NextArgs, shelf: &HeldShelf) -> Vec<Option<String>> {
    let users: Vec<Option<String>> = match args.user.is_empty() {
        false => args.user.iter().cloned().map(Some).collect(),
        true => shelf.users().map(|user| Some(user.to_owned())).collect(),
    };
    match users.is_empty() {
        true => vec![None],
        false => users,
    }
}

fn ask(
    args: &NextArgs,
    shelf: &HeldShelf,
    space: &Space,
    model: &Model,
    user: Option<String>,
) -> anyhow::Result<RecommendReply> {
    let examples = |texts: &[String]| texts.iter().cloned().map(Example::Either).collect();
    let asked = AskedRecommend {
        user,
        positive: examples(&args.positive),
        negative: examples(&args.negative),
        limit: Some(args.limit),
        filter: None,
        half_life: args.half_life,
    };
    let plan = RecommendPlan::new(space, shelf, asked)?;
    let vectors = model.embed_with(plan.texts(), &plan.options())?;
    let question = plan.finish(&vectors)?;
    Ok(recommend(shelf, &question, model.calibration())?)
}

/// A user with what the server would reply.
#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(flatten)]
    reply: RecommendReply,
}

fn write(args: &NextArgs, user: Option<String>, reply: RecommendReply) -> anyhow::Result<()> {
    let mut out = terminal::stdout();
    if args.json {
        let line = Line { user, reply };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    } else {
        let is_only_one = args.user.len() == 1;
        let user = user.filter(|_| !is_only_one);
        write_for_people(&mut out, user.as_deref(), &reply)?;
    }
    Ok(out.flush()?)
}

/// A line a result, with tabs in it: similarity, id, text, and what it is near to; a dash for what is not known. Where there are several users, each stands above.
fn write_for_people(
    out: &mut impl Write,
    user: Option<&str>,
    reply: &RecommendReply,
) -> io::Result<()> {
    if let Some(user) = user {
        writeln!(out, "{}", in_one_line(user))?;
    }
    for result in &reply.results {
        let similarity = result.similarity.map(|value| format!("{value:.4}"));
        let because = result.because.as_ref();
        let because = because.and_then(|because| because.item.as_ref().or(because.text.as_ref()));
        let dash = || "-".to_owned();
        writeln!(
            out,
            "{}\t{}\t{}\t{}",
            similarity.unwrap_or_else(dash),
            in_one_line(&result.id),
            in_one_line(&result.text),
            because.map_or_else(dash, in_one_line),
        )?;
    }
    Ok(())
}
