//! How the libraries of the hubs lay their caches out, told by paths alone.

use std::path::Path;

/// The repository of a folder that lies as the libraries lay models out, wherever the cache is.
pub(crate) fn repository_of(folder: &Path) -> Option<String> {
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let (own, above) = (name(folder)?, folder.parent()?);
    if name(above)? == "snapshots" {
        let repository = name(above.parent()?)?;
        let repository = repository.strip_prefix("models--").unwrap_or(&repository);
        let (owner, name) = repository.split_once("--")?;
        return Some(format!("{owner}/{name}"));
    }
    // A name with dots, as ModelScope's library wrote it.
    own.contains("___")
        .then(|| Some(format!("{}/{}", name(above)?, own.replace("___", "."))))?
}
