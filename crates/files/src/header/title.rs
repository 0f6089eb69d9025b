//! What stands above the header: a title, when and by whom the file was written, comments.

use anyhow::bail;

use super::super::{Columns, names};
use super::{Header, lower, named, shape};

/// Rows among which a header is looked for.
const ABOVE: usize = 10;

/// Fields of entries that tell a header, whatever else it names.
const FIELDS: usize = 3;

/// The first of the records, each with its line, that names the columns.
///
/// # Errors
/// When it is not clear which columns are meant, or rows of data stand above the header.
pub(super) fn find(
    first: &[(u64, Vec<String>)],
    columns: &Columns,
) -> anyhow::Result<Option<Header>> {
    let header = |row, (places, renamed)| Header {
        row,
        places,
        renamed,
    };
    if let Some(found) = named(first, columns)? {
        return Ok(Some(header(0, found)));
    }
    let below = 1..first.len().min(ABOVE);
    let Some(row) = below
        .into_iter()
        .find(|&row| is_sure(&first[row..], columns))
    else {
        return Ok(None);
    };
    let width = filled(&first[row].1);
    if let Some((data, _)) = first[..row]
        .iter()
        .find(|(_, cells)| !is_title(cells, width))
    {
        bail!(
            "line {} is a header, and line {data} above it seems to be a row of data; put the header first, or say {} if it is a row of data too",
            first[row].0,
            columns.no_header_flag
        );
    }
    Ok(named(&first[row..], columns)?.map(|found| header(row, found)))
}

/// The header that tells by its names that it is one, whichever columns the user chooses.
pub(super) fn row(first: &[(u64, Vec<String>)], columns: &Columns) -> Option<usize> {
    let any = Columns {
        chosen: Vec::new(),
        ..columns.clone()
    };
    Some(find(first, &any).ok()??.row)
}

/// Whether the first of these records names the columns, and nothing but columns.
fn is_sure(records: &[(u64, Vec<String>)], columns: &Columns) -> bool {
    let cells = &records[0].1;
    let is_named = || match named(records, columns) {
        Ok(found) => found.is_some(),
        // It names too many of them.
        Err(_) => columns.chosen.is_empty(),
    };
    let is_name = |cell: &String| {
        let is_own = columns.needed.iter().any(|own| lower(cell) == *own);
        is_own || names::is_known(&names::plain(cell))
    };
    // Alone in its row, any other name may be a text.
    let is_usual = |cell: &String| ["text", "文本", "句子"].contains(&names::plain(cell).as_str());
    let names: Vec<&String> = cells
        .iter()
        .filter(|cell| !cell.trim().is_empty())
        .collect();
    // Entries have columns of the user's own beside those that are known.
    let is_field = |name: &&&String| is_name(name) || names::field(&names::plain(name)).is_some();
    let fields = names.iter().filter(is_field).count();
    let are_of_entries = columns.of_items && fields >= FIELDS && 2 * fields >= names.len();
    let are_names =
        !columns.chosen.is_empty() || names.iter().all(|name| is_name(name)) || are_of_entries;
    // No header names two columns alike.
    let are_twice = names
        .windows(2)
        .any(|pair| lower(pair[0]) == lower(pair[1]));
    match filled(cells) {
        0 => false,
        1 => columns.needed.len() == 1 && cells.iter().any(is_usual) && shape::is_short(records),
        _ => are_names && !are_twice && is_named(),
    }
}

fn filled(cells: &[String]) -> usize {
    cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// Whether a row above a header of this many names is none of data.
fn is_title(cells: &[String], names: usize) -> bool {
    let mut cells = cells.iter().map(|cell| cell.trim());
    let filled: Vec<&str> = cells.by_ref().filter(|cell| !cell.is_empty()).collect();
    let Some(begin) = filled.first() else {
        return true;
    };
    let is_comment = begin.starts_with('#') || begin.starts_with("//");
    let is_entry = filled.len() == 2 && (begin.ends_with([':', '：']) || is_date(filled[1]));
    is_comment || is_entry || filled.len() < names
}

/// Whether a cell is a date, a time or a number.
fn is_date(cell: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || " -/.:TZ+年月日时分秒点".contains(c);
    cell.chars().all(is_part) && cell.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::test_support::records;
    use super::*;

    const PAIR: &[&str] = &["sentence_a", "sentence_b"];

    fn found(text: &str, columns: &Columns) -> Result<Option<usize>, String> {
        let found = find(&records(text), columns).map_err(|error| error.to_string())?;
        Ok(found.map(|header| header.row))
    }

    #[test]
    fn what_stands_above_a_header_is_left_out() {
        let columns = Columns::needed(PAIR);
        for (above, row) in [
            ("", 0),
            ("标注表\n", 1),
            ("标注表\n部门：客服\n", 2),
            ("导出时间,2024-03-05,\n", 1),
            ("制表人：张三,,,日期：3月5日\n", 1),
            ("# 标注, 第三版, 张三\n# 2024\n// a,b,c\n", 3),
            ("标题,,\n,,\n合计：,8,\n", 3),
        ] {
            let text = format!("{above}句子1,句子2,标签\n今天,明天,1\n");
            assert_eq!(found(&text, &columns), Ok(Some(row)), "{text}");
        }
        let entry = "时间,2024/3/5 8:30\n问题,答案\n怎么退货,七天内\n";
        assert_eq!(found(entry, &columns), Ok(Some(1)));
    }

    #[test]
    fn rows_of_data_are_no_titles() {
        let columns = Columns::needed(PAIR);
        let text = "今天,明天,1\n句子1,句子2,标签\n今天,明天,1\n";
        let error = found(text, &columns).unwrap_err();
        assert!(
            error.starts_with("line 2 is a header, and line 1"),
            "{error}"
        );
        for data in [
            "今天,明天,1\n标题,怎么改,0\n",
            "今天,明天\n内容,正文\n",
            "问,答\n",
        ] {
            assert!(!matches!(found(data, &columns), Ok(Some(1..))), "{data}");
        }
        let texts = "今天天气不错\n文本\n外面阳光明媚\n文本\n";
        assert_eq!(found(texts, &Columns::needed(&["text"])), Ok(None));
    }

    #[test]
    fn columns_that_the_user_names_are_found_below_titles() {
        let mut columns = Columns::needed(PAIR);
        columns.chosen = vec!["甲".into(), "乙".into()];
        let text = "标注表,,\n甲,乙,丙\n今天,明天,1\n";
        assert_eq!(found(text, &columns), Ok(Some(1)));
    }
}
