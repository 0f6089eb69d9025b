//! The words.

/// What speaks against a plan, also at the end of what names it.
#[rustfmt::skip]
pub(super) const OBJECTIONS: &[&str] = &[
    "不太可行", "不可行", "不行", "不可以", "不太好", "不妥", "不太合适", "不合适", "不合理", "不划算", "不现实", "不靠谱", "不值得",
    "不太赞成", "不赞成", "不赞同", "不太同意", "不同意", "不认同", "不认可", "不接受", "不支持", "不建议", "不推荐", "不看好", "不放心", "不主张",
    "反对", "有异议", "有意见", "没必要", "没有必要", "来不及", "赶不及", "有困难", "有难度", "行不通", "走不通",
    "不太现实", "不是很合适", "不考虑", "没有意义", "没意义", "保留意见", "有顾虑", "值得商榷",
];

/// What a plan lacks or will not come to.
#[rustfmt::skip]
pub(super) const LACKS: &[&str] = &[
    "赶不上", "有问题", "有风险", "很难", "难以", "没有预算", "没预算", "没有钱", "没钱", "没有时间", "没时间", "没有人手", "没人手", "不够", "不足", "亏本", "亏钱",
    "不了", "做不到", "做不完", "做不成", "完不成", "办不到", "搞不定", "没戏", "不成熟",
    "不太", "不是很", "不怎么", "过高", "过低", "过早", "过急", "过长", "过紧", "不下来", "不出来", "不起来",
];

/// Of what may be too much what is said of plans alone.
pub(super) const OF_PLANS: &[&str] = &[
    "早", "赶", "急", "晚", "贵", "紧", "仓促", "冒险", "勉强", "冲",
];

/// What is said of a plan, and whether it goes along.
pub(super) const STANCES: &[(&str, bool)] = &[
    ("同意", true),
    ("赞成", true),
    ("赞同", true),
    ("支持", true),
    ("认同", true),
    ("认可", true),
    ("反对", false),
    ("异议", false),
];

/// In front of one of them, what says the contrary.
pub(super) const CONTRARY: &[&str] = &[
    "不",
    "不太",
    "不大",
    "不怎么",
    "不是很",
    "没",
    "没有",
    "无",
    "不会",
    "并不",
];

/// How much too much something is.
pub(super) const DEGREES: &[&str] = &["太", "过于", "有点", "有些", "偏"];

/// What may be too much of a plan.
pub(super) const MEASURED: &[&str] = &[
    "早", "赶", "急", "晚", "贵", "高", "大", "紧", "久", "长", "多", "慢", "难", "低", "少", "短",
    "复杂", "冒险", "仓促", "麻烦", "勉强", "冲", "重", "远",
];

/// What says without any of them that something is against a plan.
pub(super) const ANSWERS_REFUSAL: &[&str] = &[
    "困难", "难", "风险", "问题", "麻烦", "够呛", "悬", "担心", "怕", "拒绝", "否", "缺", "不够",
    "失败", "算了", "别", "危险", "没",
];

/// What gives up, stops and puts off, each by a list; a word may be in two of them.
#[rustfmt::skip]
pub(super) const PUT_OFF: &[&[&str]] = &[
    &["取消", "黄了", "泡汤", "撤销", "作废", "砍掉", "废弃", "废除", "放弃", "叫停", "终止"],
    &["暂停", "搁置", "暂缓", "中止", "停止", "停掉", "叫停", "终止", "先停", "停一下", "缓一缓", "放一放"],
    &["推迟", "延期", "延后", "推后", "延迟", "顺延", "后延", "往后放", "往后推", "往后延", "缓一缓", "暂缓", "放一放", "改天", "延长"],
];

/// What says so without any of them.
pub(super) const ANSWERS_PUT_OFF: &[&str] = &[
    "改到", "挪到", "移到", "推到", "拖到", "调到", "改期", "停", "关", "拖", "删", "去掉", "拿掉",
    "撤", "缓", "退", "注销",
];

/// What something depends on.
pub(super) const CONDITIONS: &[&str] = &[
    "如果",
    "要是",
    "假如",
    "假设",
    "倘若",
    "除非",
    "前提",
    "只有",
    "取决于",
    "视情况",
    "看情况",
    "只要",
];

/// What says so without any of them, and what only puts the parts in order.
pub(super) const ANSWERS_CONDITION: &[&str] = &[
    "一旦",
    "就",
    "才",
    "再",
    "之后",
    "以后",
    "等",
    "的话",
    "的时候",
    "的情况",
    "若",
    "万一",
    "通过后",
    "过后",
    "完后",
    "了后",
    "好后",
    "成后",
    "要看",
    "得看",
];

/// Behind 如果, what asks for leave: 如果没问题.
pub(super) const COURTEOUS: &[&str] = &[
    "没问题",
    "没有问题",
    "没意见",
    "没有意见",
    "没异议",
    "没有异议",
    "可以的话",
    "方便",
    "有空",
    "有时间",
    "有可能",
    "可能的话",
    "愿意",
    "没记错",
    "没有记错",
    "没事",
    "没别的",
    "有问题",
    "有困难",
    "有需要",
    "有疑问",
];

/// What leaves a matter open.
pub(super) const OPEN: &[&str] = &[
    "还没确定",
    "还没定",
    "没定下来",
    "没有定",
    "没确定",
    "没有确定",
    "还不确定",
    "不确定",
    "待定",
    "未定",
    "没想好",
    "没有想好",
    "没拍板",
    "再议",
    "暂定",
    "暂时定",
    "再想想",
    "再考虑",
    "再商量",
    "再讨论",
    "需要讨论",
    "再看看",
    "再研究",
    "再评估",
];

/// What says so without any of them.
pub(super) const ANSWERS_OPEN: &[&str] = &[
    "讨论", "商量", "考虑", "可能", "大概", "也许", "看看", "再看", "再定", "再说", "先定", "想想",
    "研究", "评估",
];

/// In front of a word, what turns it round.
#[rustfmt::skip]
pub(super) const TURNED: &[&str] = &[
    "不", "没", "没有", "没什么", "没人", "无", "未", "别", "勿", "不会", "不能", "不要", "不可", "不用", "不是", "不得", "不再", "不想", "免", "避免",
    "禁止", "防止", "无人", "不许", "不准", "不太会", "不需要", "不必",
];

/// Behind any of them, what makes it a condition, a question or an attribute.
pub(super) const AFTER_ALL: &[&str] = &["的", "吗", "么", "就"];

/// Behind some of them, what makes another word of it.
pub(super) const NOT_BEHIND: &[(&str, &[&str])] = &[
    ("不行", &["动", "使", "走"]),
    ("不同意", &["见", "义"]),
    ("同意", &["见"]),
    ("反对", &["意见", "者"]),
    ("有意见", &["就提"]),
    ("不了", &["解"]),
    ("不够", &["再"]),
    (
        "有问题",
        &["随时", "找", "可以", "请", "及时", "再", "联系", "，随时"],
    ),
    ("不足", &["之处"]),
];
