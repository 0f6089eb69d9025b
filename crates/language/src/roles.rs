//! Sentences of the same words in which two have changed places round something that gives them their roles: 北京到上海 and
//! 上海到北京, 我打他 and 他打我.
//!
//! What stands beside one another as equals may change places (苹果和香蕉), and so may what a question does not care about (北京到上海多远).

mod crossed;
mod giving;
mod moved;
mod steps;
mod ways;

use std::ops::Range;

use crate::plain::{Plain, common_ends};

/// Two texts that give the same words other roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDifference {
    /// The words of the first text, with what stands between them.
    pub a: String,
    /// Those of the second.
    pub b: String,
}

/// Characters of what changes places.
const LONGEST_NAME: usize = 12;

/// Characters between.
const LONGEST_BETWEEN: usize = 12;

/// Between two, what gives each its role.
#[rustfmt::skip]
const PIVOTS: &[&str] = &[
    "到", "→", "至", "往", "飞", "去", "比", "给", "欠", "把", "被", "让", "叫", "向", "对", "将", "替", "为", "打", "骂", "追", "爱", "喜欢", "恨", "帮", "救", "杀", "咬", "教", "问",
    "告诉", "通知", "请", "送", "还", "借", "租", "卖", "买", "付", "赔", "管", "领导", "批评", "表扬", "投诉", "举报", "起诉", "状告", "收购", "兼并", "战胜", "打败", "击败", "胜", "赢", "输",
    "超过", "高于", "低于", "大于", "小于", "多于", "少于", "早于", "晚于", "优于", "换", "兑", "转", "变", "改成", "代替", "取代", "导致", "引起", "造成", "包含", "包括", "属于", "依赖", "控制",
    "看", "找", "等", "骗", "养", "生", "撞", "抓", "推", "拉", "踢", "怕", "怪", "求", "劝", "骚扰", "欺负", "保护", "照顾", "介绍", "推荐", "担保", "继承", "嫁", "娶", "签", "交",
    "译成", "翻成", "升级", "导入", "委托", "之前", "之后", "违约", "代", "赶", "辞退", "开除", "解雇", "侵权", "授权", "监护", "探视", "投资", "入股", "控股", "拉黑", "屏蔽", "冒充", "提", "汇",
    ">", "<", "->",
];

/// Between two, what makes them equals.
#[rustfmt::skip]
const EQUALS: &[&str] = &["和", "与", "跟", "及", "或", "还是", "一样", "等于", "同", "认识", "相当", "类似", "互相", "之间", "距", "离"];

/// In a sentence, what asks for something that is the same both ways, of those who travel or stand beside one another.
#[rustfmt::skip]
const BOTH_WAYS: &[&str] = &["多远", "距离", "多少公里", "公里数", "相距", "多久", "多长时间", "几个小时", "几小时", "差多少", "差价", "差别", "区别"];

/// In a sentence, what two do alike.
const MUTUAL: &[&str] = &["互相", "相互"];

/// Between two, what a way has that is as long there as back, and what compares.
const WAYS: &[char] = &[
    '到', '至', '去', '→', '>', '距', '离', '和', '与', '跟', '同',
];

/// In a sentence, what says that something is brought there: how long that takes, or whether it can be, is another matter back.
#[rustfmt::skip]
const BROUGHT: &[char] = &['转', '寄', '发', '提', '换', '飞', '汇', '运', '充', '兑', '退', '送', '递', '邮', '调', '搬', '迁', '拨', '划', '存', '比'];

/// Words of travel with such a character.
const TRAVEL: &[&str] = &["出发", "转车", "转机", "转乘", "中转", "换乘", "飞机"];

/// What follows the first of two steps.
const THEN: &[&str] = &["后", "再", "然后", "才", "接着"];

/// The words of two texts that have changed their roles; `None`: none have.
pub fn role_difference(text_a: &str, text_b: &str) -> Option<RoleDifference> {
    let (a, b) = (Plain::of(text_a)?, Plain::of(text_b)?);
    if is_the_same_both_ways(&a.characters) && is_the_same_both_ways(&b.characters) {
        return None;
    }
    let turned = ways::turned(&a.characters, &b.characters)
        .or_else(|| giving::opposed(&a.characters, &b.characters))
        .map(|places| given(&a, &b, places));
    let moved = moved::turned(&a.characters, &b.characters)
        .or_else(|| moved::suffered(&a.characters, &b.characters))
        .or_else(|| moved::suffered(&b.characters, &a.characters).map(|[b, a]| [a, b]))
        .map(|places| given(&a, &b, places));
    let in_turn = steps::turned(&a.characters, &b.characters)
        .or_else(|| crossed::turned(&a, &b))
        .map(|places| given(&a, &b, places));
    turned
        .or_else(|| exchanged(&ways::bare(a), &ways::bare(b)))
        .or(moved)
        .or(in_turn)
}

