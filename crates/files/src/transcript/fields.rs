//! What programs and people call who speaks, when, and what is said: keys of JSON and heads of columns, as plain names.

use crate::names;

/// A field of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Text,
    Speaker,
    Time,
    /// What else stands beside it: a number, the end, how long it took.
    Beside,
}

/// What is said, the most telling names first.
#[rustfmt::skip]
pub(super) const TEXTS: &[&str] = &[
    "text", "content", "onebest", "transcript", "transcription", "sentence", "utterance", "speech", "said", "remark", "remarks", "statement", "message", "dialogue", "内容", "文本", "发言", "发言内容",
    "讲话", "讲话内容", "说话内容", "对话内容", "会议内容", "讨论内容", "转写", "转写内容", "转写文本", "转写结果", "文字", "文字内容", "识别结果", "原文", "句子", "台词", "字幕", "会议记录", "记录", "记录内容", "发言记录",
    "意见", "发言要点", "观点", "comment", "comments", "review", "reviews", "feedback", "评论", "评论内容", "评价", "评价内容", "点评", "点评内容", "留言", "留言内容", "反馈", "反馈内容", "回复内容", "消息", "消息内容", "聊天内容",
    "弹幕", "正文",
];

/// Who speaks.
#[rustfmt::skip]
pub(super) const SPEAKERS: &[&str] = &[
    "speaker", "speakername", "speakerid", "speakerlabel", "spk", "name", "user", "username", "who", "participant", "role", "发言人", "说话人", "讲话人", "发言者", "说话者", "讲者", "演讲人", "主讲人", "姓名",
    "名字", "人员", "角色", "参会人", "参会人员", "与会人", "与会人员", "发言人员", "汇报人", "昵称",
];

/// When.
#[rustfmt::skip]
pub(super) const TIMES: &[&str] = &[
    "time", "start", "starttime", "begin", "begintime", "bg", "timestamps", "timestamp", "offset", "时间", "开始时间", "开始", "起始时间", "时间点", "时间戳", "时刻", "发言时间", "说话时间",
];

/// What says nothing of a turn.
#[rustfmt::skip]
const BESIDE: &[&str] = &[
    "", "id", "no", "number", "index", "seq", "segment", "end", "endtime", "stop", "ed", "to", "duration", "confidence", "language", "channel", "note", "notes", "序号", "编号", "号", "行号", "结束", "结束时间", "截止时间", "终止时间", "时长",
    "持续时间", "置信度", "语言", "声道", "备注", "说明", "日期", "date", "部门", "单位", "职务",
];

/// Bytes of a name at most, with what it says in brackets; what is longer was said.
const LONGEST_NAME: usize = 1024;

/// What a column or a key of this name holds; `None`: the name is not known.
pub(super) fn field(name: &str) -> Option<Field> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let name = names::plain(name);
    let lists = [
        (TEXTS, Field::Text),
        (SPEAKERS, Field::Speaker),
        (TIMES, Field::Time),
        (BESIDE, Field::Beside),
    ];
    let found = lists.into_iter().find(|(list, _)| list.contains(&&*name));
    found.map(|(_, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_of_two_fields() {
        let mut seen = std::collections::BTreeSet::new();
        for name in [TEXTS, SPEAKERS, TIMES, BESIDE].concat() {
            assert!(seen.insert(name), "{name}");
            assert_eq!(names::plain(name), name, "it is no plain name");
        }
        assert_eq!(field("Speaker Name"), Some(Field::Speaker));
        assert_eq!(field("发言内容（摘录）"), Some(Field::Text));
        assert_eq!(field("发言人"), Some(Field::Speaker));
        assert_eq!(field("負責人"), None);
        let long = format!("发言内容（{}）", "摘".repeat(LONGEST_NAME));
        assert_eq!(field(&long), None);
    }
}
