//! Items of a collection: the rows of any file that has texts.

pub(crate) mod cells;
mod objects;
mod published;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::bail;
use serde_json::{Map, Value};
use yuyi_collections::check_item;
use yuyi_store::{Collection, Error, VectorItem, jsonl};

use self::cells::Kinds;
use self::published::Published;
use super::names::VALIDITY;
use super::{
    ColumnNames, Columns, Fault, Input, Layout, Origin, Record, Records, Remark, Remarks, Row,
};

/// The column of what has no column of its own, as JSON.
pub(crate) const PAYLOAD: &str = "payload";

const NEEDED: [&str; 1] = ["text"];

/// Columns that follow where there is no header.
const OPTIONAL: [&str; 3] = ["answer", "id", "wordings"];

/// The column of related entries.
const RELATED: &str = "related";

/// Further fields of an item, by these names alone unless it is an entry of a FAQ. Whatever else a file has is payload.
pub(crate) const FURTHER: [&str; 10] = [
    "time",
    "category",
    "not_words",
    RELATED,
    "enabled",
    "valid_from",
    "valid_until",
    "threshold",
    "reject",
    VALIDITY,
];

/// The place of the time among the optional and the further columns.
const TIME: usize = OPTIONAL.len();

/// A row that is an item, or why it is none.
pub struct ItemRow {
    /// Line of the file, from 1.
    pub line: u64,
    /// The item, which keeps the rules of its collection and has an id.
    pub item: Result<VectorItem, Refused>,
    /// Whether its file calls the column of related entries as people do (关联问题), and not as exports do, so that it may name them by their questions.
    pub relates_questions: bool,
}

/// A row that is no item.
pub struct Refused {
    /// Why.
    pub fault: Fault,
    /// What the row has, by the names of its columns.
    pub content: Map<String, Value>,
}

/// The rows of a file as items. An error ends them.
pub struct ItemFile {
    origin: Origin,
    records: Records,
    collection: Collection,
    /// What the cells of columns of the payload were taken for.
    kinds: Kinds,
    /// What the times of items were read from.
    published: Published,
    is_begun: bool,
    relates_questions: Arc<AtomicBool>,
}

impl ItemFile {
    /// The rows of a file for a collection, whose declared fields say what their columns hold.
    ///
    /// # Errors
    /// When the layout names columns that cannot be meant.
    pub fn of(mut input: Input, layout: &Layout, collection: &Collection) -> anyhow::Result<Self> {
        let relates_questions = Arc::<AtomicBool>::default();
        input.origin.remarks = listening(&input.origin.remarks, &relates_questions);
        let columns = Columns {
            optional: &OPTIONAL,
            further: FURTHER.map(str::to_owned).to_vec(),
            of_items: true,
            ..Columns::needed(&NEEDED)
        };
        let columns = columns.chosen_by(layout)?;
        Ok(Self {
            origin: input.origin.clone(),
            records: input.records(columns),
            collection: collection.clone(),
            kinds: Kinds::default(),
            published: Published::default(),
            is_begun: false,
            relates_questions,
        })
    }

    /// Where its rows come from.
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    fn row(&mut self, record: Record) -> anyhow::Result<ItemRow> {
        let Record {
            row,
            rest,
            columns,
            values,
            has,
            fault,
        } = record;
        if !std::mem::replace(&mut self.is_begun, true) {
            check_names(self.origin.file(), &rest)?;
        }
        let line = row.line;
        let content = || content(&row, &rest, &values);
        let item = match fault {
            Some(fault) => Err((fault, content())),
            None => {
                let mut read = match values.is_empty() {
                    true => self.of_cells(&row, &rest),
                    false => objects::item(values.clone(), &rest),
                };
                if let (Ok(item), false) = (&mut read, has.get(TIME) == Some(&true)) {
                    let beside = rest.iter().map(|(name, value)| (&**name, value));
                    self.published.give(&mut item.item, beside, line);
                }
                let item = read.and_then(|item| self.checked(item));
                item.map_err(|error| (Fault::told(reason(error, &columns)), content()))
            }
        };
        let item = item.map_err(|(fault, content)| Refused { fault, content });
        Ok(ItemRow {
            line,
            item,
            relates_questions: self.relates_questions.load(Ordering::Relaxed),
        })
    }

