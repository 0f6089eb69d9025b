//! Whether the tables of a database agree with each other.

use crate::servers::value;

/// For each collection C with words L and vectors S, a query for rows that have lost what belongs to them or count wrongly.
const WRONG: [(&str, &str); 8] = [
    (
        "has answered questions of items that are gone",
        "SELECT 1 FROM yuyi.hit_counts h LEFT JOIN yuyi.items_{C} i ON i.id = h.item WHERE h.collection = {C} AND i.id IS NULL",
    ),
    (
        "has answered questions that are not counted",
        "SELECT 1 FROM yuyi.hits h LEFT JOIN yuyi.hit_counts c USING (collection, item) WHERE h.collection = {C} AND c.item IS NULL",
    ),
    (
        "counts its items wrongly",
        "SELECT 1 FROM yuyi.collections WHERE number = {C} AND count <> (SELECT count(*) FROM yuyi.items_{C})",
    ),
    (
        "counts its texts wrongly",
        "SELECT 1 FROM yuyi.collections WHERE number = {C} AND ROW(docs, length) IS DISTINCT FROM
         (SELECT ROW(count(*), coalesce(sum(length), 0)) FROM yuyi.docs_{C}_{L})",
    ),
    (
        "has texts without vectors, or vectors without texts",
        "SELECT 1 FROM yuyi.docs_{C}_{L} d FULL JOIN yuyi.vectors_{C}_{S} v USING (key) WHERE d.key IS NULL OR v.key IS NULL",
    ),
    (
        "has items without vectors, or vectors without items",
        "SELECT 1 FROM yuyi.items_{C} i FULL JOIN (SELECT DISTINCT item FROM yuyi.vectors_{C}_{S}) v ON i.key = v.item WHERE i.key IS NULL OR v.item IS NULL",
    ),
    (
        "has words of no text",
        "SELECT 1 FROM yuyi.terms_{C}_{L} LEFT JOIN yuyi.docs_{C}_{L} d USING (key) WHERE d.key IS NULL",
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
        "SELECT string_agg(concat_ws('/', number, lexicon, space), ' ') FROM yuyi.collections",
    );
    let of = |numbers: &str| {
        let parts: Vec<String> = numbers.split('/').map(str::to_owned).collect();
        let [number, lexicon, space] = parts.try_into().unwrap();
        WRONG.iter().filter_map(move |(what, sql)| {
            let sql = sql.replace("{C}", &number);
            let sql = sql.replace("{L}", &lexicon).replace("{S}", &space);
            let rows = format!("SELECT count(*) FROM ({sql}) rows");
            let found = value(url, &rows);
            (found != "0").then(|| format!("collection {number} {what}: {found}"))
        })
    };
    numbers.split_whitespace().flat_map(of).collect()
}
