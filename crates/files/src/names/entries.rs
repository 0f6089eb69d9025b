//! The question and the answer of a FAQ whose columns have the names of other things, too: 标题 and 内容 are those of an article elsewhere.

use super::{Kind, kind};

/// Plain names of what is asked, where an answer stands beside it.
#[rustfmt::skip]
const ASKED: &[&str] = &[
    "标题", "主题", "题目", "问题描述", "问题标题", "问题内容", "知识标题", "faq", "常见问题", "用户问题描述", "故障现象", "故障描述", "现象", "title", "subject", "topic", "problem", "issue",
];

/// Plain names of what answers, where a question stands beside it.
#[rustfmt::skip]
const ANSWERING: &[&str] = &[
    "内容", "正文", "说明", "描述", "详情", "详细内容", "知识内容", "解决方案", "解决办法", "解决方法", "处理方案", "处理办法", "处理方法", "处理方式", "处理措施", "方案", "办法", "解释", "解释说明",
    "content", "body", "text", "solution", "resolution", "description", "explanation", "details",
];

/// The plain names of the columns of a FAQ, in which those of its question and its answer are called so, if they are clear: one of each kind, and neither of them is named already.
pub(in super::super) fn of_faq(mut names: Vec<String>) -> Vec<String> {
    let place = |of: Kind, others: &[&str]| {
        let named = names.iter().position(|name| kind(name) == Some(of));
        let other = || {
            names
                .iter()
                .position(|name| others.contains(&name.as_str()))
        };
        match named {
            Some(place) => Some((place, true)),
            None => other().map(|place| (place, false)),
        }
    };
    let asked = place(Kind::Question, ASKED);
    let answering = place(Kind::Answer, ANSWERING);
    if let (Some((asked, asked_named)), Some((answering, answering_named))) = (asked, answering)
        && !(asked_named && answering_named)
        && asked != answering
    {
        names[asked] = "question".into();
        names[answering] = "answer".into();
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(header: &str) -> String {
        of_faq(header.split(',').map(super::super::plain).collect()).join(",")
    }

    #[test]
    fn questions_and_answers_go_by_names_of_other_things() {
        for (header, expected) in [
            ("标题,内容", "question,answer"),
            ("分类,主题,说明", "分类,question,answer"),
            ("FAQ,回答", "question,answer"),
            ("问题描述,解决方案", "question,answer"),
            ("Question,Solution", "question,answer"),
            ("内容,标题", "answer,question"),
            ("问题,答案,内容", "问题,答案,内容"),
            ("问题,备注", "问题,备注"),
            ("标题,备注", "标题,备注"),
            ("内容", "内容"),
        ] {
            assert_eq!(named(header), expected, "{header}");
        }
    }
}