    fn of_cells(
        &mut self,
        row: &Row,
        rest: &[(Arc<str>, Value)],
    ) -> yuyi_store::Result<VectorItem> {
        let mut item = cells::item(&row.cells)?;
        for (name, value) in rest {
            let Value::String(cell) = value else {
                continue;
            };
            if **name == *PAYLOAD && cell.trim_start().starts_with('{') {
                add_payload(cell, &mut item.payload)?;
                continue;
            }
            let mut fields = self.collection.fields.iter();
            let declared = fields.find(|field| *field.name == **name);
            let declared = declared.map(|field| field.kind);
            let read = cells::payload(cell, declared);
            if let Some(value) = read {
                if declared.is_none() {
                    self.kinds.count(name, &value, row.line);
                }
                item.payload.insert(name.to_string(), value);
            }
        }
        Ok(VectorItem {
            item,
            vectors: Vec::new(),
        })
    }

    /// The item with an id, where all rules hold.
    fn checked(&self, mut item: VectorItem) -> yuyi_store::Result<VectorItem> {
        item.item.identify();
        item.item.check_to_write()?;
        check_item(&self.collection, &item)?;
        jsonl::fits(item, &self.collection)
    }
}

impl Iterator for ItemFile {
    type Item = anyhow::Result<ItemRow>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.records.next() {
            Some(record) => Some(record.and_then(|record| self.row(record))),
            None => {
                let file = self.origin.file();
                for told in std::mem::take(&mut self.published).told(file) {
                    self.origin.say(told);
                }
                for told in std::mem::take(&mut self.kinds).told() {
                    self.origin.say(format!("{file}: {told}"));
                }
                None
            }
        }
    }
}

/// Remarks that go on to where they went, and are looked through for a column that was taken for that of related entries.
fn listening(remarks: &Remarks, relates_questions: &Arc<AtomicBool>) -> Remarks {
    let (remarks, heard) = (remarks.clone(), Arc::clone(relates_questions));
    Remarks::to(move |remark| {
        if let Remark::Columns { taken, .. } = &remark
            && taken.iter().any(|taken| taken.column == RELATED)
        {
            heard.store(true, Ordering::Relaxed);
        }
        remarks.tell(remark);
    })
}

/// The names of the fields of an item, in the order of the cells of a row.
pub(crate) fn fields() -> impl Iterator<Item = &'static str> {
    NEEDED.into_iter().chain(OPTIONAL).chain(FURTHER)
}

/// No two columns of the payload have one name: one would be lost.
fn check_names(file: &str, rest: &[(Arc<str>, Value)]) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    match rest.iter().find(|(name, _)| !seen.insert(name)) {
        Some((name, _)) => {
            bail!(
                "{file} has two columns of the name {name}, and only one could be kept. Rename one of them."
            )
        }
        None => Ok(()),
    }
}

/// Adds what stands in one cell as JSON, as exports write it.
fn add_payload(cell: &str, payload: &mut Map<String, Value>) -> yuyi_store::Result<()> {
    let object: Map<String, Value> =
        serde_json::from_str(cell).map_err(|error| invalid(PAYLOAD, error))?;
    for (name, value) in object {
        if payload.contains_key(&name) {
            return Err(invalid(&format!("{PAYLOAD}.{name}"), "It is there twice."));
        }
        payload.insert(name, value);
    }
    Ok(())
}

