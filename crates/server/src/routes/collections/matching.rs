//! `POST /v1/collections/{name}/match`.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::Response;
use yuyi::Calibration;
use yuyi_collections::{
    AskedMatch, Entries, MOST_RERANKED, MatchPlan, MatchQuestions, MatchReply, Matcher, NearItem,
    Outcome, StoredEntries, calibration_of, match_limits,
};
use yuyi_serving::ModelHandle;
use yuyi_store::{Caller, Collection, Filter, Store, Timestamp};
use yuyi_tasks::faq::Limits;

use crate::answer::AROUND;
use crate::collections::Timed;
use crate::envelope::OwnReply;
use crate::memory::{self, Counting};
use crate::request::body::JsonBody;
use crate::request::item::{FilterRequest, filter};
use crate::request::place::OfCollection;
use crate::request::value::vector;
use crate::request::{Source, flag, number, request, text};
use crate::stored::Asked;
use crate::{ApiError, App};

request! {
    /// A question to a FAQ.
    #[schema(as = MatchRequest, example = json!({"text": "你们的产品能开发票吗？"}))]
    pub(crate) struct MatchRequest {
        /// What is asked.
        #[schema(example = "你们的产品能开发票吗？", min_length = 1)]
        text: String = text,
        /// The least similarity with which an entry answers, unless it has one of its own; absent: a default that was chosen on development data.
        #[schema(minimum = 0, maximum = 1, example = json!(null))]
        threshold: Option<f64> = number,
        /// The least by which the second entry has to be farther, in similarity; absent: a default that was chosen on development data.
        #[schema(minimum = 0, maximum = 1, example = json!(null))]
        margin: Option<f64> = number,
        /// The text may hold several questions, each of which is answered; absent: no.
        #[schema(value_type = Option<bool>)]
        split: bool = flag(false),
        /// Only among the entries that it means.
        #[schema(value_type = Option<FilterRequest>)]
        filter: Option<Filter> = filter,
        /// The vector of the question, where the collection has no model.
        #[schema(example = json!(null))]
        vector: Option<Vec<f32>> = vector,
        /// Let the one reranker that is served read the question with the first 32 entries and choose among them; similarity still decides whether the entry is near enough.
        #[schema(value_type = Option<bool>, example = json!(null))]
        rerank: bool = flag(false),
    }
}

/// The entry of a FAQ that answers a question, or why none does. A question is answered by the nearest entry if that is near enough, farther ahead of the second
/// than the margin, and does not contradict the question in a number, a negation, a code or in who does it to whom. With `rerank` the reranker says which entry that is.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/match",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body = MatchRequest,
    responses(
        (status = 200, description = "The entry, or why there is none; with `split` that of each question.", body = MatchReply),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = OwnReply),
        (status = 409, description = "The model of that name has other vectors than the collection.", body = OwnReply),
    ),
)]
pub(crate) async fn match_question(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let request = Source::read(body, app.limits(), MatchRequest::take)?;
    let reranker = match request.rerank {
        true => Some(app.any_model(Some(app.reranker_name()?)).await?),
        false => None,
    };
    let question = Question {
        reranker,
        asked: AskedMatch {
            text: request.text,
            vector: request.vector,
            split: request.split,
        },
        limits: match_limits(request.threshold, request.margin)?,
        filter: request.filter,
        now: Timestamp::now(),
    };
    let reply = match app.answer_once(&name, question.clone()).await {
        // Its move to another model may have ended in between.
        Err(ApiError::ModelMismatch { .. }) => app.answer_once(&name, question).await?,
        answered => answered?,
    };
    let bytes = bytes_of(&reply);
    memory::hold(bytes)?;
    app.answer(2 * bytes, move || reply).await
}

/// A question as it came.
#[derive(Clone)]
struct Question {
    /// Who chooses among the first entries.
    reranker: Option<ModelHandle>,
    asked: AskedMatch,
    limits: Limits,
    filter: Option<Filter>,
    now: Timestamp,
}

/// About how many bytes a reply takes.
fn bytes_of(reply: &MatchReply) -> usize {
    let outcomes = reply.outcomes();
    let candidates = outcomes.iter().flat_map(Outcome::candidates);
    let bytes = candidates.map(|near| {
        let answer = near.answer.as_ref().map_or(0, String::len);
        AROUND + near.id.len() + near.question.len() + near.wording.len() + answer
    });
    // The entry that matched is there once more, with its payload.
    2 * bytes.sum::<usize>() + AROUND * outcomes.len()
}

