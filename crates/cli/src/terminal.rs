//! What goes to a terminal: names of files and texts as they are, but nothing in them that would move its cursor, change its colours
//! or answer for its user. What goes to a file or a pipe stays as it is.

use std::fmt;
use std::io::{self, IsTerminal, Stdout, StdoutLock, Write};

use crate::messages;

/// Standard output, for results of several lines.
pub fn stdout() -> Screen<StdoutLock<'static>> {
    Screen::new(io::stdout().lock())
}

/// Standard output, without holding on to it.
pub fn shared_stdout() -> Screen<Stdout> {
    Screen::new(io::stdout())
}

/// Says something on standard error in the language of the user, as `remark!` does.
pub fn say(text: fmt::Arguments<'_>) {
    print(&messages::told(&text.to_string()));
}

/// Writes a line to standard error, behind the name of the program.
pub fn print(text: &str) {
    let mut out = Screen::new(io::stderr().lock());
    // Whoever has closed standard error does not want to know.
    let _ = writeln!(out, "yuyi: {text}");
}

/// What says yes to a question, in either language.
const YES: [&str; 5] = ["y", "yes", "是", "是的", "确定"];

/// Asks a question on the terminal, in the language of the user; whether the answer is yes.
///
/// # Errors
/// When the terminal is gone.
pub fn ask(question: &str) -> io::Result<bool> {
    let mut err = io::stderr().lock();
    write!(err, "{} ", escaped(&messages::told(question)))?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    let answer = answer.trim().to_lowercase();
    Ok(YES.contains(&answer.as_str()))
}

/// A text as a cell of a line, which tabs and line breaks would end.
pub fn in_one_line(text: impl AsRef<str>) -> String {
    text.as_ref().replace(['\n', '\r', '\t'], " ")
}

/// A text with its control characters as a terminal is shown them.
pub fn escaped(text: &str) -> String {
    let characters = text.chars().map(|c| match c.is_control() {
        true => format!("\\u{{{:x}}}", u32::from(c)),
        false => c.to_string(),
    });
    characters.collect()
}

/// Says something on standard error, behind the name of the program and in the language of the user.
macro_rules! remark {
    ($($part:tt)*) => {
        $crate::terminal::say(format_args!($($part)*))
    };
}
pub(crate) use remark;

/// A writer that escapes control characters where it writes to a terminal.
pub struct Screen<W> {
    out: W,
    escapes: bool,
    /// The first byte of a character that may be a control character.
    begun: bool,
}

/// The first byte of U+0080 to U+00BF in UTF-8, of which the first half are control characters.
const BEGIN: u8 = 0xC2;

impl<W: Write + IsTerminal> Screen<W> {
    fn new(out: W) -> Self {
        let escapes = out.is_terminal();
        Self {
            out,
            escapes,
            begun: false,
        }
    }
}

impl<W: Write> Screen<W> {
    fn escaped(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut escaped = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            match (std::mem::take(&mut self.begun), byte) {
                (true, 0x80..=0x9F) => escaped.extend(format!("\\u{{{byte:x}}}").bytes()),
                (true, _) => escaped.extend([BEGIN, byte]),
                (false, BEGIN) => self.begun = true,
                (false, b'\n' | b'\t') => escaped.push(byte),
                (false, 0..0x20 | 0x7F) => escaped.extend(format!("\\u{{{byte:x}}}").bytes()),
                (false, _) => escaped.push(byte),
            }
        }
        escaped
    }
}

impl<W: Write> Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.escapes {
            return self.out.write(bytes);
        }
        let escaped = self.escaped(bytes);
        self.out.write_all(&escaped).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[&[u8]]) -> String {
        let mut screen = Screen {
            out: Vec::new(),
            escapes: true,
            begun: false,
        };
        for part in parts {
            screen.write_all(part).unwrap();
        }
        String::from_utf8(screen.out).unwrap()
    }

    #[test]
    fn control_characters_are_escaped_and_all_others_stay() {
        for (text, expected) in [
            ("句子\t一\n", "句子\t一\n"),
            (
                "\u{1b}[2J\u{7}\u{7f}\r\n",
                "\\u{1b}[2J\\u{7}\\u{7f}\\u{d}\n",
            ),
            (
                "\u{9b}31m\u{a0}\u{e9}\u{80}",
                "\\u{9b}31m\u{a0}\u{e9}\\u{80}",
            ),
        ] {
            assert_eq!(shown(&[text.as_bytes()]), expected, "{text:?}");
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(shown(&bytes), expected, "{text:?}, a byte at a time");
        }
    }

    #[test]
    fn files_get_what_is_written() {
        let mut screen = Screen {
            out: Vec::new(),
            escapes: false,
            begun: false,
        };
        screen.write_all(b"\x1b[31m").unwrap();
        assert_eq!(screen.out, b"\x1b[31m");
    }
}
