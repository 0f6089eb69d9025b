//! What became of labelled questions.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use yuyi::ModelFacts;
use yuyi_collections::{Contradiction, Matcher, contradictions, rules};
use yuyi_store::Item;
use yuyi_tasks::faq::{Limits, Tally, Trial, Unanswered, Verdict, curve};
use yuyi_tasks::metrics::Estimate;

use crate::commands::faq::entries::FileEntries;
use crate::commands::faq::labelled::{Labelled, Question};

/// Entries that are taken for one another, of which as many are told.
const CONFUSIONS: usize = 50;

/// Everything that was found out.
#[derive(Serialize)]
pub struct Tested {
    pub faq: String,
    pub entries: usize,
    pub questions: String,
    pub model: String,
    /// The reranker that chose among the first entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reranker: Option<String>,
    /// With which limits.
    pub threshold: f64,
    pub margin: f64,
    /// By how much more the second entry has to be farther at the threshold.
    pub lead: f64,
    pub totals: Tally,
    /// How many of the answers are right.
    pub precision: Estimate,
    /// How many of the questions with an answer got it.
    pub answered_rightly: Estimate,
    /// How many of the questions without an answer got one.
    pub answered_falsely: Estimate,
    /// Why questions got no answer.
    pub missed: BTreeMap<Unanswered, usize>,
    pub refused: BTreeMap<Unanswered, usize>,
    /// Ambiguous questions whose entry is among those that are as near.
    pub offered: usize,
    /// Where the right entry comes among all, whatever the limits.
    pub ranking: Ranking,
    /// Questions that tell little.
    pub odd: Odd,
    /// Questions whose entries are all switched off or not valid now.
    pub out_of_use: usize,
    /// What other thresholds would do.
    pub curve: Vec<Point>,
    /// Entries that were taken for others.
    pub confusions: Vec<Confusion>,
    /// Places among the rows of what went most wrong.
    #[serde(skip)]
    pub worst: Vec<usize>,
    pub rows: Vec<Row>,
}

/// Means over the questions with an answer.
#[derive(Serialize)]
pub struct Ranking {
    pub recall_at_1: Option<f64>,
    pub recall_at_5: Option<f64>,
    pub mrr: Option<f64>,
}

/// Questions that are odd.
#[derive(Serialize)]
pub struct Odd {
    pub literal: usize,
    pub repeated: usize,
    /// Lines of questions that have several labels.
    pub contradicting: Vec<Vec<u64>>,
}

/// What a threshold does.
#[derive(Serialize)]
pub struct Point {
    pub threshold: f64,
    pub precision: Option<f64>,
    pub answered_rightly: Option<f64>,
    pub answered_falsely: Option<f64>,
}

/// An entry that was found in the place of another.
#[derive(Serialize)]
pub struct Confusion {
    /// The entry that should have answered; `None`: none.
    pub expected: Option<Named>,
    pub found: Named,
    pub times: usize,
}

/// An entry.
#[derive(Clone, Serialize)]
pub struct Named {
    pub id: String,
    pub question: String,
}

/// What became of a question.
#[derive(Serialize)]
pub struct Row {
    pub line: u64,
    pub text: String,
    /// The entries that answer it.
    pub expected: Vec<Named>,
    pub verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Unanswered>,
    /// The entry that answered, or the nearest.
    pub nearest: Option<Named>,
    /// Its wording.
    pub wording: Option<String>,
    pub similarity: Option<f64>,
    /// To the second entry.
    pub margin: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<Contradiction>,
    /// How alike the question and the entry that answers it are.
    pub expected_similarity: Option<f64>,
    /// Where that comes among all, from 1.
    pub rank: Option<usize>,
    #[serde(skip)]
    pub kind: Verdict,
}

