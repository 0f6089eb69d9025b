//! Why a model is not fetched, each with what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a model is not fetched, kept or brought in: a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for is no model.
    #[error(
        "{text:?} is no model. Name one of `yuyi models --all`, ORG/NAME, or the address of its page."
    )]
    NoAddress {
        /// What was asked for.
        text: String,
    },
    /// The page of something else on a hub.
    #[error(
        "{text:?} is the page of {kind}, and not of a model. Name the page of a model, or ORG/NAME."
    )]
    OtherPage {
        /// What was asked for.
        text: String,
        /// What it is.
        kind: String,
    },
    /// The page of a host that is no hub, as far as is known.
    #[error(
        "yuyi knows no hub {host}. Name a model of Hugging Face or ModelScope as ORG/NAME. If {host} is a mirror of Hugging Face, set HF_ENDPOINT={address}."
    )]
    OtherHost {
        /// The host.
        host: String,
        /// The address of the host.
        address: String,
    },
    /// A name alone, without an organisation, that is not in the catalogue.
    #[error(
        "There is no model {text:?} in the catalogue. The nearest name is {nearest} (`yuyi pull {nearest}`). `yuyi models --all` lists all of them; any other is named ORG/NAME, or by the address of its page."
    )]
    Unknown {
        /// What was asked for.
        text: String,
        /// The name of the catalogue that is nearest.
        nearest: String,
    },
    /// The model in the program.
    #[error("{name} is built in; nothing needs to be pulled.")]
    BuiltIn {
        /// Its name.
        name: String,
    },
    /// What cannot be the name of an installed model.
    #[error(
        "{name:?} is no name for a model. Take letters, digits, -, _ and ., and none of / in it, such as --name my-model."
    )]
    BadName {
        /// What was asked for.
        name: String,
    },
    /// Nothing would ever reach a model under the name of the one in the program.
    #[error("{name} is the name of the model in the program. Choose another name with --name.")]
    BuiltInName {
        /// The name.
        name: String,
    },
    /// A known name that has no files.
    #[error("There is nothing to fetch for {name}. `yuyi models --all` lists what can be fetched.")]
    NotPublished {
        /// Its name in the catalogue.
        name: String,
    },
    /// A variable has a value that cannot be meant.
    #[error("{variable} is {value:?}, which is no address such as https://hub.example.com.")]
    Setting {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
    },
    /// A proxy is of no kind that is known.
    #[error(
        "{variable} names no proxy that yuyi can use. Set it to one that begins with http://, https://, socks4:// or socks5://, or unset it."
    )]
    Proxy {
        /// The variable.
        variable: String,
    },
    /// An archive was to go to standard output.
    #[error(
        "An archive goes to a file, not to standard output (-). Name one, such as -o model.tar, or ./- for a file of that name."
    )]
    NoStream,
    /// No variable says where models are kept.
    #[error("There is no home folder to keep models in. Set YUYI_HOME.")]
    NoHome,
    /// Downloads are switched off.
    #[error(
        "{name} is not here, and {setting} forbids downloads. Bring it from another machine with `yuyi models export` and `yuyi models import`."
    )]
    Offline {
        /// The model.
        name: String,
        /// What forbids it.
        setting: String,
    },
    /// A hub does not answer.
    #[error(
        "{host} does not answer ({reason}). Set HF_ENDPOINT to a mirror such as https://hf-mirror.com, take another hub (--from), or name a proxy in HTTPS_PROXY."
    )]
    Unreachable {
        /// The hub.
        host: String,
        /// What happened.
        reason: String,
    },
    /// None of the hubs gives it.
    #[error(
        "No hub gave it: {first}, and {last}. Set HF_ENDPOINT to a mirror such as https://hf-mirror.com, or name a proxy in HTTPS_PROXY."
    )]
    NoHub {
        /// What happened at the first of them.
        first: String,
        /// What happened at the last of them.
        last: String,
    },
    /// None of the hubs has it.
    #[error(
        "Neither {first} nor {last} has a model {repository}. Look at its spelling on their pages. One that only some may see needs HF_TOKEN, or MODELSCOPE_API_TOKEN on ModelScope; one that is on a mirror needs HF_ENDPOINT, such as https://hf-mirror.com."
    )]
    Nowhere {
        /// The repository.
        repository: String,
        /// The first hub.
        first: String,
        /// The last one.
        last: String,
    },
    /// A hub answers, and the host that it sends for the data does not.
    #[error(
        "{hub} sends for the data to {host}, which does not answer ({reason}). Set HF_ENDPOINT to another mirror, take --from modelscope, or name a proxy in HTTPS_PROXY."
    )]
    DataHost {
        /// The hub.
        hub: String,
        /// The host with the data.
        host: String,
        /// What happened.
        reason: String,
    },
    /// A transfer breaks again and again.
    #[error(
        "The transfer of {path} from {host} breaks again and again ({reason}). What has come is kept; the same command goes on from there."
    )]
    Broken {
        /// The file.
        path: String,
        /// Where it comes from.
        host: String,
        /// What happened last.
        reason: String,
    },
    /// A hub has no such repository.
    #[error(
        "{host} has no model {repository}, or only for those who sign in ({variable}). Look at its spelling on the hub's page, or ask another one: --from, or a mirror in HF_ENDPOINT such as https://hf-mirror.com."
    )]
    NotFound {
        /// The hub.
        host: String,
        /// The repository.
        repository: String,
        /// The variable that those who sign in set.
        variable: &'static str,
    },
    /// The repository has no such branch, tag or commit.
    #[error(
        "{repository} has no revision {revision:?} on {host}. Leave --revision out for the newest one."
    )]
    NoRevision {
        /// The hub.
        host: String,
        /// The repository.
        repository: String,
        /// What was asked for.
        revision: String,
    },
    /// The repository is only for those whom its owner lets in.
    #[error(
        "{repository} asks for consent. Accept its terms on https://huggingface.co/{repository}, make a token there and set HF_TOKEN."
    )]
    Gated {
        /// The repository.
        repository: String,
    },
    /// The token is not let in.
    #[error(
        "{host} does not let the token of {token} read {repository}. Accept the model's terms with that account, make a token that may read it, or take that token away: models that are open to all need none."
    )]
    Forbidden {
        /// The hub.
        host: String,
        /// The repository.
        repository: String,
        /// Where the token comes from: a variable or a file.
        token: String,
    },
    /// A hub wants to be left alone for a while.
    #[error(
        "{host} answers too many requests for now. Try again in {seconds} seconds, or set {variable}, whose holders may ask more often."
    )]
    RateLimited {
        /// The hub.
        host: String,
        /// How long it asks to wait.
        seconds: u64,
        /// The variable that those who sign in set.
        variable: &'static str,
    },
    /// A hub refuses in a way of its own.
    #[error("{host} answers {status} for {path}. Try again later, or take another hub (--from).")]
    Refused {
        /// The hub.
        host: String,
        /// Its status.
        status: u16,
        /// What was asked for.
        path: String,
    },
    /// A host answers what no hub does, such as the page of a proxy that wants a password.
    #[error(
        "{host} does not answer as a hub does ({reason}). Is it one, or does a proxy answer in its place?"
    )]
    NoHubAnswer {
        /// The host.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// Redirects lead nowhere.
    #[error("{host} redirects {reason}. Take another hub (--from, HF_ENDPOINT).")]
    Redirects {
        /// The host.
        host: String,
        /// Where it leads.
        reason: String,
    },
    /// A model that the encoder does not run.
    #[error(
        "{repository} cannot be run: {reason} The nearest that can is {nearest} (`yuyi pull {nearest}`)."
    )]
    Unsupported {
        /// The repository.
        repository: String,
        /// What is not supported, as a sentence.
        reason: String,
        /// A known model that is.
        nearest: String,
    },
    /// What comes is not what was announced.
    #[error(
        "What {host} sends as {path} is not what it announces, twice. Nothing was installed. Take another hub (--from, HF_ENDPOINT), and look at proxies that change what passes."
    )]
    BadSum {
        /// The hub.
        host: String,
        /// The file.
        path: String,
    },
    /// What comes is where the file was, and not the file.
    #[error(
        "{host} sends a pointer of Git LFS in place of {path}, and not the file itself. Take another hub (--from, HF_ENDPOINT)."
    )]
    Pointer {
        /// The hub.
        host: String,
        /// The file.
        path: String,
    },
    /// There is not enough room.
    #[error("{} has too little room: {needed} MB are needed and {free} MB are free. Make room, or set YUYI_HOME to a larger disk.", folder.display())]
    NoRoom {
        /// Where.
        folder: PathBuf,
        /// Megabytes that are needed.
        needed: u64,
        /// Megabytes that are free.
        free: u64,
    },
    /// The disk became full.
    #[error("{}: the disk is full, or a quota is reached. Make room and say it again: what has come is kept.", path.display())]
    DiskFull {
        /// What was written.
        path: PathBuf,
    },
    /// The disk became full while something was written that is not gone on with.
    #[error("{}: the disk is full, or a quota is reached. Nothing is left of it. Make room, or take another disk, and say it again.", path.display())]
    Full {
        /// What was written.
        path: PathBuf,
    },
    /// The system does not let a file be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not let a file be written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else fetches it.
    #[error("{name} is being fetched by another program at this moment. Wait until that is done.")]
    Busy {
        /// The model.
        name: String,
    },
    /// The name is taken by something else.
    #[error("{} is there already, and {what}. Remove it with `yuyi models rm {name}`, or choose another name with --name.", folder.display())]
    Taken {
        /// The name.
        name: String,
        /// Its folder.
        folder: PathBuf,
        /// What it is.
        what: String,
    },
    /// What came does not work.
    #[error("{name} does not work: {reason} It was not installed.")]
    Unusable {
        /// The model.
        name: String,
        /// Why, as a sentence.
        reason: String,
    },
    /// It cannot be brought into the number format that was asked for.
    #[error("{name} cannot be copied in {precision}: {reason} Its weights were not fetched.")]
    NotQuantizable {
        /// The model.
        name: String,
        /// The number format.
        precision: String,
        /// Why, as a sentence.
        reason: String,
    },
    /// No model of that name is installed.
    #[error("No model {name:?} is installed here. `yuyi models` lists those that are.")]
    NotInstalled {
        /// The name.
        name: String,
    },
    /// No command that was interrupted has left anything of it.
    #[error("Nothing is left of a download of {name:?}. `yuyi models` lists what is.")]
    NoLeftovers {
        /// The name.
        name: String,
    },
    /// The model is not one of ours to remove or to write.
    #[error("{name} is {place}, and not a model under the home folder.")]
    NotOurs {
        /// The name.
        name: String,
        /// Where it is.
        place: String,
    },
    /// A model whose files are not those that were installed, or not all of them.
    #[error("{name} is damaged, so nothing was written: {problem}. {mending}")]
    Damaged {
        /// The model.
        name: String,
        /// What is wrong with it.
        problem: String,
        /// What to do, as a sentence.
        mending: String,
    },
    /// The place of an export is a folder.
    #[error("{} is a folder. Name a file in it: -o {}/{name}.tar.", folder.display(), folder.display())]
    FolderAsOutput {
        /// The folder.
        folder: PathBuf,
        /// The model.
        name: String,
    },
    /// A folder is to be imported, as others hand models on.
    #[error("{} is a folder, and `yuyi models import` takes a file that `yuyi models export` wrote. Use it where it is with --model {}, or copy it into {} to use it by its name.", folder.display(), folder.display(), models.display())]
    FolderAsArchive {
        /// The folder.
        folder: PathBuf,
        /// Where models are kept.
        models: PathBuf,
    },
    /// A file that is no export.
    #[error("{} is no model that `yuyi models export` wrote, or is damaged: {reason}. Nothing was installed.", file.display())]
    BadArchive {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Somebody asked to stop.
    #[error("The download was stopped. What has come is kept; `yuyi pull` goes on from there.")]
    Cancelled,
}

