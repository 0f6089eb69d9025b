//! What became of labelled questions, as a workbook.

use std::borrow::Cow;

use yuyi_files::{Book, CellValue};

use super::result::{Named, Row, Tested};
use super::summary::{expected, reason, verdict};
use crate::language::Language;

/// Three sheets: the totals, each question, and what other thresholds would do.
///
/// # Errors
/// When it cannot be made.
pub fn workbook(language: Language, tested: &Tested) -> anyhow::Result<Vec<u8>> {
    let mut book = Book::new(language.pick("汇总", "Totals"))?;
    totals(&mut book, language, tested)?;
    book.next_sheet(language.pick("问题", "Questions"))?;
    questions(&mut book, language, tested)?;
    book.next_sheet(language.pick("阈值", "Thresholds"))?;
    thresholds(&mut book, language, tested)?;
    book.finish()
}

fn header(book: &mut Book, names: &[&str]) -> anyhow::Result<()> {
    let names: Vec<Cow<'_, str>> = names.iter().map(|name| Cow::from(*name)).collect();
    book.header(&names)
}

fn totals(book: &mut Book, language: Language, tested: &Tested) -> anyhow::Result<()> {
    header(
        book,
        &[language.pick("项目", "what"), language.pick("值", "value")],
    )?;
    let totals = &tested.totals;
    let text = |text: &str| CellValue::text(text.to_owned());
    let count = CellValue::count;
    let rows: Vec<(&str, CellValue<'_>)> = vec![
        ("FAQ", text(&tested.faq)),
        (
            language.pick("问题文件", "questions"),
            text(&tested.questions),
        ),
        (language.pick("模型", "model"), text(&tested.model)),
        (
            language.pick("阈值", "threshold"),
            CellValue::Number(tested.threshold),
        ),
        (
            language.pick("差距", "margin"),
            CellValue::Number(tested.margin),
        ),
        (
            language.pick("有答案的问题", "questions with an answer"),
            count(totals.answerable),
        ),
        (language.pick("正确", "correct"), count(totals.correct)),
        (language.pick("答错", "wrong"), count(totals.wrong)),
        (language.pick("漏答", "missed"), count(totals.missed)),
        (
            language.pick("无答案的问题", "questions without an answer"),
            count(totals.unanswerable),
        ),
        (
            language.pick("误答", "falsely answered"),
            count(totals.falsely_answered),
        ),
        (language.pick("未作答", "refused"), count(totals.refused)),
        (
            language.pick("回答的正确率", "answers that are right"),
            CellValue::share(tested.precision.value),
        ),
        (
            language.pick("得到正确回答", "answered rightly"),
            CellValue::share(tested.answered_rightly.value),
        ),
        (
            language.pick("被误答", "answered falsely"),
            CellValue::share(tested.answered_falsely.value),
        ),
        ("recall@1", CellValue::share(tested.ranking.recall_at_1)),
        ("recall@5", CellValue::share(tested.ranking.recall_at_5)),
        ("MRR", CellValue::similarity(tested.ranking.mrr)),
    ];
    for (name, value) in rows {
        book.values(&[CellValue::text(name), value])?;
    }
    for (name, counts) in [
        (language.pick("漏答", "missed"), &tested.missed),
        (language.pick("未作答", "refused"), &tested.refused),
    ] {
        for (why, n) in counts {
            let name = format!(
                "{name}{}{}",
                language.pick("：", ": "),
                reason(language, *why)
            );
            book.values(&[CellValue::text(name), count(*n)])?;
        }
    }
    Ok(())
}

fn questions(book: &mut Book, language: Language, tested: &Tested) -> anyhow::Result<()> {
    header(
        book,
        &[
            language.pick("行", "line"),
            language.pick("问题", "question"),
            language.pick("结果", "verdict"),
            language.pick("应答编号", "expected id"),
            language.pick("应答标准问", "expected question"),
            language.pick("最近编号", "nearest id"),
            language.pick("最近标准问", "nearest question"),
            language.pick("最近问法", "nearest wording"),
            language.pick("相似度", "similarity"),
            language.pick("差距", "margin"),
            language.pick("应答相似度", "expected similarity"),
            language.pick("应答名次", "expected place"),
        ],
    )?;
    for row in &tested.rows {
        book.values(&cells(language, row))?;
    }
    book.width(1, 50.0)
}

fn cells(language: Language, row: &Row) -> [CellValue<'_>; 12] {
    let ids: Vec<&str> = row.expected.iter().map(|named| named.id.as_str()).collect();
    let nearest = |of: fn(&Named) -> &str| {
        let named = row.nearest.as_ref();
        named.map_or(CellValue::Nothing, |named| CellValue::text(of(named)))
    };
    [
        CellValue::Number(row.line as f64),
        CellValue::text(row.text.as_str()),
        CellValue::text(verdict(language, row)),
        CellValue::text(ids.join(" | ")),
        CellValue::text(expected(language, row)),
        nearest(|named| &named.id),
        nearest(|named| &named.question),
        row.wording
            .as_deref()
            .map_or(CellValue::Nothing, CellValue::text),
        CellValue::similarity(row.similarity),
        CellValue::similarity(row.margin),
        CellValue::similarity(row.expected_similarity),
        row.rank.map_or(CellValue::Nothing, CellValue::count),
    ]
}

fn thresholds(book: &mut Book, language: Language, tested: &Tested) -> anyhow::Result<()> {
    header(
        book,
        &[
            language.pick("阈值", "threshold"),
            language.pick("回答的正确率", "answers that are right"),
            language.pick("得到正确回答", "answered rightly"),
            language.pick("被误答", "answered falsely"),
        ],
    )?;
    for point in &tested.curve {
        book.values(&[
            CellValue::Number(point.threshold),
            CellValue::share(point.precision),
            CellValue::share(point.answered_rightly),
            CellValue::share(point.answered_falsely),
        ])?;
    }
    Ok(())
}
