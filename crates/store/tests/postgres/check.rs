//! Whether the tables of a database agree with each other.

use crate::servers::value;

/// What reads the bytes of `terms_C_L` and `docs_C_L`: the texts that have a word, and the words of a text.
const READERS: &str = "
CREATE FUNCTION pg_temp.texts_of(block bigint, postings bytea) RETURNS TABLE (key bigint, length bigint) LANGUAGE plpgsql AS $$
DECLARE place int := 0; head int; numbers bigint[]; number bigint; shift int; byte int;
BEGIN
    WHILE place < octet_length(postings) LOOP
        head := get_byte(postings, place) | (get_byte(postings, place + 1) << 8);
        place := place + 2;
        numbers := '{}';
        WHILE cardinality(numbers) < 1 + (head & 1) + ((head >> 1) & 1) LOOP
            number := 0;
            shift := 0;
            LOOP
                byte := get_byte(postings, place);
                place := place + 1;
                number := number | ((byte & 127)::bigint << shift);
                shift := shift + 7;
                EXIT WHEN byte < 128;
            END LOOP;
            numbers := numbers || number;
        END LOOP;
        key := ((block << 20) | ((head >> 2)::bigint << 10)) | (CASE WHEN head & 2 = 2 THEN numbers[1] ELSE 0 END);
        length := numbers[cardinality(numbers)];
        RETURN NEXT;
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.words_of(terms bytea) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE word bigint;
BEGIN
    FOR place IN 0 .. octet_length(terms) / 8 - 1 LOOP
        word := 0;
        FOR i IN REVERSE 7 .. 0 LOOP
            word := (word << 8) | get_byte(terms, place * 8 + i);
        END LOOP;
        RETURN NEXT word;
    END LOOP;
END $$;";

/// For each collection C with words L and vectors S, a query for rows that have lost what belongs to them or count wrongly.
const WRONG: [(&str, &str); 9] = [
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
        "has words of no text, or texts that their words do not know",
        "SELECT 1 FROM (SELECT term, texts.key, texts.length FROM yuyi.terms_{C}_{L}, pg_temp.texts_of(block, postings) texts) kept
         FULL JOIN (SELECT term, key, length FROM yuyi.docs_{C}_{L}, pg_temp.words_of(terms) term) had USING (term, key, length)
         WHERE kept IS NULL OR had IS NULL",
    ),
    (
        "has words that are not there any more",
        "SELECT 1 FROM yuyi.terms_{C}_{L} WHERE octet_length(postings) = 0",
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
            let rows = format!("{READERS} SELECT count(*) FROM ({sql}) rows");
            let found = value(url, &rows);
            (found != "0").then(|| format!("collection {number} {what}: {found}"))
        })
    };
    numbers.split_whitespace().flat_map(of).collect()
}
