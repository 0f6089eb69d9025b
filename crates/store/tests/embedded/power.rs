//! A power cut: what a disk may have kept of what a process did to the folder.
//!
//! A process that writes runs with `record_writes.c` around its calls of the system. Its record is then cut at many places. Before each, what was flushed
//! is on the disk; of what was written since, any sectors may be, in any order; names made, changed or removed since their folder was flushed may be,
//! in their order. The store must open in all of these folders, with all that it had acknowledged.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use fastrand::Rng;

use crate::Folder;
use crate::suite::Place;
use crate::suite::kill::{self, Acknowledged};

/// What a disk writes as a whole.
const SECTOR: usize = 512;

/// Batches that are written: enough for the log to be carried over into the database several times.
const BATCHES: usize = 400;

/// Places at which the record is cut.
const CUTS: usize = 80;

/// A line of the record.
enum Event {
    Open(String),
    Write(String, usize, Vec<u8>),
    Cut(String, usize),
    Sync(String),
    Rename(String, String),
    Unlink(String),
    Said(String),
}

fn read(record: &Path) -> Vec<Event> {
    let mut file = BufReader::new(fs::File::open(record).unwrap());
    let mut events = Vec::new();
    loop {
        let mut line = String::new();
        if file.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
            return events;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |word: &str| word.parse::<usize>().unwrap();
        let mut bytes = vec![0; number(words.last().unwrap())];
        if file.read_exact(&mut bytes).is_err() {
            // The kill came while it was written.
            return events;
        }
        let name = words[1].to_owned();
        events.push(match words[0] {
            "open" => Event::Open(name),
            "write" => Event::Write(name, number(words[2]), bytes),
            "cut" => Event::Cut(name, number(words[2])),
            "sync" => Event::Sync(name),
            "rename" => Event::Rename(name, words[2].to_owned()),
            "unlink" => Event::Unlink(name),
            "said" => Event::Said(String::from_utf8(bytes).unwrap()),
            other => panic!("{other}"),
        });
    }
}

/// A file: its bytes on the disk, and what was done to it since it was flushed.
#[derive(Clone, Default)]
struct Content {
    kept: Vec<u8>,
    since: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

fn overwrite(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    bytes.resize(bytes.len().max(at + new.len()), 0);
    bytes[at..at + new.len()].copy_from_slice(new);
}

impl Content {
    fn flush(&mut self) {
        for change in std::mem::take(&mut self.since) {
            match change {
                Change::Write(at, new) => overwrite(&mut self.kept, at, &new),
                Change::Cut(length) => self.kept.resize(length, 0),
            }
        }
    }

    /// What may be there after a cut: each sector that was written since, by a chance of `share`.
    fn after_cut(&self, share: f64, random: &mut Rng) -> Vec<u8> {
        let mut bytes = self.kept.clone();
        for change in &self.since {
            match change {
                Change::Write(at, new) => {
                    let mut from = 0;
                    while from < new.len() {
                        let to = (from + SECTOR - (at + from) % SECTOR).min(new.len());
                        if random.f64() < share {
                            overwrite(&mut bytes, at + from, &new[from..to]);
                        }
                        from = to;
                    }
                }
                Change::Cut(length) if random.f64() < share => bytes.resize(*length, 0),
                Change::Cut(_) => {}
            }
        }
        bytes
    }
}

type Names = BTreeMap<String, usize>;

/// The folder as the process sees it, and as the disk has it.
#[derive(Default)]
struct Disk {
    files: Vec<Content>,
    names: Names,
    kept: Names,
    /// What was done to names since their folder was flushed.
    since: Vec<Named>,
}

#[derive(Clone)]
struct Named {
    removed: Option<String>,
    made: Option<(String, usize)>,
}

impl Named {
    fn apply(&self, names: &mut Names) {
        if let Some(name) = &self.removed {
            names.remove(name);
        }
        if let Some((name, file)) = &self.made {
            names.insert(name.clone(), *file);
        }
    }

