//! What became of labelled questions, as a report.

use yuyi_tasks::faq::{Unanswered, Verdict};

use super::result::{Named, Row, Tested};
use super::summary::{expected, limits, reason, verdict};
use crate::report::blocks::{self, Cell, Pair, Table, Tile, figure, figures};
use crate::report::chart::Line;
use crate::report::numbers::{grouped, percent};
use crate::report::{Element, Language, Report, chart, today};

pub fn report(language: Language, tested: &Tested) -> Report {
    let title = language.pick("FAQ 测试报告", "Test of a FAQ");
    let mut report = Report::new(language, title, &about(language, tested));
    report.block(tiles(language, tested));
    report.block(blocks::lead(&conclusion(language, tested)));
    for note in notes(language, tested) {
        report.block(blocks::note(&note));
    }
    let heading = language.pick("问题的结果", "What became of the questions");
    report.section(heading, [table(language, tested)]);
    let heading = language.pick("阈值的取舍", "What other thresholds would do");
    report.section(heading, [plots(language, tested)]);
    let heading = language.pick("容易混淆的条目", "Entries taken for others");
    report.section(heading, [confusions(language, tested)]);
    let heading = language.pick("最严重的错误", "Worst errors");
    report.section(heading, [worst(language, tested)]);
    report
}

fn about(language: Language, tested: &Tested) -> Vec<String> {
    let Tested {
        faq,
        questions,
        model,
        ..
    } = tested;
    let (entries, limits) = (grouped(tested.entries), limits(language, tested));
    vec![
        language.pick(
            format!("FAQ {faq}（{entries} 个条目）· 问题 {questions}"),
            format!("FAQ {faq} ({entries} entries) · questions {questions}"),
        ),
        language.pick(
            format!("模型 {model} · {limits}"),
            format!("Model {model} · {limits}"),
        ),
        today(),
    ]
}

fn tiles(language: Language, tested: &Tested) -> Element {
    let totals = &tested.totals;
    let tile = |value: usize, of: usize, label: (&str, &str)| {
        let of = grouped(of);
        Tile {
            value: grouped(value),
            label: language.pick(label.0, label.1).to_owned(),
            note: language.pick(format!("共 {of}"), format!("of {of}")),
        }
    };
    blocks::tiles([
        tile(totals.correct, totals.answerable, ("正确", "correct")),
        tile(totals.wrong, totals.answerable, ("答错", "wrong")),
        tile(totals.missed, totals.answerable, ("漏答", "missed")),
        tile(
            totals.falsely_answered,
            totals.unanswerable,
            ("误答", "falsely answered"),
        ),
        tile(totals.refused, totals.unanswerable, ("未作答", "refused")),
    ])
}

fn conclusion(language: Language, tested: &Tested) -> String {
    let share = |value: Option<f64>| value.map_or("–".to_owned(), percent);
    let [precision, rightly, falsely] = [
        &tested.precision,
        &tested.answered_rightly,
        &tested.answered_falsely,
    ]
    .map(|estimate| share(estimate.value));
    let interval = tested.precision.interval().map_or(String::new(), |i| {
        language.pick(
            format!("（95% 区间 {}–{}）", percent(i.low), percent(i.high)),
            format!(" (95 % interval {}–{})", percent(i.low), percent(i.high)),
        )
    });
    language.pick(
        format!("给出的回答里 {precision} 正确{interval}；有答案的问题中 {rightly} 得到正确回答，无答案的问题中 {falsely} 被误答。"),
        format!("Of the answers {precision} are right{interval}. Of the questions with an answer {rightly} got it; of those without {falsely} got one."),
    )
}

fn notes(language: Language, tested: &Tested) -> Vec<String> {
    let mut notes = Vec::new();
    let mut add = |n: usize, zh: &str, en: &str| {
        if n > 0 {
            let n = grouped(n);
            notes.push(language.pick(format!("{zh}：{n}。"), format!("{en}: {n}.")));
        }
    };
    add(
        tested.odd.literal,
        "与 FAQ 逐字相同的问题（无论什么设置都会命中，说明不了多少）",
        "Questions that are wordings of the FAQ, word for word, which are found whatever the settings and tell little",
    );
    add(tested.odd.repeated, "重复的问题", "Repeated questions");
    add(
        tested.odd.contradicting.len(),
        "标注不一的问题",
        "Questions with several labels",
    );
    add(
        tested.out_of_use,
        "所标条目已停用或不在有效期内的问题",
        "Questions whose entries are switched off or not valid now",
    );
    add(
        tested.offered,
        "漏答的问题中，正确条目就在差不多接近的几个之中的",
        "Missed questions whose entry is among those that are as near",
    );
    notes
}

