//! What a report is put together from.

use super::Element;

/// A paragraph.
pub fn paragraph(text: &str) -> Element {
    Element::new("p").text(text)
}

/// A paragraph in small print.
pub fn note(text: &str) -> Element {
    paragraph(text).class("note")
}

/// The sentence that says what matters most.
pub fn lead(text: &str) -> Element {
    paragraph(text).class("lead")
}

/// A heading within a section.
pub fn subheading(text: &str) -> Element {
    Element::new("h3").text(text)
}

/// A number that is seen at first glance.
pub struct Tile {
    pub value: String,
    /// What it is.
    pub label: String,
    /// More of it, such as its interval.
    pub note: String,
}

/// Tiles side by side.
pub fn tiles(tiles: impl IntoIterator<Item = Tile>) -> Element {
    let tile = |tile: Tile| {
        Element::new("li")
            .child(Element::new("span").text(&tile.label))
            .child(Element::new("b").text(&tile.value))
            .child(Element::new("span").text(&tile.note))
    };
    Element::new("ul")
        .class("tiles")
        .children(tiles.into_iter().map(tile))
}

/// A cell of a table.
#[derive(Clone, Default)]
pub struct Cell {
    text: String,
    below: String,
    class: &'static str,
}

impl Cell {
    /// Text, on the left.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A number, on the right.
    pub fn number(text: impl Into<String>) -> Self {
        Self {
            class: "n",
            ..Self::text(text)
        }
    }

    /// With small print below.
    pub fn below(mut self, text: impl Into<String>) -> Self {
        self.below = text.into();
        self
    }

    /// As the best of its column.
    pub fn best(mut self) -> Self {
        self.class = if self.class == "n" { "n best" } else { "best" };
        self
    }

    fn element(self, name: &'static str) -> Element {
        let cell = Element::new(name);
        let cell = match self.class {
            "" => cell,
            class => cell.class(class),
        };
        let cell = cell.text(&self.text);
        match self.below.as_str() {
            "" => cell,
            below => cell.child(Element::new("small").text(below)),
        }
    }
}

/// A table whose first column names the rows.
#[derive(Default)]
pub struct Table {
    /// Heads of the columns; each is aligned as it says.
    pub head: Vec<Cell>,
    pub rows: Vec<Vec<Cell>>,
    /// The last row is the sum of those above it.
    pub total: bool,
}

impl Table {
    /// As an element that scrolls where it is too wide.
    pub fn element(self) -> Element {
        let head = self
            .head
            .into_iter()
            .map(|c| c.element("th").with("scope", "col"));
        let last = self.rows.len().saturating_sub(1);
        let total = self.total && last > 0;
        let rows = self.rows.into_iter().enumerate().map(|(i, cells)| {
            let row = Element::new("tr");
            let row = if total && i == last {
                row.class("total")
            } else {
                row
            };
            let mut cells = cells.into_iter();
            let name = cells.next().map(|c| c.element("th").with("scope", "row"));
            row.children(name).children(cells.map(|c| c.element("td")))
        });
        let head = Element::new("thead").child(Element::new("tr").children(head));
        let body = Element::new("tbody").children(rows);
        let table = Element::new("table").child(head).child(body);
        Element::new("div").class("scroll").child(table)
    }
}

/// A plot with its caption and what it says.
pub fn figure(caption: &str, explanation: &str, plot: Element) -> Element {
    let caption = Element::new("figcaption").text(caption);
    let explanation = Element::new("small").text(explanation);
    Element::new("figure")
        .child(caption.child(explanation))
        .child(plot)
}

/// Figures side by side where there is room.
pub fn figures(figures: impl IntoIterator<Item = Element>) -> Element {
    Element::new("div").class("figures").children(figures)
}

/// A pair in a list for reading.
pub struct Pair<'a> {
    pub score: String,
    pub a: &'a str,
    pub b: &'a str,
    /// Where it is from, and what else is to be said.
    pub note: String,
}

/// Pairs, one below the other.
pub fn pairs<'a>(pairs: impl IntoIterator<Item = Pair<'a>>) -> Element {
    let item = |pair: Pair<'a>| {
        let sides = Element::new("div")
            .child(paragraph(pair.a))
            .child(paragraph(pair.b))
            .child(Element::new("small").text(&pair.note));
        Element::new("li")
            .child(Element::new("b").text(&pair.score))
            .child(sides)
    };
    Element::new("ol")
        .class("pairs")
        .children(pairs.into_iter().map(item))
}
