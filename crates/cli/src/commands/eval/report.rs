//! The evaluation as a report.

use super::Evaluation;
use super::pairs::{EvaluatedFile, EvaluatedPairs, PairError};
use super::search::{EvaluatedSearch, RerankedSearch, WrongAnswer};
use crate::commands::compare::significant;
use crate::report::blocks::{self, Cell, Pair, Table, Tile, figure, figures};
use crate::report::numbers::{cell, grouped, percent, tile, value};
use crate::report::{Element, Language, Report, chart, today};
use yuyi_tasks::evaluation::{BestRaw, RawScore, SearchQuality};

pub fn report(language: Language, evaluation: &Evaluation) -> Report {
    let title = language.pick("语义相似度评测报告", "Evaluation of semantic similarity");
    let mut report = Report::new(language, title, &about(language, evaluation));
    if let Some(pairs) = &evaluation.pairs {
        of_pairs(&mut report, language, evaluation, pairs);
    }
    if let Some(search) = &evaluation.retrieval {
        of_search(&mut report, language, search);
    }
    let heading = language.pick("说明", "How to read this");
    report.section(heading, explanations(language, evaluation));
    report
}

fn about(language: Language, evaluation: &Evaluation) -> Vec<String> {
    let facts = &evaluation.model;
    let calibrated = match evaluation.calibrated {
        true => language.pick("已校准", "calibrated"),
        false => language.pick("未校准", "uncalibrated"),
    };
    let model = format!(
        "{} {} · {} · {} · {calibrated}",
        language.pick("模型", "Model"),
        facts.name,
        facts.precision_name(),
        language.pick(
            format!("{} 维", facts.dimension),
            format!("{} dimensions", facts.dimension)
        ),
    );
    let pairs = evaluation.pairs.iter().flat_map(|pairs| &pairs.files);
    let mut files: Vec<&str> = pairs.filter_map(|file| file.file.as_deref()).collect();
    let search = evaluation.retrieval.iter();
    files.extend(search.flat_map(|search| [search.faq.as_str(), search.questions.as_str()]));
    let data = format!(
        "{} {}",
        language.pick("数据", "Data"),
        files.join(language.pick("、", ", "))
    );
    vec![model, data, today()]
}

// --- pairs ---------------------------------------------------------------------------------

fn of_pairs(
    report: &mut Report,
    language: Language,
    evaluation: &Evaluation,
    pairs: &EvaluatedPairs,
) {
    report.block(pair_tiles(language, &pairs.all));
    if let Some(text) = conclusion(language, &pairs.all) {
        report.block(blocks::lead(&text));
    }
    for remark in evaluation.remarks(language) {
        report.block(blocks::note(&remark));
    }
    let scales = pairs.files.iter().filter(|file| file.scale != [0.0, 1.0]);
    for file in scales {
        let ([low, high], name) = (file.scale, file.file.as_deref().unwrap_or_default());
        report.block(blocks::note(&language.pick(
            format!("{name} 的标注是 {low} 到 {high} 分，已换算到 0 到 1。"),
            format!("The labels of {name}, from {low} to {high}, are mapped to 0 to 1."),
        )));
    }
    let heading = language.pick("各项指标", "Metrics");
    report.section(heading, [table(language, pairs)]);
    report.section(
        language.pick("分数的分布与阈值", "Scores and thresholds"),
        [plots(language, pairs)],
    );
    let heading = language.pick("偏差最大的误判", "Worst errors");
    report.section(heading, error_lists(language, evaluation, pairs));
}

fn pair_tiles(language: Language, all: &EvaluatedFile) -> Element {
    let quality = &all.quality;
    let pairs = Tile {
        value: grouped(quality.pairs),
        label: language.pick("句对", "pairs").to_owned(),
        note: language.pick(
            format!("其中同义 {}", grouped(quality.same)),
            format!("{} of them the same", grouped(quality.same)),
        ),
    };
    blocks::tiles([
        pairs,
        tile("Spearman", &quality.spearman),
        tile("AUC", &quality.auc),
        tile(language.pick("最佳 F1", "best F1"), &quality.best_f1),
        tile(
            language.pick("校准误差 ECE", "calibration error"),
            &quality.ece,
        ),
    ])
}