/// A row for each outcome, and below it the reasons.
fn table(language: Language, tested: &Tested) -> Element {
    let totals = &tested.totals;
    let head = vec![
        Cell::text(language.pick("结果", "outcome")),
        Cell::number(language.pick("问题", "questions")),
        Cell::number(language.pick("占比", "share")),
    ];
    let share = |n: usize, of: usize| match of {
        0 => "–".to_owned(),
        of => percent(n as f64 / of as f64),
    };
    let row = |name: String, n: usize, of: usize| {
        vec![
            Cell::text(name),
            Cell::number(grouped(n)),
            Cell::number(share(n, of)),
        ]
    };
    let name = |zh: &str, en: &str| language.pick(zh, en).to_owned();
    let why = |name: &str, why: Unanswered| {
        format!(
            "{name}{}{}",
            language.pick("：", ": "),
            reason(language, why)
        )
    };
    let (answerable, unanswerable) = (totals.answerable, totals.unanswerable);
    let (missed, refused) = (name("漏答", "missed"), name("未作答", "refused"));
    let mut rows = vec![
        row(name("正确", "correct"), totals.correct, answerable),
        row(name("答错", "wrong"), totals.wrong, answerable),
    ];
    let reasons = |counts: &std::collections::BTreeMap<Unanswered, usize>, told: &str, of| {
        let counts = counts.iter();
        let rows = counts.map(|(reason, n)| row(why(told, *reason), *n, of));
        rows.collect::<Vec<_>>()
    };
    rows.extend(reasons(&tested.missed, &missed, answerable));
    rows.push(row(
        name("误答", "falsely answered"),
        totals.falsely_answered,
        unanswerable,
    ));
    rows.extend(reasons(&tested.refused, &refused, unanswerable));
    Table {
        head,
        rows,
        total: false,
    }
    .element()
}

fn plots(language: Language, tested: &Tested) -> Element {
    let points = |of: fn(&super::result::Point) -> Option<f64>| -> Vec<(f64, f64)> {
        let points = tested.curve.iter();
        points
            .filter_map(|point| Some((point.threshold, of(point)?)))
            .collect()
    };
    let lines = [
        Line {
            name: language.pick("回答的正确率", "answers that are right"),
            class: "first",
            points: points(|point| point.precision),
        },
        Line {
            name: language.pick("得到正确回答", "answered rightly"),
            class: "dashed second",
            points: points(|point| point.answered_rightly),
        },
        Line {
            name: language.pick("被误答", "answered falsely"),
            class: "dotted third",
            points: points(|point| point.answered_falsely),
        },
    ];
    let similarities = |is_right: bool| -> Vec<f64> {
        let rows = tested.rows.iter();
        let rows = rows.filter(|row| is_found(row) == is_right);
        rows.filter_map(|row| row.similarity).collect()
    };
    let at = Some(tested.threshold);
    figures([
        figure(
            language.pick("换一个阈值", "Another threshold"),
            language.pick(
                "差距不变；竖线是这次的阈值。",
                "With the same margin; the vertical line is the threshold of this test.",
            ),
            chart::lines(
                language.pick("阈值的取舍", "what each threshold does"),
                language.pick("阈值（相似度）", "threshold (similarity)"),
                &lines,
                at,
            ),
        ),
        figure(
            language.pick("最近条目的相似度", "Similarities of the nearest entry"),
            language.pick(
                "两座山分得越开，阈值越有用：“同义”是最近的条目确能回答的问题，“不同义”是不能的。",
                "The further apart, the more a threshold tells: \"same\" are questions that the nearest entry answers, \"different\" those that it does not.",
            ),
            chart::histogram(language, &similarities(true), &similarities(false), at),
        ),
    ])
}

/// Whether the nearest entry answers the question.
fn is_found(row: &Row) -> bool {
    let nearest = row.nearest.as_ref();
    nearest.is_some_and(|nearest| row.expected.iter().any(|named| named.id == nearest.id))
}

fn confusions(language: Language, tested: &Tested) -> Element {
    if tested.confusions.is_empty() {
        return blocks::paragraph(language.pick("没有。", "None."));
    }
    let name = |named: &Named| Cell::text(&named.question).below(&named.id);
    let rows = tested.confusions.iter().map(|confusion| {
        let none = || Cell::text(language.pick("（无答案）", "(nothing answers)"));
        vec![
            confusion.expected.as_ref().map_or_else(none, name),
            name(&confusion.found),
            Cell::number(grouped(confusion.times)),
        ]
    });
    Table {
        head: vec![
            Cell::text(language.pick("应答", "expected")),
            Cell::text(language.pick("答成", "answered")),
            Cell::number(language.pick("次数", "times")),
        ],
        rows: rows.collect(),
        total: false,
    }
    .element()
}

fn worst(language: Language, tested: &Tested) -> Element {
    if tested.worst.is_empty() {
        return blocks::paragraph(language.pick("没有。", "None."));
    }
    let pair = |place: &usize| {
        let row: &Row = &tested.rows[*place];
        let place = match (row.expected_similarity, row.rank) {
            (Some(similarity), Some(rank)) => language.pick(
                format!("（{similarity:.3}，第 {rank}）"),
                format!(" ({similarity:.3}, place {rank})"),
            ),
            _ => String::new(),
        };
        let (line, verdict) = (row.line, verdict(language, row));
        let right = match row.kind {
            Verdict::FalselyAnswered => {
                language.pick("本不该作答", "nothing answers it").to_owned()
            }
            _ => expected(language, row),
        };
        Pair {
            score: row.similarity.map_or("–".to_owned(), |s| format!("{s:.3}")),
            a: &row.text,
            b: row.wording.as_deref().unwrap_or_default(),
            note: language.pick(
                format!("{verdict} · 应答：{right}{place} · 第 {line} 行"),
                format!("{verdict} · right: {right}{place} · line {line}"),
            ),
        }
    };
    blocks::pairs(tested.worst.iter().map(pair))
}
