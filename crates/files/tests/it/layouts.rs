//! The layouts of other systems, and columns as people name them.

use serde_json::json;

use crate::support::{book, entries, read, refused, row};

#[test]
fn columns_of_customer_service_systems_are_fields() {
    let text = "知识编号,标准问法,相似问法,答案内容,所属分类,否定关键词,生效时间,失效时间,是否启用,关联问题,匹配阈值,部门\n\
        7,怎么退货？,能退吗|退货流程,七天内,售后,换货；维修,2024/1/1,2025-01-01 08:00,停用,8、9,80%,客服\n";
    let read = read("知识库.csv", text);
    let expected = json!({
        "id": "7", "text": "怎么退货？", "wordings": ["能退吗", "退货流程"], "answer": "七天内", "payload": {"部门": "客服"}, "category": "售后",
        "not_words": ["换货", "维修"], "related": ["8", "9"], "enabled": false, "valid_from": "2024-01-01T00:00:00Z",
        "valid_until": "2025-01-01T08:00:00Z", "threshold": 0.8,
    });
    assert_eq!(read.refused, [""; 0]);
    assert_eq!(serde_json::to_value(&read.items[0]).unwrap(), expected);
    let told = &read.told[0];
    for taken in [
        "标准问法 as text",
        "答案内容 as answer",
        "所属分类 as category",
        "失效时间 as valid_until",
        "匹配阈值 as threshold",
    ] {
        assert!(told.contains(taken), "{told}");
    }
}

#[test]
fn names_stand_in_any_order_and_in_either_language() {
    for header in [
        "answer,category,question,enabled",
        "答复,類別,標準問題,啟用",
        "*答案（必填）,分类（选填）,*问题,启用状态",
    ] {
        let text = format!("{header}\n七天内,售后,怎么退货？,否\n");
        let read = read("a.csv", &text);
        assert_eq!(
            entries(&read),
            [("怎么退货？", vec![], "七天内")],
            "{header}"
        );
        let item = &read.items[0];
        assert_eq!(
            (item.category.as_deref(), item.enabled),
            (Some("售后"), Some(false)),
            "{header}"
        );
    }
}

/// Without answers the same words may be anything.
#[test]
fn only_a_faq_has_these_fields() {
    let read = read("a.csv", "文本,分类,状态\n怎么退货,售后,启用\n");
    let payload = json!({"分类": "售后", "状态": "启用"});
    assert_eq!(
        serde_json::to_value(&read.items[0].payload).unwrap(),
        payload
    );
}

#[test]
fn wordings_stand_in_one_cell_or_in_columns_of_their_own() {
    let expected = vec!["能退吗", "退货流程", "不想要了"];
    for text in [
        "标准问,相似问,答案\n退货？,能退吗|退货流程|不想要了,七天\n",
        "标准问,相似问,答案\n退货？,能退吗；退货流程；不想要了,七天\n",
        "标准问,相似问,答案\n退货？,\"能退吗\n退货流程\r\n\n不想要了\",七天\n",
        "标准问,相似问,答案\n退货？,\"1. 能退吗\n2. 退货流程\n3. 不想要了\",七天\n",
        "标准问,相似问,答案\n退货？,\"[\"\"能退吗\"\",\"\"退货流程\"\",\"\"不想要了\"\"]\",七天\n",
        "标准问,相似问1,答案,相似问2,相似问3\n退货？,能退吗,七天,退货流程,不想要了\n",
        "标准问,相似问,相似问,相似问,答案\n退货？,能退吗,退货流程,不想要了,七天\n",
        "标准问,答案,相似问,,\n退货？,七天,能退吗,退货流程,不想要了\n",
        "标准问,答案,相似问\n退货？,七天,能退吗,退货流程,不想要了\n",
        "标准问,扩展问1,扩展问2,答案\n退货？,能退吗|退货流程,不想要了,七天\n",
    ] {
        assert_eq!(
            entries(&read("a.csv", text)),
            [("退货？", expected.clone(), "七天")],
            "{text}"
        );
    }
    let as_is = "text,answer,wording_1,wording_2\n退货？,七天,1. a|b；c,\" d\n\"\n";
    assert_eq!(
        entries(&read("a.csv", as_is)),
        [("退货？", vec!["1. a|b；c", " d\n"], "七天")]
    );
}