/// What the numbers mean, in two sentences.
fn conclusion(language: Language, all: &EvaluatedFile) -> Option<String> {
    let (threshold, auc) = (all.threshold?, all.quality.auc.value?);
    let similarity = format!("{:.3}", threshold.similarity);
    let [precision, recall, auc] = [threshold.precision, threshold.recall, auc].map(percent);
    Some(match language {
        Language::Zh => format!(
            "相似度达到 {similarity} 就判为同义时，判为同义的句对里有 {precision} 确实同义，同义句对里有 {recall} 被找到。\
             任取一对同义、一对不同义，前者得分更高的机会是 {auc}。"
        ),
        Language::En => format!(
            "Accepting pairs from a similarity of {similarity}, {precision} of those accepted are the same, and {recall} of the \
             same pairs are accepted. Of a pair that is the same and one that is not, the former scores higher {auc} of the time."
        ),
    })
}

fn table(language: Language, pairs: &EvaluatedPairs) -> Element {
    let pick = |zh, en| Cell::number(language.pick(zh, en));
    let scales = match pairs.all.quality.best_raw {
        BestRaw::Logit(_) => language.pick("相似度 / 原始分", "similarity / logit"),
        _ => language.pick("相似度 / 余弦", "similarity / cosine"),
    };
    let head = vec![
        Cell::text(language.pick("文件", "file")),
        pick("句对", "pairs"),
        pick("Spearman", "Spearman"),
        pick("Pearson", "Pearson"),
        pick("AUC", "AUC"),
        pick("平均精确率", "average precision"),
        pick("最佳 F1", "best F1"),
        pick("对应阈值", "its threshold").below(scales),
        pick("ECE", "ECE"),
    ];
    let several = pairs.files.len() > 1;
    let rows = pairs.files.iter().chain(several.then_some(&pairs.all));
    Table {
        head,
        rows: rows.map(|file| row(language, file)).collect(),
        total: several,
    }
    .element()
}

fn row(language: Language, file: &EvaluatedFile) -> Vec<Cell> {
    let quality = &file.quality;
    let name = file.file.as_deref();
    let same = grouped(quality.same);
    let same = language.pick(format!("同义 {same}"), format!("{same} same"));
    let threshold = file.threshold.map_or(Cell::number("–"), |t| {
        Cell::number(format!("{:.3}", t.similarity)).below(format!("{:.4}", t.raw.value()))
    });
    vec![
        Cell::text(name.unwrap_or(language.pick("全部", "all"))),
        Cell::number(grouped(quality.pairs)).below(same),
        cell(&quality.spearman),
        cell(&quality.pearson),
        cell(&quality.auc),
        cell(&quality.average_precision),
        cell(&quality.best_f1),
        threshold,
        cell(&quality.ece),
    ]
}

fn plots(language: Language, pairs: &EvaluatedPairs) -> Element {
    let mut plots = match pairs.all.threshold {
        Some(best) => of_threshold(language, pairs, best.similarity),
        None => Vec::new(),
    };
    let ece = value(pairs.all.quality.ece.value);
    let series = [chart::Series {
        name: "",
        bins: &pairs.all.reliability,
    }];
    plots.push(figure(
        language.pick("可靠性图", "Reliability diagram"),
        &language.pick(
            format!("落在虚线上，分数就等于人的评分（ECE {ece}）；底部灰柱是各档句对的多少。"),
            format!("On the dashed line a similarity is what people say (ECE {ece}); the grey bars show how many pairs there are."),
        ),
        chart::reliability(language, &series),
    ));
    if !pairs.all.yes_no {
        plots.push(graded(language, pairs));
    }
    figures(plots)
}

