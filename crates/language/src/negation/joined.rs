//! Expressions without a negation that have one where they go on with what follows: 不过|期 is 不|过期.

use crate::words::Word;

/// Expressions of a negation and a character, and what goes on with the character to a word that is negated: 不过 mostly is
/// but, 未来 the future.
const GO_ON: &[(&str, &str)] = &[
    ("不断", "电 网 货 奶 供 更 线 档 粮 水 药 码 层 根 食"),
    (
        "不停",
        "电 车 水 机 工 课 产 业 药 运 办 牌 航 播 站 靠 更 诊 刊 战 火 职 服 气 暖",
    ),
    (
        "不住",
        "院 校 宿 人 宾馆 酒店 医院 宿舍 民宿 帐篷 这里 这儿 那里 那儿 家 家里 一起 学校 一楼",
    ),
    ("不管", "用 事 饭 饱 制"),
    ("不同", "意 步 屋 桌 床 框"),
    ("不时", "尚 髦 兴"),
    ("不止", "血 痛 疼 泻 咳 痒 渴 损 吐 跌 付 鼾"),
    (
        "不免",
        "费 税 票 试 检 签 押 息 邮 密 单 租 考 修 疫 责 洗 拆 烫 运费 押金 门票 手续费 安装费 年费 月租 首付 利息 流量 打扰",
    ),
    (
        "不外",
        "借 传 包 送 卖 租 泄 漏 溢 带 露 放 派 聘 销 扬 宿 食 出 调",
    ),
    (
        "不等",
        "人 我 你 他 她 您 们 我们 你们 他们 大家 于 价 待 距",
    ),
    ("没落", "下 地 座 户 实 款 叶 泪 选 榜 枕 锁 水"),
    ("没事", "先 前"),
    ("没错", "过 失 怪"),
    ("没准", "备 时 许 假 点"),
    ("没门", "票 禁 牌 卡 槛 铃 诊"),
    ("没戏", "票 份 曲"),
    ("无线", "索"),
    ("无限", "制 速 时 行 高 购 号 量 重 额 度 价 流"),
    ("无数", "据 字"),
    ("无比", "赛 价 例"),
    ("无论", "文 据"),
    ("别处", "理 罚 分 决"),
    ("不单", "独 卖 买"),
    ("不光", "滑 亮 彩"),
    ("不久", "坐 站 留 待"),
    ("不尽", "责 力 孝 职"),
    ("不禁", "止 烟 酒 言 毒 放"),
    ("不胜", "任"),
    ("不休", "息 假 学"),
    ("不过", "期 敏 夜 审 户 滤 时 瘾 问 关 火 塑 磅 秤 机 奖 剩"),
    ("未来", "过 得及 上班 上课 开会 报到 参加"),
    ("没收", "到 到货 到款 到账 货 款 钱 费 过 件 礼 下 齐 拾"),
];

/// Whether an expression and the word behind it are a negation and a word.
pub(super) fn is_negation_of_word(head: &str, next: &str) -> bool {
    let known = GO_ON.iter().find(|(known, _)| *known == head);
    known.is_some_and(|(_, ends)| ends.split(' ').any(|end| end == next))
}

/// The expressions of a text that negate if the other text has what they would negate: 不停|转 where the other has 停转. Each
/// with what follows it, and the latter with the second character of the expression.
pub(super) fn joined<'a>(words: &'a [Word<'a>]) -> impl Iterator<Item = (String, String)> + 'a {
    let pairs = words
        .windows(2)
        .filter(|pair| pair[0].place.end == pair[1].place.start);
    pairs.filter_map(|pair| {
        let (head, next) = (pair[0].text, pair[1].text);
        let is_expression = head != "未来" && GO_ON.iter().any(|(known, _)| *known == head);
        let bare: String = head.chars().skip(1).collect();
        is_expression.then(|| (format!("{head}{next}"), bare + next))
    })
}
