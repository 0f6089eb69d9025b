//! Lines of text, whichever way they end.

use std::io::BufRead;

use anyhow::anyhow;

/// Numbered lines without their ends, which are LF, CR LF or, as old programs of the Mac write them, CR; a byte order mark is
/// taken away.
pub(super) struct Lines {
    reader: Box<dyn BufRead>,
    line: u64,
    /// The last line ended in CR; an LF that follows belongs to that end.
    after_return: bool,
}

impl Lines {
    pub(super) fn new(reader: Box<dyn BufRead>) -> Self {
        Self {
            reader,
            line: 0,
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
                return Ok((!bytes.is_empty()).then_some(bytes));
            }
            if std::mem::take(&mut self.after_return) && buffer[0] == b'\n' {
                self.reader.consume(1);
                buffer = self.reader.fill_buf()?;
            }
            let end = buffer.iter().position(|byte| b"\r\n".contains(byte));
            bytes.extend_from_slice(&buffer[..end.unwrap_or(buffer.len())]);
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.after_return = end.is_some_and(|end| buffer[end] == b'\r');
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(bytes));
            }
        }
    }
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

    #[test]
    fn every_end_is_one() {
        let text: &[u8] = b"\xef\xbb\xbfa\rb\r\nc\n\nd\r\r\ne";
        let read: Vec<(u64, String)> = Lines::new(Box::new(text)).map(Result::unwrap).collect();
        let texts: Vec<&str> = read.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "c", "", "d", "", "e"]);
        assert_eq!(read[6].0, 7);
    }
}
