//! `POST /v1/embed` and `/v2/embed`, as Cohere's; and what its replies have in common.

mod inputs;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::{EmbedOptions, LongText, ModelFacts, Prompt, Side};
use yuyi_serving::Embedded;

use self::inputs::Texts;
use crate::answer::{vectors, written};
use crate::ids::new_id;
use crate::request::body::JsonBody;
use crate::request::dimensions::Dimensions;
use crate::request::fields::{list, text};
use crate::request::options::RefuseCut;
use crate::request::{Source, choice, name, part, request};
use crate::shown::Shown;
use crate::vectors::VectorLists;
use crate::{ApiError, App};

request! {
    /// Texts to embed, by one of two names. Fields that are not known are ignored.
    #[schema(as = CohereEmbedRequest, example = json!({"texts": ["今天天气真不错", "外面阳光明媚"]}))]
    pub(crate) struct EmbedRequest {
        #[serde(flatten)]
        texts: Texts = part(Texts::take),
        /// `search_query` or `search_document` take the model's prompt of that role, others its default.
        #[schema(value_type = Option<String>, example = json!(null))]
        input_type: InputType = InputType::take,
        /// `float`, the only kind there is here.
        #[schema(value_type = Option<Vec<String>>, example = json!(null))]
        embedding_types: Option<()> = take_kinds,
        /// `END` (absent), `START` or `NONE`: what happens to texts that are longer than the model reads.
        #[schema(example = json!(null))]
        truncate: Option<Truncate> = choice(&TRUNCATE),
        /// Keep the first numbers only, scaled to length 1 again; absent: all.
        #[schema(value_type = Option<crate::request::schemas::LooseDimensions>, example = json!(null))]
        output_dimension: Dimensions = Dimensions::take,
        /// The model to compute with; absent: the default one.
        #[schema(example = json!(null))]
        model: Option<String> = name,
    }
}

const TRUNCATE: [(&str, Truncate); 3] = [
    ("END", Truncate::End),
    ("START", Truncate::Start),
    ("NONE", Truncate::None),
];

/// What happens to texts that are longer than the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(as = CohereTruncate)]
#[serde(rename_all = "UPPERCASE")]
enum Truncate {
    /// Their end is cut off.
    End,
    /// Their beginning is.
    Start,
    /// They are refused.
    None,
}

/// What the vectors are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InputType {
    SearchQuery,
    SearchDocument,
    /// Absent, or one for which models have no prompt, such as `classification`: Cohere adds new ones now and then.
    Other,
}

impl InputType {
    fn take(source: &mut Source<'_>, field: &'static str) -> Result<Self, ApiError> {
        Ok(match name(source, field)?.as_deref() {
            Some("search_query") => Self::SearchQuery,
            Some("search_document") => Self::SearchDocument,
            _ => Self::Other,
        })
    }

    /// The model's prompt for it, where it has one of that name.
    fn prompt(self, facts: &ModelFacts) -> Prompt {
        let side = match self {
            Self::SearchQuery => Side::Query,
            Self::SearchDocument => Side::Passage,
            Self::Other => return Prompt::Default,
        };
        Prompt::Text(facts.prompt_of(side).to_owned())
    }
}

/// `Some`: the kinds were named, and replies are by kind.
fn take_kinds(source: &mut Source<'_>, name: &'static str) -> Result<Option<()>, ApiError> {
    let Some((value, path)) = source.fields.optional(name) else {
        return Ok(None);
    };
    for (i, kind) in list(value, &path)?.into_iter().enumerate() {
        let field = format!("{path}[{i}]");
        let kind = text(kind, &field)?;
        if kind != "float" {
            let reason = format!(
                "{:?} is no kind of vector that this server gives; take \"float\".",
                Shown(&kind)
            );
            return Err(ApiError::InvalidValue { field, reason });
        }
    }
    Ok(Some(()))
}

/// Vectors of texts, as Cohere's first API answers.
#[utoipa::path(
    post,
    path = "/v1/embed",
    tag = "Embeddings",
    operation_id = "cohere_embed_v1",
    request_body = EmbedRequest,
    responses((status = 200, description = "A vector for each text, in order.", body = Reply)),
)]
pub(crate) async fn embed_v1(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let request = Source::read_foreign(body, app.limits(), EmbedRequest::take)?;
    let by_kind = request.embedding_types.is_some();
    answer(&app, request, by_kind, "1").await
}

