//! What waits and what is computed: the state of the scheduler, without clocks and threads.
//!
//! A *request* is a list of *jobs*, one for each different text. A job that two requests want is one
//! job in the lists of both; whoever's turn comes first has it computed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use yuyi::{Encoded, Item};

use super::turns::{Length, RequestId, TurnOrder};
use super::{Done, Work};
use crate::Error;
use crate::key::Key;
use crate::loaded_model::LoadedModel;

/// Share of a batch that a request gets before the next one has its turn.
const TURNS_OF_A_BATCH: usize = 8;

/// Estimated tokens of a batch, for each thread of the model's team. A thread takes parts of half of
/// this at a time, and two such parts let the threads end together.
const BATCH_TOKENS_PER_THREAD: usize = 512;

/// Estimated tokens of a batch for a model that computes elsewhere: a call takes its time whatever is in it, and a hundred texts
/// or so are what services take at once.
const BATCH_TOKENS_ELSEWHERE: usize = 4096;

type JobId = u64;

/// The outcome that a request waits for.
pub(super) type Reply = oneshot::Sender<Result<Done, Error>>;

/// Everything that waits or is computed.
#[derive(Default)]
pub(super) struct Queue {
    requests: HashMap<RequestId, Request>,
    turns: TurnOrder,
    jobs: HashMap<JobId, Job>,
    by_key: HashMap<Key, JobId>,
    /// Estimated tokens of all jobs.
    tokens: usize,
    /// Estimated tokens of the jobs that are computed now.
    computing: usize,
    last_id: u64,
}

struct Request {
    model: Arc<LoadedModel>,
    /// Its jobs, in the order of the vectors that it wants.
    jobs: Vec<JobId>,
    /// Those that it has still to take, each with its weight.
    todo: VecDeque<(JobId, usize)>,
    /// The weights of those: what it still waits for, from above, since others may take some of it.
    waiting: usize,
    vectors: Vec<Option<Arc<Encoded>>>,
    missing: usize,
    admitted: Instant,
    started: Option<Instant>,
    tokenize: Duration,
    compute: Duration,
    reply: Reply,
}

impl Request {
    /// A request of so many vectors, without its jobs yet.
    fn new(model: Arc<LoadedModel>, vectors: usize, now: Instant, reply: Reply) -> Self {
        Self {
            model,
            jobs: Vec::with_capacity(vectors),
            todo: VecDeque::with_capacity(vectors),
            waiting: 0,
            vectors: vec![None; vectors],
            missing: vectors,
            admitted: now,
            started: None,
            tokenize: Duration::ZERO,
            compute: Duration::ZERO,
            reply,
        }
    }
}

struct Job {
    key: Key,
    item: Item,
    weight: usize,
    is_window: bool,
    /// Who wants it, and as which of its vectors.
    wanted: Vec<(RequestId, usize)>,
    taken: bool,
}

/// Jobs that go through a model together.
pub(super) struct Batch {
    pub(super) model: Arc<LoadedModel>,
    pub(super) jobs: Vec<Taken>,
}

impl Batch {
    /// Whether it has as many jobs as its model takes at once.
    fn is_full(&self) -> bool {
        self.jobs.len() >= self.model.texts_at_once()
    }
}

/// A job that is computed.
#[derive(Clone)]
pub(super) struct Taken {
    id: JobId,
    pub(super) key: Key,
    pub(super) item: Item,
    pub(super) weight: usize,
    pub(super) is_window: bool,
}

/// How long a batch was computed.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent {
    pub(super) tokenize: Duration,
    pub(super) compute: Duration,
}

