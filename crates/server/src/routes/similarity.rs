//! `POST /similarity`: one pair, many pairs, one sentence against many, and Hugging Face's form of that.

mod details;
mod explanation;
mod notes;
mod reply;
mod request;
mod scorer;
mod wanted;

use axum::extract::State;
use axum::response::Response;
use yuyi_serving::aside;

use self::details::{Admitted, Details};
pub(crate) use self::reply::Head;
use self::reply::Reply;
pub(crate) use self::request::HuggingFaceRequest;
use self::request::SimilarityRequest;
use self::scorer::Scorer;
use crate::answer::AROUND;
use crate::request::body::JsonBody;
use crate::{ApiError, App};

/// How alike sentences are, in four forms: one pair, many pairs, one sentence against many, and
/// Hugging Face's `inputs`.
#[utoipa::path(
    post,
    path = "/similarity",
    tag = "Similarity",
    request_body = SimilarityRequest,
    responses((status = 200, description = "The scores, in the form of the request.", body = Reply)),
)]
pub(crate) async fn similarity(
    State(app): State<App>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let of_body = body.bytes();
    let request = body.read(|json| SimilarityRequest::read(json, app.limits()))?;
    // Before anything is computed, since it may be refused.
    let admit = || match request.wanted() {
        Some(wanted) => Admitted::of(&app, wanted, request.pairs()),
        None => Ok(Admitted::default()),
    };
    let (admitted, texts) = aside(of_body, || (admit(), request.texts()));
    let mut admitted = admitted?;
    let scorer = Scorer::of(&app, texts, request.options()).await?;
    let noting = admitted.notes.take();
    let mut details = admitted.find(&app, &scorer.embedded.model).await?;
    if let Some(errand) = noting {
        let (pairs, places) = (request.pairs(), request.places());
        let options = request.options().embed_options();
        let found = notes::of(&app, &scorer.embedded, pairs, places, options, errand).await?;
        for (details, notes) in details.iter_mut().zip(found) {
            details.notes = notes;
        }
    }
    let bytes = details.iter().map(Details::bytes).sum::<usize>() + AROUND * request.count();
    let (of_texts, reply) = aside(of_body, || {
        let of_texts = request.bytes_of_texts();
        (of_texts, Reply::of(request, &scorer, details))
    });
    // A text that is too long for what was asked fails the whole, in most forms.
    let (bytes, reply) = (bytes + of_texts, reply?);
    app.answer(bytes, move || reply).await
}

/// The cosines that a request of Hugging Face's form asks for.
pub(crate) async fn cosines(app: &App, request: &HuggingFaceRequest) -> Result<Vec<f64>, ApiError> {
    let scorer = Scorer::of(app, request.texts(), &request.options).await?;
    scorer.cosines()
}
