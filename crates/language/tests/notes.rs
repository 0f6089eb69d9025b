//! Pairs of every kind that people write, and what there is to note about them.

use yuyi_language::Differences;

#[test]
fn table() {
    let table = include_str!("notes.tsv");
    let (mut real, mut found, mut none, mut alarms) = (0, 0, 0, 0);
    for line in table.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[kind, a, b, expected] = &cells[..] else { panic!("{line}") };
        for (a, b) in [(a, b), (b, a)] {
        let d = Differences::between(a, b);
        let ok = match expected {
            "number" => d.numbers.is_some(),
            "negation" => d.negation.is_some(),
            _ => d.is_empty(),
        };
        if expected == "none" { none += 1; alarms += usize::from(!ok) } else { real += 1; found += usize::from(ok) }
        let extra = match expected { "number" => d.negation.is_some(), "negation" => d.numbers.is_some(), _ => false };
        if !ok || extra { println!("{}{kind}: {a} / {b}: {expected}, {d:?}", if ok {"EXTRA "} else {""}); }
        }
    }
    println!("{found} of {real} found, {alarms} of {none} false");
}
