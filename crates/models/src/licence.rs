//! Under which licence a model is, as far as it is told: by what it came with, by its card, by the catalogue.

use std::path::Path;

use yuyi_encoder::read_plain;

use crate::catalogue::{find_known, find_repository};
use crate::defaults::origin_of;
use crate::manifest::Manifest;

/// Most bytes of a card.
const LONGEST_CARD: u64 = 4 << 20;

/// Most characters of a licence's name.
const LONGEST: usize = 64;

/// The licence of a model's weights: what its folder was told when it was fetched, else what its card says, else what is known of the
/// repository that it is from. A name alone is no licence: anybody's folder may be called so. `folder` is `None` for the model in the
/// program, of which the name is enough.
pub fn licence_of(name: &str, repository: Option<&str>, folder: Option<&Path>) -> Option<String> {
    let Some(folder) = folder else {
        let known = find_known(name).filter(|known| known.is_meant_by(name))?;
        return known.licence.clone();
    };
    let manifest = Manifest::read(folder).ok().flatten();
    let told = manifest.and_then(|manifest| manifest.licence);
    told.or_else(|| of_card(folder)).or_else(|| {
        let repository = repository.map(str::to_owned);
        let repository = repository.or_else(|| origin_of(folder))?;
        find_repository(&repository)?.licence.clone()
    })
}

/// What the head of the model's card says: `license: mit`, or the first of a list; `other` has its name beside it.
fn of_card(folder: &Path) -> Option<String> {
    let card = read_plain(&folder.join("README.md"), LONGEST_CARD).ok()?;
    let card = String::from_utf8_lossy(&card);
    let mut lines = card.trim_start_matches('\u{feff}').lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let head: Vec<&str> = lines.take_while(|line| line.trim_end() != "---").collect();
    match field(&head, "license")?.as_str() {
        "other" => field(&head, "license_name").or(Some("other".to_owned())),
        licence => Some(licence.to_owned()),
    }
}

/// The value of a field of YAML, or the first of its list. More of YAML is not in the heads of cards.
fn field(head: &[&str], name: &str) -> Option<String> {
    let value = |line: &&str| {
        line.strip_prefix(name)?
            .strip_prefix(':')
            .map(str::to_owned)
    };
    let at = head.iter().position(|line| value(line).is_some())?;
    let own = value(&head[at]).filter(|value| !value.trim().is_empty());
    let first = || {
        Some(
            head.get(at + 1)?
                .trim_start()
                .strip_prefix("- ")?
                .to_owned(),
        )
    };
    let told = own.or_else(first)?;
    let told = told.trim().trim_matches(['[', ']', '"', '\'', ' ']);
    let told = told.split(',').next().unwrap_or_default().trim();
    let is_name =
        !told.is_empty() && told.chars().count() <= LONGEST && !told.chars().any(char::is_control);
    is_name.then(|| told.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_card_tells_it_in_its_head() {
        let folder = tempfile::tempdir().unwrap();
        let of = |card: &str| {
            fs::write(folder.path().join("README.md"), card).unwrap();
            licence_of("any", None, Some(folder.path()))
        };
        for (card, expected) in [
            ("---\nlicense: mit\n---\n# A", Some("mit")),
            (
                "---\ntags:\n- a\nlicense: \"apache-2.0\"\n---\n",
                Some("apache-2.0"),
            ),
            (
                "---\r\nlicense:\r\n- cc-by-nc-4.0\r\n- mit\r\n---\r\n",
                Some("cc-by-nc-4.0"),
            ),
            (
                "---\nlicense: other\nlicense_name: qwen\n---\n",
                Some("qwen"),
            ),
            ("---\nlicense: other\n---\n", Some("other")),
            ("---\nlanguage: zh\n---\nlicense: mit\n", None),
            ("license: mit\n", None),
            ("---\nlicense:\n---\n", None),
            ("", None),
        ] {
            assert_eq!(of(card).as_deref(), expected, "{card}");
        }
    }

    #[test]
    fn what_the_folder_says_wins_over_the_catalogue() {
        let folder = tempfile::tempdir().unwrap();
        let of = || {
            licence_of(
                "gte-base-zh",
                Some("thenlper/gte-base-zh"),
                Some(folder.path()),
            )
        };
        assert_eq!(of().as_deref(), Some("MIT"));
        for stranger in [None, Some("somebody/gte-base-zh")] {
            let told = licence_of("gte-base-zh", stranger, Some(folder.path()));
            assert_eq!(told, None, "{stranger:?}");
        }
        fs::write(folder.path().join("README.md"), "---\nlicense: x\n---\n").unwrap();
        assert_eq!(of().as_deref(), Some("x"));
        let manifest = r#"{"version": 1, "name": "m", "files": [], "licence": "y"}"#;
        fs::write(folder.path().join(crate::MANIFEST_FILE), manifest).unwrap();
        assert_eq!(of().as_deref(), Some("y"));
        assert_eq!(
            licence_of("e5-small-zh", None, None).as_deref(),
            Some("MIT")
        );
        for stranger in ["unheard-of", "somebody/gte-base-zh"] {
            assert_eq!(licence_of(stranger, None, None), None);
        }
    }
}
