//! Where the columns stand that need not be there.

use super::{found, same};
use crate::{Columns, Taken, names};

/// Where the optional columns stand.
pub(super) fn optional(
    cells: &[String],
    plain: &[String],
    columns: &Columns,
    needed: &[usize],
) -> Vec<Option<usize>> {
    let mut taken = needed.to_vec();
    let places = columns.optional.iter().map(|column| {
        let is_answer = *column == "id" && !columns.of_items;
        let by_answer = names::answered_by(plain, &taken).filter(|_| is_answer);
        let place = by_answer
            .or_else(|| same(cells, column).filter(|place| !taken.contains(place)))
            .or_else(|| columns.place(plain, column, &taken));
        taken.extend(place);
        place
    });
    places.collect()
}

/// Where the further columns stand: by these names alone, but in a FAQ also by what others call them.
pub(super) fn further(
    cells: &[String],
    plain: &[String],
    columns: &Columns,
    taken: &[usize],
    optional: &[Option<usize>],
) -> Vec<Option<usize>> {
    let own = columns.further.iter().map(|column| same(cells, column));
    let own: Vec<Option<usize>> = own.collect();
    let is_faq = columns.of_items && columns.is_faq(|i| optional[i].is_some());
    let taken = [taken, &found(&own)].concat();
    let by_others = |column: &String| {
        let mut free = (0..plain.len()).filter(|i| !taken.contains(i));
        free.find(|i| names::field(&plain[*i]) == Some(column))
    };
    let places = own.iter().zip(&columns.further);
    let places = places.map(|(own, column)| own.or_else(|| by_others(column).filter(|_| is_faq)));
    places.collect()
}

/// The places of the optional columns of which there is one each: wordings may stand in several of one name.
pub(super) fn once(columns: &Columns, optional: &[Option<usize>]) -> Vec<usize> {
    let places = columns.optional.iter().zip(optional);
    let places = places.filter(|(column, _)| **column != "wordings");
    places.filter_map(|(_, place)| *place).collect()
}

/// Which names were taken for which columns, where they are not the same.
pub(super) fn renamed(
    cells: &[String],
    columns: &Columns,
    needed: &[usize],
    optional: &[Option<usize>],
) -> Vec<Taken> {
    let needed = needed.iter().copied().map(Some);
    let needed = columns.needed.iter().zip(needed);
    let optional = optional.iter().copied();
    let needed = needed.map(|(column, place)| (*column, place));
    let others = columns.optional.iter().copied();
    let others = others.chain(columns.further.iter().map(String::as_str));
    let wanted = needed.chain(others.zip(optional));
    let renamed = wanted.filter_map(|(column, place)| {
        let name = &cells[place?];
        (name != column).then(|| Taken::named(name, column))
    });
    renamed.collect()
}
