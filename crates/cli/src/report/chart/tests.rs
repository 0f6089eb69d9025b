//! What is drawn, not how it looks: that is for eyes and for a browser.

use yuyi_tasks::metrics::{Interval, Ranking, Reliability};

use super::*;
use crate::report::Language;

#[test]
fn a_histogram_shows_both_classes_and_the_threshold() {
    let svg = histogram(Language::Zh, &[0.9, 0.95], &[0.1], Some(0.5)).to_string();
    assert!(
        svg.contains("class=\"area first\"") && svg.contains("class=\"area second\""),
        "{svg}"
    );
    assert!(svg.contains("阈值 0.500"), "{svg}");
    // All of the different pairs are in one bin, so its share is the whole.
    assert!(svg.contains("100%"), "{svg}");
}

#[test]
fn plots_of_nothing_are_empty_frames() {
    for svg in [
        histogram(Language::En, &[], &[], None),
        roc(Language::En, &[], None),
        thresholds(Language::En, &[], None),
        reliability(Language::En, &[]),
        bars("", &Axis::unit(""), &[]),
        scatter("", Axis::unit(""), Axis::unit(""), &[]),
    ] {
        let svg = svg.to_string();
        assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{svg}");
    }
}

#[test]
fn a_long_curve_is_thinned() {
    let scores: Vec<f64> = (0..20_000).map(|i| f64::from(i) / 20_000.0).collect();
    let positive: Vec<bool> = (0..20_000).map(|i| i % 3 == 0).collect();
    let counts = vec![1; 20_000];
    let points = Ranking::new(&scores, &positive).roc(&counts).unwrap();
    let points: Vec<_> = points.into_iter().map(|p| (p.threshold, p)).collect();
    let svg = roc(Language::En, &points, Some(0.5)).to_string();
    assert!(svg.len() < 60_000, "{}", svg.len());
    assert!(svg.contains("threshold 0.500"));
}

#[test]
fn every_filled_bin_has_a_mark_and_a_bar() {
    let bins = Reliability::new(&[0.05, 0.15, 0.18], &[0.0, 0.5, 1.0]).bins(&[1; 3]);
    let series = [Series {
        name: "x",
        bins: &bins,
    }];
    let svg = reliability(Language::En, &series).to_string();
    assert_eq!(svg.matches("<circle").count(), 2);
    assert_eq!(svg.matches("<rect").count(), 2);
    assert!(
        svg.contains("2 pairs: similarity 0.165, grade 0.750"),
        "{svg}"
    );
}

#[test]
fn names_are_escaped_and_shortened() {
    let bar = |name: &str| Bar {
        name: name.to_owned(),
        value: 0.5,
        interval: Some(Interval {
            low: 0.4,
            high: 0.6,
        }),
        class: "first",
    };
    let long = "/a/very/long/path/to/some/folder/with/models/gte-base-zh";
    let svg = bars("", &Axis::unit(""), &[bar("<x>"), bar(long)]).to_string();
    assert!(svg.contains("&lt;x&gt;") && !svg.contains("<x>"), "{svg}");
    assert!(svg.contains("/gte-base-zh</text>"), "{svg}");
    assert!(svg.contains(&format!("<title>{long}</title>")), "{svg}");
    assert_eq!(svg.matches("whisker").count(), 6);
}
