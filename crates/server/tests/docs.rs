//! Holds `docs/*/api.md` to the code: every error with its status, every route.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::collections::BTreeSet;
use std::path::Path;

const PAGES: [&str; 2] = ["../../docs/en/api.md", "../../docs/zh/api.md"];

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_error_is_documented_with_its_status() {
    let table = errors_of_the_code(&read("src/error.rs"));
    assert!(table.len() > 20, "the table was not found: {table:?}");
    for page in PAGES {
        assert_eq!(errors_of_the_page(&read(page)), table, "{page}");
    }
}

/// Lines such as `InvalidJson { .. } => (400, "invalid_json", None),`.
fn errors_of_the_code(source: &str) -> BTreeSet<(String, String)> {
    let entry = |line: &str| {
        let (status, rest) = line.split_once("=> (")?.1.split_once(", \"")?;
        Some((status.to_owned(), rest.split_once('"')?.0.to_owned()))
    };
    source.lines().filter_map(entry).collect()
}

/// Rows such as ``| 413 | `body_too_large`, `text_too_long` | … |``.
fn errors_of_the_page(page: &str) -> BTreeSet<(String, String)> {
    let mut errors = BTreeSet::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, status, codes, ..] = cells[..] else {
            continue;
        };
        if status.parse::<u16>().is_ok() {
            let codes = codes.split('`').skip(1).step_by(2);
            errors.extend(codes.map(|code| (status.to_owned(), code.to_owned())));
        }
    }
    errors
}

#[test]
fn every_route_is_documented() {
    let source = read("src/app.rs");
    let routes: BTreeSet<&str> = source
        .split(".route(\"")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0)
        .collect();
    assert!(routes.contains("/similarity"), "{routes:?}");
    for page in PAGES {
        let text = read(page);
        for route in &routes {
            let named = |before: &str| text.contains(&format!("`{before}{route}`"));
            assert!(
                named("") || named("GET ") || named("POST "),
                "{page}: {route}"
            );
        }
    }
}
