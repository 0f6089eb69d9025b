//! `yuyi collection list`.

use std::io::{self, Write};

use anyhow::bail;
use serde_json::json;
use yuyi_store::{Collection, Role};

use super::place::{is_file, none_in, open, place};
use super::shown::{Shown, model_of};
use crate::args::ListArgs;
use crate::messages;
use crate::terminal::{self, remark};

/// Names of the columns of the table.
const HEADER: [&str; 5] = ["collection", "items", "model", "dimension", "role"];

/// Writes the collections, in the order of their names.
pub fn run(args: &ListArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    if is_file(&place) {
        bail!(none_in(&place));
    }
    let collections = match place.is_there() {
        true => open(&place)?.list()?,
        false => Vec::new(),
    };
    let mut out = terminal::stdout();
    if args.json {
        let shown: Vec<Shown<'_>> = collections.iter().map(Shown::from).collect();
        let document = json!({ "collections": shown });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else if collections.is_empty() {
        remark!("{}", none_in(&place));
    } else {
        table(&mut out, &collections)?;
    }
    Ok(())
}

fn table(out: &mut impl Write, collections: &[Collection]) -> io::Result<()> {
    let header = HEADER.map(|name| messages::told(name).into_owned());
    let rows: Vec<[String; 5]> = std::iter::once(header)
        .chain(collections.iter().map(row))
        .collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| messages::width(&row[column]));
        cells.max().unwrap_or_default()
    });
    for row in &rows {
        let cells = row.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| {
            let blanks = " ".repeat(width - messages::width(cell));
            // Numbers stand at the right.
            match column {
                1 | 3 => format!("{blanks}{cell}"),
                _ => format!("{cell}{blanks}"),
            }
        });
        let line = cells.collect::<Vec<String>>().join("  ");
        writeln!(out, "{}", line.trim_end())?;
    }
    for collection in collections {
        for told in under_way(collection).into_iter().chain(damage(collection)) {
            writeln!(out, "{}", messages::told(&told))?;
        }
    }
    Ok(())
}

fn row(collection: &Collection) -> [String; 5] {
    let role = match collection.role {
        Role::Symmetric => "symmetric",
        Role::Passage => "passage",
    };
    [
        collection.name.clone(),
        collection.count.to_string(),
        model_of(collection).to_owned(),
        collection.space.dimension.to_string(),
        role.to_owned(),
    ]
}

/// That a collection is damaged, if it is.
fn damage(collection: &Collection) -> Option<String> {
    let Collection { name, damaged, .. } = collection;
    let reason = damaged.as_ref()?;
    Some(format!("The collection {name:?} is damaged ({reason})."))
}

/// The move of a collection, if there is one.
fn under_way(collection: &Collection) -> Option<String> {
    let Collection { name, count, .. } = collection;
    let reindex = collection.reindex.as_ref()?;
    let (to, done) = (&reindex.space, reindex.done);
    Some(format!(
        "{name}: on the way to {to}, {done} of {count} items are there."
    ))
}
