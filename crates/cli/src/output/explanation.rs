//! An explanation for people to read.

use std::io::{self, Write};

use yuyi::{Explanation, WordWeight};

use crate::messages;

const LEGEND: &str = "%: share of the score that is lost without the word. ~: words that the model reads as alike in their sentences, from 0.3 to 1.";

/// Writes the words of both sentences with their weights, what goes together, the notes, and how to read all that.
pub fn write(out: &mut impl Write, explanation: &Explanation) -> io::Result<()> {
    writeln!(out, "A  {}", words(&explanation.a))?;
    writeln!(out, "B  {}", words(&explanation.b))?;
    for link in &explanation.links {
        let (a, b) = (&explanation.a[link.a].text, &explanation.b[link.b].text);
        writeln!(out, "   {a} ~ {b}  {:.2}", link.cosine)?;
    }
    if explanation.links.is_empty() {
        let none = messages::told("No word of A goes clearly with one of B.");
        writeln!(out, "   {none}")?;
    }
    for note in &explanation.notes {
        writeln!(out, "!  {}", messages::told(&note.message))?;
    }
    writeln!(out, "   {}", messages::told(LEGEND))
}

/// Words of a text that fits on a screen; of a longer one only those that count are shown.
const FEW_WORDS: usize = 30;

/// A weight that is not shown as 0 %.
const SHOWN: f64 = 0.005;

fn words(words: &[WordWeight]) -> String {
    let shown = |word: &&WordWeight| words.len() <= FEW_WORDS || word.weight >= SHOWN;
    let word = |word: &WordWeight| format!("{} {:.0}%", word.text, word.weight * 100.0);
    let all: Vec<String> = words.iter().filter(shown).map(word).collect();
    match words.len() - all.len() {
        0 if words.is_empty() => messages::told("(no words)").into_owned(),
        0 => all.join("  "),
        rest => {
            let shown = format!("{}  (and {rest} words of 0%)", all.join("  "));
            messages::told(&shown).into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi::{Link, Note, NoteKind, Unknown};

    #[test]
    fn is_read_from_top_to_bottom() {
        let word = |text: &str, weight| WordWeight {
            text: text.into(),
            start: 0,
            end: 1,
            weight,
        };
        let explanation = Explanation {
            a: vec![word("不能", 0.254), word("退货", 0.746)],
            b: vec![word("退货", 1.0)],
            links: vec![Link {
                a: 1,
                b: 0,
                cosine: 0.9149,
            }],
            unknown: Unknown { a: 0.0, b: 0.0 },
            notes: vec![Note {
                kind: NoteKind::Negation,
                message: "Only A negates: 不能.".into(),
                a: vec!["不能".into()],
                b: Vec::new(),
            }],
        };
        let mut out = Vec::new();
        write(&mut out, &explanation).unwrap();
        let words = "A  不能 25%  退货 75%\nB  退货 100%\n";
        let negates = "!  Only A negates: 不能.\n";
        let expected = format!("{words}   退货 ~ 退货  0.91\n{negates}   {LEGEND}\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let unlinked = Explanation {
            links: Vec::new(),
            ..explanation
        };
        let mut out = Vec::new();
        write(&mut out, &unlinked).unwrap();
        let none = "   No word of A goes clearly with one of B.\n";
        let expected = format!("{words}{none}{negates}   {LEGEND}\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
