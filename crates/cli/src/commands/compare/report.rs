//! The comparison as a report.

mod tables;

use yuyi_tasks::metrics::Estimate;

use self::tables::{examples, quality, retrieval};
use super::Comparison;
use super::exchange::Costs;
use super::ranked::{COMMERCIAL, Ranked, Standing};
use super::table::significant;
use crate::report::blocks::{self, Cell, Table, figure, figures};
use crate::report::numbers::{cell, grouped, value};
use crate::report::{Element, Language, Report, chart, today};

/// A contestant that was measured.
type Measured<'a> = (&'a Ranked, &'a Standing);

pub fn report(language: Language, comparison: &Comparison) -> Report {
    let title = language.pick(
        "语义相似度模型对比",
        "Comparison of semantic similarity models",
    );
    let mut report = Report::new(language, title, &about(language, comparison));
    let results = comparison.results.iter();
    let measured: Vec<Measured<'_>> = results
        .filter_map(|ranked| Some((ranked, ranked.measured.as_ref()?)))
        .collect();
    if let Some(text) = conclusion(language, &measured) {
        report.block(blocks::lead(&text));
    }
    for remark in comparison.remarks(language) {
        report.block(blocks::note(&remark));
    }
    report.section(
        language.pick("一览", "At a glance"),
        [overview(language, comparison)],
    );
    report.section(
        language.pick("质量与代价", "Quality and cost"),
        [plots(language, comparison, &measured)],
    );
    report.section(
        language.pick("质量细目", "Quality in detail"),
        quality(language, comparison, &measured),
    );
    report.section(
        language.pick(
            "同义不同词，同词不同义",
            "Same meaning in other words, other meaning in the same words",
        ),
        examples(language, comparison, &measured),
    );
    if let Some(search) = &comparison.search {
        let heading = language.pick("问答检索", "Search in a FAQ");
        report.section(heading, retrieval(language, search, &measured));
    }
    let heading = language.pick("说明", "How to read this");
    report.section(heading, explanations(language, comparison));
    report
}

fn about(language: Language, comparison: &Comparison) -> Vec<String> {
    let files = comparison.files.join(language.pick("、", ", "));
    let [pairs, same] = [comparison.pairs, comparison.same].map(grouped);
    let Comparison { cpu, cores, .. } = comparison;
    let (data, machine) = match language {
        Language::Zh => (
            format!("数据 {files}：{pairs} 对，其中同义 {same} 对"),
            format!("机器 {cpu}，{cores} 核"),
        ),
        Language::En => (
            format!("Data {files}: {pairs} pairs, {same} of them the same"),
            format!("Machine {cpu}, {cores} cores"),
        ),
    };
    vec![data, machine, today()]
}

