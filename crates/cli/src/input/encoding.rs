//! How a file writes its characters: UTF-8, UTF-16 or GB18030.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{
    CoderResult, Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE,
};

/// Bytes that are read, and decoded, at a time.
const BLOCK: usize = 1 << 14;

/// Of the characters of two bytes in GB18030, at least this share has both bytes above 0xA0: those of everyday text do, and
/// those of other encodings, such as Big5, do not.
const EVERYDAY: f64 = 0.7;

/// Of the bytes of UTF-16, at least this share is 0 where nothing else tells that it is UTF-16.
const ZEROES: f64 = 0.01;

/// The same where all others are ASCII, of which a half would be 0.
const ZEROES_OF_ASCII: f64 = 0.4;

/// What is known of bytes before they are read as text.
pub(super) struct Survey {
    head: Vec<u8>,
    utf8: Trial,
    gb18030: Trial,
    /// Characters of two bytes above 0x7F, by whether the second is as in everyday Chinese text.
    pairs: [u64; 2],
    /// The first byte of such a character, whose second is in the next block.
    first_of_pair: bool,
    line_ends: u64,
    last: u8,
}

impl Survey {
    fn new() -> Self {
        Self {
            head: Vec::new(),
            utf8: Trial::new(UTF_8),
            gb18030: Trial::new(GB18030),
            pairs: [0, 0],
            first_of_pair: false,
            line_ends: 0,
            last: b'\n',
        }
    }

    /// Reads everything.
    pub(super) fn of(mut reader: impl Read) -> io::Result<Self> {
        let mut survey = Self::new();
        let mut block = vec![0; BLOCK];
        loop {
            let n = reader.read(&mut block)?;
            survey.see(&block[..n], n == 0);
            if n == 0 {
                return Ok(survey);
            }
        }
    }

    /// Looks at the start of what cannot be read twice.
    pub(super) fn of_head(head: &[u8]) -> Self {
        let mut survey = Self::new();
        survey.see(head, false);
        survey
    }

    fn see(&mut self, bytes: &[u8], last: bool) {
        let room = BLOCK.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.utf8.see(bytes, last);
        self.gb18030.see(bytes, last);
        for &byte in bytes {
            self.line_ends += u64::from(byte == b'\n' || self.last == b'\r');
            self.last = byte;
            if self.first_of_pair {
                self.pairs[usize::from(byte > 0xA0)] += 1;
            }
            self.first_of_pair = !self.first_of_pair && byte > 0x80;
        }
    }

    /// How many lines there seem to be.
    pub(super) fn lines(&self) -> u64 {
        self.line_ends + u64::from(self.last != b'\n')
    }

    /// The encoding; UTF-8 where the bytes are none that is known, so that its reader complains of the line.
    pub(super) fn encoding(&self) -> &'static Encoding {
        if let Some((marked, _)) = Encoding::for_bom(&self.head) {
            return marked;
        }
        if let Some(wide) = self.utf16() {
            return wide;
        }
        let everyday = self.pairs[1] as f64 >= EVERYDAY * (self.pairs[0] + self.pairs[1]) as f64;
        let is_other = self.utf8.bad > 0 && self.utf8.bad >= self.utf8.good;
        match is_other && self.gb18030.bad == 0 && everyday {
            true => GB18030,
            false => UTF_8,
        }
    }

    /// UTF-16 without a mark: the upper halves of its tabs, digits and line ends are bytes of 0. Good UTF-8 may hold some of them, too.
    fn utf16(&self) -> Option<&'static Encoding> {
        let least = match (self.utf8.bad, self.utf8.good) {
            (0, 0) => ZEROES_OF_ASCII,
            (0, _) => return None,
            _ => ZEROES,
        };
        let zeroes = |odd: usize| {
            let half = self.head.iter().skip(odd).step_by(2);
            half.filter(|&&byte| byte == 0).count()
        };
        let enough = |n: usize| n as f64 > least * self.head.len() as f64;
        match (zeroes(0), zeroes(1)) {
            (0, low) if enough(low) => Some(UTF_16LE),
            (high, 0) if enough(high) => Some(UTF_16BE),
            _ => None,
        }
    }
}

/// Bytes read as if they were in one encoding.
struct Trial {
    decoder: Decoder,
    /// Characters that are not ASCII.
    good: u64,
    bad: u64,
}