impl Queue {
    /// Estimated tokens that wait or are computed.
    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    /// Whether a request has jobs that it must still take.
    pub(super) fn waits(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Requests that wait or are computed.
    pub(super) fn requests(&self) -> usize {
        self.requests.len()
    }

    /// Estimated tokens of others that are computed before a new request of so many is done, as requests take turns: as much of
    /// each as fits the turns that the new one needs.
    pub(super) fn ahead(&self, model: &LoadedModel, tokens: usize) -> usize {
        let turns = tokens.div_ceil(quantum(model)).max(1);
        let share = |(id, turns): (RequestId, usize)| {
            self.requests.get(&id).map_or(0, |request| {
                let most = turns.saturating_mul(quantum(&request.model));
                request.waiting.min(most)
            })
        };
        let before = self.turns.before(length_of(model, tokens), turns);
        let ahead = self.computing + before.map(share).sum::<usize>();
        // A text that several wait for is computed once.
        ahead.min(self.tokens)
    }

    /// The same of a request that is there, as if it came now.
    pub(super) fn ahead_of(&self, id: RequestId) -> usize {
        let request = self.requests.get(&id);
        request.map_or(0, |request| self.ahead(&request.model, request.waiting))
    }

    /// Estimated tokens that `work` would add: texts that others wait for already cost nothing more.
    pub(super) fn added_by(&self, work: &[Work]) -> usize {
        work.iter()
            .filter(|work| !self.by_key.contains_key(&work.key))
            .map(|work| work.weight)
            .sum()
    }

    /// Lets a request wait for its turns; each key occurs once in `work`.
    pub(super) fn admit(
        &mut self,
        model: Arc<LoadedModel>,
        work: Vec<Work>,
        now: Instant,
        reply: Reply,
    ) -> RequestId {
        let id = self.new_id();
        let mut request = Request::new(model, work.len(), now, reply);
        for (place, work) in work.into_iter().enumerate() {
            let job_id = self.job_for(work);
            if let Some(job) = self.jobs.get_mut(&job_id) {
                job.wanted.push((id, place));
                if job.taken {
                    request.started = Some(now);
                } else {
                    request.todo.push_back((job_id, job.weight));
                    request.waiting += job.weight;
                }
            }
            request.jobs.push(job_id);
        }
        if !request.todo.is_empty() {
            let length = length_of(&request.model, request.waiting);
            self.turns.push_back(id, length);
        }
        self.requests.insert(id, request);
        id
    }

    fn job_for(&mut self, work: Work) -> JobId {
        if let Some(&id) = self.by_key.get(&work.key) {
            return id;
        }
        let id = self.new_id();
        self.by_key.insert(work.key, id);
        self.tokens += work.weight;
        let job = Job {
            key: work.key,
            item: work.item,
            weight: work.weight,
            is_window: work.is_window,
            wanted: Vec::with_capacity(1),
            taken: false,
        };
        self.jobs.insert(id, job);
        id
    }

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Whether one of the request's jobs was taken, or it is answered.
    pub(super) fn has_started(&self, id: RequestId) -> bool {
        self.requests
            .get(&id)
            .is_none_or(|request| request.started.is_some())
    }

    /// Forgets a request that nobody waits for any more, with all jobs that only it wanted.
    pub(super) fn withdraw(&mut self, id: RequestId) -> Option<Reply> {
        let request = self.requests.remove(&id)?;
        for job_id in request.jobs {
            let Some(job) = self.jobs.get_mut(&job_id) else {
                continue;
            };
            job.wanted.retain(|(wants, _)| *wants != id);
            if job.wanted.is_empty() && !job.taken {
                self.remove_job(job_id);
            }
        }
        Some(request.reply)
    }

    fn remove_job(&mut self, id: JobId) -> Option<Job> {
        let job = self.jobs.remove(&id)?;
        self.by_key.remove(&job.key);
        self.tokens -= job.weight;
        if job.taken {
            self.computing -= job.weight;
        }
        Some(job)
    }

    /// The next jobs to compute; `None` when nothing waits.
    pub(super) fn next_batch(&mut self, now: Instant) -> Option<Batch> {
        while !self.turns.is_empty() {
            let batch = self.fill_batch(now)?;
            // A request whose jobs others have taken leaves nothing to compute.
            if !batch.jobs.is_empty() {
                self.mark_started(&batch.jobs, now);
                return Some(batch);
            }
        }
        None
    }

    /// Jobs of the model whose turn it is: a share of each request in turn, as often as there is room.
    fn fill_batch(&mut self, now: Instant) -> Option<Batch> {
        let mut batch: Option<Batch> = None;
        let (mut tokens, mut passed_over) = (0, Vec::new());
        let mut is_short = false;
        self.turns.begin_batch();
        while let Some((id, length)) = self.turns.pop() {
            let Some(request) = self.requests.get_mut(&id) else {
                continue;
            };
            let batch = batch.get_or_insert_with(|| {
                is_short = length == Length::Short;
                Batch {
                    model: Arc::clone(&request.model),
                    jobs: Vec::new(),
                }
            });
            if !Arc::ptr_eq(&batch.model, &request.model) {
                passed_over.push((id, length));
                continue;
            }
            let (budget, turn) = (budget(&batch.model), quantum(&batch.model));
            let share = turn.min(budget - tokens);
            let longest = if is_short { turn } else { usize::MAX };
            let most = batch.model.texts_at_once().saturating_sub(batch.jobs.len());
            let bounds = (share, longest, most);
            let taken = take(request, &mut self.jobs, bounds, &mut batch.jobs, now);
            tokens += taken;
            if !request.todo.is_empty() {
                match taken {
                    0 => passed_over.push((id, length)),
                    // The end of the batch cut its turn short. Behind all others a pair, half of which is computed,
                    // would wait as long again.
                    _ if share < turn => self.turns.push_front(id, length),
                    _ => self.turns.push_back(id, length),
                }
            }
            if tokens >= budget || batch.is_full() {
                break;
            }
        }
        // Those of other models, and long texts beside short ones, come first the next time.
        passed_over
            .into_iter()
            .rev()
            .for_each(|(id, length)| self.turns.push_front(id, length));
        self.computing += tokens;
        batch
    }

    fn mark_started(&mut self, jobs: &[Taken], now: Instant) {
        for job in jobs.iter().filter_map(|taken| self.jobs.get(&taken.id)) {
            for (id, _) in &job.wanted {
                if let Some(request) = self.requests.get_mut(id) {
                    request.started.get_or_insert(now);
                }
            }
        }
    }

    /// Hands the vector of a job, or the reason why there is none, to all who want it.
    pub(super) fn finish(&mut self, job: &Taken, result: Result<Arc<Encoded>, Error>) {
        let Some(job) = self.remove_job(job.id) else {
            return;
        };
        for (id, place) in job.wanted {
            match &result {
                Ok(vector) => self.deliver(id, place, vector),
                Err(error) => {
                    if let Some(reply) = self.withdraw(id) {
                        // A client that is gone needs no answer.
                        let _ = reply.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    fn deliver(&mut self, id: RequestId, place: usize, vector: &Arc<Encoded>) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        if request.vectors[place].replace(Arc::clone(vector)).is_none() {
            request.missing -= 1;
        }
        if request.missing == 0
            && let Some(request) = self.requests.remove(&id)
        {
            request.answer();
        }
    }

    /// Notes the time of a batch with all who want something of it.
    pub(super) fn note(&mut self, jobs: &[Taken], spent: Spent) {
        let wanted = jobs.iter().filter_map(|taken| self.jobs.get(&taken.id));
        let mut ids: Vec<RequestId> = wanted
            .flat_map(|job| job.wanted.iter().map(|(id, _)| *id))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            if let Some(request) = self.requests.get_mut(&id) {
                request.tokenize += spent.tokenize;
                request.compute += spent.compute;
            }
        }
    }
}

impl Request {
    fn answer(self) {
        let worked = self.tokenize + self.compute;
        let done = Done {
            // None is missing.
            vectors: self.vectors.into_iter().flatten().collect(),
            queue: self.admitted.elapsed().saturating_sub(worked),
            tokenize: self.tokenize,
            compute: self.compute,
        };
        // A client that is gone needs no answer.
        let _ = self.reply.send(Ok(done));
    }
}

/// Takes jobs of about `share` tokens, at least one and no more than `most`, up to the first of more than `longest`; returns their
/// tokens.
fn take(
    request: &mut Request,
    jobs: &mut HashMap<JobId, Job>,
    (share, longest, most): (usize, usize, usize),
    batch: &mut Vec<Taken>,
    now: Instant,
) -> usize {
    let mut tokens = 0;
    let full = batch.len().saturating_add(most);
    while tokens < share
        && batch.len() < full
        && let Some((id, weight)) = request.todo.pop_front()
    {
        request.waiting -= weight;
        let Some(job) = jobs.get_mut(&id).filter(|job| !job.taken) else {
            continue;
        };
        if weight > longest {
            request.todo.push_front((id, weight));
            request.waiting += weight;
            break;
        }
        job.taken = true;
        request.started.get_or_insert(now);
        tokens += job.weight;
        batch.push(Taken {
            id,
            key: job.key,
            item: job.item.clone(),
            weight: job.weight,
            is_window: job.is_window,
        });
    }
    tokens
}

/// Estimated tokens of a batch.
fn budget(model: &LoadedModel) -> usize {
    if !model.computes_here() {
        return BATCH_TOKENS_ELSEWHERE;
    }
    BATCH_TOKENS_PER_THREAD * model.facts().threads.max(1)
}

/// Where a request of so many tokens waits.
fn length_of(model: &LoadedModel, tokens: usize) -> Length {
    if tokens <= quantum(model) {
        Length::Short
    } else {
        Length::Long
    }
}

/// Estimated tokens of a request's turn.
fn quantum(model: &LoadedModel) -> usize {
    budget(model) / TURNS_OF_A_BATCH
}
