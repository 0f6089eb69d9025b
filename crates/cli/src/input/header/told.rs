//! What was read as what, for people.

use crate::language::Language;
use crate::terminal::remark;

/// Says on standard error what was read as what, if there is anything to say.
pub(in super::super) fn tell(file: &str, taken: &[String]) {
    if !taken.is_empty() {
        let comma = Language::of_messages().pick("，", ", ");
        remark!("{file} is read with {}.", taken.join(comma));
    }
}

/// What was read as what, for people.
pub(in super::super) fn taken_as(name: &str, column: &str) -> String {
    Language::of_messages().pick(
        format!("{name} 作为 {column}"),
        format!("{name} as {column}"),
    )
}

/// Which column was read as which, by its number.
pub(super) fn numbered_as(place: usize, column: &str) -> String {
    let number = place + 1;
    let language = Language::of_messages();
    taken_as(
        &language.pick(format!("第 {number} 列"), format!("column {number}")),
        column,
    )
}
