//! Plain texts (.txt) that people import: a text a line, or more than that.

use crate::support::{entries, read, refused};

const EXPECTED: [(&str, Vec<&str>, &str); 2] = [
    ("怎么退货？", vec![], "七天内"),
    ("能开发票吗？", vec![], "可以"),
];

#[test]
fn blank_lines_stand_between_texts() {
    let read = read(
        "a.txt",
        "怎么退货？\r\n\r\n \u{3000}\r\n能开发票吗？\r\n\r\n",
    );
    let texts: Vec<&str> = read.items.iter().map(|item| &*item.text).collect();
    assert_eq!(texts, ["怎么退货？", "能开发票吗？"]);
    assert_eq!(read.lines, [1, 4]);
}

#[test]
fn tabs_in_each_line_are_those_of_a_table() {
    let two = read("a.txt", "怎么退货？\t七天内\n\n能开发票吗？\t可以");
    assert_eq!(entries(&two), EXPECTED);
    let told = "a.txt has tabs in each line, the same number in all, and is read as a table.";
    assert!(
        two.told.iter().any(|remark| remark == told),
        "{:?}",
        two.told
    );
    for text in [
        "怎么退货？\t七天内\n能开发票吗？",
        "\t怎么退货？\n\t能开发票吗？\n",
    ] {
        let read = read("a.txt", text);
        assert!(
            read.items.iter().all(|item| item.answer.is_none()),
            "{text}"
        );
    }
}

#[test]
fn questions_with_their_answers_below_are_entries() {
    for text in [
        "问：怎么退货？\n答：七天内\n\n问：能开发票吗？\n答：可以\n",
        "常见问题\n\n1. 问: 怎么退货？\n   答: 七天内\n2. 问: 能开发票吗？\n   答: 可以\n",
        "Q: 怎么退货？\nA: 七天内\nQ: 能开发票吗？\nA: 可以",
        "Q1：怎么退货？\r\nA1：七天内\r\nQ2：能开发票吗？\r\nA2：可以",
        "**问题：** 怎么退货？\n\n**答案：** 七天内\n\n**问题：** 能开发票吗？\n\n**答案：** 可以\n",
        "【问】：怎么退货？\n【答】：七天内\n【问】：能开发票吗？\n【答】：可以\n",
        "问：怎么退货？ 答：七天内\n问：能开发票吗？答：可以\n",
        "一、退货\n问：怎么退货？\n答：七天内\n\n二、发票\n\n问：能开发票吗？\n答：可以\n",
    ] {
        let read = read("a.txt", text);
        assert_eq!(entries(&read), EXPECTED, "{text}");
        let told = "a.txt is read as questions and answers, since its lines begin with 问： and 答： (Q: and A:).";
        assert!(
            read.told.iter().any(|remark| remark == told),
            "{:?}",
            read.told
        );
        let passed = read
            .told
            .iter()
            .any(|remark| remark.contains("headings and not read"));
        assert_eq!(
            passed,
            text.contains("常见问题") || text.contains("二、"),
            "{text}"
        );
    }
    let long = "问：怎么退货？\n我买了两件\n答：七天内\n\n一、打开订单\n二、点击退货\n问：没有答案\n问：能开发票吗？\n答：可以\n";
    let long = read("a.txt", long);
    let items: Vec<_> = long
        .items
        .iter()
        .map(|item| (&*item.text, item.answer.as_deref()))
        .collect();
    assert_eq!(
        items,
        [
            (
                "怎么退货？\n我买了两件",
                Some("七天内\n\n一、打开订单\n二、点击退货")
            ),
            ("能开发票吗？", Some("可以"))
        ]
    );
    let told =
        "a.txt:7: No line below this question begins with the mark of an answer (答： or A:).";
    assert_eq!(long.refused, [told]);
    // What begins so now and then is text.
    for text in [
        "问：怎么退货？\n问：能退吗？\n",
        "答：可以\n问：怎么退货\n",
        "a: b\nc: d\n",
        "问题很多\n答案很少\n",
    ] {
        let read = read("a.txt", text);
        assert!(
            read.items.len() == 2 && read.items.iter().all(|item| item.answer.is_none()),
            "{text}"
        );
    }
}

/// What is sent is read whole only where that can be bounded.
#[test]
fn workbooks_of_open_document_are_refused_by_name() {
    let bytes = crate::support::archive(&[(
        "mimetype",
        b"application/vnd.oasis.opendocument.spreadsheet",
    )]);
    assert_eq!(
        refused("a.ods", bytes),
        "a.ods is a workbook of OpenDocument (.ods). Open it in a spreadsheet program and save it as .xlsx, or as CSV in UTF-8."
    );
}