/// What a row has, by names.
fn content(row: &Row, rest: &[(Arc<str>, Value)], values: &[Value]) -> Map<String, Value> {
    let names = fields();
    let cells = row.cells.iter().filter(|_| values.is_empty());
    let cells = cells.map(|cell| Value::String(cell.clone()));
    let own = names.zip(values.iter().cloned().chain(cells));
    let own = own.map(|(name, value)| (name.to_owned(), value));
    let rest = rest
        .iter()
        .map(|(name, value)| (name.to_string(), value.clone()));
    let is_filled = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    };
    own.chain(rest)
        .filter(|(_, value)| is_filled(value))
        .collect()
}

/// What is wrong, behind the column or the field where there is one.
fn reason(error: Error, columns: &ColumnNames) -> String {
    match error {
        Error::Invalid { field, reason } if field.is_empty() => reason,
        Error::Invalid { field, reason } => {
            let told = in_column(&field, &reason, columns);
            told.unwrap_or_else(|| Error::invalid(field, reason).to_string())
        }
        other => other.to_string(),
    }
}

/// What is wrong with a field, with the column of a table that it was read from: wordings\[2\] from that of wordings, payload.price from that of this name.
fn in_column(field: &str, reason: &str, columns: &ColumnNames) -> Option<String> {
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (head, rest) = field.split_at(end);
    let place = fields().position(|name| name == head);
    let wanted = place.and_then(|place| columns.in_wanted(place, reason));
    let header = rest.strip_prefix('.').filter(|_| head == PAYLOAD);
    wanted.or_else(|| columns.in_other(header.unwrap_or(field), reason))
}

