//! Values side by side, with their intervals.

use yuyi_tasks::metrics::Interval;

use super::{
    Axis, LEFT, RIGHT, WIDTH, drawing, rectangle, segment, shortened, titled, width, words,
};
use crate::report::Element;

/// A bar.
pub struct Bar {
    /// What it is of.
    pub name: String,
    pub value: f64,
    /// Where the value lies in 95 % of the samples.
    pub interval: Option<Interval>,
    /// Class of its colour.
    pub class: &'static str,
}

const STEP: f64 = 26.0;
const HEAD: f64 = 8.0;
const FOOT: f64 = 26.0;

/// Bars from the left, one below the other; their axis begins at 0 or at the least value.
pub fn bars(title: &str, axis: &Axis, bars: &[Bar]) -> Element {
    let bottom = HEAD + STEP * bars.len() as f64;
    let widest = bars.iter().map(|bar| width(&shortened(&bar.name)));
    // Names are written a little larger than what `width` is about.
    let left = 1.15 * widest.fold(LEFT, f64::max) + 12.0;
    // The numbers stand on the right of the frame.
    let right = RIGHT - 40.0;
    let x = |value: f64| left + axis.part(value) * (right - left);
    let mut svg = drawing(title, bottom + FOOT);
    for (value, label) in &axis.ticks {
        svg = svg
            .child(segment((x(*value), HEAD), (x(*value), bottom), "grid"))
            .child(words((x(*value), bottom + 16.0), "middle", label));
    }
    for (i, bar) in bars.iter().enumerate() {
        let y = HEAD + STEP * (i as f64 + 0.5);
        svg = drawn(bar, svg, y, left, x);
    }
    svg.child(segment((left, HEAD), (left, bottom), "axis"))
}

/// Adds a bar, its name, its value and its interval, about the height `y`.
fn drawn(bar: &Bar, svg: Element, y: f64, left: f64, x: impl Fn(f64) -> f64) -> Element {
    let class = format!("bar {}", bar.class);
    let body = rectangle((left, y - 7.0), (x(bar.value), y + 7.0), &class);
    let name = shortened(&bar.name);
    let value = format!("{:.3}", bar.value);
    let svg = svg
        .child(words((left - 8.0, y + 4.0), "strong end", &name))
        .child(titled(body, &bar.name))
        .child(words((WIDTH - 12.0, y + 4.0), "strong end", &value));
    let Some(Interval { low, high }) = bar.interval else {
        return svg;
    };
    svg.child(segment((x(low), y), (x(high), y), "whisker"))
        .child(segment((x(low), y - 4.0), (x(low), y + 4.0), "whisker"))
        .child(segment((x(high), y - 4.0), (x(high), y + 4.0), "whisker"))
}
