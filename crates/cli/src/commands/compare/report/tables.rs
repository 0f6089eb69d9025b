//! Tables of the report: the quality in detail, and the examples.

use super::Measured;
use crate::commands::compare::examples::{EXAMPLES, Kind};
use crate::commands::compare::ranked::{SearchRow, Standing};
use crate::commands::compare::{Comparison, SearchFiles, significant};
use crate::report::blocks::{self, Cell, Table};
use crate::report::numbers::{cell, interval, value};
use crate::report::{Element, Language};

pub(super) fn quality(
    language: Language,
    comparison: &Comparison,
    measured: &[Measured<'_>],
) -> Vec<Element> {
    let is_compared = comparison.results.len() > 1;
    let rows = measured.iter().map(|&(ranked, standing)| {
        let quality = &standing.quality;
        let mut row = vec![
            Cell::text(&ranked.label),
            cell(&quality.spearman),
            cell(&quality.auc),
            cell(&quality.average_precision),
            cell(&quality.best_f1),
            Cell::number(value(standing.best_similarity)),
            cell(&quality.ece),
        ];
        if is_compared {
            row.insert(2, above_best(standing));
        }
        row
    });
    let table = Table {
        head: quality_head(language, is_compared),
        rows: rows.collect(),
        total: false,
    };
    let mut blocks = vec![table.element()];
    if comparison.files.len() > 1 {
        blocks.push(blocks::subheading(
            language.pick("各文件上的 Spearman", "Spearman on each file"),
        ));
        blocks.push(by_file(language, comparison, measured));
    }
    blocks
}

fn quality_head(language: Language, is_compared: bool) -> Vec<Cell> {
    let pick = |zh, en| Cell::number(language.pick(zh, en));
    let mut head = vec![
        Cell::text(language.pick("模型", "model")),
        pick("Spearman", "Spearman"),
        pick("AUC", "AUC"),
        pick("平均精确率", "average precision"),
        pick("最佳 F1", "best F1"),
        pick("对应阈值", "its threshold").below(language.pick("相似度", "similarity")),
        pick("ECE", "ECE"),
    ];
    if is_compared {
        head.insert(2, pick("与最佳之差", "vs best"));
    }
    head
}

fn above_best(standing: &Standing) -> Cell {
    let above = standing.spearman_above_best.as_ref();
    above.map_or(Cell::number("–"), |above| {
        Cell::number(value(above.value)).below(interval(above))
    })
}

fn by_file(language: Language, comparison: &Comparison, measured: &[Measured<'_>]) -> Element {
    let files = comparison.files.iter().map(Cell::number);
    let head = std::iter::once(Cell::text(language.pick("模型", "model")));
    let rows = measured.iter().map(|&(ranked, standing)| {
        let values = standing.spearman_by_file.iter();
        let values = values.map(|&spearman| Cell::number(value(spearman)));
        std::iter::once(Cell::text(&ranked.label))
            .chain(values)
            .collect()
    });
    Table {
        head: head.chain(files).collect(),
        rows: rows.collect(),
        total: false,
    }
    .element()
}

/// How well questions find their entries, by models and by rerankers behind the first of them.
pub(super) fn retrieval(
    language: Language,
    search: &SearchFiles,
    measured: &[Measured<'_>],
) -> Vec<Element> {
    let SearchFiles {
        faq,
        entries,
        questions,
        asked,
        candidates,
    } = search;
    let about = language.pick(
        format!("FAQ {faq}（{entries} 条），问题 {questions}（{asked} 个）。重排模型给第一阶段找到的前 {candidates} 条重新排序。"),
        format!("FAQ {faq} ({entries} entries), questions {questions} ({asked}). A reranker orders the first {candidates} that the first stage has found."),
    );
    let mut head = vec![
        Cell::text(language.pick("模型", "model")),
        Cell::text(language.pick("第一阶段", "first stage")),
    ];
    head.extend(SearchRow::METRICS.map(Cell::number));
    head.push(Cell::number(language.pick("千对耗时", "1,000 pairs")));
    let rows = measured.iter().filter_map(|(ranked, standing)| {
        let row = standing.search_row()?;
        let seconds = row.seconds_per_1000_pairs;
        let seconds = seconds.map_or("–".to_owned(), |s| format!("{} s", significant(s)));
        let mut cells = vec![Cell::text(&ranked.label), Cell::text(row.first_stage)];
        cells.extend(row.metrics.map(cell));
        cells.push(Cell::number(seconds));
        Some(cells)
    });
    let table = Table {
        head,
        rows: rows.collect(),
        total: false,
    };
    vec![blocks::paragraph(&about), table.element()]
}

pub(super) fn examples(
    language: Language,
    comparison: &Comparison,
    measured: &[Measured<'_>],
) -> Vec<Element> {
    let head = std::iter::once(Cell::text(language.pick("句对", "pair")));
    let names = measured
        .iter()
        .map(|(ranked, _)| Cell::number(&ranked.label));
    let row = |(i, (a, b, kind)): (usize, &(&str, &str, Kind))| {
        let scores = measured.iter().map(|(_, standing)| {
            let score = standing.examples.get(i);
            Cell::number(score.map_or("–".to_owned(), |s| format!("{s:.2}")))
        });
        let pair = Cell::text(format!("{a} / {b}")).below(kind_of(language, kind));
        std::iter::once(pair).chain(scores).collect()
    };
    let table = Table {
        head: head.chain(names).collect(),
        rows: EXAMPLES.iter().enumerate().map(row).collect(),
        total: false,
    };
    let explanation = match comparison.has_methods() {
        true => language.pick(
            "字面方法只认字词：换一种说法就认不出，反而给碰巧有同样词语的两句话更高的分。用词几乎一样、意思却不同的句对，对模型也是难题。例句是固定的，不计入上面的指标。",
            "Literal methods see words alone: they miss what is said in other words, and give more to sentences that merely have a word in common. Nearly the same words with another meaning are hard for models as well. The pairs are fixed and not part of the metrics above.",
        ),
        false => language.pick(
            "用词几乎一样、意思却不同的句对，对模型是难题。例句是固定的，不计入上面的指标。",
            "Nearly the same words with another meaning are hard for models. The pairs are fixed and not part of the metrics above.",
        ),
    };
    vec![blocks::paragraph(explanation), table.element()]
}

fn kind_of(language: Language, kind: &Kind) -> &'static str {
    let (zh, en) = match kind {
        Kind::Paraphrase => ("同义，用词不同", "the same in other words"),
        Kind::SharedWord => ("毫不相干，碰巧有同样的词", "unrelated, a word in common"),
        Kind::LookAlike => (
            "用词几乎一样，意思不同",
            "nearly the same words, another meaning",
        ),
        Kind::Unrelated => ("毫不相干", "unrelated"),
    };
    language.pick(zh, en)
}
