//! Dots by two values.

use super::{Axis, BOTTOM, LEFT, Plot, RIGHT, TOP, shortened, width};
use crate::report::Element;

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
    let named = || dots.iter().filter(|dot| !dot.name.is_empty());
    let mut taken: Vec<Place> = named()
        .map(|dot| Place::of_dot(plot.at((dot.x, dot.y))))
        .collect();
    for dot in named() {
        let name = shortened(&dot.name);
        // Names are written a little larger than what `width` is about.
        let wide = 1.15 * width(&name);
        let place = Place::beside(plot.at((dot.x, dot.y)), wide, &taken);
        plot.words((place.left, place.base), "strong", &name);
        taken.push(place);
    }
    plot.finish()
}

/// Where a name or a dot stands: as wide as it is, as high as a line.
#[derive(Clone, Copy)]
struct Place {
    left: f64,
    right: f64,
    base: f64,
}

impl Place {
    fn of_dot((x, y): (f64, f64)) -> Self {
        Self {
            left: x - 6.0,
            right: x + 6.0,
            base: y + 4.0,
        }
    }

    /// Beside a dot where nothing else is: on its right, on its left, above, below, then askew.
    fn beside((x, y): (f64, f64), width: f64, taken: &[Self]) -> Self {
        let (right, left, middle) = (x + 10.0, x - 10.0 - width, x - width / 2.0);
        let places = [
            (right, 0.0),
            (left, 0.0),
            (middle, -LINE),
            (middle, LINE),
            (right, -LINE),
            (right, LINE),
            (left, -LINE),
            (left, LINE),
            (right, -2.0 * LINE),
            (right, 2.0 * LINE),
        ];
        let places = places.map(|(left, shift)| Self {
            left,
            right: left + width,
            base: y + 4.0 + shift,
        });
        let is_free = |place: &&Self| place.is_inside() && !taken.iter().any(|t| place.overlaps(t));
        places.iter().find(is_free).copied().unwrap_or(places[0])
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
