//! Names: what may be one, and what stands in front of a colon and is none.

use yuyi_language::is_han;

use super::AROUND;

/// Characters of a name at most, and Chinese ones.
const LONGEST_NAME: usize = 24;
const LONGEST_HAN_NAME: usize = 10;

/// Characters of a line among which its time begins: behind a name at most. What is searched no further takes no longer, however long the line is.
const NEAR: usize = LONGEST_NAME + 9;

/// Marks that no name has.
const NO_NAME: &str = "。，！？；、,!?;“”\"…<>{}|=";

/// Fields above minutes, of which none speaks.
#[rustfmt::skip]
const FIELDS: &[&str] = &[
    "会议主题", "会议名称", "会议标题", "主题", "标题", "会议时间", "会议日期", "时间", "日期", "开始时间", "结束时间", "创建时间", "录制时间", "导出时间", "会议时长", "时长", "音频时长",
    "会议号", "会议ID", "会议地点", "地点", "参会人", "参会人员", "参会者", "与会人", "与会人员", "出席", "出席人员", "缺席", "记录人", "关键词", "全文概要", "全文摘要", "摘要",
    "文字记录", "发言人数", "topic", "title", "date", "time", "start time", "end time", "duration", "meeting id", "location", "attendees", "participants", "keywords", "summary",
];

/// Words that introduce what is said, of which none speaks.
#[rustfmt::skip]
const INTRODUCING: &[&str] = &[
    "结论", "备注", "注", "注意", "总结", "小结", "决议", "决定", "待办", "议题", "问题", "原因", "例如", "比如", "譬如", "即", "也就是", "也就是说", "下一步", "目标", "背景", "方案", "结果", "说明", "补充", "其中", "另外",
    "首先", "其次", "最后", "第一", "第二", "第三", "一是", "二是", "三是", "重点", "要点", "建议", "风险", "举例", "参考", "链接", "地址", "网址", "note", "notes", "conclusion", "todo", "action items", "next steps", "decision",
    "example", "e.g.", "i.e.", "http", "https",
];

/// What a minute-taker writes in front of what was come to, which none of the speakers says.
#[rustfmt::skip]
const SECTIONS: &[&str] = &[
    "结论", "会议结论", "待办", "待办事项", "决议", "会议决议", "决定", "备注", "议题", "下一步", "下一步计划", "行动项", "纪要", "conclusion", "todo", "action items", "next steps", "decision",
];

/// Whether a line begins with what a minute-taker writes in front of what was come to: 结论：先上线.
pub(in crate::transcript) fn begins_section(line: &str) -> bool {
    let name = near(line)
        .find(|(_, c)| matches!(c, '：' | ':'))
        .map(|(at, _)| &line[..at]);
    name.is_some_and(|name| {
        SECTIONS.contains(&name.trim_matches(AROUND).trim().to_lowercase().as_str())
    })
}

/// Whether a name introduces what is said, so that nobody of that name speaks.
pub(in crate::transcript) fn introduces(name: &str) -> bool {
    INTRODUCING.contains(&name.to_lowercase().as_str())
}

/// Whether a name is that of a field above minutes.
pub(in crate::transcript) fn is_field(name: &str) -> bool {
    FIELDS.contains(&name.to_lowercase().as_str())
}

/// A text as a name, if it may be one.
pub(in crate::transcript) fn name(text: &str) -> Option<String> {
    let name = balanced(text);
    let han = name.chars().filter(|c| is_han(*c)).count();
    let is_short = (1..=LONGEST_NAME).contains(&name.chars().count()) && han <= LONGEST_HAN_NAME;
    let is_number = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    (is_short && !is_number && !name.contains(|c| NO_NAME.contains(c))).then(|| name.to_owned())
}

/// The characters of a line among which its time begins, with their places.
pub(super) fn near(line: &str) -> impl Iterator<Item = (usize, char)> {
    line.char_indices().take(NEAR)
}

/// What stands in front of a time, without marks around it: in 说话人1(张三) 00:05 the bracket is part of the name.
pub(super) fn balanced(text: &str) -> &str {
    let plain = text.trim_matches(AROUND);
    let from = text.find(plain).unwrap_or_default();
    let behind = &text[from + plain.len()..];
    [('(', ')'), ('（', '）'), ('[', ']'), ('【', '】')]
        .into_iter()
        .find(|(open, close)| {
            plain.rfind(*open) > plain.rfind(*close) && behind.starts_with(*close)
        })
        .map_or(plain, |(_, close)| {
            &text[from..from + plain.len() + close.len_utf8()]
        })
}
