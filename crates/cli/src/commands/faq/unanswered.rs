//! `yuyi faq unanswered`.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::bail;
use serde_json::json;
use yuyi::{Calibration, Encoded, Model};
use yuyi_collections::{
    ClusterPlan, EntryDraft, ItemPlan, Unanswered, answering_entry, calibration_of, cluster_id,
};
use yuyi_store::{Collection, Item, Store};

use crate::args::UnansweredArgs;
use crate::commands::collection::embedding::load_for;
use crate::commands::collection::place::{open_existing, place};
use crate::commands::report_truncated;
use crate::misuse::Misuse;
use crate::terminal::{self, in_one_line, remark};

/// Lists questions without an answer, makes an entry of a cluster of them, or takes one out of the list.
pub fn run(args: &UnansweredArgs) -> anyhow::Result<()> {
    let store = open_existing(&place(&args.place)?)?;
    let collection = store.collection(&args.name)?;
    let kept = Kept {
        args,
        store: &*store,
        collection,
    };
    match (&args.entry, &args.dismiss) {
        (Some(id), _) => kept.make_entry(id),
        (None, Some(id)) => kept.dismiss(id),
        (None, None) => kept.list(),
    }
}

/// A collection with what it keeps of its questions.
struct Kept<'a> {
    args: &'a UnansweredArgs,
    store: &'a dyn Store,
    collection: Collection,
}

impl Kept<'_> {
    /// The model of the collection, if it has one.
    fn model(&self) -> anyhow::Result<Option<Model>> {
        let model = load_for(&self.collection, &self.args.model)?;
        let calibrated = model.map(|model| Model::new(Arc::clone(model.embedder())));
        Ok(calibrated.transpose()?)
    }

    fn list(&self) -> anyhow::Result<()> {
        let questions = self.store.open_questions(&self.args.name)?;
        let plan = ClusterPlan::new(&self.collection, questions);
        let model = self.model()?;
        let embedded: Vec<Encoded> = match &model {
            Some(model) => model.embed_with(&plan.texts(), &plan.options())?,
            None => Vec::new(),
        };
        let calibration = model
            .as_ref()
            .map(|model| calibration_of(&self.collection, model.facts(), model.calibration()));
        let calibration = calibration.unwrap_or(&Calibration::Uncalibrated);
        let found = plan.finish(&embedded, calibration, &|| true)?;
        if !found.placed.is_empty() {
            let fingerprint = &self.collection.space.fingerprint;
            self.store
                .place_questions(&self.args.name, fingerprint, found.placed)?;
        }
        let reply = found.reply.cut(self.args.limit as usize);
        let mut out = terminal::stdout();
        match self.args.json {
            true => writeln!(out, "{}", serde_json::to_string_pretty(&reply)?)?,
            false => write_for_people(&mut out, &reply)?,
        }
        Ok(out.flush()?)
    }

    fn make_entry(&self, id: &str) -> anyhow::Result<()> {
        let cluster = cluster_id(&self.args.name, id)?;
        let questions = self.store.open_questions(&self.args.name)?;
        let draft = self.draft()?;
        let (entry, answering) = answering_entry(&self.collection, &questions, cluster, draft)?;
        let mut items = [entry];
        let plan = ItemPlan::new(&self.collection, &items)?;
        if let Some(model) = self.model()? {
            let vectors = model.embed_with(plan.texts(), &plan.options())?;
            let truncated = plan.fill(&mut items, &vectors)?;
            report_truncated(truncated, model.facts().max_tokens);
        }
        let [entry] = items;
        let Item {
            id, text, wordings, ..
        } = entry.item.clone();
        let fingerprint = &self.collection.space.fingerprint;
        let name = &self.args.name;
        let answered = self
            .store
            .answer_questions(name, fingerprint, entry, answering)?;
        let wordings = wordings.len();
        if self.args.json {
            let reply =
                json!({"id": id, "question": text, "wordings": wordings, "answered": answered});
            return Ok(writeln!(terminal::stdout(), "{reply}")?);
        }
        remark!(
            "The entry {id:?} answers {text:?}, with wordings: {wordings}. Questions that are no longer in the list: {answered}."
        );
        Ok(())
    }

    fn draft(&self) -> anyhow::Result<EntryDraft> {
        let UnansweredArgs {
            name,
            answer,
            text,
            id,
            category,
            reject,
            add_to,
            ..
        } = self.args;
        if let Some(entry) = add_to {
            let Some(there) = self.store.get_with_vectors(name, &[entry])?.pop() else {
                bail!("The collection {name:?} has no item {entry:?}.");
            };
            return Ok(EntryDraft::Existing(Box::new(there)));
        }
        if answer.is_none() && !reject {
            bail!(Misuse(
                "An entry needs an answer: --answer TEXT. Or --add-to an entry that is there, or --reject such questions.".into()
            ));
        }
        let item = Item {
            id: id.clone().unwrap_or_default(),
            text: text.clone().unwrap_or_default(),
            answer: answer.clone(),
            category: category.clone(),
            reject: reject.then_some(true),
            ..Item::default()
        };
        Ok(EntryDraft::New {
            item: Box::new(item),
            wordings: None,
        })
    }

    fn dismiss(&self, id: &str) -> anyhow::Result<()> {
        let cluster = cluster_id(&self.args.name, id)?;
        let dismissed = self.store.dismiss_questions(&self.args.name, cluster)?;
        if self.args.json {
            return Ok(writeln!(
                terminal::stdout(),
                "{}",
                json!({"dismissed": dismissed})
            )?);
        }
        remark!("Questions that are no longer in the list: {dismissed}.");
        Ok(())
    }
}

/// A line a cluster: how often it was asked, its id and the suggested question, with tabs between them; below it its questions, each with how often it was asked.
fn write_for_people(out: &mut impl Write, reply: &Unanswered) -> io::Result<()> {
    for cluster in &reply.clusters {
        let suggested = in_one_line(&cluster.suggested);
        writeln!(out, "{}\t{}\t{suggested}", cluster.size, cluster.id)?;
        for question in &cluster.questions {
            writeln!(
                out,
                "\t{}\t{}",
                question.count,
                in_one_line(&question.question)
            )?;
        }
    }
    if reply.total > reply.clusters.len() {
        let more = reply.total - reply.clusters.len();
        remark!("Further clusters: {more}. --limit lists more.");
    } else if reply.total == 0 {
        remark!("No question was without an answer.");
    }
    Ok(())
}
