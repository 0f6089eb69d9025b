//! Files that are open: what they are, by their names and by what they hold, and their records.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use encoding_rs::{Encoding, UTF_8};
use yuyi_language::is_blank;

use crate::asked;
use crate::blank_end::WithoutBlankEnd;
use crate::cell::Cells;
use crate::content::{self, Content};
use crate::encoding::{self, Survey, Writing, decoded};
use crate::fault::Check;
use crate::lines::Lines;
use crate::markdown;
use crate::separator;
use crate::sheet::{Formatted, Sheet, Span};
use crate::stream::Stream;
use crate::{
    ColumnNames, Columns, Format, Misuse, Origin, Record, Records, Remarks, Room, Rows, delimited,
    json, sheet,
};

/// A file that is open.
pub struct Input {
    /// What it is read as.
    pub format: Format,
    pub(crate) origin: Origin,
    /// Its lines or rows, where they are known.
    lines: Option<u64>,
    source: Source,
}

/// What is read.
enum Source {
    /// Text in UTF-8.
    Text(Box<dyn BufRead>),
    /// Rows of a workbook, which of its cells are one, and what numbers are shown as.
    Rows(Vec<Cells>, Vec<Span>, Formatted),
}

/// Bytes that a workbook of the user's own may take.
const OF_OWN: usize = 2 << 30;

/// A file as it lies there.
trait Stored: Read + Seek + 'static {}

impl<T: Read + Seek + 'static> Stored for T {}

impl Input {
    /// Opens `path`, or standard input for `-`; `unnamed` is the format of what does not tell. Remarks say which encoding is read if it is
    /// not UTF-8.
    ///
    /// # Errors
    /// When it cannot be read, is nothing that is read, or its name does not tell what it is.
    pub fn open(
        path: &Path,
        format: Option<Format>,
        unnamed: Format,
        remarks: &Remarks,
    ) -> anyhow::Result<Self> {
        let standard = path == Path::new("-");
        if path.is_dir() {
            bail!("{} is a folder; name a file.", path.display());
        }
        let mut stream = BufReader::with_capacity(1 << 16, io::stdin());
        let format = match format.or_else(|| Format::read_of(path)) {
            Some(format) => format,
            None if standard => by_header(unnamed, &mut stream),
            None => {
                let shown = path.display();
                if let Some(program) = of_other_program(path) {
                    bail!(
                        "{shown} is a file of {program}, which is not read. Save it there as .xlsx, or as CSV in UTF-8."
                    );
                }
                let what = format!(
                    "The name {shown} does not tell the file's format; add --format tsv, csv, jsonl, json, xlsx or txt."
                );
                bail!(Misuse(what));
            }
        };
        if standard {
            return Self::of_stream(origin("standard input", remarks), format, stream);
        }
        let origin = origin(&path.display().to_string(), remarks);
        let file = File::open(path).with_context(|| unreadable(&origin.name))?;
        match file.metadata().is_ok_and(|file| file.is_file()) {
            true => Self::stored(origin, format, file, None),
            false => Self::of_stream(origin, format, file),
        }
    }

    /// A whole file that somebody sent, of this name. Workbooks are .xlsx: what others take cannot be bounded.
    ///
    /// # Errors
    /// When it is nothing that is read, or there is no room for it.
    pub fn sent(
        name: &str,
        format: Format,
        bytes: Vec<u8>,
        remarks: &Remarks,
        room: &mut Room<'_>,
    ) -> anyhow::Result<Self> {
        Self::stored(
            origin(name, remarks),
            format,
            Cursor::new(bytes),
            Some(room),
        )
    }

    /// The lines of a text with their numbers, from 1; `kept` is what is made of each beside its text, in bytes.
    ///
    /// # Errors
    /// When it is no text, or there is no room for its lines.
    pub(crate) fn into_lines(
        self,
        kept: usize,
        room: &mut Room<'_>,
    ) -> anyhow::Result<Vec<(u64, String)>> {
        let Source::Text(reader) = self.source else {
            bail!("it is a workbook, and no transcript");
        };
        let mut lines = Vec::new();
        for line in Lines::new(reader) {
            let line = line?;
            room.take(kept + line.1.len())?;
            lines.push(line);
        }
        Ok(lines)
    }

