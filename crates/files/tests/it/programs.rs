//! The same FAQ as programs save it. `scripts/make_file_fixtures` made the files.

use std::fs;

use serde_json::{Value, json};
use yuyi_files::{Entry, Remarks, Room, Transcript, TranscriptFormat, faq_template};

use crate::support::{Read, archive, data, entries, odd_book, read, read_own, read_stored, row};

/// The items as JSON.
fn items(read: &Read) -> Value {
    assert!(read.refused.is_empty(), "{read:?}");
    serde_json::to_value(&read.items).unwrap()
}

fn expected() -> Value {
    json!([
        {
            "id": "1", "text": "怎么退货？", "wordings": ["能退吗", "退货流程", "不想要了怎么办"],
            "answer": "签收后七天内，在“我的订单”里点“退货”。", "payload": {"部门": "客服"}, "category": "售后", "not_words": ["换货", "维修"],
            "enabled": true, "valid_from": "2024-01-01T00:00:00Z", "threshold": 0.8,
        },
        {
            "id": "2", "text": "能开发票吗？", "wordings": ["支持开具发票吗"],
            "answer": "可以，下单时勾选\"开发票\",\n电子发票会发到邮箱。", "payload": {"部门": 12}, "category": "支付", "enabled": true,
            "valid_until": "2099-12-31T18:30:00Z", "threshold": 0.85,
        },
        {
            "id": "A-003", "text": "多久发货？", "wordings": ["什么时候发", "几天能发", "发货时间"], "answer": "48 小时内。", "category": "物流",
            "enabled": false,
        },
    ])
}

#[test]
fn workbooks_of_all_programs_say_the_same() {
    for name in ["openpyxl.xlsx", "libreoffice.xlsx", "libreoffice.xls"] {
        let read = read_own(name).unwrap();
        assert_eq!(items(&read), expected(), "{name}");
        let sheets = format!("{name} is read from its sheet \"知识库\"; 1 more sheet is not read.");
        assert!(read.told.contains(&sheets), "{:?}", read.told);
    }
}

/// How a template is filled in often stands in front of what was filled in.
#[test]
fn a_sheet_of_explanations_is_no_faq() {
    let read = read_own("explained.xlsx").unwrap();
    assert_eq!(entries(&read), [("怎么退货？", vec![], "七天内")]);
    let told = "explained.xlsx is read from its sheet \"问答\"; 1 more sheet is not read.";
    assert!(read.told.contains(&told.to_owned()), "{:?}", read.told);
}

#[test]
fn tables_in_all_encodings_say_the_same() {
    for (name, encoding) in [("utf8", ""), ("gb18030", "GB18030"), ("utf16", "UTF-16LE")] {
        let name = format!("libreoffice-{name}.csv");
        let read = read(&name, fs::read(data(&name)).unwrap());
        assert_eq!(items(&read), expected(), "{name}");
        let told = format!("{name} is read as {encoding}.");
        assert_eq!(
            read.told.contains(&told),
            !encoding.is_empty(),
            "{:?}",
            read.told
        );
    }
}

#[test]
fn the_template_is_read_whoever_has_saved_it() {
    let own = faq_template().unwrap();
    let first = read("template.xlsx", &own);
    let texts: Vec<&str> = entries(&first).iter().map(|(text, ..)| *text).collect();
    assert_eq!(texts, ["怎么退货？", "能开发票吗？"]);
    let [returns, invoice] = &first.items[..] else {
        unreachable!()
    };
    assert_eq!(
        (returns.id.as_str(), returns.not_words.as_slice()),
        ("faq-1", &["换货".to_owned()][..])
    );
    assert_eq!(
        (invoice.threshold, invoice.related.as_slice()),
        (Some(0.8), &["faq-1".to_owned()][..])
    );
    assert!(
        returns.payload.is_empty(),
        "every column is known: {returns:?}"
    );
    for name in ["template-libreoffice.xlsx", "template-openpyxl.xlsx"] {
        let saved = read(name, fs::read(data(name)).unwrap());
        assert_eq!(items(&saved), items(&first), "{name}");
    }
}

