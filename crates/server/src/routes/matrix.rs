//! `POST /matrix`: every text of one list against every text of another.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use yuyi::{Calibration, Cosines};
use yuyi_models::Inputs;

use crate::embed::Embedded;
use crate::request::body::JsonBody;
use crate::request::json::Json;
use crate::request::options::{Options, RefuseCut};
use crate::request::{Source, optional_texts, part, request, texts};
use crate::routes::similarity::Head;
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
    let (head, calibration) = (Head::of(&embedded), model.calibration().clone());
    // Millions of pairs take seconds, which no other request should wait for.
    let cosines = spawn_blocking(move || cosines(&embedded, rows))
        .await
        .map_err(|_| ApiError::Internal)?;
    let cosines = Arc::new(cosines);
    let matrix = Matrix {
        head,
        similarity: Rows {
            cosines: Arc::clone(&cosines),
            calibration: Some(calibration),
        },
        cosine: Rows {
            cosines,
            calibration: None,
        },
    };
    let headers = [(header::CONTENT_TYPE, "application/json")];
    Ok((headers, matrix.into_body()?).into_response())
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

/// The reply.
#[derive(ToSchema)]
#[schema(as = MatrixReply)]
pub(crate) struct Matrix {
    #[serde(flatten)]
    head: Head,
    /// A row for each text of `a`.
    #[schema(value_type = Vec<Vec<f64>>)]
    similarity: Rows,
    /// A row for each text of `a`.
    #[schema(value_type = Vec<Vec<f64>>)]
    cosine: Rows,
}

impl Matrix {
    /// Written row by row: as a whole it could be hundreds of megabytes.
    fn into_body(self) -> Result<Body, ApiError> {
        let head = serde_json::to_string(&self.head).map_err(|_| ApiError::Internal)?;
        let head = head.trim_end_matches('}').to_owned();
        let pieces = std::iter::once(head + ",\"similarity\":[")
            .chain(self.similarity.pieces())
            .chain(std::iter::once("],\"cosine\":[".to_owned()))
            .chain(self.cosine.pieces())
            .chain(std::iter::once("]}".to_owned()));
        let pieces = pieces.map(|piece| Ok::<_, Infallible>(Bytes::from(piece)));
        Ok(Body::from_stream(stream::iter(pieces)))
    }
}

/// The rows of a matrix, as cosines and what they are mapped through.
struct Rows {
    cosines: Arc<Cosines>,
    calibration: Option<Calibration>,
}

impl Rows {
    /// The rows as JSON, with commas between them.
    fn pieces(self) -> impl Iterator<Item = String> + Send {
        let rows = self.cosines.rows().len();
        (0..rows).map(move |i| {
            let comma = if i == 0 { "" } else { "," };
            format!("{comma}{}", self.row(i))
        })
    }

    fn row(&self, index: usize) -> Value {
        let cosines = self.cosines.row(index).into_iter().flatten();
        match &self.calibration {
            None => cosines.collect(),
            Some(calibration) => cosines
                .map(|cosine| calibration.similarity(cosine))
                .collect(),
        }
    }
}

/// A row for each of the first `rows` texts; the columns are the others, or the same when there are no others.
fn cosines(embedded: &Embedded, rows: usize) -> Cosines {
    let (a, b) = embedded.vectors.split_at(rows);
    Cosines::of(a, if b.is_empty() { a } else { b })
}
