//! `yuyi collection export`.

use std::io::{self, BufWriter, Stdout, Write};

use serde_json::json;
use yuyi_store::{Store, jsonl};

use super::place::{open_existing, place};
use crate::args::ExportArgs;
use crate::output::partial::PartialFile;
use crate::terminal::{self, Screen, remark};

/// Writes the items of a collection, in the order of their ids.
pub fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let store = open_existing(&place(&args.place)?)?;
    let path = args.output.as_ref().filter(|path| path.as_os_str() != "-");
    let mut out = match path {
        Some(path) => Out::File(PartialFile::create(path.clone())?),
        None => Out::Standard(BufWriter::new(terminal::shared_stdout())),
    };
    let written = write(&*store, &args.name, &mut out)?;
    match (out, path) {
        (Out::File(file), Some(path)) => {
            file.finish()?;
            let path = path.display();
            match args.json {
                true => {
                    let summary = json!({ "collection": args.name, "items": written, "output": path.to_string() });
                    writeln!(terminal::stdout(), "{summary}")?;
                }
                false => remark!("{path} is written. Items: {written}."),
            }
        }
        (mut out, _) => out.flush()?,
    }
    Ok(())
}

fn write(store: &dyn Store, name: &str, out: &mut Out) -> anyhow::Result<u64> {
    // Vectors of a model are computed again where they are imported.
    let brings_vectors = store.collection(name)?.space.model.is_none();
    let mut out = Remembering { out, failed: None };
    let written = jsonl::export(store, name, brings_vectors, &mut out);
    match out.failed {
        Some(error) => Err(error),
        None => Ok(written?),
    }
}

enum Out {
    File(PartialFile),
    Standard(BufWriter<Screen<Stdout>>),
}

impl Out {
    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Standard(out) => Ok(out.write_all(bytes)?),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(_) => Ok(()),
            Self::Standard(out) => out.flush(),
        }
    }
}

/// Keeps the error of a write: a store tells its text only, and a pipe that was closed is none.
struct Remembering<'a> {
    out: &'a mut Out,
    failed: Option<anyhow::Error>,
}

impl Write for Remembering<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(|error| {
            let told = io::Error::other(error.to_string());
            self.failed = Some(error);
            told
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().inspect_err(|error| {
            self.failed = Some(io::Error::from(error.kind()).into());
        })
    }
}
