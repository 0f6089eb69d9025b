//! What a name means that is on this machine already, and in no catalogue.

use std::path::{Path, PathBuf};

use yuyi_models::{BUILTIN_NAME, Manifest, ModelOrigin, find_known};

use crate::address::is_name;
use crate::{HubKind, Request, Source};

/// What is here under the name that somebody wants fetched.
#[derive(Clone, Debug)]
pub enum Here {
    /// It is in the program.
    BuiltIn,
    /// A folder that somebody put there, of which nobody knows where it came from.
    Own(PathBuf),
    /// It was fetched before, under a name of its own: what fetches it as it was.
    Fetched(Request),
}

/// What is below `home` under the name that `request` gives; `None`: hubs are to be asked.
pub fn here(home: &Path, request: &Request) -> Option<Here> {
    let name = request.model.trim_end_matches('/');
    if request.name.is_some() || !is_name(name) {
        return None;
    }
    if name.eq_ignore_ascii_case(BUILTIN_NAME) {
        return Some(Here::BuiltIn);
    }
    let is_known = find_known(name)
        .is_some_and(|known| known.is_published() && known.name.eq_ignore_ascii_case(name));
    let folder = home.join("models").join(name);
    if is_known || !folder.is_dir() {
        return None;
    }
    let manifest = Manifest::read(&folder).ok().flatten();
    Some(match manifest {
        Some(Manifest {
            origin: Some(origin),
            quantized,
            ..
        }) => Here::Fetched(again(name, origin, quantized, request)),
        _ => Here::Own(folder),
    })
}

/// The request that fetched a model; what is asked for now wins.
fn again(name: &str, origin: ModelOrigin, quantized: Option<String>, request: &Request) -> Request {
    let is_newest = origin.is_newest();
    let was_at_modelscope = origin.hub == HubKind::ModelScope.name();
    let source = match request.source {
        // A repository has another name at another hub.
        Source::Auto if was_at_modelscope => Source::ModelScope,
        asked => asked,
    };
    let revision = request.revision.clone();
    Request {
        model: origin.repository,
        source,
        revision: revision.or((!is_newest).then_some(origin.revision)),
        name: Some(name.to_owned()),
        quantized: request.quantized.clone().or(quantized),
    }
}
