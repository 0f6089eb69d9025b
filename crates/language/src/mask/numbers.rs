//! Which numbers are somebody's: by their form, by their length, or by the word in front of them.

use std::ops::Range;

/// Digits from which on a number is somebody's, unless it is an amount.
const LONG: usize = 7;

/// And from which on whatever stands behind it.
const VERY_LONG: usize = 12;

/// Digits of a number behind a word that says that it is one.
const NAMED: usize = 4;

/// Words that say what the number behind them is.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "订单", "单号", "运单", "快递单", "工单", "流水", "交易号", "卡号", "账号", "帐号", "賬號", "訂單", "單號", "微信号", "学号", "工号", "会员号", "验证码", "密码", "尾号", "护照", "護照", "车牌", "車牌",
    "order", "tracking", "account", "card", "passport", "password", "ticket", "qq",
];

/// Words and signs that may stand between the two.
#[rustfmt::skip]
const BETWEEN: &[&str] = &["号码", "编号", "尾号", "号", "码", "號", "群", "是", "为", "叫", "number", "num", "no", "id", "is", "code"];

/// Characters that are looked at in front of a number.
const REACH: usize = 24;

/// What makes an amount of the digits before it.
const COUNTED: &str =
    "元块塊万萬亿億千百角分人个個件台份张張条條名位米克吨升度年月日天毫岁歲款版倍%％k";

/// And of those behind it.
const CURRENCIES: &str = "¥￥$€£";

/// A personal number that begins here.
pub(super) fn masked_number(chars: &[char], start: usize) -> Option<Range<usize>> {
    if let Some(end) = plate(chars, start) {
        return Some(start..end);
    }
    let begins = chars[start].is_ascii_alphanumeric() || chars[start] == '+';
    if !begins || start > 0 && chars[start - 1].is_ascii_alphanumeric() {
        return None;
    }
    let found = by_form(chars, start).or_else(|| by_length(chars, start));
    let end = found.or_else(|| name_of_chat(chars, start))?;
    Some(start..end)
}

/// What a licence plate begins with.
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// Where a licence plate ends that begins here: 京A12345, 沪A·D12345.
fn plate(chars: &[char], start: usize) -> Option<usize> {
    let rest = &chars[start..];
    let [province, letter, rest @ ..] = rest else {
        return None;
    };
    if !PROVINCES.contains(*province) || !letter.is_ascii_alphabetic() {
        return None;
    }
    let between = usize::from(matches!(rest.first(), Some('·' | '•' | '-' | ' ')));
    let number = &rest[between..];
    let length = number.iter().take_while(|c| c.is_ascii_alphanumeric());
    let length = length.count();
    let digits = number[..length].iter().filter(|c| c.is_ascii_digit());
    // What is new is called 新 too.
    let least = if *province == '新' { 4 } else { 3 };
    let is_plate = matches!(length, 5 | 6) && digits.count() >= least;
    is_plate.then_some(start + 2 + between + length)
}

/// Letters of the shortest name of an account of WeChat.
const NAME_OF_CHAT: usize = 6;

/// Where the name of an account of WeChat ends that begins here.
fn name_of_chat(chars: &[char], start: usize) -> Option<usize> {
    let end = end_of_run(chars, start);
    let run = &chars[start..end];
    let has_form = run.starts_with(&['w', 'x', 'i', 'd', '_']);
    let is_told = || {
        let before: String = chars[start.saturating_sub(REACH)..start].iter().collect();
        run.len() >= NAME_OF_CHAT && announces_chat(&before.to_lowercase())
    };
    (has_form || is_told()).then_some(end)
}

/// What WeChat is called.
const CHATS: &[&str] = &["微信", "vx", "wx", "v信", "wechat"];

/// Whether a text speaks of WeChat.
pub(super) fn names_chat(text: &str) -> bool {
    let lower = text.to_lowercase();
    CHATS.iter().any(|chat| lower.contains(chat))
}

