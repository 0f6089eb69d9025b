//! What keeps two remarks from being one, however near their vectors are.

use serde::{Deserialize, Serialize};
use yuyi_language::{Contradiction, Differences, name_difference};

use super::{amounts, decided, objections};
use crate::beginning::beginning;

/// Characters of a remark that are looked at: what differs further back is one detail of many.
pub(super) const MOST_CHARACTERS: usize = 2_000;

/// Why a remark is no repeat although it sounds like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(
        description = "What differs, so that the text is no repeat and is kept: a `number`, a `date` (also a day or time), a `name`, a `negation`, the `code` of a product, an `opposite` (打开 / 关闭), a `role` (从北京到上海 / 从上海到北京), or that one is a `question` (可以上线 / 可以上线吗)."
    )
)]
pub enum HeldBack {
    /// It tells a number that the other does not.
    Number,
    /// It tells another date, day or time.
    Date,
    /// It names another person, department, place or product, or another one does it (我来写, 你来写).
    Name,
    /// One of them negates, or objects to what the other says (上线不行 beside 上线).
    Negation,
    /// It tells the code of another product, plan or version.
    Code,
    /// Where one says something the other says what excludes it: 开启 and 关闭, 必须 and 最好; or it puts it off, leaves it open or makes it depend on something.
    Opposite,
    /// The same words have other roles: 从北京到上海 and 从上海到北京.
    Role,
    /// One asks what the other states: 可以上线吗 and 可以上线.
    Question,
}

impl From<Contradiction> for HeldBack {
    fn from(why: Contradiction) -> Self {
        match why {
            Contradiction::Number => Self::Number,
            Contradiction::Date => Self::Date,
            Contradiction::Negation => Self::Negation,
            Contradiction::Code => Self::Code,
            Contradiction::Opposite => Self::Opposite,
            Contradiction::Role => Self::Role,
        }
    }
}

/// Why a remark is no repeat of another, which would stand for both; `None`: nothing is known that differs. What the other tells beside is no
/// difference: it would be told for both. But for names, for who does it and how firmly, and for questions beside statements, which questions to a FAQ leave out, it is what keeps an entry from answering a question.
pub fn held_back(representative: &str, remark: &str) -> Option<HeldBack> {
    let [kept, gone] = [representative, remark].map(|text| beginning(text, MOST_CHARACTERS));
    if kept == gone {
        return None;
    }
    let named = || name_difference(kept, gone).map(|_| HeldBack::Name);
    let why = match Differences::between(kept, gone).loss().map(HeldBack::from) {
        // Of towns and makers, which are kinds of one thing as well, the name says more.
        Some(HeldBack::Opposite) => named().or(Some(HeldBack::Opposite)),
        None => named(),
        why => why,
    };
    why.or_else(|| decided::otherwise(kept, gone))
        .or_else(|| objections::differ(kept, gone))
        .or_else(|| amounts::differ(kept, gone).then_some(HeldBack::Number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_lost_or_turned_round_is_held_back() {
        for (kept, gone, expected) in [
            ("3 月上线", "5 月上线", Some(HeldBack::Date)),
            ("预算是20万", "预算是30万", Some(HeldBack::Number)),
            ("我们明天发布", "我们后天发布", Some(HeldBack::Date)),
            ("下周三评审", "这周三评审", Some(HeldBack::Date)),
            ("这版能上线", "这版不能上线", Some(HeldBack::Negation)),
            ("由张伟负责测试", "由李强负责测试", Some(HeldBack::Name)),
            ("先测 A1 型号", "先测 A2 型号", Some(HeldBack::Code)),
            ("把自动续费打开", "把自动续费关闭", Some(HeldBack::Opposite)),
            (
                "订单从北京调到上海",
                "订单从上海调到北京",
                Some(HeldBack::Role),
            ),
            ("我们先看数据", "先看看数据", None),
            ("预算是20万，大家控制一下", "预算大家控制一下", None),
            (
                "预算大家控制一下吧",
                "预算是20万，控制",
                Some(HeldBack::Number),
            ),
            ("三月五号上线", "3月5日上线", None),
            ("我们可以上线吗", "我们可以上线", Some(HeldBack::Question)),
            ("我来写文档", "你来写文档", Some(HeldBack::Name)),
            ("市场部负责推广", "研发部负责推广", Some(HeldBack::Name)),
            ("必须周五交", "最好周五交", Some(HeldBack::Opposite)),
            ("我不太同意", "不同意", Some(HeldBack::Opposite)),
            ("预算还没批下来", "预算批了", Some(HeldBack::Negation)),
        ] {
            assert_eq!(held_back(kept, gone), expected, "{kept} / {gone}");
        }
    }
}
