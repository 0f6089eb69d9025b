//! What a FAQ answers to labelled questions.

use super::search::{Answer, SearchQuality, search_quality};
use crate::Calibration;
use crate::faq::{FaqIndex, FaqMatch};
use crate::metrics::Sampling;

/// A question of which it is known which entries answer it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Its unit vector.
    pub vector: &'a [f32],
    /// Places of the entries that answer it; none: it should find nothing.
    pub relevant: &'a [usize],
}

/// A question whose similarity reached the threshold, and whose first entry does not answer it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WrongAnswer {
    /// Place of the question.
    pub question: usize,
    /// Place of the entry that came first.
    pub found: usize,
    /// Of the two.
    pub similarity: f64,
    /// Where the first right entry came, from 1; `None` where none is right.
    pub rank: Option<usize>,
}

/// Searches every question among all entries: the quality of the answers, with thresholds in similarity, and the wrong ones at the
/// best threshold, those of the highest similarity first.
pub fn answer_questions(
    index: &FaqIndex,
    questions: &[Question<'_>],
    calibration: &Calibration,
    sampling: Sampling,
) -> (SearchQuality, Vec<WrongAnswer>) {
    let found: Vec<(Answer, usize)> = questions
        .iter()
        .map(|question| answer(index, question, calibration))
        .collect();
    let answers: Vec<Answer> = found.iter().map(|(answer, _)| answer.clone()).collect();
    let quality = search_quality(&answers, sampling);
    let least = quality.best.map_or(f64::INFINITY, |best| best.similarity);
    let is_wrong = |answer: &Answer| answer.similarity >= least && !answer.ranks.contains(&1);
    let mut wrong: Vec<WrongAnswer> = found
        .iter()
        .enumerate()
        .filter(|(_, (answer, _))| is_wrong(answer))
        .map(|(question, (answer, first))| WrongAnswer {
            question,
            found: *first,
            similarity: answer.similarity,
            rank: answer.ranks.first().copied(),
        })
        .collect();
    wrong.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    (quality, wrong)
}

/// What a search among all entries gives for each question.
pub fn answers(
    index: &FaqIndex,
    questions: &[Question<'_>],
    calibration: &Calibration,
) -> Vec<Answer> {
    let answers = questions.iter();
    answers
        .map(|question| answer(index, question, calibration).0)
        .collect()
}

/// What a search gives for a question, and which entry comes first. A right entry comes behind all others of its cosine.
fn answer(index: &FaqIndex, question: &Question<'_>, calibration: &Calibration) -> (Answer, usize) {
    let is_right = |found: &FaqMatch| question.relevant.contains(&found.entry);
    let mut found = index.rank(question.vector);
    found.sort_by(|a, b| {
        let by_cosine = b.cosine.total_cmp(&a.cosine);
        by_cosine.then(is_right(a).cmp(&is_right(b)))
    });
    let ranks = found.iter().zip(1..);
    let ranks = ranks.filter(|(found, _)| is_right(found));
    let answer = Answer {
        ranks: ranks.map(|(_, rank)| rank).collect(),
        relevant: question.relevant.len(),
        similarity: calibration.similarity(found[0].cosine),
    };
    (answer, found[0].entry)
}

/// Every question with an answer that another entry won, with the entry that did: those of the highest similarity first.
pub fn missed_questions(
    index: &FaqIndex,
    questions: &[Question<'_>],
    calibration: &Calibration,
) -> Vec<WrongAnswer> {
    let questions = questions.iter().enumerate();
    let mut missed: Vec<WrongAnswer> = questions
        .filter_map(|(place, question)| missed(index, place, question, calibration))
        .collect();
    missed.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    missed
}

/// What won where a question has an answer and another entry is as near or nearer.
fn missed(
    index: &FaqIndex,
    place: usize,
    question: &Question<'_>,
    calibration: &Calibration,
) -> Option<WrongAnswer> {
    let found = index.rank(question.vector);
    let is_right = |found: &&FaqMatch| question.relevant.contains(&found.entry);
    let right = found.iter().filter(is_right);
    let right = right.map(|found| found.cosine).max_by(f64::total_cmp)?;
    let before = found
        .iter()
        .filter(|found| !is_right(found) && found.cosine >= right);
    let won = before
        .clone()
        .max_by(|a, b| a.cosine.total_cmp(&b.cosine))?;
    Some(WrongAnswer {
        question: place,
        found: won.entry,
        similarity: calibration.similarity(won.cosine),
        rank: Some(before.count() + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: &[f32] = &[1.0, 0.0];
    const NORTH: &[f32] = &[0.0, 1.0];
    const BETWEEN: &[f32] = &[0.6, 0.8];

    fn answered(questions: &[(&[f32], &[usize])]) -> (SearchQuality, Vec<WrongAnswer>) {
        let index = FaqIndex::new([[EAST], [NORTH], [EAST]]);
        let questions: Vec<Question<'_>> = questions
            .iter()
            .map(|&(vector, relevant)| Question { vector, relevant })
            .collect();
        let sampling = Sampling { rounds: 0, seed: 1 };
        answer_questions(&index, &questions, &Calibration::Uncalibrated, sampling)
    }

    #[test]
    fn a_right_entry_comes_behind_others_of_its_score() {
        let (quality, _) = answered(&[(NORTH, &[1]), (EAST, &[0])]);
        assert_eq!(quality.mrr.value, Some(0.75));
    }

    #[test]
    fn a_question_is_missed_where_another_entry_is_as_near() {
        let index = FaqIndex::new([[EAST], [NORTH], [BETWEEN]]);
        let of = |vector, relevant| Question { vector, relevant };
        let asked = [
            of(EAST, &[0]),
            of(NORTH, &[2]),
            of(EAST, &[1]),
            of(EAST, &[]),
        ];
        let missed = missed_questions(&index, &asked, &Calibration::Uncalibrated);
        let places: Vec<_> = missed
            .iter()
            .map(|m| (m.question, m.found, m.rank))
            .collect();
        assert_eq!(places, [(1, 1, Some(2)), (2, 0, Some(3))]);
        assert_eq!(missed[0].similarity, 1.0);
    }

    #[test]
    fn wrong_answers_are_those_above_the_threshold() {
        let (quality, wrong) = answered(&[(NORTH, &[1]), (BETWEEN, &[]), (EAST, &[1])]);
        assert_eq!((quality.answerable, quality.unanswerable), (2, 1));
        assert_eq!(quality.best.unwrap().similarity, 1.0);
        let expected = WrongAnswer {
            question: 2,
            found: 0,
            similarity: 1.0,
            rank: Some(3),
        };
        assert_eq!(wrong, [expected]);
    }
}
