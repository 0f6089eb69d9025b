//! Where collections are kept.

use std::path::PathBuf;

use clap::Args;
use yuyi_collections::Place;

use crate::misuse::Misuse;

/// Where collections are kept.
#[derive(Args)]
pub struct PlaceArgs {
    /// Folder that collections are kept in [default: collections in the home folder, made when it is needed]
    #[arg(long, env = "YUYI_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// PostgreSQL server that collections are kept on, instead of a folder: postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, env = "YUYI_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
}

impl PlaceArgs {
    /// The place that is named, else the one in the home folder; `None`: there is no home folder.
    ///
    /// # Errors
    /// When it names no place that can be one, without the address, which may hold a password.
    pub fn place(&self) -> Result<Option<Place>, Misuse> {
        let place = Place::named(self.data.clone(), self.server());
        place.map_err(|error| Misuse(format!("--{error}")))
    }

    /// Whether the command line or a variable names it.
    pub fn is_named(&self) -> bool {
        self.data.is_some() || self.server().is_some()
    }

    /// A variable that is set to nothing names none.
    fn server(&self) -> Option<String> {
        self.store.clone().filter(|address| !address.is_empty())
    }
}
