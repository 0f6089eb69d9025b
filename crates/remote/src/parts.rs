//! What is sent of each text: all of it, as much as is read of it, or windows.

use yuyi_encoder::{Encoded, Tokens};
use yuyi_models::{EmbedOptions, LongText};

use crate::answer::Unit;
use crate::length::{Limits, tokens};

/// How often a text is cut again that is too long nevertheless, and how much of it stays each time.
const CUTS: u32 = 3;
const STAYS: f64 = 0.6;

/// A text, or a window of one, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// What goes in front.
    prompt: String,
    text: String,
    /// A field of the call with its value.
    pub(crate) field: Option<(String, String)>,
    /// The end stays where it is cut.
    from_start: bool,
    limits: Limits,
    cuts: u32,
    pub(crate) is_cut: bool,
}

/// What goes in front of texts: a text, or a field of the call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Front<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) field: Option<(String, String)>,
}

impl Part {
    /// What is sent of a text.
    pub(crate) fn of(
        text: &str,
        options: &EmbedOptions,
        front: &Front<'_>,
        limits: Limits,
    ) -> Vec<Self> {
        let limits = match front.prompt {
            "" => limits,
            prompt => limits.beside(prompt),
        };
        let part = |part: &str, is_cut: bool| Self {
            prompt: front.prompt.to_owned(),
            text: part.to_owned(),
            field: front.field.clone(),
            from_start: options.long_text == LongText::CutStart,
            limits,
            cuts: 0,
            is_cut,
        };
        let cut = |kept: &str| vec![part(kept, kept.len() < text.len())];
        match options.long_text {
            LongText::CutEnd => cut(limits.beginning(text)),
            LongText::CutStart => cut(limits.ending(text)),
            LongText::Mean => {
                let windows = limits.windows(text).into_iter();
                windows.map(|window| part(&text[window], false)).collect()
            }
        }
    }

    /// What is sent.
    pub(crate) fn sent(&self) -> String {
        format!("{}{}", self.prompt, self.text)
    }

    /// Its estimated tokens.
    pub(crate) fn tokens(&self) -> usize {
        (tokens(&self.prompt) + tokens(&self.text)).max(1)
    }

    /// Cuts a text that is too long nevertheless; `false`: it is as short as it gets.
    pub(crate) fn cut_again(&mut self) -> bool {
        if self.cuts == CUTS {
            return false;
        }
        let limits = self.limits.shrunk(&self.text, STAYS);
        let kept = match self.from_start {
            true => limits.ending(&self.text),
            false => limits.beginning(&self.text),
        };
        let is_shorter = kept.len() < self.text.len();
        self.text = kept.to_owned();
        (self.cuts, self.is_cut) = (self.cuts + 1, true);
        is_shorter
    }

    /// The result of a part of which the model read so many tokens.
    pub(crate) fn encoded(&self, unit: Unit, tokens: usize) -> Encoded {
        Encoded {
            vector: unit.vector,
            length: unit.length,
            tokens,
            truncated: self.is_cut,
            unknown: 0,
            states: None,
        }
    }
}

/// A text of its windows; `None`: there is none.
pub(crate) fn joined(mut windows: Vec<Encoded>) -> Option<Encoded> {
    if windows.len() < 2 {
        return windows.pop();
    }
    let whole = Tokens {
        ids: Vec::new(),
        further: Vec::new(),
        truncated: windows.iter().any(|window| window.truncated),
        unknown: 0,
        places: None,
    };
    Encoded::of_windows(whole, &windows)
}

/// `total` shared out by weight, so that nothing is lost.
pub(crate) fn shared_out(total: u64, weights: &[usize]) -> Vec<usize> {
    let all: u128 = weights.iter().map(|&weight| weight as u128).sum();
    let (mut before, mut given) = (0u128, 0u128);
    let share = |&weight: &usize| {
        before += weight as u128;
        let until = u128::from(total) * before / all.max(1);
        let share = until - given;
        given = until;
        usize::try_from(share).unwrap_or(usize::MAX)
    };
    weights.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Limits = Limits {
        tokens: Some(10),
        characters: None,
    };

    fn parts(text: &str, long_text: LongText, prompt: &str) -> Vec<String> {
        let options = EmbedOptions {
            long_text,
            ..EmbedOptions::default()
        };
        let front = Front {
            prompt,
            field: None,
        };
        Part::of(text, &options, &front, TEN)
            .iter()
            .map(Part::sent)
            .collect()
    }

    #[test]
    fn a_text_that_fits_is_sent_as_it_is() {
        for long_text in [LongText::CutEnd, LongText::CutStart, LongText::Mean] {
            assert_eq!(parts("一二三", long_text, ""), ["一二三"]);
        }
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_or_read_in_windows() {
        let text = "一二三四五六七八九十甲乙";
        assert_eq!(parts(text, LongText::CutEnd, ""), ["一二三四五六七八九十"]);
        assert_eq!(
            parts(text, LongText::CutStart, ""),
            ["三四五六七八九十甲乙"]
        );
        assert_eq!(
            parts(text, LongText::Mean, ""),
            ["一二三四五六", "七八九十甲乙"]
        );
        assert_eq!(parts(text, LongText::CutEnd, "问："), ["问：一二三四五六"]);
    }

    #[test]
    fn one_that_is_too_long_nevertheless_becomes_shorter_a_few_times() {
        let text = "字".repeat(100);
        let mut part = Part::of(
            &text,
            &EmbedOptions::default(),
            &Front::default(),
            Limits::default(),
        )
        .remove(0);
        assert!(!part.is_cut);
        let mut lengths = Vec::new();
        while part.cut_again() {
            lengths.push(part.sent().chars().count());
        }
        assert_eq!(lengths, [60, 36, 21]);
        assert!(part.is_cut);
    }

    #[test]
    fn tokens_are_shared_out_to_the_last() {
        assert_eq!(shared_out(10, &[1, 1, 1]), [3, 3, 4]);
        assert_eq!(shared_out(0, &[3, 4]), [0, 0]);
        assert_eq!(shared_out(7, &[]), [0usize; 0]);
        for total in [1, 99, u64::MAX / 2] {
            let shares = shared_out(total, &[5, 1, 17, 3]);
            assert_eq!(shares.iter().map(|&n| n as u64).sum::<u64>(), total);
        }
    }
}
