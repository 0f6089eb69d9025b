//! Texts with more tokens than the model reads.

/// What happens to a text with more tokens than the model reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LongText {
    /// Its end is cut off; its beginning, if the folder says `truncation_side: left`, as its makers' library does.
    #[default]
    CutEnd,
    /// Its beginning is cut off, the prompt included.
    CutStart,
    /// It is read in windows, and their vectors are averaged.
    Mean,
}

/// Tokens of a text, special tokens included, and how many of them belong to what.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a, T> {
    pub(super) tokens: &'a [T],
    /// Special tokens in front.
    pub(super) opening: usize,
    /// Tokens of the prompt, after the opening ones.
    pub(super) prompt: usize,
    /// Special tokens at the end.
    pub(super) closing: usize,
}

impl<T: Clone> Parts<'_, T> {
    /// Without the last ones that do not fit into `most`; special tokens stay.
    pub(super) fn cut_end(self, most: usize) -> Vec<T> {
        let (body, closing) = self.tokens.split_at(self.tokens.len() - self.closing);
        [&body[..most - self.closing], closing].concat()
    }

    /// Without the first ones that do not fit into `most`; special tokens stay.
    pub(super) fn cut_start(self, most: usize) -> Vec<T> {
        let (opening, rest) = self.tokens.split_at(self.opening);
        [opening, &rest[rest.len() - (most - self.opening)..]].concat()
    }

    /// Texts of at most `most` tokens that share the words among them. Each has the prompt and the special
    /// tokens around it. There are as few as possible and none is shorter than another by more than a token:
    /// each counts the same in the average.
    pub(super) fn windows(self, most: usize) -> Vec<Vec<T>> {
        let fixed = self.opening + self.prompt + self.closing;
        if fixed >= most {
            // A prompt that leaves no room is read as the beginning of the text.
            return Self { prompt: 0, ..self }.windows(most);
        }
        let (head, rest) = self.tokens.split_at(self.opening + self.prompt);
        let (words, closing) = rest.split_at(rest.len() - self.closing);
        let count = words.len().div_ceil(most - fixed);
        let border = |i: usize| i * words.len() / count;
        (0..count)
            .map(|i| [head, &words[border(i)..border(i + 1)], closing].concat())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 opens, 9 closes, 1 is the prompt.
    const IDS: [u32; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    fn parts(prompt: usize) -> Parts<'static, u32> {
        Parts {
            tokens: &IDS,
            opening: 1,
            prompt,
            closing: 1,
        }
    }

    #[test]
    fn special_tokens_stay_where_a_text_is_cut() {
        assert_eq!(parts(1).cut_end(5), [0, 1, 2, 3, 9]);
        assert_eq!(parts(1).cut_start(5), [0, 6, 7, 8, 9]);
    }

    #[test]
    fn windows_share_the_words_evenly() {
        let expected = [[0, 1, 2, 3, 9], [0, 1, 4, 5, 9], [0, 1, 6, 7, 9]].map(Vec::from);
        let ids = [0, 1, 2, 3, 4, 5, 6, 7, 9];
        let text = Parts {
            tokens: &ids,
            ..parts(1)
        };
        assert_eq!(text.windows(5), expected);
        // Seven words in windows of four: three and four.
        let expected = [vec![0, 1, 2, 3, 4, 9], vec![0, 1, 5, 6, 7, 8, 9]];
        assert_eq!(parts(1).windows(7), expected);
    }

    #[test]
    fn a_prompt_without_room_is_text() {
        let expected = [
            vec![0, 1, 2, 9],
            vec![0, 3, 4, 9],
            vec![0, 5, 6, 9],
            vec![0, 7, 8, 9],
        ];
        assert_eq!(parts(2).windows(4), expected);
    }
}
