//! Dots by two values.

use super::{Axis, BOTTOM, LEFT, Plot, RIGHT, TOP, shortened, width};
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

/// Height of a name.
const LINE: f64 = 13.0;

/// Dots with their names; many without names are specks.
pub fn scatter(title: &str, x: Axis, y: Axis, dots: &[Dot]) -> Element {
    let mut plot = Plot::new(title, x, y);
    for dot in dots {
        let at = (dot.x, dot.y);
        match dot.name.as_str() {
            "" => plot.dot(at, 2.0, &format!("speck {}", dot.class), ""),
            name => plot.dot(at, 5.5, &format!("mark {}", dot.class), name),
        }
    }
    let mut taken: Vec<Place> = Vec::new();
    for dot in dots.iter().filter(|dot| !dot.name.is_empty()) {
        let name = shortened(&dot.name);
        let place = Place::beside(plot.at((dot.x, dot.y)), width(&name), &taken);
        plot.words((place.left, place.base), "strong", &name);
        taken.push(place);
    }
    plot.finish()
}

/// Where a name stands.
#[derive(Clone, Copy)]
struct Place {
    left: f64,
    right: f64,
    base: f64,
}

impl Place {
    /// Beside a dot, where there is room between the other names: on its right, on its left, or further and further below or above.
    fn beside((x, y): (f64, f64), width: f64, taken: &[Self]) -> Self {
        let sides = [x + 10.0, x - 10.0 - width];
        let shifts = [0.0, LINE, -LINE, 2.0 * LINE, -2.0 * LINE, 3.0 * LINE];
        let place = |shift: f64, left: f64| Self {
            left,
            right: left + width,
            base: y + 4.0 + shift,
        };
        let all = shifts
            .iter()
            .flat_map(|&shift| sides.map(|left| place(shift, left)));
        let first = place(0.0, (RIGHT - width).min(sides[0]).max(LEFT));
        let mut free = all.filter(|p| p.is_inside() && !taken.iter().any(|t| p.overlaps(t)));
        free.next().unwrap_or(first)
    }

    fn is_inside(&self) -> bool {
        self.left >= LEFT && self.right <= RIGHT && self.base > TOP && self.base < BOTTOM
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && (self.base - other.base).abs() < LINE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_cover_each_other() {
        let mut taken: Vec<Place> = Vec::new();
        for i in 0..6 {
            let place = Place::beside((200.0 + f64::from(i), 150.0), 60.0, &taken);
            assert!(place.is_inside() && !taken.iter().any(|t| place.overlaps(t)));
            taken.push(place);
        }
        let at_the_edge = Place::beside((RIGHT - 2.0, 150.0), 60.0, &[]);
        assert!(at_the_edge.right < RIGHT);
    }
}
