//! Watches how the lines of requests end. HTTP ends them with CR and LF; hyper takes an LF alone for an end as well and tells nobody. A program in
//! front that does not would see one line where there are two, such as a header that it was to check. So what comes is followed from head to
//! body to head, beside hyper and by its rules, and a line that ends otherwise makes the connection doubtful.

/// Bytes of a head: as many as hyper reads.
pub(super) const LONGEST: usize = 64 << 10;

/// How far the requests of a connection have come.
#[derive(Default)]
pub(super) struct LineEnds {
    at: At,
    /// Of a head or a line, what came of it.
    text: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum At {
    #[default]
    Head,
    /// A body or a chunk of so many bytes more, with what comes behind it.
    Data(u64, Behind),
    /// The line in front of a chunk.
    Size,
    /// The lines behind the last chunk.
    Trailer,
    /// Nobody knows where the next head begins: hyper refuses what came and closes.
    Lost,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Behind {
    Head,
    Size,
}

impl LineEnds {
    /// Goes through what came; whether a line ended with an LF alone.
    pub(super) fn are_doubtful(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() && self.at != At::Lost {
            if let At::Data(left, behind) = self.at {
                let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                bytes = &bytes[taken..];
                self.at = data(left - taken as u64, behind);
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |end| end + 1);
            self.text.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            match end {
                Some(_) if self.text.ends_with(b"\r\n") => self.end_line(),
                Some(_) => {
                    self.go_on_at(At::Lost);
                    return true;
                }
                None if self.text.len() > LONGEST => self.go_on_at(At::Lost),
                None => {}
            }
        }
        false
    }

    fn go_on_at(&mut self, next: At) {
        self.at = next;
        // A head may be long, and most connections send few.
        self.text = Vec::new();
    }

    fn end_line(&mut self) {
        let text = self.text.as_slice();
        let next = match self.at {
            // The rest of the head follows; what is empty in front of it is passed over.
            At::Head if text == b"\r\n" => At::Head,
            At::Head if !text.ends_with(b"\r\n\r\n") => return,
            At::Head => behind_head(text),
            At::Size => behind_size(text),
            At::Trailer if text == b"\r\n" => At::Head,
            other => other,
        };
        self.go_on_at(next);
    }
}

fn data(left: u64, behind: Behind) -> At {
    match (left, behind) {
        (0, Behind::Head) => At::Head,
        (0, Behind::Size) => At::Size,
        _ => At::Data(left, behind),
    }
}

/// What follows a head. One that says several things is refused by whoever answers it, and the connection closed.
fn behind_head(head: &[u8]) -> At {
    let mut length = 0;
    for line in head.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            return At::Size;
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            length = number(value, 10).unwrap_or(0);
        }
    }
    data(length, Behind::Head)
}

/// What follows the line in front of a chunk: the chunk and its end, or after the last one the trailer.
fn behind_size(line: &[u8]) -> At {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
    match number(digits.trim_ascii(), 16) {
        Some(0) => At::Trailer,
        Some(size) => data(size.saturating_add(2), Behind::Size),
        None => At::Lost,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).ok().filter(|_| plain)?;
    u64::from_str_radix(text, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\n";

    /// Whether they are doubtful, however the bytes are cut into pieces.
    fn are_doubtful(bytes: &str) -> bool {
        let mut whole = LineEnds::default();
        let found = whole.are_doubtful(bytes.as_bytes());
        for size in [1, 2, 3, 7] {
            let mut pieces = LineEnds::default();
            let mut any = false;
            for piece in bytes.as_bytes().chunks(size) {
                any |= pieces.are_doubtful(piece);
            }
            assert_eq!((any, pieces.at), (found, whole.at), "{bytes:?}");
        }
        found
    }

    #[test]
    fn lines_of_heads_and_of_chunks_end_with_both() {
        for sound in [
            String::new(),
            format!("{HEAD}\r\n{HEAD}\r\n"),
            format!("\r\n\r\n{HEAD}\r\n"),
            format!("{HEAD}Content-Length: 5\r\n\r\na\n\nb\n{HEAD}\r\n"),
            format!("{HEAD}Content-Length:  3 \r\n\r\n\n\r\n{HEAD}\r\n"),
            format!(
                "{HEAD}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\n\n\n\n\r\nA\r\n\n123456789\r\n0\r\nA: b\r\n\r\n{HEAD}\r\n"
            ),
            // A CR alone ends nothing.
            format!("{HEAD}A: b\rc\r\n\r\n"),
        ] {
            assert!(!are_doubtful(&sound), "{sound:?}");
        }
        for doubtful in [
            "\n".to_owned(),
            format!("\n{HEAD}\r\n"),
            "POST / HTTP/1.1\nHost: a\r\n\r\n".to_owned(),
            format!("{HEAD}A: b\nC: d\r\n\r\n"),
            format!("{HEAD}\n"),
            format!("{HEAD}\r\n{HEAD}A: b\n\r\n"),
            format!("{HEAD}Content-Length: 5\r\n\r\na\n\nb\n{HEAD}A: b\n\r\n"),
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n1\n"),
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\nA: b\n\r\n"),
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\n{HEAD}\n"),
        ] {
            assert!(are_doubtful(&doubtful), "{doubtful:?}");
        }
    }

    /// What hyper refuses itself is not followed, and a head without end takes no memory without end.
    #[test]
    fn what_is_lost_stays_lost() {
        for lost in [
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nx\r\n"),
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n+1\r\n"),
            format!("{HEAD}{}", "a".repeat(2 * LONGEST)),
        ] {
            let mut ends = LineEnds::default();
            assert!(!ends.are_doubtful(lost.as_bytes()));
            assert_eq!(ends.at, At::Lost, "{lost:.80}");
            assert!(!ends.are_doubtful(b"\n"));
        }
    }
}