/// Which is best, and how sure that is.
fn conclusion(language: Language, measured: &[Measured<'_>]) -> Option<String> {
    let ((best, standing), others) = measured.split_first()?;
    // One that ranks pairs as chance does, or the wrong way round, is not the best at anything.
    standing
        .quality
        .spearman
        .value
        .filter(|&value| value > 0.0)?;
    let (name, spearman) = (&best.label, value(standing.quality.spearman.value));
    // Upper end of the interval of the difference to the best.
    let high = |standing: &Standing| standing.spearman_above_best.and_then(|above| above.high);
    if others.iter().any(|(_, standing)| high(standing).is_none()) {
        return Some(language.pick(
            format!("在这批数据上 {name} 的 Spearman 最高（{spearman}）；没有算区间，差别是否可靠无从判断。"),
            format!("On these data {name} has the highest Spearman correlation ({spearman}); without intervals nothing says whether that is more than chance."),
        ));
    }
    // An interval that contains 0 leaves open which of the two is better.
    let level = others.iter();
    let level = level.filter(|(_, standing)| high(standing).is_some_and(|high| high >= 0.0));
    let level: Vec<&str> = level.map(|(ranked, _)| ranked.label.as_str()).collect();
    let level = level.join(language.pick("、", ", "));
    Some(match (language, others.is_empty(), level.is_empty()) {
        (Language::Zh, true, _) => format!("{name} 的 Spearman 为 {spearman}。"),
        (Language::Zh, _, true) => format!(
            "在这批数据上 {name} 最好（Spearman {spearman}），领先其余各项的幅度都超出了抽样误差。"
        ),
        (Language::Zh, _, false) => format!(
            "在这批数据上 {name} 分数最高（Spearman {spearman}），但与 {level} 的差距在抽样误差之内。"
        ),
        (Language::En, true, _) => format!("{name} has a Spearman correlation of {spearman}."),
        (Language::En, _, true) => format!(
            "On these data {name} is the best (Spearman {spearman}), ahead of all others by more than chance."
        ),
        (Language::En, _, false) => format!(
            "On these data {name} scores highest (Spearman {spearman}), but its lead over {level} may be chance."
        ),
    })
}

// --- the article's table -------------------------------------------------------------------

fn overview(language: Language, comparison: &Comparison) -> Element {
    let pick = |zh, en| Cell::number(language.pick(zh, en));
    let head = vec![
        Cell::text(language.pick("模型", "model")),
        pick("中文性能", "quality in Chinese").below("Spearman"),
        pick("推理速度 (CPU)", "speed (CPU)").below(language.pick(
            "每对耗时 / 每秒文本 · 千对耗时",
            "per pair / texts per second · 1,000 pairs",
        )),
        pick("内存占用", "memory"),
        Cell::text(language.pick("是否开源", "open source")),
        Cell::text(language.pick("适用场景", "suited for")),
    ];
    let rows = comparison.results.iter().enumerate();
    Table {
        head,
        rows: rows
            .map(|(i, ranked)| overview_row(language, ranked, i == 0))
            .collect(),
        total: false,
    }
    .element()
}

fn overview_row(language: Language, ranked: &Ranked, best: bool) -> Vec<Cell> {
    let name = Cell::text(&ranked.label);
    let Some(standing) = &ranked.measured else {
        let reason = ranked.error.clone().unwrap_or_default();
        let failed = Cell::text(language.pick("未能测量", "could not be measured"));
        let dash = || Cell::number("–");
        return vec![
            name,
            dash(),
            dash(),
            dash(),
            Cell::text("–"),
            failed.below(reason),
        ];
    };
    let facts = standing.model.as_ref().map(|facts| {
        let dimension = facts.dimension;
        let dimension = match facts.is_reranker {
            true => language.pick("重排模型", "reranker").to_owned(),
            false => language.pick(format!("{dimension} 维"), format!("{dimension} dimensions")),
        };
        match facts.precision {
            Some(precision) => format!("{dimension} · {}", precision.name()),
            None => dimension,
        }
    });
    let literal = match ranked.is_word_vectors {
        true => language.pick("词向量的平均", "mean of word vectors"),
        false => language.pick("字面方法", "literal method"),
    };
    let literal = literal.to_owned();
    let quality = cell(&standing.quality.spearman);
    let memory = match (ranked.is_remote, standing.costs.memory_bytes) {
        (true, _) => "API".to_owned(),
        (false, Some(bytes)) => format!("{:.0} MB", bytes as f64 / 1e6),
        (false, None) => "–".to_owned(),
    };
    vec![
        name.below(facts.unwrap_or(literal)),
        if best { quality.best() } else { quality },
        Cell::number(format!(
            "{} ms",
            significant(1e3 * standing.costs.pair_seconds)
        ))
        .below(rate(language, standing)),
        Cell::number(memory),
        Cell::text(licence(language, ranked)),
        Cell::text(suited_for(language, ranked)),
    ]
}

fn rate(language: Language, standing: &Standing) -> String {
    let Costs {
        texts_per_second,
        seconds_per_1000_pairs,
        ..
    } = &standing.costs;
    let rate = grouped(texts_per_second.round() as usize);
    let pairs = significant(*seconds_per_1000_pairs);
    language.pick(
        format!("{rate} 条/秒 · 千对 {pairs} 秒"),
        format!("{rate}/s · 1,000 pairs {pairs} s"),
    )
}

fn licence(language: Language, ranked: &Ranked) -> String {
    match (ranked.is_model, ranked.licence.as_deref()) {
        (_, Some(COMMERCIAL)) => language
            .pick("否，商业 API", "no, a commercial API")
            .to_owned(),
        (true, licence) if ranked.non_commercial => {
            let licence = licence.unwrap_or_default();
            language
                .pick(
                    format!("仅限非商业用途 {licence}"),
                    format!("non-commercial use only {licence}"),
                )
                .trim_end()
                .to_owned()
        }
        (true, Some(licence)) => language.pick(format!("是，{licence}"), format!("yes, {licence}")),
        (true, None) => language
            .pick("未知，见模型说明", "not known, see its card")
            .to_owned(),
        (false, _) => "–".to_owned(),
    }
}

fn suited_for(language: Language, ranked: &Ranked) -> String {
    let literal = match ranked.is_word_vectors {
        true => language.pick("不看语序，用作对照", "ignores word order, for comparison"),
        false => language.pick("只看字面，用作对照", "wording only, for comparison"),
    };
    match (ranked.suited_for, ranked.is_model) {
        (Some((zh, en)), _) => language.pick(zh, en).to_owned(),
        (None, true) => "–".to_owned(),
        (None, false) => literal.to_owned(),
    }
}

// --- plots ---------------------------------------------------------------------------------

fn class(ranked: &Ranked) -> &'static str {
    if ranked.is_model { "first" } else { "second" }
}

