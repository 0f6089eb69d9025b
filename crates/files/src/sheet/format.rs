//! Numbers as a sheet shows them: 5 % and not 0.05, ¥1,299.00 and not 1299.

/// What a format has beside a number, and how that is written.
#[derive(Default)]
struct Format {
    before: String,
    behind: String,
    /// Digits in front of the point, at least, and behind it: of these the second number may be left out where they are 0.
    whole: usize,
    decimals: usize,
    optional: usize,
    is_grouped: bool,
    is_percent: bool,
}

/// Characters that formats have as they are.
const AS_THEY_ARE: &str = "$¥￥€£-+() :元";

/// A format of spreadsheet programs: of numbers from 0 on, and of those below where these have their own. `None` is none of fixed digits, percent and what stands
/// around them.
pub(super) struct Code {
    above: Option<Format>,
    below: Option<Option<Format>>,
}

impl Code {
    pub(super) fn of(code: &str) -> Self {
        let mut all = sections(code).into_iter().map(Format::of);
        Self {
            above: all.next().flatten(),
            below: all.next(),
        }
    }

    /// Whether all numbers are shown as they are.
    pub(super) fn says_nothing(&self) -> bool {
        self.above.is_none() && self.below.as_ref().is_none_or(Option::is_none)
    }

    /// A number in this format; `None`: as it is.
    pub(super) fn shown(&self, number: f64) -> Option<String> {
        match &self.below {
            Some(below) if number < 0.0 => Some(below.as_ref()?.write(number.abs())),
            _ => Some(self.above.as_ref()?.write(number)),
        }
    }
}

/// The parts of a code, for numbers above and below 0 and others.
fn sections(code: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let sections = code.split(|c: char| {
        is_quoted ^= c == '"';
        c == ';' && !is_quoted
    });
    sections.collect()
}

impl Format {
    fn of(section: &str) -> Option<Self> {
        let mut format = Self::default();
        let mut characters = section.chars().peekable();
        let (mut is_begun, mut is_ended, mut has_point) = (false, false, false);
        while let Some(c) = characters.next() {
            match c {
                '0' | '#' | '?' if !is_ended => {
                    is_begun = true;
                    let is_needed = usize::from(c == '0');
                    match has_point {
                        true => {
                            format.decimals += 1;
                            format.optional += 1 - is_needed;
                        }
                        false => format.whole += is_needed,
                    }
                }
                '.' if is_begun && !has_point && !is_ended => has_point = true,
                // Behind all digits it would divide by a thousand.
                ',' if is_begun && !has_point => {
                    format.is_grouped = true;
                    characters
                        .next_if(|next| "0#?".contains(*next))
                        .inspect(|next| format.whole += usize::from(*next == '0'))?;
                }
                '%' if is_begun => {
                    (is_ended, format.is_percent) = (true, true);
                    format.behind.push('%');
                }
                _ => {
                    is_ended = is_begun;
                    let around = match is_begun {
                        true => &mut format.behind,
                        false => &mut format.before,
                    };
                    around.push_str(&literal(c, &mut characters)?);
                }
            }
        }
        is_begun.then_some(format)
    }

    fn write(&self, number: f64) -> String {
        let number = if self.is_percent {
            number * 100.0
        } else {
            number
        };
        // A number is the nearest one that there is to what was typed, and half of them are below: 12.125 is shown as 12.13.
        let rounded = format!(
            "{:.*}",
            self.decimals,
            number.abs() * (1.0 + 2.0 * f64::EPSILON)
        );
        let (whole, decimals) = rounded.split_once('.').unwrap_or((&rounded, ""));
        let whole = match (whole, self.whole) {
            ("0", 0) => "",
            (whole, _) => whole,
        };
        let whole = format!("{whole:0>width$}", width = self.whole);
        let least = self.decimals - self.optional;
        let kept = decimals.trim_end_matches('0').len().max(least);
        let decimals = &decimals[..kept];
        let is_zero = !rounded.contains(|c: char| ('1'..='9').contains(&c));
        let sign = if number < 0.0 && !is_zero { "-" } else { "" };
        let whole = if self.is_grouped {
            grouped(&whole)
        } else {
            whole
        };
        let point = if decimals.is_empty() { "" } else { "." };
        let text = format!(
            "{sign}{}{whole}{point}{decimals}{}",
            self.before, self.behind
        );
        text.trim().to_owned()
    }
}

/// What stands around a number: in quotes, behind a backslash, in the brackets of a currency, or as it is; what only moves it is left out.
fn literal(c: char, characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    match c {
        '"' => Some(characters.by_ref().take_while(|c| *c != '"').collect()),
        '\\' => characters.next().map(String::from),
        '_' | '*' => characters.next().map(|_| String::new()),
        '[' => {
            let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
            match inside.strip_prefix('$') {
                Some(currency) => currency.split('-').next().map(str::to_owned),
                // A colour; conditions choose among formats.
                None => inside.chars().all(char::is_alphabetic).then(String::new),
            }
        }
        c if AS_THEY_ARE.contains(c) => Some(c.into()),
        _ => None,
    }
}

/// Digits in groups of three.
fn grouped(whole: &str) -> String {
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_their_formats_have_them() {
        for (number, code, expected) in [
            (0.05, "0%", "5%"),
            (0.123, "0.00%", "12.30%"),
            (12.1, "0.00", "12.10"),
            (1.005, "0.00", "1.01"),
            (1299.0, "\"¥\"#,##0.00", "¥1,299.00"),
            (1299.0, "[$¥-804]#,##0.00", "¥1,299.00"),
            (1299.0, "¥#,##0.00;[Red]¥-#,##0.00", "¥1,299.00"),
            (-1299.0, "¥#,##0.00;[Red]¥-#,##0.00", "¥-1,299.00"),
            (-1299.0, "#,##0", "-1,299"),
            (-0.001, "0.00", "0.00"),
            (1234567.0, "#,##0_);(#,##0)", "1,234,567"),
            (-5.0, "#,##0_);(#,##0)", "(5)"),
            (7.0, "000", "007"),
            (12.0, "0\"元\"", "12元"),
            (0.5, "#.##", ".5"),
            (3.0, "0.0#", "3.0"),
            (4.218, "0.0#", "4.22"),
            (8.5, "0.0\\ \"折\"", "8.5 折"),
            (99.0, "$0", "$99"),
        ] {
            assert_eq!(
                Code::of(code).shown(number).as_deref(),
                Some(expected),
                "{number} {code}"
            );
        }
        for code in [
            "General",
            "@",
            "",
            "0.00E+00",
            "# ?/?",
            "yyyy-mm-dd",
            "#,##0,",
            "[>100]0.0",
        ] {
            assert_eq!(Code::of(code).shown(1234.5), None, "{code}");
        }
    }
}
