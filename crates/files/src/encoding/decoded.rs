//! A text of another encoding, read as UTF-8.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8};

use super::BLOCK;

/// The text of `reader` in UTF-8.
pub(in super::super) fn decoded(
    reader: impl Read + 'static,
    encoding: &'static Encoding,
) -> Box<dyn BufRead> {
    if encoding == UTF_8 {
        return Box::new(BufReader::with_capacity(1 << 16, reader));
    }
    Box::new(BufReader::new(Decoded {
        inner: BufReader::with_capacity(BLOCK, reader),
        decoder: encoding.new_decoder_with_bom_removal(),
        text: Vec::new(),
        given: 0,
        ended: false,
        broken: false,
    }))
}

struct Decoded<R> {
    inner: BufReader<R>,
    decoder: Decoder,
    /// Decoded, and handed on up to `given`.
    text: Vec<u8>,
    given: usize,
    ended: bool,
    /// It is not of its encoding.
    broken: bool,
}

impl<R: Read> Decoded<R> {
    fn error(&self) -> io::Error {
        let name = self.decoder.encoding().name();
        let told = format!("it is not {name} all through");
        io::Error::new(io::ErrorKind::InvalidData, told)
    }

    fn fill(&mut self) -> io::Result<()> {
        let bytes = self.inner.fill_buf()?;
        self.ended = bytes.is_empty();
        // Room for whatever the bytes may become.
        let room = self
            .decoder
            .max_utf8_buffer_length(bytes.len())
            .unwrap_or(4 * BLOCK);
        self.text.resize(room, 0);
        let (result, read, written, had_errors) =
            self.decoder
                .decode_to_utf8(bytes, &mut self.text, self.ended);
        debug_assert_eq!(result, CoderResult::InputEmpty);
        if had_errors {
            // Nothing of it is handed on, also where one reads on behind the error.
            (self.text, self.given, self.broken) = (Vec::new(), 0, true);
            return Err(self.error());
        }
        self.inner.consume(read);
        self.text.truncate(written);
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Told again: whoever looked at the start first may have passed over it.
        if self.broken {
            return Err(self.error());
        }
        while self.given == self.text.len() && !self.ended {
            self.fill()?;
        }
        let n = (self.text.len() - self.given).min(buffer.len());
        buffer[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}
