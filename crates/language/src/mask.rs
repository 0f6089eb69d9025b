//! Questions without what tells who asked: numbers of telephones, orders, accounts and identity cards and passports, licence plates, names of accounts of QQ and WeChat, and addresses of electronic mail.
//!
//! What is masked has a form of its own, or is a long number, or a shorter one behind a word that says what it is (订单号 12345). Amounts, dates, times and codes of products
//! stay, since they are what is asked about. Names and places are not found: whoever keeps questions keeps those.

mod numbers;

use std::borrow::Cow;
use std::ops::Range;

use self::numbers::{masked_number, names_chat};

/// What stands in the place of what was masked, however long that was.
pub const MASK: &str = "****";

/// The text with [`MASK`] in the place of personal numbers and addresses.
pub fn masked(text: &str) -> Cow<'_, str> {
    let is_suspect = |c: char| {
        c.is_ascii_digit() || matches!(c, '０'..='９' | '@' | '＠' | '_') || said(c).is_some()
    };
    if !text.contains(is_suspect) && !names_chat(text) {
        return Cow::Borrowed(text);
    }
    let folded = Folded::of(text);
    let spans = folded.spans();
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for span in spans {
        let [from, to] = [span.start, span.end].map(|i| folded.byte(i));
        out.push_str(&text[end..from]);
        out.push_str(MASK);
        end = to;
    }
    out.push_str(&text[end..]);
    Cow::Owned(out)
}

/// Digits as they are said, from which on a run of them is a number: 幺三八零零….
const SAID_LONG: usize = 7;

/// The digit that a character says in Chinese.
fn said(c: char) -> Option<char> {
    const SAID: &str = "零一二三四五六七八九";
    match c {
        '〇' => Some('0'),
        '幺' => Some('1'),
        _ => {
            let value = SAID.chars().position(|said| said == c)?;
            char::from_digit(value as u32, 10)
        }
    }
}

/// The characters of a text as far as masking tells them apart: digits, letters and signs in ASCII, in small letters.
struct Folded {
    chars: Vec<char>,
    /// Where each begins in the text, and where the last ends.
    bytes: Vec<usize>,
}

impl Folded {
    fn of(text: &str) -> Self {
        let fold = |c: char| match c {
            '\u{3000}' => ' ',
            '－' | '–' | '—' | '‐' | '‑' => '-',
            '！'..='～' => {
                char::from_u32(u32::from(c) - 0xfee0).map_or(c, |c| c.to_ascii_lowercase())
            }
            _ => c.to_ascii_lowercase(),
        };
        let mut chars: Vec<char> = text.chars().map(fold).collect();
        for run in chars.chunk_by_mut(|a, b| said(*a).is_some() == said(*b).is_some()) {
            if run.len() >= SAID_LONG {
                run.iter_mut().for_each(|c| *c = said(*c).unwrap_or(*c));
            }
        }
        let ends = std::iter::once(text.len());
        Self {
            chars,
            bytes: text.char_indices().map(|(at, _)| at).chain(ends).collect(),
        }
    }

    fn byte(&self, char: usize) -> usize {
        self.bytes[char]
    }

    /// What is masked, in order and apart from one another.
    fn spans(&self) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut i = 0;
        while i < self.chars.len() {
            match self.span_at(i) {
                Some(span) => {
                    i = span.end;
                    match spans.last_mut() {
                        Some(last) if last.end == span.start => last.end = span.end,
                        _ => spans.push(span),
                    }
                }
                None => i = self.behind(i),
            }
        }
        spans
    }

    /// What is masked from this character on.
    fn span_at(&self, i: usize) -> Option<Range<usize>> {
        address(&self.chars, i).or_else(|| masked_number(&self.chars, i))
    }

    /// Where the next run begins: none begins within one.
    fn behind(&self, i: usize) -> usize {
        let is_part = |c: &char| c.is_ascii_alphanumeric();
        let rest = &self.chars[i..];
        i + rest.iter().take_while(|c| is_part(c)).count().max(1)
    }
}

/// Characters of an address in front of its sign, at most.
const LONGEST_NAME: usize = 64;

