//! What hubs have in common.

mod huggingface;
mod modelscope;

use url::Url;

use crate::client::{Client, host};
use crate::listing::Listing;
use crate::patience::Patience;
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
        let settings = self.client.settings();
        let has_token = self.hub == HubKind::HuggingFace && settings.token.is_some();
        let forbidden = |host, repository| Error::Forbidden {
            host,
            repository,
            token: settings.token_from.clone(),
        };
        match (status, code) {
            (_, Some("RevisionNotFound")) => self.no_revision(),
            (401 | 403, Some("GatedRepo")) if !has_token => Error::Gated { repository },
            (401 | 404, Some("RepoNotFound")) => self.not_found(),
            (401 | 403, _) if has_token => forbidden(host, repository),
            (403, _) if self.hub == HubKind::HuggingFace => Error::Gated { repository },
            // Hugging Face says so of what is private and of what is not there alike.
            (401 | 404, _) => self.not_found(),
            _ => Error::Refused {
                host,
                status,
                path: what.to_owned(),
            },
        }
    }
}
