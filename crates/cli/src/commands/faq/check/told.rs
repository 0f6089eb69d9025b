//! What a check found, as sentences.

use yuyi_tasks::faq::check::{Kind, Level};

use super::result::{At, Report, Told};
use crate::language::Language;
use crate::report::numbers::grouped;

/// A line a finding, and one on all of them.
pub fn text(language: Language, report: &Report) -> String {
    let mut lines: Vec<String> = Vec::new();
    for found in &report.findings {
        let level = match found.level {
            Level::Error => language.pick("错误", "error"),
            Level::Warning => language.pick("警告", "warning"),
            Level::Note => language.pick("提示", "note"),
        };
        let colon = language.pick("：", ": ");
        let line = format!("{level}{colon}{}", sentence(language, found));
        lines.push(line.replace(['\n', '\r', '\t'], " "));
    }
    let faq = &report.faq;
    let [entries, errors, warnings, notes] =
        [report.entries, report.errors, report.warnings, report.notes].map(grouped);
    if let Some(asked) = &report.questions {
        let (file, [all, answered]) = (&asked.file, [asked.asked, asked.answered].map(grouped));
        lines.push(language.pick(
            format!("{file}：{all} 个问题，其中 {answered} 个有条目作答"),
            format!("{file}: {all} questions, of which an entry answers {answered}"),
        ));
    }
    lines.push(language.pick(
        format!("{faq}：{entries} 个条目；错误 {errors}，警告 {warnings}，提示 {notes}"),
        format!("{faq}: {entries} entries; errors {errors}, warnings {warnings}, notes {notes}"),
    ));
    lines.join("\n") + "\n"
}

fn sentence(language: Language, found: &Told) -> String {
    let here = wording(language, &found.at);
    let there = found.other.as_ref().map(|other| wording(language, other));
    let there = there.unwrap_or_default();
    let number = |n: Option<f64>| n.map_or("–".to_owned(), |n| format!("{n:.2}"));
    let (near, own) = (number(found.similarity), number(found.own_similarity));
    let detail = found.detail.as_deref().unwrap_or_default();
    match found.kind {
        Kind::RepeatedId => language.pick(
            format!("编号 {detail} 出现不止一次，只有最后一个算数"),
            format!("the id {detail} is there more than once, and only the last one counts"),
        ),
        Kind::ExcludesItself => language.pick(
            format!("{here} 含有本条目自己的否定关键词“{detail}”，永远不会命中"),
            format!("{here} has the word {detail:?}, which its own entry excludes: it never answers that"),
        ),
        Kind::NeverValid => language.pick(
            format!("{here} 的失效时间不晚于生效时间，永远不会命中"),
            format!("{here} ends before it begins, and never answers"),
        ),
        Kind::SharedWording => language.pick(
            format!("{here} 同时也是 {there}，两个条目都不会命中"),
            format!("{here} is also {there}, so that neither answers it"),
        ),
        Kind::TurnedAway => language.pick(
            format!("{here} 同时也是拒答示例 {there}"),
            format!("{here} is also an example of what is not answered, {there}"),
        ),
        Kind::ConflictingAnswers => language.pick(
            format!("{here} 与 {there} 问的几乎一样（{near}），答案却相矛盾（{}）", words(found)),
            format!("{here} asks nearly the same as {there} ({near}), and the answers contradict each other ({})", words(found)),
        ),
        Kind::OtherAnswer => language.pick(
            format!("{here} 与 {there} 问的几乎一样（{near}），答案不同"),
            format!("{here} asks nearly the same as {there} ({near}), and has another answer"),
        ),
        Kind::RepeatedEntry => language.pick(
            format!("{here} 与 {there} 问的几乎一样（{near}），答案也相同，可以合并"),
            format!("{here} asks nearly the same as {there} ({near}) and has the same answer: they can be one"),
        ),
        Kind::NearerToOther => language.pick(
            format!("{here} 更接近 {there}（{near}），而不是本条目的其他问法（{own}）"),
            format!("{here} is nearer to {there} ({near}) than to the other wordings of its entry ({own})"),
        ),
        Kind::NearReject => language.pick(
            format!("{here} 接近拒答示例 {there}（{near}），类似的问题会被拒答"),
            format!("{here} is near to {there} ({near}), an example of what is not answered: questions like it are turned away"),
        ),
        Kind::UnknownRelated => language.pick(
            format!("{here} 的关联问题 {detail} 不存在"),
            format!("{here} names {detail:?} to be shown beside it, which is not there"),
        ),
        Kind::NoAnswer => language.pick(format!("{here} 没有答案"), format!("{here} has no answer")),
        Kind::Expired => language.pick(format!("{here} 已过期"), format!("{here} has expired")),
        Kind::RepeatedWording => language.pick(
            format!("{here} 在本条目里写了两次"),
            format!("{here} is there twice in its entry"),
        ),
        Kind::NeverFound => language.pick(
            format!("{here} 没有被任何问题命中"),
            format!("{here} was found by none of the questions"),
        ),
        Kind::NotYetValid => language.pick(format!("{here} 尚未生效"), format!("{here} is not valid yet")),
        Kind::Disabled => language.pick(format!("{here} 已停用"), format!("{here} is switched off")),
    }
}

/// A wording with the id of its entry.
fn wording(language: Language, at: &At) -> String {
    let At { id, wording, .. } = at;
    language.pick(
        format!("“{wording}”〔{id}〕"),
        format!("{wording:?} [{id}]"),
    )
}

/// What the answers contradict each other in.
fn words(found: &Told) -> String {
    let side = |words: &[String]| match words.is_empty() {
        true => "-".to_owned(),
        false => words.join(" "),
    };
    let told = found.contradictions.iter();
    let told = told.map(|c| format!("{} / {}", side(&c.wording), side(&c.question)));
    told.collect::<Vec<_>>().join("; ")
}