/// An address of electronic mail that begins here.
fn address(chars: &[char], start: usize) -> Option<Range<usize>> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if !chars[start].is_ascii_alphanumeric() {
        return None;
    }
    let name = chars[start..].iter().take(LONGEST_NAME + 1);
    let at = start + name.take_while(|&&c| is_name(c)).count();
    if chars.get(at) != Some(&'@') {
        return None;
    }
    let host = &chars[at + 1..];
    let host = &host[..host.iter().take_while(|&&c| is_host(c)).count()];
    // A full stop behind an address ends the sentence.
    let kept = host.iter().rposition(|c| c.is_ascii_alphanumeric())? + 1;
    host[..kept].contains(&'.').then_some(start..at + 1 + kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn personal_numbers_and_addresses_are_masked() {
        for (text, expected) in [
            ("我的手机13800138000收不到短信", "我的手机****收不到短信"),
            ("打 138-0013-8000 或138 0013 8000", "打 **** 或****"),
            ("+86 138 0013 8000打不通", "****打不通"),
            ("０１０－８８８８８８８８是你们的吗", "****是你们的吗"),
            ("打过0755-26850000转8001", "打过****转8001"),
            ("400-810-8888 没人接", "**** 没人接"),
            ("call +1 (415) 555-0132 please", "call **** please"),
            ("身份证11010119900307123X填错了", "身份证****填错了"),
            ("110101 19900307 1233", "****"),
            (
                "订单号：20240305123456 怎么还没到",
                "订单号：**** 怎么还没到",
            ),
            ("订单 A-10293 到哪了", "订单 **** 到哪了"),
            ("order no. 10293 is late", "order no. **** is late"),
            ("SF1234567890123到哪了", "****到哪了"),
            ("卡号 6222 0212 3456 7890", "卡号 ****"),
            ("验证码是 4829 对吗", "验证码是 **** 对吗"),
            ("发到 Zhang.San+a@mail.example.com。", "发到 ****。"),
            ("发到ｚｈａｎｇ＠ｑｑ．ｃｏｍ", "发到****"),
            ("幺三八零零幺三八零零零打不通", "****打不通"),
            ("QQ 123456789", "QQ ****"),
            ("QQ 123456 加不上", "QQ **** 加不上"),
            ("QQ群：654321", "QQ群：****"),
            ("微信号 wxid_abc123 登不上", "微信号 **** 登不上"),
            ("我的微信号是zhangsan_x", "我的微信号是****"),
            ("加我wxid_abcdefgh", "加我****"),
            ("微信：zhangsan88 加我", "微信：**** 加我"),
            ("加我微信zhangsan 谢谢", "加我微信**** 谢谢"),
            ("VX: Li-Si_2000，麻烦了", "VX: ****，麻烦了"),
            ("车牌京A12345停车费", "车牌****停车费"),
            ("沪A·D12345能进吗", "****能进吗"),
            ("护照 E1234 过期了", "护照 **** 过期了"),
            ("护照号E12345678", "护照号****"),
            ("卡 6222 0212 3456 7890 123 冻结", "卡 **** 冻结"),
            ("卡6222-0212-3456-7890-12", "卡****"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_asked_about_stays() {
        for text in [
            "14天内能退货吗",
            "2024-03-05到2024-03-12的活动",
            "2024年3月5日10:30之后下单",
            "满1000减50怎么用",
            "订单满1000元包邮吗",
            "订单2024年的能开票吗",
            "转账10000000元要多久",
            "预算¥12345678够吗",
            "RTX4090和iPhone15 Pro Max",
            "i7-13700K支持吗",
            "新iPhone15和新P40Pro",
            "QQ音乐和微信怎么绑定，QQ 2024版",
            "微信号怎么改",
            "微信 iPhone15 能多开吗",
            "微信是什么时候上线的",
            "加微信群能领券吗",
            "微信windows版怎么下载",
            "2019 2020 2021 2022 3",
            "CA1234航班能改签吗",
            "192.168.1.1打不开",
            "版本10.0.19045怎么升级",
            "2019-2020-2021三年",
            "一二三线城市包邮吗，九九八十一",
            "第一三五七单有奖吗",
            "@客服 在吗",
            "邮箱 a@b 对吗",
            "110、120、12315",
            "",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    proptest! {
        #[test]
        fn anything_can_be_masked_and_once_is_enough(text in "[a-zA-Z0-9@.\\-+ ()（）_：０-９元万订单号电话一二三〇零幺×。\\n]{0,60}") {
            let once = masked(&text).into_owned();
            prop_assert_eq!(masked(&once).into_owned(), once);
        }

        #[test]
        fn no_telephone_of_any_kind_stays(before in "[\\u4e00-\\u4e8b，。 ]{0,6}", number in "1[3-9][0-9]{9}", after in "[吗呢，。 ]{0,6}") {
            let shapes = [
                number.clone(),
                format!("{} {} {}", &number[..3], &number[3..7], &number[7..]),
                format!("{}-{}-{}", &number[..3], &number[3..7], &number[7..]),
                format!("+86{number}"),
                format!("86-{number}"),
            ];
            for shape in shapes {
                let text = format!("{before}{shape}{after}");
                prop_assert!(!masked(&text).contains(&number[7..]), "{text}: {}", masked(&text));
            }
        }

        #[test]
        fn everything_else_stays_where_it_is(text in "[\\u4e94-\\u9fa5，。？a-z]{0,40}") {
            // No digit that is written in Chinese: those may be a number.
            prop_assume!(!text.chars().any(|c| said(c).is_some()));
            prop_assert_eq!(masked(&text).into_owned(), text);
        }
    }
}