    fn folder(&self) -> &str {
        let made = self.made.as_ref().map(|(name, _)| name);
        folder_of(self.removed.as_ref().or(made).unwrap())
    }
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

impl Disk {
    fn happen(&mut self, event: &Event) {
        match event {
            Event::Open(name) => {
                let file = self.files.len();
                self.files.push(Content::default());
                self.name(None, Some((name.clone(), file)));
            }
            Event::Write(name, at, bytes) => {
                self.change(name, Change::Write(*at, bytes.clone()));
            }
            Event::Cut(name, length) => self.change(name, Change::Cut(*length)),
            Event::Sync(name) => match self.names.get(name) {
                Some(&file) => self.files[file].flush(),
                None => self.flush_names(name),
            },
            Event::Rename(from, to) => {
                let file = self.names[from];
                self.name(Some(from.clone()), Some((to.clone(), file)));
            }
            Event::Unlink(name) => self.name(Some(name.clone()), None),
            Event::Said(_) => {}
        }
    }

    fn change(&mut self, name: &str, change: Change) {
        // What has lost its name is gone after a cut in any case.
        if let Some(&file) = self.names.get(name) {
            self.files[file].since.push(change);
        }
    }

    fn name(&mut self, removed: Option<String>, made: Option<(String, usize)>) {
        let named = Named { removed, made };
        named.apply(&mut self.names);
        self.since.push(named);
    }

    fn flush_names(&mut self, folder: &str) {
        for named in self.since.extract_if(.., |named| named.folder() == folder) {
            named.apply(&mut self.kept);
        }
    }

    /// Writes a folder as it may be found.
    fn write(&self, to: &Path, random: &mut Rng) {
        let share = [0.0, 0.5, 0.9, 1.0][random.usize(..4)];
        let mut names = self.kept.clone();
        for named in &self.since[..random.usize(..=self.since.len())] {
            named.apply(&mut names);
        }
        for (name, file) in names.iter().filter(|(name, _)| !name.ends_with("-shm")) {
            let path = to.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, self.files[*file].after_cut(share, random)).unwrap();
        }
    }
}

/// Compiles the recorder; `None`: there is no compiler or no `LD_PRELOAD`, which is said.
fn recorder(folder: &Path) -> Option<std::path::PathBuf> {
    let library = folder.join("record_writes.so");
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/embedded/record_writes.c"
    );
    let compiled = cfg!(target_os = "linux")
        && Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", source, "-ldl", "-o"])
            .arg(&library)
            .status()
            .is_ok_and(|status| status.success());
    if !compiled {
        eprintln!("NOT RUN: recording what a process writes needs Linux and cc");
    }
    compiled.then_some(library)
}

/// What a process did that wrote [`BATCHES`] batches.
fn recorded(library: &Path, record: &Path) -> Vec<Event> {
    let folder = Folder::new();
    let mut child = kill::command(&folder, 0)
        .env("LD_PRELOAD", library)
        .env("RECORD_FOLDER", folder.0.path())
        .env("RECORD_TO", record)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let written = lines.filter(|line| line.as_ref().unwrap().starts_with("written"));
    assert_eq!(written.take(BATCHES).count(), BATCHES);
    child.kill().unwrap();
    child.wait().unwrap();
    read(record)
}

#[test]
fn what_was_acknowledged_outlives_a_power_cut() {
    let aside = tempfile::tempdir().unwrap();
    let Some(library) = recorder(aside.path()) else {
        return;
    };
    let events = recorded(&library, &aside.path().join("record"));
    let is_first = |event: &Event| matches!(event, Event::Said(line) if line.contains("written"));
    let begin = events.iter().position(is_first).unwrap();
    let mut random = Rng::with_seed(7);
    let mut cuts: Vec<usize> = (0..CUTS)
        .map(|_| random.usize(begin..events.len()))
        .collect();
    cuts.sort_unstable();

    let (mut disk, mut done, mut at) = (Disk::default(), Acknowledged::default(), 0);
    let mut carried_over = 0;
    for cut in cuts {
        for event in &events[at..=cut.max(at)] {
            disk.happen(event);
            if let Event::Said(lines) = event {
                lines.lines().for_each(|line| _ = done.hear(line));
            }
            carried_over += usize::from(
                matches!(event, Event::Write(name, ..) if name == "collections.sqlite"),
            );
        }
        at = cut.max(at) + 1;
        let folder = Folder::new();
        disk.write(folder.0.path(), &mut random);
        kill::check(&folder, &done);
    }
    assert!(
        carried_over > 100,
        "the log was never carried over into the database"
    );
}
