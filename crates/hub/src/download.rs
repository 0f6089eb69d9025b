//! Files of a repository into a folder: several parts at a time, tried again where that may help, each file checked by its sum.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use url::Url;
use yuyi_models::is_lfs_pointer;

use crate::Error;
use crate::client::{Reply, Silence, host, is_dead, told};
use crate::hubs::Repository;
use crate::listing::{Listing, RemoteFile};
use crate::parts::{PartWriter, Parts};
use crate::sums::has_sum;
use crate::watch::{Event, Watch};

/// Parts that are fetched at a time.
const CONNECTIONS: usize = 4;

/// How often in a row a part is tried without a byte coming.
const TRIES: u32 = 5;

/// The same where not even a connection comes about, for as long as one may take.
const DEAD_TRIES: u32 = 2;

/// How often a part is tried in all, so that a host which gives a byte a time has an end.
const TRIES_IN_ALL: u32 = 400;

/// Bytes that are read at a time.
const BUFFER: usize = 128 << 10;

/// What comes from where to where.
pub(crate) struct Download<'a> {
    pub(crate) repository: &'a Repository<'a>,
    pub(crate) listing: &'a Listing,
    /// The model's folder, where a file appears when it is whole.
    pub(crate) folder: &'a Path,
    /// Where files are on their way.
    pub(crate) parts: &'a Path,
    /// An earlier installation, of which files are taken over that are the same.
    pub(crate) earlier: Option<&'a Path>,
    pub(crate) watch: &'a dyn Watch,
}

/// A file that is missing.
pub(crate) struct Missing<'a> {
    file: &'a RemoteFile,
    parts: Parts,
    url: Url,
    /// The host with the data, where the hub has sent to one.
    direct: Mutex<Option<Url>>,
    /// The host gives no parts of it.
    only_whole: AtomicBool,
}

impl Missing<'_> {
    fn direct(&self) -> MutexGuard<'_, Option<Url>> {
        self.direct.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often something was tried.
struct Tries {
    /// Without a byte coming.
    in_row: u32,
    in_all: u32,
    /// When the row began.
    since: Instant,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            in_row: 0,
            in_all: 0,
            since: Instant::now(),
        }
    }
}

impl Tries {
    /// One more; `came`: bytes did.
    fn count(&mut self, came: bool) {
        if came {
            self.in_row = 0;
            self.since = Instant::now();
        }
        self.in_row += 1;
        self.in_all += 1;
    }
}

/// How an attempt ends that may be followed by another.
enum Outcome {
    Done,
    /// The host sends the whole file, whatever part is asked for.
    OnlyWhole,
    Failed {
        error: Error,
        /// What the host asks for.
        wait: Duration,
    },
}

impl Outcome {
    fn failed(error: Error) -> Self {
        let wait = Duration::ZERO;
        Self::Failed { error, wait }
    }
}

