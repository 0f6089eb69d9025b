//! A stream of text whose encoding is found out when its first bytes come: whoever opens it does not wait for them.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::Encoding;

use super::content::Content;
use super::encoding::{self, Survey, Writing, decoded};

/// Text in UTF-8 of what can be read once only.
pub(super) struct Stream<R> {
    unread: Option<BufReader<R>>,
    text: Box<dyn BufRead>,
    /// Called with the encoding once it is known.
    found: Box<dyn Fn(&'static Encoding)>,
}

impl<R: Read + 'static> Stream<R> {
    pub(super) fn new(reader: BufReader<R>, found: impl Fn(&'static Encoding) + 'static) -> Self {
        Self {
            unread: Some(reader),
            text: Box::new(io::empty()),
            found: Box::new(found),
        }
    }

    /// The text, once its first bytes are there.
    fn text(&mut self) -> io::Result<&mut dyn BufRead> {
        if let Some(mut reader) = self.unread.take() {
            let encoding = match reader.fill_buf().and_then(readable) {
                Ok(encoding) => encoding,
                Err(error) => {
                    self.unread = Some(reader);
                    return Err(error);
                }
            };
            (self.found)(encoding);
            self.text = decoded(reader, encoding);
        }
        Ok(&mut *self.text)
    }
}

/// The encoding of what begins with these bytes.
///
/// # Errors
/// When it is no text, or one in an encoding that is not read.
fn readable(head: &[u8]) -> io::Result<&'static Encoding> {
    let told = match Content::of(head) {
        Content::Workbook => "it is a workbook; say --format xlsx".to_owned(),
        Content::Other(what) => format!("it is {what}, and no table or text"),
        Content::Page | Content::Text => match Survey::of_head(head).writing() {
            Writing::In(encoding) => return Ok(encoding),
            Writing::Other(encoding) => encoding::unread(encoding),
        },
    };
    Err(io::Error::new(io::ErrorKind::InvalidData, told))
}

impl<R: Read + 'static> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text()?.read(buffer)
    }
}

impl<R: Read + 'static> BufRead for Stream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.text()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.text.consume(amount);
    }
}
