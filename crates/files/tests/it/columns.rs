//! Which column is what, with a header and without one.

use serde_json::json;

use crate::support::{book, entries, read, refused, row, styled_book};

#[test]
fn commas_within_an_answer_are_told_where_no_header_says_how_many_columns_there_are() {
    let text = "怎么退货,七天内可退,包邮\n怎么换货,十五天内可换,包邮\n能开发票吗,可以\n";
    let read_of = |text: &str| read("a.csv", text);
    let told = |line: u64, n: usize| {
        format!(
            "a.csv:{line}: line {line} has {n} columns, and the other rows 2; a text that holds the separator stands in quotes in CSV, and cannot stand in TSV"
        )
    };
    let ragged = read_of(text);
    assert_eq!(ragged.refused, [told(1, 3), told(2, 3)]);
    assert_eq!(ragged.items.len(), 1);
    let four = read_of("能开发票吗,可以\n怎么退货,七天内,包邮,拆封不退\n");
    assert_eq!(four.refused, [told(2, 4)]);
    let all = refused("a.csv", "怎么退货,七天内,包邮\n怎么换货,十五天内,包邮\n");
    assert!(
        all.contains(
            "no header tells what is in the columns, and the rows from line 1 on have 3 or more"
        ) && all.contains("as in --columns 1,2"),
        "{all}"
    );
    // The rest of a number is no id.
    for text in ["年费,1,299\n月费,1,199\n", "年费,1,299\n月费,1,199,起\n"] {
        assert!(refused("a.csv", text).contains("no header"), "{text}");
    }
    // Answers stand in quotes, and blank cells behind them are nothing.
    let quoted = "怎么退货,\"七天内,包邮\",\n能开发票吗,可以,,\n";
    assert_eq!(
        entries(&read_of(quoted)),
        [
            ("怎么退货", vec![], "七天内,包邮"),
            ("能开发票吗", vec![], "可以")
        ]
    );
}

#[test]
fn a_third_column_without_a_name_is_that_of_ids_where_each_row_has_its_own() {
    let read_of = |text: &str| read("a.tsv", text);
    let text = "怎么退货\t七天内\tA1\t退货|能退吗\n能开发票吗\t可以\tA2\n";
    let identified = read_of(text);
    let ids: Vec<&str> = identified.items.iter().map(|item| &*item.id).collect();
    assert_eq!(ids, ["A1", "A2"]);
    assert_eq!(identified.items[0].wordings, ["退货", "能退吗"]);
    let twice = refused("a.tsv", text.replace("A2", "A1"));
    assert!(twice.contains("no header tells"), "{twice}");
    let rows: String = (0..40).map(|i| format!("问{i}\t答{i}\tk-{i}\n")).collect();
    let later = read_of(&(rows + "怎么退货\t七天内\t包邮\n"));
    assert_eq!(
        later.refused,
        [
            "a.tsv:41: line 41 has no id in its third column, as the rows above have; a text that holds the separator stands in quotes in CSV, and cannot stand in TSV"
        ]
    );
    // Cells of a sheet have no separator between them.
    let rows = row(1, &["怎么退货", "七天内", "售后"]) + &row(2, &["能开发票吗", "可以"]);
    let sheet = read("a.xlsx", book(&rows, ""));
    assert!(sheet.refused.is_empty(), "{sheet:?}");
    let payload = serde_json::to_value(&sheet.items[0].payload).unwrap();
    assert_eq!(payload, json!({"column_3": "售后"}));
}

#[test]
fn what_stands_beside_a_sheet_is_kept() {
    let rows = [
        row(1, &["问题", "答案"]),
        row(2, &["怎么退货", "七天内", "", "张三改过"]),
        row(3, &["能开发票吗", "可以", "待定"]),
    ];
    let read = read("a.xlsx", book(&rows.concat(), ""));
    assert!(read.refused.is_empty(), "{read:?}");
    let payloads = read.items.iter().map(|item| &item.payload);
    let payloads: Vec<_> = payloads
        .map(|one| serde_json::to_value(one).unwrap())
        .collect();
    assert_eq!(
        payloads,
        [json!({"column_4": "张三改过"}), json!({"column_3": "待定"})]
    );
    let told = "a.xlsx: no name stands above the cell D2, which is kept as column_4; so is what else stands in columns without a name.";
    let told = read.told.iter().filter(|remark| *remark == told);
    assert_eq!(told.count(), 1, "{:?}", read.told);
}

