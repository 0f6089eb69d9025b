//! Beginnings of texts that are too long to be looked at as a whole.

/// So many characters of a text, or all of it.
pub(crate) fn beginning(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters);
    end.map_or(text, |(end, _)| &text[..end])
}