fn plots(language: Language, comparison: &Comparison, measured: &[Measured<'_>]) -> Element {
    let colours = match comparison.has_methods() {
        true => language.pick(
            "蓝为模型，橙为字面方法。",
            " Blue: models. Orange: literal methods.",
        ),
        false => "",
    };
    let explanation = language.pick(
        format!("越长越好；细线是 95% 区间。{colours}"),
        format!("Longer is better; thin lines are 95 % intervals.{colours}"),
    );
    let spearman = language.pick(
        "排序是否与人一致（Spearman）",
        "Ranks pairs as people do (Spearman)",
    );
    let auc = language.pick(
        "能否分清同义与不同义（AUC）",
        "Tells same from different (AUC)",
    );
    let mut plots = vec![
        bars(spearman, &explanation, measured, |s| s.quality.spearman),
        bars(auc, &explanation, measured, |s| s.quality.auc),
    ];
    // One dot shows nothing that the table does not.
    if measured.len() > 1 {
        plots.push(speed(language, measured));
    }
    figures(plots)
}

/// A bar for each, as long as the estimate.
fn bars(
    title: &str,
    explanation: &str,
    measured: &[Measured<'_>],
    estimate: fn(&Standing) -> Estimate,
) -> Element {
    let bar = |&(ranked, standing): &Measured<'_>| {
        let estimate = estimate(standing);
        Some(chart::Bar {
            name: ranked.label.clone(),
            value: estimate.value?,
            interval: estimate.interval(),
            class: class(ranked),
        })
    };
    let bars: Vec<chart::Bar> = measured.iter().filter_map(bar).collect();
    let drawn = chart::bars(title, &chart::Axis::unit(""), &bars);
    figure(title, explanation, drawn)
}

fn speed(language: Language, measured: &[Measured<'_>]) -> Element {
    let times = || {
        measured
            .iter()
            .map(|(_, s)| 1e3 * s.costs.pair_seconds.max(1e-7))
    };
    let (least, most) = (
        times().fold(f64::INFINITY, f64::min),
        times().fold(0.0, f64::max),
    );
    let (least, most) = if most > 0.0 {
        (least, most)
    } else {
        (1.0, 10.0)
    };
    let x = chart::Axis::logarithmic(
        language.pick(
            "每对耗时（毫秒，对数刻度）",
            "milliseconds a pair (logarithmic)",
        ),
        least,
        most,
    );
    let dots = measured.iter().filter_map(|&(ranked, standing)| {
        Some(chart::Dot {
            x: 1e3 * standing.costs.pair_seconds,
            y: standing.quality.spearman.value?,
            name: ranked.label.clone(),
            class: class(ranked),
        })
    });
    let dots: Vec<chart::Dot> = dots.collect();
    let title = language.pick("质量与速度", "Quality and speed");
    figure(
        title,
        language.pick("越靠左上越好。", "Best at the top left."),
        chart::scatter(title, x, chart::Axis::unit("Spearman"), &dots),
    )
}

fn explanations(language: Language, comparison: &Comparison) -> Vec<Element> {
    let Comparison {
        same_from, rounds, ..
    } = comparison;
    let (is_compared, has_methods) = (comparison.results.len() > 1, comparison.has_methods());
    let texts = match language {
        Language::Zh => in_chinese(*same_from, *rounds, is_compared, has_methods),
        Language::En => in_english(*same_from, *rounds, is_compared, has_methods),
    };
    // The first is about intervals.
    let skipped = usize::from(*rounds == 0);
    texts
        .iter()
        .skip(skipped)
        .map(|text| blocks::note(text))
        .collect()
}

fn in_chinese(same_from: f64, rounds: usize, is_compared: bool, has_methods: bool) -> Vec<String> {
    let versus = match is_compared {
        true => "“与最佳之差”用同一批样本逐次相减；区间不含 0，差别才算可靠。",
        false => "",
    };
    let added = match has_methods {
        true => "（字面方法是它所增加的部分）",
        false => "",
    };
    vec![
        format!("小字是 95% 置信区间（{rounds} 次自助抽样）。{versus}"),
        format!(
            "AUC、平均精确率与 F1 把标注不低于 {same_from} 的句对当作同义。ECE 是相似度与人工评分的平均差距：未校准的模型通常很大，用 yuyi calibrate 可以校准。"
        ),
        format!(
            "每个模型在单独的进程里测量。每对耗时是逐对计算的中位数；每秒文本是成批计算的速度；内存是只跑这个模型的进程的峰值{added}。"
        ),
        "许可证与适用场景来自已知模型的资料，其余都是本次实测。".to_owned(),
    ]
}

fn in_english(same_from: f64, rounds: usize, is_compared: bool, has_methods: bool) -> Vec<String> {
    let versus = match is_compared {
        true => {
            " \"vs best\" is the difference within each sample; a difference is reliable where its interval does not contain 0."
        }
        false => "",
    };
    let added = match has_methods {
        true => " (of a literal method, what it adds)",
        false => "",
    };
    vec![
        format!("Small print: 95 % intervals of {rounds} bootstrap samples.{versus}"),
        format!(
            "AUC, average precision and F1 count a pair as the same from a label of {same_from}. ECE is the mean gap between similarity and grade: mostly large for a model without calibration, which yuyi calibrate gives it."
        ),
        format!(
            "Each model is measured in a process of its own. The time of a pair is the median of pairs one by one; texts a second are computed in batches; memory is the most of a process that does only this{added}."
        ),
        "Licence and suitability are facts of known models; everything else was measured."
            .to_owned(),
    ]
}