#[test]
fn standard_questions_come_before_those_of_users() {
    let expected = [("怎么退货？", vec!["能退吗", "不想要了"], "七天内")];
    for text in [
        "标准问法,用户问法,回答,类目\n怎么退货？,能退吗|不想要了,七天内,售后\n",
        "用户问题,标准问,答案\n能退吗|不想要了,怎么退货？,七天内\n",
        "客户问法,答案,主问题\n能退吗|不想要了,七天内,怎么退货？\n",
        "问题,问法1,问法2,答案\n怎么退货？,能退吗,不想要了,七天内\n",
        "标准问,用户问法1,用户问法2,答案\n怎么退货？,能退吗,不想要了,七天内\n",
        "Question,Alternative questions,Answer\n怎么退货？,能退吗|不想要了,七天内\n",
        "Question,Alternative question 1,Alternative question 2,Answer\n怎么退货？,能退吗,不想要了,七天内\n",
        "question,question 2,question 3,answer\n怎么退货？,能退吗,不想要了,七天内\n",
    ] {
        assert_eq!(entries(&read("a.csv", text)), expected, "{text}");
    }
    // What is exported has its text under that name.
    let own = read(
        "a.csv",
        "text,answer,标准问,用户问题,问法1\n怎么退货,七天内,甲,乙,丙\n",
    );
    assert_eq!(entries(&own), [("怎么退货", vec![], "七天内")]);
    assert_eq!(own.items[0].payload.len(), 3);
    // Without an answer these are rows of a log.
    let log = read("a.csv", "用户问题,标准问\n能退吗,怎么退货\n");
    assert_eq!(log.items[0].text, "能退吗");
}

#[test]
fn of_several_answers_none_is_left_out_in_silence() {
    for header in ["问题,答案1,答案2", "Question,Answer 1,Answer 2"] {
        let told = refused("a.csv", format!("{header}\n怎么退货,七天内,见图\n"));
        let names: Vec<&str> = header.split(',').collect();
        let [question, first, second] = names[..] else {
            panic!("{header}");
        };
        let expected = format!(
            "line 1 names the answers {first}, {second}, and an entry has one; write them in one column, or say which one is read with --columns, as in --columns {question},{first}"
        );
        assert!(told.ends_with(&expected), "{told}");
    }
    // Replies to what is no question are payload.
    let read = read("a.csv", "文本,回复1,回复2\n天气真好,是的,对\n");
    assert_eq!(read.items[0].payload.len(), 2);
}

/// The texts are shown as in the sheet; what is counted with stays a number.
#[test]
fn numbers_of_answers_are_as_they_are_shown() {
    let cell = |name: &str, style: usize, number: &str| {
        format!("<c r=\"{name}\" s=\"{style}\"><v>{number}</v></c>")
    };
    let styled = |number: usize, question: &str, style: usize, value: &str| {
        let names = ["B", "C"].map(|column| format!("{column}{number}"));
        let cells = names.map(|name| cell(&name, style, value)).concat();
        row(number, &[question]).replace("</row>", &format!("{cells}</row>"))
    };
    let rows = [
        row(1, &["问题", "答案", "数值"]),
        styled(2, "手续费", 1, "0.05"),
        styled(3, "快递费", 2, "12.1"),
        styled(4, "年费", 3, "1299"),
        styled(5, "人数", 0, "12.5"),
    ];
    let formats = "<numFmts count=\"1\"><numFmt numFmtId=\"180\" formatCode=\"&quot;¥&quot;#,##0.00\"/></numFmts><cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"9\"/><xf numFmtId=\"2\"/><xf numFmtId=\"180\"/></cellXfs>";
    let read = read("a.xlsx", styled_book(&rows.concat(), "", formats));
    let answers: Vec<&str> = entries(&read).into_iter().map(|entry| entry.2).collect();
    assert_eq!(answers, ["5%", "12.10", "¥1,299.00", "12.5"]);
    let values: Vec<_> = read
        .items
        .iter()
        .map(|item| &item.payload["数值"])
        .collect();
    assert_eq!(
        values,
        [&json!(0.05), &json!(12.1), &json!(1299), &json!(12.5)]
    );
}
