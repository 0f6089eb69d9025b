//! Units and measure words.

use std::fmt;

/// What a number counts. Names of one thing are one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// None that is known.
    None,
    /// Years, or the year of a date.
    Year,
    /// The month of a date.
    Month,
    /// The day of a date.
    Day,
    /// The day of a week, from 1, Monday.
    Weekday,
    /// The hour of a time, of twelve.
    Hour,
    /// The minute of a time.
    Minute,
    /// A place in an order.
    Ordinal,
    /// What has to be bought in a deal: the 三 of 买三送一.
    Bought,
    /// What is given for it.
    Given,
    /// Things; measure words are a matter of style (两只狗, 两条狗).
    Count,
    /// A unit by its usual name.
    Named(&'static str),
}

impl fmt::Display for Unit {
    /// The name of the unit in Chinese, as it stands behind a number or (星期, 第) in front of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Year => "年",
            Self::Month => "月",
            Self::Day => "日",
            Self::Weekday => "星期",
            Self::Hour => "点",
            Self::Minute => "分",
            Self::Ordinal => "第",
            Self::Bought => "买",
            Self::Given => "送",
            Self::Count => "个",
            Self::Named(name) => name,
        })
    }
}

impl Unit {
    /// Whether it may follow a number: there is no 13月, and 81544日 is part of 日本.
    fn fits(self, value: f64) -> bool {
        match self {
            Self::Month => value <= 12.0,
            Self::Day => value <= 31.0,
            Self::Hour => value <= 24.0,
            _ => true,
        }
    }

    /// Whether numbers of both may be compared: one has no known unit, or is of a deal (买三送一, 买三件送一件).
    pub(super) fn agrees_with(self, other: Self) -> bool {
        let is_deal = |unit| matches!(unit, Self::Bought | Self::Given);
        self == other || [self, other].contains(&Self::None) || is_deal(self) != is_deal(other)
    }

    /// Whether it measures, so that it may have a half behind it and a space in front.
    pub(super) fn is_measure(self) -> bool {
        matches!(self, Self::Year | Self::Named(_))
            && !matches!(self, Self::Named("路" | "季" | "代" | "版" | "章" | "期"))
    }

    /// Whether it is a length of time, such as one may have to do something.
    pub(super) fn is_length(self) -> bool {
        matches!(
            self,
            Self::Year | Self::Named("天" | "周" | "个月" | "小时" | "分钟" | "季度" | "秒")
        )
    }

    /// Whether it stands in front of its number.
    pub(super) const fn is_prefix(self) -> bool {
        matches!(
            self,
            Self::Weekday | Self::Ordinal | Self::Bought | Self::Given
        )
    }

    /// Whether it is of a date, which 3.5 may be: but 3.5 and 3.6 are not of one month.
    pub(super) const fn is_of_date(self) -> bool {
        matches!(self, Self::Month | Self::Day)
    }

    /// Whether 一 before it may be no more than an article.
    pub(super) fn allows_article(self) -> bool {
        matches!(
            self,
            Self::Named(_) | Self::Count | Self::Ordinal | Self::None | Self::Year
        )
    }
}

use Unit::{Count, Day, Hour, Minute, Month, Named, Year};

