//! What others call the columns of what users did with items.

/// Users.
#[rustfmt::skip]
pub(super) const USERS: &[&str] = &[
    "user", "userid", "uid", "visitor", "visitorid", "member", "memberid", "customerid", "openid", "用户", "用户id", "用户编号", "用户号", "用户标识", "会员", "会员id",
    "会员编号", "访客", "访客id", "读者", "读者id",
];

/// Items.
#[rustfmt::skip]
pub(super) const ITEMS: &[&str] = &[
    "item", "itemid", "newsid", "articleid", "docid", "videoid", "productid", "goodsid", "contentid", "物品", "物品id", "物品编号", "文章id", "文章编号", "新闻id", "内容id",
    "商品id", "商品编号", "视频id", "条目id", "作品id",
];

/// Kinds of events.
#[rustfmt::skip]
pub(super) const TYPES: &[&str] = &[
    "type", "event", "eventtype", "action", "actiontype", "behavior", "behaviour", "behaviortype", "feedbacktype", "行为", "行为类型", "事件", "事件类型", "动作", "操作", "操作类型",
];

/// When it was.
#[rustfmt::skip]
pub(super) const TIMES: &[&str] = &[
    "time", "timestamp", "datetime", "date", "eventtime", "clicktime", "createdat", "ts", "时间", "时间戳", "点击时间", "行为时间", "事件时间", "发生时间", "操作时间", "日期",
];
