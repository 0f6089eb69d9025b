//! The entry that answers a cluster of questions.

use std::collections::HashSet;
use std::convert::Infallible;

use yuyi::Calibration;
use yuyi_language::MASK;
use yuyi_store::{
    Answering, Collection, Error, Item, MOST_WORDINGS, OpenQuestion, Result, VectorItem,
};
use yuyi_tasks::faq;

use super::{as_open, without_masks};

/// What is known of an entry that is to answer some questions.
#[derive(Clone, Debug)]
pub enum EntryDraft {
    /// A new one. Without a text it has the suggested question, without an id a digest of its text, without wordings the questions.
    New {
        /// Its fields.
        item: Box<Item>,
        /// The wordings that it has in the place of the questions.
        wordings: Option<Vec<String>>,
    },
    /// One that is there, which has the questions among its wordings from now on.
    Existing(Box<VectorItem>),
}

/// The number of a cluster of that id.
///
/// # Errors
/// [`QuestionsNotFound`](Error::QuestionsNotFound) where no cluster is known by such.
pub fn cluster_id(collection: &str, id: &str) -> Result<i64> {
    let none = || Error::QuestionsNotFound {
        name: collection.to_owned(),
        id: id.to_owned(),
    };
    // As it is told, and not otherwise.
    let number = id
        .parse()
        .ok()
        .filter(|number: &i64| number.to_string() == id);
    number.ok_or_else(none)
}

/// The entry that answers the questions of a cluster, and what is to be [told the store](yuyi_store::Store::answer_questions) beside it. Where the collection has a model its vectors are
/// [to be computed](crate::ItemPlan); else they are those that the questions came with.
///
/// # Errors
/// [`QuestionsNotFound`](Error::QuestionsNotFound); [`Invalid`](Error::Invalid) at `text` or `wordings` where callers bring the vectors and a text has none.
pub fn answering_entry(
    collection: &Collection,
    questions: &[OpenQuestion],
    cluster: i64,
    draft: EntryDraft,
) -> Result<(VectorItem, Answering)> {
    let members: Vec<&OpenQuestion> = questions
        .iter()
        .filter(|one| one.cluster == Some(cluster))
        .collect();
    if members.is_empty() {
        return Err(Error::QuestionsNotFound {
            name: collection.name.clone(),
            id: cluster.to_string(),
        });
    }
    let replaces = matches!(draft, EntryDraft::Existing(_));
    let mut entry = match draft {
        EntryDraft::New { item, wordings } => made(*item, wordings, &members)?,
        EntryDraft::Existing(mut entry) => {
            add_wordings(&mut entry.item, &members);
            *entry
        }
    };
    match collection.space.model {
        Some(_) => entry.vectors.clear(),
        None => bring_vectors(&mut entry, &members)?,
    }
    Ok((entry, Answering { cluster, replaces }))
}

/// # Errors
/// [`Invalid`](Error::Invalid) at `text` where it has none, and all of the suggested question was masked.
fn made(
    mut item: Item,
    wordings: Option<Vec<String>>,
    members: &[&OpenQuestion],
) -> Result<VectorItem> {
    if item.text.is_empty() {
        item.text = without_masks(suggested(members));
        if item.text.is_empty() {
            let reason =
                "All of the question was masked. Say what the entry is to have for its question.";
            return Err(Error::invalid("text", reason));
        }
    }
    match wordings {
        Some(wordings) => item.wordings = wordings,
        None => add_wordings(&mut item, members),
    }
    item.identify();
    Ok(VectorItem {
        item,
        vectors: Vec::new(),
    })
}

/// The question that is shown as the suggested one.
fn suggested<'a>(members: &[&'a OpenQuestion]) -> &'a str {
    let open: Vec<_> = members.iter().map(|one| as_open(one)).collect();
    let go_on = || Ok::<(), Infallible>(());
    let Ok(clusters) = faq::question_clusters(&open, &Calibration::Uncalibrated, 1.0, go_on);
    let place = clusters.first().map_or(0, |cluster| cluster.suggested);
    &members[place].question
}

/// Adds the questions that are none of its texts yet, those that were asked most first: an entry has only so many. What was masked is no wording that anybody asks
/// with, and is left out.
fn add_wordings(item: &mut Item, members: &[&OpenQuestion]) {
    let mut known: HashSet<String> = item.texts().map(str::to_owned).collect();
    let whole = members.iter().copied();
    let mut whole: Vec<_> = whole.filter(|one| !one.question.contains(MASK)).collect();
    whole.sort_by_key(|one| (std::cmp::Reverse(one.count), one.key));
    for one in whole {
        if item.wordings.len() < MOST_WORDINGS && known.insert(one.question.clone()) {
            item.wordings.push(one.question.clone());
        }
    }
}

/// Gives each text the vector that it came with.
fn bring_vectors(entry: &mut VectorItem, members: &[&OpenQuestion]) -> Result<()> {
    let has = entry.vectors.len();
    for (i, text) in entry.item.texts().enumerate().skip(has) {
        let asked = members
            .iter()
            .find(|one| without_masks(&one.question) == text);
        let vector = asked.and_then(|one| one.vector.clone());
        let field = || match i {
            0 => "text".to_owned(),
            other => format!("wordings[{}]", other - 1),
        };
        let none = || {
            Error::invalid(
                field(),
                "It is none of the questions, and the collection has no model that could compute its vector.",
            )
        };
        entry.vectors.push(vector.ok_or_else(none)?);
    }
    Ok(())
}
