//! The same FAQ as programs save it. `scripts/make_file_fixtures` made the files.

use std::fs;

use serde_json::{Value, json};
use yuyi_files::faq_template;

use crate::support::{Read, data, entries, read, read_own};

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
    let expected = "formula-openpyxl.xlsx, sheet \"Sheet\", row 2: answer is #GETTING_DATA, which stands for a value that is not there.";
    assert_eq!(never.refused, [expected]);
    assert_eq!(never.items.len(), 1);
}

#[test]
fn cells_without_a_value_name_their_place() {
    let read = read_own("error.xlsx").unwrap();
    assert_eq!(
        read.refused,
        [
            "error.xlsx, sheet \"Sheet\", row 3: answer is #N/A, which stands for a value that is not there."
        ]
    );
}

#[test]
fn merged_cells_are_told() {
    let read = read_own("merged.xlsx").unwrap();
    assert_eq!(
        read.refused,
        ["merged.xlsx, sheet \"Sheet\", row 4: text is empty or blank."]
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
