//! Whether the tables of a database agree with each other.

use crate::servers::value;

/// For each collection, a query for rows that have lost what belongs to them or count wrongly.
const WRONG: [(&str, &str); 6] = [
    (
        "counts its items wrongly",
        "SELECT 1 FROM yuyi.collections WHERE number = {C} AND count <> (SELECT count(*) FROM yuyi.items_{C})",
    ),
    (
        "counts its texts wrongly",
        "SELECT 1 FROM yuyi.collections WHERE number = {C} AND ROW(docs, length) IS DISTINCT FROM
         (SELECT ROW(count(*), coalesce(sum(length), 0)) FROM yuyi.docs_{C}_1)",
    ),
    (
        "has texts without vectors, or vectors without texts",
        "SELECT 1 FROM yuyi.docs_{C}_1 d FULL JOIN yuyi.vectors_{C}_1 v USING (key) WHERE d.key IS NULL OR v.key IS NULL",
    ),
    (
        "has items without vectors, or vectors without items",
        "SELECT 1 FROM yuyi.items_{C} i FULL JOIN (SELECT DISTINCT item FROM yuyi.vectors_{C}_1) v ON i.key = v.item WHERE i.key IS NULL OR v.item IS NULL",
    ),
    (
        "has words of no text",
        "SELECT 1 FROM yuyi.terms_{C}_1 LEFT JOIN yuyi.docs_{C}_1 d USING (key) WHERE d.key IS NULL",
    ),
    (
        "has values of no item",
        "SELECT 1 FROM yuyi.fields_{C} LEFT JOIN yuyi.items_{C} i USING (key) WHERE i.key IS NULL",
    ),
];

/// What contradicts what, a sentence each.
pub fn contradictions(url: &str) -> Vec<String> {
    let numbers = value(
        url,
        "SELECT string_agg(number::text, ' ') FROM yuyi.collections",
    );
    let of = |number: &str| {
        let number = number.to_owned();
        WRONG.iter().filter_map(move |(what, sql)| {
            let rows = format!(
                "SELECT count(*) FROM ({}) rows",
                sql.replace("{C}", &number)
            );
            let found = value(url, &rows);
            (found != "0").then(|| format!("collection {number} {what}: {found}"))
        })
    };
    numbers.split_whitespace().flat_map(of).collect()
}
