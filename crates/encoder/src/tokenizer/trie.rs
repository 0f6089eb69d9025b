//! A vocabulary as a trie in three flat lists.

use std::borrow::Cow;

/// Value of a node at which no token ends.
const NONE: u32 = u32::MAX;

/// Tokens by their bytes, each with the id that it was given last.
///
/// The nodes are numbered level by level, so the children of one are neighbours and follow those of the node before
/// it: where they begin is all that a node needs to know. That makes nine bytes a node, where a hash map in each
/// would take some hundreds.
pub(super) struct Trie {
    /// For each node the place of its first child; its last is before the next node's first.
    first_child: Vec<u32>,
    /// The byte that leads to each node.
    labels: Vec<u8>,
    /// The token that ends at each node.
    ids: Vec<u32>,
}

impl Trie {
    /// A trie of `tokens`, whose ids are their places.
    pub(super) fn new(tokens: &[Cow<'_, str>]) -> Self {
        let mut order: Vec<u32> = (0..tokens.len() as u32).collect();
        // Equal tokens in the order of their ids, so that the last one wins.
        order.sort_by_key(|&id| tokens[id as usize].as_bytes());
        let mut trie = Self {
            first_child: Vec::new(),
            labels: vec![0],
            ids: Vec::new(),
        };
        let mut level: Vec<_> = std::iter::once(0..order.len()).collect();
        for depth in 0.. {
            let mut next = Vec::new();
            for mut range in level {
                let byte = |place: usize| tokens[order[place] as usize].as_bytes().get(depth);
                let mut id = NONE;
                while range.start < range.end && byte(range.start).is_none() {
                    id = order[range.start];
                    range.start += 1;
                }
                trie.ids.push(id);
                trie.first_child.push(trie.labels.len() as u32);
                while let Some(&label) = range.clone().next().and_then(byte) {
                    let end = range.clone().find(|&place| byte(place) != Some(&label));
                    let end = end.unwrap_or(range.end);
                    trie.labels.push(label);
                    next.push(range.start..end);
                    range.start = end;
                }
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        trie.first_child.push(trie.labels.len() as u32);
        trie.first_child.shrink_to_fit();
        trie.labels.shrink_to_fit();
        trie.ids.shrink_to_fit();
        trie
    }

    /// The tokens with which `bytes` begins, shortest first: length in bytes and id. The empty token is none of them.
    pub(super) fn prefixes<'a>(
        &'a self,
        bytes: &'a [u8],
    ) -> impl Iterator<Item = (usize, u32)> + 'a {
        let mut node = Some(0);
        let nodes = bytes.iter().map_while(move |&byte| {
            node = self.child(node?, byte);
            node
        });
        let ids = nodes.map(|node| self.ids[node]);
        (1..).zip(ids).filter(|&(_, id)| id != NONE)
    }

    /// The id of a token.
    pub(super) fn id(&self, token: &str) -> Option<u32> {
        let end = token
            .bytes()
            .try_fold(0, |node, byte| self.child(node, byte));
        end.map(|node| self.ids[node]).filter(|&id| id != NONE)
    }

    /// The token of an id.
    pub(super) fn token(&self, id: u32) -> Option<String> {
        let node = self.ids.iter().position(|&other| other == id)?;
        (id != NONE).then(|| self.text(node))
    }

    /// Every token with its id.
    pub(super) fn tokens(&self) -> impl Iterator<Item = (String, u32)> + '_ {
        let ends = self.ids.iter().enumerate().filter(|&(_, &id)| id != NONE);
        ends.map(|(node, &id)| (self.text(node), id))
    }

    fn child(&self, node: usize, byte: u8) -> Option<usize> {
        let (first, end) = (
            self.first_child[node] as usize,
            self.first_child[node + 1] as usize,
        );
        let place = self.labels[first..end].binary_search(&byte).ok()?;
        Some(first + place)
    }

    /// The bytes on the way to a node at which a token ends.
    fn text(&self, mut node: usize) -> String {
        let mut bytes = Vec::new();
        while node > 0 {
            bytes.push(self.labels[node]);
            // The last node whose children begin at or before this one; of several, those before have none.
            node = self
                .first_child
                .partition_point(|&first| first as usize <= node)
                - 1;
        }
        bytes.reverse();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trie(tokens: &[&'static str]) -> Trie {
        let tokens: Vec<_> = tokens.iter().map(|&token| Cow::Borrowed(token)).collect();
        Trie::new(&tokens)
    }

    #[test]
    fn prefixes_come_shortest_first() {
        let trie = trie(&["天气", "天", "x", "天气预报", "气"]);
        let found = |text: &'static str| trie.prefixes(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(found("天气预报说"), [(3, 1), (6, 0), (12, 3)]);
        assert_eq!(found("天气预"), [(3, 1), (6, 0)]);
        assert_eq!(found("气"), [(3, 4)]);
        assert!(found("报").is_empty());
        assert!(found("").is_empty());
    }

    #[test]
    fn ids_and_tokens_find_each_other() {
        let all = ["b", "", "abc", "ab", "天气", "天", "bc"];
        let trie = trie(&all);
        for (id, token) in all.iter().enumerate() {
            assert_eq!(trie.id(token), Some(id as u32), "{token:?}");
            assert_eq!(trie.token(id as u32).as_deref(), Some(*token));
        }
        for absent in ["a", "abcd", "气", "c"] {
            assert_eq!(trie.id(absent), None, "{absent}");
        }
        assert_eq!(trie.token(7), None);
        assert_eq!(trie.token(u32::MAX), None);
        assert_eq!(trie.tokens().count(), all.len());
        assert!(trie.prefixes(b"abc").eq([(2, 3), (3, 2)]));
    }

    #[test]
    fn the_last_of_equal_tokens_counts() {
        let trie = trie(&["a", "b", "a"]);
        assert_eq!(trie.id("a"), Some(2));
        assert_eq!(trie.token(0), None);
    }

    #[test]
    fn no_token_at_all() {
        let trie = trie(&[]);
        assert_eq!(trie.id(""), None);
        assert_eq!(trie.tokens().count(), 0);
        assert_eq!(trie.prefixes(b"a").count(), 0);
    }
}