/// Whether what stands in front says that the name of an account follows: 微信号, 微信：, 加我微信, but not 微信 alone, which a product
/// may stand behind.
fn announces_chat(before: &str) -> bool {
    let told = before.trim_end_matches(|c: char| " ：:是为".contains(c));
    let sign = &before[told.len()..];
    let chat = CHATS.iter().find_map(|chat| told.strip_suffix(chat));
    told.ends_with("微信号")
        || chat.is_some_and(|ahead| {
            sign.contains([':', '：', '是', '为'])
                || ahead.ends_with("加我")
                || ahead.ends_with('加')
        })
}

/// Groups of digits that are one number, at most; what has more is several.
const MOST_GROUPS: usize = 16;

/// A run of digits.
struct Group {
    digits: Range<usize>,
    /// What stands in front of it, behind the one before.
    separator: Option<char>,
}

/// Where a number of a known form ends that begins here.
fn by_form(chars: &[char], start: usize) -> Option<usize> {
    let is_foreign = chars[start] == '+';
    let groups = groups(chars, start + usize::from(is_foreign), is_foreign);
    let known = (1..=groups.len()).rev().find(|&count| {
        let head = &groups[..count];
        let digits: String = head
            .iter()
            .flat_map(|group| &chars[group.digits.clone()])
            .collect();
        let lengths: Vec<usize> = head.iter().map(|group| group.digits.len()).collect();
        is_foreign && (8..=15).contains(&digits.len())
            || is_mobile(&digits, &lengths)
            || is_landline(&digits, &lengths)
            || is_in_groups(chars, head, &digits)
    })?;
    let end = groups[known - 1].digits.end;
    // A longer number only begins like one of these.
    let is_whole = chars.get(end).is_none_or(|c| !c.is_ascii_alphanumeric());
    let is_card = chars.get(end) == Some(&'x')
        && chars
            .get(end + 1)
            .is_none_or(|c| !c.is_ascii_alphanumeric());
    match is_whole {
        true => Some(end),
        false => is_card.then_some(end + 1),
    }
}

/// Runs of digits with one sign between them; of a number that begins with a country also brackets.
fn groups(chars: &[char], start: usize, is_foreign: bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let (mut at, mut separator) = (start, None);
    loop {
        let rest = chars.get(at..).unwrap_or_default();
        let length = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        if length == 0 || groups.len() == MOST_GROUPS {
            return groups;
        }
        groups.push(Group {
            digits: at..at + length,
            separator,
        });
        at += length;
        let signs = chars[at..]
            .iter()
            .take_while(|&&c| is_separator(c, is_foreign))
            .count();
        if signs == 0 || signs > if is_foreign { 2 } else { 1 } {
            return groups;
        }
        separator = Some(chars[at]);
        at += signs;
    }
}

fn is_separator(c: char, is_foreign: bool) -> bool {
    matches!(c, ' ' | '-') || is_foreign && matches!(c, '(' | ')')
}

/// 13800138000, 138-0013-8000, 86 13800138000.
fn is_mobile(digits: &str, lengths: &[usize]) -> bool {
    let country = ["0086", "86"];
    let country = country
        .into_iter()
        .find(|code| digits.starts_with(code) && digits.len() == code.len() + 11);
    let (digits, lengths) = match country {
        Some(code) if lengths[0] == code.len() => (&digits[code.len()..], &lengths[1..]),
        Some(code) if lengths.len() == 1 => (&digits[code.len()..], &[11][..]),
        _ => (digits, lengths),
    };
    let is_shaped = matches!(lengths, [11] | [3, 4, 4] | [3, 8] | [7, 4]);
    is_shaped
        && digits.starts_with('1')
        && digits
            .as_bytes()
            .get(1)
            .is_some_and(|second| (b'3'..=b'9').contains(second))
}