/// What a formula says stands beside it, where a program has computed it.
#[test]
fn formulas_count_by_what_they_say() {
    let computed = read_own("formula-libreoffice.xlsx").unwrap();
    assert_eq!(entries(&computed)[0].2, "七天内");
    let never = read_own("formula-openpyxl.xlsx").unwrap();
    let expected = "formula-openpyxl.xlsx, sheet \"Sheet\", row 2: column B (答案): This is a formula without its result. Open the file in Excel or WPS, save it, and take the saved one.";
    assert_eq!(never.refused, [expected]);
    assert_eq!(never.items.len(), 1);
}

#[test]
fn cells_without_a_value_name_their_place() {
    let read = read_own("error.xlsx").unwrap();
    assert_eq!(
        read.refused,
        [
            "error.xlsx, sheet \"Sheet\", row 3: column B (答案): #N/A stands for a value that is not there."
        ]
    );
}

#[test]
fn merged_cells_are_told() {
    let read = read_own("merged.xlsx").unwrap();
    assert_eq!(
        read.refused,
        ["merged.xlsx, sheet \"Sheet\", row 4: column A (标准问): It is empty or blank."]
    );
    let told = "merged.xlsx: cells of the sheet \"Sheet\" are merged, the first C2:C3; what stands there belongs to each of their rows.";
    assert!(
        read.told.iter().any(|remark| remark == told),
        "{:?}",
        read.told
    );
    let categories: Vec<Option<&str>> = read
        .items
        .iter()
        .map(|item| item.category.as_deref())
        .collect();
    assert_eq!(categories, [Some("售后"), Some("售后")]);
}

/// One question over several wordings and answers, and one category over several questions.
#[test]
fn rows_of_a_merged_question_are_one_entry() {
    let read = read_own("merged-questions.xlsx").unwrap();
    let expected = [
        (
            "怎么退货？",
            vec!["能退吗", "退货流程", "不想要了怎么办"],
            "签收后七天内。\n拆封的不退。",
        ),
        ("能开发票吗？", vec!["开发票", "要发票"], "可以。"),
        ("多久发货？", vec![], "48 小时内。"),
    ];
    assert_eq!(entries(&read), expected);
    let categories: Vec<Option<&str>> = read
        .items
        .iter()
        .map(|item| item.category.as_deref())
        .collect();
    assert_eq!(categories, [Some("售后"), Some("售后"), Some("物流")]);
    assert_eq!(read.items[0].payload["序号"], "1\n2\n3");
}

/// A workbook as LibreOffice keeps it, of which this is its sheet.
fn open_document(sheet: &str) -> Vec<u8> {
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="问答">{sheet}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet".as_slice(),
        ),
        ("META-INF/manifest.xml", b"<manifest:manifest/>".as_slice()),
        ("content.xml", xml.as_bytes()),
    ])
}

#[test]
fn merged_cells_of_open_documents_are_those_of_workbooks() {
    let cell = |rows: u32, text: &str| {
        format!(
            r#"<table:table-cell office:value-type="string" table:number-columns-spanned="1" table:number-rows-spanned="{rows}"><text:p>{text}</text:p></table:table-cell>"#
        )
    };
    let covered = "<table:covered-table-cell/>".to_owned();
    let rows = [
        vec![
            cell(1, "标准问"),
            cell(1, "相似问"),
            cell(1, "答案"),
            cell(1, "分类"),
        ],
        vec![
            cell(2, "怎么退货？"),
            cell(1, "能退吗"),
            cell(2, "七天内"),
            cell(3, "售后"),
        ],
        vec![
            covered.clone(),
            cell(1, "退货流程"),
            covered.clone(),
            covered.clone(),
        ],
        vec![
            cell(1, "退款多久到？"),
            cell(1, "几天退款"),
            cell(1, "三天"),
            covered,
        ],
    ];
    let rows = rows.map(|cells| format!("<table:table-row>{}</table:table-row>", cells.concat()));
    let read = read_stored("merged.ods", &open_document(&rows.concat())).unwrap();
    let expected = [
        ("怎么退货？", vec!["能退吗", "退货流程"], "七天内"),
        ("退款多久到？", vec!["几天退款"], "三天"),
    ];
    assert_eq!(entries(&read), expected);
    let categories: Vec<_> = read.items.iter().map(|item| &item.category).collect();
    assert_eq!(
        categories,
        [&Some("售后".to_owned()), &Some("售后".to_owned())]
    );
    let told = "cells of the sheet \"问答\" are merged, the first A2:A3; what stands there belongs to each of their rows.";
    assert!(
        read.told.iter().any(|remark| remark.ends_with(told)),
        "{:?}",
        read.told
    );
}

