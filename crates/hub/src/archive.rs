//! A model as one file, for machines without a network: a tar archive whose first entry is the manifest, so that whoever reads it
//! knows what has to come, and how much of it, before it does.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tar::{Archive, Builder, Entry, EntryType, Header};
use yuyi_models::{
    BUILTIN_NAME, CALIBRATION_FILE, Installed, MANIFEST_FILE, MANIFEST_VERSION, Manifest,
    ManifestFile, check_whole, is_non_commercial,
};

use crate::Error;
use crate::address::is_name;
use crate::fitness::check;
use crate::pull::Pulled;
use crate::record::{measured, write_manifest};
use crate::sums::sha256;
use crate::workspace::{Workspace, files_in, free};

/// What is said of a file that is no archive, or stops being one.
const NO_TAR: &str =
    "it is no tar archive, or not all of it is there; unpack it first if it is compressed";

/// Most bytes of a manifest.
const LONGEST_MANIFEST: u64 = 4 << 20;

/// Writes a model to a file, which appears when it is complete. `calibration` is the content of the one in force, where that is
/// not the one in the folder.
///
/// # Errors
/// When the model is in the program, is not whole, or the disk cannot be written.
pub fn export(model: &Installed, to: &Path, calibration: Option<&[u8]>) -> Result<Manifest, Error> {
    let Some(folder) = &model.folder else {
        return Err(Error::NotOurs {
            name: model.name.clone(),
            place: "part of every yuyi".to_owned(),
        });
    };
    if to == Path::new("-") {
        return Err(Error::NoStream);
    }
    if to.is_dir() {
        return Err(Error::FolderAsOutput {
            folder: to.to_owned(),
            name: folder_name(model).to_owned(),
        });
    }
    let problems = crate::verify(model)?.problems;
    if let Some(problem) = problems.into_iter().next() {
        return Err(Error::Damaged {
            name: model.name.clone(),
            problem,
            mending: model.mending(),
        });
    }
    let manifest = complete(model, folder, calibration)?;
    let partial = beside(to);
    let written =
        write(folder, &manifest, calibration, &partial).and_then(|()| fs::rename(&partial, to));
    written.map_err(|error| {
        let _ = fs::remove_file(&partial);
        Error::writing_whole(to, error)
    })?;
    Ok(manifest)
}

/// What a model's folder is called elsewhere: a repository's name is no folder's.
fn folder_name(model: &Installed) -> &str {
    model.name.rsplit('/').next().unwrap_or(&model.name)
}

/// The manifest of all files, also of those that a model's own leaves out.
fn complete(
    model: &Installed,
    folder: &Path,
    calibration: Option<&[u8]>,
) -> Result<Manifest, Error> {
    let files = files_in(folder).map_err(|error| Error::reading(folder, error))?;
    // What is hidden is another program's, such as `.git` with all versions of the weights.
    let is_hidden = |path: &String| path.split('/').any(|part| part.starts_with('.'));
    let is_replaced = |path: &String| calibration.is_some() && path == CALIBRATION_FILE;
    let files = files
        .into_iter()
        .filter(|path| path != MANIFEST_FILE && !is_hidden(path) && !is_replaced(path));
    let files = files.map(|path| measured(folder, path));
    let mut files = files.collect::<Result<Vec<_>, _>>()?;
    if let Some(content) = calibration {
        files.push(ManifestFile {
            path: CALIBRATION_FILE.to_owned(),
            size: content.len() as u64,
            sha256: sha256(content).map_err(|error| Error::reading(folder, error))?,
        });
    }
    let own = model.manifest.clone();
    Ok(Manifest {
        version: MANIFEST_VERSION,
        name: folder_name(model).to_owned(),
        files,
        ..own.unwrap_or_else(|| Manifest {
            version: MANIFEST_VERSION,
            name: String::new(),
            called: None,
            origin: model.origin.clone(),
            licence: model.licence(),
            non_commercial: is_non_commercial(&model.name, model.licence().as_deref()),
            quantized: None,
            files: Vec::new(),
        })
    })
}