/// What stands there in two texts.
fn given(a: &Plain, b: &Plain, [in_a, in_b]: [Range<usize>; 2]) -> RoleDifference {
    RoleDifference {
        a: a.given(in_a),
        b: b.given(in_b),
    }
}

/// The words that have changed places in texts which are the same otherwise.
fn exchanged(a: &Plain, b: &Plain) -> Option<RoleDifference> {
    if a.characters.len() != b.characters.len() {
        return None;
    }
    let (begin, end) = common_ends(&a.characters, &b.characters);
    let middle = begin..a.characters.len().checked_sub(end)?;
    let (of_a, of_b) = (&a.characters[middle.clone()], &b.characters[middle.clone()]);
    let roles = swaps(of_a, of_b).any(|between| {
        let around = begin + between.start - 1..begin + between.end + 1;
        let of_codes = is_code(&of_a[..between.start]) && is_code(&of_a[between.end..]);
        let between = &of_a[between];
        a.is_joined(around)
            && (gives_roles(between, &a.characters[..begin]) || of_codes && may_do(between))
    });
    let shown = shown(&a.characters, &b.characters, middle);
    roles.then(|| RoleDifference {
        a: a.given(shown.clone()),
        b: b.given(shown),
    })
}

/// Whether a text asks for what is the same both ways: how far it is from one to the other, or how long one travels. How long a parcel or money takes is none.
fn is_the_same_both_ways(text: &[char]) -> bool {
    let mut text: String = text.iter().collect();
    let has = |words: &[&str], text: &str| words.iter().any(|word| text.contains(word));
    if has(MUTUAL, &text) || !has(BOTH_WAYS, &text) {
        return has(MUTUAL, &text);
    }
    for travel in TRAVEL {
        text = text.replace(travel, "");
    }
    text.contains(WAYS) && !text.contains(BROUGHT)
}

/// What stands between two that have changed places, for each way in which they may have: `a` is X M Y and `b` is Y M X, and M is given as its
/// place in `a`.
fn swaps<'a>(a: &'a [char], b: &'a [char]) -> impl Iterator<Item = Range<usize>> + 'a {
    let lengths = |text: &[char]| 1..=LONGEST_NAME.min(text.len());
    let firsts = lengths(a).filter(|&x| b.ends_with(&a[..x]));
    firsts.flat_map(move |x| {
        let seconds = lengths(b).filter(move |&y| x + y < a.len() && a.ends_with(&b[..y]));
        let between = seconds.map(move |y| (x..a.len() - y, y));
        between.filter_map(move |(between, y)| {
            let in_b = y..b.len() - x;
            let is_same = between.len() <= LONGEST_BETWEEN && a[between.clone()] == b[in_b];
            is_same.then_some(between)
        })
    })
}

/// Whether what stands between two gives them their roles; `before` is what stands in front of both.
fn gives_roles(between: &[char], before: &[char]) -> bool {
    let between: String = between.iter().collect();
    let is_step = before.ends_with(&['先']) && THEN.contains(&between.as_str());
    let has = |words: &[&str]| words.iter().any(|word| between.contains(word));
    is_step || has(PIVOTS) && !has(EQUALS)
}

fn is_code(name: &[char]) -> bool {
    name.iter().all(char::is_ascii_alphanumeric)
}

/// Whether what stands between two codes says what the one may do with the other, and that is not the same both ways: C1能开B1的车.
fn may_do(between: &[char]) -> bool {
    let between: String = between.iter().collect();
    let has = |words: &[&str]| words.iter().any(|word| between.contains(word));
    has(&["能", "可以"]) && !has(EQUALS) && !has(&["配", "兼容", "连", "通用", "搭"])
}

