//! The entries of a file, with their vectors: what every command of `yuyi faq` asks.

use std::path::Path;

use anyhow::bail;
use yuyi::Model;
use yuyi_collections::{HeldEntries, ItemPlan, space_of_model};
use yuyi_files::{RelatedNames, Repeated, SeenIds};
use yuyi_store::{Collection, Item, NewCollection, Role, Space, VectorItem};
use yuyi_tasks::faq::{Faq, FaqEntry};

use crate::commands::Chunks;
use crate::input::{self, FaqFile, Format, Input, ItemFile, Layout, Origin};
use crate::progress::Progress;
use crate::terminal::remark;

/// The entries of a file.
pub struct FileEntries {
    /// The file, as messages name it.
    pub name: String,
    /// That can be asked.
    pub held: HeldEntries,
    /// What their vectors are, and the prompts of both sides.
    pub space: Space,
    /// Entries with a text that was cut.
    pub truncated: usize,
    /// Ids of entries that another one further down took the place of.
    pub repeated: Vec<String>,
}

impl FileEntries {
    /// Reads and embeds the entries of a file, as an import into a collection does.
    ///
    /// # Errors
    /// That of the first row that is no entry; that there is none; that of the model.
    pub fn read(
        file: &Path,
        format: Option<Format>,
        layout: &Layout,
        model: &Model,
    ) -> anyhow::Result<Self> {
        let input = input::open(file, format, Format::Tsv)?;
        let name = input.name().to_owned();
        let collection = unkept(space_of_model(model, Role::Symmetric)?);
        let layout = Layout {
            of_faq: true,
            ..layout.clone()
        };
        let embedded = embedded(input, &layout, &collection, model)?;
        if embedded.items.is_empty() {
            bail!("{name} has no entries.");
        }
        if let Some(what) = answers_elsewhere(&embedded.items) {
            remark!("{name}: {what}");
        }
        let repeated = embedded.repeated();
        if let Some(Repeated { id, at, first }) = repeated.first() {
            let n = repeated.len();
            remark!(
                "{name}: entries with the id of another above them: {n}, the first at {at} ({id:?}, as {first}). The last of each id counts."
            );
        }
        Ok(Self {
            name,
            held: HeldEntries::new(embedded.items),
            space: collection.space,
            truncated: embedded.truncated,
            repeated: repeated.into_iter().map(|repeated| repeated.id).collect(),
        })
    }

    /// The entries as those that labelled questions name; their places are those of the items.
    ///
    /// # Errors
    /// None: ids are there once.
    pub fn faq(&self) -> anyhow::Result<FaqFile> {
        let entry = |item: &Item| FaqEntry {
            id: item.id.clone(),
            wordings: item.texts().map(str::to_owned).collect(),
            answer: item.answer.clone().unwrap_or_default(),
        };
        Ok(FaqFile {
            name: self.name.clone(),
            faq: Faq::new(self.held.items().iter().map(entry).collect())?,
        })
    }
}

/// Where the answers of entries seem to be, none of which has one.
fn answers_elsewhere(items: &[VectorItem]) -> Option<String> {
    let mut items = items.iter().map(|item| &item.item);
    if items.clone().any(|item| item.answer.is_some()) {
        return None;
    }
    let beside = items.clone().find_map(|item| item.payload.keys().next());
    if let Some(column) = beside {
        return Some(format!(
            "none of its entries has an answer. If the column {column} holds them, name it answer (答案), or say with --columns which ones are read, as in --columns 1,2."
        ));
    }
    let asks = |item: &Item| item.text.trim_end().ends_with(['?', '？']);
    let is_in_turn = items.len() >= 4
        && items.all({
            let mut is_asked = false;
            move |item| {
                is_asked = !is_asked;
                asks(item) == is_asked
            }
        });
    is_in_turn.then(|| {
        "every second line is no question and seems to answer the one above it, and each is read as an entry of its own. Write the answer behind its question in the same line, with a tab between them.".to_owned()
    })
}

