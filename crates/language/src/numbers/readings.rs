//! What a number with its unit may mean.

use std::fmt;

use super::units::Unit;

/// Units that are so many of a smaller one.
const CONVERSIONS: &[(&str, f64, &str)] = &[
    ("分钟", 60.0, "秒"),
    ("刻", 900.0, "秒"),
    ("小时", 3_600.0, "秒"),
    ("天", 86_400.0, "秒"),
    ("周", 604_800.0, "秒"),
    ("角", 0.1, "元"),
    ("两", 50.0, "克"),
    ("斤", 500.0, "克"),
    ("公斤", 1e3, "克"),
    ("吨", 1e6, "克"),
    ("公里", 1e3, "米"),
    ("里", 500.0, "米"),
    ("英里", 1_609.344, "米"),
    ("厘米", 0.01, "米"),
    ("毫米", 0.001, "米"),
    ("升", 1e3, "毫升"),
    ("倍", 100.0, "%"),
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
        // 26年 is 2026年, and 5 years old are 5岁.
        Unit::Year => vec![
            (value + 2e3, Unit::Year),
            (value * 12.0, Unit::Named("个月")),
            (value, Unit::Named("岁")),
        ],
        Unit::Named("个月") => vec![(value * 30.0 * DAY, Unit::Named("秒"))],
        // 7日内 is 7天内, and 3号 may be a third one.
        Unit::Day => vec![(value * DAY, Unit::Named("秒")), (value, Unit::Ordinal)],
        Unit::Named("分") => vec![(value * 60.0, Unit::Named("秒"))],
        // 八折 is 80% of the price, or 20% off.
        Unit::Named("折") => vec![
            (value * 10.0, Unit::Named("%")),
            (100.0 - value * 10.0, Unit::Named("%")),
        ],
        unit => in_smaller(unit).map_or(Vec::new(), |(factor, base)| vec![(value * factor, base)]),
    };
    all.extend(further.into_iter().map(|(v, unit)| Reading::new(v, unit)));
    all
}

/// How many of which smaller unit a unit is.
fn in_smaller(unit: Unit) -> Option<(f64, Unit)> {
    let found = CONVERSIONS
        .iter()
        .find(|(name, ..)| unit == Unit::Named(name));
    found.map(|&(_, factor, base)| (factor, Unit::Named(base)))
}

/// How many of which unit that parts of one quantity share: 小时 and 分钟 in 1小时30分钟.
pub(super) fn base(unit: Unit) -> (f64, Unit) {
    match unit {
        Unit::Year => (12.0, Unit::Named("个月")),
        Unit::Named("分") => (60.0, Unit::Named("秒")),
        unit => in_smaller(unit).unwrap_or((1.0, unit)),
    }
}