/// What is drawn of pairs of two kinds, which a threshold tells apart.
fn of_threshold(language: Language, pairs: &EvaluatedPairs, best: f64) -> Vec<Element> {
    let drawn = &pairs.drawn;
    let auc = value(pairs.all.quality.auc.value);
    let best = Some(best);
    vec![
        figure(
            language.pick(
                "同义与不同义句对的分数",
                "Scores of same and different pairs",
            ),
            language.pick(
                "两座山分得越开，模型越分得清。",
                "The further apart, the better the model tells them apart.",
            ),
            chart::histogram(language, &drawn.same, &drawn.different, best),
        ),
        figure(
            language.pick("阈值的取舍", "What each threshold does"),
            language.pick("阈值越高，误判越少，漏判越多；虚线处 F1 最高。", "A higher one accepts fewer wrong pairs and misses more; F1 is highest at the dashed line."),
            chart::thresholds(language, &drawn.thresholds, best),
        ),
        figure(
            language.pick("ROC 曲线", "ROC curve"),
            &language.pick(
                format!("曲线下面积（AUC）{auc}；虚线相当于随机猜测。"),
                format!("Area under it (AUC): {auc}. The dashed line is chance."),
            ),
            chart::roc(language, &drawn.roc, best),
        ),
    ]
}

fn graded(language: Language, pairs: &EvaluatedPairs) -> Element {
    // Grades are few, so that dots are spread around theirs: by a sequence that fills evenly (multiples of the golden ratio).
    let spread = |i: usize| 0.03 * ((i as f64 * 0.618_034).fract() - 0.5);
    let dot = |(i, &(label, similarity)): (usize, &(f64, f64))| chart::Dot {
        x: label + spread(i),
        y: similarity,
        name: String::new(),
        class: "first",
    };
    let dots: Vec<chart::Dot> = pairs.drawn.dots.iter().enumerate().map(dot).collect();
    let x = chart::Axis::linear(language.pick("人工评分（0–1）", "grade (0–1)"), -0.03, 1.03);
    let y = chart::Axis::unit(language.pick("相似度", "similarity"));
    let title = language.pick("评分与相似度", "Grade and similarity");
    figure(
        title,
        language.pick(
            "每点一对；点左右略微错开，以免重叠。",
            "A dot a pair, moved sideways a little so that they do not cover each other.",
        ),
        chart::scatter(title, x, y, &dots),
    )
}

fn error_lists(
    language: Language,
    evaluation: &Evaluation,
    pairs: &EvaluatedPairs,
) -> Vec<Element> {
    let lists = [
        (
            language.pick("不同义，却得了高分", "Different, but scored high"),
            &pairs.false_positives,
        ),
        (
            language.pick("同义，却得了低分", "The same, but scored low"),
            &pairs.false_negatives,
        ),
    ];
    let mut blocks = Vec::new();
    for (heading, errors) in lists {
        blocks.push(blocks::subheading(heading));
        blocks.push(match (errors.is_empty(), pairs.all.threshold) {
            (false, _) => blocks::pairs(errors.iter().map(|e| listed(language, e))),
            (true, Some(_)) => blocks::note(language.pick("没有。", "None.")),
            (true, None) => blocks::note(language.pick(
                "数据里只有一类句对，谈不上判错。",
                "The data have one class of pairs only, so none can be wrong.",
            )),
        });
    }
    blocks.push(blocks::note(&language.pick(
        format!("标注不低于 {} 算同义。大数字是相似度；标注本身也可能有误。", evaluation.same_from),
        format!("A pair counts as the same from a label of {}. The large number is the similarity. Labels can be wrong as well.", evaluation.same_from),
    )));
    blocks
}

