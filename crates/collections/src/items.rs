//! Items to be written: which of their texts are embedded, and their vectors in their places.

use std::borrow::Borrow;
use std::collections::HashMap;

use yuyi::{EmbedOptions, Encoded, Prompt};
use yuyi_store::{Collection, Error, Result, Space, VectorItem};

/// What of some items is to be embedded.
///
/// 1. [`ItemPlan::new`] finds their texts, identical ones once.
/// 2. [`ItemPlan::texts`] are embedded with [`ItemPlan::options`].
/// 3. [`ItemPlan::fill`] puts the vectors into the items.
#[derive(Clone, Debug)]
pub struct ItemPlan {
    texts: Vec<String>,
    /// Of each text of each item, in order, which of `texts` it is.
    places: Vec<usize>,
    prompt: String,
}

impl ItemPlan {
    /// The plan for items that are to be written to a collection. Where callers bring the vectors of it, there is nothing to embed.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid), with a path that begins with `items[i]`: items that bring vectors to a collection of a model, whose vectors they may not be,
    /// or that bring none where there is no model.
    pub fn new(collection: &Collection, items: &[VectorItem]) -> Result<Self> {
        let has_model = collection.space.model.is_some();
        for (i, item) in items.iter().enumerate() {
            check_item(collection, item).map_err(|error| error.within(&format!("items[{i}]")))?;
        }
        let items = if has_model { items } else { &[] };
        let texts = items.iter().flat_map(|item| item.item.texts());
        Ok(Self::of(&collection.space, texts))
    }

    /// The plan for texts, whosever they are.
    pub(crate) fn of<'a>(space: &Space, texts: impl Iterator<Item = &'a str>) -> Self {
        let mut known: HashMap<&str, usize> = HashMap::new();
        let (mut distinct, mut places) = (Vec::new(), Vec::new());
        for text in texts {
            let place = *known.entry(text).or_insert(distinct.len());
            if place == distinct.len() {
                distinct.push(text.to_owned());
            }
            places.push(place);
        }
        Self {
            texts: distinct,
            places,
            prompt: space.item_prompt.clone(),
        }
    }

    /// The texts to embed, each once; none where callers bring the vectors.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The same, given away.
    pub fn take_texts(&mut self) -> Vec<String> {
        std::mem::take(&mut self.texts)
    }

    /// What they are embedded with: the collection's prompt of items; what is too long for the model is cut.
    pub fn options(&self) -> EmbedOptions {
        EmbedOptions {
            prompt: Prompt::Text(self.prompt.clone()),
            ..EmbedOptions::default()
        }
    }

    /// Puts vectors, one for each of [`ItemPlan::texts`] in their order, into the items that the plan was made of; how many items have a text that was cut.
    ///
    /// # Errors
    /// [`Failed`](Error::Failed) where there are not as many vectors as texts, or other items.
    pub fn fill<T: Borrow<Encoded>>(
        &self,
        items: &mut [VectorItem],
        vectors: &[T],
    ) -> Result<usize> {
        if self.places.is_empty() && vectors.is_empty() {
            return Ok(0);
        }
        let texts = items.iter().map(|item| item.item.texts().len());
        let mut vectors = self.spread(texts.sum(), vectors)?;
        let mut cut = 0;
        for item in items {
            let of_item = vectors.by_ref().take(item.item.texts().len());
            let of_item: Vec<&Encoded> = of_item.collect();
            cut += usize::from(of_item.iter().any(|encoded| encoded.truncated));
            item.vectors = of_item
                .iter()
                .map(|encoded| encoded.vector.clone())
                .collect();
        }
        Ok(cut)
    }

    /// The vector of each text, in order.
    pub(crate) fn spread<'a, T: Borrow<Encoded>>(
        &'a self,
        texts: usize,
        vectors: &'a [T],
    ) -> Result<impl Iterator<Item = &'a Encoded> + use<'a, T>> {
        let expected = self.places.iter().max().map_or(0, |last| last + 1);
        if vectors.len() != expected || texts != self.places.len() {
            let reason = format!(
                "there are {} vectors for {expected} texts, and {texts} texts in the place of {}",
                vectors.len(),
                self.places.len()
            );
            return Err(Error::Failed { reason });
        }
        let places = self.places.iter();
        Ok(places.map(|&place| vectors[place].borrow()))
    }
}

/// Whether an item brings the vectors that a collection needs, and none that it computes.
///
/// # Errors
/// [`Invalid`](Error::Invalid) at `vectors`.
pub fn check_item(collection: &Collection, item: &VectorItem) -> Result<()> {
    let has_model = collection.space.model.is_some();
    if item.vectors.is_empty() == has_model {
        return Ok(());
    }
    let reason = match has_model {
        true => "The collection has vectors of its model, which are computed here. Leave them out.",
        false => "The collection has no model; each item needs the vectors of its texts.",
    };
    Err(Error::invalid("vectors", reason))
}

#[cfg(test)]
mod tests {
    use yuyi_store::Item;

    use super::*;
    use crate::test_support::collection;

    fn encoded(text: &str) -> Encoded {
        Encoded {
            vector: vec![text.len() as f32],
            length: 1.0,
            tokens: 1,
            truncated: text.len() > 2,
            unknown: 0,
            states: None,
        }
    }

    fn items() -> Vec<VectorItem> {
        let mut first = Item::new("1", "a");
        first.wordings = vec!["bb".into(), "a".into()];
        let items = [first, Item::new("2", "bb"), Item::new("3", "ccc")];
        let bare = |item| VectorItem {
            item,
            ..VectorItem::default()
        };
        items.map(bare).into()
    }

    #[test]
    fn identical_texts_are_embedded_once_and_each_has_its_vector() {
        let mut items = items();
        let plan = ItemPlan::new(&collection(Some("m")), &items).unwrap();
        assert_eq!(plan.texts(), ["a", "bb", "ccc"]);
        assert_eq!(plan.options().prompt, Prompt::Text("p: ".into()));
        let vectors: Vec<Encoded> = plan.texts().iter().map(|text| encoded(text)).collect();
        assert_eq!(plan.fill(&mut items, &vectors), Ok(1));
        assert_eq!(items[0].vectors, [[1.0], [2.0], [1.0]]);
        assert_eq!(items[1].vectors, [[2.0]]);
        assert!(plan.fill(&mut items, &vectors[1..]).is_err());
        assert!(plan.fill(&mut items[1..], &vectors).is_err());
    }

    #[test]
    fn vectors_come_from_the_model_or_from_the_caller() {
        let mut items = items();
        let given = collection(None);
        let error = ItemPlan::new(&given, &items).unwrap_err().to_string();
        assert!(error.starts_with("items[0].vectors: The collection has no model"));
        for item in &mut items {
            item.vectors = vec![vec![1.0]; item.item.texts().len()];
        }
        let plan = ItemPlan::new(&given, &items).unwrap();
        assert!(plan.texts().is_empty());
        let before = items.clone();
        assert_eq!(plan.fill::<Encoded>(&mut items, &[]), Ok(0));
        assert_eq!(items, before);
        items[0].vectors.clear();
        let error = ItemPlan::new(&collection(Some("m")), &items).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("items[1].vectors: The collection has vectors of its model")
        );
    }
}