/// What may follow a number; of several the longest counts.
const UNITS: &[(&str, Unit)] = &[
    ("年级", Named("年级")),
    ("年", Year),
    ("月份", Month),
    ("月", Month),
    ("日", Day),
    ("号线", Named("号线")),
    ("号楼", Named("号楼")),
    ("号", Day),
    ("點", Hour),
    ("点钟", Hour),
    ("点", Hour),
    ("时", Hour),
    ("分钟", Named("分钟")),
    ("分", Minute),
    ("秒钟", Named("秒")),
    ("秒", Named("秒")),
    ("刻钟", Named("刻")),
    ("个小时", Named("小时")),
    ("小时", Named("小时")),
    ("个钟头", Named("小时")),
    ("钟头", Named("小时")),
    ("个月", Named("个月")),
    ("个星期", Named("周")),
    ("星期", Named("周")),
    ("个礼拜", Named("周")),
    ("礼拜", Named("周")),
    ("周岁", Named("岁")),
    ("周", Named("周")),
    ("天", Named("天")),
    ("岁", Named("岁")),
    ("块钱", Named("元")),
    ("块", Named("元")),
    ("元", Named("元")),
    ("圆", Named("元")),
    ("人民币", Named("元")),
    ("美元", Named("美元")),
    ("美金", Named("美元")),
    ("毛钱", Named("角")),
    ("毛", Named("角")),
    ("角", Named("角")),
    ("人", Count),
    ("个人", Count),
    ("名", Count),
    ("位", Count),
    ("公里", Named("公里")),
    ("千米", Named("公里")),
    ("厘米", Named("厘米")),
    ("公分", Named("厘米")),
    ("毫米", Named("毫米")),
    ("平方米", Named("平方米")),
    ("平米", Named("平方米")),
    ("㎡", Named("平方米")),
    ("米", Named("米")),
    ("公斤", Named("公斤")),
    ("市斤", Named("斤")),
    ("千克", Named("公斤")),
    ("斤", Named("斤")),
    ("克", Named("克")),
    ("吨", Named("吨")),
    ("两", Named("两")),
    ("英里", Named("英里")),
    ("海里", Named("海里")),
    ("华里", Named("里")),
    ("里路", Named("里")),
    ("里地", Named("里")),
    ("毫升", Named("毫升")),
    ("升", Named("升")),
    ("%", Named("%")),
    ("度", Named("度")),
    ("℃", Named("度")),
    ("°", Named("度")),
    ("倍", Named("倍")),
    ("折", Named("折")),
    ("楼", Named("层")),
    ("层", Named("层")),
    ("次", Named("次")),
    ("遍", Named("次")),
    ("回", Named("次")),
    ("个", Count),
    ("件", Count),
    ("台", Count),
    ("部", Count),
    ("条", Count),
    ("本", Count),
    ("张", Count),
    ("只", Count),
    ("家", Count),
    ("间", Count),
    ("页", Named("页")),
    ("章", Named("章")),
    ("场", Named("场")),
    ("种", Count),
    ("款", Count),
    ("份", Count),
    ("支", Count),
    ("盒", Named("盒")),
    ("瓶", Named("瓶")),
    ("杯", Named("杯")),
    ("包", Named("包")),
    ("星级", Named("星级")),
    ("室", Named("室")),
    ("厅", Named("厅")),
    ("箱", Named("箱")),
    ("袋", Named("袋")),
    ("双", Named("双")),
    ("篇", Count),
    ("句", Count),
    ("首", Count),
    ("颗", Count),
    ("头", Count),
    ("辆", Count),
    ("套", Count),
    ("户", Count),
    ("根", Count),
    ("道", Count),
    ("顿", Count),
    ("朵", Count),
    ("匹", Count),
    ("棵", Count),
    ("株", Count),
    ("座", Count),
    ("栋", Count),
    ("架", Count),
    ("艘", Count),
    ("枚", Count),
    ("粒", Count),
    ("滴", Count),
    ("片", Count),
    ("碗", Named("碗")),
    ("桶", Named("桶")),
    ("罐", Named("罐")),
    ("串", Count),
    ("批", Count),
    ("组", Count),
    ("段", Count),
    ("笔", Count),
    ("项", Count),
    ("节", Count),
    ("桌", Count),
    ("把", Count),
    ("封", Count),
    ("趟", Named("次")),
    ("幅", Count),
    ("盘", Count),
    ("副", Count),
    ("排", Named("排")),
    ("级", Named("级")),
    ("口人", Count),
    ("寸", Named("寸")),
    ("英寸", Named("寸")),
    ("届", Named("届")),
    ("期", Named("期")),
    ("版", Named("版")),
    ("集", Named("集")),
    ("季", Named("季")),
    ("季度", Named("季")),
    ("代", Named("代")),
    ("路", Named("路")),
    ("分米", Named("分米")),
    ("微米", Named("微米")),
    ("纳米", Named("纳米")),
    ("光年", Named("光年")),
    ("英尺", Named("英尺")),
    ("丈", Named("丈")),
    ("尺", Named("尺")),
    ("㎞", Named("公里")),
    ("㎝", Named("厘米")),
    ("㎜", Named("毫米")),
    ("平", Named("平方米")),
    ("平方公里", Named("平方公里")),
    ("平方千米", Named("平方公里")),
    ("亩", Named("亩")),
    ("公顷", Named("公顷")),
    ("立方米", Named("立方米")),
    ("立方", Named("立方米")),
    ("毫克", Named("毫克")),
    ("微克", Named("微克")),
    ("公吨", Named("吨")),
    ("磅", Named("磅")),
    ("盎司", Named("盎司")),
    ("㎏", Named("公斤")),
    ("㎎", Named("毫克")),
    ("毫秒", Named("毫秒")),
    ("世纪", Named("世纪")),
    ("年代", Named("年代")),
    ("个季度", Named("季度")),
    ("公里每小时", Named("公里/小时")),
    ("公里/小时", Named("公里/小时")),
    ("千米每小时", Named("公里/小时")),
    ("千米/小时", Named("公里/小时")),
    ("米每秒", Named("米/秒")),
    ("米/秒", Named("米/秒")),
    ("兆", Named("兆")),
    ("个G", Named("GB")),
    ("个T", Named("TB")),
    ("个M", Named("兆")),
    ("千瓦时", Named("千瓦时")),
    ("度电", Named("千瓦时")),
    ("千瓦", Named("千瓦")),
    ("兆瓦", Named("兆瓦")),
    ("瓦", Named("瓦")),
    ("毫安时", Named("毫安时")),
    ("毫安", Named("毫安")),
    ("伏", Named("伏")),
    ("赫兹", Named("赫兹")),
    ("分贝", Named("分贝")),
    ("千卡", Named("千卡")),
    ("大卡", Named("千卡")),
    ("千焦", Named("千焦")),
    ("欧元", Named("欧元")),
    ("英镑", Named("英镑")),
    ("日元", Named("日元")),
    ("日圆", Named("日元")),
    ("韩元", Named("韩元")),
    ("韩币", Named("韩元")),
    ("港元", Named("港元")),
    ("港币", Named("港元")),
    ("台币", Named("台币")),
    ("新台币", Named("台币")),
    ("澳元", Named("澳元")),
    ("加元", Named("加元")),
    ("新元", Named("新元")),
    ("卢布", Named("卢布")),
    ("卢比", Named("卢比")),
    ("泰铢", Named("泰铢")),
    ("瑞郎", Named("瑞郎")),
    ("美分", Named("美分")),
    ("分钱", Named("分钱")),
    ("刀", Named("美元")),
    ("摄氏度", Named("度")),
    ("华氏度", Named("华氏度")),
    ("℉", Named("华氏度")),
    ("°F", Named("华氏度")),
    ("°C", Named("度")),
    ("‰", Named("‰")),
    // Words that begin like a unit.
    ("套餐", Unit::None),
    ("平均", Unit::None),
    ("平时", Unit::None),
    ("平台", Unit::None),
    ("平安", Unit::None),
    ("平常", Unit::None),
    ("平坦", Unit::None),
    ("平日", Unit::None),
    ("平局", Unit::None),
    ("丈夫", Unit::None),
    ("尺寸", Unit::None),
    ("尺码", Unit::None),
    ("瓦片", Unit::None),
    ("包邮", Unit::None),
    ("包含", Unit::None),
    ("包括", Unit::None),
    ("分别", Unit::None),
    ("分期", Unit::None),
    ("分开", Unit::None),
    ("分享", Unit::None),
    ("分类", Unit::None),
    ("天气", Unit::None),
    ("日本", Unit::None),
    ("月薪", Unit::None),
    ("年轻", Unit::None),
    ("号码", Unit::None),
    ("种子", Unit::None),
    ("本金", Unit::None),
    ("本月", Unit::None),
    ("本地", Unit::None),
    ("家长", Unit::None),
    ("部分", Unit::None),
    ("部门", Unit::None),
    ("位置", Unit::None),
    ("名字", Unit::None),
    ("条件", Unit::None),
    ("点击", Unit::None),
    ("头发", Unit::None),
    ("期间", Unit::None),
    ("代码", Unit::None),
    ("版本", Unit::None),
    ("路线", Unit::None),
    ("级别", Unit::None),
    ("节目", Unit::None),
    ("项目", Unit::None),
    ("首先", Unit::None),
    ("台湾", Unit::None),
    ("支持", Unit::None),
    ("支付", Unit::None),
    ("时候", Unit::None),
    ("时间", Unit::None),
    ("次数", Unit::None),
    ("回家", Unit::None),
    ("回来", Unit::None),
    ("把握", Unit::None),
];

