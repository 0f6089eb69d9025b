//! `yuyi collection export`.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::Path;

use anyhow::bail;
use serde_json::json;
use yuyi_files::{TableKind, TableWriter};
use yuyi_store::{Item, Scroll, Store, jsonl};

use super::place::{open_existing, place};
use crate::args::{ExportArgs, ExportFormat};
use crate::misuse::Misuse;
use crate::output::partial::PartialFile;
use crate::terminal::{self, Screen, remark};

/// Items that are read together for a table.
const BATCH: usize = 1000;
const BATCH_BYTES: usize = 4 << 20;

/// Writes the items of a collection, in the order of their ids.
pub fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let kind = kind(args)?;
    let store = open_existing(&place(&args.place)?)?;
    let path = args.output.as_ref().filter(|path| path.as_os_str() != "-");
    let mut out = match path {
        Some(path) => Out::File(PartialFile::create(path.clone())?),
        None => Out::Standard(BufWriter::new(terminal::shared_stdout())),
    };
    let written = match kind {
        None => write(&*store, &args.name, &mut out)?,
        Some(kind) => write_table(&*store, &args.name, kind, &mut out)?,
    };
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

/// The kind of table that is asked for; none: lines of JSON.
fn kind(args: &ExportArgs) -> anyhow::Result<Option<TableKind>> {
    let named = args.output.as_deref().and_then(Path::extension);
    let named = named.map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    Ok(match (args.format, named.as_deref()) {
        (Some(ExportFormat::Jsonl), _) => None,
        (Some(ExportFormat::Xlsx), _) | (None, Some("xlsx")) => Some(TableKind::Xlsx),
        (Some(ExportFormat::Csv), _) | (None, Some("csv")) => Some(TableKind::Csv),
        (Some(ExportFormat::Tsv), _) | (None, Some("tsv" | "tab")) => Some(TableKind::Tsv),
        (None, Some("xls" | "xlsm" | "xlsb" | "ods" | "json" | "txt")) => bail!(Misuse(
            "An export is .jsonl, .xlsx, .csv or .tsv. Name the file so, or say --format.".into()
        )),
        (None, _) => None,
    })
}

/// Writes a table; the items are read twice, since its columns are those that some item needs.
fn write_table(
    store: &dyn Store,
    name: &str,
    kind: TableKind,
    out: &mut Out,
) -> anyhow::Result<u64> {
    let mut table = TableWriter::new(kind, &store.collection(name)?)?;
    each(store, name, &mut |item| table.see(item))?;
    out.write(&table.begin()?)?;
    let mut written = 0;
    each(store, name, &mut |item| {
        written += 1;
        out.write(&table.write(item)?)
    })?;
    out.write(&table.finish()?)?;
    Ok(written)
}

/// All items, in the order of their ids.
fn each(
    store: &dyn Store,
    name: &str,
    see: &mut dyn FnMut(&Item) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut scroll = Scroll {
        bytes: Some(BATCH_BYTES),
        ..Scroll::first(BATCH)
    };
    loop {
        let page = store.scroll(name, &scroll)?;
        for item in &page.items {
            see(&item.item)?;
        }
        match page.next {
            None => return Ok(()),
            next => scroll.after = next,
        }
    }
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
