//! What a number with its unit may mean.

use std::fmt;

use super::units::Unit;

/// Units that are so many of a smaller one. One that is said for two (a GB of 1024 or of 1000 MB) stands there twice.
#[rustfmt::skip]
const CONVERSIONS: &[(&str, f64, &str)] = &[
    ("毫秒", 1e-3, "秒"), ("分钟", 60.0, "秒"), ("刻", 900.0, "秒"), ("小时", 3_600.0, "秒"), ("天", 86_400.0, "秒"),
    ("周", 604_800.0, "秒"), ("季度", 3.0, "个月"),
    ("角", 0.1, "元"), ("分钱", 0.01, "元"), ("美分", 0.01, "美元"),
    ("微克", 1e-6, "克"), ("毫克", 1e-3, "克"), ("两", 50.0, "克"), ("斤", 500.0, "克"), ("公斤", 1e3, "克"),
    ("吨", 1e6, "克"), ("磅", 453.592_37, "克"), ("盎司", 28.349_523_125, "克"),
    ("公里", 1e3, "米"), ("里", 500.0, "米"), ("英里", 1_609.344, "米"), ("海里", 1_852.0, "米"), ("丈", 10.0 / 3.0, "米"),
    ("尺", 1.0 / 3.0, "米"), ("英尺", 0.304_8, "米"), ("分米", 0.1, "米"), ("厘米", 0.01, "米"), ("毫米", 1e-3, "米"),
    ("微米", 1e-6, "米"), ("纳米", 1e-9, "米"),
    ("平方公里", 1e6, "平方米"), ("公顷", 1e4, "平方米"), ("亩", 2e3 / 3.0, "平方米"),
    ("立方米", 1e6, "毫升"), ("升", 1e3, "毫升"), ("分升", 100.0, "毫升"),
    ("公里/小时", 1.0 / 3.6, "米/秒"), ("英里/小时", 0.447_04, "米/秒"),
    ("PB", 1_073_741_824.0, "MB"), ("PB", 1e9, "MB"), ("TB", 1_048_576.0, "MB"), ("TB", 1e6, "MB"), ("GB", 1_024.0, "MB"),
    ("GB", 1e3, "MB"), ("KB", 1.0 / 1_024.0, "MB"), ("KB", 1e-3, "MB"), ("兆", 1.0, "MB"), ("兆", 1.0, "Mbps"),
    ("GB/s", 1_024.0, "MB/s"), ("KB/s", 1.0 / 1_024.0, "MB/s"), ("Gbps", 1e3, "Mbps"), ("Kbps", 1e-3, "Mbps"),
    ("bps", 1e-6, "Mbps"),
    // Of batteries, people say the one for the other.
    ("毫安", 1.0, "毫安时"), ("毫瓦", 1e-3, "瓦"), ("千瓦", 1e3, "瓦"), ("兆瓦", 1e6, "瓦"), ("瓦时", 1e-3, "千瓦时"), ("千伏", 1e3, "伏"),
    ("千赫", 1e3, "赫兹"), ("兆赫", 1e6, "赫兹"), ("吉赫", 1e9, "赫兹"), ("千卡", 1e3, "卡"), ("千卡", 4.184, "千焦"),
    ("千瓦时", 1.0, "度"),
    ("倍", 100.0, "%"), ("‰", 0.1, "%"),
];

const DAY: f64 = 86_400.0;

/// What a number may mean: a value and its unit. Shown, it is the same for all ways to write it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// How many.
    pub value: Value,
    /// Of what.
    pub unit: Unit,
}

/// How many, or which.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// What is no single number: a version, an address.
    Literal(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => rounded(*value).fmt(f),
            Self::Literal(text) => f.write_str(text),
        }
    }
}

/// To twelve significant digits: 1.1万 is 11000 and not 11000.000000000002.
fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value, unit } = self;
        match unit.is_prefix() {
            true => write!(f, "{unit}{value}"),
            false => write!(f, "{value}{unit}"),
        }
    }
}

