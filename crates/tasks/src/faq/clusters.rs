//! Questions without an answer, put together where one entry would answer all of them.
//!
//! The first question of a cluster is its head. A question joins the cluster whose head is nearest, if that is near enough and does not contradict it, as an
//! entry with the head for its question would answer it; else it is the head of a cluster of its own. Who has joined stays, so nothing that is asked later moves a question
//! or gives a cluster another id, and the same questions make the same clusters whenever they are put together.

use std::collections::BTreeMap;

use yuyi_language::{Differences, MASK};

use crate::{Calibration, cosine};

/// Heads near to a question that are compared with it word by word at most.
const MOST_COMPARED: usize = 8;

/// Steps that cosines are told apart by, in one.
const PRECISION: f64 = 1e5;

/// A question without an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpenQuestion<'a> {
    /// What it is known by; of two the smaller was asked first.
    pub key: i64,
    /// What was asked.
    pub text: &'a str,
    /// Its unit vector; without one it joins nothing, and nothing joins it.
    pub vector: Option<&'a [f32]>,
    /// How often it was asked.
    pub count: u64,
    /// The cluster that it has joined.
    pub cluster: Option<i64>,
}

/// Questions that one entry would answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionCluster {
    /// The key of the question that it began with, which may be gone.
    pub id: i64,
    /// How often its questions were asked.
    pub size: u64,
    /// Which of its questions says best what all ask.
    pub suggested: usize,
    /// Places of its questions, in the order of their keys.
    pub members: Vec<usize>,
}

/// The clusters of some questions, those that were asked most first and of equal ones the older. `threshold` is a similarity: what is as near to a head joins it. Each question without a
/// cluster is held against all heads, and before it is, `go_on` is called.
///
/// # Errors
/// Of `go_on`.
///
/// # Panics
/// When vectors are of several dimensions.
pub fn question_clusters<E>(
    questions: &[OpenQuestion<'_>],
    calibration: &Calibration,
    threshold: f64,
    mut go_on: impl FnMut() -> Result<(), E>,
) -> Result<Vec<QuestionCluster>, E> {
    let mut order: Vec<usize> = (0..questions.len()).collect();
    order.sort_by_key(|&place| questions[place].key);
    let mut heads = Heads::of(questions, &order);
    let mut clusters: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for place in order {
        let is_near = |cosine| calibration.similarity(cosine) >= threshold;
        let found = match questions[place].cluster {
            Some(cluster) => Some(cluster),
            None => {
                go_on()?;
                heads.nearest(questions, place, is_near)
            }
        };
        let id = found.unwrap_or_else(|| heads.begin(questions, place));
        clusters.entry(id).or_default().push(place);
    }
    let clusters = clusters.into_iter();
    let mut clusters: Vec<QuestionCluster> = clusters
        .map(|(id, members)| described(questions, id, members))
        .collect();
    clusters.sort_by_key(|cluster| (std::cmp::Reverse(cluster.size), cluster.id));
    Ok(clusters)
}

/// The heads of clusters.
struct Heads<'a> {
    vectors: Vec<&'a [f32]>,
    /// Of each its cluster, and which of the questions it is.
    known: Vec<(i64, usize)>,
}

