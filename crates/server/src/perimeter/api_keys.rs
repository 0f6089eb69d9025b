//! The keys that open the server, and their reload.
//!
//! Only digests of keys are kept, so no key can leak from memory into a message, and all comparisons are of
//! one length. A comparison takes the same time whatever it finds.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};
use yuyi::read_plain;

/// Longest key, in bytes.
const LONGEST: usize = 512;

/// Most bytes of a file of keys: tens of thousands of them.
const LONGEST_FILE: u64 = 1 << 20;

/// SHA-256 of a key.
pub(crate) type Digest = [u8; 32];

/// Where keys come from.
#[derive(Clone, Default)]
pub struct KeyOptions {
    /// Keys for everything but administration.
    pub api_keys: Vec<String>,
    /// A file of more of them, one a line.
    pub api_key_file: Option<PathBuf>,
    /// The key for administration; it opens the rest too.
    pub admin_key: Option<String>,
    /// A file of more of them, one a line.
    pub admin_key_file: Option<PathBuf>,
}

/// Keys that cannot be used. No message has a key in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A key has characters that a header cannot carry, or none at all.
    #[error(
        "{place} is no key: a key has 1 to {LONGEST} visible ASCII characters and neither space nor comma."
    )]
    Malformed {
        /// Which key.
        place: String,
    },
    /// The file cannot be read.
    #[error("The key file {} cannot be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has no key.
    #[error("The key file {} has no key. Write one a line.", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// What a caller with a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything but administration.
    User,
    /// Everything.
    Admin,
}

/// The keys that open the server.
#[derive(Debug, Default)]
pub struct Keys {
    users: KeyRing,
    admins: KeyRing,
}