/// What is wrong with one field.
fn invalid(field: &str, error: impl ToString) -> Error {
    Error::invalid(field, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use yuyi_store::{Field, FieldType, Item, Role, Space, WordRules};

    fn collection(fields: &[(&str, FieldType)]) -> Collection {
        let field = |(name, kind): &(&str, FieldType)| Field {
            name: (*name).to_owned(),
            kind: *kind,
        };
        Collection {
            name: "c".into(),
            number: 1,
            space: Space {
                model: Some("m".into()),
                ..Space::given(2)
            },
            role: Role::Symmetric,
            fields: fields.iter().map(field).collect(),
            unanswered: false,
            words: WordRules::default(),
            count: 0,
            generation: 0,
            reindex: None,
            damaged: None,
        }
    }

    /// The rows as JSON of their items, or the reasons.
    fn read(
        format: Format,
        text: &str,
        fields: &[(&str, FieldType)],
    ) -> Vec<Result<String, String>> {
        let text: &'static str = String::leak(text.to_owned());
        let input = Input::of("f", format, text.as_bytes());
        let file = ItemFile::of(input, &Layout::default(), &collection(fields)).unwrap();
        let shown = |row: anyhow::Result<ItemRow>| match row.unwrap().item {
            Ok(item) => Ok(serde_json::to_string(&item.item).unwrap()),
            Err(refused) => Err(refused.fault.text),
        };
        file.map(shown).collect()
    }

    fn items(format: Format, text: &str) -> Vec<String> {
        let rows = read(format, text, &[]);
        rows.into_iter().map(Result::unwrap).collect()
    }

    /// The text and the answer of each row, read as an entry of a FAQ.
    fn entries(text: &'static str) -> Vec<(String, Option<String>)> {
        let layout = Layout {
            of_faq: true,
            ..Layout::default()
        };
        let input = Input::of("f", Format::Csv, text.as_bytes());
        let file = ItemFile::of(input, &layout, &collection(&[])).unwrap();
        let items = file.map(|row| row.unwrap().item.ok().expect("it is an item").item);
        items.map(|item| (item.text, item.answer)).collect()
    }

    #[test]
    fn a_faq_has_its_questions_and_answers_by_names_that_articles_have_elsewhere() {
        let expected = [("怎么退货", "七天"), ("包邮吗", "满99")];
        let expected = expected.map(|(q, a)| (q.to_owned(), Some(a.to_owned())));
        for text in [
            "标题,内容\n怎么退货,七天\n包邮吗,满99\n",
            "FAQ,回答\n怎么退货,七天\n包邮吗,满99\n",
            "问题描述,解决方案\n怎么退货,七天\n包邮吗,满99\n",
            "主题,说明\n怎么退货,七天\n包邮吗,满99\n",
            "Question,Solution\n怎么退货,七天\n包邮吗,满99\n",
            "分类,说明,主题\n售后,七天,怎么退货\n物流,满99,包邮吗\n",
        ] {
            assert_eq!(entries(text), expected, "{text}");
        }
        // In a collection they are those of articles.
        let article = items(Format::Csv, "标题,内容\n怎么退货,七天\n");
        assert!(article[0].contains(r#""text":"七天""#), "{article:?}");
    }

    #[test]
    fn columns_are_fields_or_payload() {
        let text = "编号,标准问题,答案,相似问1,相似问2,部门,code,price\n7,怎么退货,七天内,退货|能退吗,退,客服,007,12\n";
        let expected = r#"{"id":"7","text":"怎么退货","wordings":["退货","能退吗","退"],"answer":"七天内","payload":{"code":"007","price":12,"部门":"客服"}}"#;
        // A list of wordings goes on to the last column only.
        let text = text
            .replace(",相似问1,相似问2", "")
            .replace(",退货|能退吗,退", "");
        let expected = expected.replace(r#""wordings":["退货","能退吗","退"],"#, "");
        assert_eq!(items(Format::Csv, &text), [expected]);
        let faq = "question\tanswer\tid\twordings\t\nq1\ta1\t1\tw1；w2|w3\tw4\n";
        let expected = r#"{"id":"1","text":"q1","wordings":["w1","w2","w3","w4"],"answer":"a1"}"#;
        assert_eq!(items(Format::Tsv, faq), [expected]);
        let timed = "id,text,time,category,enabled\nx,一,2024/3/5 8:30,甲,否\n";
        let expected = r#"{"id":"x","text":"一","time":"2024-03-05T08:30:00Z","category":"甲","enabled":false}"#;
        assert_eq!(items(Format::Csv, timed), [expected]);
    }

    #[test]
    fn what_many_rows_share_is_no_id() {
        let text = "序号,user_id,text\n1,9,甲\n2,9,乙\n";
        let rows = items(Format::Csv, text);
        assert!(
            rows[0].ends_with(r#""text":"甲","payload":{"user_id":9,"序号":1}}"#),
            "{rows:?}"
        );
        let id = |row: &str| serde_json::from_str::<Item>(row).unwrap().id;
        assert!(id(&rows[0]).len() == 32 && id(&rows[0]) != id(&rows[1]));
        let json = items(
            Format::Jsonl,
            "{\"text\":\"甲\",\"user_id\":9,\"question_id\":4}",
        );
        assert!(json[0].starts_with(r#"{"id":"4""#), "{json:?}");
    }

    #[test]
    fn objects_keep_what_they_have() {
        let exported = [
            r#"{"id":"a|b","text":"x\n\"y\"","wordings":["a|b；c"," d "],"answer":"","payload":{"a":[1,null,{"b":1.5}],"id":null,"text":"t"},"time":"2024-03-05T00:00:00.250000Z","category":"c","not_words":["n"],"related":["r"],"enabled":true,"valid_from":"2024-03-05T00:00:00Z","valid_until":"2025-03-05T00:00:00Z","threshold":0.5,"reject":false}"#,
            r#"{"id":" 7 ","text":"x"}"#,
        ];
        assert_eq!(items(Format::Jsonl, &exported.join("\n")), exported);
        let other =
            r#"{"q":"怎么退货","a":"七天内","indexes":["退货"],"price":1.50,"none":null,"id":12}"#;
        let expected = r#"{"id":"12","text":"怎么退货","wordings":["退货"],"answer":"七天内","payload":{"price":1.5}}"#;
        assert_eq!(items(Format::Jsonl, other), [expected]);
    }

    #[test]
    fn rows_that_break_a_rule_are_told_by_their_field() {
        let told = |text: &str| {
            let rows = read(
                Format::Csv,
                &format!("id,text,time,threshold,price\n{text}\n"),
                &[("price", FieldType::Number)],
            );
            rows.into_iter().next().unwrap().unwrap_err()
        };
        assert_eq!(told("1, ,,,"), "column B (text): It is empty or blank.");
        assert_eq!(
            told("1,x,morgen,,"),
            "column C (time): \"morgen\" is no time. Write it as 2024-03-05T10:30:00Z."
        );
        assert_eq!(
            told("1,x,,2,"),
            "column D (threshold): It is not between 0 and 1."
        );
        assert_eq!(
            told("1,x,,,cheap"),
            "column E (price): \"cheap\" is not a number, which the collection declares."
        );
        let long = "x".repeat(257);
        assert_eq!(
            told(&format!("{long},x,,,")),
            "column A (id): It has 257 bytes; an id has at most 256."
        );
        let json = |text: &str| read(Format::Jsonl, text, &[]).remove(0).unwrap_err();
        assert_eq!(
            json("{\"text\":\"x\",\"vectors\":[[1,0]]}"),
            "vectors: The collection has vectors of its model, which are computed here. Leave them out."
        );
        assert_eq!(
            json("{\"text\":\"x\",\"id\":1e30}"),
            "id: 1e+30 is no whole number that can be kept. Put it in quotes."
        );
        assert_eq!(
            json("{\"text\":\"x\",\"payload\":1}"),
            "payload: This is not an object."
        );
        assert_eq!(
            json("{\"text\":\"x\",\"payload\":{\"n\":1},\"n\":2}"),
            "payload.n: It is there twice."
        );
        assert_eq!(json("nonsense"), "line 1 is not a JSON object");
        assert_eq!(
            json("{\"id\":\"1\",\"text\":\"x\",\"id\":\"2\"}"),
            "line 1: the key \"id\" stands twice in one object"
        );
        assert_eq!(
            json("{\"text\":\"x\",\"vector\":[1,0],\"vectors\":[[1,0]]}"),
            "vector: It stands beside vectors; send one of the two."
        );
        assert_eq!(
            json("{\"text\":\"x\",\"related\":[1],\"threshold\":0.5}"),
            "related: It is not what an item has here: invalid type: integer `1`, expected a string."
        );
        assert_eq!(
            json("{\"text\":\"x\",\"time\":\"garbage\"}"),
            "time: \"garbage\" is no time. Write it as 2024-03-05T10:30:00Z."
        );
        assert_eq!(
            json("{\"text\":\"x\",\"valid_from\":\"2024-03-05\",\"valid_until\":\"2024-03-04\"}"),
            "valid_from: It is 2024-03-05T00:00:00Z, after valid_until, 2024-03-04T23:59:59Z: the entry could never answer."
        );
        assert_eq!(
            json("{\"text\":\"x\",\"vectors\":[1]}"),
            "vectors: It is not what an item has here: invalid type: integer `1`, expected a sequence."
        );
    }

    #[test]
    fn declared_fields_decide_what_cells_are() {
        let fields = [
            ("code", FieldType::Keyword),
            ("n", FieldType::Number),
            ("day", FieldType::Time),
        ];
        let text = "text,code,n,day\nx,12,1.50,2024/3/5\n";
        let row = read(Format::Csv, text, &fields).remove(0).unwrap();
        assert!(
            row.ends_with(r#""payload":{"code":"12","day":"2024-03-05T00:00:00Z","n":1.5}}"#),
            "{row}"
        );
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused() {
        let input = Input::of("f", Format::Csv, "text,note,note\nx,a,b\n".as_bytes());
        let mut file = ItemFile::of(input, &Layout::default(), &collection(&[])).unwrap();
        let error = file.next().unwrap().err().unwrap().to_string();
        assert!(
            error.starts_with("f has two columns of the name note"),
            "{error}"
        );
    }
}
