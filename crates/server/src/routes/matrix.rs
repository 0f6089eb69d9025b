//! `POST /matrix`: every text of one list against every text of another.

use std::ops::Range;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use utoipa::ToSchema;
use yuyi::Cosines;
use yuyi_serving::{Embedded, Turns};

use crate::answer::{self, is_full};
use crate::error::ErrorBody;
use crate::request::body::JsonBody;
use crate::request::json::Json;
use crate::request::options::{Options, RefuseCut};
use crate::request::{Source, optional_sound_texts, part, request, sound_texts};
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
pub(crate) async fn matrix(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let MatrixRequest { a, b, options } =
        body.read(|json| MatrixRequest::read(json, app.limits()))?;
    let model = app.model(options.model.as_deref()).await?;
    let mut texts = Vec::new();
    let mut errors = Vec::new();
    let rows = Side::take("a", a, &mut texts, &mut errors);
    let columns = b.map(|b| Side::take("b", b, &mut texts, &mut errors));
    let embedded = app.embed(&model, texts, options.embed_options()).await?;
    if options.refuses_long_texts() {
        let fields = rows.fields().chain(columns.iter().flat_map(Side::fields));
        let fields: Vec<String> = fields.collect();
        embedded.refuse_cut(|i| fields.get(i).cloned().unwrap_or_default())?;
    }
    let columns = columns.unwrap_or_else(|| rows.clone());
    let pairs = rows.places.len() * columns.places.len();
    let errand = app
        .service()
        .errand(time_of(pairs, model.facts().dimension))?;
    let writing = Writing::of(embedded, rows, columns, &errors)?;
    answer::stream(errand, writing, Writing::next).await
}

/// The texts of the rows or of the columns.
#[derive(Clone)]
struct Side {
    name: &'static str,
    /// Place of each among the texts that are embedded; `None`: it cannot be.
    places: Vec<Option<usize>>,
}

impl Side {
    /// Adds what can be embedded to `texts`, and why others cannot to `errors`.
    fn take(
        name: &'static str,
        side: Vec<Result<String, ApiError>>,
        texts: &mut Vec<String>,
        errors: &mut Vec<ErrorBody>,
    ) -> Self {
        let place = |text| match text {
            Ok(text) => {
                texts.push(text);
                Some(texts.len() - 1)
            }
            Err(error) => {
                errors.push(ErrorBody::from(&error));
                None
            }
        };
        Self {
            name,
            places: side.into_iter().map(place).collect(),
        }
    }

    /// Where its texts lie among those that are embedded, one after the other.
    fn embedded(&self) -> Range<usize> {
        let mut places = self.places.iter().flatten();
        let first = places.next().copied().unwrap_or_default();
        first..first + self.places.iter().flatten().count()
    }

    /// The field of each text that is embedded.
    fn fields(&self) -> impl Iterator<Item = String> {
        let embedded = self
            .places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.is_some());
        embedded.map(|(i, _)| format!("{}[{i}]", self.name))
    }
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
        #[schema(value_type = Vec<String>, min_items = 1, example = json!(["我喜欢吃水果", "今天天气真不错"]))]
        a: Vec<Result<String, ApiError>> = sound_texts,
        /// The columns; absent: those of `a`.
        #[schema(value_type = Option<Vec<String>>, min_items = 1, example = json!(["苹果香蕉都很美味", "外面阳光明媚"]))]
        b: Option<Vec<Result<String, ApiError>>> = optional_sound_texts,
        #[serde(flatten)]
        options: Options = part(Options::take),
    }
}

