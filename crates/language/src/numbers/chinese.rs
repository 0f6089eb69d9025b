//! Numerals of Chinese. Those of cheques (壹, 陆, 拾) stand apart: most of the time they are parts of words (大陆, 收拾).

/// The digit that a character stands for.
pub(super) fn digit(c: char) -> Option<u32> {
    Some(match c {
        '零' | '〇' => 0,
        '一' => 1,
        '二' | '两' | '兩' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// The power of ten that a character stands for.
pub(super) fn power(c: char) -> Option<f64> {
    Some(match c {
        '十' => 1e1,
        '百' => 1e2,
        '千' => 1e3,
        '万' | '萬' => 1e4,
        '亿' | '億' => 1e8,
        _ => return None,
    })
}

/// So many tens in one character, as in dates of the lunar calendar.
fn tens(c: char) -> Option<f64> {
    match c {
        '廿' => Some(20.0),
        '卅' => Some(30.0),
        _ => None,
    }
}

/// Whether a character is part of a numeral.
pub(super) fn is_numeral(c: char) -> bool {
    digit(c).is_some() || power(c).is_some() || tens(c).is_some()
}

/// Whether a numeral counts by itself, as it has tens, hundreds and so on.
pub(super) fn is_counted(numeral: &[char]) -> bool {
    numeral.len() > 1
        && numeral
            .iter()
            .any(|&c| power(c).is_some() || tens(c).is_some())
}

/// The numeral that a character of a cheque stands for.
pub(super) fn of_cheque(c: char) -> Option<char> {
    Some(match c {
        '壹' => '一',
        '贰' | '貳' => '二',
        '叁' | '参' | '參' => '三',
        '肆' => '四',
        '伍' => '五',
        '陆' | '陸' => '六',
        '柒' => '七',
        '捌' => '八',
        '玖' => '九',
        '拾' => '十',
        '佰' => '百',
        '仟' => '千',
        _ => return None,
    })
}

/// The value of a numeral: 三百零五, 十五, 一百二 (120), 二〇二六 (digit by digit). `None` for 万一 and 千万, which begin
/// with a power other than ten and are words.
pub(super) fn value(numeral: &[char]) -> Option<f64> {
    if !numeral
        .iter()
        .any(|&c| power(c).is_some() || tens(c).is_some())
    {
        let mut digits = numeral.iter().map(|&c| digit(c));
        return digits.try_fold(0.0, |value, d| Some(value * 10.0 + f64::from(d?)));
    }
    if numeral
        .first()
        .and_then(|&c| power(c))
        .is_some_and(|p| p > 10.0)
    {
        return None;
    }
    value_by_powers(numeral)
}

/// The value of a numeral that names powers or tens: 三百零五, 十五, 一百二.
fn value_by_powers(numeral: &[char]) -> Option<f64> {
    let (mut total, mut section, mut last) = (0.0, 0.0, None);
    // The power of the place behind the last one named: 一百二 is 120.
    let mut next_place = 1.0;
    for &c in numeral {
        if let Some(d) = digit(c) {
            if d == 0 {
                next_place = 1.0;
            }
            // 三三万 is 33万, digit by digit.
            let tens = last.map_or(0.0, |last: f64| last * 10.0);
            last = Some(tens + f64::from(d));
            continue;
        }
        if let Some(tens) = tens(c) {
            section += tens;
            next_place = 1.0;
            continue;
        }
        let power = power(c)?;
        if power < 1e4 {
            section += last.take().unwrap_or(1.0) * power;
            next_place = power / 10.0;
        } else {
            let counted = section + last.take().unwrap_or(0.0);
            total = if power > 1e4 {
                (total + counted) * power
            } else {
                total + counted * power
            };
            section = 0.0;
            next_place = power / 10.0;
        }
    }
    Some(total + section + last.unwrap_or(0.0) * next_place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (numeral, expected) in [
            ("零", Some(0.0)),
            ("两", Some(2.0)),
            ("十", Some(10.0)),
            ("十五", Some(15.0)),
            ("二十", Some(20.0)),
            ("三百零五", Some(305.0)),
            ("一百二", Some(120.0)),
            ("三千五", Some(3_500.0)),
            ("一万二", Some(12_000.0)),
            ("一千零一", Some(1_001.0)),
            ("三十五万", Some(350_000.0)),
            ("一亿两千万", Some(120_000_000.0)),
            ("三三万", Some(330_000.0)),
            ("一零二万", Some(1_020_000.0)),
            ("二〇二六", Some(2_026.0)),
            ("廿三", Some(23.0)),
            ("一百卅五", Some(135.0)),
            ("万一", None),
            ("千万", None),
        ] {
            let numeral: Vec<char> = numeral.chars().collect();
            assert_eq!(value(&numeral), expected, "{numeral:?}");
        }
    }
}