impl Trial {
    fn new(encoding: &'static Encoding) -> Self {
        Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            good: 0,
            bad: 0,
        }
    }

    fn see(&mut self, mut bytes: &[u8], last: bool) {
        let mut text = [0; 1 << 12];
        loop {
            let (result, read, written) = self
                .decoder
                .decode_to_utf8_without_replacement(bytes, &mut text, last);
            let begins = |byte: &&u8| **byte >= 0xC0;
            self.good += text[..written].iter().filter(begins).count() as u64;
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.bad += 1,
            }
        }
    }
}

/// The text of `reader` in UTF-8.
pub(super) fn decoded(
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
    }))
}

struct Decoded<R> {
    inner: BufReader<R>,
    decoder: Decoder,
    /// Decoded, and handed on up to `given`.
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Decoded<R> {
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
            (self.text, self.given, self.ended) = (Vec::new(), 0, true);
            let name = self.decoder.encoding().name();
            let told = format!("it is not {name} all through");
            return Err(io::Error::new(io::ErrorKind::InvalidData, told));
        }
        self.inner.consume(read);
        self.text.truncate(written);
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.fill()?;
        }
        let n = (self.text.len() - self.given).min(buffer.len());
        buffer[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "句子1\t句子2\r\n今天天气不错\t今天天气很好\r\n";

    fn read(bytes: &'static [u8]) -> (&'static str, String) {
        let encoding = Survey::of(bytes).unwrap().encoding();
        let mut text = String::new();
        decoded(bytes, encoding).read_to_string(&mut text).unwrap();
        (encoding.name(), text)
    }

    fn leaked(bytes: Vec<u8>) -> &'static [u8] {
        Vec::leak(bytes)
    }

    #[test]
    fn what_programs_write_is_known() {
        assert_eq!(read(TEXT.as_bytes()), ("UTF-8", TEXT.into()));
        let gb = leaked(GB18030.encode(TEXT).0.into_owned());
        assert_eq!(read(gb), ("gb18030", TEXT.into()));
        let wide = |mark: &[u16], big: bool| {
            let units = mark.iter().copied().chain(TEXT.encode_utf16());
            let bytes = units.flat_map(|unit| match big {
                true => unit.to_be_bytes(),
                false => unit.to_le_bytes(),
            });
            leaked(bytes.collect())
        };
        assert_eq!(read(wide(&[0xFEFF], false)), ("UTF-16LE", TEXT.into()));
        assert_eq!(read(wide(&[0xFEFF], true)), ("UTF-16BE", TEXT.into()));
        assert_eq!(read(wide(&[], false)), ("UTF-16LE", TEXT.into()));
        assert_eq!(read(wide(&[], true)), ("UTF-16BE", TEXT.into()));
        let ascii = leaked(
            "a\tb\r\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        );
        assert_eq!(read(ascii), ("UTF-16LE", "a\tb\r\n".into()));
    }

    #[test]
    fn good_utf8_with_bytes_of_zero_is_utf8() {
        for text in [
            "订单123\0已发货\n明天到\n",
            "s1,s2\n怎\0么,如何\n",
            "order\0 one shipped\nhello there you \n",
        ] {
            assert_eq!(read(text.as_bytes()), ("UTF-8", text.into()));
        }
    }

    #[test]
    fn what_is_broken_is_an_error_each_time() {
        let cut = b"\xff\xfes\x001\x00,\x00s\x002\x00\n\x00a\x00,\x00b";
        let mut reader = decoded(&cut[..], UTF_16LE);
        let mut line = String::new();
        while let Ok(n) = reader.read_line(&mut line) {
            assert!(n > 0, "the end came without an error");
        }
        let _ = reader.read_line(&mut line);
    }

    #[test]
    fn a_long_file_is_decoded_across_blocks() {
        let text = format!("x{}", "很长的一行字\n".repeat(20_000));
        let bytes = leaked(GB18030.encode(&text).0.into_owned());
        assert_eq!(read(bytes), ("gb18030", text));
    }

    #[test]
    fn others_are_not_taken_for_it() {
        let is_utf8 = |bytes: &[u8]| Survey::of(bytes).unwrap().encoding() == UTF_8;
        let mut broken = TEXT.repeat(3).into_bytes();
        broken[40] = 0xFF;
        assert!(is_utf8(&broken));
        let big5 = encoding_rs::BIG5
            .encode("今天天氣真的很好我們去公園散步吧")
            .0;
        assert!(is_utf8(&big5));
    }

    #[test]
    fn lines_are_counted_by_any_end() {
        let lines = |text: &str| Survey::of(text.as_bytes()).unwrap().lines();
        assert_eq!((lines(""), lines("a"), lines("a\n")), (0, 1, 1));
        assert_eq!((lines("a\rb\rc"), lines("a\rb\n")), (3, 2));
    }
}