    /// What can be read several times; `room` is that of what was sent.
    fn stored(
        origin: Origin,
        format: Format,
        mut file: impl Stored,
        room: Option<&mut Room<'_>>,
    ) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        let read = file
            .by_ref()
            .take(content::HEAD as u64)
            .read_to_end(&mut head);
        read.with_context(|| unreadable(&origin.name))?;
        let format = by_content(format, Content::of(&head), &origin)?;
        file.rewind().with_context(|| unreadable(&origin.name))?;
        if format == Format::Xlsx {
            return Self::of_workbook(origin, file, room);
        }
        if let Some(room) = room {
            let kept = kept_of_text(format, &mut file);
            let taken = kept
                .map_err(anyhow::Error::from)
                .and_then(|kept| room.take(kept));
            taken.with_context(|| unreadable(&origin.name))?;
            file.rewind().with_context(|| unreadable(&origin.name))?;
        }
        let survey = Survey::of(&mut file).with_context(|| unreadable(&origin.name))?;
        file.rewind().with_context(|| unreadable(&origin.name))?;
        let encoding = match survey.writing() {
            Writing::In(encoding) => encoding,
            Writing::Other(encoding) => {
                let told = anyhow!(encoding::unread(encoding));
                return Err(told.context(unreadable(&origin.name)));
            }
        };
        tell_encoding(&origin, encoding);
        Ok(Self {
            format,
            origin,
            lines: Some(survey.lines()),
            source: Source::Text(decoded(file, encoding)),
        })
    }

    /// What can be read once only.
    fn of_stream(
        origin: Origin,
        format: Format,
        stream: impl Read + 'static,
    ) -> anyhow::Result<Self> {
        let reader = BufReader::with_capacity(1 << 16, stream);
        if format == Format::Xlsx {
            return Self::of_workbook(origin, reader, None);
        }
        let told = origin.clone();
        let text = Stream::new(reader, move |encoding| tell_encoding(&told, encoding));
        Ok(Self {
            format,
            origin,
            lines: None,
            source: Source::Text(Box::new(text)),
        })
    }

    fn of_workbook(
        mut origin: Origin,
        reader: impl Read,
        sent: Option<&mut Room<'_>>,
    ) -> anyhow::Result<Self> {
        let Sheet {
            name,
            rows,
            spans,
            formatted,
        } = match sent {
            Some(room) => sheet::rows(reader, &origin, true, room)?,
            None => sheet::rows(reader, &origin, false, &mut Room::bytes(OF_OWN))?,
        };
        origin.sheet = Some(name);
        Ok(Self {
            format: Format::Xlsx,
            origin,
            lines: Some(rows.len() as u64),
            source: Source::Rows(rows, spans, formatted),
        })
    }

    /// Text in UTF-8 that is part of the program.
    pub fn of(name: &str, format: Format, content: &'static [u8]) -> Self {
        Self {
            format,
            origin: origin(name, &Remarks::unheard()),
            lines: None,
            source: Source::Text(Box::new(content)),
        }
    }

    /// The file, as messages name it.
    pub fn name(&self) -> &str {
        self.origin.file()
    }

    /// How many lines or rows it has, where that is known before they are read.
    pub fn lines(&self) -> Option<u64> {
        self.lines
    }

    /// The rows. Columns are found by their names in a header row, else they
    /// stand in the order of `columns`; the optional and the further ones may be missing or blank. Any other blank cell is an
    /// error: it has no meaning to compare.
    pub fn rows(self, columns: Columns) -> Rows {
        let name = self.name().to_owned();
        Box::new(self.records(columns).map(move |record| {
            let Record { row, fault, .. } = record?;
            match fault {
                Some(fault) => Err(fault.into_error(&name, row.line)),
                None => Ok(row),
            }
        }))
    }

    /// As [`Input::rows`], with the rows that are of no use and the columns that were not asked for. Blank rows at the end
    /// are left out.
    pub fn records(self, columns: Columns) -> Records {
        let name = self.name().to_owned();
        let (format, source) = match self.source {
            Source::Text(mut reader) if self.format == Format::Txt && columns.of_items => {
                match of_plain_text(&mut reader, &columns, &self.origin) {
                    Plain::As(format) => (format, Source::Text(reader)),
                    Plain::Asked => {
                        let pairs = asked::pairs(reader, self.origin);
                        return checked(pairs, Check::of(&columns, false), name, false);
                    }
                }
            }
            source => (self.format, source),
        };
        let is_table = matches!(format, Format::Tsv | Format::Csv | Format::Xlsx);
        let check = Check::of(&columns, is_table);
        let records = match source {
            Source::Rows(rows, spans, formatted) => {
                let rows = rows.into_iter();
                delimited::sheet(rows, (spans, formatted), columns, self.origin)
            }
            Source::Text(reader) => texts(reader, format, columns, self.origin),
        };
        checked(records, check, name, is_table)
    }
}

/// Records with what is wrong with them, without blank ones at the end.
fn checked(records: Records, check: Check, name: String, is_table: bool) -> Records {
    let checked = records.map(move |record| {
        let mut record = record.map_err(|error| error.context(unreadable(&name)))?;
        if !is_table {
            record.columns = ColumnNames::default();
        }
        if record.fault.is_none() {
            record.fault = check.fault(&record.row.cells, &record.columns);
        }
        Ok(record)
    });
    Box::new(WithoutBlankEnd::new(checked))
}

fn origin(name: &str, remarks: &Remarks) -> Origin {
    Origin {
        name: name.to_owned(),
        sheet: None,
        remarks: remarks.clone(),
    }
}

/// What reading a text keeps at a time: of JSON all values, once as they are looked at and once as rows; of lines of JSON some times the text, as of one that is all of it; a cell or a
/// line of a table, which may be all of it.
fn kept_of_text(format: Format, file: &mut impl Stored) -> io::Result<usize> {
    let mut kept = 0;
    let mut block = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(kept);
        }
        kept += match format {
            Format::Json => 2 * json::kept(&block[..read]),
            Format::Jsonl => 16 * read,
            Format::Txt | Format::Tsv | Format::Csv | Format::Xlsx => 2 * read,
        };
    }
}

