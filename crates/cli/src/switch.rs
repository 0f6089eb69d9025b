//! Flags that say yes, and their variables.

/// Yes or no, as variables of the environment say it; a flag that stands alone says yes, and an empty variable no.
pub fn parse_yes(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Ok(true),
        "" | "0" | "false" | "no" | "off" | "n" | "f" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no() {
        for yes in ["true", "1", "YES", " on "] {
            assert_eq!(parse_yes(yes), Ok(true), "{yes}");
        }
        for no in ["", "false", "0", "No", "off"] {
            assert_eq!(parse_yes(no), Ok(false), "{no}");
        }
        for bad in ["ja", "2", "是", "truee"] {
            assert!(parse_yes(bad).is_err(), "{bad}");
        }
    }
}
