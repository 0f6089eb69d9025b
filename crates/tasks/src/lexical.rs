//! How alike two texts are by their characters and words alone, without a model: what a model has to be better than.
//!
//! Every score is in [0, 1] and symmetric, and a text has 1 with itself. All methods but [`Method::Word2vec`] compare
//! *bare* texts: NFKC, lower case, without white space and punctuation; of a text that is nothing else, only
//! the white space is dropped.

mod edit;
mod jaccard;
mod sparse;
mod tf_idf;
mod time;
mod word_vectors;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

pub use self::tf_idf::{Terms, TfIdf};
pub use self::word_vectors::{WordVectors, WordVectorsBuilder};

use yuyi_language::bare;

use self::jaccard::jaccard;

/// A way to compare texts without a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Shared characters over all characters, each counted once.
    Jaccard,
    /// 1 − Levenshtein distance / length of the longer text, in characters.
    Edit,
    /// Cosine of TF-IDF vectors over runs of one and two characters.
    Tfidf,
    /// Cosine of TF-IDF vectors over words as jieba cuts them.
    TfidfWords,
    /// Cosine of the averages of word vectors, cut at 0.
    Word2vec,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 5] = [
        Self::Jaccard,
        Self::Edit,
        Self::Tfidf,
        Self::TfidfWords,
        Self::Word2vec,
    ];

    /// The name on the command line, in requests and in replies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jaccard => "jaccard",
            Self::Edit => "edit",
            Self::Tfidf => "tfidf",
            Self::TfidfWords => "tfidf_words",
            Self::Word2vec => "word2vec",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = String;

    /// By [`Method::name`]; a hyphen is as good as an underscore. The error names those that need nothing but texts.
    fn from_str(name: &str) -> Result<Self, String> {
        let wanted = name.replace('-', "_");
        let known = Self::ALL.into_iter().find(|method| method.name() == wanted);
        known.ok_or_else(|| {
            let of_texts = Self::ALL.iter().filter(|&&method| method != Self::Word2vec);
            let names: Vec<&str> = of_texts.map(|method| method.name()).collect();
            format!("{name:?} is none of {}.", names.join(", "))
        })
    }
}

/// A method that is ready to compare texts.
#[derive(Clone, Debug)]
pub struct Baseline {
    method: Method,
    comparer: Comparer,
}

/// A method with what it learnt.
#[derive(Clone, Debug)]
enum Comparer {
    Jaccard,
    Edit,
    TfIdf(TfIdf),
    WordVectors(WordVectors),
}

impl Baseline {
    /// A method for texts of which nothing is known but themselves: every term counts the same, since two texts say
    /// nothing about what is common. `None` for [`Method::Word2vec`], which needs vectors.
    pub fn of_pair(method: Method) -> Option<Self> {
        let comparer = match method {
            Method::Jaccard => Comparer::Jaccard,
            Method::Edit => Comparer::Edit,
            Method::Tfidf => Comparer::TfIdf(TfIdf::unweighted(Terms::CHARACTERS)),
            Method::TfidfWords => Comparer::TfIdf(TfIdf::unweighted(Terms::Words)),
            Method::Word2vec => return None,
        };
        Some(Self { method, comparer })
    }

    /// A method for texts of a collection: TF-IDF learns there how common each term is; the others learn nothing.
    /// `None` for [`Method::Word2vec`], which needs vectors.
    pub fn of_texts<'a>(method: Method, texts: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let terms = match method {
            Method::Tfidf => Terms::CHARACTERS,
            Method::TfidfWords => Terms::Words,
            other => return Self::of_pair(other),
        };
        let comparer = Comparer::TfIdf(TfIdf::of_texts(terms, texts));
        Some(Self { method, comparer })
    }

    /// [`Method::Word2vec`].
    pub fn of_vectors(vectors: WordVectors) -> Self {
        Self {
            method: Method::Word2vec,
            comparer: Comparer::WordVectors(vectors),
        }
    }

    /// By which method it compares.
    pub fn method(&self) -> Method {
        self.method
    }

    /// How alike two texts are, in [0, 1].
    pub fn score(&self, a: &str, b: &str) -> f64 {
        self.compare(&self.prepare(a), &self.prepare(b))
    }

    /// A text in the form that it is compared in, for one that is compared with many.
    pub fn prepare(&self, text: &str) -> Prepared {
        let bare = bare(text);
        let form = match &self.comparer {
            Comparer::Jaccard => Form::Set(bare.chars().collect()),
            Comparer::Edit => Form::Characters(edit::characters(&bare)),
            Comparer::TfIdf(weights) => Form::Terms(weights.vector(&bare)),
            Comparer::WordVectors(vectors) => Form::Numbers(vectors.sum(text)),
        };
        Prepared { bare, form }
    }

    /// How alike two texts are, in [0, 1]; both prepared by this method, else 0.
    pub fn compare(&self, a: &Prepared, b: &Prepared) -> f64 {
        match (&a.form, &b.form) {
            _ if a.bare == b.bare => 1.0,
            (Form::Set(a), Form::Set(b)) => jaccard(a, b),
            (Form::Characters(a), Form::Characters(b)) => edit::similarity(a, b),
            (Form::Terms(a), Form::Terms(b)) => a.cosine(b),
            (Form::Numbers(a), Form::Numbers(b)) => word_vectors::cosine(a, b),
            _ => 0.0,
        }
    }
}

/// A text as a [`Baseline`] compares it.
#[derive(Clone, Debug)]
pub struct Prepared {
    bare: String,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Set(BTreeSet<char>),
    Characters(Vec<char>),
    Terms(sparse::Vector),
    Numbers(Vec<f64>),
}

#[cfg(test)]
mod tests;