impl Error {
    /// An error of the system while writing; a full disk is called that.
    pub(crate) fn writing(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match Self::is_full(source.kind()) {
            true => Self::DiskFull { path },
            false => Self::Unwritable { path, source },
        }
    }

    /// Whether the disk, or what may be taken of it, is used up.
    pub(crate) fn is_full(kind: io::ErrorKind) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
    }

    /// The same where nothing is kept of what was written.
    pub(crate) fn writing_whole(path: &Path, source: io::Error) -> Self {
        match Self::writing(path, source) {
            Self::DiskFull { path } => Self::Full { path },
            other => other,
        }
    }

    pub(crate) fn reading(path: &Path, source: io::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            source,
        }
    }

    /// Whether another hub may have what this one has not.
    pub(crate) fn may_be_elsewhere(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::DataHost { .. }
                | Self::Broken { .. }
                | Self::NotFound { .. }
                | Self::Gated { .. }
                | Self::Forbidden { .. }
                | Self::RateLimited { .. }
                | Self::Refused { .. }
                | Self::NoHubAnswer { .. }
                | Self::Redirects { .. }
                | Self::BadSum { .. }
                | Self::Pointer { .. }
        )
    }

    /// Whether the hub has the model, and not for everyone.
    pub(crate) fn is_for_some(&self) -> bool {
        matches!(self, Self::Gated { .. } | Self::Forbidden { .. })
    }

    /// Why this hub did not do, as the end of a sentence.
    pub(crate) fn in_short(&self) -> String {
        match self {
            Self::Unreachable { host, reason } => format!("{host} does not answer ({reason})"),
            Self::DataHost { hub, host, reason } => {
                format!("{hub} sends for the data to {host}, which does not answer ({reason})")
            }
            Self::Broken { host, reason, .. } => {
                format!("{host} breaks off again and again ({reason})")
            }
            Self::NotFound {
                host, repository, ..
            } => format!("{host} has no model {repository}"),
            Self::RateLimited { host, seconds, .. } => {
                format!("{host} answers too many requests for now (again in {seconds} seconds)")
            }
            Self::Refused { host, status, path } => format!("{host} answers {status} for {path}"),
            Self::NoHubAnswer { host, reason } => {
                format!("{host} does not answer as a hub does ({reason})")
            }
            Self::Redirects { host, reason } => format!("{host} redirects {reason}"),
            Self::BadSum { host, path } => format!("{host} sends another {path} than it announces"),
            Self::Pointer { host, path } => {
                format!("{host} sends a pointer of Git LFS in place of {path}")
            }
            other => other.to_string().trim_end_matches('.').to_owned(),
        }
    }
}