/// Keys that open the same: given ones, and those of a file.
#[derive(Default)]
struct KeyRing {
    fixed: Vec<Digest>,
    file: Option<PathBuf>,
    from_file: RwLock<Arc<Vec<Digest>>>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl KeyRing {
    fn new(fixed: Vec<Digest>, file: Option<&PathBuf>) -> Self {
        Self {
            fixed,
            file: file.cloned(),
            from_file: RwLock::default(),
        }
    }

    /// The keys that the file has now, without letting them in yet.
    fn read(&self) -> Result<Vec<Digest>, KeyError> {
        self.file.as_deref().map_or(Ok(Vec::new()), read_file)
    }

    fn replace(&self, keys: Vec<Digest>) {
        // A writer that panicked would have left either the old keys or the new ones.
        *self
            .from_file
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn len(&self) -> usize {
        let from_file = self
            .from_file
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        self.fixed.len() + from_file.len()
    }

    fn is_empty(&self) -> bool {
        self.fixed.is_empty() && self.file.is_none()
    }

    /// Whether one of the keys is it; every key is looked at, wherever one matches.
    fn has(&self, sought: &Digest) -> bool {
        let from_file = Arc::clone(
            &self
                .from_file
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let keys = self.fixed.iter().chain(from_file.iter());
        keys.fold(Choice::from(0), |found, key| found | key.ct_eq(sought))
            .into()
    }
}

impl Keys {
    /// Reads and checks the keys; none at all is a server that is open to everyone.
    ///
    /// # Errors
    /// When a key has characters that no header carries, or the file cannot be read or has no key.
    pub fn new(options: &KeyOptions) -> Result<Self, KeyError> {
        let fixed = options.api_keys.iter().enumerate();
        let fixed = fixed.map(|(i, key)| digest(key, || format!("API key {}", i + 1)));
        let admin = options.admin_key.as_ref();
        let admin = admin.map(|key| digest(key, || "The admin key".to_owned()));
        let admin = admin.transpose()?.into_iter().collect();
        let keys = Self {
            users: KeyRing::new(
                fixed.collect::<Result<_, _>>()?,
                options.api_key_file.as_ref(),
            ),
            admins: KeyRing::new(admin, options.admin_key_file.as_ref()),
        };
        keys.reload()?;
        Ok(keys)
    }

    /// Reads the key files again, if there are any, and tells how many keys they have.
    ///
    /// # Errors
    /// When a file cannot be used; the keys of both are then those from before.
    pub fn reload(&self) -> Result<usize, KeyError> {
        let (users, admins) = (self.users.read()?, self.admins.read()?);
        let count = users.len() + admins.len();
        self.users.replace(users);
        self.admins.replace(admins);
        Ok(count)
    }

    /// Whether there is a file that may be read again.
    pub(crate) fn can_reload(&self) -> bool {
        self.users.file.is_some() || self.admins.file.is_some()
    }

    /// Whether everything but administration wants a key.
    pub(crate) fn guard_users(&self) -> bool {
        !self.users.is_empty()
    }

    /// Whether administration wants a key of its own.
    pub(crate) fn guard_admin(&self) -> bool {
        !self.admins.is_empty()
    }

    /// Whether there is more than one, and so more than one caller with secrets of their own.
    pub(crate) fn are_several(&self) -> bool {
        self.users.len() + self.admins.len() > 1
    }

    /// What the key opens, and the digest by which it may be remembered.
    pub(crate) fn find(&self, key: &[u8]) -> Option<(Role, Digest)> {
        let sought: Digest = Sha256::digest(key).into();
        // Both are asked in any case, so that the time tells nothing.
        match (self.admins.has(&sought), self.users.has(&sought)) {
            (true, _) => Some((Role::Admin, sought)),
            (false, true) => Some((Role::User, sought)),
            (false, false) => None,
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<Digest>, KeyError> {
    // Read again while the server runs, so nothing may be waited for, as for whoever writes to a pipe.
    let bytes = read_plain(path, LONGEST_FILE);
    let text = bytes.and_then(|bytes| {
        String::from_utf8(bytes)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
    });
    let text = text.map_err(|source| KeyError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let place = |i: usize| move || format!("Line {} of {}", i + 1, path.display());
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let keys = lines
        .map(|(i, line)| (i, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(i, line)| digest(line, place(i)))
        .collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(KeyError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(keys)
}

fn digest(key: &str, place: impl FnOnce() -> String) -> Result<Digest, KeyError> {
    let usable = |byte: u8| byte.is_ascii_graphic() && byte != b',';
    if key.is_empty() || key.len() > LONGEST || !key.bytes().all(usable) {
        return Err(KeyError::Malformed { place: place() });
    }
    Ok(Sha256::digest(key).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn with_file(text: &str) -> (tempfile::TempDir, PathBuf, Result<Keys, KeyError>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        fs::write(&path, text).unwrap();
        let keys = Keys::new(&KeyOptions {
            api_key_file: Some(path.clone()),
            ..KeyOptions::default()
        });
        (folder, path, keys)
    }

    #[test]
    fn keys_open_what_they_are_for() {
        let keys = Keys::new(&KeyOptions {
            api_keys: vec!["first".into(), "second".into()],
            admin_key: Some("master".into()),
            ..KeyOptions::default()
        })
        .unwrap();
        let role = |key: &str| keys.find(key.as_bytes()).map(|found| found.0);
        assert_eq!(role("first"), Some(Role::User));
        assert_eq!(role("second"), Some(Role::User));
        assert_eq!(role("master"), Some(Role::Admin));
        for wrong in ["", "firs", "first ", "First", "firstsecond"] {
            assert_eq!(role(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_file_has_a_key_a_line() {
        let (_folder, path, keys) =
            with_file("\u{feff}# for the shop\r\n\n  shop-key \r\nbot-key\n");
        let keys = keys.unwrap();
        assert!(keys.find(b"shop-key").is_some() && keys.find(b"bot-key").is_some());
        assert!(keys.find(b"# for the shop").is_none());

        fs::write(&path, "new-key\n").unwrap();
        assert_eq!(keys.reload().unwrap(), 1);
        assert!(keys.find(b"shop-key").is_none() && keys.find(b"new-key").is_some());

        for broken in ["", "# nothing\n", "new-key\nschlüssel\n", "two words\n"] {
            fs::write(&path, broken).unwrap();
            assert!(keys.reload().is_err(), "{broken:?}");
            assert!(keys.find(b"new-key").is_some(), "{broken:?}");
        }
        fs::remove_file(&path).unwrap();
        assert!(keys.reload().is_err() && keys.find(b"new-key").is_some());
    }

    #[test]
    fn a_file_of_admin_keys_is_read_again_too() {
        let folder = tempfile::tempdir().unwrap();
        let [users, admins] = ["users", "admins"].map(|name| folder.path().join(name));
        fs::write(&users, "user\n").unwrap();
        fs::write(&admins, "old\n").unwrap();
        let keys = Keys::new(&KeyOptions {
            api_key_file: Some(users.clone()),
            admin_key: Some("master".into()),
            admin_key_file: Some(admins.clone()),
            ..KeyOptions::default()
        })
        .unwrap();
        let role = |key: &str| keys.find(key.as_bytes()).map(|found| found.0);
        assert!(keys.guard_admin() && keys.can_reload());
        assert_eq!(["master", "old"].map(role), [Some(Role::Admin); 2]);

        fs::write(&admins, "new\n").unwrap();
        assert_eq!(keys.reload().unwrap(), 2);
        assert_eq!((role("old"), role("new")), (None, Some(Role::Admin)));

        // One file that cannot be used leaves both as they were.
        fs::write(&users, "").unwrap();
        fs::write(&admins, "newest\n").unwrap();
        assert!(keys.reload().is_err());
        assert_eq!((role("user"), role("newest")), (Some(Role::User), None));
    }

    /// Whoever waited for a pipe's writer would hold up the server.
    #[cfg(unix)]
    #[test]
    fn what_is_no_plain_file_is_refused_at_once() {
        let (folder, path, keys) = with_file("good\n");
        let keys = keys.unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let endless = std::path::Path::new("/dev/zero");
        for other in [pipe.as_path(), endless, folder.path()] {
            fs::remove_file(&path).unwrap();
            std::os::unix::fs::symlink(other, &path).unwrap();
            let error = keys.reload().unwrap_err().to_string();
            let expected = format!(
                "The key file {} cannot be read: it is no plain file.",
                path.display()
            );
            assert_eq!(error, expected);
            assert!(keys.find(b"good").is_some());
        }
        fs::remove_file(&path).unwrap();
        fs::write(&path, "# \n".repeat(1 << 20)).unwrap();
        let error = keys.reload().unwrap_err().to_string();
        assert!(
            error.ends_with("it is longer than 1048576 bytes."),
            "{error}"
        );
    }

    #[test]
    fn complaints_name_the_place_and_no_key() {
        let message_of = |keys: Result<Keys, KeyError>| keys.unwrap_err().to_string();
        let (_folder, path, keys) = with_file("good\nclé-secrète\n");
        let message = message_of(keys);
        assert!(
            message.starts_with(&format!("Line 2 of {} is no key", path.display())),
            "{message}"
        );
        let options = KeyOptions {
            api_keys: vec!["good".into(), "top secret".into()],
            ..KeyOptions::default()
        };
        let message = message_of(Keys::new(&options));
        assert!(message.starts_with("API key 2 is no key"), "{message}");
        assert!(!message.contains("secret"), "{message}");
        let options = KeyOptions {
            admin_key: Some(String::new()),
            ..KeyOptions::default()
        };
        assert!(message_of(Keys::new(&options)).starts_with("The admin key is no key"));
    }
}
