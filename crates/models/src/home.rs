//! The folder where installed models live.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The home folder: `YUYI_HOME`, else `$XDG_DATA_HOME/yuyi`, else `~/.local/share/yuyi`. `None` when
/// no variable says where.
pub fn home() -> Option<PathBuf> {
    home_from(|name| env::var_os(name).filter(|value| !value.is_empty()))
}

fn home_from(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let own = variable("YUYI_HOME").map(PathBuf::from);
    let data = || variable("XDG_DATA_HOME").map(|data| PathBuf::from(data).join("yuyi"));
    let user = || variable("HOME").map(|user| PathBuf::from(user).join(".local/share/yuyi"));
    own.or_else(data).or_else(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_variable_wins() {
        let all = [
            ("YUYI_HOME", "/own"),
            ("XDG_DATA_HOME", "/data"),
            ("HOME", "/user"),
        ];
        let expected = [
            Some("/own"),
            Some("/data/yuyi"),
            Some("/user/.local/share/yuyi"),
            None,
        ];
        for (skip, expected) in expected.into_iter().enumerate() {
            let set = &all[skip..];
            let lookup = |name: &str| {
                set.iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| OsString::from(v))
            };
            assert_eq!(home_from(lookup), expected.map(PathBuf::from));
        }
    }
}
