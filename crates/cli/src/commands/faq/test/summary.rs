//! What became of labelled questions, as text for a terminal.

use yuyi_tasks::faq::{Unanswered, Verdict};

use super::result::{Row, Tested};
use crate::language::Language;
use crate::report::numbers::{grouped, percent_with_interval};

/// Totals, reasons and the worst errors.
pub fn summary(language: Language, tested: &Tested) -> String {
    let (faq, questions) = (&tested.faq, &tested.questions);
    let (entries, limits) = (grouped(tested.entries), limits(language, tested));
    let mut lines = vec![language.pick(
        format!("{faq}：{entries} 个条目；{questions}；{limits}"),
        format!("{faq}: {entries} entries; {questions}; {limits}"),
    )];
    lines.extend(totals(language, tested));
    lines.extend(shares(language, tested));
    if !tested.worst.is_empty() {
        lines.push(String::new());
        lines.push(language.pick("最严重的错误：", "Worst errors:").to_owned());
        let rows = tested.worst.iter().map(|place| &tested.rows[*place]);
        lines.extend(rows.map(|row| format!("  {}", told(language, row))));
    }
    lines.join("\n") + "\n"
}

/// With which limits.
pub fn limits(language: Language, tested: &Tested) -> String {
    let Tested {
        threshold, margin, ..
    } = tested;
    let told = language.pick(
        format!("阈值 {threshold}，差距 {margin}"),
        format!("threshold {threshold}, margin {margin}"),
    );
    let lead = tested.lead;
    let told = match lead > 0.0 {
        false => told,
        true => language.pick(
            format!("{told}（阈值处 {lead}）"),
            format!("{told} ({lead} at the threshold)"),
        ),
    };
    match &tested.reranker {
        None => told,
        Some(reranker) => language.pick(
            format!("{told}，由 {reranker} 重排"),
            format!("{told}, reranked by {reranker}"),
        ),
    }
}

fn totals(language: Language, tested: &Tested) -> Vec<String> {
    let totals = &tested.totals;
    let reasons = |counts: &std::collections::BTreeMap<Unanswered, usize>| {
        let told = counts
            .iter()
            .map(|(why, n)| format!("{} {}", reason(language, *why), grouped(*n)));
        told.collect::<Vec<_>>().join(language.pick("，", ", "))
    };
    let of = |n: usize, told: String| match told.is_empty() {
        true => grouped(n),
        false => language.pick(
            format!("{}（{told}）", grouped(n)),
            format!("{} ({told})", grouped(n)),
        ),
    };
    let (missed, refused) = (
        of(totals.missed, reasons(&tested.missed)),
        of(totals.refused, reasons(&tested.refused)),
    );
    let [answerable, correct, wrong, unanswerable, falsely] = [
        totals.answerable,
        totals.correct,
        totals.wrong,
        totals.unanswerable,
        totals.falsely_answered,
    ]
    .map(grouped);
    language.pick(
        vec![
            format!("有答案的问题 {answerable}：正确 {correct}，答错 {wrong}，漏答 {missed}"),
            format!("无答案的问题 {unanswerable}：误答 {falsely}，未作答 {refused}"),
        ],
        vec![
            format!(
                "questions with an answer: {answerable}: correct {correct}, wrong {wrong}, missed {missed}"
            ),
            format!(
                "questions without an answer: {unanswerable}: falsely answered {falsely}, refused {refused}"
            ),
        ],
    )
}

fn shares(language: Language, tested: &Tested) -> Vec<String> {
    let [precision, rightly, falsely] = [
        &tested.precision,
        &tested.answered_rightly,
        &tested.answered_falsely,
    ]
    .map(percent_with_interval);
    let mut lines = language.pick(
        vec![format!(
            "回答的正确率 {precision}；有答案的问题得到正确回答 {rightly}；无答案的问题被误答 {falsely}"
        )],
        vec![format!(
            "of the answers {precision} are right; of the questions with an answer {rightly} got it; of those without {falsely} got one"
        )],
    );
    if tested.offered > 0 {
        let n = grouped(tested.offered);
        lines.push(language.pick(
            format!("漏答中有 {n} 个，正确的条目就在差不多接近的几个之中"),
            format!("missed, with the right entry among those that are as near: {n}"),
        ));
    }
    lines
}

/// Why there was no answer.
pub fn reason(language: Language, why: Unanswered) -> &'static str {
    match why {
        Unanswered::BelowThreshold => language.pick("不够接近", "below the threshold"),
        Unanswered::Ambiguous => language.pick("难以区分", "ambiguous"),
        Unanswered::Rejected => language.pick("命中拒答示例", "rejected"),
        Unanswered::Guarded => language.pick("说的不是一回事", "guarded"),
        Unanswered::Empty => language.pick("没有可答的条目", "no entry may answer"),
    }
}

/// What became of a question, in words.
pub fn verdict(language: Language, row: &Row) -> String {
    let name = match row.kind {
        Verdict::Correct => language.pick("正确", "correct"),
        Verdict::Wrong => language.pick("答错", "wrong"),
        Verdict::Missed(_) => language.pick("漏答", "missed"),
        Verdict::FalselyAnswered => language.pick("误答", "falsely answered"),
        Verdict::Refused(_) => language.pick("未作答", "refused"),
    };
    match row.reason {
        Some(why) => format!(
            "{name}{}{}",
            language.pick("：", ": "),
            reason(language, why)
        ),
        None => name.to_owned(),
    }
}

/// The questions of entries.
pub fn expected(language: Language, row: &Row) -> String {
    let questions: Vec<&str> = row
        .expected
        .iter()
        .map(|named| named.question.as_str())
        .collect();
    match questions.is_empty() {
        true => language.pick("无", "none").to_owned(),
        false => questions.join(" | "),
    }
}

/// A row in one line.
fn told(language: Language, row: &Row) -> String {
    let near = |wording: &String| {
        let similarity = row.similarity.unwrap_or_default();
        format!("{wording} ({similarity:.3})")
    };
    let nearest = row.wording.as_ref().map_or("–".to_owned(), near);
    let (line, text, verdict) = (row.line, &row.text, verdict(language, row));
    let expected = match (row.expected_similarity, row.rank) {
        (Some(similarity), Some(rank)) => {
            let expected = expected(language, row);
            language.pick(
                format!("{expected}（{similarity:.3}，第 {rank}）"),
                format!("{expected} ({similarity:.3}, place {rank})"),
            )
        }
        _ => expected(language, row),
    };
    let line = language.pick(
        format!("第 {line} 行 {verdict}：{text} → {nearest}；应为 {expected}"),
        format!("line {line} {verdict}: {text} → {nearest}; expected: {expected}"),
    );
    line.replace(['\n', '\r', '\t'], " ")
}