/// What a plain text of items holds.
enum Plain {
    /// A text in each line, or a table.
    As(Format),
    /// Questions, and their answers below them.
    Asked,
}

/// What a plain text of items holds. The lines of anything but texts would be taken for such: a header and the rule below it, questions with their answers.
fn of_plain_text(reader: &mut Box<dyn BufRead>, columns: &Columns, origin: &Origin) -> Plain {
    let name = origin.file();
    if markdown::begins(reader, false) {
        return Plain::As(Format::Csv);
    }
    if !columns.no_header && names_columns(reader) {
        origin.say(format!(
            "{name} names columns in its first line and is read as a table."
        ));
        return Plain::As(Format::Csv);
    }
    if separator::has_tabs(reader) {
        origin.say(format!(
            "{name} has tabs in each line, the same number in all, and is read as a table."
        ));
        return Plain::As(Format::Tsv);
    }
    if asked::begins(reader) {
        origin.say(format!(
            "{name} is read as questions and answers, since its lines begin with 问： and 答： (Q: and A:)."
        ));
        return Plain::Asked;
    }
    Plain::As(Format::Txt)
}

/// The records of a text.
fn texts(reader: Box<dyn BufRead>, format: Format, columns: Columns, origin: Origin) -> Records {
    match format {
        Format::Txt => Box::new(
            Lines::new(reader)
                // Blank lines stand between items; of other texts, each line has a line of the output.
                .filter(move |line| {
                    let is_blank = line.as_ref().is_ok_and(|(_, text)| is_blank(text));
                    !(columns.of_items && is_blank)
                })
                .map(|line| line.map(|(line, text)| Record::of_cells(line, vec![text]))),
        ),
        Format::Tsv => delimited::tsv(reader, columns, origin),
        Format::Csv => delimited::csv(reader, columns, origin),
        Format::Jsonl => json::lines(reader, columns, origin),
        Format::Json | Format::Xlsx => match json::whole(reader, columns, origin) {
            Ok(records) => records,
            Err(error) => Box::new(std::iter::once(Err(error))),
        },
    }
}

pub(crate) fn unreadable(name: &str) -> String {
    format!("{name} cannot be read")
}

/// The format of a file, by what it holds where its name says another one; remarks say what was taken.
///
/// # Errors
/// When it holds nothing that is read.
fn by_content(format: Format, content: Content, origin: &Origin) -> anyhow::Result<Format> {
    let name = origin.file();
    match (content, format) {
        (Content::Workbook, other) if other != Format::Xlsx => {
            origin.say(format!(
                "{name} is a workbook, other than its name says, and is read as one."
            ));
            Ok(Format::Xlsx)
        }
        (Content::Text, Format::Xlsx) => {
            origin.say(format!(
                "{name} is no workbook but text, and is read as CSV."
            ));
            Ok(Format::Csv)
        }
        (Content::Page, Format::Xlsx | Format::Csv | Format::Tsv) => bail!(
            "{name} is a web page with a table, as many systems export them. Open it in a spreadsheet program, and save it as .xlsx, or as CSV in UTF-8."
        ),
        (Content::Other(what), _) => bail!("{name} is {what}, and no table or text."),
        (_, format) => Ok(format),
    }
}

fn tell_encoding(origin: &Origin, encoding: &'static Encoding) {
    if encoding != UTF_8 {
        let (name, encoding) = (origin.file(), encoding.name().to_uppercase());
        origin.say(format!("{name} is read as {encoding}."));
    }
}

/// The program that writes files of this ending, where nothing reads them but that.
fn of_other_program(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "numbers" => "Apple Numbers",
        "pages" => "Apple Pages",
        "et" | "ett" | "wps" | "wpt" => "WPS",
        "doc" | "docx" | "dotx" | "odt" => "a word processor",
        _ => return None,
    })
}

/// The format of standard input, whose name tells nothing: CSV in the place of TSV where the first line is a header of such.
fn by_header(unnamed: Format, stream: &mut impl BufRead) -> Format {
    // Of lines there is nothing to ask, and whoever sends them may wait for a sign of life first.
    if unnamed != Format::Tsv {
        return unnamed;
    }
    // Whoever reads the stream meets what is wrong with it.
    if markdown::begins(stream, false) {
        return Format::Csv;
    }
    match separator::is_header_of_csv(&first_line(stream)) {
        true => Format::Csv,
        false => unnamed,
    }
}

/// Whether the first line of a text names the columns of a table.
fn names_columns(stream: &mut impl BufRead) -> bool {
    separator::is_header_of_table(&first_line(stream))
}

/// The first line, as far as it is there. Whoever reads the stream meets what is wrong with it.
fn first_line(stream: &mut impl BufRead) -> String {
    let head = stream.fill_buf().unwrap_or_default();
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}