impl Tested {
    /// That of questions that were asked with the limits of `matcher`.
    pub fn of(
        entries: &FileEntries,
        asked: &Labelled,
        matcher: &Matcher<'_>,
        (model, reranker): (&ModelFacts, Option<&ModelFacts>),
        errors: usize,
    ) -> Self {
        let limits = matcher.limits;
        let verdicts: Vec<Verdict> = asked.trials.iter().map(|t| t.verdict(limits)).collect();
        let totals = Tally::of(verdicts.iter().copied());
        let items = entries.held.items();
        let all = asked.questions.iter().zip(&asked.trials).zip(&verdicts);
        let rows: Vec<Row> = all
            .map(|((question, trial), verdict)| Row::of(items, question, trial, *verdict, limits))
            .collect();
        let reasons = |of: fn(Verdict) -> Option<Unanswered>| {
            let mut counts: BTreeMap<Unanswered, usize> = BTreeMap::new();
            for reason in verdicts.iter().filter_map(|verdict| of(*verdict)) {
                *counts.entry(reason).or_default() += 1;
            }
            counts
        };
        let offered = asked.questions.iter().zip(&verdicts);
        let offered = offered.filter(|(question, verdict)| {
            question.is_offered && **verdict == Verdict::Missed(Unanswered::Ambiguous)
        });
        Self {
            faq: entries.name.clone(),
            entries: items.len(),
            questions: asked.file.clone(),
            model: model.name.clone(),
            reranker: reranker.map(|facts| facts.name.clone()),
            threshold: limits.threshold,
            margin: limits.margin,
            lead: limits.lead,
            totals,
            precision: totals.precision(),
            answered_rightly: totals.recall(),
            answered_falsely: totals.false_answers(),
            missed: reasons(|verdict| match verdict {
                Verdict::Missed(reason) => Some(reason),
                _ => None,
            }),
            refused: reasons(|verdict| match verdict {
                Verdict::Refused(reason) => Some(reason),
                _ => None,
            }),
            offered: offered.count(),
            ranking: Ranking::of(&asked.questions),
            odd: Odd::of(asked),
            out_of_use: out_of_use(items, asked, matcher),
            curve: points(asked, limits),
            confusions: confusions(&rows),
            worst: worst(&rows, errors),
            rows,
        }
    }
}

impl Ranking {
    fn of(questions: &[Question]) -> Self {
        let ranks = questions.iter().filter_map(|question| question.standing);
        let ranks: Vec<f64> = ranks.map(|(rank, _)| rank as f64).collect();
        let mean = |of: fn(f64) -> f64| {
            let sum: f64 = ranks.iter().map(|rank| of(*rank)).sum();
            (!ranks.is_empty()).then(|| sum / ranks.len() as f64)
        };
        Self {
            recall_at_1: mean(|rank| f64::from(rank <= 1.0)),
            recall_at_5: mean(|rank| f64::from(rank <= 5.0)),
            mrr: mean(|rank| 1.0 / rank),
        }
    }
}

impl Odd {
    fn of(asked: &Labelled) -> Self {
        let line = |place: &usize| asked.questions[*place].line;
        let contradicting = asked.odd.contradicting.iter();
        Self {
            literal: asked.odd.literal.len(),
            repeated: asked.odd.repeated.len(),
            contradicting: contradicting
                .map(|places| places.iter().map(line).collect())
                .collect(),
        }
    }
}

/// Questions none of whose entries may answer now.
fn out_of_use(items: &[Item], asked: &Labelled, matcher: &Matcher<'_>) -> usize {
    let now = matcher.now.micros();
    let may_answer = |place: &usize| {
        let rules = rules(&items[*place]);
        let has_begun = rules.valid_from.is_none_or(|from| from <= now);
        let goes_on = rules.valid_until.is_none_or(|until| now < until);
        rules.enabled && has_begun && goes_on
    };
    let out = asked
        .trials
        .iter()
        .filter(|trial| !trial.relevant.is_empty() && !trial.relevant.iter().any(may_answer));
    out.count()
}

fn points(asked: &Labelled, limits: Limits) -> Vec<Point> {
    let points = curve(&asked.trials, limits).into_iter();
    points
        .map(|(threshold, tally)| Point {
            threshold,
            precision: tally.precision().value,
            answered_rightly: tally.recall().value,
            answered_falsely: tally.false_answers().value,
        })
        .collect()
}

