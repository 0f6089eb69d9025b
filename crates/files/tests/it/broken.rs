//! Files that are damaged, too large, or made to do harm.

use std::fmt::Write;
use std::fs;
use std::time::Instant;

use crate::support::{archive, book, data, entries, read, read_within, refused, row};

#[test]
fn a_hundred_thousand_rows_are_read() {
    let mut rows = row(1, &["标准问", "答案"]);
    for number in 2..100_002 {
        write!(rows, r#"<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>问题{number}</t></is></c><c r="B{number}"><v>{number}</v></c></row>"#).unwrap();
    }
    let read = read("large.xlsx", book(&rows, ""));
    assert_eq!(read.items.len(), 100_000);
    let last = read.items.last().unwrap();
    assert_eq!(
        (last.text.as_str(), last.answer.as_deref()),
        ("问题100001", Some("100001"))
    );
}

/// A cell in the last corner would be 17 billion cells.
#[test]
fn a_sheet_of_two_corners_is_small() {
    let rows = row(1, &["标准问", "答案"])
        + &row(2, &["退货？", "七天"])
        + r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let read = read_within("corners.xlsx", &book(&rows, ""), 64 << 20).unwrap();
    assert_eq!(read.items.len(), 1);
    assert_eq!(read.refused.len(), 1, "{:?}", read.refused);
    assert!(
        read.refused[0].contains("row 1048576: "),
        "{:?}",
        read.refused
    );
    for place in ["XFE1", "A1048577", "ZZZZZZZZZZ1", "A99999999999"] {
        let rows = row(1, &["标准问", "答案"])
            + &format!(r#"<row r="2"><c r="{place}"><v>1</v></c></row>"#);
        let told = refused("outside.xlsx", book(&rows, ""));
        assert!(told.starts_with("outside.xlsx"), "{place}: {told}");
    }
}

#[test]
fn what_unpacks_to_too_much_is_refused_before() {
    let texts = format!("<si><t>{}</t></si>", "x".repeat(64 << 20));
    let bomb = book(&row(1, &["标准问", "答案"]), &texts);
    assert!(bomb.len() < 1 << 20);
    let told = read_within("bomb.xlsx", &bomb, 64 << 20).unwrap_err();
    assert_eq!(
        told,
        "bomb.xlsx cannot be read: it takes more than 64 MiB of memory to read it. Write it in parts, or save it as CSV in UTF-8"
    );
}

/// One text in many cells takes its memory in each of them.
#[test]
fn one_text_in_many_cells_is_counted_in_each() {
    let texts = format!("<si><t>{}</t></si>", "x".repeat(30_000));
    let rows: String = (1..10_000)
        .map(|number| format!(r#"<row r="{number}"><c r="A{number}" t="s"><v>0</v></c></row>"#))
        .collect();
    let told = read_within("same.xlsx", &book(&rows, &texts), 64 << 20).unwrap_err();
    assert!(told.contains("more than 64 MiB of memory"), "{told}");
}

#[test]
fn damaged_workbooks_are_told_as_such() {
    let whole = book(&row(1, &["标准问", "答案"]), "");
    let cut = &whole[..whole.len() / 2];
    for (what, bytes) in [
        ("cut off", cut.to_vec()),
        ("of nothing", archive(&[("x.txt", b"x")])),
        ("only begun", b"PK\x03\x04".to_vec()),
    ] {
        let told = refused("broken.xlsx", bytes);
        assert!(
            told.starts_with("broken.xlsx cannot be read as a workbook"),
            "{what}: {told}"
        );
    }
    let open = book("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>x", "");
    let told = refused("open.xlsx", open);
    assert!(
        told.starts_with("open.xlsx: its sheet \"Sheet1\" is damaged"),
        "{told}"
    );
}

/// Only a person's own file: what it takes to read cannot be bounded.
#[test]
fn old_workbooks_are_not_read_for_others() {
    let told = refused("old.xls", fs::read(data("libreoffice.xls")).unwrap());
    assert!(
        told.starts_with("old.xls is a workbook as Excel wrote them before 2007"),
        "{told}"
    );
}

#[test]
fn commas_and_quotes_in_answers_belong_to_them() {
    let text = "标准问,答案\n退货？,\"七天内, \"\"未拆封\"\"\n即可\"\n\n开票？,\"可以，\"\n";
    let expected = [
        ("退货？", vec![], "七天内, \"未拆封\"\n即可"),
        ("开票？", vec![], "可以，"),
    ];
    assert_eq!(entries(&read("a.csv", text)), expected);
    let read = read(
        "a.csv",
        "标准问,答案\n退货？,七天内, 未拆封即可\n开票？,可以\n",
    );
    assert_eq!(
        read.refused,
        [
            "a.csv:2: line 2 has 3 columns, and the header 2; a text that holds the separator stands in quotes in CSV, and cannot stand in TSV"
        ]
    );
}

#[test]
fn blank_rows_are_passed_over() {
    let rows = row(1, &["标准问", "答案"])
        + &row(3, &["退货？", "七天"])
        + &row(7, &["", " "])
        + &row(9, &["开票？", "可以"]);
    assert_eq!(read("a.xlsx", book(&rows, "")).items.len(), 2);
}

/// Bytes that are text in some encoding, and were none.
#[test]
fn what_would_be_read_as_nonsense_is_refused() {
    let bytes = b"\x09\x08\x08\0\0\x05\x10\0\0\0\0\0\x04\x02".to_vec();
    let told = "a.csv is a workbook as Excel wrote them before 1997";
    let said = refused("a.csv", bytes);
    assert!(said.starts_with(told), "{said}");
}

/// Blanks that nobody sees came with a page that a header was copied from.
#[test]
fn invisible_characters_in_a_header_lose_no_column() {
    let read = read(
        "a.csv",
        "\u{a0}标准问\u{a0},答案\u{200b},\u{2060}分类\n退货？,七天,售后\n",
    );
    assert_eq!(entries(&read), [("退货？", vec![], "七天")]);
    assert_eq!(read.items[0].category.as_deref(), Some("售后"));
}

/// Each would be a cell, and be compared with each name of a header.
#[test]
fn lines_of_too_many_columns_are_refused() {
    let named = format!("标准问,答案,{}\n退货？,七天内\n", "相似问,".repeat(5_000));
    let began = Instant::now();
    assert_eq!(
        entries(&read("a.csv", &named)),
        [("退货？", vec![], "七天内")]
    );
    let wide = |sign: &str| sign.repeat(2_000_000) + "x\n";
    for (name, text) in [
        ("a.csv", wide(",")),
        ("a.tsv", wide("\t")),
        ("a.csv", format!("标准问,答案\n{}", wide(","))),
        ("a.tsv", format!("标准问\t答案\n{}", wide("\t"))),
        ("a.md", format!("标准问|答案\n---|---\n{}", wide("|"))),
        (
            "a.json",
            format!("[[\"标准问\",\"答案\"{}]]", ",0".repeat(100_000)),
        ),
    ] {
        let told = refused(name, text);
        assert!(
            told.ends_with("has more than 16384 columns"),
            "{name}: {told}"
        );
    }
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
