//! Whether a first row is a header though it names none of the wanted columns: by words that are known, by what stands below, or by the
//! numbers that pandas gives to columns without names.

use super::super::{label, names};
use super::shape;

/// Rows below that tell.
const ROWS: usize = 3;

/// What a row says of its columns, in sentences, and texts hardly.
#[rustfmt::skip]
const ON_COLUMNS: &[&str] = &[
    "标准问", "标准答案", "标准话术", "相似问", "句子", "文本", "语句", "问句", "问法", "话术", "原话", "原文", "译文", "提问", "表述", "说法", "怎么问的",
    "如何问的", "用户问", "客户问", "标注", "faq", "the user", "the customer", "customer utterance", "utterance", "paraphrase", "annotator",
    "sentence", "standard question", "original text", "reference text",
];

/// What people write to try a program, and names are not.
const GREETINGS: &[&str] = &[
    "hi", "hello", "hey", "ok", "okay", "yes", "no", "thanks", "bye", "test", "sorry", "good",
];

/// Whether the first of these records, each with its line, looks like a header.
pub(super) fn is_header(first: &[(u64, Vec<String>)]) -> bool {
    let [(_, cells), below @ ..] = first else {
        return false;
    };
    is_of_names(first)
        || is_counted(cells, below)
        || is_alone(first)
        || is_in_another_script(cells, below)
        || is_on_columns(cells, below)
}

/// The columns of a row that are not blank.
fn filled(cells: &[String]) -> Vec<usize> {
    let places = 0..cells.len();
    places.filter(|&i| !cells[i].trim().is_empty()).collect()
}

/// Whether the cells are 0, 1, 2 and so on above texts, as pandas numbers columns; the first may be blank, above numbers of rows.
fn is_counted(cells: &[String], below: &[(u64, Vec<String>)]) -> bool {
    let columns = filled(cells);
    let is_in_order = |(i, &place): (usize, &usize)| cells[place].trim() == i.to_string();
    let is_text = |cell: &String| !cell.trim().is_empty() && label::number(cell).is_none();
    let is_of_texts = |&place: &usize| {
        let mut cells = below.iter().map(|(_, cells)| cells.get(place));
        cells.all(|cell| cell.is_some_and(is_text))
    };
    !below.is_empty()
        && columns.iter().enumerate().all(is_in_order)
        && columns.iter().any(is_of_texts)
}

/// Whether the only cell is the name of a column, and shorter than the texts below.
fn is_alone(first: &[(u64, Vec<String>)]) -> bool {
    let cells = &first[0].1;
    let [place] = filled(cells)[..] else {
        return false;
    };
    let (cell, name) = (cells[place].trim(), names::plain(&cells[place]));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_identifier = cell.starts_with(|c: char| c.is_ascii_alphabetic())
        && cell.chars().all(is_word)
        && !GREETINGS.contains(&name.as_str());
    let is_known = names::is_known(&name) || names::is_vague(&name);
    // One letter may be a text of somebody who tries the program.
    name.chars().count() > 1
        && (is_known && shape::is_short(first)
            || is_identifier && shape::is_shorter_in_ascii(first))
}

fn is_foreign(cell: Option<&String>) -> bool {
    cell.is_some_and(|cell| !cell.is_ascii() && label::number(cell).is_none())
}

/// Whether all of several cells are words in ASCII, and below are none, but for numbers.
fn is_in_another_script(cells: &[String], below: &[(u64, Vec<String>)]) -> bool {
    let columns = filled(cells);
    let is_of_words =
        |&i: &usize| cells[i].is_ascii() && cells[i].contains(|c: char| c.is_ascii_alphabetic());
    let is_other = |i: &&usize| below.iter().all(|(_, cells)| is_foreign(cells.get(**i)));
    let is_number = |i: &&usize| {
        let mut cells = below.iter().map(|(_, cells)| cells.get(**i));
        cells.all(|cell| cell.is_some_and(|cell| label::number(cell).is_some()))
    };
    let others = columns.iter().filter(is_other).count();
    let numbers = columns.iter().filter(is_number).count();
    below.len() >= ROWS
        && others > 1
        && others + numbers == columns.len()
        && columns.iter().all(is_of_words)
}

/// Whether all texts of the row speak of columns, and hardly any below does: "What did the user ask?", 标准问题是什么？
fn is_on_columns(cells: &[String], below: &[(u64, Vec<String>)]) -> bool {
    let is_on = |cell: &String| {
        let cell = cell.to_lowercase();
        ON_COLUMNS.iter().any(|words| cell.contains(words))
    };
    let columns = filled(cells);
    let rows = below.iter().filter(|(_, cells)| cells.iter().any(is_on));
    columns.len() > 1
        && below.len() > 1
        && columns.iter().take(2).all(|&i| is_on(&cells[i]))
        && 3 * rows.count() <= below.len()
}

