//! What others did who did the same: how much it counts, and the neighbours of items by their users alone, which recommendations are compared with.

use std::collections::HashMap;

/// Users who are taken to have done nothing with an item, beside those who were asked.
const DOUBT: f64 = 5.0;

/// The share of the users of an item who did something with another one too, shrunk towards 0 where few were asked: one of one says less than fifty of a hundred.
pub fn share(common: u64, users: u64) -> f64 {
    common as f64 / (users as f64 + DOUBT)
}

/// Items that users had in common.
#[derive(Clone, Debug, Default)]
pub struct CoClicks {
    /// The users of each item, in ascending order.
    users_of: Vec<Vec<usize>>,
    /// The items of each user, in ascending order.
    items_of: Vec<Vec<usize>>,
}

impl CoClicks {
    /// Pairs of a user and an item, however often each comes.
    pub fn new(pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut all = Self::default();
        for (user, item) in pairs {
            place(&mut all.users_of, item).push(user);
            place(&mut all.items_of, user).push(item);
        }
        for list in all.users_of.iter_mut().chain(&mut all.items_of) {
            list.sort_unstable();
            list.dedup();
        }
        all
    }

    /// How many users an item has.
    pub fn users(&self, item: usize) -> usize {
        self.users_of.get(item).map_or(0, Vec::len)
    }

    /// Items that have users in common with those of a history, the best first: the sum, over the history, of the cosine of the two items' users (Deshpande and
    /// Karypis, 2004).
    pub fn neighbours(&self, history: &[usize]) -> Vec<usize> {
        let mut scores: HashMap<usize, f64> = HashMap::new();
        for &item in history {
            let mut common: HashMap<usize, usize> = HashMap::new();
            for &user in self.users_of.get(item).into_iter().flatten() {
                for &other in &self.items_of[user] {
                    *common.entry(other).or_default() += 1;
                }
            }
            for (other, n) in common {
                let users = self.users(item) as f64 * self.users(other) as f64;
                *scores.entry(other).or_default() += n as f64 / users.sqrt();
            }
        }
        let mut found: Vec<(usize, f64)> = scores.into_iter().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.into_iter().map(|(item, _)| item).collect()
    }
}

fn place(lists: &mut Vec<Vec<usize>>, i: usize) -> &mut Vec<usize> {
    if lists.len() <= i {
        lists.resize_with(i + 1, Vec::new);
    }
    &mut lists[i]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_few_are_doubted() {
        assert_eq!(share(0, 0), 0.0);
        assert!(share(1, 1) < share(50, 100) && share(50, 100) < 0.5);
    }

    #[test]
    fn neighbours_have_users_in_common() {
        let pairs = [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 3), (2, 3)];
        let clicks = CoClicks::new(pairs);
        assert_eq!((clicks.users(3), clicks.users(9)), (1, 0));
        // 1 and 2: 2 / √6, 1 and 3: 1 / √3.
        assert_eq!(clicks.neighbours(&[1]), [1, 2, 3]);
        assert_eq!(clicks.neighbours(&[3]), [3, 1]);
        assert!(clicks.neighbours(&[7]).is_empty());
    }
}
