//! Word vectors of a text file as word2vec, GloVe and fastText write it.

use std::collections::{HashMap, HashSet};

use yuyi_language::{dictionary_words, folded};

/// Most numbers of a vector; what claims more is no file of word vectors.
const MOST_NUMBERS: usize = 65_536;

/// The vectors of those words that a task needs.
#[derive(Clone, Debug)]
pub struct WordVectors {
    vectors: HashMap<String, Vec<f32>>,
    dimension: usize,
}

impl WordVectors {
    /// Number of words that have a vector.
    pub fn len(&self) -> usize {
        self.vectors.len()
    }

    /// Whether no word has a vector.
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }

    /// The sum of the vectors of a text's words, which has the direction of their average. A word that is not known
    /// counts by those of its characters that are.
    pub(super) fn sum(&self, text: &str) -> Vec<f64> {
        let mut sum = vec![0.0; self.dimension];
        let mut add = |vector: &Vec<f32>| {
            let numbers = vector.iter().map(|&x| f64::from(x));
            sum.iter_mut().zip(numbers).for_each(|(s, x)| *s += x);
        };
        for word in dictionary_words(&folded(text)) {
            match self.vectors.get(word) {
                Some(vector) => add(vector),
                None => {
                    let characters = characters(word).filter_map(|c| self.vectors.get(c));
                    characters.for_each(&mut add);
                }
            }
        }
        sum
    }
}

/// Cosine of two sums, cut at 0; 0 where a text has no known word.
pub(super) fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    (dot(a, b) / lengths.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
}

/// Reads a file of word vectors line by line. Only the vectors of wanted words are kept, so the memory that it
/// takes is bounded by the texts, not by the file.
///
/// A line is a word and its numbers, separated by spaces or tabs; a first line of two whole numbers (how many
/// words and numbers) may stand in front. Words are compared in NFKC and lower case; of several lines of
/// one word the first counts.
#[derive(Debug)]
pub struct WordVectorsBuilder {
    wanted: HashSet<String>,
    vectors: HashMap<String, Vec<f32>>,
    dimension: Option<usize>,
    lines: u64,
}

