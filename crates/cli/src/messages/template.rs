//! Messages with places for what differs: `{name} cannot be read`, where `{#line}` is a number. A Chinese wording has
//! `{、names}` for a list: what English separates by commas is then separated by 、.

/// A wording whose placeholders can be found in a message.
pub(super) struct Template {
    parts: Vec<Part>,
}

/// What may stand in front of the name of a placeholder.
const MARKS: [char; 2] = ['#', '、'];

enum Part {
    Literal(String),
    Place {
        name: String,
        is_number: bool,
        is_list: bool,
    },
}

/// What stands in a placeholder.
pub(super) type Value<'a> = (&'a str, &'a str);

impl Template {
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let Some((name, behind)) = place(rest) else {
                literal.push(character);
                rest = &rest[character.len_utf8()..];
                continue;
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Place {
                name: name.trim_start_matches(MARKS).to_owned(),
                is_number: name.starts_with('#'),
                is_list: name.starts_with('、'),
            });
            rest = behind;
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Self { parts }
    }

    /// Bytes that are fixed.
    pub(super) fn letters(&self) -> usize {
        let literal = |part: &Part| match part {
            Part::Literal(text) => text.len(),
            Part::Place { .. } => 0,
        };
        self.parts.iter().map(literal).sum()
    }

    /// Whether anything may stand at the beginning.
    pub(super) fn begins_with_place(&self) -> bool {
        matches!(self.parts.first(), Some(Part::Place { .. }))
    }

    /// Whether anything may stand at the end.
    pub(super) fn ends_with_place(&self) -> bool {
        matches!(self.parts.last(), Some(Part::Place { .. }))
    }

    /// Whether there is more than placeholders for anything and punctuation.
    pub(super) fn has_words(&self) -> bool {
        let is_word = |part: &Part| match part {
            Part::Literal(text) => text.contains(char::is_alphabetic),
            Part::Place { is_number, .. } => *is_number,
        };
        self.parts.iter().any(is_word)
    }

    /// The names of the placeholders, sorted.
    #[cfg(test)]
    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.parts.iter().filter_map(|part| match part {
            Part::Place { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        });
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names
    }

    /// The fixed texts.
    #[cfg(test)]
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Place { .. } => None,
        })
    }

    /// What a message has in the placeholders, if it has this wording.
    pub(super) fn values<'a>(&'a self, message: &'a str) -> Option<Vec<Value<'a>>> {
        let mut values = Vec::new();
        fits(&self.parts, message, &mut values).then_some(values)
    }
}

/// The name of the placeholder that a text begins with, and what follows. Other braces are text.
fn place(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.strip_prefix('{')?.split_once('}')?;
    let letters = name.trim_start_matches(MARKS);
    let is_name = |letters: &str| letters.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (!letters.is_empty() && is_name(letters)).then_some((name, behind))
}

/// Whether the parts make up the text; `values` are then what stands in their places.
fn fits<'a>(parts: &'a [Part], text: &'a str, values: &mut Vec<Value<'a>>) -> bool {
    match parts {
        [] => text.is_empty(),
        [Part::Literal(literal), rest @ ..] => text
            .strip_prefix(literal.as_str())
            .is_some_and(|text| fits(rest, text, values)),
        [
            Part::Place {
                name, is_number, ..
            },
            rest @ ..,
        ] => {
            let is_value = |value: &str| {
                !value.is_empty() && (!is_number || value.bytes().all(|b| b.is_ascii_digit()))
            };
            let mut try_value = |end: usize| {
                let before = values.len();
                values.push((name, &text[..end]));
                let fits = is_value(&text[..end]) && fits(rest, &text[end..], values);
                if !fits {
                    values.truncate(before);
                }
                fits
            };
            match rest.first() {
                None => try_value(text.len()),
                Some(Part::Literal(next)) => text
                    .match_indices(next.as_str())
                    .any(|(end, _)| try_value(end)),
                Some(Part::Place { .. }) => false,
            }
        }
    }
}

/// A wording with what stands in its placeholders, each as `told` says it, or as it is.
pub(super) fn filled(
    wording: &str,
    values: &[Value<'_>],
    told: impl Fn(&str) -> Option<String>,
) -> String {
    let mut text = String::new();
    for part in &Template::new(wording).parts {
        match part {
            Part::Literal(literal) => text += literal,
            Part::Place { name, is_list, .. } => {
                let value = values.iter().find(|(known, _)| known == name);
                let value = value.map_or("", |(_, value)| value);
                text += &told(value).unwrap_or_else(|| match is_list {
                    true => value.replace(", ", "、"),
                    false => value.to_owned(),
                });
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, message: &str) -> Option<Vec<(String, String)>> {
        let template = Template::new(template);
        let values = template.values(message)?;
        let owned = values.iter();
        Some(
            owned
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn places_are_found() {
        let found = values("{file}:{#line}: {text}", "C:\\x:12: a: b").unwrap();
        let expected = [("file", "C:\\x"), ("line", "12"), ("text", "a: b")];
        assert_eq!(found, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        for text in ["no place", "a {\"b\": true} {} {1}"] {
            assert_eq!(values(text, text), Some(Vec::new()));
        }
        for (template, message) in [
            ("{file}:{#line}: {text}", "a:b: c"),
            ("{a} is {b}.", "x is y"),
            ("{a} is.", " is."),
            ("x", "xy"),
        ] {
            assert_eq!(values(template, message), None, "{template}: {message}");
        }
    }

    #[test]
    fn values_may_be_told_in_their_turn() {
        let values = [("a", "one"), ("b", "two")];
        let told = |value: &str| (value == "two").then(|| "二".to_owned());
        assert_eq!(filled("{b}、{a}、{#b}", &values, told), "二、one、二");
        let values = [("names", "a, b, c")];
        assert_eq!(
            filled("{、names}，{names}", &values, |_| None),
            "a、b、c，a, b, c"
        );
    }
}
