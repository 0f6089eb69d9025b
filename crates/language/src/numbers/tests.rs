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
        ("A3套餐多少钱", "套餐A3什么价"),
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
fn signs_count() {
    for (a, b) in [
        ("气温-5度", "气温零下5度"),
        ("气温零下五度", "气温－5℃"),
        ("今天负5度", "今天零下5°C"),
        ("minus 5 degrees", "-5 degrees"),
        ("跌了5%", "涨跌幅-5%"),
        ("3-5天到货", "三到五天到货"),
        ("3～5天到货", "三至五天到货"),
        ("周一-周五", "星期一到星期五"),
        ("车停在负一楼", "车停在地下一层"),
        ("自负5元运费", "自己付5元运费"),
        ("F-16战机", "F16战机"),
    ] {
        assert_eq!(number_difference(a, b), None, "{a} / {b}");
        assert_eq!(number_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn equal_amounts_in_other_units() {
    for (a, b) in [
        ("等半小时", "等30分钟"),
        ("等了半个小时", "等了 30 分钟"),
        ("一个半小时", "90分钟"),
        ("两个半小时", "2.5小时"),
        ("1小时30分钟", "90分钟"),
        ("1小时30分", "1个半小时"),
        ("一刻钟后到", "15分钟后到"),
        ("24小时内发货", "一天内发货"),
        ("7天无理由退货", "七日无理由退货"),
        ("一周后", "7天后"),
        ("半年", "6个月"),
        ("一年半", "18个月"),
        ("半个月", "15天"),
        ("两块五", "2.5元"),
        ("三块五毛", "3.5元"),
        ("身高一米八", "身高180厘米"),
        ("身高1米75", "身高1.75米"),
        ("2公斤苹果", "四斤苹果"),
        ("半斤", "250克"),
        ("50%的用户", "一半的用户"),
        ("一半的用户", "百分之五十的用户"),
        ("饭后半小时", "饭后30分钟"),
        ("满99包邮", "满九十九元包邮"),
        ("50%", "0.5"),
        ("三分之一", "1/3"),
        ("四分之三的人", "75%的人"),
        ("百分之三点五", "3.5%"),
        ("打八折", "优惠20%"),
        ("半价", "五折"),
        ("85折", "八五折"),
        ("三点五公里", "3.5公里"),
        ("零点五", "0.5"),
        ("月薪10k", "月薪一万"),
        ("3w元", "三万元"),
        ("26年3月", "2026年3月"),
        ("三点一刻", "3:15"),
        ("一两天到货", "1-2天到货"),
        ("十多个人", "10多个人"),
        ("我们俩", "我们两个人"),
        ("两成用户", "20%的用户"),
        ("百分之百满意", "100%满意"),
        ("90后", "九零后"),
        ("5G手机", "五G手机"),
    ] {
        assert_eq!(number_difference(a, b), None, "{a} / {b}");
        assert_eq!(number_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn dates_and_numbers_of_english() {
    for (a, b) in [
        ("2 apples", "two apples"),
        ("two hundred and fifty users", "250 users"),
        ("two and a half hours", "2.5 hours"),
        ("a couple of days", "two days"),
        ("twenty-five people", "25个人"),
        ("5 million", "500万"),
        ("March 5", "3/5"),
        ("March 5", "3月5日"),
        ("on 5 March", "3月5号"),
        ("5th of March, 2026", "2026-03-05"),
        ("Mar. 5th", "3月5日"),
        ("3/5", "3月5号"),
        ("3.5", "3月5日"),
        ("03-05", "3月5日"),
        ("20260305", "2026年3月5日"),
        ("in May 2026", "2026年5月"),
        ("half an hour", "30 minutes"),
        ("half an hour", "半小时"),
        ("an hour later", "60分钟后"),
        ("a 30-minute walk", "步行半小时"),
        ("half past three", "3:30"),
        ("3 pm", "下午三点"),
        ("3:30 pm", "15:30"),
        ("half of the users", "50% of the users"),
        ("20 percent off", "八折"),
        ("twice a day", "每天两次"),
        ("Monday meeting", "周一开会"),
        ("5 years old", "五岁"),
        ("the first one", "第一个"),
        ("the 2nd floor", "二楼"),
        ("a quarter past three", "3:15"),
        ("COVID-19 vaccine", "COVID vaccine"),
        // No numbers.
        ("one of us", "some of us"),
        ("May I return it", "Can I return it"),
        ("a march for peace", "a walk for peace"),
        ("give me a second", "wait a moment"),
        ("first of all", "to begin with"),
        ("MP3 player", "music player"),
        ("the day after", "next day"),
    ] {
        assert_eq!(number_difference(a, b), None, "{a} / {b}");
        assert_eq!(number_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn idioms_are_no_numbers() {
    for (a, b) in [
        ("四季如春", "全年温暖"),
        ("等了半天", "等了很久"),
        ("三角形", "多边形"),
        ("这是两回事", "这不一样"),
        ("第二天就到了", "次日就到了"),
        ("买三送一", "买3送1"),
        ("买三送一", "买三件送一件"),
        ("满一百减二十", "满100元减20元"),
        ("三选一", "3选1"),
        ("二比一", "2:1"),
        ("统一比一下价格", "对比价格"),
        ("一百多块钱", "100多元"),
        ("几十个人", "很多人"),
        ("三四个人", "几个人"),
        ("双11", "双十一"),
        ("三点建议", "3条建议"),
        ("多半是真的", "很可能是真的"),
        ("一半天就好", "过几天就好"),
        ("大陆七喜", "大陆汽水"),
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
        ("下午三点半", "下午三点", "下午三点半", "下午三点"),
        ("退款100元", "退款", "100元", ""),
        ("一个月", "三个月", "一个月", "三个月"),
        ("买一个苹果", "买两个苹果", "一个", "两个"),
        ("周三开会", "周五开会", "周三", "周五"),
        ("iPhone 15", "iPhone 16", "15", "16"),
        ("版本1.2.3", "版本1.2.4", "1.2.3", "1.2.4"),
        ("涨了5%", "涨了5倍", "5%", "5倍"),
        ("跌了5%，又跌了5%", "跌了", "5%", ""),
        ("下午一点到", "下午两点到", "下午一点", "下午两点"),
        ("三十五万", "三十六万", "三十五万", "三十六万"),
        ("", "８折", "", "８折"),
        ("日本", "81544日本", "", "81544"),
        ("-5度", "5度", "-5度", "5度"),
        ("零下5度", "5度", "零下5度", "5度"),
        ("气温降到零下5度", "气温降到5度", "零下5度", "5度"),
        ("增长-3%", "增长3%", "-3%", "3%"),
        ("买三送一", "买二送一", "买三送一", "买二送一"),
        ("买一送一", "买二送一", "买一送一", "买二送一"),
        ("满200减30", "满200减50", "满200减30", "满200减50"),
        ("三选一", "四选一", "三选一", "四选一"),
        ("半小时", "一小时", "半小时", "一小时"),
        ("半小时", "20分钟", "半小时", "20分钟"),
        ("一半", "30%", "一半", "30%"),
        ("1小时30分钟", "1小时20分钟", "1小时30分钟", "1小时20分钟"),
        ("三分之一", "三分之二", "三分之一", "三分之二"),
        ("two apples", "three apples", "two", "three"),
        ("March 5", "March 6", "5", "6"),
        ("March 5", "April 5", "March", "April"),
        ("3天", "3周", "3天", "3周"),
        ("3 days", "3 weeks", "3 days", "3 weeks"),
        ("版本3.5", "版本3", "3.5", "3"),
        ("版本3.5", "版本3.6", "3.5", "3.6"),
        ("version 2.0", "version 3.0", "2.0", "3.0"),
        ("两成", "三成", "两成", "三成"),
        ("100多元", "200多元", "100多元", "200多元"),
        ("两块五", "两块", "两块五", "两块"),
        ("打八折", "打七折", "八折", "七折"),
        ("四星级酒店", "五星级酒店", "四星级", "五星级"),
        ("两室一厅", "三室一厅", "两室", "三室"),
        ("MP3", "MP4", "3", "4"),
        ("三到五天", "三到七天", "五天", "七天"),
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

#[test]
fn normal_forms_are_the_same_for_all_ways_to_write_a_number() {
    for (texts, expected) in [
        (["3月5日", "三月五号", "March 5"], vec!["3月", "5日"]),
        (["15,000元", "1.5万块", "¥15000"], vec!["15000元"]),
        (["11,000元", "1.1万块", "¥11000"], vec!["11000元"]),
        (["周三", "星期三", "Wednesday"], vec!["星期3"]),
        (["15:30", "下午三点半", "3:30 pm"], vec!["3点", "30分"]),
        (["第二", "第2", "第２"], vec!["第2"]),
        (["买三送一", "买3送1", "三送一"], vec!["买3", "送1"]),
        (["1.2.3", "版本1.2.3", "v1.2.3"], vec!["1.2.3"]),
    ] {
        for text in texts {
            let mut found: Vec<String> = numbers(text).iter().map(Number::normal_form).collect();
            found.sort();
            let mut expected = expected.clone();
            expected.sort();
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[test]
fn numbers_have_their_places() {
    let text = "满200元减30，三月五号前";
    let characters: Vec<char> = text.chars().collect();
    for number in numbers(text) {
        let there: String = characters[number.place.clone()].iter().collect();
        assert_eq!(there, number.text);
    }
}

#[test]
fn what_is_often_no_number_is_incidental() {
    let incidental =
        |text| -> Vec<bool> { numbers(text).iter().map(Number::is_incidental).collect() };
    assert_eq!(incidental("买一个"), [true]);
    assert_eq!(incidental("买两个"), [false]);
}

#[test]
fn names_and_times_are_read_as_numbers() {
    for (a, b) in [
        ("国庆放假", "十月一日放假"),
        ("国庆去哪", "十一去哪"),
        ("五一去哪", "劳动节去哪"),
        ("双十一下单", "双11下单"),
        ("八月十五赏月", "中秋赏月"),
        ("腊月廿三", "腊月二十三"),
        ("差五分八点", "7:55"),
        ("差一刻十点", "9:45"),
        ("八点差五分", "7点55分"),
        ("九点过五分", "9:05"),
        ("午夜关门", "0点关门"),
        ("押金壹佰元整", "押金100元整"),
        ("贰仟伍佰元", "2500元"),
        ("两打鸡蛋", "24个鸡蛋"),
        ("对折", "五折"),
        ("翻了两番", "是原来的四倍"),
        ("8成新", "八成新"),
        ("二两生煎", "100克生煎"),
        ("第一季度", "一季度"),
        ("两三年", "2-3年"),
        ("四里路", "2公里"),
        ("兩個小時", "2小时"),
        ("凌晨一点", "晚上一点"),
        ("晚上八点", "20:00"),
        ("过半小时叫我", "30分钟后叫我"),
        ("双人房", "两人间"),
    ] {
        assert_eq!(number_difference(a, b), None, "{a} / {b}");
        assert_eq!(number_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn words_with_numerals_are_no_numbers() {
    for (a, b) in [
        ("零件在哪", "配件在哪"),
        ("零部件", "部件"),
        ("第三方账号", "别家的账号"),
        ("五台山", "峨眉山"),
        ("四分五裂", "分崩离析"),
        ("一五一十地说", "原原本本地说"),
        ("一时想不起来", "暂时想不起来"),
        ("他一打开门", "他打开门"),
        ("猜一成语", "猜成语"),
        ("一年到头", "整年"),
        ("统一六位密码", "6位密码"),
        ("万一三点没到", "如果3点没到"),
        ("6种子下载", "6的种子下载"),
        ("最初三天", "开头3天"),
        ("元宵灯会", "灯会"),
    ] {
        assert_eq!(number_difference(a, b), None, "{a} / {b}");
        assert_eq!(number_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn names_and_times_differ() {
    let only = |a: &str, b: &str| {
        let found = number_difference(a, b).unwrap_or_else(|| panic!("{a} / {b}"));
        (found.only_a.join(" "), found.only_b.join(" "))
    };
    for (a, b, only_a, only_b) in [
        ("国庆放假", "5月3日放假", "国庆", "5月 3日"),
        ("早上八点", "晚上八点", "早上八点", "晚上八点"),
        ("3 am", "3 pm", "3 am", "3 pm"),
        ("差十分九点", "九点过十分", "差十分九点", "九点过十分"),
        ("正月初五", "正月初六", "初五", "初六"),
        ("六根黄瓜", "三根黄瓜", "六根", "三根"),
        ("第二次世界大战", "第一次世界大战", "第二", "第一"),
    ] {
        assert_eq!(
            only(a, b),
            (only_a.to_owned(), only_b.to_owned()),
            "{a} / {b}"
        );
    }
}

#[test]
fn long_texts_are_compared_by_their_different_numbers() {
    let long = |text: &str| text.repeat(100_000 / text.chars().count());
    for (a, b, expected) in [
        ("3月5号…", "3月5号…", None),
        ("3月5号…", "3月6号…", Some((vec!["5号"], vec!["6号"]))),
        ("一百元，", "100元，", None),
        ("2 ", "二", None),
    ] {
        let found = number_difference(&long(a), &long(b));
        let found = found.map(|found| (found.only_a, found.only_b));
        let expected = expected.map(|(a, b): (Vec<&str>, Vec<&str>)| {
            let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
            (owned(a), owned(b))
        });
        assert_eq!(found, expected, "{a} / {b}");
    }
    // A table.
    let table: String = (0..2_000).map(|i| format!("{i}元 ")).collect();
    assert_eq!(number_difference(&table, "5元"), None);
}

/// What is named of two texts, or nothing.
fn named(a: &str, b: &str) -> (String, String) {
    let found =
        number_difference(a, b).map(|found| (found.only_a.join(" "), found.only_b.join(" ")));
    found.unwrap_or_default()
}

fn differ(pairs: &[(&str, &str, &str, &str)]) {
    for &(a, b, only_a, only_b) in pairs {
        assert_eq!(
            named(a, b),
            (only_a.to_owned(), only_b.to_owned()),
            "{a} / {b}"
        );
        assert_eq!(
            named(b, a),
            (only_b.to_owned(), only_a.to_owned()),
            "{b} / {a}"
        );
    }
}

fn agree(pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        assert_eq!(number_difference(a, b), None, "{a} / {b}");
        assert_eq!(number_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn times_of_the_day_are_read_with_their_half_and_named_whole() {
    differ(&[
        ("早8点到", "晚8点到", "早8点", "晚8点"),
        ("9:00上课", "21:00上课", "9:00", "21:00"),
        ("21:00上课", "9:30上课", "21:00", "9:30"),
        ("上午十点半开会", "下午十点开会", "上午十点半", "下午十点"),
        ("早上的8点", "晚上的8点", "早上的8点", "晚上的8点"),
        ("9 a.m.", "9 p.m.", "9 a.m.", "9 p.m."),
        ("AM 9:00", "PM 9:00", "AM 9:00", "PM 9:00"),
        (
            "7 in the morning",
            "7 in the evening",
            "7 in the morning",
            "7 in the evening",
        ),
        ("8点40到", "8点50到", "8点40", "8点50"),
        ("中午12点", "半夜12点", "中午12点", "半夜12点"),
    ]);
    agree(&[
        ("上午十点半", "10:30"),
        ("早9点到晚6点", "9:00-18:00"),
        ("早九晚六", "9点到18点"),
        ("最晚8点到", "8点之前到"),
        ("晚一点来", "迟些来"),
        ("营业时间9:00-6:00", "营业时间9:00-18:00"),
        ("今晚的晚会8点开始", "晚会20点开始"),
        ("九点关灯", "21:00关灯"),
        ("晚上12点", "零点"),
        ("8点40", "8:40"),
        // Who writes no colon mostly counts to twelve.
        ("5点还没到账", "17点还没到账"),
    ]);
}

#[test]
fn decimals_that_may_be_versions_or_dates_are_as_they_are_written() {
    differ(&[
        ("Python 3.10", "Python 3.1", "3.10", "3.1"),
        ("3.10出发", "3.1出发", "3.10", "3.1"),
        ("3.10版", "3.1版", "3.10版", "3.1版"),
    ]);
    agree(&[
        ("单价2.50", "单价2.5"),
        ("2.50元", "2.5元"),
        ("误差0.50", "误差0.5"),
        ("2.0版本", "2版本"),
        ("3.10出发", "3月10日出发"),
    ]);
}

#[test]
fn units_are_converted_and_told_apart() {
    differ(&[
        ("5km远", "5m远", "5km", "5m"),
        ("5GB", "5MB", "5GB", "5MB"),
        ("每次5mg", "每次5g", "5mg", "5g"),
        ("180℃", "180℉", "180℃", "180℉"),
        ("25美元", "25欧元", "25美元", "25欧元"),
        ("2kW", "2W", "2kW", "2W"),
        ("3尺", "3丈", "3尺", "3丈"),
    ]);
    agree(&[
        ("1km", "1000m"),
        ("1小时", "60分钟"),
        ("1斤", "500克"),
        ("1TB", "1024GB"),
        ("1TB", "1000GB"),
        ("1T硬盘", "1TB硬盘"),
        ("100M宽带", "100兆宽带"),
        ("0.4mg", "400微克"),
        ("1kW", "1000W"),
        ("36km/h", "10m/s"),
        ("20刀", "20美元"),
        ("两亩地", "2亩地"),
        ("10个G", "10GB"),
        ("5G手机", "五G手机"),
        ("5G手机", "最新的5g手机"),
        ("俩月", "两个月"),
        ("三分之一", "33%"),
        ("1/2杯", "半杯"),
        ("身高173", "身高1米73"),
    ]);
}

#[test]
fn the_order_of_two_numbers_counts_between_them() {
    differ(&[
        ("2比1赢", "1比2赢", "2比1", "1比2"),
        ("二比一", "1:2", "二比一", "1:2"),
        ("比值3/4", "比值4/3", "3/4", "4/3"),
        ("比分3-0", "比分0-3", "3-0", "0-3"),
        ("从3楼到7楼", "从7楼到3楼", "3楼到7楼", "7楼到3楼"),
        (
            "2号楼改到3号楼",
            "3号楼改到2号楼",
            "2号楼改到3号楼",
            "3号楼改到2号楼",
        ),
    ]);
    agree(&[
        ("2比1", "2:1"),
        ("21:19", "21比19"),
        ("三七分", "3:7分"),
        ("A队3分，B队5分", "B队5分，A队3分"),
        ("从3楼到7楼", "3-7楼"),
    ]);
}

#[test]
fn years_and_numerals_of_every_kind() {
    differ(&[
        ("九八年", "八九年", "九八年", "八九年"),
        ("98年", "2008年", "98年", "2008年"),
        ("百十来户", "五十来户", "百十来户", "五十来户"),
        ("金额貳仟元", "金额參仟元", "貳仟元", "參仟元"),
        ("几十块", "几百块", "几十", "几百"),
    ]);
    agree(&[
        ("九八年", "1998年"),
        ("98级", "1998级"),
        ("上世纪九十年代", "20世纪90年代"),
        ("百十来人", "一百来人"),
        ("半打", "6个"),
        ("编号壹貳參", "编号123"),
        ("五仟元", "5000元"),
    ]);
}

#[test]
fn the_way_that_a_number_goes_counts() {
    differ(&[
        ("油价上调0.3元", "油价下调0.3元", "上调0.3元", "下调0.3元"),
        ("涨了约5%", "跌了约5%", "涨了约5%", "跌了约5%"),
        ("三天前发货", "三天后发货", "三天前", "三天后"),
        ("7天内到", "7天后到", "7天内", "7天后"),
        ("60分以上", "60分以下", "60分以上", "60分以下"),
        ("不超过3次", "超过3次", "不超过3次", "超过3次"),
        ("至少五个人", "最多五个人", "至少五个人", "最多五个人"),
        ("prices up 5%", "prices down 5%", "up 5%", "down 5%"),
    ]);
    agree(&[
        ("涨了5%", "上涨5%"),
        ("不到3次", "少于3次"),
        ("不超过3次", "最多3次"),
        ("早8点开门", "8点开门"),
        ("提前三天预约", "三天前预约"),
        ("增加到50人", "涨到50人"),
    ]);
}

#[test]
fn numbers_that_change_places_count_where_all_else_is_the_same() {
    differ(&[("甲80分，乙90分", "甲90分，乙80分", "80分 90分", "90分 80分")]);
    agree(&[
        ("甲80分，乙90分", "乙90分，甲80分"),
        ("甲80分，乙90分", "甲 80 分、乙 90 分"),
        ("两成五", "25%"),
        ("小一号的", "小一点的"),
    ]);
}

#[test]
fn an_hour_that_is_written_alike_in_both_texts_is_no_hour_of_the_afternoon_besides() {
    differ(&[
        ("营业时间9点到18点", "营业时间9点到21点", "18点", "21点"),
        ("9:00到18:00", "9点到21点", "18:00", "21点"),
        ("8点到17点", "8点到20点", "17点", "20点"),
        ("8点到20点", "8点到18点", "20点", "18点"),
        ("10点到18点", "10点到22点", "18点", "22点"),
        ("7点到20点", "7点到19点", "20点", "19点"),
        ("8点到12点", "8点到20点", "12点", "20点"),
        ("9点到18点，晚上不开", "9点到21点，晚上不开", "18点", "21点"),
        ("会议2点开始3点结束", "会议14点开始3点结束", "2点", "14点"),
    ]);
    agree(&[
        ("下午3点开会", "15点开会"),
        ("3点开会", "15点开会"),
        ("3点开会，5点结束", "15点开会，17点结束"),
        ("9点到18点", "9点到6点"),
        ("9点到18点", "早上9点到晚上6点"),
        ("上午10点开会，3点评审", "上午10点开会，15点评审"),
        ("下午2点到8点", "下午2点到20点"),
    ]);
}

#[test]
fn parts_of_a_hundred_a_thousand_and_ten_thousand_are_told_apart() {
    differ(&[
        ("手续费万分之三", "手续费千分之三", "万分之三", "千分之三"),
        ("万分之一", "万分之四", "万分之一", "万分之四"),
        (
            "万分之二点五",
            "千分之二点五",
            "万分之二点五",
            "千分之二点五",
        ),
        ("百分之一", "千分之十四", "百分之一", "千分之十四"),
        ("千分之十", "千分之十四", "千分之十", "千分之十四"),
        ("万分之一", "百分之零点四", "万分之一", "百分之零点四"),
    ]);
    agree(&[
        ("千分之十", "百分之一"),
        ("千分之十", "1%"),
        ("百分之一", "1 %"),
        ("千分之三", "3‰"),
        ("三分之一", "33%"),
        ("三分之二", "67%"),
    ]);
}