impl WordVectorsBuilder {
    /// Keeps what is needed to compare any two of `texts`.
    pub fn for_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut wanted = HashSet::new();
        for text in texts {
            let folded = folded(text);
            for word in dictionary_words(&folded) {
                if !wanted.contains(word) {
                    wanted.insert(word.to_owned());
                    wanted.extend(characters(word).map(str::to_owned));
                }
            }
        }
        Self {
            wanted,
            vectors: HashMap::new(),
            dimension: None,
            lines: 0,
        }
    }

    /// Reads the next line, with or without its end.
    ///
    /// # Errors
    /// When it is no line of such a file; the sentence names its number.
    pub fn line(&mut self, line: &[u8]) -> Result<(), String> {
        self.lines += 1;
        // Some files have words cut inside a character; nobody asks for those.
        let line = String::from_utf8_lossy(line);
        let parts: Vec<&str> = line
            .trim_start_matches('\u{feff}')
            .split([' ', '\t', '\r', '\n'])
            .filter(|part| !part.is_empty())
            .collect();
        self.parts(&parts)
            .map_err(|what| format!("line {}: {what}", self.lines))
    }

    fn parts(&mut self, parts: &[&str]) -> Result<(), String> {
        if parts.is_empty() {
            return Ok(());
        }
        let dimension = match (self.dimension, header(parts)) {
            (Some(dimension), _) => dimension,
            (None, Some(dimension)) => {
                self.dimension = Some(checked(dimension)?);
                return Ok(());
            }
            (None, None) => *self.dimension.insert(checked(parts.len() - 1)?),
        };
        // A word may contain spaces; its numbers are the last parts.
        let Some(word_parts) = parts.len().checked_sub(dimension).filter(|&n| n > 0) else {
            let found = parts.len() - 1;
            return Err(format!(
                "a word and {dimension} numbers are expected, but only {found} follow the word."
            ));
        };
        let (word, numbers) = parts.split_at(word_parts);
        let word = folded(&word.join(" "));
        if self.wanted.contains(&word) && !self.vectors.contains_key(&word) {
            let vector = numbers.iter().map(|number| parse(number));
            self.vectors.insert(word, vector.collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    /// The vectors that were found.
    ///
    /// # Errors
    /// When there was no line of a vector.
    pub fn finish(self) -> Result<WordVectors, String> {
        let dimension = self.dimension.ok_or("it holds no word vectors.")?;
        Ok(WordVectors {
            vectors: self.vectors,
            dimension,
        })
    }
}

fn checked(dimension: usize) -> Result<usize, String> {
    match dimension {
        1..=MOST_NUMBERS => Ok(dimension),
        _ => Err(format!(
            "a word and its numbers are expected, but {dimension} numbers follow the word."
        )),
    }
}

/// Numbers of a vector, if these are the parts of a first line that announces them.
fn header(parts: &[&str]) -> Option<usize> {
    let [words, numbers] = parts else {
        return None;
    };
    words.parse::<u64>().ok()?;
    numbers.parse().ok()
}

fn parse(number: &str) -> Result<f32, String> {
    let parsed = number.parse().ok().filter(|x: &f32| x.is_finite());
    parsed.ok_or_else(|| format!("{number:?} is not a finite number."))
}

fn characters(word: &str) -> impl Iterator<Item = &str> {
    word.char_indices()
        .map(|(at, c)| &word[at..at + c.len_utf8()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str], lines: &[&str]) -> Result<WordVectors, String> {
        let mut builder = WordVectorsBuilder::for_texts(texts.iter().copied());
        lines
            .iter()
            .try_for_each(|line| builder.line(line.as_bytes()))?;
        builder.finish()
    }

    fn between(vectors: &WordVectors, a: &str, b: &str) -> f64 {
        cosine(&vectors.sum(a), &vectors.sum(b))
    }

    #[test]
    fn words_that_mean_the_same_are_near() {
        let lines = [
            "4 2",
            "高兴 1 0.1",
            "愉快\t0.9 0.2\r\n",
            "天气 -1 0",
            "new york 0 1 ",
        ];
        let vectors = read(&["我高兴", "愉快", "天气 New York"], &lines).unwrap();
        // 我 is in no line, and "new york" is no word of the text.
        assert_eq!(vectors.len(), 3);
        let expected = (0.9 + 0.1 * 0.2) / (1.01_f64 * 0.85).sqrt();
        assert!((between(&vectors, "我高兴", "愉快") - expected).abs() < 1e-6);
        assert_eq!(
            between(&vectors, "高兴", "天气"),
            0.0,
            "a negative cosine is cut"
        );
        assert_eq!(between(&vectors, "高兴", "我"), 0.0, "no known word");
    }

    #[test]
    fn without_a_first_line_and_by_characters() {
        let vectors = read(&["龘龖 ＡＢＣ"], &["龘 1 0", "abc 0 1", "abc 5 5"]).unwrap();
        assert_eq!(between(&vectors, "龘龖", "龘"), 1.0);
        assert_eq!(between(&vectors, "ABC", "abc"), 1.0);
        assert_eq!(
            between(&vectors, "abc", "龘"),
            0.0,
            "the first line of a word counts"
        );
    }

    #[test]
    fn complaints_name_the_line() {
        for (lines, complaint) in [
            (
                vec!["2 3", "天 1 2"],
                "line 2: a word and 3 numbers are expected, but only 2 follow the word.",
            ),
            (
                vec!["天 1 2", "", "天气 1"],
                "line 3: a word and 2 numbers are expected, but only 1 follow the word.",
            ),
            (vec!["天 1 x"], "line 1: \"x\" is not a finite number."),
            (vec!["天 1 inf"], "line 1: \"inf\" is not a finite number."),
            (
                vec!["天"],
                "line 1: a word and its numbers are expected, but 0 numbers follow the word.",
            ),
            (
                vec!["5 99999999"],
                "line 1: a word and its numbers are expected, but 99999999 numbers follow the word.",
            ),
            (vec![], "it holds no word vectors."),
        ] {
            assert_eq!(read(&["天"], &lines).unwrap_err(), complaint);
        }
    }
}