impl<'a> Download<'a> {
    /// Looks at what is there of the files already, and begins with the others.
    ///
    /// # Errors
    /// When the disk cannot be written.
    pub(crate) fn begin(&self, files: &'a [RemoteFile]) -> Result<Vec<Missing<'a>>, Error> {
        let part = self.repository.client.settings().part;
        let mut missing = Vec::new();
        for file in files {
            if self.is_there(file) {
                continue;
            }
            let path = self.parts.join(format!("{}.part", file.sum.text()));
            let parts = Parts::open(path.clone(), file.size, part);
            missing.push(Missing {
                file,
                parts: parts.map_err(|error| Error::writing(&path, error))?,
                url: self.repository.address(self.listing, &file.path)?,
                direct: Mutex::default(),
                only_whole: AtomicBool::default(),
            });
        }
        Ok(missing)
    }

    /// Whether a file is in its place, perhaps from an earlier installation.
    fn is_there(&self, file: &RemoteFile) -> bool {
        // A file of another version may be as long.
        if !file.sum.is_told() {
            return false;
        }
        let place = self.folder.join(&file.path);
        let is_it = |path: &Path| has_sum(path, file.size, &file.sum).unwrap_or(false);
        if is_it(&place) {
            return true;
        }
        let earlier = self.earlier.map(|folder| folder.join(&file.path));
        let Some(earlier) = earlier.filter(|path| is_it(path)) else {
            return false;
        };
        let made = place.parent().map(fs::create_dir_all);
        made.is_none_or(|made| made.is_ok()) && take_over(&earlier, &place) && is_it(&place)
    }

    /// Fetches files and puts them in their places.
    ///
    /// # Errors
    /// When one of them cannot be had whole. What has come stays.
    pub(crate) fn fetch(&self, missing: &[&Missing<'_>]) -> Result<(), Error> {
        let mut wrong = missing.to_vec();
        for _ in 0..2 {
            self.fetch_parts(&wrong)?;
            for file in &wrong {
                if file.only_whole.load(Ordering::Relaxed) {
                    self.fetch_whole(file)?;
                }
            }
            wrong = self.place(&wrong)?;
            if wrong.is_empty() {
                return Ok(());
            }
        }
        Err(Error::BadSum {
            host: self.repository.host(),
            path: wrong[0].file.path.clone(),
        })
    }

    /// Puts files in their places whose sums are right, and begins anew with the others.
    fn place<'m, 'f>(&self, files: &[&'m Missing<'f>]) -> Result<Vec<&'m Missing<'f>>, Error> {
        let mut wrong = Vec::new();
        for &missing in files {
            let Missing { file, parts, .. } = missing;
            let failed = |error| Error::writing(parts.path(), error);
            if has_sum(parts.path(), file.size, &file.sum).map_err(failed)? {
                parts
                    .finish(&self.folder.join(&file.path))
                    .map_err(failed)?;
            } else {
                self.throw_away(parts)?;
                wrong.push(missing);
            }
        }
        Ok(wrong)
    }

    fn throw_away(&self, parts: &Parts) -> Result<(), Error> {
        self.watch.see(Event::Lost {
            bytes: parts.there(),
        });
        let thrown = parts.restart();
        thrown.map_err(|error| Error::writing(parts.path(), error))
    }

    /// Fetches what is missing of files, several parts at a time. The first failure ends it.
    fn fetch_parts(&self, files: &[&Missing<'_>]) -> Result<(), Error> {
        let all = files
            .iter()
            .flat_map(|file| (0..file.parts.count()).map(move |part| (*file, part)));
        let queue: Mutex<VecDeque<_>> = Mutex::new(all.collect());
        let failure: Mutex<Option<Error>> = Mutex::new(None);
        let has_failed = || failure.lock().map_or(true, |error| error.is_some());
        let work = || {
            while !has_failed() {
                let next = queue
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .pop_front();
                let Some((file, part)) = next else {
                    return;
                };
                if let Err(error) = self.fetch_part(file, part) {
                    let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(error);
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(work);
            }
        });
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), Err)
    }

    /// Fetches a part, from where it has come to, until it is there.
    fn fetch_part(&self, file: &Missing<'_>, part: usize) -> Result<(), Error> {
        let mut tries = Tries::default();
        loop {
            let (from, end) = file.parts.missing(part);
            if from == end || file.only_whole.load(Ordering::Relaxed) {
                return Ok(());
            }
            let outcome = self.attempt(file, part)?;
            tries.count(file.parts.missing(part).0 > from);
            if self.goes_on(file, outcome, &tries)? {
                return Ok(());
            }
        }
    }

    /// Whether all is done after an attempt; waits before another one.
    fn goes_on(&self, file: &Missing<'_>, outcome: Outcome, tries: &Tries) -> Result<bool, Error> {
        match outcome {
            Outcome::Done => Ok(true),
            Outcome::OnlyWhole => {
                file.only_whole.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Outcome::Failed { error, .. } if self.are_enough(tries, &error) => Err(error),
            Outcome::Failed { wait, .. } => {
                // The data may be on another host by now.
                *file.direct() = None;
                let pause =
                    self.repository.client.settings().pause * (1 << tries.in_row.min(6)) / 2;
                self.repository
                    .patience
                    .wait(wait.max(pause))
                    .map(|()| false)
            }
        }
    }

    /// Whether a file was tried often enough that failed like this.
    fn are_enough(&self, tries: &Tries, error: &Error) -> bool {
        let connect = self.repository.client.settings().connect;
        // Where it fails at once, as without a network, a few seconds may mend it; a host that lets wait was waited for.
        let is_dead =
            tries.in_row >= DEAD_TRIES && is_dead(error) && tries.since.elapsed() >= connect;
        is_dead || tries.in_row >= TRIES || tries.in_all >= TRIES_IN_ALL
    }

    /// One request for what is missing of a part.
    fn attempt(&self, file: &Missing<'_>, part: usize) -> Result<Outcome, Error> {
        let (from, end) = file.parts.missing(part);
        let is_all = from == 0 && end == file.parts.size();
        let range = (!is_all).then_some((from, end - 1));
        let reply = match self.ask(file, range) {
            Ok(reply) => reply,
            Err(Outcome::Failed { error, .. }) if matches!(error, Error::Redirects { .. }) => {
                return Err(error);
            }
            Err(outcome) => return Ok(outcome),
        };
        match (reply.status, range) {
            (206, Some(_)) => match begins_at(&reply, from, file.parts.size()) {
                true => self.take(file, part, reply),
                false => Ok(Outcome::OnlyWhole),
            },
            (200, None) => self.take(file, part, reply),
            // It gives no parts; or says that there is nothing behind what is there, and so means another file.
            (200 | 416, Some(_)) => Ok(Outcome::OnlyWhole),
            _ => self.refused(file, &reply),
        }
    }

    /// Asks the host with the data, where it is known, else the hub.
    fn ask(&self, file: &Missing<'_>, range: Option<(u64, u64)>) -> Result<Reply, Outcome> {
        let client = self.repository.client;
        let hub = self.repository.host();
        let direct = file.direct().clone();
        let failed = |silence: Silence| Outcome::failed(silence.of(&hub));
        let reply = client.get(direct.as_ref().unwrap_or(&file.url), range);
        let reply = reply.map_err(failed)?;
        // Addresses of data hosts hold for a while only.
        if direct.is_some() && [400, 401, 403, 404, 410].contains(&reply.status) {
            *file.direct() = None;
            return client.get(&file.url, range).map_err(failed);
        }
        if reply.url.origin() != self.repository.endpoint().origin() && reply.status < 300 {
            *file.direct() = Some(reply.url.clone());
        }
        Ok(reply)
    }

    /// What a status means that is no data.
    fn refused(&self, file: &Missing<'_>, reply: &Reply) -> Result<Outcome, Error> {
        let host = host(&reply.url);
        let path = &file.file.path;
        let refused = Error::Refused {
            host: host.clone(),
            status: reply.status,
            path: path.clone(),
        };
        match reply.status {
            429 => {
                let asked = reply.retry_after();
                let wait = self.repository.patience.with(&host, asked)?;
                self.repository.patience.tell(&host, wait);
                let error = self.repository.patience.limited(&host, asked);
                Ok(Outcome::Failed { error, wait })
            }
            500.. => Ok(Outcome::failed(refused)),
            _ if reply.url.origin() != self.repository.endpoint().origin() => Err(refused),
            status => {
                let code = reply.header("x-error-code");
                Err(self.repository.refused(status, code, path))
            }
        }
    }

    /// Writes an answer to its part.
    fn take(&self, file: &Missing<'_>, part: usize, reply: Reply) -> Result<Outcome, Error> {
        let parts = &file.parts;
        let (from, end) = parts.missing(part);
        let writing = |error| Error::writing(parts.path(), error);
        let source = host(&reply.url);
        let mut reader = reply.into_reader();
        let mut writer = parts.writer(part).map_err(writing)?;
        let read = self.copy(&mut reader, &mut writer, end - from);
        writer.note().map_err(writing)?;
        match read.map_err(|error| of_copy(error, parts.path()))? {
            None => Ok(Outcome::Done),
            Some(reason) => self.ended_early(file, source, reason),
        }
    }

    /// What it means that less came than was announced: of a pointer of Git LFS there is no more.
    fn ended_early(
        &self,
        file: &Missing<'_>,
        host: String,
        reason: String,
    ) -> Result<Outcome, Error> {
        let path = file.file.path.clone();
        match is_lfs_pointer(file.parts.path()) {
            true => Err(Error::Pointer {
                host: self.repository.host(),
                path,
            }),
            false => Ok(Outcome::failed(Error::Broken { path, host, reason })),
        }
    }

    /// Copies so many bytes; why fewer came, if they did.
    fn copy(
        &self,
        reader: &mut impl Read,
        writer: &mut PartWriter<'_>,
        mut left: u64,
    ) -> Result<Option<String>, CopyError> {
        let mut buffer = vec![0; BUFFER];
        while left > 0 {
            if self.watch.is_cancelled() {
                return Err(CopyError::Cancelled);
            }
            let most = left.min(BUFFER as u64) as usize;
            match reader.read(&mut buffer[..most]) {
                Ok(0) => return Ok(Some("it ended early".to_owned())),
                Ok(n) => {
                    writer.write(&buffer[..n]).map_err(CopyError::Writing)?;
                    left -= n as u64;
                    self.watch.see(Event::Came { bytes: n as u64 });
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Ok(Some(told(&error.into()))),
            }
        }
        Ok(None)
    }

    /// Fetches a file in one piece, from the start each time, from a host that gives no parts.
    fn fetch_whole(&self, file: &Missing<'_>) -> Result<(), Error> {
        let mut tries = Tries::default();
        loop {
            self.throw_away(&file.parts)?;
            tries.count(false);
            let outcome = match self.ask(file, None) {
                Ok(reply) if reply.status == 200 => self.take_whole(file, reply)?,
                Ok(reply) => self.refused(file, &reply)?,
                Err(outcome) => outcome,
            };
            if self.goes_on(file, outcome, &tries)? {
                return Ok(());
            }
        }
    }

    fn take_whole(&self, file: &Missing<'_>, reply: Reply) -> Result<Outcome, Error> {
        let parts = &file.parts;
        let source = host(&reply.url);
        let mut reader = reply.into_reader();
        for part in 0..parts.count() {
            let (from, end) = parts.missing(part);
            let writer = parts.writer(part);
            let mut writer = writer.map_err(|error| Error::writing(parts.path(), error))?;
            let read = self.copy(&mut reader, &mut writer, end - from);
            if let Some(reason) = read.map_err(|error| of_copy(error, parts.path()))? {
                return self.ended_early(file, source, reason);
            }
        }
        Ok(Outcome::Done)
    }
}

/// Has a file of an earlier installation in another place too, without taking room twice where the disk can do that; whether it is
/// there. A copy that fails, as on a full disk, leaves no half of it there.
fn take_over(earlier: &Path, place: &Path) -> bool {
    let _ = fs::remove_file(place);
    let taken = fs::hard_link(earlier, place).is_ok() || fs::copy(earlier, place).is_ok();
    if !taken {
        let _ = fs::remove_file(place);
    }
    taken
}

/// Bytes of files that are still to come.
pub(crate) fn to_come(missing: &[Missing<'_>]) -> u64 {
    let left = missing
        .iter()
        .map(|file| file.parts.size() - file.parts.there());
    left.sum()
}

/// The paths of files, for those who sort them.
pub(crate) fn path_of<'a>(missing: &Missing<'a>) -> &'a str {
    &missing.file.path
}

/// Why copying ends that nothing else can mend.
enum CopyError {
    Cancelled,
    Writing(io::Error),
}

fn of_copy(error: CopyError, path: &Path) -> Error {
    match error {
        CopyError::Cancelled => Error::Cancelled,
        CopyError::Writing(error) => Error::writing(path, error),
    }
}

/// Whether a part is the one that was asked for: `Content-Range: bytes FROM-TO/SIZE`.
fn begins_at(reply: &Reply, from: u64, size: u64) -> bool {
    let range = reply.header("content-range").and_then(|range| {
        let (range, all) = range.strip_prefix("bytes ")?.split_once('/')?;
        let (start, _) = range.split_once('-')?;
        Some((start.trim().parse::<u64>().ok()?, all.trim().to_owned()))
    });
    range.is_some_and(|(start, all)| start == from && (all == "*" || all == size.to_string()))
}
