use super::*;

#[test]
fn what_negates() {
    for (text, expected) in [
        ("这个不能退货", "不能"),
        ("我没有收到货", "没有"),
        ("还没到呢", "没"),
        ("别告诉她", "别"),
        ("无法登录", "无法"),
        ("不可以", "不"),
        ("尚未发货，请勿催促", "尚未 请勿"),
        ("看不到图片", "看不到"),
        ("I don't like it, never did", "don't never"),
        ("I can’t", "can’t"),
        ("服务不好", "不好"),
        ("什么都没有", "没有"),
    ] {
        assert_eq!(negations(text).join(" "), expected, "{text}");
    }
}

#[test]
fn what_only_looks_like_it() {
    for text in [
        "天气不错，特别好，差不多了",
        "今天天气真不错",
        "味道还不错",
        "别人的未来，没问题",
        "能不能退货",
        "可不可以退货",
        "去不去",
        "有没有货",
        "是不是真的",
        "好不好",
        "你吃了没",
        "工作好找不？在广东",
        "要不换一个",
        "是否支持退货",
        "不得不说",
        "不能不去",
        "无论如何，无线充电",
        "真是不可思议",
        "not only this",
        "没准儿明天到",
        "不但便宜而且好用",
        "非常满意",
        "无论多少都要",
        "雨下个不停",
        "不小心摔了",
        "没多久就坏了",
        "好不容易买到",
        "非得今天去",
        "离不开大家的帮助",
        "数不清的星星",
        "这家店没得说",
        "发货了没啊",
        "快递到没",
        "不一会儿就到",
        "买了个不粘锅",
        "大不了重来",
        "别提多好看了",
        "不同的颜色",
        "I can't wait",
        "isn't it great",
        "不知道怎么办",
        "这不是很好吗",
        "要不是你帮忙",
        "你不去不行",
        "second to none",
        "好吃不",
        "别客气",
        "no matter what",
        "",
    ] {
        assert_eq!(negations(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn only_one_side_makes_a_difference() {
    let only = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(
        negation_difference("能退货", "不能退货"),
        Some(NegationDifference::OnlyB(only(&["不能"])))
    );
    assert_eq!(
        negation_difference("I don't know", "I know"),
        Some(NegationDifference::OnlyA(only(&["don't"])))
    );
    assert_eq!(negation_difference("货还没到", "我没有收到货"), None);
    assert_eq!(negation_difference("能不能退货", "可以退货吗"), None);
}

#[test]
fn fixed_expressions_negate_only_against_their_contrary() {
    let only = |word: &str| vec![word.to_owned()];
    for (a, b, word) in [
        ("这样没问题", "这样有问题", "没问题"),
        ("没关系的", "有关系的", "没关系"),
        ("没有问题", "有问题", "没有"),
        ("两款不同", "两款相同", "不同"),
    ] {
        let expected = Some(NegationDifference::OnlyA(only(word)));
        assert_eq!(negation_difference(a, b), expected, "{a} / {b}");
        let turned = Some(NegationDifference::OnlyB(only(word)));
        assert_eq!(negation_difference(b, a), turned, "{b} / {a}");
    }
    for (a, b) in [
        ("没有问题", "没问题"),
        ("没问题", "可以"),
        ("有没有问题", "没问题"),
        ("有没有问题", "有问题吗"),
        ("没什么关系", "没关系"),
    ] {
        assert_eq!(negation_difference(a, b), None, "{a} / {b}");
        assert_eq!(negation_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn words_that_deny_answer_a_negation() {
    for (a, b) in [
        ("密码忘了", "不记得密码"),
        ("登录失败", "无法登录"),
        ("免运费", "不收运费"),
        ("免费的", "不要钱的"),
        ("禁止吸烟", "不许吸烟"),
        ("很难买到", "不容易买到"),
        ("价格便宜", "价格不贵"),
        ("not a problem", "no problem"),
        ("unlimited data", "no data limit"),
        ("unable to log in", "I can't log in"),
        ("payment failed", "I could not pay"),
        ("大家都喜欢", "没有人不喜欢"),
        ("必须去", "非去不可"),
        ("No. 5 bus", "bus 5"),
        ("why not try it", "try it"),
        ("It works, doesn't it?", "Does it work?"),
        ("No problem", "Sure"),
    ] {
        assert_eq!(negation_difference(a, b), None, "{a} / {b}");
        assert_eq!(negation_difference(b, a), None, "{b} / {a}");
    }
}

#[test]
fn negations_of_every_day_make_a_difference() {
    for (a, b, words) in [
        ("可以开发票", "不可以开发票", "不"),
        ("免费吗", "不免费吗", "不"),
        ("我收到了", "我没收到", "没"),
        ("支持分期", "不支持分期", "不"),
        ("想去", "不想去", "不想"),
        ("含糖", "不含糖", "不"),
        ("已发货", "未发货", "未"),
        ("需要预约", "无需预约", "无需"),
        ("看得到", "看不到", "看不到"),
        ("同意", "不同意", "不"),
        ("差评能删吗", "差评不能删吗", "不能"),
        ("请联系我", "请不要联系我", "不要"),
        ("I have paid", "I haven't paid", "haven't"),
        ("It works", "It does not work", "not"),
        ("有货", "无货", "无货"),
        ("请吸烟", "请勿吸烟", "请勿吸烟"),
        ("with sugar", "without sugar", "without"),
    ] {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let expected = Some(NegationDifference::OnlyB(words));
        assert_eq!(negation_difference(a, b), expected, "{a} / {b}");
    }
}

#[test]
fn negations_inside_words_of_the_dictionary_are_found() {
    for (text, expected) in [
        ("请别关灯", "别"),
        ("开会时别关摄像头", "别关"),
        ("千万别告诉她", "千万别"),
        ("非会员怎么买", "非会员"),
        ("这是非易燃品", "非"),
        ("未满周岁", "未满"),
        ("馆内禁止喧哗", "禁止喧哗"),
        ("附件打不开，看不到内容", "打不开 看不到"),
        ("這個還沒辦好，別走，無須排隊", "沒 別 無須"),
    ] {
        assert_eq!(negations(text).join(" "), expected, "{text}");
    }
}

#[test]
fn what_looks_like_a_prohibition_or_an_exclusion() {
    for text in [
        "别墅和别人的别克",
        "别有风味",
        "非常非洲",
        "搬弄是非",
        "莫斯科",
        "不用担心，别着急",
        "没有人不知道",
        "没有哪家店不收现金",
        "怎么可能不喜欢",
        "难道不好吗",
        "没有比这更好的",
        "小心别摔了",
        "天没黑之前到家",
        "给您带来的不便",
    ] {
        assert_eq!(negations(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn two_texts_may_negate_crosswise() {
    let swapped = |a: &str, b: &str| match negation_difference(a, b) {
        Some(NegationDifference::Swapped { a, b }) => Some((a, b)),
        None => None,
        other => panic!("{a} / {b}: {other:?}"),
    };
    let found = swapped("这张卡能打电话，不能上网", "这张卡能上网，不能打电话");
    assert_eq!(found, Some(("不能上网".into(), "不能打电话".into())));
    assert!(swapped("周一上班，周二不上班", "周二上班，周一不上班").is_some());
    for (a, b) in [
        ("能打电话，不能上网", "不能上网，能打电话"),
        ("豆浆和什么不能一起吃", "豆浆不能和什么一起吃"),
        ("为什么打不开相机", "相机打不开是为什么"),
    ] {
        assert_eq!(swapped(a, b), None, "{a} / {b}");
    }
}

#[test]
fn comfort_negates_only_against_its_contrary() {
    for (a, b) in [("没事，小伤", "不用担心，小伤"), ("别忘了带伞", "记得带伞")]
    {
        assert_eq!(negation_difference(a, b), None, "{a} / {b}");
    }
    for (a, b) in [
        ("这点伤不用担心", "这点伤让人担心"),
        ("千万不要放弃", "只好放弃"),
    ] {
        let found = negation_difference(a, b);
        assert!(
            matches!(found, Some(NegationDifference::OnlyA(_))),
            "{a} / {b}: {found:?}"
        );
    }
}

#[test]
fn long_texts_are_read_to_their_end() {
    for (part, count, expected) in [
        ("我不知道。", 20_000, 20_000),
        // All but the first stand between two that are alike, as in 好不好.
        ("不啊", 50_000, 1),
        ("没有啊", 33_000, 33_000),
        // Each second one takes back the one before.
        ("不是", 50_000, 0),
    ] {
        assert_eq!(negations(&part.repeat(count)).len(), expected, "{part}");
    }
    // What is asked much later is another question.
    let courteous = "不知道你们的客服晚上几点下班，怎么退货";
    assert_eq!(negations(courteous), Vec::<&str>::new());
    let statement = format!("不知道。{}怎么退货", "我昨天买了一件衣服。".repeat(20));
    assert_eq!(negations(&statement), ["不"]);
    let without = "无货".repeat(30_000);
    assert_eq!(
        negation_difference(&without, &"有货".repeat(30_000)),
        Some(NegationDifference::OnlyA(vec!["无货".into()]))
    );
    assert_eq!(negation_difference(&without, &"发货".repeat(30_000)), None);
}

#[test]
fn a_negation_that_an_expression_seems_to_hold_is_found() {
    for (a, b, words) in [
        ("收到货了", "没收到货", "没"),
        ("会过期", "不过期", "不"),
        ("断电", "不断电", "不"),
        ("做完手术住院", "做完手术不住院", "不"),
        ("有线索", "无线索", "无"),
        ("限速", "无限速", "无"),
        ("停更", "不停更", "不"),
        ("免运费", "不免运费", "不"),
        ("机器停转", "机器不停转", "不停转"),
        ("来过这里", "未来过这里", "未"),
        ("看手机", "别看手机", "别"),
        ("同步更新", "不同步更新", "不"),
        ("电视坏了", "电视没坏", "没"),
        ("会员能转让吗", "会员不能转让吗", "不能"),
        ("会员能转让", "会员不能转让", "不能"),
        ("七天无理由退货", "七天无理由不能退货", "不能"),
    ] {
        let expected = Some(NegationDifference::OnlyB(vec![words.to_owned()]));
        assert_eq!(negation_difference(a, b), expected, "{a} / {b}");
    }
}

#[test]
fn expressions_stay_what_they_are() {
    for text in [
        "便宜，不过人多",
        "不过去年卖得好",
        "不断学习",
        "不停下雨",
        "不同样式",
        "不住地点头",
        "无数人",
        "不管理由",
        "未来人类",
        "无线路由器",
        "无数学生",
        "别看他年纪小",
        "别管谁来",
        "别提多好看了",
        "别说孩子，大人也不怕",
        "不出三天就到",
        "上限不超过三个",
        "二话没说就走",
        "不幸丢失",
    ] {
        let found: Vec<&str> = negations(text)
            .into_iter()
            .filter(|word| *word != "不怕")
            .collect();
        assert_eq!(found, Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn antonyms_and_idioms_answer_a_negation() {
    for (a, b) in [
        ("价钱不贵", "价钱便宜"),
        ("流量不限", "无限流量"),
        ("他完全不懂乐器", "他对乐器一窍不通"),
        ("退房不晚于11点", "11点前退房"),
        ("申请没通过", "申请被拒了"),
        ("别管谁来", "谁来都行"),
        ("我真的没事", "没事，我不介意"),
        ("谁不想赢", "都想赢"),
        ("菜真不赖", "菜真好"),
        ("能不能找别人代付", "如何找人代付"),
    ] {
        assert_eq!(negation_difference(a, b), None, "{a} / {b}");
        assert_eq!(negation_difference(b, a), None, "{b} / {a}");
    }
    for (a, b) in [
        ("不超过3个", "超过3个"),
        ("员工不满", "员工满意"),
        ("未成年人", "成年人"),
        ("价钱不贵", "价钱贵"),
    ] {
        let found = negation_difference(a, b);
        assert!(
            matches!(found, Some(NegationDifference::OnlyA(_))),
            "{a} / {b}: {found:?}"
        );
    }
}

#[test]
fn a_negation_counts_where_the_other_text_has_what_it_negates() {
    for (a, b) in [
        ("怎么申请退货", "东西不想要了，如何退回去"),
        ("衣服买大了想换", "尺码不合适怎么换"),
        ("账号怎么删除", "账号不用了怎么注销"),
        ("喜欢清淡的", "不喜欢吃辣的"),
        ("路上车很少", "路上没什么车"),
        ("除非下雨，照常", "只要不下雨就照常"),
    ] {
        assert_eq!(negation_difference(a, b), None, "{a} / {b}");
        assert_eq!(negation_difference(b, a), None, "{b} / {a}");
    }
    for (a, b, word) in [
        ("我收到了", "没收到货", "没"),
        ("尺码适合", "尺码不合适", "不"),
        ("吃得完", "吃不完", "吃不完"),
        ("这样可以", "这样不可以", "不"),
        ("He works here", "He never worked here", "never"),
    ] {
        let expected = Some(NegationDifference::OnlyB(vec![word.to_owned()]));
        assert_eq!(negation_difference(a, b), expected, "{a} / {b}");
    }
}

#[test]
fn of_two_that_negate_one_may_deny_what_the_other_affirms() {
    for (a, b, word) in [
        ("我喜欢吃辣，不吃葱", "我不喜欢吃辣，也不吃葱", "不"),
        (
            "enter without a ticket",
            "you cannot enter without a ticket",
            "cannot",
        ),
    ] {
        match negation_difference(a, b) {
            Some(NegationDifference::OnlyB(words)) => assert_eq!(words, [word], "{a} / {b}"),
            other => panic!("{a} / {b}: {other:?}"),
        }
    }
    for (a, b) in [
        ("没收到货，不满意", "不满意，货没收到"),
        ("不知道怎么退货，没人理", "没人告诉我怎么退货"),
        ("不合适能不能退货", "这件不合适，不退货吗"),
    ] {
        assert_eq!(negation_difference(a, b), None, "{a} / {b}");
    }
}

#[test]
fn who_is_none_is_no_question_for_assent() {
    for (text, expected) in [
        ("不是会员能买吗", true),
        ("不是本人能取吗", true),
        ("不是新用户能领吗", true),
        ("不是学生可以用吗", true),
        ("你们不是支持分期吗", false),
        ("会员不是可以免运费吗", false),
        ("不是说会员能退吗", false),
        ("这不是很好吗", false),
    ] {
        assert_eq!(!negations(text).is_empty(), expected, "{text}");
    }
}

#[test]
fn a_reason_in_front_of_a_question_denies_nothing_of_it() {
    for (reason, other, expected) in [
        ("账号不用了怎么注销", "怎么注销账号", false),
        ("号码不想要了可以注销吗", "号码可以注销吗", false),
        ("订单没了怎么恢复", "怎么恢复订单", false),
        ("押金不退了怎么办", "押金退了怎么办", true),
        ("预算还没批下来", "预算批了", true),
        ("合同还没签下来", "合同签了", true),
        ("订单还没发出去", "订单发货了", true),
    ] {
        let found = negation_difference(reason, other);
        assert_eq!(found.is_some(), expected, "{reason} / {other}: {found:?}");
    }
}

#[test]
fn a_condition_counts_where_both_deny_the_same_behind_it() {
    for (unmet, met) in [
        ("未满14天不能退", "满14天不能退"),
        ("没满14天不能退吗", "满14天不能退吗"),
        ("未满60天不能退保", "满60天不能退保"),
        ("未满18岁不可以购买", "满18岁不可以购买"),
        ("不满三年不可以提取公积金", "满三年不可以提取公积金"),
        ("未成年人不能购买", "成年人不能购买"),
        ("没交押金不能用车", "交了押金不能用车"),
        ("没签合同不能付款", "签了合同不能付款"),
        ("没带身份证不可以办吗", "带身份证不可以办吗"),
        ("没有医保卡，就不能报销", "有医保卡不能报销"),
    ] {
        let found = negation_difference(unmet, met);
        assert!(
            matches!(found, Some(NegationDifference::OnlyA(_))),
            "{unmet} / {met}: {found:?}"
        );
        assert!(negation_difference(met, unmet).is_some(), "{met} / {unmet}");
    }
    for (a, b) in [
        ("没签合同不能付款", "签合同前不能付款"),
        ("没满14天不能退", "必须满14天，不然不能退"),
        ("没交押金不能用车", "押金没交不能用车"),
        ("没交押金不能用车", "没有交押金就不能用车"),
        ("未满14天不能退", "没满14天不可以退吗"),
        ("禁止未成年人进入", "未成年人不得入内"),
        (
            "新车无牌照、无交强险、无驾照",
            "新车无牌，未带交强险，未带驾照",
        ),
        ("未成年人不能买，成年人可以", "成年人能买，未成年人不能买"),
    ] {
        assert_eq!(negation_difference(a, b), None, "{a} / {b}");
        assert_eq!(negation_difference(b, a), None, "{b} / {a}");
    }
}
