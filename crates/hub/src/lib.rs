//! From a name and a network to a model folder: Hugging Face, its mirrors, and ModelScope.
//!
//! [`Hub::pull`] finds a model, fetches what is needed of it, checks every byte by the sums that the hub tells, and puts it under the
//! home folder in one step: there is the old model, or the new one, never half of one. What an interrupted download has is kept, and
//! the next one goes on with it, whichever hub it asks. [`export`] and [`import`] carry a model to a machine without a network.
//!
//! Calls block. No runtime, and nothing here knows a terminal or HTTP's other side.

mod address;
mod archive;
mod client;
mod download;
mod error;
mod fitness;
mod here;
mod hubs;
mod listing;
mod parts;
mod patience;
mod plain;
mod pull;
mod record;
mod selection;
mod settings;
mod source;
mod sums;
mod transport;
mod unfinished;
mod verify;
mod watch;
mod workspace;

pub use archive::{export, import};
pub use error::Error;
pub use fitness::Gives;
pub use here::{Here, here};
pub use pull::{Finish, Hub, Pulled, Request, Staged};
pub use settings::{Settings, Token};
pub use source::{HubKind, Source};
pub use unfinished::{Unfinished, remove_leftovers, unfinished};
pub use verify::{Verified, remove, verify};
pub use watch::{Event, Found, Watch};
