//! What hubs have in common.

mod huggingface;
mod modelscope;

use url::Url;

use crate::client::{Client, Reply, host};
use crate::listing::{Listing, Sum};
use crate::patience::Patience;
use crate::selection::{MODULES, folders_of, needs_modules};
use crate::settings::Token;
use crate::sums::sha256;
use crate::{Error, HubKind};

/// A repository on a hub.
pub(crate) struct Repository<'a> {
    pub(crate) client: &'a Client,
    pub(crate) hub: HubKind,
    pub(crate) id: String,
    /// Branch, tag or commit; `None`: the newest.
    pub(crate) revision: Option<String>,
    pub(crate) patience: Patience<'a>,
}

impl Repository<'_> {
    /// Address of the hub.
    pub(crate) fn endpoint(&self) -> &Url {
        let settings = self.client.settings();
        match self.hub {
            HubKind::HuggingFace => &settings.huggingface,
            HubKind::ModelScope => &settings.modelscope,
        }
    }

    /// The hub, as messages name it.
    pub(crate) fn host(&self) -> String {
        host(self.endpoint())
    }

    /// The branch, tag or commit that is asked for.
    pub(crate) fn revision(&self) -> &str {
        let newest = match self.hub {
            HubKind::HuggingFace => "main",
            HubKind::ModelScope => "master",
        };
        self.revision.as_deref().unwrap_or(newest)
    }

    /// What it holds.
    ///
    /// # Errors
    /// When the hub does not tell.
    pub(crate) fn list(&self) -> Result<Listing, Error> {
        match self.hub {
            HubKind::HuggingFace => huggingface::list(self),
            HubKind::ModelScope => modelscope::list(self),
        }
    }

    /// The folders that the repository's list of steps names, where their names alone do not tell them.
    ///
    /// # Errors
    /// When the hub does not give the list.
    pub(crate) fn steps(&self, listing: &Listing) -> Result<Vec<String>, Error> {
        if !needs_modules(&listing.files) {
            return Ok(Vec::new());
        }
        let url = self.address(listing, MODULES)?;
        let refused = |reply: &Reply| self.refused(reply.status, None, MODULES);
        let (modules, _) = self.client.json(&url, &self.patience, refused)?;
        Ok(folders_of(&modules))
    }

    /// Where a file is, of the commit where that is known.
    pub(crate) fn address(&self, listing: &Listing, path: &str) -> Result<Url, Error> {
        let revision = listing.commit.as_deref().unwrap_or(self.revision());
        match self.hub {
            HubKind::HuggingFace => {
                let parts = [self.id.split('/').collect(), vec!["resolve", revision]].concat();
                self.at(parts.into_iter().chain(path.split('/')))
            }
            HubKind::ModelScope => {
                let mut url = self.at(["api", "v1", "models"]
                    .into_iter()
                    .chain(self.id.split('/'))
                    .chain(["repo"]))?;
                url.query_pairs_mut()
                    .append_pair("Revision", revision)
                    .append_pair("FilePath", path);
                Ok(url)
            }
        }
    }

    /// An address below the hub's, of parts that are escaped.
    fn at<'p>(&self, parts: impl IntoIterator<Item = &'p str>) -> Result<Url, Error> {
        let mut url = self.endpoint().clone();
        match url.path_segments_mut() {
            Ok(mut segments) => {
                segments.pop_if_empty().extend(parts);
            }
            Err(()) => return Err(self.no_hub("its address has no paths")),
        }
        Ok(url)
    }

    pub(crate) fn not_found(&self) -> Error {
        Error::NotFound {
            host: self.host(),
            repository: self.id.clone(),
            variable: self.hub.token_variable(),
        }
    }

    /// What the hub knows the user by.
    fn token(&self) -> Option<&Token> {
        let settings = self.client.settings();
        match self.hub {
            HubKind::HuggingFace => settings.token.as_ref(),
            HubKind::ModelScope => settings.modelscope_token.as_ref(),
        }
    }

    pub(crate) fn no_revision(&self) -> Error {
        Error::NoRevision {
            host: self.host(),
            repository: self.id.clone(),
            revision: self.revision().to_owned(),
        }
    }

    pub(crate) fn no_hub(&self, reason: &str) -> Error {
        Error::NoHubAnswer {
            host: self.host(),
            reason: reason.to_owned(),
        }
    }

    /// What a status means that is no answer. `what` was asked for.
    pub(crate) fn refused(&self, status: u16, code: Option<&str>, what: &str) -> Error {
        let (host, repository) = (self.host(), self.id.clone());
        match (status, code, self.token()) {
            (_, Some("RevisionNotFound"), _) => self.no_revision(),
            (401 | 403, Some("GatedRepo"), None) => Error::Gated { repository },
            (401 | 404, Some("RepoNotFound"), _) => self.not_found(),
            (401 | 403, _, Some(token)) => Error::Forbidden {
                host,
                repository,
                token: token.from.clone(),
            },
            (403, _, None) if self.hub == HubKind::HuggingFace => Error::Gated { repository },
            // Hubs say so of what is private and of what is not there alike.
            (401 | 403 | 404, _, _) => self.not_found(),
            _ => Error::Refused {
                host,
                status,
                path: what.to_owned(),
            },
        }
    }
}

/// What stands for the sum of a file of which nobody tells one. What has come of it is gone on with in the same commit alone; where no
/// commit is known, not at all.
fn untold(path: &str, commit: Option<&str>) -> Sum {
    let version = commit.map_or_else(|| std::process::id().to_string(), str::to_owned);
    // Bytes in memory can always be read.
    let name = sha256(format!("{version} {path}").as_bytes()).unwrap_or_default();
    Sum::Untold(format!("untold-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_without_a_sum_are_of_one_commit() {
        let of = |path: &str, commit: &str| untold(path, Some(commit)).text().to_owned();
        assert_eq!(of("a", "1"), of("a", "1"));
        assert_ne!(of("a", "1"), of("a", "2"));
        assert_ne!(of("a", "1"), of("b", "1"));
        assert!(!untold("a", None).is_told());
    }
}
