//! `POST /matrix`: every text of one list against every text of another.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;
use yuyi::Cosines;
use yuyi_models::Inputs;
use yuyi_serving::Turns;

use crate::answer::{self, is_full};
use crate::embed::Embedded;
use crate::request::body::JsonBody;
use crate::request::json::Json;
use crate::request::options::{Options, RefuseCut};
use crate::request::{Source, optional_texts, part, request, texts};
use crate::routes::similarity::Head;
use crate::work::Stopped;
use crate::{ApiError, App, Limits};

/// How alike every text of `a` is to every text of `b`, or of `a` itself when `b` is absent.
#[utoipa::path(
    post,
    path = "/matrix",
    tag = "Similarity",
    request_body = MatrixRequest,
    responses((status = 200, description = "Two matrices; rows are `a`, columns are `b`.", body = Matrix)),
)]
pub(crate) async fn matrix(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let MatrixRequest { a, b, options } = MatrixRequest::read(body, app.limits())?;
    let model = app.model(options.model.as_deref()).await?;
    let rows = a.len();
    let texts = a.into_iter().chain(b.into_iter().flatten()).collect();
    let embedded = app
        .embed(&model, Inputs::Texts(texts), options.embed_options())
        .await?;
    if options.refuses_long_texts() {
        embedded.refuse_cut(|i| match i.checked_sub(rows) {
            None => format!("a[{i}]"),
            Some(i) => format!("b[{i}]"),
        })?;
    }
    let dimension = model.facts().dimension;
    let columns = match embedded.vectors.len() - rows {
        0 => rows,
        columns => columns,
    };
    let errand = app.service().errand(time_of(rows * columns, dimension))?;
    answer::stream(errand, Writing::of(embedded, rows)?, Writing::next).await
}

/// How long a matrix takes, by an estimate from above.
fn time_of(pairs: usize, dimension: usize) -> Duration {
    /// Of a multiplication, of which there are two for each pair: the cosines are computed once for each of the two matrices, since they
    /// would take more memory than all else of the request.
    const MULTIPLYING: u64 = 1;
    /// Of mapping and writing both numbers of a pair.
    const WRITING: u64 = 400;
    let of_pair = 2 * MULTIPLYING * dimension as u64 + WRITING;
    Duration::from_nanos(of_pair.saturating_mul(pairs as u64))
}

request! {
    /// The texts to compare.
    pub(crate) struct MatrixRequest {
        /// The rows.
        #[schema(min_items = 1, example = json!(["我喜欢吃水果", "今天天气真不错"]))]
        a: Vec<String> = texts,
        /// The columns; absent: those of `a`.
        #[schema(min_items = 1, example = json!(["苹果香蕉都很美味", "外面阳光明媚"]))]
        b: Option<Vec<String>> = optional_texts,
        #[serde(flatten)]
        options: Options = part(Options::take),
    }
}

impl MatrixRequest {
    fn read(body: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut source = Source::of(body, limits)?;
        let request = Self::take(&mut source)?;
        source.finish()?;
        let rows = request.a.len();
        let pairs = rows * request.b.as_ref().map_or(rows, Vec::len);
        if pairs > limits.matrix_pairs {
            return Err(ApiError::TooManyPairs {
                pairs,
                limit: limits.matrix_pairs,
            });
        }
        Ok(request)
    }
}

/// The reply, as [`Writing`] writes it.
#[derive(ToSchema)]
#[schema(as = MatrixReply)]
#[expect(dead_code, reason = "describes the reply in /openapi.json")]
pub(crate) struct Matrix {
    #[serde(flatten)]
    head: Head,
    /// A row for each text of `a`.
    similarity: Vec<Vec<f64>>,
    /// A row for each text of `a`.
    cosine: Vec<Vec<f64>>,
}

/// A reply on the way: as a whole it could be hundreds of megabytes.
struct Writing {
    embedded: Embedded,
    rows: usize,
    /// What comes next.
    before: Vec<u8>,
    row: usize,
    /// The cosines are written, the similarities are already.
    is_cosine: bool,
    ended: bool,
}

impl Writing {
    fn of(embedded: Embedded, rows: usize) -> Result<Self, ApiError> {
        let mut before =
            serde_json::to_vec(&Head::of(&embedded)).map_err(|_| ApiError::Internal)?;
        before.pop();
        before.extend(b",\"similarity\":[");
        Ok(Self {
            embedded,
            rows,
            before,
            row: 0,
            is_cosine: false,
            ended: false,
        })
    }

    /// The next part.
    fn next(&mut self, turns: &mut Turns) -> Result<Vec<u8>, Stopped> {
        let mut part = Vec::new();
        while !self.ended && !is_full(&part) {
            turns.checkpoint()?;
            part.append(&mut self.before);
            self.write_row(&mut part)?;
        }
        Ok(part)
    }

    fn write_row(&mut self, out: &mut Vec<u8>) -> Result<(), ApiError> {
        let row = self.scores(self.row);
        serde_json::to_writer(&mut *out, &row).map_err(|_| ApiError::Internal)?;
        self.row += 1;
        if self.row < self.rows {
            self.before.push(b',');
        } else if self.is_cosine {
            out.extend(b"]}");
            self.ended = true;
        } else {
            self.before.extend(b"],\"cosine\":[");
            (self.row, self.is_cosine) = (0, true);
        }
        Ok(())
    }

    fn scores(&self, row: usize) -> Vec<f64> {
        let (a, b) = self.embedded.vectors.split_at(self.rows);
        let columns = if b.is_empty() { a } else { b };
        let cosines = Cosines::of(&a[row..=row], columns);
        let cosines = cosines.row(0).unwrap_or_default();
        let calibration = self.embedded.model.calibration();
        match self.is_cosine {
            true => cosines,
            false => cosines
                .into_iter()
                .map(|cosine| calibration.similarity(cosine))
                .collect(),
        }
    }
}
