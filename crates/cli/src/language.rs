//! The language in which the program speaks to whoever uses it.

use std::ffi::OsString;
use std::sync::OnceLock;

use clap::ValueEnum;

/// Languages that the program speaks. Logs and JSON are English in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Chinese
    Zh,
    /// English
    En,
}

/// What tells the language.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    /// By the flag or its variable.
    chosen: Option<Language>,
    locale: String,
}

static WISH: OnceLock<Wish> = OnceLock::new();

/// The variable of the flag `--lang`.
pub const VARIABLE: &str = "YUYI_LANG";

/// Takes the language from the command line and the environment, before the former is parsed: what is wrong with it is told in that
/// language, and so is the help.
pub fn learn() {
    WISH.get_or_init(|| Wish::of(std::env::args_os().skip(1), |name| std::env::var(name).ok()));
}

impl Wish {
    fn of(
        arguments: impl Iterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let named = flag(arguments).or_else(|| variable(VARIABLE));
        let set = |name| variable(name).filter(|value| !value.is_empty());
        // In the order of POSIX: the first that is set decides.
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
        Self {
            // What is none is for the parser of the command line to tell.
            chosen: named.and_then(|name| Language::from_str(&name, true).ok()),
            locale: locale.unwrap_or_default(),
        }
    }
}

/// The value of `--lang`, the last one if it is there more than once.
fn flag(arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let mut arguments = arguments.take_while(|argument| argument != "--");
    let mut value = None;
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--lang") {
            Some("") => value = arguments.next(),
            Some(rest) => value = rest.strip_prefix('=').map(str::to_owned).or(value),
            None => {}
        }
    }
    value
}

impl Language {
    /// That of help, messages and tables: the one that was asked for, else that of the locale, else English.
    pub fn of_messages() -> Self {
        let wish = WISH.get_or_init(Wish::default);
        let locale = match wish.locale.starts_with("zh") {
            true => Self::Zh,
            false => Self::En,
        };
        wish.chosen.unwrap_or(locale)
    }

    /// That of reports, which are handed on to others: the one that was asked for, else Chinese unless the locale is an English one. That of
    /// a container is mostly `C`, which says nothing.
    pub fn of_reports() -> Self {
        let wish = WISH.get_or_init(Wish::default);
        let locale = match wish.locale.starts_with("en") {
            true => Self::En,
            false => Self::Zh,
        };
        wish.chosen.unwrap_or(locale)
    }

    /// The one that was asked for, and not only that of the locale.
    pub fn chosen() -> Option<Self> {
        WISH.get().and_then(|wish| wish.chosen)
    }

    /// Of two wordings, the one in this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// As HTML names it.
    pub fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// As the flag names it.
    pub fn code(self) -> &'static str {
        self.pick("zh", "en")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(arguments: &[&str], variables: &[(&str, &str)]) -> Wish {
        Wish::of(arguments.iter().map(OsString::from), |name| {
            let mut found = variables.iter().filter(|(known, _)| *known == name);
            found.next().map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_flag_wins_over_the_variable() {
        let zh = [(VARIABLE, "zh")];
        for (arguments, variables, chosen) in [
            (&["sim", "--lang", "en"][..], &zh[..], Some(Language::En)),
            (&["--lang=en", "sim", "--lang=zh"], &[], Some(Language::Zh)),
            (&["sim", "a"], &zh, Some(Language::Zh)),
            (&["sim", "--", "--lang", "en"], &[], None),
            (&["sim", "--language", "en"], &[], None),
            (&["--lang", "xx"], &zh, None),
            (&["--lang"], &[], None),
        ] {
            assert_eq!(wish(arguments, variables).chosen, chosen, "{arguments:?}");
        }
    }

    #[test]
    fn the_locale_is_that_of_posix() {
        for (variables, locale) in [
            (&[("LANG", "zh_CN.UTF-8")][..], "zh_CN.UTF-8"),
            (
                &[("LANG", "zh_CN.UTF-8"), ("LC_MESSAGES", "en_GB")],
                "en_GB",
            ),
            (&[("LC_ALL", ""), ("LANG", "de")], "de"),
            (&[("LC_ALL", "C"), ("LANG", "zh_CN")], "C"),
            (&[], ""),
        ] {
            assert_eq!(wish(&[], variables).locale, locale);
        }
    }
}