/// The place of what differs, with what is left of the names at its ends: 小王打小李 begins with what both names begin with.
fn shown(a: &[char], b: &[char], middle: Range<usize>) -> Range<usize> {
    let is_name = |at: usize| {
        let of_both = a.get(at).is_some_and(char::is_ascii_alphanumeric);
        of_both && b.get(at).is_some_and(char::is_ascii_alphanumeric)
    };
    let mut place = middle;
    while place.start > 0 && is_name(place.start - 1) {
        place.start -= 1;
    }
    while is_name(place.end) {
        place.end += 1;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_roles_are_found() {
        for (a, b, in_a) in [
            ("北京到广州的机票", "广州到北京的机票", "北京到广州"),
            ("北京→上海", "上海→北京", "北京→上海"),
            ("从上海飞往成都", "从成都飞往上海", "上海飞往成都"),
            ("小李欠张三两千块", "张三欠小李两千块", "小李欠张三"),
            ("甲比乙高", "乙比甲高", "甲比乙"),
            ("我打了他", "他打了我", "我打了他"),
            ("老板把小王骂了", "小王把老板骂了", "老板把小王"),
            ("狗被貓咬了", "貓被狗咬了", "狗被貓"),
            ("先付款后发货", "先发货后付款", "付款后发货"),
            (
                "银行卡转微信要钱吗",
                "从微信转账到银行卡要钱吗",
                "银行卡转微信",
            ),
            ("中文翻译成英文", "英文翻译成中文", "中文翻译成英"),
            ("从微信转到支付宝", "支付宝转到微信", "微信转到支付宝"),
            ("从A账户转到B账户", "转到A账户从B账户", "A账户转到B账户"),
            (
                "怎么从微信转钱到支付宝",
                "支付宝的钱怎么转到微信",
                "微信转钱到支付宝",
            ),
            ("USD换CNY", "CNY换USD", "USD换CNY"),
            (
                "中国队2比1战胜韩国队",
                "韩国队2比1战胜中国队",
                "中国队2比1战胜韩",
            ),
            ("话费转给爸爸", "爸爸转给我话费", "给爸爸"),
            ("话费转给爸爸", "爸爸把话费转给我", "给爸爸"),
            ("怎么给孩子充话费", "孩子怎么给我充话费", "给孩子"),
            ("房子租给我朋友", "朋友把房子租给我", "给我朋友"),
            ("从北京寄到上海多久", "从上海寄到北京多久", "北京寄到上海"),
            (
                "北京发到上海要几小时",
                "上海发到北京要几小时",
                "北京发到上海",
            ),
            (
                "余额宝转到银行卡要多久",
                "银行卡转到余额宝要多久",
                "余额宝转到银行卡",
            ),
            ("甲方违约乙方怎么办", "乙方违约甲方怎么办", "甲方违约乙"),
            ("丈夫能代妻子签字吗", "妻子能代丈夫签字吗", "丈夫能代妻子"),
            ("房东可以赶租客吗", "租客可以赶房东吗", "房东可以赶租客"),
            ("C1能开B1的车吗", "B1能开C1的车吗", "C1能开B1"),
            ("人民币换美元", "我想用美元换人民币", "人民币换美元"),
            ("从北京寄到上海多少钱", "上海寄北京要多少钱", "北京寄到上海"),
            ("公司欠员工工资怎么办", "员工欠公司钱怎么办", "公司欠员工"),
            ("我被别人打了怎么办", "我打了别人怎么办", "我被别人打"),
            ("怎么给他人转账", "他人怎么给我转账", "给他人"),
        ] {
            let found = role_difference(a, b).unwrap_or_else(|| panic!("{a} / {b}"));
            assert_eq!(found.a, in_a, "{a} / {b}");
            assert!(role_difference(b, a).is_some(), "{b} / {a}");
        }
    }

    #[test]
    fn steps_and_subjects_in_turn_are_found_in_other_words() {
        for (a, b) in [
            ("我们先上线再测试", "那我们先测试再上线"),
            ("先付款再发货", "就先发货再付款"),
            ("先上线，再测试", "先测试，再上线"),
            ("我觉得先上线再测试", "先测试再上线"),
            ("那个先上线再测试", "先测试再上线吧"),
            ("先发货再付款", "付款后发货"),
            ("先吃药再吃饭", "然后先吃饭再吃药"),
            ("买方先验货卖方后发货", "卖方先发货买方后验货"),
            ("先由财务审批再由法务盖章", "那先由法务审批再由财务盖章"),
            ("财务部审批后法务部盖章", "法务部审批后财务部盖章"),
            ("财务部审批后法务部盖章", "法务部盖章后财务部审批"),
            ("张三审批后李四盖章", "那李四审批后张三盖章吧"),
            ("张三负责前端，李四负责后端", "李四负责前端，张三负责后端"),
            (
                "张三负责前端，李四负责后端",
                "那张三负责后端，李四负责前端吧",
            ),
            ("上午面试小王下午面试小李", "上午面试小李下午面试小王"),
        ] {
            assert!(role_difference(a, b).is_some(), "{a} / {b}");
            assert!(role_difference(b, a).is_some(), "{b} / {a}");
        }
        for (a, b) in [
            ("先上线再测试", "那我们就先上线再测试吧"),
            ("先付款再发货", "付款后再发货"),
            ("先测试前端再测试后端", "先测试前端再测后端"),
            ("先上线再测试", "不要先测试再上线，先上线再测试"),
            ("先注册账号再登录账号", "先注册账号再登录"),
            ("财务部审批后法务部盖章", "财务部先审批，然后法务部盖章"),
            ("张三负责前端，李四负责后端", "李四负责后端，张三负责前端"),
            (
                "张三负责前端测试，李四负责后端测试",
                "李四负责后端测试，张三负责前端测试",
            ),
            ("王先生下单后发货", "下单后王先生发货"),
            ("上午开会，下午评审", "下午评审，上午开会"),
            ("售后和客服都在线", "客服和售后都在线"),
            (
                "抢劫在事故不久后便发生了",
                "抢劫事件发生在这起事件发生后不久",
            ),
        ] {
            assert_eq!(role_difference(a, b), None, "{a} / {b}");
            assert_eq!(role_difference(b, a), None, "{b} / {a}");
        }
    }

    #[test]
    fn what_may_change_places_is_none() {
        for (a, b) in [
            ("北京到上海有多远", "上海到北京有多远"),
            ("从北京出发到上海多久", "从上海出发到北京多久"),
            ("北京到上海坐飞机多久", "上海到北京坐飞机多久"),
            ("人民币和港币差多少", "港币和人民币差多少"),
            ("我们互相转账", "我们相互转账"),
            ("苹果和香蕉哪个好", "香蕉和苹果哪个好"),
            ("我和他是同学", "他和我是同学"),
            ("今天北京下雨", "北京今天下雨"),
            ("手机在哪里充值", "在哪里充值手机"),
            ("甲等于乙", "乙等于甲"),
            ("小明认识小红", "小红认识小明"),
            ("白天上班，晚上学习", "晚上学习，白天上班"),
            (
                "冬天下雪不打雷，夏天下雨打雷",
                "夏天下雨打雷，冬天下雪不打雷",
            ),
            ("从微信转到支付宝", "微信转支付宝"),
            ("从微信转到支付宝", "微信的钱怎么转到支付宝"),
            ("从A账户转到B账户", "转到B账户从A账户"),
            ("从北京到上海的高铁", "到上海的高铁从北京出发"),
            ("从下周开始收费", "从下月起到明年收费"),
            ("从来没到过上海", "到上海从没坐过船"),
            ("打开文件夹", "文件夹打开"),
            ("话费转给爸爸", "给爸爸转话费"),
            ("我给爸爸充话费", "给我爸爸充话费"),
            ("票能送给朋友吗", "朋友能用我送给他的票吗"),
            ("发票怎么开给公司", "怎么给公司开发票"),
            ("把运费退给买家", "买家的运费退给谁"),
            ("帮忙给一家美容店起个名字", "想开一家美容店请给起个名字"),
            ("电脑自己补给电量", "给电脑充电"),
            ("人民币换美元", "我想用人民币换美元"),
            ("从北京寄到上海多少钱", "北京寄上海要多少钱"),
            ("公司欠员工工资怎么办", "公司欠了员工的钱怎么办"),
            ("我被别人打了怎么办", "别人打了我怎么办"),
            ("怎么给他人转账", "怎么把钱转给他人"),
            ("A1能和B1一起用吗", "B1能和A1一起用吗"),
            ("A1兼容B1吗", "B1能兼容A1吗"),
            ("我打他", "我打他"),
            ("", ""),
        ] {
            assert_eq!(role_difference(a, b), None, "{a} / {b}");
        }
    }
}
