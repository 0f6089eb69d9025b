//! Lines of text, whichever way the file ends them.

use std::io::BufRead;

use anyhow::anyhow;

/// Numbered lines without their ends, which are LF, CR LF or, as old programs of the Mac write them, CR; a byte order mark is
/// taken away. A CR alone in a file of the other ends is part of its line, as spreadsheet programs write the lines of a cell.
pub(super) struct Lines {
    reader: Box<dyn BufRead>,
    line: u64,
    ends: Option<Ends>,
    /// The last line ended in CR; an LF that follows belongs to that end.
    after_return: bool,
}

/// How the lines of a file end.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// In LF, perhaps behind CR.
    Feeds,
    /// In CR.
    Returns,
}

impl Lines {
    pub(super) fn new(reader: Box<dyn BufRead>) -> Self {
        Self {
            reader,
            line: 0,
            ends: None,
            after_return: false,
        }
    }

    fn read(&mut self) -> anyhow::Result<Option<(u64, String)>> {
        let Some(bytes) = self.bytes()? else {
            return Ok(None);
        };
        self.line += 1;
        let line = self.line;
        let text = String::from_utf8(bytes).map_err(|_| unknown_encoding(line))?;
        let text = match line {
            1 => text.trim_start_matches('\u{feff}').to_owned(),
            _ => text,
        };
        Ok(Some((line, text)))
    }

    /// The bytes of the next line. The LF after a CR is left for the next call, so that a line is there as soon as it ends.
    fn bytes(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        loop {
            let mut buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok((!bytes.is_empty()).then(|| without_returns(bytes, self.ends)));
            }
            if std::mem::take(&mut self.after_return) && buffer[0] == b'\n' {
                self.ends = Some(Ends::Feeds);
                self.reader.consume(1);
                buffer = self.reader.fill_buf()?;
            }
            self.ends = self.ends.or_else(|| ends(buffer));
            let is_end = |byte: &u8| match self.ends {
                Some(Ends::Feeds) => *byte == b'\n',
                Some(Ends::Returns) | None => b"\r\n".contains(byte),
            };
            let end = buffer.iter().position(is_end);
            bytes.extend_from_slice(&buffer[..end.unwrap_or(buffer.len())]);
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.after_return = end.is_some_and(|end| buffer[end] == b'\r');
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(without_returns(bytes, self.ends)));
            }
        }
    }
}

/// How the lines of a file end that has these bytes; `None`: they do not tell, also where the last of them is the only CR, which an LF may follow.
fn ends(bytes: &[u8]) -> Option<Ends> {
    if bytes.contains(&b'\n') {
        return Some(Ends::Feeds);
    }
    let before_last = bytes.split_last().map_or(bytes, |(_, before)| before);
    before_last.contains(&b'\r').then_some(Ends::Returns)
}

/// A line without the CR in front of its LF; programs that mistake the end write several.
fn without_returns(mut line: Vec<u8>, ends: Option<Ends>) -> Vec<u8> {
    if ends == Some(Ends::Feeds) {
        let end = line.iter().rposition(|&byte| byte != b'\r');
        line.truncate(end.map_or(0, |end| end + 1));
    }
    line
}

fn unknown_encoding(line: u64) -> anyhow::Error {
    anyhow!(
        "line {line} is not UTF-8, and the file is neither GB18030 nor UTF-16. Save it once more as UTF-8"
    )
}

impl Iterator for Lines {
    type Item = anyhow::Result<(u64, String)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static [u8]) -> Vec<(u64, String)> {
        Lines::new(Box::new(text)).map(Result::unwrap).collect()
    }

    fn texts(text: &'static [u8]) -> Vec<String> {
        read(text).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_file_has_one_way_to_end_its_lines() {
        assert_eq!(texts(b"\xef\xbb\xbfa\nb\n\nc"), ["a", "b", "", "c"]);
        assert_eq!(texts(b"a\r\nb\r\n\r\nc"), ["a", "b", "", "c"]);
        assert_eq!(texts(b"a\rb\r\rc"), ["a", "b", "", "c"]);
        assert_eq!(texts(b"a\r\r\nb\r\r\n"), ["a", "b"]);
        assert_eq!(texts(b"a\r\nb\r"), ["a", "b"]);
        assert_eq!(read(b"a\n\nb")[2].0, 3);
    }

    #[test]
    fn a_return_inside_a_line_is_part_of_it() {
        assert_eq!(texts(b"a\rb\nc\n"), ["a\rb", "c"]);
        assert_eq!(texts(b"c\r\na\rb\r\n"), ["c", "a\rb"]);
    }

    /// As they come from a pipe, byte by byte.
    #[test]
    fn a_line_is_there_as_soon_as_it_ends() {
        for text in [&b"a\r\nb\rc\r\nd"[..], b"a\nb\rc\nd"] {
            let reader = std::io::BufReader::with_capacity(1, text);
            let lines = Lines::new(Box::new(reader)).map(|line| line.unwrap().1);
            assert_eq!(lines.collect::<Vec<_>>(), ["a", "b\rc", "d"]);
        }
        let reader = std::io::BufReader::with_capacity(1, &b"a\rb\r"[..]);
        let lines = Lines::new(Box::new(reader)).map(|line| line.unwrap().1);
        assert_eq!(lines.collect::<Vec<_>>(), ["a", "b"]);
    }
}