/// 010-88888888, 400-810-8888.
fn is_landline(digits: &str, lengths: &[usize]) -> bool {
    let is_free = digits.starts_with("400") || digits.starts_with("800");
    match lengths {
        [3, 3, 4] | [3, 4, 3] | [3, 7] if is_free => true,
        [3 | 4, 7 | 8] | [3 | 4, 4, 4] | [3 | 4, 3, 4] => digits.starts_with('0'),
        _ => false,
    }
}

/// Numbers of cards as they are printed: four digits and more in each group, fewer in the last of five, and no years.
fn is_in_groups(chars: &[char], groups: &[Group], digits: &str) -> bool {
    let is_year = |group: &Group| {
        let year: String = chars[group.digits.clone()].iter().collect();
        group.digits.len() == 4 && (year.starts_with("19") || year.starts_with("20"))
    };
    let rest = match groups {
        [whole @ .., last] if whole.len() >= 4 && last.digits.len() < 4 => {
            match is_amount(chars, last.digits.start, last.digits.end) {
                true => groups,
                false => whole,
            }
        }
        _ => groups,
    };
    groups.len() > 1
        && digits.len() >= VERY_LONG
        && rest.iter().all(|group| group.digits.len() >= 4)
        && groups.iter().skip(1).all(|group| group.separator.is_some())
        && !rest.iter().all(is_year)
}

/// Where a number ends that is somebody's by its length, or by its name.
fn by_length(chars: &[char], start: usize) -> Option<usize> {
    let end = end_of_run(chars, start);
    let run = &chars[start..end];
    let digits = run.iter().filter(|c| c.is_ascii_digit()).count();
    if digits >= NAMED && is_named(chars, start) && !is_amount(chars, start, end) {
        return Some(end);
    }
    let is_joined = run.contains(&'-') || run.contains(&'_');
    if is_joined && !run.iter().any(char::is_ascii_alphabetic) {
        // Days and years: each number by itself.
        let first = run.iter().take_while(|c| c.is_ascii_digit()).count();
        return is_long(chars, start..start + first).then_some(start + first);
    }
    is_long(chars, start..end).then_some(end)
}

fn is_long(chars: &[char], run: Range<usize>) -> bool {
    let digits = chars[run.clone()]
        .iter()
        .filter(|c| c.is_ascii_digit())
        .count();
    digits >= VERY_LONG || digits >= LONG && !is_amount(chars, run.start, run.end)
}

/// Behind letters and digits, with single hyphens between them.
fn end_of_run(chars: &[char], start: usize) -> usize {
    let mut end = start;
    while let Some(c) = chars.get(end) {
        let joins = matches!(c, '-' | '_')
            && end > start
            && chars.get(end + 1).is_some_and(char::is_ascii_alphanumeric);
        if !c.is_ascii_alphanumeric() && !joins {
            break;
        }
        end += 1;
    }
    end
}

fn is_amount(chars: &[char], start: usize, end: usize) -> bool {
    let is_money = start > 0 && CURRENCIES.contains(chars[start - 1]);
    // Behind the decimals, and a blank.
    let rest = chars.get(end..).unwrap_or_default();
    let decimals = match rest {
        ['.', digits @ ..] => {
            let length = digits.iter().take_while(|c| c.is_ascii_digit()).count();
            if length > 0 { length + 1 } else { 0 }
        }
        _ => 0,
    };
    let unit = rest[decimals..].iter().find(|&&c| c != ' ');
    is_money || unit.is_some_and(|&unit| COUNTED.contains(unit))
}

/// Whether a word in front says that it is a number of an order, an account and the like.
fn is_named(chars: &[char], start: usize) -> bool {
    let from = start.saturating_sub(REACH);
    let before: String = chars[from..start].iter().collect();
    let mut before = before.as_str();
    loop {
        let bare = before.trim_end_matches(|c: char| c == ' ' || ":#.([【《\"'“‘（".contains(c));
        if NAMES.iter().any(|name| bare.ends_with(name)) {
            return true;
        }
        match BETWEEN.iter().find_map(|word| bare.strip_suffix(word)) {
            Some(shorter) => before = shorter,
            None => return false,
        }
    }
}
