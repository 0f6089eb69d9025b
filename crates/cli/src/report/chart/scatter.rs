//! Dots by two values.

use super::{Axis, LEFT, Plot, RIGHT, width};
use crate::report::Element;

/// A dot.
pub struct Dot {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
    /// Written beside it; empty for one of many.
    pub name: String,
    /// Class of its colour.
    pub class: &'static str,
}

/// Dots with their names; many without names are specks.
pub fn scatter(title: &str, x: Axis, y: Axis, dots: &[Dot]) -> Element {
    let mut plot = Plot::new(title, x, y);
    for dot in dots {
        let at = (dot.x, dot.y);
        if dot.name.is_empty() {
            plot.dot(at, 2.0, &format!("speck {}", dot.class), "");
            continue;
        }
        plot.dot(at, 5.5, &format!("mark {}", dot.class), &dot.name);
        let (left, top) = plot.at(at);
        // Beside the dot, on the side where there is room.
        let fits = left + 10.0 + width(&dot.name) < RIGHT || left < (LEFT + RIGHT) / 2.0;
        let (shift, class) = if fits {
            (10.0, "strong")
        } else {
            (-10.0, "strong end")
        };
        plot.words((left + shift, top + 4.0), class, &dot.name);
    }
    plot.finish()
}
