//! Whether a first row is a header by its shape: names are short, are no sentences, and are not what stands below them.

use super::super::{label, names};

/// Rows below the first that tell by their length.
const ROWS: usize = 3;

/// Letters of a name at most.
const NAME: usize = 20;

/// Width of a text at least that a single letter above it is the name of.
const TEXT: usize = 4;

/// What names do not have, and sentences do.
const SENTENCE: &str = "。？！，；、…?!;,我你您他她它吗呢吧啊呀么什谁哪怎咋";

/// Whether the only cell of the first record is far shorter than the texts below.
pub(super) fn is_short(first: &[(u64, Vec<String>)]) -> bool {
    only(first).is_some_and(|column| is_name(column.name) && column.is_short())
}

/// Whether the only cell of the first record is in ASCII and shorter than the texts below, which are not.
pub(super) fn is_shorter_in_ascii(first: &[(u64, Vec<String>)]) -> bool {
    only(first).is_some_and(|column| {
        let is_shorter = column.lengths.first() > Some(&width(column.name));
        column.lengths.len() >= ROWS && column.is_in_ascii() && is_shorter
    })
}

/// The column of the only cell of the first record, unless it stands below, too.
fn only(first: &[(u64, Vec<String>)]) -> Option<Column<'_>> {
    let [(_, names), below @ ..] = first else {
        return None;
    };
    let place = names.iter().position(|name| !name.trim().is_empty())?;
    let column = Column::of(&names[place], below, place);
    (!column.is_repeated).then_some(column)
}

/// Whether the first of these records, each with its line, is a header by its shape alone.
pub(super) fn is_header(first: &[(u64, Vec<String>)]) -> bool {
    let [(_, names), below @ ..] = first else {
        return false;
    };
    let filled: Vec<usize> = (0..names.len())
        .filter(|&i| !names[i].trim().is_empty())
        .collect();
    let is_name = |i: &usize| is_name(&names[*i]);
    if below.is_empty() || filled.len() < 2 || !filled.iter().all(is_name) {
        return false;
    }
    let columns = filled.iter().map(|&i| Column::of(&names[i], below, i));
    let columns: Vec<Column> = columns.collect();
    let texts: Vec<&Column> = columns
        .iter()
        .filter(|column| !column.is_of_numbers)
        .collect();
    let is_repeated = columns.iter().any(|column| column.is_repeated);
    let are = texts.iter().all(|column| column.is_letter())
        || texts.iter().all(|column| column.is_in_ascii())
        || texts.iter().all(|column| column.is_short());
    texts.len() > 1 && !is_repeated && are
}

/// How wide a text is: a Chinese character says as much as two letters.
fn width(text: &str) -> usize {
    text.chars().map(|c| 1 + usize::from(!c.is_ascii())).sum()
}

fn is_name(cell: &str) -> bool {
    let words = cell.split_whitespace().count();
    let cell = names::plain(cell);
    let is_sentence = cell.contains(|c| SENTENCE.contains(c)) || cell.ends_with('了');
    let begins = cell.chars().next().is_some_and(char::is_alphabetic);
    begins && !is_sentence && cell.chars().count() <= NAME && words <= 3
}

/// A column with a name above it, perhaps.
struct Column<'a> {
    name: &'a str,
    /// Widths of the cells below that are not blank, the smallest first.
    lengths: Vec<usize>,
    /// All of those are numbers.
    is_of_numbers: bool,
    /// Nearly all of them have characters that are not ASCII.
    is_foreign: bool,
    /// The name stands below, too.
    is_repeated: bool,
}

impl<'a> Column<'a> {
    fn of(name: &'a str, below: &'a [(u64, Vec<String>)], place: usize) -> Self {
        let cells = below.iter().filter_map(|(_, cells)| cells.get(place));
        let cells = cells
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty());
        let cells: Vec<&str> = cells.collect();
        let mut lengths: Vec<usize> = cells.iter().map(|cell| width(cell)).collect();
        lengths.sort_unstable();
        let foreign = cells.iter().filter(|cell| !cell.is_ascii()).count();
        let is_number = |cell: &&str| label::number(cell).is_some();
        Self {
            name: name.trim(),
            lengths,
            is_of_numbers: !cells.is_empty() && cells.iter().all(is_number),
            is_foreign: !cells.is_empty() && 10 * foreign >= 9 * cells.len(),
            is_repeated: cells.contains(&name.trim()),
        }
    }

    /// `A` above texts.
    fn is_letter(&self) -> bool {
        let is_letter = self.name.len() == 1 && self.name.is_ascii();
        is_letter && self.lengths.first().is_some_and(|&least| least >= TEXT)
    }

    /// A name in ASCII above texts in Chinese.
    fn is_in_ascii(&self) -> bool {
        self.name.is_ascii() && self.is_foreign
    }

    /// A name that is far shorter than the texts.
    fn is_short(&self) -> bool {
        let letters = width(self.name);
        let (Some(&least), Some(&usual)) = (
            self.lengths.first(),
            self.lengths.get(self.lengths.len() / 2),
        ) else {
            return false;
        };
        self.lengths.len() >= ROWS && letters < least && 2 * letters <= usual
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::records;
    use super::*;

    fn is(text: &str) -> bool {
        is_header(&records(text))
    }

    #[test]
    fn names_are_shorter_and_other_than_what_is_below() {
        for header in [
            "x,y\n今天天气不错,今天天气很好\n",
            "A,B,C\nthe weather is fine,it is sunny,1\nhello there,good morning,0\n",
            "foo,bar\n怎么退货,能退货吗\n",
            "x,y\n一,二\n",
            "甲稿,乙稿\n今天天气真的不错,今天天气很好啊\n怎么申请退货退款,能不能退货呢\n如何开具发票,怎么开发票\n",
            "mine,yours\nthe weather is fine,it is sunny today\nhow to return it,can I send it back\nwhere is it,where has it gone\n",
        ] {
            assert!(is(header), "{header}");
        }
        for data in [
            "",
            "x,y\n",
            "a,b\nc,d\n",
            "你好,再见\n今天天气不错,今天天气很好\n",
            "怎么退货,能退吗\n今天天气真的不错,今天天气真的很好\n怎么申请退货退款,能不能申请退货\n如何开具发票呢,怎么开一张发票\n",
            "hello,hi\nfine weather,good weather\n",
            "退货,换货\n开票,发票\n物流,快递\n价格,多少钱\n",
            "1,2\n今天天气不错,今天天气很好\n",
        ] {
            assert!(!is(data), "{data}");
        }
    }
}
