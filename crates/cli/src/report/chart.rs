//! Plots as SVG, drawn here so that a report needs no script: a frame with axes, and what is drawn into it.

mod axis;
mod bars;
mod curves;
mod histogram;
mod reliability;
mod scatter;

pub use axis::Axis;
pub use bars::{Bar, bars};
pub use curves::{Line, lines, roc, thresholds};
pub use histogram::histogram;
pub use reliability::{Series, reliability};
pub use scatter::{Dot, scatter};

use super::Element;

/// Size of a plot in its own units; on the page it is as wide as there is room.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 310.0;

/// Where the frame lies.
const LEFT: f64 = 46.0;
const RIGHT: f64 = WIDTH - 12.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = HEIGHT - 42.0;

/// A frame with axes, into which marks are drawn by their values.
struct Plot {
    svg: Element,
    x: Axis,
    y: Axis,
}

impl Plot {
    /// An empty frame; `title` is for those who do not see it.
    fn new(title: &str, x: Axis, y: Axis) -> Self {
        let svg = drawing(title, HEIGHT);
        let mut plot = Self { svg, x, y };
        plot.draw_axes();
        plot
    }

    fn draw_axes(&mut self) {
        for (value, label) in self.y.ticks.clone() {
            let y = self.y_at(value);
            self.segment((LEFT, y), (RIGHT, y), "grid");
            self.words((LEFT - 6.0, y + 4.0), "end", &label);
        }
        for (value, label) in self.x.ticks.clone() {
            let x = self.x_at(value);
            self.segment((x, BOTTOM), (x, BOTTOM + 4.0), "axis");
            self.words((x, BOTTOM + 17.0), "middle", &label);
        }
        self.segment((LEFT, BOTTOM), (RIGHT, BOTTOM), "axis");
        let (x, y) = (self.x.label.clone(), self.y.label.clone());
        self.words(((LEFT + RIGHT) / 2.0, HEIGHT - 6.0), "middle", &x);
        self.words((4.0, 14.0), "start", &y);
    }

    fn x_at(&self, value: f64) -> f64 {
        LEFT + self.x.part(value) * (RIGHT - LEFT)
    }

    fn y_at(&self, value: f64) -> f64 {
        BOTTOM - self.y.part(value) * (BOTTOM - TOP)
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x_at(x), self.y_at(y))
    }

    fn draw(&mut self, element: Element) {
        let svg = std::mem::replace(&mut self.svg, Element::new("svg"));
        self.svg = svg.child(element);
    }

    /// A line in the units of the drawing.
    fn segment(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        self.draw(segment(from, to, class));
    }

    /// Text in the units of the drawing.
    fn words(&mut self, at: (f64, f64), class: &str, text: &str) {
        self.draw(words(at, class, text));
    }

    /// A line through points; those that would fall on the one before are left out.
    fn line(&mut self, points: &[(f64, f64)], class: &str) {
        let path = self.path(points);
        self.draw(Element::new("path").class(class).with("d", path));
    }

    /// The area between a line and the horizontal axis.
    fn area(&mut self, points: &[(f64, f64)], class: &str) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return;
        };
        let (start, end) = (self.x_at(first.0), self.x_at(last.0));
        let path = format!(
            "{}L{end:.1} {BOTTOM:.1}L{start:.1} {BOTTOM:.1}Z",
            self.path(points)
        );
        self.draw(Element::new("path").class(class).with("d", path));
    }

    fn path(&self, points: &[(f64, f64)]) -> String {
        let mut path = String::new();
        let mut before: Option<(f64, f64)> = None;
        for (i, &point) in points.iter().enumerate() {
            let (x, y) = self.at(point);
            let near = before.is_some_and(|(a, b)| (x - a).abs() + (y - b).abs() < 0.5);
            if near && i + 1 < points.len() {
                continue;
            }
            let command = if before.is_none() { 'M' } else { 'L' };
            path += &format!("{command}{x:.1} {y:.1}");
            before = Some((x, y));
        }
        path
    }

    /// A dot that says what it is when it is pointed at.
    fn dot(&mut self, at: (f64, f64), radius: f64, class: &str, title: &str) {
        let (x, y) = self.at(at);
        let dot = Element::new("circle")
            .class(class)
            .with("cx", format!("{x:.1}"))
            .with("cy", format!("{y:.1}"))
            .with("r", format!("{radius:.1}"));
        self.draw(titled(dot, title));
    }

    /// A rectangle between two corners.
    fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), class: &str, title: &str) {
        let (from, to) = (self.at(from), self.at(to));
        self.draw(titled(rectangle(from, to, class), title));
    }

    /// A vertical line at a value, with words at its head.
    fn guide(&mut self, x: f64, text: &str) {
        let at = self.x_at(x);
        self.segment((at, TOP), (at, BOTTOM), "guide");
        let (shift, class) = if at > (LEFT + RIGHT) / 2.0 {
            (-5.0, "end")
        } else {
            (5.0, "start")
        };
        self.words((at + shift, TOP + 10.0), class, text);
    }

    /// Names of what is drawn, on the right above the frame.
    fn legend(&mut self, entries: &[(&str, &str)]) {
        let mut x = RIGHT;
        for &(class, name) in entries.iter().rev() {
            self.words((x, 14.0), "end", name);
            x -= width(name) + 24.0;
            let swatch = segment((x, 10.0), (x + 18.0, 10.0), &format!("line {class}"));
            self.draw(swatch);
            x -= 12.0;
        }
    }

    fn finish(self) -> Element {
        self.svg
    }
}

/// An empty drawing.
fn drawing(title: &str, height: f64) -> Element {
    Element::new("svg")
        .with("viewBox", format!("0 0 {WIDTH} {height:.0}"))
        .with("role", "img")
        .with("aria-label", title)
}

fn segment(from: (f64, f64), to: (f64, f64), class: &str) -> Element {
    Element::new("line")
        .class(class)
        .with("x1", format!("{:.1}", from.0))
        .with("y1", format!("{:.1}", from.1))
        .with("x2", format!("{:.1}", to.0))
        .with("y2", format!("{:.1}", to.1))
}

fn rectangle(a: (f64, f64), b: (f64, f64), class: &str) -> Element {
    Element::new("rect")
        .class(class)
        .with("x", format!("{:.1}", a.0.min(b.0)))
        .with("y", format!("{:.1}", a.1.min(b.1)))
        .with("width", format!("{:.1}", (b.0 - a.0).abs()))
        .with("height", format!("{:.1}", (b.1 - a.1).abs()))
}

fn words(at: (f64, f64), class: &str, text: &str) -> Element {
    Element::new("text")
        .class(class)
        .with("x", format!("{:.1}", at.0))
        .with("y", format!("{:.1}", at.1))
        .text(text)
}

fn titled(element: Element, title: &str) -> Element {
    match title {
        "" => element,
        title => element.child(Element::new("title").text(title)),
    }
}

/// About how wide text of 11 units is: an ideograph is as wide as it is high, a letter about half.
fn width(text: &str) -> f64 {
    let advance = |c: char| if c.is_ascii() { 6.2 } else { 11.0 };
    text.chars().map(advance).sum()
}

/// Widest name that is drawn.
const NAME: f64 = 140.0;

/// A name of at most [`NAME`]; the end of a long one tells more than its start.
fn shortened(name: &str) -> String {
    let mut rest = name;
    while width(rest) > NAME - 11.0 {
        let mut characters = rest.chars();
        characters.next();
        rest = characters.as_str();
    }
    if rest.len() == name.len() {
        name.to_owned()
    } else {
        format!("…{rest}")
    }
}

#[cfg(test)]
mod tests;
