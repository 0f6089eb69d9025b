//! Units by their symbols: 5km, 5GB, 5mg.

use super::units::Unit;

use Unit::Named;

/// Symbols, as they are written. Of one letter the case counts, of others where two differ by it alone (mW and MW).
#[rustfmt::skip]
const SYMBOLS: &[(&str, Unit)] = &[
    ("km/h", Named("公里/小时")), ("kmh", Named("公里/小时")), ("kph", Named("公里/小时")), ("m/s", Named("米/秒")),
    ("mph", Named("英里/小时")),
    ("km", Named("公里")), ("m", Named("米")), ("dm", Named("分米")), ("cm", Named("厘米")), ("mm", Named("毫米")),
    ("um", Named("微米")), ("μm", Named("微米")), ("nm", Named("纳米")), ("ft", Named("英尺")), ("inch", Named("寸")),
    ("inches", Named("寸")), ("mile", Named("英里")), ("miles", Named("英里")),
    ("m²", Named("平方米")), ("m2", Named("平方米")), ("km²", Named("平方公里")), ("km2", Named("平方公里")),
    ("m³", Named("立方米")), ("m3", Named("立方米")),
    ("kg", Named("公斤")), ("g", Named("克")), ("mg", Named("毫克")), ("ug", Named("微克")), ("μg", Named("微克")),
    ("mcg", Named("微克")), ("t", Named("吨")), ("lb", Named("磅")), ("lbs", Named("磅")), ("oz", Named("盎司")),
    ("l", Named("升")), ("L", Named("升")), ("ml", Named("毫升")), ("cc", Named("毫升")), ("dl", Named("分升")),
    ("PB", Named("PB")), ("TB", Named("TB")), ("T", Named("TB")), ("GB", Named("GB")), ("G", Named("GB")),
    ("MB", Named("MB")), ("M", Named("兆")), ("KB", Named("KB")),
    ("GB/s", Named("GB/s")), ("MB/s", Named("MB/s")), ("KB/s", Named("KB/s")), ("Gbps", Named("Gbps")),
    ("Mbps", Named("Mbps")), ("Kbps", Named("Kbps")), ("bps", Named("bps")),
    ("kW", Named("千瓦")), ("MW", Named("兆瓦")), ("mW", Named("毫瓦")), ("kWh", Named("千瓦时")), ("Wh", Named("瓦时")),
    ("mAh", Named("毫安时")), ("mA", Named("毫安")), ("V", Named("伏")), ("kV", Named("千伏")),
    ("Hz", Named("赫兹")), ("kHz", Named("千赫")), ("MHz", Named("兆赫")), ("GHz", Named("吉赫")), ("dB", Named("分贝")),
    ("kcal", Named("千卡")), ("cal", Named("卡")), ("kJ", Named("千焦")),
    ("ms", Named("毫秒")), ("px", Named("像素")), ("rpm", Named("转/分")), ("ppm", Named("ppm")), ("fps", Named("帧/秒")),
];

/// The unit with whose symbol `rest` begins, behind a number, and its characters.
pub(super) fn symbol(rest: &[char]) -> Option<(Unit, usize)> {
    let found = |is_same: fn(char, char) -> bool| {
        let begins = |name: &str| {
            let mut behind = rest.iter();
            let is_there = name
                .chars()
                .all(|c| behind.next().is_some_and(|&r| is_same(r, c)));
            is_there && !behind.next().is_some_and(|c| c.is_ascii_alphanumeric())
        };
        let fits = SYMBOLS.iter().filter(|(name, _)| begins(name));
        fits.max_by_key(|(name, _)| name.chars().count())
    };
    let longer = |entry: &&(&str, Unit)| entry.0.chars().count() > 1;
    let exact = found(|a, b| a == b);
    let entry = exact.or_else(|| found(|a, b| a.eq_ignore_ascii_case(&b)).filter(longer))?;
    Some((entry.1, entry.0.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_symbol_that_ends_there() {
        for (rest, expected) in [
            ("km处", Some(("公里", 2))),
            ("km/h", Some(("公里/小时", 4))),
            ("KG", Some(("公斤", 2))),
            ("m2", Some(("平方米", 2))),
            ("M宽带", Some(("兆", 1))),
            ("m", Some(("米", 1))),
            ("Gb", Some(("GB", 2))),
            ("mm2", None),
            ("months", None),
            ("D", None),
        ] {
            let characters: Vec<char> = rest.chars().collect();
            let expected = expected.map(|(name, length)| (Named(name), length));
            assert_eq!(symbol(&characters), expected, "{rest}");
        }
    }
}
