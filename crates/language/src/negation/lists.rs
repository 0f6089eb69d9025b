//! Words and expressions with and without a negation.

/// Words that negate as they stand, of Chinese and of English.
#[rustfmt::skip]
pub(super) const NEGATIONS: &[&str] = &[
    "不", "没", "没有", "无", "未", "别", "别再", "勿", "莫", "甭", "非", "并非", "绝非", "无法", "无需", "无须",
    "无从", "毫无", "并无", "未能", "未曾", "尚未", "从未", "并未", "还未", "绝不", "决不", "毫不", "并不", "从不",
    "永不", "再不", "从没", "还没", "请勿", "切勿", "禁止", "严禁", "no", "not", "never", "without", "cannot", "nor",
    "neither", "none", "nobody", "nothing", "dont", "doesnt", "didnt", "cant", "isnt", "wasnt", "arent", "havent",
    "hasnt", "couldnt", "wouldnt", "shouldnt",
];

/// Expressions with 不, 没, 未, 无, 非, 别 or 莫 that do not negate.
#[rustfmt::skip]
pub(super) const NO_NEGATIONS: &[&str] = &[
    "不错", "不过", "不但", "不仅", "不仅仅", "不单", "不单单", "不光", "不只", "不止", "不管", "不论", "不断",
    "不停", "不少", "不小", "不久", "不由", "不由得", "不禁", "不妨", "不如", "不料", "不愧", "不愧为", "不愧是",
    "不得不", "不能不", "不会不", "不可不", "不得已", "不得了", "不好意思", "不客气", "不用谢", "不用客气", "不谢",
    "不知不觉", "不约而同", "不然", "不同", "不惜", "不免", "不时", "不住", "不亦乐乎", "不锈钢", "不粘锅", "不倒翁",
    "不干胶", "不动产", "不等式", "不小心", "不一会", "不一会儿", "不等", "不至", "不外乎", "不外", "不失为",
    "不亚于", "不下于", "不亏是", "不已", "不休", "不懈", "不菲", "不凡", "不朽", "不二", "不愁", "不无", "不尽",
    "不胜", "不觉", "不要紧", "不打紧", "不碍事", "不折不扣", "不见不散", "没收", "没落", "没关系", "没事", "没事儿",
    "没问题", "没错", "没准", "没准儿", "没多久", "没过多久", "没几天", "没一会儿", "没一会", "没想到", "没料到",
    "没得说", "没话说", "没说的", "没完没了", "没命地", "未来", "未免", "未婚", "未婚妻", "未婚夫", "未成年",
    "未成年人", "差不多", "对不起", "了不起", "忍不住", "禁不住", "止不住", "恨不得", "巴不得", "怪不得", "少不了",
    "免不了", "离不开", "数不清", "数不尽", "说不定", "保不准", "保不齐", "指不定", "备不住", "大不了", "要不",
    "要不然", "要不要", "岂不", "岂不是", "可不是", "要不是", "没什么大不了", "何不", "时不时", "动不动", "冷不丁",
    "冷不防", "只不过", "毫不犹豫", "无不", "莫不", "从容不迫", "目不转睛", "川流不息", "源源不断", "滔滔不绝",
    "络绎不绝", "迫不及待", "好不容易", "好不热闹", "想不到", "差点没", "非要", "非得", "非洲", "非典", "非凡",
    "非遗", "无人机", "无花果", "无所谓", "无论", "无限", "无数", "无线", "无非", "无比", "别客气", "别提", "别说",
    "别看", "别墅", "别处", "别样", "别具", "别有", "别人", "别的", "莫非", "莫过于", "莫名", "莫名其妙", "莫大",
    "勿忘我",
];

/// Two words of English that do not negate together.
#[rustfmt::skip]
pub(super) const NO_NEGATIONS_OF_ENGLISH: &[&str] = &[
    "no problem", "no problems", "no doubt", "no matter", "no wonder", "no worries", "without doubt", "without fail", "why not", "or not",
    "not only", "not just", "not merely", "not bad", "can't wait", "cannot wait", "can't help", "cannot help", "nothing but", "never mind",
    "why don't", "why didn't", "don't hesitate", "don't forget", "don't worry", "to none",
];

/// Fixed expressions that are mostly used as such (没问题: all right), with what says the contrary.
pub(super) const FIXED: &[(&str, &str)] = &[
    ("没问题", "有问题"),
    ("没关系", "有关系"),
    ("没事", "有事"),
    ("没错", "有错"),
    ("不同", "相同"),
    ("no problem", "problem"),
];

/// Words that deny without a negation, as 忘了 says 不记得 and 免费 says 不要钱.
#[rustfmt::skip]
pub(super) const DENIALS: &[&str] = &[
    "忘", "忘记", "忘了", "失败", "失效", "失灵", "失去", "丢失", "丢", "丢了", "拒绝", "谢绝", "杜绝", "免费", "免",
    "缺", "缺少", "缺乏", "缺货", "难", "难以", "很难", "太难", "坏", "坏了", "差", "太差", "很差", "讨厌", "错",
    "错误", "错了", "有误", "否认", "反对", "停", "停止", "停用", "暂停", "取消", "便宜", "避免", "防止", "断",
    "断了", "除", "除了", "以外", "为空", "少", "太少", "糟糕", "异常", "故障", "空白", "黑屏", "死机", "卡住", "禁",
    "禁用", "无人", "无效", "无用", "不足", "未知", "以内", "之内", "最多", "至多", "低于", "小于", "少于", "逾期",
    "违法", "非法", "unable", "impossible", "fail", "fails", "failed", "failing", "failure", "lack", "lacks",
    "lacking", "missing", "hardly", "barely", "refuse", "refused", "free", "wrong", "bad", "broken", "forgot",
    "forget", "lost", "except", "only", "invalid", "stop", "stopped", "cancel", "cancelled", "error", "errors",
    "incorrect", "unavailable", "unknown", "unlimited", "avoid", "deny", "denied", "reject", "rejected", "doubt",
    "few", "little", "rarely", "seldom",
];
