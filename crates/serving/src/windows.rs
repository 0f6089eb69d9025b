//! Texts that may be longer than a model reads are split into tokens before they wait for it: outside its turns, since that takes as
//! long as the text is long, and so that the work is known to the token. Each window of a text that is read in several is work of
//! its own, so that it may wait between two of them.

use std::sync::Arc;
use std::time::Duration;

use yuyi::{EmbedderError, Encoded, Input, Item, Pair, Tokens};

use crate::aside::aside;
use crate::key::Key;
use crate::loaded_model::LoadedModel;
pub use crate::scheduler::normal_characters;
use crate::scheduler::{Work, estimated_tokens, may_be_long};
use crate::{Error, ModelHandle, Service};

/// How long splitting a text takes at most, for each of its characters after normalisation.
const TIME_OF_A_CHARACTER: Duration = Duration::from_nanos(1_000);

/// How long it takes at most to split a text into tokens.
pub fn splitting_time(text: &str) -> Duration {
    let characters = u32::try_from(normal_characters(text)).unwrap_or(u32::MAX);
    TIME_OF_A_CHARACTER.saturating_mul(characters)
}

/// Texts that wait to be computed.
pub(crate) struct Texts(Vec<Text>);

struct Text {
    key: Key,
    item: Item,
    /// What the model reads of it, if that is known already.
    split: Option<Split>,
}

/// What a model reads.
enum Split {
    /// Of a text.
    Windows(Tokens),
    /// Of a query and a document.
    Pair(Arc<Pair>),
}

impl Service {
    /// The items, those that may be long as their tokens.
    pub(crate) async fn windows_of(
        &self,
        model: &ModelHandle,
        items: Vec<(Key, Item)>,
    ) -> Result<Texts, Error> {
        let most = model.facts().max_tokens;
        let mut texts: Vec<Text> = items
            .into_iter()
            .map(|(key, item)| Text {
                key,
                item,
                split: None,
            })
            .collect();
        let is_long = |text: &Text| model.inner.computes_here() && may_be_long(&text.item, most);
        let bytes = texts.iter().map(|text| text.item.input.bytes()).sum();
        let long: Vec<(usize, Item)> = aside(bytes, || {
            let long = texts.iter().enumerate().filter(|(_, text)| is_long(text));
            long.map(|(place, text)| (place, text.item.clone()))
                .collect()
        });
        if !long.is_empty() {
            for (place, split) in self.split(model, long).await? {
                texts[place].split = split;
            }
        }
        Ok(Texts(texts))
    }

    /// Splits texts into tokens, in turns.
    async fn split(
        &self,
        model: &ModelHandle,
        items: Vec<(usize, Item)>,
    ) -> Result<Vec<(usize, Option<Split>)>, Error> {
        let texts = texts_of(&items);
        let bytes = texts.iter().map(|text| text.len()).sum();
        let time = aside(bytes, || texts.into_iter().map(splitting_time).sum());
        let mut errand = self.errand(time)?;
        let mut splitter = Splitter {
            model: Arc::clone(&model.inner),
            query: None,
        };
        let split = errand.run(move |turns| {
            let mut split = Vec::with_capacity(items.len());
            for (place, item) in items {
                turns.checkpoint()?;
                match splitter.split(&item) {
                    Ok(tokens) => split.push((place, tokens)),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(split))
        });
        split.await?.map_err(|error| {
            tracing::error!(%error, "a text could not be split into tokens");
            Error::Failed
        })
    }
}

/// What is split of items: a query that stands before several documents once.
fn texts_of(items: &[(usize, Item)]) -> Vec<&str> {
    let mut texts = Vec::with_capacity(items.len());
    let mut last = None;
    for (_, item) in items {
        match &item.input {
            Input::Text(text) => texts.push(&**text),
            Input::Pair(query, document) => {
                texts.extend((last != Some(query)).then_some(&**query));
                texts.push(document);
                last = Some(query);
            }
            Input::Tokens(_) | Input::PairTokens(_) => {}
        }
    }
    texts
}

/// Splits items one after the other.
struct Splitter {
    model: Arc<LoadedModel>,
    /// The query before, with its tokens.
    query: Option<(Arc<str>, Vec<u32>)>,
}

impl Splitter {
    fn split(&mut self, item: &Item) -> Result<Option<Split>, EmbedderError> {
        let embedder = self.model.model.embedder();
        match &item.input {
            Input::Text(text) => Ok(embedder.split(text, &item.options)?.map(Split::Windows)),
            Input::Pair(query, document) => {
                let known = self.query.take().filter(|(before, _)| before == query);
                let known = match known {
                    Some(known) => Some(known),
                    None => {
                        let tokens = embedder.split_query(query)?;
                        tokens.map(|tokens| (Arc::clone(query), tokens))
                    }
                };
                let Some((_, tokens)) = &known else {
                    return Ok(None);
                };
                let pair = embedder.split_pair(tokens, document)?;
                self.query = known;
                Ok(pair.map(|pair| Split::Pair(Arc::new(pair))))
            }
            Input::Tokens(_) | Input::PairTokens(_) => Ok(None),
        }
    }
}

impl Texts {
    /// What is to be computed for them by a model that reads `most` tokens at once, `around` of which it puts around each itself;
    /// [`Texts::put_together`] takes the results.
    pub(crate) fn work(&mut self, most: usize, around: usize) -> Vec<Work> {
        let bytes = self.0.iter().map(|text| text.item.input.bytes()).sum();
        let work = self.0.iter_mut().flat_map(|text| text.work(most, around));
        aside(bytes, || work.collect())
    }

