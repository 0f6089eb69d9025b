//! HTML and SVG as a tree, in which text can only be text.

use std::fmt::{self, Display, Write};

/// An element that is being written. Names are the program's own; everything else is escaped.
#[derive(Clone)]
pub struct Element {
    name: &'static str,
    attributes: String,
    inner: String,
}

impl Element {
    /// An empty element.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            attributes: String::new(),
            inner: String::new(),
        }
    }

    /// With an attribute.
    pub fn with(mut self, name: &'static str, value: impl Display) -> Self {
        let value = escaped(&value.to_string());
        self.attributes += &format!(" {name}=\"{value}\"");
        self
    }

    /// With its class.
    pub fn class(self, class: &str) -> Self {
        self.with("class", class)
    }

    /// With text behind what it has.
    pub fn text(mut self, text: &str) -> Self {
        self.inner += &escaped(text);
        self
    }

    /// With a child behind what it has.
    pub fn child(mut self, child: Self) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.inner, "{child}");
        self
    }

    /// With children behind what it has.
    pub fn children(self, children: impl IntoIterator<Item = Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            attributes,
            inner,
        } = self;
        write!(f, "<{name}{attributes}>{inner}</{name}>")
    }
}

/// Text as it may stand in an element or in a quoted attribute. Control characters that HTML forbids become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let element = Element::new("p")
            .with("title", "a\"b<")
            .text("<b>&'\0")
            .child(Element::new("i").text("x"));
        assert_eq!(
            element.to_string(),
            "<p title=\"a&quot;b&lt;\">&lt;b&gt;&amp;&#39;\u{fffd}<i>x</i></p>"
        );
    }
}