#[test]
fn spans_of_days_are_two_times() {
    let span = |cell: &str| {
        let read = read("a.csv", format!("标准问,答案,有效期\n退货？,七天,{cell}\n"));
        assert!(read.refused.is_empty(), "{read:?}");
        let item = &read.items[0];
        [item.valid_from, item.valid_until].map(|time| time.map(|time| time.to_string()))
    };
    let some = |time: &str| Some(time.to_owned());
    let year = [some("2024-01-01T00:00:00Z"), some("2024-12-31T23:59:59Z")];
    for cell in [
        "2024-01-01 至 2024-12-31",
        "2024/1/1~2024/12/31",
        "2024年1月1日到2024年12月31日",
        "2024.01.01 - 2024.12.31",
    ] {
        assert_eq!(span(cell), year, "{cell}");
    }
    assert_eq!(span("2024-12-31"), [None, some("2024-12-31T23:59:59Z")]);
    assert_eq!(
        span("2024-01-01 08:00 至 永久"),
        [some("2024-01-01T08:00:00Z"), None]
    );
    assert_eq!(span("长期有效"), [None, None]);
    let end = |cell: &str| {
        let read = read(
            "a.csv",
            format!("标准问,答案,失效时间\n退货？,七天,{cell}\n"),
        );
        assert!(read.refused.is_empty(), "{read:?}");
        read.items[0].valid_until.map(|time| time.to_string())
    };
    for day in ["2024-12-31", "2024/12/31", "2024年12月31日"] {
        assert_eq!(end(day), some("2024-12-31T23:59:59Z"), "{day}");
    }
    for midnight in [
        "2024-12-31 00:00",
        "2024-12-31T00:00:00Z",
        "2024年12月31日0点",
    ] {
        assert_eq!(end(midnight), some("2024-12-31T00:00:00Z"), "{midnight}");
    }
    assert_eq!(end("长期"), None);
    let read = read("a.csv", "标准问,答案,有效期\n退货？,七天,明年\n");
    assert_eq!(
        read.refused,
        [
            "a.csv:2: column C (有效期): \"明年\" is no span of days. Write it as 2024-01-01 至 2024-12-31."
        ]
    );
}

/// In the three languages of its templates, as WPS saves them.
#[test]
fn segments_of_maxkb_are_entries() {
    for header in [
        [
            "分段标题（选填）",
            "分段内容（必填，问题答案）",
            "问题（选填，单元格内一行一个）",
        ],
        [
            "分段標題（選填）",
            "分段內容（必填，問題答案））",
            "問題（選填，單元格內一行一個）",
        ],
        [
            "Section title (optional)",
            " Section content (required，question answer)",
            " Question (optional，one per line in the cell)",
        ],
    ] {
        let rows = [
            row(1, &header),
            row(
                2,
                &[
                    "退货",
                    "七天内",
                    "怎么退货？&#10;能退吗&#10;&#10;退货流程&#10;",
                ],
            ),
            row(3, &["退款", "三个工作日", ""]),
            row(4, &["", "我们周末休息", ""]),
        ];
        let read = read("template.xlsx", book(&rows.concat(), ""));
        let expected = [
            ("怎么退货？", vec!["能退吗", "退货流程"], "七天内"),
            ("退款", vec![], "三个工作日"),
            ("我们周末休息", vec![], "我们周末休息"),
        ];
        assert_eq!(entries(&read), expected, "{header:?}");
    }
}

#[test]
fn data_of_fastgpt_are_entries() {
    let expected = [("怎么退货？", vec!["能退吗", "退货流程"], "七天内")];
    for text in [
        "\u{feff}q,a,indexes\n\"怎么退货？\",\"七天内\",\"能退吗\",\"退货流程\"\n",
        "q,a,indexes,\n\"怎么退货？\",\"七天内\",\"1. 能退吗\n2. 退货流程\"\n",
        "q,a,index,index,metadata\n怎么退货？,七天内,能退吗,退货流程,\"{\"\"source\"\":\"\"x\"\"}\"\n",
        "q,a,indexes\n怎么退货？,七天内,\"[\"\"能退吗\"\",\"\"退货流程\"\"]\"\n",
        "q,a,indexes\n怎么退货？,七天内,\"[{\"\"type\"\":\"\"custom\"\",\"\"text\"\":\"\"能退吗\"\"},{\"\"text\"\":\"\"退货流程\"\"}]\"\n",
    ] {
        assert_eq!(entries(&read("fastgpt.csv", text)), expected, "{text}");
    }
    let text = r#"[{"q":"怎么退货？","a":"七天内","indexes":[{"type":"custom","text":"能退吗"},{"text":"退货流程"}]}]"#;
    assert_eq!(entries(&read("fastgpt.json", text)), expected);
}