impl App {
    async fn answer_once(&self, name: &str, question: Question) -> Result<MatchReply, ApiError> {
        let began = Instant::now();
        let wanted = name.to_owned();
        let collection = self.stored(move |store| store.collection(&wanted)).await?;
        let plan = MatchPlan::new(&collection.space, question.asked)?;
        let (texts, options) = (plan.texts().to_vec(), plan.options());
        let (mut vectors, mut calibration) = (Vec::new(), Calibration::Uncalibrated);
        if !texts.is_empty() {
            let model = self.model_of(&collection).await?;
            calibration = calibration_of(&collection, model.facts(), model.calibration()).clone();
            vectors = self.embed(&model, texts, options).await?.vectors;
        }
        let questions = plan.finish(&vectors)?;
        let Question {
            limits,
            filter,
            now,
            reranker,
            ..
        } = question;
        let kept = collection.unanswered.then(|| questions.clone());
        let asked_of = collection.clone();
        let asked = AskedStore {
            collection,
            filter,
            decides: Decides {
                calibration,
                limits,
                now,
            },
        };
        let (said, time) = match reranker {
            None => self.match_by_similarity(asked, questions).await?,
            Some(reranker) => self.match_reranked(asked, questions, &reranker).await?,
        };
        let stats = self.collections().stats();
        stats.searched(name, began.elapsed(), time);
        if let Some(questions) = kept {
            self.note_questions(&asked_of, questions.asked(&said, now));
        }
        Ok(said)
    }

    async fn match_by_similarity(
        &self,
        asked: AskedStore,
        questions: MatchQuestions,
    ) -> Result<(MatchReply, Duration), ApiError> {
        let answered = self.ask_entries(asked, move |matcher, entries| {
            matcher.answer(entries, questions)
        });
        answered.await
    }

    /// What a matcher finds among the entries, and how long that took. Where it has to look at many, as where most do not answer now, they are of the memory of requests.
    async fn ask_entries<T: Send + 'static>(
        &self,
        asked: AskedStore,
        ask: impl FnOnce(&Matcher<'_>, &dyn Entries) -> yuyi_store::Result<T> + Send + 'static,
    ) -> Result<(T, Duration), ApiError> {
        let (name, filter) = asked.meant();
        let counting = Counting::new(self.memory().share());
        let count = counting.clone();
        let found = self.stored_for(
            Asked::to_read(&name, filter.as_ref()).estimated_by(&asked.collection),
            move |store, caller| {
                let room = |bytes| count.grow(bytes);
                let caller = Caller {
                    room: &room,
                    ..caller
                };
                let entries = CountedEntries {
                    entries: asked.entries(store, caller),
                    count: &count,
                };
                let found = Timed::of(|| ask(&asked.decides.matcher(), &entries));
                Ok((found.value?, found.time))
            },
        );
        let (found, _) = counting.finish(found.await)?;
        Ok(found)
    }

    /// The same where a reranker reads the questions with their first entries, as many of each as a request may have texts.
    async fn match_reranked(
        &self,
        asked: AskedStore,
        questions: MatchQuestions,
        reranker: &ModelHandle,
    ) -> Result<(MatchReply, Duration), ApiError> {
        let most = self.limits().texts / questions.len().max(1);
        let most = most.clamp(1, MOST_RERANKED);
        let decides = asked.decides.clone();
        let found = self.ask_entries(asked, move |matcher, entries| {
            matcher.shortlists(entries, questions, most)
        });
        let (lists, time) = found.await?;
        let scores = self.rerank(reranker, lists.pairs()).await?;
        Ok((decides.matcher().answer_reranked(lists, &scores), time))
    }
}

/// What of a question the store is asked with.
struct AskedStore {
    /// As it was when the question was embedded.
    collection: Collection,
    filter: Option<Filter>,
    decides: Decides,
}

impl AskedStore {
    /// The collection's name, and the filter.
    fn meant(&self) -> (String, Option<Filter>) {
        (self.collection.name.clone(), self.filter.clone())
    }

    fn entries<'a>(&'a self, store: &'a dyn Store, caller: Caller<'a>) -> StoredEntries<'a> {
        StoredEntries {
            store,
            collection: &self.collection,
            filter: self.filter.as_ref(),
            caller,
        }
    }
}

/// Entries that are counted while they are looked at. When the next ones are asked for, those before are gone.
struct CountedEntries<'a> {
    entries: StoredEntries<'a>,
    count: &'a Counting,
}

impl Entries for CountedEntries<'_> {
    fn nearest(&self, vector: &[f32], limit: usize) -> yuyi_store::Result<Vec<NearItem>> {
        self.count.begin();
        self.entries.nearest(vector, limit)
    }
}

/// What a matcher is made of, for other threads.
#[derive(Clone)]
struct Decides {
    calibration: Calibration,
    limits: Limits,
    now: Timestamp,
}

impl Decides {
    fn matcher(&self) -> Matcher<'_> {
        Matcher {
            calibration: &self.calibration,
            limits: self.limits,
            now: self.now,
        }
    }
}