/// A hidden name beside a file.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

fn write(
    folder: &Path,
    manifest: &Manifest,
    calibration: Option<&[u8]>,
    to: &Path,
) -> io::Result<()> {
    let mut archive = Builder::new(BufWriter::new(File::create(to)?));
    let text = manifest.to_json();
    archive.append_data(
        &mut header(text.len() as u64),
        MANIFEST_FILE,
        text.as_bytes(),
    )?;
    for ManifestFile { path, size, .. } in &manifest.files {
        if let Some(content) = calibration.filter(|_| path == CALIBRATION_FILE) {
            archive.append_data(&mut header(*size), path, content)?;
            continue;
        }
        let file = File::open(folder.join(path))?;
        archive.append_data(&mut header(*size), path, file.take(*size))?;
    }
    let mut written = archive.into_inner()?;
    written.flush()?;
    written.get_ref().sync_all()
}

fn header(size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_entry_type(EntryType::Regular);
    header
}

/// Installs a model from a file that [`export`] wrote, under `name` or the one that it has. Every sum is checked before anything is
/// installed.
///
/// # Errors
/// When it is no such file, is damaged, has entries that lead elsewhere, or the name is taken.
pub fn import(file: &Path, home: &Path, name: Option<&str>) -> Result<Pulled, Error> {
    if let Some(name) = name.filter(|name| !is_name(name)) {
        let name = name.to_owned();
        return Err(Error::BadName { name });
    }
    let bad = |reason: String| Error::BadArchive {
        file: file.to_owned(),
        reason,
    };
    if file.is_dir() {
        return Err(Error::FolderAsArchive {
            folder: file.to_owned(),
            models: home.join("models"),
        });
    }
    let opened = File::open(file).map_err(|error| Error::reading(file, error))?;
    let mut archive = Archive::new(BufReader::new(opened));
    let mut entries = archive.entries().map_err(|_| bad(NO_TAR.to_owned()))?;
    let mut manifest = first(&mut entries).map_err(bad)?;
    if let Some(name) = name {
        rename(&mut manifest, name);
    }
    if manifest.name == BUILTIN_NAME {
        return Err(Error::BuiltInName {
            name: manifest.name,
        });
    }
    if !is_name(&manifest.name) {
        return Err(bad(format!(
            "its model is called {:?}, which is no name of a folder; give it one with --name",
            manifest.name
        )));
    }
    let workspace = Workspace::open(home, &manifest.name)?;
    let target = workspace.target();
    if target.symlink_metadata().is_ok() {
        return Err(Error::Taken {
            name: manifest.name,
            folder: target,
            what: "is not replaced".to_owned(),
        });
    }
    let folder = workspace.scratch()?;
    let made = fs::create_dir_all(&folder).map_err(|error| Error::writing_whole(&folder, error));
    let has_room = made.and_then(|()| check_room(&folder, &manifest));
    let unpacked = has_room.and_then(|()| {
        unpack(entries, &manifest, &folder).map_err(|error| match error {
            Unpacking::Writing(path, error) => Error::writing_whole(&path, error),
            Unpacking::Bad(reason) => bad(reason),
        })
    });
    // As after a pull: what changes by itself is not held to a sum.
    manifest.files.retain(|file| file.path != CALIBRATION_FILE);
    let checked = unpacked.and_then(|()| {
        // First, since it says what the model is known by.
        write_manifest(&folder, &manifest)?;
        check_whole(&folder).map_err(bad)?;
        let origin = manifest.origin.as_ref();
        let repository = origin.map(|origin| origin.repository.as_str());
        check(&folder, &manifest.name, repository, None).map(drop)
    });
    if let Err(error) = checked {
        // What is left of it is listed, and removed the next time at the latest.
        let _ = workspace.clear();
        return Err(error);
    }
    let folder = workspace.place(&folder)?;
    Ok(Pulled {
        name: manifest.name.clone(),
        folder,
        manifest,
        was_there: false,
    })
}

