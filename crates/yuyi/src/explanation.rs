//! Why two texts score as they do, in steps: only the caller can embed, and may have to wait for it.

use std::borrow::Borrow;

use yuyi_encoder::{Encoded, Place};
use yuyi_models::EmbedOptions;
use yuyi_tasks::explain::{Explanation, Outline, Side, Token, explain};

use crate::Error;

/// The explanation of a pair, on the way.
///
/// 1. Both texts are embedded with [`ExplanationPlan::options`].
/// 2. [`ExplanationPlan::new`] finds their words, and [`ExplanationPlan::texts`] are the texts without some of them.
/// 3. These are embedded with the default options, and [`ExplanationPlan::finish`] tells what each word counts.
///
/// The second and third step take milliseconds of computing. `T` is a vector, or what shares one. [`Model::explain`](crate::Model::explain)
/// is all of it.
pub struct ExplanationPlan<T> {
    sides: [(Outline, T); 2],
}

impl<T: Borrow<Encoded>> ExplanationPlan<T> {
    /// What the two texts are embedded with. What is read of a text at once is explained.
    pub fn options() -> EmbedOptions {
        EmbedOptions {
            states: true,
            ..EmbedOptions::default()
        }
    }

    /// The plan for two embedded texts of a model of that name.
    ///
    /// # Errors
    /// [`Error::NotExplained`] when the vectors came without their last hidden states.
    pub fn new(model: &str, [a, b]: [&str; 2], whole: [T; 2]) -> Result<Self, Error> {
        let [of_a, of_b] = whole;
        let sides = outlined(a, of_a).zip(outlined(b, of_b));
        let (a, b) = sides.ok_or_else(|| Error::NotExplained {
            model: model.to_owned(),
        })?;
        Ok(Self { sides: [a, b] })
    }

    /// The texts to embed next; at most 64.
    pub fn texts(&self) -> Vec<String> {
        let outlines = self.sides.iter().map(|(outline, _)| outline);
        outlines.flat_map(Outline::without).collect()
    }

    /// The explanation, from the vectors of [`ExplanationPlan::texts`] in their order.
    ///
    /// # Errors
    /// When there are not as many vectors as texts.
    pub fn finish(&self, without: &[T]) -> Result<Explanation, Error> {
        let vectors: Vec<&[f32]> = without.iter().map(|text| &*text.borrow().vector).collect();
        let [a, b] = &self.sides;
        let (of_a, of_b) = (a.0.without().len(), b.0.without().len());
        if vectors.len() != of_a + of_b {
            return Err(Error::miscounted());
        }
        let (without_a, without_b) = vectors.split_at(of_a);
        Ok(explain(&side(a, without_a), &side(b, without_b)))
    }
}

/// A text with its words; `None` when its states were not asked for.
fn outlined<T: Borrow<Encoded>>(text: &str, whole: T) -> Option<(Outline, T)> {
    let places = &whole.borrow().states.as_ref()?.places;
    let token = |place: &Place| Token {
        characters: place.characters.clone(),
        unknown: place.unknown,
    };
    let outline = Outline::of(text, places.iter().map(token).collect());
    Some((outline, whole))
}

fn side<'a, T: Borrow<Encoded>>(
    (outline, whole): &'a (Outline, T),
    without: &'a [&'a [f32]],
) -> Side<'a> {
    let whole = whole.borrow();
    Side {
        outline,
        // They are there: without them there is no outline.
        hidden: whole.states.as_ref().map_or(&[], |states| &states.hidden),
        vector: &whole.vector,
        without,
        truncated: whole.truncated,
    }
}