impl Row {
    fn of(
        items: &[Item],
        question: &Question,
        trial: &Trial,
        verdict: Verdict,
        limits: Limits,
    ) -> Self {
        let excluded = trial.prospect.excluded.as_deref();
        let excluded = excluded.filter(|_| trial.prospect.is_excluded(limits));
        let prospect = excluded.map_or(&trial.prospect, |excluded| &excluded.prospect);
        let is_answered = verdict.reason().is_none();
        // What answered; where nothing did, what is nearest or what the reranker puts first, whatever it says.
        let shown = match is_answered {
            true => prospect.best,
            false => prospect.first,
        };
        let near = shown.map(|gate| gate.near);
        let item = |place: usize| &items[place];
        let differences = prospect.differences.as_ref();
        let is_guarded = verdict.reason() == Some(Unanswered::Guarded);
        let contradictions = match (excluded, differences.filter(|_| is_guarded)) {
            (Some(excluded), _) => vec![Contradiction::not_words(&excluded.words)],
            (None, Some(differences)) => contradictions(differences),
            (None, None) => Vec::new(),
        };
        Self {
            line: question.line,
            text: question.text.clone(),
            expected: trial
                .relevant
                .iter()
                .map(|&place| named(item(place)))
                .collect(),
            verdict: verdict.name(),
            reason: verdict.reason(),
            nearest: near.map(|near| named(item(near.candidate))),
            wording: near.and_then(|near| {
                let mut texts = item(near.candidate).texts();
                texts.nth(near.wording).map(str::to_owned)
            }),
            similarity: near.map(|near| near.similarity),
            margin: prospect.margin,
            contradictions,
            expected_similarity: question.standing.map(|(_, similarity)| similarity),
            rank: question.standing.map(|(rank, _)| rank),
            kind: verdict,
        }
    }
}

fn named(item: &Item) -> Named {
    Named {
        id: item.id.clone(),
        question: item.text.clone(),
    }
}

/// Which entries were found in the place of which, the most frequent first.
fn confusions(rows: &[Row]) -> Vec<Confusion> {
    let mut counts: HashMap<(Option<&str>, &str), (usize, &Row)> = HashMap::new();
    let answered = rows
        .iter()
        .filter(|row| matches!(row.kind, Verdict::Wrong | Verdict::FalselyAnswered));
    for row in answered {
        let Some(found) = &row.nearest else { continue };
        let expected = row.expected.first().map(|named| named.id.as_str());
        let count = counts.entry((expected, &found.id)).or_insert((0, row));
        count.0 += 1;
    }
    let mut all: Vec<(usize, &Row)> = counts.into_values().collect();
    all.sort_by_key(|(times, row)| (std::cmp::Reverse(*times), row.line));
    let all = all.into_iter().take(CONFUSIONS);
    let told = all.filter_map(|(times, row)| {
        Some(Confusion {
            expected: row.expected.first().cloned(),
            found: row.nearest.clone()?,
            times,
        })
    });
    told.collect()
}

/// Answers that are wrong, the surest first; behind them questions that got none, those first whose entry was nearest.
fn worst(rows: &[Row], most: usize) -> Vec<usize> {
    let weight = |row: &Row| match row.kind {
        Verdict::Wrong | Verdict::FalselyAnswered => Some((1, row.similarity.unwrap_or_default())),
        Verdict::Missed(_) => Some((0, row.expected_similarity.unwrap_or_default())),
        Verdict::Correct | Verdict::Refused(_) => None,
    };
    let rows = rows.iter().enumerate();
    let mut errors: Vec<_> = rows
        .filter_map(|(place, row)| Some((weight(row)?, place)))
        .collect();
    errors.sort_by(|((a, x), i), ((b, y), j)| b.cmp(a).then(y.total_cmp(x)).then(i.cmp(j)));
    let worst = errors.into_iter().take(most);
    worst.map(|(_, place)| place).collect()
}