/// The rows of a file as items with their vectors.
pub struct Embedded {
    pub items: Vec<VectorItem>,
    /// How many have a text that was cut.
    pub truncated: usize,
    /// Where they stand.
    lines: Vec<u64>,
    origin: Origin,
}

impl Embedded {
    /// The rows that have the id of another one further up, each with the first of these.
    pub fn repeated(&self) -> Vec<Repeated> {
        let mut seen = SeenIds::default();
        seen.begin(self.origin.clone());
        let rows = self.items.iter().zip(&self.lines);
        let again = rows.filter_map(|(item, &line)| {
            let id = item.item.id.as_str();
            seen.see(id, id, line)
        });
        again.collect()
    }
}

/// A collection of this space that no store has.
pub fn unkept(space: Space) -> Collection {
    let unnamed = NewCollection {
        space,
        ..NewCollection::default()
    };
    unnamed.planned()
}

/// All rows of a file.
///
/// # Errors
/// That of the first that is no item; that of the model.
pub fn embedded(
    input: Input,
    layout: &Layout,
    collection: &Collection,
    model: &Model,
) -> anyhow::Result<Embedded> {
    let mut progress = Progress::of_lines(input.lines());
    let file = ItemFile::of(input, layout, collection)?;
    let origin = file.origin();
    let of_rows = origin.clone();
    let rows = file.map(move |row| {
        let row = row?;
        match row.item {
            Ok(item) => Ok((row.line, item)),
            Err(refused) => Err(of_rows.error(row.line, refused.fault)),
        }
    });
    let mut chunks = Chunks::new(Box::new(rows));
    let (mut all, mut lines, mut truncated) = (Vec::new(), Vec::new(), 0);
    loop {
        let rows = chunks.next()?;
        let Some(&(last, _)) = rows.last() else {
            break;
        };
        lines.extend(rows.iter().map(|(line, _)| line));
        let mut items: Vec<VectorItem> = rows.into_iter().map(|(_, item)| item).collect();
        let plan = ItemPlan::new(collection, &items)?;
        let vectors = model.embed_with(plan.texts(), &plan.options())?;
        truncated += plan.fill(&mut items, &vectors)?;
        progress.done(items.len(), last);
        all.append(&mut items);
    }
    progress.finish();
    let mut names = RelatedNames::default();
    all.iter().for_each(|item| names.see(&item.item));
    for item in &mut all {
        // What is the question of no entry is told as it stands.
        let _ = names.resolve(&mut item.item);
    }
    Ok(Embedded {
        items: all,
        truncated,
        lines,
        origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(items: &[(&str, Option<&str>, Option<&str>)]) -> Option<String> {
        let item = |&(text, answer, column): &(&str, Option<&str>, Option<&str>)| {
            let mut item = Item::new(text, text);
            item.answer = answer.map(str::to_owned);
            item.payload = column
                .map(|column| (column.to_owned(), "x".into()))
                .into_iter()
                .collect();
            VectorItem {
                item,
                vectors: Vec::new(),
            }
        };
        answers_elsewhere(&items.iter().map(item).collect::<Vec<_>>())
    }

    #[test]
    fn it_is_told_where_answers_seem_to_be() {
        let beside = told(&[("怎么退货", None, Some("备注")), ("包邮吗", None, None)]);
        assert!(beside.unwrap().contains("the column 备注"));
        let lines = ["怎么退货？", "七天内", "包邮吗?", "满99"].map(|text| (text, None, None));
        assert!(told(&lines).unwrap().starts_with("every second line"));
        assert_eq!(told(&lines[..2]), None);
        let questions = ["怎么退货？", "能退吗？", "包邮吗", "满99"];
        assert_eq!(told(&questions.map(|text| (text, None, None))), None);
        assert_eq!(told(&[("怎么退货", Some("七天"), Some("备注"))]), None);
    }
}