fn listed(language: Language, error: &PairError) -> Pair<'_> {
    let PairError { origin, label, .. } = error;
    let (zh, en) = match error.raw {
        RawScore::Logit(_) => ("原始分", "logit"),
        _ => ("余弦", "cosine"),
    };
    let raw = error.raw.value();
    let label = (label * 1000.0).round() / 1000.0;
    Pair {
        score: format!("{:.3}", error.similarity),
        a: &error.sentence_a,
        b: &error.sentence_b,
        note: match language {
            Language::Zh => format!("标注 {label} · {zh} {raw:.4} · {origin}"),
            Language::En => format!("label {label} · {en} {raw:.4} · {origin}"),
        },
    }
}

// --- questions -----------------------------------------------------------------------------

fn of_search(report: &mut Report, language: Language, search: &EvaluatedSearch) {
    let mut blocks = vec![blocks::tiles(search_tiles(language, search))];
    if let Some(text) = answering(language, search) {
        blocks.push(blocks::lead(&text));
    }
    if !search.wrong.is_empty() {
        let heading = language.pick("答错的问题", "Questions with a wrong answer");
        blocks.push(blocks::subheading(heading));
        blocks.push(blocks::pairs(
            search.wrong.iter().map(|w| wrong(language, w)),
        ));
    }
    if !search.missed.is_empty() {
        let heading = language.pick("没有命中的问题", "Questions that another entry won");
        blocks.push(blocks::subheading(heading));
        blocks.push(blocks::pairs(
            search.missed.iter().map(|missed| wrong(language, missed)),
        ));
    }
    if let Some(reranked) = &search.reranked {
        let RerankedSearch {
            reranker,
            first_stage,
            candidates,
            ..
        } = reranked;
        let heading = language.pick(
            format!("{reranker} 重排 {first_stage} 找到的前 {candidates} 条"),
            format!("{reranker}, which orders the first {candidates} of {first_stage}"),
        );
        blocks.push(blocks::subheading(&heading));
        blocks.push(blocks::tiles(quality_tiles(language, &reranked.quality)));
        if let Some(seconds) = reranked.seconds_per_1000_pairs {
            let (pairs, seconds) = (grouped(reranked.pairs), significant(seconds));
            blocks.push(blocks::note(&language.pick(
                format!("共读了 {pairs} 对，每 1,000 对耗时 {seconds} 秒。"),
                format!("It read {pairs} pairs; 1,000 take {seconds} s."),
            )));
        }
    }
    report.section(language.pick("问答检索", "Search in a FAQ"), blocks);
}

fn search_tiles(language: Language, search: &EvaluatedSearch) -> [Tile; 6] {
    let quality = &search.quality;
    let [entries, unanswerable] = [search.entries, quality.unanswerable].map(grouped);
    let label = language.pick("有答案的问题", "questions with an answer");
    let questions = Tile {
        value: grouped(quality.answerable),
        label: label.to_owned(),
        note: language.pick(
            format!("在 {entries} 条里找；另有 {unanswerable} 问无答案"),
            format!("among {entries} entries; {unanswerable} without"),
        ),
    };
    let [recall_at_1, recall_at_3, recall_at_10, mrr, ndcg] = quality_tiles(language, quality);
    [questions, recall_at_1, recall_at_3, recall_at_10, mrr, ndcg]
}

fn quality_tiles(language: Language, quality: &SearchQuality) -> [Tile; 5] {
    [
        tile(
            language.pick("首条命中 recall@1", "recall@1"),
            &quality.recall_at_1,
        ),
        tile(
            language.pick("前三命中 recall@3", "recall@3"),
            &quality.recall_at_3,
        ),
        tile(
            language.pick("前十命中 recall@10", "recall@10"),
            &quality.recall_at_10,
        ),
        tile("MRR", &quality.mrr),
        tile("nDCG@10", &quality.ndcg_at_10),
    ]
}

