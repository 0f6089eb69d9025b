//! The evaluation of a log as a report.

use super::evaluated::{Evaluated, EvaluatedWay, metrics};
use crate::report::blocks::{self, Cell, Table, Tile, figure, figures};
use crate::report::chart::{Axis, Bar, bars};
use crate::report::numbers::{cell, grouped, percent};
use crate::report::{Element, Language, Report, today};

pub fn report(evaluated: &Evaluated) -> Report {
    let language = Language::of_reports();
    let title = language.pick("推荐评测报告", "Evaluation of recommendations");
    let mut report = Report::new(language, title, &about(language, evaluated));
    report.block(tiles(language, evaluated));
    if let Some(text) = conclusion(language, evaluated) {
        report.block(blocks::lead(&text));
    }
    let heading = language.pick("各项指标", "Metrics");
    report.section(
        heading,
        [table(language, evaluated), plots(language, evaluated)],
    );
    let heading = language.pick("说明", "How to read this");
    report.section(heading, explanations(language, evaluated));
    report
}

fn about(language: Language, evaluated: &Evaluated) -> Vec<String> {
    let Evaluated {
        log, items, model, ..
    } = evaluated;
    vec![
        language.pick(
            format!("日志 {log} · 物品 {items} · 模型 {model}"),
            format!("Log {log} · items {items} · model {model}"),
        ),
        today(),
    ]
}

fn tiles(language: Language, evaluated: &Evaluated) -> Element {
    let tile = |label: (&str, &str), value: usize| Tile {
        value: grouped(value),
        label: language.pick(label.0, label.1).to_owned(),
        note: String::new(),
    };
    blocks::tiles([
        tile(("物品", "items"), evaluated.catalogue),
        tile(("行为", "events"), evaluated.events),
        tile(
            ("有目标的用户", "users with something to recommend"),
            evaluated.users,
        ),
        tile(
            ("其中没有历史", "of them without a history"),
            evaluated.cold,
        ),
    ])
}

/// A way as people call it.
fn shown(language: Language, way: &str) -> &'static str {
    match way {
        "interest" => language.pick("本程序", "this program"),
        "one_mean" => language.pick("单一均值", "one mean"),
        "item_knn" => "item-kNN",
        "popular" => language.pick("最热", "most popular"),
        _ => language.pick("最新", "newest"),
    }
}

fn conclusion(language: Language, evaluated: &Evaluated) -> Option<String> {
    let rate = |way: &EvaluatedWay| way.quality.hit_rate.value;
    let (own, others) = evaluated.ways.split_first()?;
    let own = percent(rate(own)?);
    let best = others.iter().max_by(|a, b| {
        let (a, b) = (rate(a).unwrap_or_default(), rate(b).unwrap_or_default());
        a.total_cmp(&b)
    })?;
    let (name, value) = (shown(language, best.way), percent(rate(best)?));
    Some(language.pick(
        format!("本程序为 {own} 的用户推荐了他们随后看的物品；其余方法中最好的是{name}，为 {value}。"),
        format!("This program shows {own} of the users something that they then looked at; of the other ways the best, {name}, {value}."),
    ))
}

/// The heads of the metrics.
fn heads(language: Language, limit: usize) -> [String; 6] {
    [
        language.pick(format!("命中率@{limit}"), format!("hit rate@{limit}")),
        format!("nDCG@{limit}"),
        format!("MRR@{limit}"),
        language.pick("覆盖率", "coverage").to_owned(),
        language.pick("多样性", "diversity").to_owned(),
        language.pick("新颖度", "novelty").to_owned(),
    ]
}

fn table(language: Language, evaluated: &Evaluated) -> Element {
    let heads = heads(language, evaluated.limit);
    let way = language.pick("方法", "way");
    let head = std::iter::once(Cell::text(way)).chain(heads.map(Cell::number));
    let row = |one: &EvaluatedWay| {
        let name = std::iter::once(Cell::text(shown(language, one.way)));
        name.chain(metrics(&one.quality).map(cell)).collect()
    };
    let table = Table {
        head: head.collect(),
        rows: evaluated.ways.iter().map(row).collect(),
        total: false,
    };
    table.element()
}

fn plots(language: Language, evaluated: &Evaluated) -> Element {
    let heads = heads(language, evaluated.limit);
    let plot = |metric: usize| {
        let bar = |one: &EvaluatedWay| {
            let estimate = metrics(&one.quality)[metric];
            Bar {
                name: shown(language, one.way).to_owned(),
                value: estimate.value.unwrap_or_default(),
                interval: estimate.interval(),
                class: if one.way == "interest" {
                    "first"
                } else {
                    "second"
                },
            }
        };
        let all: Vec<Bar> = evaluated.ways.iter().map(bar).collect();
        let name = &heads[metric];
        let highest = all.iter().map(|bar| {
            let high = bar.interval.map_or(bar.value, |interval| interval.high);
            high.max(bar.value)
        });
        let axis = Axis::linear(name, 0.0, highest.fold(0.01, f64::max));
        figure(name, "", bars(name, &axis, &all))
    };
    figures([plot(0), plot(1)])
}

/// Whether a metric has one: below some users, and without rounds, none has.
fn has_intervals(evaluated: &Evaluated) -> bool {
    let ways = evaluated.ways.iter();
    let mut all = ways.flat_map(|way| metrics(&way.quality));
    all.any(|estimate| estimate.interval().is_some())
}

fn explanations(language: Language, evaluated: &Evaluated) -> Vec<Element> {
    let (split, before) = (&evaluated.split, grouped(evaluated.before));
    let among = match evaluated.timed {
        0 => language.pick(
            "只推荐该用户没看过的物品；物品没有时间，所以也会推荐当时还没发布的，“最新”一行没有意义",
            "among the items that were not seen; items have no times, so those that were not there yet are among them, and the row of the newest means nothing",
        ),
        _ => language.pick(
            "只推荐当时已发布、该用户没看过的物品",
            "among the items that were there by then and not seen",
        ),
    };
    let intervals = match has_intervals(evaluated) {
        true => language.pick(
            "方括号里是 95 % 区间，覆盖率不给区间。",
            "Intervals are of 95 %; coverage has none.",
        ),
        false => language.pick("这里没有区间。", "There are no intervals here."),
    };
    let texts = [
        language.pick(
            format!("日志在 {split} 处切开：此前的 {before} 条行为是历史，此后每个用户第一次看新物品时为其推荐，{among}。"),
            format!("The log is cut at {split}: the {before} events before it are the history; each user is recommended something when first looking at something new after it, {among}."),
        ),
        language
            .pick(
                "命中率：列表里有用户随后看的物品的用户所占比例。nDCG 和 MRR 还看它排在第几位。没展示过的物品用户无从去看，所以这些数值偏低，但各方法同样偏低。",
                "Hit rate: share of the users whose list has something that they then looked at. nDCG and MRR also look at its place. Nobody can look at what was never shown, so the numbers are low, for all ways alike.",
            )
            .to_owned(),
        language
            .pick(
                format!("覆盖率：被推荐过的物品占全部物品的比例。多样性：1 减去列表内物品两两相似度的平均值。新颖度：−log₂（看过该物品的用户比例）的平均值。{intervals}"),
                format!("Coverage: share of all items that somebody was shown. Diversity: one without the mean similarity of the items of a list. Novelty: mean of −log₂ of the share of users who knew an item. {intervals}"),
            ),
    ];
    texts.iter().map(|text| blocks::paragraph(text)).collect()
}