impl<'a> Heads<'a> {
    /// Those of the clusters that there are: of each the first question that is left.
    fn of(questions: &[OpenQuestion<'a>], order: &[usize]) -> Self {
        let mut first: BTreeMap<i64, usize> = BTreeMap::new();
        for &place in order {
            let question = &questions[place];
            if let (Some(cluster), Some(_)) = (question.cluster, question.vector) {
                first.entry(cluster).or_insert(place);
            }
        }
        let mut heads = Self {
            vectors: Vec::new(),
            known: Vec::new(),
        };
        for (cluster, place) in first {
            heads.add(questions, cluster, place);
        }
        heads
    }

    fn add(&mut self, questions: &[OpenQuestion<'a>], cluster: i64, place: usize) {
        if let Some(vector) = questions[place].vector {
            self.vectors.push(vector);
            self.known.push((cluster, place));
        }
    }

    /// A cluster that this question begins.
    fn begin(&mut self, questions: &[OpenQuestion<'a>], place: usize) -> i64 {
        let id = questions[place].key;
        self.add(questions, id, place);
        id
    }

    /// The nearest cluster that a question may join; of several as near the oldest.
    fn nearest(
        &self,
        questions: &[OpenQuestion<'a>],
        place: usize,
        is_near: impl Fn(f64) -> bool,
    ) -> Option<i64> {
        let OpenQuestion { text, vector, .. } = questions[place];
        let vector = vector?;
        let cosines = self.vectors.iter().map(|head| cosine(vector, head));
        let mut near: Vec<(f64, usize)> = cosines
            .enumerate()
            .filter(|(_, cosine)| is_near(*cosine))
            .map(|(head, cosine)| (cosine, head))
            .collect();
        near.sort_by(|a, b| {
            b.0.total_cmp(&a.0)
                .then_with(|| self.known[a.1].cmp(&self.known[b.1]))
        });
        let mut joins = near
            .iter()
            .take(MOST_COMPARED)
            .map(|(_, head)| self.known[*head]);
        let joined =
            joins.find(|(_, head)| !Differences::between(text, questions[*head].text).contradict());
        joined.map(|(cluster, _)| cluster)
    }
}

fn described(questions: &[OpenQuestion<'_>], id: i64, members: Vec<usize>) -> QuestionCluster {
    QuestionCluster {
        id,
        size: members.iter().map(|&place| questions[place].count).sum(),
        suggested: suggested(questions, &members),
        members,
    }
}

/// The question in the middle: the one nearest to all others, each as often as it was asked. One of which something was masked says less, and is taken where all are such.
fn suggested(questions: &[OpenQuestion<'_>], members: &[usize]) -> usize {
    let whole = |place: &&usize| !questions[**place].text.contains(MASK);
    let is_any_whole = members.iter().any(|place| whole(&place));
    let middle = middle(questions, members);
    let asked: u64 = members.iter().map(|&place| questions[place].count).sum();
    let nearness = |place: usize| match (questions[place].vector, &middle) {
        // Those that differ by rounding are as near: of two questions neither is in the middle.
        (Some(vector), Some(middle)) => (dot(vector, middle) / asked as f64 * PRECISION).round(),
        _ => f64::NEG_INFINITY,
    };
    let candidates = members.iter().filter(|place| !is_any_whole || whole(place));
    let best = candidates.copied().max_by(|&a, &b| {
        let by_nearness = nearness(a).total_cmp(&nearness(b));
        let by_count = || questions[a].count.cmp(&questions[b].count);
        // Of equal ones the first that was asked.
        by_nearness
            .then_with(by_count)
            .then_with(|| questions[b].key.cmp(&questions[a].key))
    });
    best.unwrap_or_default()
}

/// The sum of all vectors, each as often as it was asked: what is nearest to it has the largest sum of cosines.
fn middle(questions: &[OpenQuestion<'_>], members: &[usize]) -> Option<Vec<f64>> {
    let mut sum: Option<Vec<f64>> = None;
    for &place in members {
        let Some(vector) = questions[place].vector else {
            continue;
        };
        let sum = sum.get_or_insert_with(|| vec![0.0; vector.len()]);
        for (total, &x) in sum.iter_mut().zip(vector) {
            *total += f64::from(x) * questions[place].count as f64;
        }
    }
    sum
}

fn dot(vector: &[f32], middle: &[f64]) -> f64 {
    let products = vector.iter().zip(middle);
    products.map(|(&x, &y)| f64::from(x) * y).sum()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use proptest::prelude::*;

    /// Unit vectors of the plane, by their angle in degrees.
    fn at(degrees: f32) -> [f32; 2] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        [cos, sin]
    }

    fn question<'a>(key: i64, text: &'a str, vector: &'a [f32], count: u64) -> OpenQuestion<'a> {
        OpenQuestion {
            key,
            text,
            vector: Some(vector),
            count,
            cluster: None,
        }
    }

    fn clusters(questions: &[OpenQuestion<'_>]) -> Vec<QuestionCluster> {
        let mut asked = 0;
        let Ok(found) = question_clusters(questions, &Calibration::Uncalibrated, 0.9, || {
            asked += 1;
            Ok::<(), Infallible>(())
        });
        let new = questions.iter().filter(|one| one.cluster.is_none()).count();
        assert_eq!(asked, new);
        let mut left = new;
        let stopped = question_clusters(questions, &Calibration::Uncalibrated, 0.9, || {
            left = left.saturating_sub(1);
            if left == 0 { Err("enough") } else { Ok(()) }
        });
        assert_eq!(stopped.is_err(), new > 0);
        found
    }

    /// The questions with the clusters that they have joined.
    fn joined<'a>(
        questions: &[OpenQuestion<'a>],
        found: &[QuestionCluster],
    ) -> Vec<OpenQuestion<'a>> {
        let mut questions = questions.to_vec();
        for cluster in found {
            for &place in &cluster.members {
                questions[place].cluster = Some(cluster.id);
            }
        }
        questions
    }

    #[test]
    fn near_questions_are_one_cluster_and_contradictions_are_two() {
        let v = [at(0.0), at(10.0), at(80.0), at(1.0), at(2.0)];
        let questions = [
            question(4, "14天内能退吗", &v[0], 1),
            question(5, "十四天之内可以退吗", &v[1], 5),
            question(6, "怎么充值", &v[2], 3),
            question(9, "15天内能退吗", &v[3], 1),
            question(11, "15天内可以退么", &v[4], 1),
        ];
        let found = clusters(&questions);
        let told: Vec<_> = found
            .iter()
            .map(|c| (c.id, c.size, c.suggested, &c.members[..]))
            .collect();
        assert_eq!(
            told,
            [(4, 6, 1, &[0, 1][..]), (6, 3, 2, &[2]), (9, 2, 3, &[3, 4])]
        );
        assert_eq!(clusters(&[]), []);
    }

    #[test]
    fn who_has_joined_stays_when_the_head_is_gone() {
        let v = [at(0.0), at(20.0), at(40.0)];
        let all = [
            question(1, "怎么退货", &v[0], 1),
            question(2, "如何退货", &v[1], 1),
            question(3, "怎样退掉", &v[2], 1),
        ];
        let found = clusters(&all[..2]);
        assert_eq!((found.len(), found[0].id), (1, 1));
        let kept = joined(&all[..2], &found);
        // The second is the head now, and what is near to it joins under the old id.
        let later = [kept[1], all[2]];
        let found = clusters(&later);
        assert_eq!(
            (found.len(), found[0].id, &found[0].members[..]),
            (1, 1, &[0, 1][..])
        );
    }

    #[test]
    fn of_two_questions_the_first_is_suggested() {
        for angle in [1.0, 7.3, 19.9, 25.0] {
            let v = [at(33.3), at(33.3 + angle)];
            let pair = [
                question(1, "附近有门店吗", &v[0], 1),
                question(2, "有没有门店", &v[1], 1),
            ];
            assert_eq!(clusters(&pair)[0].suggested, 0, "{angle}");
        }
    }

    #[test]
    fn what_was_masked_or_has_no_vector_is_suggested_last() {
        let v = [at(0.0), at(1.0)];
        let masked = question(1, "订单****到哪了", &v[0], 9);
        let bare = OpenQuestion {
            vector: None,
            ..question(3, "没有向量", &v[0], 2)
        };
        let found = clusters(&[masked, question(2, "我的订单到哪了", &v[1], 1), bare]);
        assert_eq!((found[0].size, found[0].suggested), (10, 1));
        assert_eq!((found[1].id, found[1].suggested), (3, 2));
        assert_eq!(clusters(&[masked])[0].suggested, 0);
    }

    proptest! {
        #[test]
        fn later_questions_change_nothing(angles in prop::collection::vec(0f32..360.0, 0..30), cut in 0usize..30) {
            let vectors: Vec<_> = angles.iter().map(|&angle| at(angle)).collect();
            let all: Vec<_> = vectors.iter().enumerate().map(|(i, v)| question(10 + i as i64, "问", v, 1 + i as u64 % 3)).collect();
            let cut = cut.min(all.len());
            let first = joined(&all[..cut], &clusters(&all[..cut]));
            // At once, in two steps, and in another order.
            let at_once = clusters(&all);
            let later: Vec<_> = first.iter().chain(&all[cut..]).copied().collect();
            prop_assert_eq!(&clusters(&later), &at_once);
            let mut turned: Vec<_> = all.clone();
            turned.reverse();
            let ids = |found: &[QuestionCluster]| found.iter().map(|c| (c.id, c.size)).collect::<Vec<_>>();
            prop_assert_eq!(ids(&clusters(&turned)), ids(&at_once));
            // Each question is in one, and near to the head.
            let mut places: Vec<usize> = at_once.iter().flat_map(|c| c.members.clone()).collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..all.len()).collect::<Vec<_>>());
            for cluster in &at_once {
                let head = &vectors[cluster.members[0]];
                prop_assert_eq!(all[cluster.members[0]].key, cluster.id);
                for &member in &cluster.members {
                    prop_assert!(cosine(head, &vectors[member]) >= 0.9);
                }
            }
        }
    }
}
