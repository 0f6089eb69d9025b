//! Which keys a query sees.

use std::ops::Range;

/// The keys that a query sees: so many before its own token, its own, and so many after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionMask {
    /// Keys before the query's token.
    pub before: usize,
    /// Keys after it.
    pub after: usize,
}

impl AttentionMask {
    /// Every key of the text.
    pub const FULL: Self = Self {
        before: usize::MAX,
        after: usize::MAX,
    };

    /// What a decoder sees: nothing after the token.
    pub const CAUSAL: Self = Self {
        before: usize::MAX,
        after: 0,
    };

    /// A window of so many keys on either side.
    pub fn local(side: usize) -> Self {
        Self {
            before: side,
            after: side,
        }
    }

    /// The keys that query `token` of a text of `n` tokens sees; never none.
    #[inline(always)]
    pub(super) fn keys(self, token: usize, n: usize) -> Range<usize> {
        let end = token.saturating_add(self.after).saturating_add(1);
        token.saturating_sub(self.before)..end.min(n)
    }

    /// The keys that one or another of `queries`, which are not none, sees; from the multiple of `unit` before the first.
    #[inline(always)]
    pub(super) fn keys_of_block(
        self,
        queries: &Range<usize>,
        n: usize,
        unit: usize,
    ) -> Range<usize> {
        let first = self.keys(queries.start, n).start;
        first / unit * unit..self.keys(queries.end - 1, n).end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_sees_what_is_near_enough() {
        for (mask, n) in [
            AttentionMask::FULL,
            AttentionMask::CAUSAL,
            AttentionMask::local(0),
            AttentionMask::local(3),
            AttentionMask {
                before: 5,
                after: 1,
            },
        ]
        .into_iter()
        .flat_map(|mask| [1usize, 2, 7, 40].map(|n| (mask, n)))
        {
            for query in 0..n {
                let near = |key: usize| {
                    if key <= query {
                        query - key <= mask.before
                    } else {
                        key - query <= mask.after
                    }
                };
                let want: Vec<usize> = (0..n).filter(|&key| near(key)).collect();
                let got: Vec<usize> = mask.keys(query, n).collect();
                assert_eq!(got, want, "{mask:?} {query} of {n}");
            }
            for (start, end) in (0..n).flat_map(|a| (a + 1..=n).map(move |b| (a, b))) {
                let block = mask.keys_of_block(&(start..end), n, 16);
                assert!(block.start.is_multiple_of(16) && block.end <= n);
                for query in start..end {
                    let keys = mask.keys(query, n);
                    assert!(block.start <= keys.start && keys.end <= block.end);
                }
            }
        }
    }
}
