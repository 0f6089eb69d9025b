//! Where collections are kept.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use yuyi_store::{EmbeddedStore, Error, Options, PostgresOptions, PostgresStore, Result, Store};

/// Where collections are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine, which one process has at a time.
    Folder(PathBuf),
    /// A PostgreSQL server.
    Postgres {
        /// Its address.
        address: String,
        /// Address of a standby for reads that may be a little old.
        read_from: Option<String>,
    },
}

impl Place {
    /// The place that a user names by a folder (`--data`) or an address (`--store`), or the one where nobody names any: `collections` in the home folder of yuyi. `None`:
    /// no variable says where that is.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) at `store` where the address is of no server that is known, or both are named.
    pub fn named(data: Option<PathBuf>, store: Option<String>) -> Result<Option<Self>> {
        match (data, store) {
            (Some(_), Some(_)) => Err(Error::invalid(
                "store",
                "Collections are kept in a folder (--data) or on a server (--store), not in both.",
            )),
            (Some(folder), None) => Ok(Some(Self::Folder(folder))),
            (None, Some(address)) => Self::server(address).map(Some),
            (None, None) => {
                Ok(yuyi_models::home().map(|home| Self::Folder(home.join("collections"))))
            }
        }
    }

    fn server(address: String) -> Result<Self> {
        check("store", &address)?;
        Ok(Self::Postgres {
            address,
            read_from: None,
        })
    }

    /// The same server, with another that follows it and answers reads that may be a little old (`--store-read`).
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) at `store-read` where the address is of no server that is known, or the place is a folder.
    pub fn reading_from(self, standby: String) -> Result<Self> {
        check("store-read", &standby)?;
        match self {
            Self::Postgres { address, .. } => Ok(Self::Postgres {
                address,
                read_from: Some(standby),
            }),
            Self::Folder(_) => Err(Error::invalid(
                "store-read",
                "It is a standby of the server that --store names. Name that too.",
            )),
        }
    }

    /// Whether collections are there already, as far as that can be told without opening it.
    pub fn is_there(&self) -> bool {
        match self {
            Self::Folder(folder) => {
                let mut files = folder.read_dir().into_iter().flatten();
                files.next().is_some()
            }
            Self::Postgres { .. } => true,
        }
    }

    /// Opens it. Takes a while where there are many items.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn open(&self) -> Result<Arc<dyn Store>> {
        match self {
            Self::Folder(folder) => {
                let store = EmbeddedStore::open(folder, Options::default())?;
                Ok(Arc::new(store))
            }
            Self::Postgres { address, read_from } => {
                let options = PostgresOptions {
                    read_from: read_from.clone(),
                    ..PostgresOptions::default()
                };
                Ok(Arc::new(PostgresStore::open(address, &options)?))
            }
        }
    }
}

/// Whether an address is of a server that is known.
fn check(field: &str, address: &str) -> Result<()> {
    let mut schemes = ["postgres://", "postgresql://"].iter();
    match schemes.any(|scheme| address.starts_with(scheme)) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            "An address is postgres://USER:PASSWORD@HOST/DATABASE.",
        )),
    }
}

impl fmt::Display for Place {
    /// The folder, or the kind of the server: an address has a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Postgres { .. } => f.write_str("PostgreSQL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_is_named() {
        let folder = Some(PathBuf::from("data"));
        let address = Some("postgres://u:secret@h/d".to_owned());
        let place = Place::named(folder.clone(), None).unwrap().unwrap();
        assert_eq!(place.to_string(), "data");
        let place = Place::named(None, address.clone()).unwrap().unwrap();
        assert_eq!(place.to_string(), "PostgreSQL");
        assert!(Place::named(folder.clone(), address).is_err());
        let standby = || "postgres://u:secret@s/d".to_owned();
        let two = place.reading_from(standby()).unwrap();
        assert!(
            matches!(&two, Place::Postgres { read_from: Some(read), .. } if *read == standby())
        );
        for (place, standby) in [
            (two, "mysql://s".to_owned()),
            (Place::named(folder, None).unwrap().unwrap(), standby()),
        ] {
            let error = place.reading_from(standby).unwrap_err().to_string();
            assert!(
                error.starts_with("store-read: ") && !error.contains("secret"),
                "{error}"
            );
        }
        let error = Place::named(None, Some("mysql://h".into())).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("store: An address is postgres://")
        );
    }
}
