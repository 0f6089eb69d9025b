//! What others call the further fields of an entry of a FAQ.

/// A field with the plain names that it goes by.
type Named = (&'static str, &'static [&'static str]);

/// Days from which and to which an entry answers, in one cell.
pub(in super::super) const VALIDITY: &str = "validity";

#[rustfmt::skip]
const FIELDS: &[Named] = &[
    ("category", &[
        "分类", "类别", "类目", "问题分类", "问题类别", "问题类型", "知识分类", "知识类别", "知识类目", "所属分类", "所属类别", "所属类目", "分类名称", "类别名称",
        "分类路径", "分类目录", "知识目录", "目录", "faq分类", "分组", "category", "categoryname", "categorypath", "group",
    ]),
    ("not_words", &[
        "否定关键词", "否定词", "排除词", "排除关键词", "反向关键词", "屏蔽词", "notwords", "negativekeywords", "negativewords", "excludekeywords",
        "excludedwords", "stopkeywords",
    ]),
    ("related", &[
        "关联问题", "关联问", "关联问题id", "关联问题编号", "关联编号", "关联知识", "关联标准问", "相关问题", "相关问", "推荐问题", "推荐问", "引导问题", "related",
        "relatedquestions", "relatedids",
    ]),
    ("enabled", &[
        "是否启用", "启用", "启用状态", "是否生效", "是否有效", "是否上线", "上线状态", "生效状态", "问题状态", "知识状态", "状态", "enabled", "enable", "isenabled",
        "active", "isactive", "status",
    ]),
    ("valid_from", &[
        "生效时间", "生效日期", "开始时间", "开始日期", "起始时间", "起始日期", "有效期开始", "有效期开始时间", "有效期起", "有效开始时间", "有效起始时间", "上线时间",
        "validfrom", "effectivetime", "effectivedate", "effectivefrom", "starttime", "startdate",
    ]),
    ("valid_until", &[
        "失效时间", "失效日期", "过期时间", "过期日期", "到期时间", "到期日期", "截止时间", "截止日期", "结束时间", "结束日期", "有效期至", "有效期止", "有效期结束",
        "有效期结束时间", "有效结束时间", "有效截止时间", "下线时间", "validuntil", "validto", "expiretime", "expiredate", "expirytime", "expirydate", "expiresat",
        "endtime", "enddate",
    ]),
    (VALIDITY, &[
        "有效期", "有效时间", "有效日期", "有效时间段", "有效期限", "生效时间段", "生效期", "validity", "validperiod",
    ]),
    ("threshold", &["阈值", "相似度阈值", "匹配阈值", "命中阈值", "threshold", "scorethreshold"]),
    ("reject", &["拒答", "是否拒答", "拒识", "是否拒识", "reject"]),
];

/// The field of an entry that a column of this plain name holds.
pub(in super::super) fn field(name: &str) -> Option<&'static str> {
    let mut fields = FIELDS.iter();
    fields.find_map(|(field, names)| names.contains(&name).then_some(*field))
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn no_name_is_of_two_fields() {
        let mut seen = std::collections::BTreeSet::new();
        for name in FIELDS.iter().flat_map(|(_, names)| *names) {
            assert!(seen.insert(name), "{name}");
            assert_eq!(plain(name), **name, "it is no plain name");
        }
    }

    #[test]
    fn names_are_those_of_templates() {
        for (name, expected) in [
            ("分类（必填）", Some("category")),
            ("否定关键词", Some("not_words")),
            ("關聯問題", Some("related")),
            ("valid_until", Some("valid_until")),
            ("有效期", Some("validity")),
            ("相似问", None),
            ("部门", None),
        ] {
            assert_eq!(field(&plain(name)), expected, "{name}");
        }
    }
}