    /// A vector for each text, from those of its work. `keep` is told of texts whose work was not the text itself.
    pub(crate) fn put_together(
        self,
        vectors: Vec<Arc<Encoded>>,
        keep: impl Fn(&Key, &Item, &Arc<Encoded>),
    ) -> Vec<Arc<Encoded>> {
        let mut vectors = vectors.into_iter();
        let whole = |text: Text| {
            let whole = match text.split {
                None => return vectors.next(),
                Some(Split::Pair(_)) => vectors.next()?,
                Some(Split::Windows(tokens)) => {
                    let windows: Vec<_> = vectors.by_ref().take(1 + tokens.further.len()).collect();
                    Arc::new(Encoded::of_windows(tokens, &windows)?)
                }
            };
            keep(&text.key, &text.item, &whole);
            Some(whole)
        };
        // None is missing.
        self.0.into_iter().filter_map(whole).collect()
    }
}

impl Text {
    fn work(&mut self, most: usize, around: usize) -> Vec<Work> {
        let part = |number: usize, input: Input| {
            let options = self.item.options.clone();
            let item = Item { input, options };
            Work {
                key: self.key.of_window(number),
                weight: estimated_tokens(&item, most),
                item,
                is_window: true,
            }
        };
        match &self.split {
            None => vec![Work {
                key: self.key,
                weight: estimated_tokens(&self.item, most).saturating_add(around),
                item: self.item.clone(),
                is_window: false,
            }],
            Some(Split::Pair(pair)) => vec![part(0, Input::PairTokens(Arc::clone(pair)))],
            Some(Split::Windows(tokens)) => {
                let windows = tokens.windows().enumerate();
                windows
                    .map(|(number, ids)| part(number, Input::Tokens(ids.into())))
                    .collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loaded_model::testing::model;
    use yuyi::EmbedOptions;

    /// Each token of a window sees all others of it, which the longest texts are mostly made of.
    #[test]
    fn attention_counts_in_texts_that_were_split() {
        let item = Item {
            input: Input::Text("字".into()),
            options: EmbedOptions::default(),
        };
        let tokens = Tokens {
            ids: vec![7; 8192],
            further: vec![vec![7; 100]],
            truncated: false,
            unknown: 0,
            places: None,
        };
        let mut texts = Texts(vec![Text {
            key: Key::of(&model("m"), &item),
            item,
            split: Some(Split::Windows(tokens)),
        }]);
        let weights: Vec<usize> = texts.work(8192, 0).iter().map(|work| work.weight).collect();
        assert_eq!(weights, [8192 + 14_400, 100]);
    }
    /// A model that is asked reads far more than a short pair has.
    #[test]
    fn words_around_a_pair_are_work() {
        let item = Item {
            input: Input::Pair("退货".into(), "如何退货".into()),
            options: EmbedOptions::default(),
        };
        let weight = |around: usize| {
            let mut texts = Texts(vec![Text {
                key: Key::of(&model("m"), &item),
                item: item.clone(),
                split: None,
            }]);
            texts.work(512, around)[0].weight
        };
        assert_eq!(weight(72), weight(0) + 72);
    }
}
