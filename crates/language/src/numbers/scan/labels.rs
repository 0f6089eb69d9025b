//! Numerals that name which one is meant: 方案一, 会议室一一二.

use std::ops::Range;

use super::{Scanner, Unit, chinese};

/// Nouns behind which a numeral says which one is meant.
#[rustfmt::skip]
const LABELLED: &[&str] = &[
    "方案", "套餐", "版本", "选项", "计划", "阶段", "会议室", "房间", "分机号", "分机", "端口", "尾号", "编号", "号码", "工号", "单号", "座位", "工位",
    "候选人", "选手", "议题", "议程", "任务", "步骤", "条款", "附件", "备选", "路线", "线路", "单元", "车间", "仓库", "模块", "案例", "小组", "班级", "类别", "类型",
    "等级", "级别", "档位", "题目",
];

/// What makes another word of 一: 一起, 一直.
const BEHIND_ONE: &str = "起共样直般定致些下边旦切同律并再时向度概点方旁面经味贯";

impl Scanner {
    /// Adds a numeral without a unit that says which one is meant. Two digits may do so anywhere, as of a room (一二), and count against another
    /// number of the kind.
    pub(super) fn label(&mut self, numeral: Range<usize>, value: f64) {
        let characters = &self.characters[numeral.clone()];
        let is_digit = |&c: &char| chinese::digit(c).is_some() && c != '两';
        if !characters.iter().all(is_digit) {
            return;
        }
        let is_label = self.is_behind_noun(numeral.clone());
        if is_label || characters.len() == 2 {
            self.add(numeral, value, Unit::None);
            self.mark_incidental(!is_label);
        }
    }

    /// Whether a noun stands in front of a numeral that it is the label of: 方案一, but not 方案一起看.
    fn is_behind_noun(&self, numeral: Range<usize>) -> bool {
        let next = self.peek(numeral.end);
        let begins_word = || next.is_some_and(|next| BEHIND_ONE.contains(next));
        LABELLED.iter().any(|noun| self.ends(numeral.start, noun))
            && (self.characters[numeral.clone()] != ['一'] || !begins_word())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::number_difference;

    #[test]
    fn labels_differ_and_words_are_none() {
        for (a, b, expected) in [
            ("我也选方案一", "我选方案二", true),
            ("套餐一包含哪些内容", "套餐二都包含什么内容", true),
            ("会议室改到一一二", "会议室改到一二", true),
            ("分机号一一八", "分机号一八", true),
            ("端口八八八八", "端口八八", true),
            ("预算三三万", "预算三万", true),
            ("阶段一要两周", "阶段二也要两周", true),
            ("我也选方案一", "我选方案1", false),
            ("方案一起讨论", "方案大家讨论", false),
            ("这个计划一直没变", "这个计划没变过", false),
            ("一线二线城市都去", "一二线城市都去", false),
        ] {
            assert_eq!(number_difference(a, b).is_some(), expected, "{a} / {b}");
        }
    }
}
