//! What is known of Chinese and English texts without a model: their words, numbers, times and negations, and what two texts
//! that a model takes for the same differ in.
//!
//! ```
//! use yuyi_language::{Differences, numbers, words};
//!
//! let words: Vec<&str> = words("今天天气真不错").iter().map(|word| word.text).collect();
//! assert_eq!(words, ["今天", "天气", "真不错"]);
//!
//! let numbers = numbers("三月五号之前付1.5万元");
//! let normal: Vec<String> = numbers.iter().map(|number| number.normal_form()).collect();
//! assert_eq!(normal, ["3月", "5日", "15000元"]);
//!
//! let differences = Differences::between("3月5日起不能退货", "3月5日起能退货");
//! assert!(differences.numbers.is_none() && differences.negation.is_some());
//! ```

mod blank;
mod codes;
mod differences;
mod mask;
mod names;
mod negation;
mod normal;
mod numbers;
mod opposites;
mod plain;
mod quantities;
mod roles;
mod times;
mod traditional;
mod words;

pub use blank::is_blank;
pub use codes::{CodeDifference, code_difference, codes};
pub use differences::{Contradiction, Differences};
pub use mask::{MASK, masked};
pub use names::{NameDifference, name_difference};
pub use negation::{NegationDifference, negation_difference, negations};
pub use normal::{bare, folded};
pub use numbers::{Number, NumberDifference, Reading, Unit, Value, number_difference, numbers};
pub use opposites::{OppositeDifference, are_of_one_matter, opposite_difference};
pub use quantities::join_quantities;
pub use roles::{RoleDifference, role_difference};
pub use times::{TimeDifference, time_difference};
pub use traditional::simplified;
pub use words::{
    Word, dictionary_words, is_han, is_in_dictionary, is_separator, phrases, read_dictionary, words,
};