impl Reading {
    pub(super) const fn new(value: f64, unit: Unit) -> Self {
        let value = Value::Number(value);
        Self { value, unit }
    }

    pub(super) const fn literal(text: String) -> Self {
        Self {
            value: Value::Literal(text),
            unit: Unit::None,
        }
    }

    pub(super) fn is(&self, value: f64) -> bool {
        self.has_value(&Value::Number(value))
    }

    /// Equal values, of one unit or one without.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.unit.agrees_with(other.unit) && self.has_value(&other.value)
    }

    /// Equal values of one unit.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.unit == other.unit && self.has_value(&other.value)
    }

    pub(super) fn drop_sign(&mut self) {
        if let Value::Number(value) = &mut self.value {
            *value = value.abs();
        }
    }

    fn has_value(&self, other: &Value) -> bool {
        match (&self.value, other) {
            // Conversions round.
            (Value::Number(a), Value::Number(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
            (a, b) => a == b,
        }
    }
}

/// What a number may mean, what it says first.
pub(super) fn readings(value: f64, unit: Unit) -> Vec<Reading> {
    let mut all = vec![Reading::new(value, unit)];
    let further = match unit {
        // 26年 is 2026年, 98年 is 1998年, and 5 years old are 5岁.
        Unit::Year => {
            let months = [
                (value * 12.0, Unit::Named("个月")),
                (value, Unit::Named("岁")),
            ];
            of_century(value, unit).chain(months).collect()
        }
        // 98级, 80年代.
        Unit::Named("级" | "届" | "年代") => of_century(value, unit).collect(),
        // A loan of 24期 is paid in 24 months.
        Unit::Named("期") if value >= 3.0 => vec![(value, Unit::Named("个月"))],
        Unit::Named("个月") => vec![(value * 30.0 * DAY, Unit::Named("秒"))],
        // 7日内 is 7天内, and 3号 may be a third one.
        Unit::Day => vec![(value * DAY, Unit::Named("秒")), (value, Unit::Ordinal)],
        Unit::Named("分") => vec![(value * 60.0, Unit::Named("秒"))],
        // 八折 is 80% of the price, or 20% off.
        Unit::Named("折") => vec![
            (value * 10.0, Unit::Named("%")),
            (100.0 - value * 10.0, Unit::Named("%")),
        ],
        // 1米73 is said as 173.
        Unit::Named("米") if (0.5..2.6).contains(&value) => vec![(value * 100.0, Unit::None)],
        unit => in_smaller(unit)
            .map(|(factor, base)| (value * factor, base))
            .collect(),
    };
    all.extend(further.into_iter().map(|(v, unit)| Reading::new(v, unit)));
    all
}

/// The years that the last two digits of one may stand for.
fn of_century(value: f64, unit: Unit) -> impl Iterator<Item = (f64, Unit)> {
    let centuries = [(1_900.0, 30.0..100.0), (2_000.0, 0.0..50.0)].into_iter();
    let fits = centuries.filter(move |(_, digits)| digits.contains(&value));
    fits.map(move |(century, _)| (century + value, unit))
}

/// How many of which smaller units a unit is.
fn in_smaller(unit: Unit) -> impl Iterator<Item = (f64, Unit)> {
    let found = CONVERSIONS
        .iter()
        .filter(move |(name, ..)| unit == Unit::Named(name));
    found.map(|&(_, factor, base)| (factor, Unit::Named(base)))
}

/// How many of which unit that parts of one quantity share: 小时 and 分钟 in 1小时30分钟.
pub(super) fn base(unit: Unit) -> (f64, Unit) {
    match unit {
        Unit::Year => (12.0, Unit::Named("个月")),
        Unit::Named("分") => (60.0, Unit::Named("秒")),
        unit => in_smaller(unit).next().unwrap_or((1.0, unit)),
    }
}