#[test]
fn pairs_of_ragflow_need_no_header() {
    let expected = [
        ("怎么退货？", vec![], "七天内"),
        ("能开发票吗？", vec![], "可以"),
    ];
    for (name, text) in [
        ("a.csv", "怎么退货？\t七天内\n能开发票吗？\t可以\n"),
        ("a.csv", "怎么退货？,七天内\n能开发票吗？,可以\n"),
        ("a.tsv", "怎么退货？\t七天内\n能开发票吗？\t可以\n"),
    ] {
        assert_eq!(entries(&read(name, text)), expected, "{name} {text}");
    }
    let rows = [
        row(1, &["怎么退货？", "七天内"]),
        row(2, &["能开发票吗？", "可以"]),
    ]
    .concat();
    assert_eq!(entries(&read("a.xlsx", book(&rows, ""))), expected);
}

#[test]
fn a_title_may_stand_above_the_header() {
    for title in ["客服知识库,,\n", "填写说明：一行一个问题,,\n,,\n"] {
        let text = format!("{title}标准问,答案,分类\n怎么退货？,七天内,售后\n");
        let read = read("a.csv", &text);
        assert_eq!(
            entries(&read),
            [("怎么退货？", vec![], "七天内")],
            "{title}"
        );
    }
}

#[test]
fn lines_of_json_have_the_same_names() {
    let line = json!({
        "标准问": "怎么退货？", "相似问": "能退吗|退货流程", "答案": "七天内", "分类": "售后", "是否启用": "否", "有效期": "2024-01-01 至 2024-12-31",
        "否定关键词": "换货，维修", "阈值": "0.8", "部门": "客服",
    });
    let read = read("a.jsonl", line.to_string());
    let item = serde_json::to_value(&read.items[0]).unwrap();
    let expected = json!({
        "id": item["id"], "text": "怎么退货？", "wordings": ["能退吗", "退货流程"], "answer": "七天内", "payload": {"部门": "客服"}, "category": "售后",
        "not_words": ["换货", "维修"], "enabled": false, "valid_from": "2024-01-01T00:00:00Z", "valid_until": "2024-12-31T23:59:59Z",
        "threshold": 0.8,
    });
    assert_eq!(item, expected);
}

#[test]
fn two_answers_are_refused() {
    let told = refused("a.csv", "标准问,答案,答案\n怎么退货？,七天内,x\n");
    assert!(
        told.contains("names the column 答案 twice") && told.contains("?columns=")
            || told.contains("--columns"),
        "{told}"
    );
}

#[test]
fn questions_in_the_lines_of_a_cell_are_wordings_where_each_is_one() {
    let cell = |header: &str, cell: &str| {
        let text = format!("{header},答案\n\"{cell}\",\"七天内\n拆封不退\"\n开票？,可以\n");
        let read = read("a.csv", text);
        let entry = entries(&read)[0].clone();
        let texts: Vec<String> = std::iter::once(entry.0)
            .chain(entry.1)
            .map(str::to_owned)
            .collect();
        // An answer is never cut.
        assert_eq!(entry.2, "七天内\n拆封不退");
        let told = read
            .told
            .into_iter()
            .find(|told| told.contains("of several lines"));
        (texts.join("|"), told.unwrap_or_default())
    };
    for (header, lines) in [
        (
            "问题（选填，单元格内一行一个）",
            "怎么退货\n退货流程\n不想要了",
        ),
        ("标准问（每行一个）", "退货\n退款"),
        ("Question (one per line)", "return it\nrefund"),
    ] {
        assert_eq!(
            cell(header, lines),
            (lines.replace('\n', "|"), String::new()),
            "{header}"
        );
    }
    for (header, lines, expected) in [
        (
            "标准问",
            "怎么退货？\n能退吗\n\n退货要多久？",
            "怎么退货？|能退吗|退货要多久？",
        ),
        (
            "问题",
            "How do I return it?\nCan I send it back",
            "How do I return it?|Can I send it back",
        ),
        ("标准问", "1. 退货\n2. 退货流程", "退货|退货流程"),
    ] {
        let (texts, told) = cell(header, lines);
        assert_eq!(texts, expected, "{header}");
        let expected = "a.csv: questions of several lines, each of which is read as a wording: 1, the first in line 2.";
        assert_eq!(told, expected);
    }
    // A message of several lines is one question.
    for lines in [
        "我上周买了一件衣服，\n能退吗？",
        "请问如何\n申请退货？",
        "型号：A1\n能退吗",
        "怎么退货\n申请退货",
    ] {
        let (texts, told) = cell("标准问", lines);
        assert_eq!(texts, lines);
        assert!(
            told.starts_with("a.csv: questions of several lines that are read as one text"),
            "{told}"
        );
    }
    // So are texts that are no questions, and those of exports.
    for header in ["text", "内容"] {
        let (texts, told) = cell(header, "怎么退货？\n能退吗？");
        assert_eq!(
            (texts.as_str(), told.as_str()),
            ("怎么退货？\n能退吗？", ""),
            "{header}"
        );
    }
    // Further wordings follow.
    let beside = read(
        "a.csv",
        "标准问,相似问,答案\n\"怎么退货？\n能退吗\",\"退货流程\n1+1\",七天\n",
    );
    assert_eq!(
        entries(&beside),
        [("怎么退货？", vec!["能退吗", "退货流程", "1+1"], "七天")]
    );
}

