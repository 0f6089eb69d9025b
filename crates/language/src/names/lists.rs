//! Lists of what names are made of.

/// Common surnames of one character. Those that are words of their own (和, 于, 时, 应, 成, 常, 方, 高, 安, 平, 明, 万, 金, 白, 向) are left out.
pub(super) const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱郭何林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁余叶蒋杜苏魏程吕丁沈\
任姚卢傅钟姜崔谭廖范汪陆贾夏韦付邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武戴莫孔汤";

/// What stands in front of names, and is taken for a part of them.
pub(super) const BEFORE_NAMES: &[char] = &[
    '由', '让', '请', '给', '和', '跟', '对', '找', '叫', '问', '是', '与',
];

/// What stands behind a surname.
pub(super) const TITLES: &[&str] = &[
    "总", "工", "哥", "姐", "董", "局", "处", "经理", "总监", "老师", "主任", "处长", "局长",
    "部长", "书记", "教授", "医生", "律师", "先生", "女士", "小姐", "同学", "师傅", "主管", "组长",
    "班长", "队长", "院长", "校长", "科长", "会计", "秘书",
];

/// What stands in front of 部 where it is no department: 全部, 内部, 两部.
#[rustfmt::skip]
pub(super) const NO_DEPARTMENT_BEFORE: &[char] = &[
    '全', '内', '外', '干', '总', '大', '局', '头', '腹', '底', '根', '顶', '背', '东', '南', '西', '北', '中', '上', '下', '前', '后', '左', '右',
    '一', '二', '三', '两', '几', '多', '半', '个', '每', '各', '本', '这', '那', '首', '末', '尾', '胸', '肺', '面', '脚', '腿', '颈', '腰', '臀', '有', '的', '关',
];

/// Words in front of it that name none.
pub(super) const NO_DEPARTMENTS: &[&str] = &["其他", "同一", "跨越"];

/// What stands behind it there: 部分, 部署, 部件.
pub(super) const NO_DEPARTMENT_BEHIND: &[char] = &[
    '分', '署', '件', '位', '委', '落', '队', '级', '属', '首', '下', '手',
];

/// Products and companies that the dictionary has as ordinary words or not at all.
pub(super) const PRODUCTS: &[&str] = &[
    "安卓",
    "苹果",
    "华为",
    "小米",
    "荣耀",
    "三星",
    "微信",
    "企业微信",
    "支付宝",
    "飞书",
    "钉钉",
    "腾讯",
    "阿里",
    "百度",
    "抖音",
    "快手",
    "淘宝",
    "天猫",
    "京东",
    "拼多多",
    "美团",
    "饿了么",
    "滴滴",
    "字节",
    "网易",
    "知乎",
    "微博",
    "小红书",
    "顺丰",
    "中通",
    "圆通",
    "韵达",
    "银联",
    "云闪付",
    "谷歌",
    "微软",
    "亚马逊",
    "特斯拉",
    "比亚迪",
    "联想",
    "戴尔",
    "惠普",
];

/// English words in Chinese sentences that name nothing, in lower case.
pub(super) const ENGLISH: &[&str] = &[
    "ok", "okay", "app", "bug", "demo", "ppt", "pdf", "excel", "word", "email", "mail", "wifi",
    "vip", "kpi", "okr", "deadline", "ddl", "meeting", "review", "feature", "issue", "release",
    "online", "offline", "check", "update", "plan", "list", "case", "team", "leader", "boss", "hr",
    "pm", "am", "show", "call", "tips", "vs", "and", "the", "by", "in", "on", "to", "of", "is",
    "no", "yes", "hi", "hello", "bye", "um", "uh", "server", "client", "push", "merge", "code",
    "debug", "log", "test",
];

/// Who is meant where nobody is named; the dictionary has no persons of them.
pub(super) const PERSONS: &[&str] = &[
    "张三", "李四", "王五", "赵六", "孙七", "周八", "吴九", "郑十",
];

/// What a word in front names one of.
pub(super) const POSTS: &[&str] = &[
    "经理",
    "主管",
    "总监",
    "专员",
    "会议中心",
    "展览中心",
    "博览中心",
];

/// Words in front of them that name none.
#[rustfmt::skip]
pub(super) const NO_POSTS: &[&str] = &[
    "我们", "你们", "他们", "咱们", "大家", "这个", "那个", "这位", "那位", "公司", "部门", "所有", "各位", "一个", "一位", "两个", "几个", "每个", "全体", "新任",
    "请问", "需要", "负责", "通知", "联系", "由于", "以及", "还是", "或者", "副总",
];
