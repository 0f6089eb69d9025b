//! Why two texts score as they do, in steps: only the caller can embed, and may have to wait for it.

use std::borrow::Borrow;

use yuyi_encoder::Encoded;
use yuyi_models::EmbedOptions;
use yuyi_tasks::explain::{Explanation, Outline, Side, explain};

use crate::Error;
use crate::notes::tokens;

/// The explanation of a pair, on the way.
///
/// 1. Both texts are embedded with [`ExplanationPlan::options`].
/// 2. [`ExplanationPlan::new`] finds their words, and [`ExplanationPlan::texts`] are the texts without some of them.
/// 3. These are embedded with the default options. Of long texts [`ExplanationPlan::further`] are those without smaller groups of words,
///    which are embedded likewise.
/// 4. [`ExplanationPlan::finish`] tells what each word counts.
///
/// Altogether at most 26 texts are embedded, none longer than the two. The other steps take milliseconds of computing. `T` is a
/// vector, or what shares one. [`Model::explain`](crate::Model::explain) is all of it.
#[derive(Debug)]
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

    /// The texts to embed next; together with [`ExplanationPlan::further`] at most 24.
    pub fn texts(&self) -> Vec<String> {
        let outlines = self.sides.iter().map(|(outline, _)| outline);
        outlines.flat_map(Outline::without).collect()
    }

    /// The texts to embed then, from the vectors of [`ExplanationPlan::texts`] in their order; none for texts of up to 12 words.
    ///
    /// # Errors
    /// [`Error::Miscounted`] when there are not as many vectors as texts.
    pub fn further(&self, without: &[T]) -> Result<Vec<String>, Error> {
        Error::check_count(self.counts().iter().sum(), without.len())?;
        Ok(self.further_of_sides(&vectors(without))?.concat())
    }

    /// The explanation, from the vectors of [`ExplanationPlan::texts`] and, behind them, of [`ExplanationPlan::further`] in their
    /// order.
    ///
    /// # Errors
    /// [`Error::Miscounted`] when there are not as many vectors as texts.
    pub fn finish(&self, without: &[T]) -> Result<Explanation, Error> {
        let vectors = vectors(without);
        let [further_a, further_b] = self.further_of_sides(&vectors)?;
        let [of_a, of_b] = self.counts();
        let (first, further) = vectors.split_at(of_a + of_b);
        let expected = first.len() + further_a.len() + further_b.len();
        Error::check_count(expected, vectors.len())?;
        let (more_of_a, more_of_b) = further.split_at(further_a.len());
        let of_a = [&first[..of_a], more_of_a].concat();
        let of_b = [&first[first.len() - of_b..], more_of_b].concat();
        let [a, b] = &self.sides;
        Ok(explain(&side(a, &of_a), &side(b, &of_b)))
    }

    /// How many of [`ExplanationPlan::texts`] are of each side.
    fn counts(&self) -> [usize; 2] {
        self.sides
            .each_ref()
            .map(|(outline, _)| outline.without().len())
    }

    /// The further texts of each side, from vectors that begin with those of [`ExplanationPlan::texts`].
    fn further_of_sides(&self, vectors: &[&[f32]]) -> Result<[Vec<String>; 2], Error> {
        let [of_a, of_b] = self.counts();
        let too_few = || Error::Miscounted {
            expected: of_a + of_b,
            found: vectors.len(),
        };
        let first = vectors.get(..of_a + of_b).ok_or_else(too_few)?;
        let (without_a, without_b) = first.split_at(of_a);
        let [(outline_a, a), (outline_b, b)] = &self.sides;
        let (a, b) = (&a.borrow().vector, &b.borrow().vector);
        Ok([
            outline_a.further(a, b, without_a),
            outline_b.further(b, a, without_b),
        ])
    }
}

fn vectors<T: Borrow<Encoded>>(texts: &[T]) -> Vec<&[f32]> {
    texts.iter().map(|text| &*text.borrow().vector).collect()
}

/// A text with its words; `None` when its states were not asked for.
fn outlined<T: Borrow<Encoded>>(text: &str, whole: T) -> Option<(Outline, T)> {
    let outline = Outline::of(text, tokens(whole.borrow())?);
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