#[test]
fn merged_rows_that_differ_in_a_field_are_refused_together() {
    let read = read_own("merged-differing.xlsx").unwrap();
    let told = "merged-differing.xlsx, sheet \"Sheet\", row 2: column A (编号): Rows 2 to 3 are one entry, since their cells are merged, and differ here. Write the same in each, or split the cells.";
    assert_eq!(read.refused, [told]);
    let texts: Vec<&str> = read.items.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(texts, ["能开发票吗？"]);
}

/// What stands below a name of a column that goes over two rows is no entry.
#[test]
fn a_header_of_two_rows_is_no_entry() {
    let read = read_own("merged-header.xlsx").unwrap();
    assert_eq!(entries(&read), [("怎么退货？", vec![], "七天内")]);
}

#[test]
fn a_password_is_told() {
    let told = read_own("password.xlsx").unwrap_err();
    assert_eq!(told, "password.xlsx has a password. Save it without one.");
}

/// As it is, saved as every kind of table: filled in, it is what people import.
#[test]
fn the_template_is_a_table_of_any_kind() {
    let first = read("template.xlsx", faq_template().unwrap());
    let old = read_own("template-libreoffice.xls").unwrap();
    assert_eq!(items(&old), items(&first));
    let table = read(
        "template.csv",
        fs::read(data("template-libreoffice.csv")).unwrap(),
    );
    assert_eq!(items(&table), items(&first));
}

/// Over HTTP nobody opens what cannot be bounded.
#[test]
fn workbooks_of_before_2007_are_refused_where_they_are_sent() {
    let told = crate::support::refused("old.xls", fs::read(data("libreoffice.xls")).unwrap());
    let advice = "Open it in a spreadsheet program and save it as .xlsx, or as CSV in UTF-8.";
    assert!(told.ends_with(advice), "{told}");
}

#[test]
fn layouts_of_others_are_read_as_programs_save_them() {
    let returns = "签收后七天内，在\"我的订单\"里点退货。";
    let with_wordings = [
        ("怎么退货？", vec!["能退吗", "退货流程"], returns),
        ("多久发货？", vec![], "48 小时内。"),
    ];
    let bare = [
        ("怎么退货？", vec![], returns),
        ("多久发货？", vec![], "48 小时内。"),
    ];
    for (layout, expected) in [
        ("maxkb", &with_wordings),
        ("fastgpt", &with_wordings),
        ("ragflow", &bare),
    ] {
        for kind in ["xlsx", "csv"] {
            let name = format!("{layout}-libreoffice.{kind}");
            let read = read(&name, fs::read(data(&name)).unwrap());
            assert_eq!(entries(&read), expected, "{name}");
        }
    }
}

#[test]
fn minutes_are_read_as_word_processors_save_them() {
    for name in [
        "minutes-python.docx",
        "minutes-libreoffice.docx",
        "minutes-libreoffice.txt",
    ] {
        let bytes = fs::read(data(name)).unwrap();
        let minutes = Transcript::sent(name, bytes, &Remarks::unheard()).unwrap();
        assert_eq!(turns(&minutes), SAID, "{name}");
        assert_eq!(minutes.head[0], "产品周会", "{name}");
    }
}

/// What is said in the minutes.
const SAID: [(Option<&str>, Option<&str>, &str); 3] = [
    (Some("说话人 1"), Some("00:00:01"), "大家好，我们开始。"),
    (
        Some("说话人 2"),
        Some("00:00:12"),
        "上线时间定在下周三。\n预算还没批。",
    ),
    (Some("张伟"), Some("00:01:02"), "同意 <A&B> 方案。"),
];

fn turns(minutes: &Transcript) -> Vec<(Option<&str>, Option<&str>, &str)> {
    let turns = minutes.turns.iter();
    turns
        .map(|turn| (turn.speaker.as_deref(), turn.time.as_deref(), &*turn.text))
        .collect()
}