/// What may stand in front of a number.
const PREFIXES: &[(&str, Unit)] = &[
    ("星期", Unit::Weekday),
    ("礼拜", Unit::Weekday),
    ("周", Unit::Weekday),
    ("第", Unit::Ordinal),
    ("¥", Named("元")),
    ("￥", Named("元")),
    ("HK$", Named("港元")),
    ("NT$", Named("台币")),
    ("A$", Named("澳元")),
    ("$", Named("美元")),
    ("＄", Named("美元")),
    ("€", Named("欧元")),
    ("£", Named("英镑")),
];

/// The unit with which `rest` begins, behind a number, and its characters.
pub(super) fn unit_before(rest: &[char], value: f64) -> Option<(Unit, usize)> {
    let begins = |name: &str| {
        let mut at = 0;
        name.chars().all(|c| {
            at += 1;
            rest.get(at - 1).is_some_and(|r| r.eq_ignore_ascii_case(&c))
        })
    };
    let longest = UNITS
        .iter()
        .filter(|(name, unit)| unit.fits(value) && begins(name))
        .filter(|(name, _)| *name != "两" || !counts_more(&rest[1..]))
        .max_by_key(|(name, _)| name.chars().count());
    let unit = longest.filter(|(_, unit)| *unit != Unit::None);
    unit.map(|(name, unit)| (*unit, name.chars().count()))
}

/// Whether the 两 before `rest` counts what follows (两个) and is no weight.
fn counts_more(rest: &[char]) -> bool {
    rest.first() == Some(&'两') || unit_before(rest, 2.0).is_some()
}

/// The prefix with which `before` ends, and its characters.
pub(super) fn prefix_after(before: &[char]) -> Option<(Unit, usize)> {
    let ends = |name: &str| {
        let name: Vec<char> = name.chars().collect();
        before.ends_with(&name)
    };
    let found = PREFIXES.iter().find(|(name, _)| ends(name));
    found.map(|(name, unit)| (*unit, name.chars().count()))
}