#[test]
fn a_name_alone_is_a_header() {
    for header in [
        "标准问",
        "问题",
        "标准问（必填）",
        "question",
        "相似问",
        "用户问题",
    ] {
        for (name, rows) in [("a.csv", "怎么退货？\n"), ("a.tsv", "退货\n开票\n")] {
            let read = read(name, format!("{header}\n{rows}"));
            let texts: Vec<&str> = entries(&read).into_iter().map(|(text, ..)| text).collect();
            assert_eq!(texts, rows.lines().collect::<Vec<_>>(), "{header} {name}");
        }
    }
    let book = book(&(row(1, &["标准问"]) + &row(2, &["退货"])), "");
    assert_eq!(entries(&read("a.xlsx", book)), [("退货", vec![], "")]);
    // Anything else may be a text.
    let read = read("a.csv", "退货\n怎么申请退货\n");
    assert_eq!(entries(&read).len(), 2);
}

#[test]
fn tables_in_markdown_are_read_as_tables() {
    let table = "| 标准问 | 相似问 | 答案 | 分类 |\n| :--- | --- | :---: | --- |\n| 怎么退货？ | 能退吗<br>退货流程 | 签收后 7 天内, 见 \\| 我的订单 \\| | 售后 |\n| 能开发票吗？ | | 可以；<br/>电子的 |\n";
    let expected = [
        (
            "怎么退货？",
            vec!["能退吗", "退货流程"],
            "签收后 7 天内, 见 | 我的订单 |",
        ),
        ("能开发票吗？", vec![], "可以；\n电子的"),
    ];
    for (name, text, passed) in [
        ("faq.md", table.to_owned(), 0),
        ("faq.txt", table.to_owned(), 0),
        ("faq.csv", format!("\u{feff}{table}"), 0),
        (
            "faq.markdown",
            format!("# 客服, 常见问题\n\n下面是\"问答\"：\n\n{table}\n完。\n"),
            3,
        ),
        ("faq.txt", format!("# 客服\n\n{table}"), 1),
        (
            "faq.md",
            table
                .replace("| 标准问", "标准问")
                .replacen("| :---", ":---", 1),
            0,
        ),
    ] {
        let read = read(name, text.replace('\n', "\r\n"));
        assert_eq!(entries(&read), expected, "{name}: {text}");
        assert_eq!(read.items[0].category.as_deref(), Some("售后"), "{name}");
        let told = format!(
            "{name} is read from its table in Markdown; lines around it that are not read: {passed}."
        );
        assert_eq!(read.told.contains(&told), passed > 0, "{:?}", read.told);
    }
    let twice = read("faq.md", format!("{table}\n## 更多\n\n{table}"));
    assert_eq!(twice.items.len(), 4);
    let other = refused(
        "faq.md",
        format!("{table}\n| 姓名 | 电话 |\n|---|---|\n| 张三 | 1 |\n"),
    );
    assert!(
        other.contains("line 6 begins another table, of other columns"),
        "{other}"
    );
    let none = refused("faq.md", "# 客服\n\n退货七天内。\n");
    assert!(none.contains("it has no table of Markdown"), "{none}");
    // A bar that is not marked as one makes a column too many.
    let wide = read(
        "faq.md",
        "| 标准问 | 答案 |\n|---|---|\n| 退货？ | 七天|内 |\n",
    );
    assert!(
        wide.refused[0].contains("line 3 has 3 columns, and the header 2"),
        "{wide:?}"
    );
    // Bars in the cells of CSV are theirs.
    let csv = read(
        "a.csv",
        "标准问,答案\n怎么收费,\"见下表\n| 套餐 | 价格 |\n|---|---|\n| A | 10 |\"\n",
    );
    assert_eq!(
        entries(&csv)[0].2,
        "见下表\n| 套餐 | 价格 |\n|---|---|\n| A | 10 |"
    );
}