fn answering(language: Language, search: &EvaluatedSearch) -> Option<String> {
    let best = search.quality.best?;
    let similarity = match best.similarity_interval {
        Some(i) => language.pick(
            format!("{:.3}（{:.3}–{:.3}）", best.similarity, i.low, i.high),
            format!("{:.3} ({:.3}–{:.3})", best.similarity, i.low, i.high),
        ),
        None => language.pick(
            format!("{:.3} ", best.similarity),
            format!("{:.3}", best.similarity),
        ),
    };
    let [precision, recall] = [best.precision, best.recall].map(percent);
    let refused = best.refused.map(percent);
    Some(match language {
        Language::Zh => {
            let refused = refused.map_or(String::new(), |r| {
                format!("；本无答案的问题里有 {r} 没有作答")
            });
            format!(
                "相似度达到 {similarity}才作答时，作答的问题里有 {precision} 答对，有答案的问题里有 {recall} 得到了正确答案{refused}。"
            )
        }
        Language::En => {
            let refused = refused.map_or(String::new(), |r| {
                format!("; {r} of the questions without an answer rightly get none")
            });
            format!(
                "Answering from a similarity of {similarity}, {precision} of the answers are right and {recall} of the questions with an answer get it{refused}."
            )
        }
    })
}

fn wrong(language: Language, wrong: &WrongAnswer) -> Pair<'_> {
    let right = match (&wrong.expected, wrong.rank) {
        (Some(expected), Some(rank)) => language.pick(
            format!("应答：{expected}（排第 {rank}）"),
            format!("right: {expected} (came {rank})"),
        ),
        _ => language.pick("本不该作答", "none is right").to_owned(),
    };
    Pair {
        score: format!("{:.3}", wrong.similarity),
        a: &wrong.question,
        b: &wrong.found,
        note: format!("{right} · {}", wrong.origin),
    }
}

// --- explanations --------------------------------------------------------------------------

fn explanations(language: Language, evaluation: &Evaluation) -> Vec<Element> {
    let same_from = evaluation.same_from;
    let rounds = evaluation.rounds;
    let texts = match language {
        Language::Zh => vec![
            "Spearman 看分数的排序与人的评分是否一致，Pearson 看余弦与评分是否成直线关系；1 为完全一致，0 为无关。".to_owned(),
            format!("AUC、平均精确率与 F1 把标注不低于 {same_from} 的句对当作同义。最佳阈值就取自这批数据，换一批会略差。"),
            "ECE 是十档相似度里“平均相似度与平均评分之差”的加权平均；越小，分数越可以照字面理解。".to_owned(),
            format!("小字是 95% 置信区间（{rounds} 次自助抽样）。两个模型的区间重叠，不等于没有差别：要比较请用 yuyi compare。"),
        ],
        Language::En => vec![
            "Spearman: whether scores rank pairs as people do. Pearson: whether cosine and grade lie on a line. 1 is perfect, 0 is chance.".to_owned(),
            format!("AUC, average precision and F1 count a pair as the same from a label of {same_from}. The best threshold is that of these data; on others it does a little worse."),
            "ECE: the mean gap between similarity and grade, over ten bins of similarity. The smaller, the more literally a score can be read.".to_owned(),
            format!("Small print: 95 % intervals of {rounds} bootstrap samples. That intervals of two models overlap does not mean that they are equal: yuyi compare compares them pair by pair."),
        ],
    };
    let mut texts = texts;
    if rounds == 0 {
        // The last is about intervals.
        texts.pop();
    }
    let on_search = language.pick(
        "recall@k 是正确条目排进前 k 的比例；MRR 是正确条目名次的倒数的平均；nDCG@10 与之相似，名次靠后扣分更缓，只看前十。",
        "recall@k: share of the right entries among the first k. MRR: mean of one over the place of the first right entry. nDCG@10: the same with a gentler discount, over the first ten.",
    );
    let on_search = evaluation.retrieval.is_some().then_some(on_search);
    let all = texts.iter().map(String::as_str).chain(on_search);
    // A FAQ alone has no pairs to explain; the last text is about intervals.
    let on_pairs = texts.len() - usize::from(rounds > 0);
    let skipped = if evaluation.pairs.is_some() {
        0
    } else {
        on_pairs
    };
    all.skip(skipped).map(blocks::note).collect()
}
