//! Tests of `index.rs`.

use super::part::PART_ROWS;
use super::*;
use crate::error::Error;

fn document(terms: &[(Term, u32)]) -> Document {
    Document {
        terms: terms.to_vec(),
        length: terms.iter().map(|(_, count)| count).sum(),
    }
}

/// Items 1.. with two texts each; the first of item i points to angle i, the second away from it.
fn example(items: i64) -> Index {
    let mut index = Index::new(Kernel::of_process(), 2, 0);
    for item in 1..=items {
        for wording in 0..2 {
            let angle = item as f32 / 1000.0 + wording as f32 * 3.0;
            let words = document(&[(item as u64 % 7, 1), (100 + wording as u64, 2)]);
            let vector = [angle.cos(), angle.sin()];
            index.push(
                VectorKey::new(item, wording),
                RowVector::Floats(&vector),
                &words,
            );
        }
    }
    index
}

fn documents(item: i64) -> [Document; 2] {
    [0, 1].map(|wording| document(&[(item as u64 % 7, 1), (100 + wording, 2)]))
}

fn nearest(
    index: &Index,
    team: &Team,
    query: &[f32],
    among: (Option<&Rows>, Option<&Rows>),
    k: usize,
) -> Vec<VectorKey> {
    let found = index.nearest_each((team, Caller::PATIENT), &[query], among, k);
    found.unwrap().pop().unwrap()
}

#[test]
fn rows_are_found_until_they_are_removed() {
    let (team, mut index) = (Team::new(2), example(3000));
    let query = [1.5f32.cos(), 1.5f32.sin()];
    let near = |index: &Index| {
        let found = nearest(index, &team, &query, (None, None), 400);
        found.contains(&VectorKey::new(1500, 0))
    };
    assert!(near(&index));
    let weights = index.weigh(&document(&[(3, 1)]));
    let before = index
        .best_by_words(Caller::PATIENT, &weights, None, 5000)
        .unwrap();
    assert_eq!(before.len(), 2 * 429);
    for item in (1..=3000).filter(|item| item % 4 != 0) {
        index.remove(item, &documents(item));
        index.remove(item, &documents(item));
    }
    assert_eq!(index.rows, 1500);
    for tidied in [false, true] {
        if tidied {
            index.tidy();
            assert_eq!(index.parts[0].keys().len(), 1500);
        }
        assert!(near(&index), "{tidied}");
        let all = nearest(&index, &team, &query, (None, None), 6000);
        assert_eq!(all.len(), 1500);
        let weights = index.weigh(&document(&[(3, 1), (100, 1), (5000, 1)]));
        assert_eq!(weights.len(), 3);
        let found = index
            .best_by_words(Caller::PATIENT, &weights, None, 5000)
            .unwrap();
        assert!(
            found
                .iter()
                .all(|(key, score)| key.item() % 4 == 0 && *score > 0.0)
        );
        // All first texts, and of the second ones those with the word 3.
        assert_eq!(found.len(), 750 + 107);
        let only = index.rows_of(&[3, 4, 8, 3000]);
        assert_eq!(index.keys_of(&only).len(), 6);
        let found = |without| nearest(&index, &team, &query, (Some(&only), without), 100).len();
        assert_eq!(found(None), 6);
        let without = index.rows_of(&[4, 400]);
        assert_eq!(found(Some(&without)), 4);
        // What is left out makes room for what comes behind it, and is asked for each query.
        let queries: [&[f32]; 2] = [&query, &[-query[0], -query[1]]];
        let both = index
            .nearest_each(
                (&team, Caller::PATIENT),
                &queries,
                (None, Some(&without)),
                300,
            )
            .unwrap();
        for (found, query) in both.iter().zip(queries) {
            assert_eq!(found.len(), 300);
            assert!(found.iter().all(|key| key.item() != 4 && key.item() != 400));
            assert_eq!(
                *found,
                nearest(&index, &team, query, (None, Some(&without)), 300)
            );
        }
        assert_eq!(
            index
                .best_by_words(Caller::PATIENT, &weights, Some(&only), 100)
                .unwrap()
                .len(),
            3
        );
    }
    for item in (4..=3000).step_by(4) {
        index.remove(item, &documents(item));
    }
    index.tidy();
    assert!(index.parts.is_empty() && index.rows == 0 && index.words == 0);
    assert!(nearest(&index, &team, &query, (None, None), 5).is_empty());
}

#[test]
fn an_item_whose_texts_lie_in_two_parts_is_found_in_both() {
    let mut index = Index::new(Kernel::of_process(), 1, 0);
    let words = document(&[(1, 1)]);
    for item in 1..PART_ROWS as i64 {
        index.push(VectorKey::new(item, 0), RowVector::Floats(&[1.0]), &words);
    }
    let last = PART_ROWS as i64;
    for wording in 0..3 {
        index.push(
            VectorKey::new(last, wording),
            RowVector::Floats(&[1.0]),
            &words,
        );
    }
    assert_eq!(index.parts.len(), 2);
    let rows = index.rows_of(&[2, last, last + 1]);
    assert_eq!(index.keys_of(&rows).len(), 4);
    index.remove(last, &vec![words; 3]);
    assert_eq!(index.rows_of(&[last]).len(), 0);
    assert_eq!(index.rows, PART_ROWS as u64 - 1);
}

/// One part has been looked through when the caller goes away.
#[test]
fn a_scan_ends_between_two_parts() {
    let mut index = Index::new(Kernel::of_process(), 2, 0);
    let words = document(&[(1, 1)]);
    for item in 0..2 * PART_ROWS as i64 + 1 {
        let vector = RowVector::Floats(&[1.0, 0.0]);
        index.push(VectorKey::new(item, 0), vector, &words);
    }
    assert_eq!(index.parts().len(), 3);
    let (team, asked) = (Team::new(1), std::cell::Cell::new(0));
    let leaving = Caller {
        stays: &|| {
            asked.set(asked.get() + 1);
            asked.get() < 2
        },
        ..Caller::PATIENT
    };
    let found = index.nearest_each((&team, leaving), &[&[1.0, 0.0]], (None, None), 5);
    assert_eq!((found, asked.replace(0)), (Err(Error::Unwanted), 2));
    let found = index.best_by_words(leaving, &index.weigh(&words), None, 5);
    assert_eq!((found, asked.get()), (Err(Error::Unwanted), 2));
}
