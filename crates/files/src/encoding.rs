//! How a file writes its characters: UTF-8, UTF-16, GB18030 or Big5. Others are told by their names.

mod decoded;
mod narrow;
mod ordinary;
mod wide;

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};

pub(super) use self::decoded::decoded;

/// Bytes that are read, and decoded, at a time.
const BLOCK: usize = 1 << 14;

/// How a file writes its characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Writing {
    /// In an encoding that is read.
    In(&'static Encoding),
    /// In one of this name, which is not.
    Other(&'static str),
}

/// What is known of bytes before they are read as text.
pub(super) struct Survey {
    /// The first bytes.
    head: Vec<u8>,
    /// Those from the first on that is not ASCII.
    sample: Vec<u8>,
    bytes: u64,
    utf8: Trial,
    gb18030: Trial,
    feeds: u64,
    returns: u64,
    last: u8,
}

impl Survey {
    fn new() -> Self {
        Self {
            head: Vec::new(),
            sample: Vec::new(),
            bytes: 0,
            utf8: Trial::new(UTF_8),
            gb18030: Trial::new(GB18030),
            feeds: 0,
            returns: 0,
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
        let room = |kept: &[u8]| BLOCK.saturating_sub(kept.len());
        self.head.extend(bytes.iter().take(room(&self.head)));
        let ascii = match self.sample.is_empty() {
            true => bytes.iter().take_while(|byte| byte.is_ascii()).count(),
            false => 0,
        };
        self.sample
            .extend(bytes[ascii..].iter().take(room(&self.sample)));
        self.bytes += bytes.len() as u64;
        self.utf8.see(bytes, last);
        self.gb18030.see(bytes, last);
        for &byte in bytes {
            self.feeds += u64::from(byte == b'\n');
            self.returns += u64::from(byte == b'\r');
            self.last = byte;
        }
    }

    /// How many lines there seem to be, which end in LF or, in a file without any, in CR.
    pub(super) fn lines(&self) -> u64 {
        let (ends, end) = match self.feeds {
            0 => (self.returns, b'\r'),
            feeds => (feeds, b'\n'),
        };
        ends + u64::from(self.bytes > 0 && self.last != end)
    }

    /// The encoding; UTF-8 where the bytes are none that is known, so that its reader complains of the line.
    pub(super) fn writing(&self) -> Writing {
        if let Some(marked) = marked(&self.head) {
            return marked;
        }
        if wide::is_of_four_bytes(&self.head) {
            return Writing::Other("UTF-32");
        }
        if let Some(wide) = self.wide() {
            return Writing::In(wide);
        }
        let is_utf8 = self.utf8.bad == 0 || self.utf8.bad < self.utf8.good;
        let narrow = || narrow::of(&self.sample, self.gb18030.bad == 0);
        (!is_utf8)
            .then(narrow)
            .flatten()
            .unwrap_or(Writing::In(UTF_8))
    }

    /// UTF-16 without a mark. Good UTF-8 may hold bytes of 0, too.
    fn wide(&self) -> Option<&'static Encoding> {
        if self.bytes % 2 == 1 {
            return None;
        }
        match (self.utf8.bad, self.utf8.good) {
            (0, 0) => wide::of(&self.head, true),
            (0, _) => None,
            _ => wide::of(&self.head, false),
        }
    }
}

/// What to do about a text in another encoding, to stand behind the name of its file.
pub(super) fn unread(encoding: &str) -> String {
    format!(
        "it seems to be written in {encoding}, which is not read. Save it as UTF-8, or convert it: iconv -f {encoding} -t UTF-8 OLD > NEW"
    )
}

/// What a mark at the begin tells.
fn marked(head: &[u8]) -> Option<Writing> {
    if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
        return Some(Writing::Other("UTF-32"));
    }
    Encoding::for_bom(head).map(|(encoding, _)| Writing::In(encoding))
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

#[cfg(test)]
mod tests {
    use std::io::BufRead;

    use encoding_rs::{BIG5, EUC_JP, EUC_KR, SHIFT_JIS, UTF_16LE};

    use super::*;

    const TEXT: &str = "句子1\t句子2\r\n今天天气不错\t今天天气很好\r\n";

    fn read(bytes: &'static [u8]) -> (&'static str, String) {
        let Writing::In(encoding) = Survey::of(bytes).unwrap().writing() else {
            panic!("not read");
        };
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
    fn what_is_broken_stays_utf8() {
        let mut broken = TEXT.repeat(3).into_bytes();
        broken[40] = 0xFF;
        let writing = |bytes: &[u8]| Survey::of(bytes).unwrap().writing();
        assert_eq!(writing(&broken), Writing::In(UTF_8));
        // Windows-1252: nothing that is read.
        let western = b"s1,s2\nIt\x92s \x93fine\x94,caf\xe9 au lait\n";
        assert_eq!(writing(western), Writing::In(UTF_8));
    }

    /// Characters whose lower byte is 0, such as 一 and 退, are as good as others.
    #[test]
    fn wide_characters_that_end_in_zero() {
        for text in [
            "一\t退\n",
            "一个退货\t退款一次\r\n一\t一\r\n",
            "一,不\n下,丁\n",
            "退货",
        ] {
            for big in [false, true] {
                let bytes = text.encode_utf16().flat_map(|unit| match big {
                    true => unit.to_be_bytes(),
                    false => unit.to_le_bytes(),
                });
                let name = if big { "UTF-16BE" } else { "UTF-16LE" };
                let bytes = leaked(bytes.collect());
                assert_eq!(read(bytes), (name, text.into()), "{text:?}");
            }
        }
    }

    #[test]
    fn big5_is_read_and_others_are_named() {
        let text =
            "問題1,問題2\n今天天氣真的很好,我們去公園散步吧\n信用卡遺失要怎麼辦,如何申請補發\n";
        let big5 = leaked(BIG5.encode(text).0.into_owned());
        assert_eq!(read(big5), ("Big5", text.into()));
        let korean = "오늘 날씨가 정말 좋네요,환불은 어떻게 하나요\n";
        let japanese = "今日は天気がとても良いですね,返品はどうすればいいですか\n";
        for (text, encoding) in [(korean, EUC_KR), (japanese, SHIFT_JIS), (japanese, EUC_JP)] {
            let bytes = encoding.encode(text).0;
            let writing = Survey::of(&*bytes).unwrap().writing();
            assert_eq!(writing, Writing::Other(encoding.name()));
        }
        let korean = EUC_KR.encode("안녕,네\n").0;
        let writing = Survey::of(&*korean).unwrap().writing();
        assert_eq!(writing, Writing::Other("EUC-KR"));
        for (mark, big) in [(b"\xff\xfe\0\0", false), (b"\0\0\xfe\xff", true)] {
            let units = TEXT.chars().flat_map(|c| match big {
                true => u32::from(c).to_be_bytes(),
                false => u32::from(c).to_le_bytes(),
            });
            let bare: Vec<u8> = units.collect();
            let bytes: Vec<u8> = mark.iter().copied().chain(bare.iter().copied()).collect();
            for bytes in [bytes, bare] {
                let writing = Survey::of(&*bytes).unwrap().writing();
                assert_eq!(writing, Writing::Other("UTF-32"));
            }
        }
    }

    /// Texts of few characters, without a mark, and what only looks like them.
    #[test]
    fn characters_of_four_bytes_are_known_without_a_mark() {
        for text in ["a,b\n", "退货", "一\n", "Where is my order?\n", "好的🙂\n"] {
            for big in [false, true] {
                let units = text.chars().flat_map(|c| match big {
                    true => u32::from(c).to_be_bytes(),
                    false => u32::from(c).to_le_bytes(),
                });
                let bytes: Vec<u8> = units.collect();
                let writing = Survey::of(&*bytes).unwrap().writing();
                assert_eq!(writing, Writing::Other("UTF-32"), "{text:?}");
            }
        }
        for bytes in [&b""[..], b"abcd", b"\0\0\0\0", "一二三四".as_bytes()] {
            let writing = Survey::of(bytes).unwrap().writing();
            assert_eq!(writing, Writing::In(UTF_8), "{bytes:?}");
        }
    }

    /// Chinese that begins far behind English, and traditional Chinese in GB18030.
    #[test]
    fn gb18030_is_known_by_its_words() {
        for text in [
            format!("{}今天天气不错\n", "plain English\n".repeat(4_000)),
            "我們去公園散步吧,今天天氣真的很好\n如何申請,信用卡補發\n".to_owned(),
            "退货\t换货\n".to_owned(),
            "好\t坏\n".to_owned(),
            "是,否\n对,错\n".to_owned(),
        ] {
            let bytes = leaked(GB18030.encode(&text).0.into_owned());
            assert_eq!(read(bytes), ("gb18030", text));
        }
    }

    #[test]
    fn lines_are_counted_by_any_end() {
        let lines = |text: &str| Survey::of(text.as_bytes()).unwrap().lines();
        assert_eq!((lines(""), lines("a"), lines("a\n")), (0, 1, 1));
        assert_eq!((lines("a\rb\rc"), lines("a\rb\r")), (3, 2));
        assert_eq!((lines("a\rb\n"), lines("a\r\nb\r\n")), (1, 2));
    }
}
