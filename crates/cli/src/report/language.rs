//! The language of a report.

use clap::ValueEnum;

/// Languages that reports are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Chinese
    Zh,
    /// English
    En,
}

impl Language {
    /// The language that was asked for, else that of the locale, else Chinese.
    pub fn or_of_locale(chosen: Option<Self>) -> Self {
        // In the order of POSIX: the first that is set decides.
        let set = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
        let name = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find(|n| set(n));
        let locale = name.and_then(|name| std::env::var(name).ok());
        chosen.unwrap_or_else(|| Self::of_locale(&locale.unwrap_or_default()))
    }

    /// Chinese unless the locale is an English one: that of a container is mostly `C`, which says nothing.
    fn of_locale(locale: &str) -> Self {
        if locale.starts_with("en") {
            Self::En
        } else {
            Self::Zh
        }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_locale() {
        for (locale, language) in [
            ("zh_CN.UTF-8", Language::Zh),
            ("en_GB.UTF-8", Language::En),
            ("C.UTF-8", Language::Zh),
            ("", Language::Zh),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }
}