impl MatrixRequest {
    fn read(json: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut source = Source::of(json, limits)?;
        let request = Self::take(&mut source)?;
        source.finish()?;
        // Where nothing is left of a side, there is nothing to answer.
        for side in [Some(&request.a), request.b.as_ref()].into_iter().flatten() {
            if let (Some(Err(error)), true) = (side.first(), side.iter().all(Result::is_err)) {
                return Err(error.clone());
            }
        }
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

/// How alike every text of `a` is with every text of `b`.
#[derive(ToSchema)]
#[schema(as = MatrixReply)]
#[expect(dead_code, reason = "describes the reply in /openapi.json")]
pub(crate) struct Matrix {
    #[serde(flatten)]
    head: Head,
    /// Texts that cannot be scored, each by its field; absent where there are none.
    #[schema(required = false)]
    errors: Vec<ErrorBody>,
    /// A row for each text of `a`; `null` where one of the two texts is among `errors`.
    similarity: Vec<Vec<Option<f64>>>,
    /// The same of the cosines.
    cosine: Vec<Vec<Option<f64>>>,
}

/// A reply on the way: as a whole it could be hundreds of megabytes.
struct Writing {
    embedded: Embedded,
    rows: Side,
    columns: Side,
    /// What comes next.
    before: Vec<u8>,
    row: usize,
    block: Block,
    /// The cosines are written, the similarities are already.
    is_cosine: bool,
    ended: bool,
}

impl Writing {
    fn of(
        embedded: Embedded,
        rows: Side,
        columns: Side,
        errors: &[ErrorBody],
    ) -> Result<Self, ApiError> {
        let mut before =
            serde_json::to_vec(&Head::of(&embedded)).map_err(|_| ApiError::Internal)?;
        before.pop();
        if !errors.is_empty() {
            before.extend(b",\"errors\":");
            serde_json::to_writer(&mut before, errors).map_err(|_| ApiError::Internal)?;
        }
        before.extend(b",\"similarity\":[");
        Ok(Self {
            embedded,
            rows,
            columns,
            before,
            row: 0,
            block: Block::default(),
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
        if self.row < self.rows.places.len() {
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

    /// A row of numbers; `None` where a text could not be embedded.
    fn scores(&mut self, row: usize) -> Vec<Option<f64>> {
        let Some(place) = self.rows.places[row] else {
            return vec![None; self.columns.places.len()];
        };
        if !self.block.rows.contains(&row) {
            self.block = self.block_from(row, place);
        }
        let mut cosines = self.block.row(place).into_iter();
        let calibration = self.embedded.model.calibration();
        let score = |place: &Option<usize>| {
            let cosine = place.and_then(|_| cosines.next())?;
            Some(match self.is_cosine {
                true => cosine,
                false => calibration.similarity(cosine),
            })
        };
        self.columns.places.iter().map(score).collect()
    }

    /// The block that begins with a row whose text lies at `first`.
    fn block_from(&self, row: usize, first: usize) -> Block {
        let end = row + rows_at_once(self.columns.places.len());
        let rows = row..end.min(self.rows.places.len());
        let count = self.rows.places[rows.clone()].iter().flatten().count();
        let vectors = &self.embedded.vectors;
        let of_rows = &vectors[first..first + count];
        Block {
            rows,
            first,
            cosines: Some(Cosines::of(of_rows, &vectors[self.columns.embedded()])),
        }
    }
}

/// Rows whose cosines are computed together, which takes a fraction of the time that they take one by one.
#[derive(Default)]
struct Block {
    rows: Range<usize>,
    /// Where the first of its texts lies among those that are embedded; the others follow.
    first: usize,
    cosines: Option<Cosines>,
}

impl Block {
    /// The cosines of the text that lies there.
    fn row(&self, place: usize) -> Vec<f64> {
        let cosines = self.cosines.as_ref();
        let row = cosines.and_then(|cosines| cosines.row(place - self.first));
        row.unwrap_or_default()
    }
}

/// Rows of a block: bounded, and so are its memory (256 KiB of products) and the time between two turns (some milliseconds).
fn rows_at_once(columns: usize) -> usize {
    const MOST: usize = 64;
    const PAIRS: usize = 1 << 16;
    (PAIRS / columns.max(1)).clamp(1, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_bounded() {
        for (columns, rows) in [(1, 64), (1_024, 64), (2_000, 32), (70_000, 1)] {
            assert_eq!(rows_at_once(columns), rows, "{columns} columns");
        }
    }
}
