//! `POST /v1/dedup`: texts that repeat each other.

mod file;
mod request;
mod writing;

use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::response::Response;
use yuyi::Vectors;
use yuyi_kernels::Team;
use yuyi_serving::{Embedded, Turns};
use yuyi_tasks::dedup::{
    Answer, BestPairs, Grouping, Groups, MOST_PAIRS, Order, Pair, Remarks, Search, merged,
};

use self::file::{Minutes, MinutesForm, Sent};
use self::request::{Action, Asked, DedupRequest};
pub(crate) use self::writing::DedupReply;
use self::writing::Writing;
use crate::envelope::OwnReply;
use crate::error::ErrorBody;
use crate::memory::{self, Share};
use crate::request::body::JsonBody;
use crate::request::options::RefuseCut;
use crate::request::place::Query;
use crate::work::{Stopped, run};
use crate::{ApiError, App, answer};

/// Rows of a block: its products take some milliseconds.
const BLOCK_ROWS: usize = 512;

/// Which texts repeat each other, as in the minutes of a meeting: groups with what stands for each, and who only agreed. Sounds and stutters
/// do not count, and what differs in a number, a date, a name, a negation, the code of a product, an opposite or a role is kept. Minutes may be sent as meeting tools export them: text, DOCX, SRT, WebVTT, CSV, TSV or lines of JSON, as the body or in a form
/// (`multipart/form-data`), older ones beside them as its part `against`; what else there is to say stands behind the question mark then, and the reply has the turns.
#[utoipa::path(
    post,
    path = "/v1/dedup",
    tag = "Similarity",
    operation_id = "dedup",
    params(
        ("mode" = Option<String>, Query, description = "Of files: `adjacent` or `all`, as in the body.", example = "adjacent"),
        ("threshold" = Option<f64>, Query, description = "Of files: as in the body.", example = 0.8),
        ("pairs_above" = Option<f64>, Query, description = "Of files: as in the body."),
        ("action" = Option<String>, Query, description = "Of files: `mark` or `merge`, as in the body.", example = "mark"),
        ("model" = Option<String>, Query, description = "Of files: as in the body."),
        ("long_text" = Option<String>, Query, description = "Of files: as in the body.", example = "truncate"),
    ),
    request_body(
        description = "Texts, or minutes of a meeting as a file or in a form.",
        content(
            (DedupRequest = "application/json"),
            (String = "text/plain"),
            (String = "text/vtt"),
            // CSV and TSV are read too; any text is such a table, so that no schema says what is refused.
            (String = "application/x-subrip"),
            (String = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (MinutesForm = "multipart/form-data"),
        ),
    ),
    responses(
        (status = 200, description = "The groups.", body = DedupReply),
        (status = 415, description = "The body is nothing that is read.", body = OwnReply),
    ),
)]
pub(crate) async fn dedup(State(app): State<App>, request: Request) -> Result<Response, ApiError> {
    let (asked, minutes) = match Sent::of(request.headers())? {
        Sent::Json => {
            let (mut head, body) = request.into_parts();
            let Query(query) = Query::from_request_parts(&mut head, &app).await?;
            file::refuse_beside_json(&query)?;
            let request = Request::from_parts(head, body);
            let body = JsonBody::from_request(request, &app).await?;
            let asked = body.read(|json| {
                file::refuse_transcript(&json)?;
                DedupRequest::read(json, app.limits())
            })?;
            (asked, None)
        }
        sent => {
            let (asked, minutes) = sent.read(request, &app).await?;
            (asked, Some(minutes))
        }
    };
    let model = app.model(asked.options.model.as_deref()).await?;
    memory::hold(2 * asked.bytes())?;
    let mut errand = app.service().errand(time_of_reading(asked.bytes()))?;
    let (asked, compared) = run(&mut errand, move |turns| {
        let compared = Compared::of(&asked, turns)?;
        Ok((asked, compared))
    })
    .await?;
    drop(errand);
    let embed_options = asked.options.embed_options();
    let embedded = app.embed(&model, compared.texts(), embed_options).await?;
    if asked.options.refuses_long_texts() {
        embedded.refuse_cut(|i| asked.field(compared.node(i)))?;
    }
    let dimension = model.facts().dimension;
    memory::hold(embedded.vectors.len() * dimension * size_of::<f32>())?;
    let mut errand = app.service().errand(compared.time(dimension))?;
    let share = app.memory().share();
    let writing = run(&mut errand, move |turns| {
        let found = Found::of(&asked, &compared, &embedded, share, turns)?;
        Ok(found.write(&asked, &compared, &embedded, minutes)?)
    });
    let writing = writing.await?;
    answer::stream(errand, writing, Writing::next).await
}

/// How long it takes to read so many bytes of texts, by an estimate from above.
fn time_of_reading(bytes: usize) -> Duration {
    const OF_A_BYTE: u64 = 400;
    Duration::from_nanos(OF_A_BYTE * bytes as u64)
}

/// What is compared, and in which order.
struct Compared {
    remarks: Remarks,
    order: Order,
}

