//! The same FAQ as programs save it. `scripts/make_file_fixtures` made the files.

use std::fs;

use serde_json::{Value, json};
use yuyi_files::{Entry, Remarks, Room, Transcript, TranscriptFormat, faq_template};

use crate::support::{Read, archive, data, entries, odd_book, read, read_own, row};

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
    let expected = "formula-openpyxl.xlsx, sheet \"Sheet\", row 2: column B (答案): #GETTING_DATA stands for a value that is not there.";
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
    let told = "merged.xlsx: cells of the sheet \"Sheet\" are merged, the first C2:C3; what stands there belongs to the first row of them alone.";
    assert!(
        read.told.iter().any(|remark| remark == told),
        "{:?}",
        read.told
    );
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