/// Whether the first record is a header that names none of the wanted columns: every cell is written as the name of a column
/// is, and the names, or the numbers below them, tell it.
fn is_of_names(first: &[(u64, Vec<String>)]) -> bool {
    let cells = &first[0].1;
    let names: Vec<String> = cells.iter().map(|cell| names::plain(cell)).collect();
    let is_number = |cell: &str| label::number(cell).is_some();
    // Without what stands in brackets, as in 内容（必填，最长 4096 个字符）.
    let is_name = |name: &String| {
        let letters = name.chars().count();
        letters <= 20 && !is_number(name) && !name.contains(['。', '？', '！', '，', '?', '!'])
    };
    let filled = names.iter().filter(|name| !name.is_empty()).count();
    if filled < 2 || !names.iter().all(is_name) {
        return false;
    }
    let ascii = |cell: &String| {
        cell.trim()
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c))
    };
    // One letter may be a text of somebody who tries the program.
    let is_known = |name: &&String| name.len() > 1 && names::is_known(name);
    let known = names.iter().filter(is_known).count();
    // A `no` is the number of a row or the label of a pair.
    let is_label = |cell: &str| label::read(cell).is_some();
    let is_of_no_text =
        |(cell, name): (&String, &String)| names::is_of_no_text(name) && !is_label(cell);
    known >= 2
        || known == 1 && cells.iter().all(ascii)
        || cells.iter().zip(&names).any(is_of_no_text)
        || names.iter().any(|name| names::is_compound(name))
        || names::is_like_a_pair(&names)
        || is_above_numbers(first)
}

/// Whether all rows below, at least two, have a number in a column in which the first has a word.
fn is_above_numbers(first: &[(u64, Vec<String>)]) -> bool {
    let [(_, cells), below @ ..] = first else {
        return false;
    };
    let number = |cell: Option<&String>| cell.is_some_and(|cell| label::number(cell).is_some());
    let is_column = |i: usize| below.iter().all(|(_, cells)| number(cells.get(i)));
    below.len() > 1 && (0..cells.len()).any(|i| !cells[i].trim().is_empty() && is_column(i))
}

#[cfg(test)]
mod tests {
    use super::super::test_support::records;
    use super::*;

    fn is(text: &str) -> bool {
        is_header(&records(text))
    }

    const PAIRS: &str = "怎么退货,如何退款退货\n发票怎么开,是否支持开具发票\n今天天气真不错,外面阳光明媚\n几天能到货,下单后多久能收到\n";

    #[test]
    fn headers_of_pairs() {
        for header in [
            "0,1",
            "Original customer utterance,Paraphrase by annotator",
            "What did the user ask?,What is the FAQ?",
            "用户是怎么问的？,标准问题是什么？",
            "Say it as a customer would,Say it as we would",
        ] {
            assert!(is(&format!("{header}\n{PAIRS}")), "{header}");
        }
        let english = "What did the user ask?,What is the FAQ?\nwhere is my parcel,how to track it\ncan I return it,what is your return policy\n";
        assert!(is(english));
        assert!(is("0,1,2\n今天,明天,1\n外面,里面,0\n"));
        assert!(is(",0,1\n0,今天,明天\n1,外面,里面\n"));
    }

    #[test]
    fn headers_of_texts() {
        let texts = "怎么申请退货\n发票怎么开\n今天天气真不错\n几天能到货\n";
        for header in [
            "0",
            "name",
            "col1",
            "备注",
            "category",
            "Unnamed_0",
            "feedback",
        ] {
            assert!(is(&format!("{header}\n{texts}")), "{header}");
        }
        assert!(is(",0\n0,怎么申请退货\n1,发票怎么开\n"));
        assert!(is(
            "name\nwhere is my parcel\ncan I return it\nthank you very much\n"
        ));
    }

    #[test]
    fn ordinary_rows_are_none() {
        for data in [
            "",
            "0\n",
            "0\n1\n2\n",
            "0,1\n2,3\n",
            "1,2\n怎么退货,如何退款\n",
            "退货\n怎么申请退货\n发票怎么开\n今天天气真不错\n",
            "hello\n怎么申请退货\n发票怎么开\n今天天气真不错\n",
            "类型\n时间\n结果\n备注\n",
            "ok\n好的\n可以\n行吧\n",
            "good morning\nwhere is my parcel\ncan I return it\nthank you\n",
            "用户怎么注册,怎么注册用户\n发票怎么开,是否支持开具发票\n几天到,多久到\n",
            "How are you,How do you do\n怎么退货,如何退款\nfine weather,good weather\n几天到,多久到\n",
            "这个句子怎么翻译,这句话怎么翻\n怎么退货,如何退款\n几天到,多久到\n",
            "这个句子怎么翻译,翻译一下这个句子\n文本怎么导出,如何导出文本\n几天到,多久到\n",
            PAIRS,
        ] {
            assert!(!is(data), "{data}");
        }
    }
}