impl Compared {
    fn of(asked: &Asked, turns: &mut Turns) -> Result<Self, Stopped> {
        turns.checkpoint()?;
        let remarks = Remarks::new(asked.texts(), asked.old_texts());
        turns.checkpoint()?;
        Ok(Self {
            order: remarks.order(asked.grouping.mode),
            remarks,
        })
    }

    /// The node that the text of that place is of.
    fn node(&self, place: usize) -> usize {
        let nodes = self.order.old.iter().chain(&self.order.new);
        nodes.copied().nth(place).unwrap_or_default() as usize
    }

    fn texts(&self) -> Vec<String> {
        let nodes = self.order.old.iter().chain(&self.order.new);
        nodes
            .map(|&node| self.remarks.said(node).to_owned())
            .collect()
    }

    /// How long comparing takes, by an estimate from above: the products of all pairs, and a look at some pairs of each text.
    fn time(&self, dimension: usize) -> Duration {
        /// Of a multiplication.
        const MULTIPLYING: u64 = 1;
        /// Of a byte of a text that is looked at, as often as most are.
        const LOOKING: u64 = 20_000;
        let (old, new) = (self.order.old.len() as u64, self.order.new.len() as u64);
        let products = new * (old + new / 2 + 1) * dimension as u64;
        let bytes = self
            .order
            .new
            .iter()
            .map(|&node| self.remarks.said(node).len() as u64);
        let bytes: u64 = bytes.sum();
        Duration::from_nanos(MULTIPLYING * products + LOOKING.saturating_mul(bytes))
    }
}

/// What comparing found.
struct Found {
    groups: Groups,
    pairs: Vec<Pair>,
    /// Similarity of the farthest, where pairs were left out.
    lowest: Option<f64>,
    /// The memory of the pairs.
    share: Share,
}

impl Found {
    fn of(
        asked: &Asked,
        compared: &Compared,
        embedded: &Embedded,
        mut share: Share,
        turns: &mut Turns,
    ) -> Result<Self, Stopped> {
        let Compared { remarks, order } = compared;
        let all = &embedded.vectors;
        let (old, new) = all.split_at(order.old.len());
        let dimension = embedded.model.facts().dimension;
        let sides = [old, new].map(|side| {
            let mut vectors = Vectors::with_capacity(dimension, side.len());
            side.iter().for_each(|text| vectors.push(&text.vector));
            vectors
        });
        let views = sides.each_ref().map(Vectors::view);
        let what = (order, asked.grouping.mode);
        let calibration = embedded.model.calibration();
        let search = Search::new(what, views, None, calibration, asked.pairs_above);
        let mut search = search.in_blocks_of(BLOCK_ROWS);
        let mut grouping = Grouping::new(remarks, order, asked.grouping);
        let (mut best, mut pairs) = (BestPairs::new(MOST_PAIRS), Vec::new());
        let team = Team::new(1);
        for block in 0..search.blocks() {
            turns.checkpoint()?;
            pairs.clear();
            let Ok(()) = search.find(&team, block, &mut pairs);
            let held = best.bytes() + pairs.capacity() * size_of::<Pair>();
            share.grow(held.saturating_sub(share.bytes()))?;
            best.see(&pairs);
            grouping.take(&pairs, &mut || turns.checkpoint())?;
        }
        let (pairs, lowest) = best.finish();
        let mut groups = grouping.finish();
        for vote in &mut groups.votes {
            vote.speaker = asked.speaker(vote.index).map(str::to_owned);
        }
        Ok(Self {
            groups,
            pairs,
            lowest,
            share,
        })
    }

    fn write(
        self,
        asked: &Asked,
        compared: &Compared,
        embedded: &Embedded,
        minutes: Option<Minutes>,
    ) -> Result<Writing, ApiError> {
        let merged = (asked.action == Action::Merge).then(|| {
            merged(
                &self.groups,
                |index| asked.text(index),
                |index| asked.speaker(index),
                |index| asked.time(index),
            )
        });
        let head = Answer {
            status: "success",
            model: embedded.model.facts().name.clone(),
            calibrated: embedded.model.calibration().is_fitted(),
            mode: asked.grouping.mode,
            threshold: asked.grouping.threshold,
            groups: self.groups,
            merged,
            truncated: embedded.vectors.iter().any(|text| text.truncated),
            pairs_above: asked.pairs_above,
            pairs_truncated: self.lowest.is_some(),
            pairs_lowest: self.lowest,
            pairs: None,
        };
        // A turn in which nothing is said is none that whoever sent the minutes could mend.
        let is_told =
            |error: &&ApiError| minutes.is_none() || !matches!(error, ApiError::EmptyText { .. });
        let errors = asked.errors().filter(is_told);
        let errors: Vec<ErrorBody> = errors.map(ErrorBody::from).collect();
        Writing::of(
            &head,
            (&errors, minutes.as_ref()),
            (self.pairs, compared.remarks.old()),
            self.share,
        )
    }
}
