use super::*;

#[test]
fn equal_numbers_however_they_are_written() {
    for (a, b) in [
        ("3月5日开会", "三月五号开会"),
        ("下午3点半", "15:30"),
        ("三点十五分", "3:15"),
        ("退款１００元", "退款一百块钱"),
        ("人口1.5万", "人口15000"),
        ("1,234,567人", "1234567名"),
        ("50%的折扣", "百分之五十的折扣"),
        ("2026-03-05", "2026年3月5日"),
        ("二〇二六年", "2026年"),
        ("星期三", "周三"),
        ("星期天", "周日"),
        ("¥20", "二十元"),
        ("第3次", "第三次"),
        ("版本1.2.3", "版本 1.2.3 "),
        ("两个小时", "2小时"),
        // 一 is often an article.
        ("我一个人去", "我独自去"),
        ("买一个苹果", "买苹果"),
        ("他第一时间来了", "他马上来了"),
        ("两只狗", "两条狗"),
        ("神庙逃亡二", "神庙逃亡2"),
        // No numbers.
        ("大陆人收拾一下", "内地人整理一下"),
        ("十分满意", "非常满意"),
        ("有一点贵", "有些贵"),
        ("千万别迟到，万一堵车", "别迟到，可能堵车"),
        ("一些人一起统一意见", "几个人共同决定"),
        ("几十个人", "很多人"),
        ("一周一次", "每周一次"),
    ] {
        assert_eq!(number_difference(a, b), None, "{a} / {b}");
    }
}

#[test]
fn differences_are_told_as_they_are_written() {
    let lists = |found: Option<NumberDifference>| {
        let found = found.map(|d| (d.only_a.join(" "), d.only_b.join(" ")));
        found.unwrap_or_default()
    };
    for (a, b, only_a, only_b) in [
        ("3月开会", "5月开会", "3月", "5月"),
        ("3月5日", "3月6日", "5日", "6日"),
        ("会议改到三点", "会议改到四点", "三点", "四点"),
        ("下午三点半", "下午三点", "半", ""),
        ("退款100元", "退款", "100元", ""),
        ("一个月", "三个月", "一个月", "三个月"),
        ("买一个苹果", "买两个苹果", "一个", "两个"),
        ("周三开会", "周五开会", "周三", "周五"),
        ("iPhone 15", "iPhone 16", "15", "16"),
        ("版本1.2.3", "版本1.2.4", "1.2.3", "1.2.4"),
        ("涨了5%", "涨了5倍", "5%", "5倍"),
        ("跌了5%，又跌了5%", "跌了", "5%", ""),
        ("下午一点到", "下午两点到", "一点", "两点"),
        ("三十五万", "三十六万", "三十五万", "三十六万"),
        ("", "８折", "", "８折"),
        ("日本", "81544日本", "", "81544"),
    ] {
        let expected = (only_a.to_owned(), only_b.to_owned());
        assert_eq!(lists(number_difference(a, b)), expected, "{a} / {b}");
        let turned = (expected.1, expected.0);
        assert_eq!(lists(number_difference(b, a)), turned, "{b} / {a}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_read(text in "([0-9一二十百万亿.,:点半分月周第%年日零/-]|.){0,16}") {
        let found = numbers(&text);
        proptest::prop_assert!(found.iter().all(|number| text.contains(&number.text)));
        proptest::prop_assert_eq!(number_difference(&text, &text), None);
    }
}
