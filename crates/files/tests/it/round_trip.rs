//! What is written as a table is read back as it was.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use yuyi_files::{TableKind, TableWriter};
use yuyi_store::{Item, Timestamp};

use crate::support::{collection, read};

/// The table of items.
fn written(kind: TableKind, items: &[Item]) -> anyhow::Result<Vec<u8>> {
    let mut table = TableWriter::new(kind, &collection())?;
    items.iter().try_for_each(|item| table.see(item))?;
    let mut out = table.begin()?;
    for item in items {
        out.extend(table.write(item)?);
    }
    out.extend(table.finish()?);
    Ok(out)
}

fn read_back(kind: TableKind, items: &[Item]) -> Vec<Item> {
    let name = format!("a.{}", kind.extension());
    let read = read(&name, written(kind, items).unwrap());
    assert!(read.refused.is_empty(), "{read:?}");
    read.items
}

/// What tables must not take for something else.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9字退货？。]{0,4}",
        prop::sample::select(vec![
            ",", "\"", "\"\"", "|", "；", ";", "\n", "'", " ", "\u{3000}", "=1+1", "@", "#",
            "_x0041_", "&lt;", "<b>", "1. ", "{}", "[\"", "\\n", "\u{b}", "😀", "%", "、", "，",
            "-",
        ])
        .prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat())
}

fn visible() -> impl Strategy<Value = String> {
    (text(), "[字a]", text()).prop_map(|(before, middle, after)| before + &middle + &after)
}

/// A text of which a table keeps the ends.
fn trimmed() -> impl Strategy<Value = String> {
    visible().prop_map(|text| text.trim().to_owned())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1.0e6..1.0e6).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(json!([1, null, {"a": "b"}])),
        Just(Value::Null),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let told = [
        "部门",
        "分类",
        "price",
        "id",
        "Text",
        "payload",
        "相似问",
        "index",
        "状态",
        " a ",
        "",
        "答案",
        "备注",
    ];
    prop_oneof![
        prop::sample::select(told.to_vec()).prop_map(str::to_owned),
        visible()
    ]
}

prop_compose! {
    fn item()(
        text in visible(),
        wordings in prop::collection::vec(visible(), 0..4),
        answer in prop::option::of(visible()),
        category in prop::option::of(trimmed()),
        not_words in prop::collection::vec(visible(), 0..3),
        related in prop::collection::vec("[a-z]{1,4}[|；,]?", 0..3),
        enabled in prop::option::of(any::<bool>()),
        seconds in prop::option::of(0_i64..4_000_000_000),
        threshold in prop::option::of(0.0..=1.0_f64),
        payload in prop::collection::btree_map(name(), value(), 0..4),
    ) -> Item {
        let time = seconds.map(|seconds| serde_json::from_value::<Timestamp>(json!(seconds)).unwrap());
        let payload: Map<String, Value> = payload.into_iter().collect();
        Item {
            text, wordings, answer, category, not_words, related, enabled, threshold, payload, valid_from: time, valid_until: time,
            ..Item::default()
        }
    }
}

fn numbered(items: Vec<Item>) -> Vec<Item> {
    let items = items.into_iter().enumerate();
    items
        .map(|(i, item)| Item {
            id: format!("{i:03}"),
            ..item
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn csv_and_workbooks_give_back_what_they_were_given(items in prop::collection::vec(item(), 1..8)) {
        let items = numbered(items);
        for kind in [TableKind::Csv, TableKind::Xlsx] {
            match written(kind, &items) {
                Ok(_) => prop_assert_eq!(read_back(kind, &items), items.clone()),
                // A text that stands for nothing in tables, such as a list.
                Err(error) => prop_assert!(error.to_string().contains("would not be given back"), "{error}"),
            }
        }
    }

    #[test]
    fn tsv_gives_back_what_has_no_tabs_and_ends_of_lines(items in prop::collection::vec(item(), 1..8)) {
        let items = numbered(items);
        match written(TableKind::Tsv, &items) {
            Ok(_) => prop_assert_eq!(read_back(TableKind::Tsv, &items), items),
            Err(error) => {
                let told = error.to_string();
                prop_assert!(told.contains("for which TSV has no place") || told.contains("would not be given back"), "{told}");
            }
        }
    }
}

#[test]
fn wordings_share_a_cell_where_nothing_in_them_separates() {
    let item = |id: &str, wordings: &[&str]| Item {
        wordings: wordings.iter().map(|&text| text.to_owned()).collect(),
        answer: Some("七天, \"内\"".into()),
        ..Item::new(id, "退货？")
    };
    let plain = [item("1", &["能退吗", "退货流程"]), item("2", &[])];
    let csv = String::from_utf8(written(TableKind::Csv, &plain).unwrap()).unwrap();
    let expected = "\u{feff}id,text,answer,wordings\n1,退货？,\"七天, \"\"内\"\"\",\"能退吗\n退货流程\"\n2,退货？,\"七天, \"\"内\"\"\",\n";
    assert_eq!(csv, expected);
    let split = [item("1", &["a|b", "c；d"]), item("2", &[])];
    let csv = String::from_utf8(written(TableKind::Csv, &split).unwrap()).unwrap();
    assert!(
        csv.starts_with("\u{feff}id,text,answer,wording_1,wording_2\n1,退货？,"),
        "{csv}"
    );
    for kind in [TableKind::Csv, TableKind::Xlsx, TableKind::Tsv] {
        assert_eq!(read_back(kind, &split), split);
    }
}

#[test]
fn what_a_table_cannot_hold_is_told() {
    let told = |kind, item: Item| written(kind, &[item]).unwrap_err().to_string();
    let null = Item {
        answer: Some("NULL".into()),
        ..Item::new("1", "a")
    };
    assert_eq!(
        told(TableKind::Csv, null),
        "The answer of the item \"1\" would not be given back by a table as it is. Export it as JSONL."
    );
    let empty = Item {
        answer: Some(String::new()),
        ..Item::new("1", "a")
    };
    // Older programs kept it; it says what no answer says.
    assert_eq!(read_back(TableKind::Csv, &[empty]), [Item::new("1", "a")]);
    let lines = Item {
        answer: Some("a\nb".into()),
        ..Item::new("1", "a")
    };
    assert!(told(TableKind::Tsv, lines).contains("for which TSV has no place"));
    let long = Item {
        answer: Some("字".repeat(32_768)),
        ..Item::new("1", "a")
    };
    let error = written(TableKind::Xlsx, &[long]).unwrap_err();
    assert!(
        format!("{error:#}").contains("a cell of a workbook holds 32,767 characters"),
        "{error:#}"
    );
}

#[test]
fn an_item_that_changed_meanwhile_ends_the_export() {
    let (before, mut after) = (Item::new("1", "a"), Item::new("1", "a"));
    after.category = Some("new".into());
    let mut table = TableWriter::new(TableKind::Csv, &collection()).unwrap();
    table.see(&before).unwrap();
    table.begin().unwrap();
    let error = table.write(&after).unwrap_err().to_string();
    assert!(
        error.contains("changed while the collection was exported"),
        "{error}"
    );
}