/// Vectors of texts, as Cohere's second API answers.
#[utoipa::path(
    post,
    path = "/v2/embed",
    tag = "Embeddings",
    operation_id = "cohere_embed_v2",
    request_body = EmbedRequest,
    responses((status = 200, description = "A vector for each text, in order.", body = Reply)),
)]
pub(crate) async fn embed_v2(State(app): State<App>, body: JsonBody) -> Result<Response, ApiError> {
    let request = Source::read_foreign(body, app.limits(), EmbedRequest::take)?;
    answer(&app, request, true, "2").await
}

async fn answer(
    app: &App,
    request: EmbedRequest,
    by_kind: bool,
    version: &'static str,
) -> Result<Response, ApiError> {
    let model = app.model(request.model.as_deref()).await?;
    let options = EmbedOptions {
        prompt: request.input_type.prompt(model.facts()),
        long_text: match request.truncate {
            Some(Truncate::Start) => LongText::CutStart,
            Some(Truncate::End | Truncate::None) | None => LongText::CutEnd,
        },
        states: false,
    };
    let dimensions = request.output_dimension.of(model.facts().dimension)?;
    let texts = request.texts;
    let embedded = app.embed(&model, texts.all.clone(), options).await?;
    if request.truncate == Some(Truncate::None) {
        embedded.refuse_cut(|i| texts.field(i))?;
    }
    let texts = texts.all;
    let bytes = vectors(texts.len(), dimensions);
    let bytes = bytes + texts.iter().map(|text| written(text)).sum::<usize>();
    let reply = move || {
        let vectors = VectorLists::shortened(&embedded, dimensions);
        Reply::of(&embedded, vectors, texts, by_kind, version)
    };
    app.answer(bytes, reply).await
}

/// A vector for each text, and the texts again.
#[derive(Serialize, ToSchema)]
#[schema(as = CohereEmbedReply)]
pub(crate) struct Reply {
    id: String,
    response_type: &'static str,
    embeddings: Embeddings,
    texts: Vec<String>,
    meta: Meta,
}

impl Reply {
    fn of(
        embedded: &Embedded,
        vectors: VectorLists,
        texts: Vec<String>,
        by_kind: bool,
        version: &'static str,
    ) -> Self {
        Self {
            id: new_id(),
            response_type: match by_kind {
                true => "embeddings_by_type",
                false => "embeddings_floats",
            },
            embeddings: match by_kind {
                true => Embeddings::ByKind { float: vectors },
                false => Embeddings::Floats(vectors),
            },
            texts,
            meta: Meta::of_texts(version, embedded),
        }
    }
}

/// The vectors: a list, or by kind where kinds were asked for.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = CohereEmbeddings)]
enum Embeddings {
    #[schema(value_type = Vec<Vec<f32>>)]
    Floats(VectorLists),
    ByKind {
        #[schema(value_type = Vec<Vec<f32>>)]
        float: VectorLists,
    },
}

/// What Cohere's clients count by.
#[derive(Serialize, ToSchema)]
#[schema(as = CohereMeta)]
pub(crate) struct Meta {
    api_version: ApiVersion,
    billed_units: BilledUnits,
}

/// The version of the API.
#[derive(Serialize, ToSchema)]
#[schema(as = CohereApiVersion)]
struct ApiVersion {
    version: &'static str,
}

/// What a request would have cost elsewhere.
#[derive(Serialize, ToSchema)]
#[schema(as = CohereBilledUnits)]
struct BilledUnits {
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_units: Option<usize>,
}

impl Meta {
    /// Of embedded texts.
    fn of_texts(version: &'static str, embedded: &Embedded) -> Self {
        let units = BilledUnits {
            input_tokens: Some(embedded.tokens()),
            search_units: None,
        };
        Self::of(version, units)
    }

    /// Of documents that were ranked: one search for each hundred of them.
    pub(crate) fn of_search(documents: usize) -> Self {
        let units = BilledUnits {
            input_tokens: None,
            search_units: Some(documents.div_ceil(100).max(1)),
        };
        Self::of("2", units)
    }

    fn of(version: &'static str, billed_units: BilledUnits) -> Self {
        let api_version = ApiVersion { version };
        Self {
            api_version,
            billed_units,
        }
    }
}
