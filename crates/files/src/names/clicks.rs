//! What others call the columns of what users did with items.

/// Users.
#[rustfmt::skip]
pub(super) const USERS: &[&str] = &[
    "user", "userid", "uid", "visitor", "visitorid", "member", "memberid", "customerid", "openid", "用户", "用户id", "用户编号", "用户号", "用户标识", "会员", "会员id",
    "会员编号", "访客", "访客id", "读者", "读者id", "username", "customer", "reader", "readerid", "用户名", "用户名称", "客户", "客户id", "客户编号", "顾客", "顾客id",
];

/// Items.
#[rustfmt::skip]
pub(super) const ITEMS: &[&str] = &[
    "item", "itemid", "newsid", "articleid", "docid", "videoid", "productid", "goodsid", "contentid", "物品", "物品id", "物品编号", "文章id", "文章编号", "新闻id", "内容id",
    "商品id", "商品编号", "视频id", "条目id", "作品id", "iid", "movieid", "bookid", "songid", "新闻编号", "视频编号", "article", "news", "product", "movie", "文章", "新闻", "商品",
    "视频", "内容", "内容编号", "条目编号", "作品编号", "课程id", "课程编号", "图书id", "图书编号", "电影id", "电影编号", "歌曲id", "歌曲编号", "帖子id", "帖子编号",
];

/// Kinds of events.
#[rustfmt::skip]
pub(super) const TYPES: &[&str] = &[
    "type", "event", "eventtype", "action", "actiontype", "behavior", "behaviour", "behaviortype", "feedbacktype", "行为", "行为类型", "事件", "事件类型", "动作", "操作", "操作类型", "interaction", "interactiontype", "kind", "互动",
    "互动类型", "交互", "交互类型", "用户行为", "类型",
];

/// When it was.
#[rustfmt::skip]
pub(super) const TIMES: &[&str] = &[
    "time", "timestamp", "datetime", "date", "eventtime", "clicktime", "createdat", "ts", "时间", "时间戳", "点击时间", "行为时间", "事件时间", "发生时间", "操作时间", "日期", "createtime", "互动时间", "浏览时间", "阅读时间",
    "创建时间",
];

/// How much it counts.
#[rustfmt::skip]
pub(super) const WEIGHTS: &[&str] = &[
    "weight", "权重", "rating", "ratings", "score", "stars", "评分", "打分", "分数", "星级", "评星", "count", "次数", "点击次数", "行为次数",
];

/// Those of them that say how somebody liked an item, on a scale whose lower half is dislike.
#[rustfmt::skip]
const RATINGS: &[&str] = &["rating", "ratings", "score", "stars", "评分", "打分", "分数", "星级", "评星"];

/// Whether a plain name is that of ratings.
pub(in super::super) fn is_of_ratings(name: &str) -> bool {
    RATINGS.contains(&name)
}

/// When an item was there, as those who publish call it: the most telling names first.
#[rustfmt::skip]
pub(super) const PUBLISHED: &[&str] = &[
    "time", "发布时间", "发布日期", "发表时间", "发表日期", "上架时间", "publishedat", "publishtime", "publishdate", "pubdate", "pubtime", "published", "publicationdate",
    "releasedate", "date", "时间", "日期", "createdat", "createtime", "创建时间", "创建日期", "updatedat", "updatetime", "更新时间", "更新日期",
];