/// Gives a model another name, and keeps the one by which it may be known.
fn rename(manifest: &mut Manifest, name: &str) {
    let old = std::mem::replace(&mut manifest.name, name.to_owned());
    if manifest.origin.is_none() && old != name {
        manifest.called.get_or_insert(old);
    }
}

fn check_room(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    match free(folder) {
        Some(free) if free < manifest.bytes() => Err(Error::NoRoom {
            folder: folder.to_owned(),
            needed: manifest.bytes().div_ceil(1_000_000),
            free: free / 1_000_000,
        }),
        _ => Ok(()),
    }
}

/// The manifest, which comes first.
fn first<'a, R: Read + 'a>(
    entries: &mut impl Iterator<Item = io::Result<Entry<'a, R>>>,
) -> Result<Manifest, String> {
    let none = || format!("it does not begin with {MANIFEST_FILE}");
    let entry = entries.next().ok_or_else(none)?;
    // The archive's own words hold bytes of the file.
    let entry = entry.map_err(|_| NO_TAR.to_owned())?;
    if entry.path_bytes() != MANIFEST_FILE.as_bytes() {
        return Err(none());
    }
    let mut text = Vec::new();
    let read = entry.take(LONGEST_MANIFEST).read_to_end(&mut text);
    read.map_err(|error| error.to_string())?;
    Manifest::parse(&text)
}

/// Why an archive is not unpacked.
enum Unpacking {
    Writing(PathBuf, io::Error),
    Bad(String),
}

/// Unpacks the files that the manifest names, and nothing else, each checked as it comes.
fn unpack<'a, R: Read + 'a>(
    entries: impl Iterator<Item = io::Result<Entry<'a, R>>>,
    manifest: &Manifest,
    folder: &Path,
) -> Result<(), Unpacking> {
    let mut seen = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|_| Unpacking::Bad(NO_TAR.to_owned()))?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        // Only names of the manifest are unpacked, which stay in the folder.
        let wanted = manifest.files.iter().find(|file| file.path == path);
        let is_plain = entry.header().entry_type() == EntryType::Regular;
        match wanted {
            Some(file) if is_plain && seen.insert(path.clone()) => {
                unpack_file(entry, file, folder)?
            }
            _ => {
                return Err(Unpacking::Bad(format!(
                    "it holds {path:?}, which its list has not"
                )));
            }
        }
    }
    match manifest
        .files
        .iter()
        .find(|file| !seen.contains(&file.path))
    {
        Some(file) => Err(Unpacking::Bad(format!("{} is missing", file.path))),
        None => Ok(()),
    }
}

fn unpack_file(entry: impl Read, file: &ManifestFile, folder: &Path) -> Result<(), Unpacking> {
    let path = folder.join(&file.path);
    let writing = |error| Unpacking::Writing(path.clone(), error);
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).map_err(writing)?;
    }
    let out = File::create_new(&path).map_err(writing)?;
    let mut copy = Copying {
        from: entry.take(file.size + 1),
        to: BufWriter::new(out),
        bytes: 0,
        failed: None,
    };
    let found = sha256(&mut copy);
    let Copying {
        mut to,
        bytes,
        failed,
        ..
    } = copy;
    if let Some(error) = failed {
        return Err(writing(error));
    }
    to.flush().map_err(writing)?;
    match found {
        Ok(sum) if sum == file.sha256 && bytes == file.size => Ok(()),
        Ok(_) => Err(Unpacking::Bad(format!(
            "{} is not what its list says",
            file.path
        ))),
        Err(error) => Err(Unpacking::Bad(error.to_string())),
    }
}

/// Writes down what is read of it.
struct Copying<R, W> {
    from: R,
    to: W,
    bytes: u64,
    /// Why writing failed; reading says only that it did.
    failed: Option<io::Error>,
}

impl<R: Read, W: Write> Read for Copying<R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        if let Err(error) = self.to.write_all(&buffer[..n]) {
            self.failed = Some(error);
            return Err(io::ErrorKind::Other.into());
        }
        self.bytes += n as u64;
        Ok(n)
    }
}