/// Templates have a form above and a list of tasks below, both of which stay.
#[test]
fn minutes_in_tables_are_read_and_written_again() {
    for name in [
        "minutes-table-python.docx",
        "minutes-table-libreoffice.docx",
    ] {
        let bytes = fs::read(data(name)).unwrap();
        let minutes = Transcript::sent(name, bytes, &Remarks::unheard()).unwrap();
        assert_eq!(turns(&minutes), SAID, "{name}");
        let entries = [0, 2].map(|turn| Entry {
            turn,
            note: (turn == 2).then(|| "〔附议第 1 条〕".to_owned()),
            ..Entry::default()
        });
        let written = minutes.written(&entries, TranscriptFormat::Own).unwrap();
        let again = Transcript::sent(name, written.clone(), &Remarks::unheard()).unwrap();
        assert_eq!(turns(&again), [SAID[0], SAID[2]], "{name}");
        assert_eq!(again.turns[1].notes.len(), 1, "{name}");
        let text = crate::support::part(&written, "word/document.xml");
        for stays in ["会议主题", "议题一", "搭测试环境"] {
            assert!(text.contains(stays), "{name}: {stays}");
        }
    }
}

/// A few kilobytes of a document that unpack to what nobody has room for.
#[test]
fn a_document_takes_no_more_than_there_is_room_for() {
    let text = format!(
        "<w:document><w:body><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:body></w:document>",
        "啊".repeat(8 << 20)
    );
    let bomb = archive(&[("word/document.xml", text.as_bytes())]);
    assert!(bomb.len() < 1 << 20);
    let read = |room: usize| {
        let room = &mut Room::bytes(room);
        Transcript::sent_within("bomb.docx", bomb.clone(), &Remarks::unheard(), room)
    };
    let told = format!("{:#}", read(16 << 20).unwrap_err());
    assert!(
        told.starts_with("bomb.docx cannot be read: it takes more than 16 MiB"),
        "{told}"
    );
    assert_eq!(read(512 << 20).unwrap().turns.len(), 1);
}

/// What WPS and programs that write for it do otherwise: texts with their pronunciation and in pieces, parts by their whole path and in other letters, dates as numbers of
/// days, cells without a place.
#[test]
fn oddities_of_other_programs_are_read() {
    let texts = "<si><t>标准问</t></si><si><t>答案</t></si><si><t>生效日期</t></si>\
        <si><r><rPr><b/></rPr><t>怎么</t></r><r><t xml:space=\"preserve\">退货？</t></r><rPh sb=\"0\" eb=\"2\"><t>zěnme</t></rPh><phoneticPr fontId=\"1\"/></si>\
        <si><t>七天内_x000D_\n联系客服</t><rPh sb=\"0\" eb=\"1\"><t>qī</t></rPh></si>";
    let shared = |place: &str, n: usize| format!("<c r=\"{place}\" t=\"s\"><v>{n}</v></c>");
    let sheet = format!(
        "<row r=\"1\" spans=\"1:3\">{}{}{}</row><row r=\"2\">{}{}<c r=\"C2\" s=\"1\"><v>45292</v></c></row>\
         <row><c t=\"inlineStr\"><is><r><t>能开</t></r><r><t>发票吗？</t></r></is></c><c t=\"str\"><v>可以</v></c></row>",
        shared("A1", 0),
        shared("B1", 1),
        shared("C1", 2),
        shared("A2", 3),
        shared("B2", 4),
    );
    let read = read("wps.xlsx", odd_book(&sheet, texts));
    let expected = [
        ("怎么退货？", vec![], "七天内\r\n联系客服"),
        ("能开发票吗？", vec![], "可以"),
    ];
    assert_eq!(entries(&read), expected);
    let from = read.items[0].valid_from.map(|time| time.to_string());
    assert_eq!(from.as_deref(), Some("2024-01-01T00:00:00Z"));
}

/// A time without a day is a fraction of one, which nobody would read as a time.
#[test]
fn times_of_the_clock_are_shown_as_such() {
    let times = ["0.395833333333333", "0.75", "0.999988425925926"];
    let cells = (2..).zip(times).map(|(number, time)| {
        format!(r#"<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>几点{number}？</t></is></c><c r="B{number}" s="1"><v>{time}</v></c></row>"#)
    });
    let sheet = row(1, &["标准问", "答案"]) + &cells.collect::<String>();
    let read = read("clock.xlsx", odd_book(&sheet, ""));
    let shown: Vec<&str> = entries(&read)
        .into_iter()
        .map(|(.., answer)| answer)
        .collect();
    assert_eq!(shown, ["09:30", "18:00", "23:59:59"]);
}
