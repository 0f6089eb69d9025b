//! Models that compute elsewhere: an [`Embedder`](yuyi_models::Embedder) that asks an embeddings API of OpenAI's form, such as
//! those of Qianfan, DashScope, SiliconFlow and Zhipu, or of another server like this one.
//!
//! A model is named by what is called ([`Remote::named`]): `remote:PROVIDER/MODEL` for a provider that is known
//! (`providers.rs`), `remote:URL#MODEL` for any other, with settings behind a `?`. Its key comes from the environment and goes
//! nowhere but into the header of a call.
//!
//! A call that fails in a way that passes is made again, after a while and a few times at most; a provider that asks to be
//! left alone is left alone by all calls, and so is one that does not answer (`gate.rs`). Texts are bounded in number
//! where that is asked for (`budget.rs`). An answer is checked before it is believed (`answer.rs`).

#![warn(missing_debug_implementations)]

mod answer;
mod budget;
mod call;
mod calls;
mod embedder;
mod failure;
mod gate;
mod key;
mod length;
mod parts;
mod peer;
mod providers;
mod refusal;
mod remote;
mod spec;
mod told;

pub use embedder::RemoteEmbedder;
pub use remote::{Remote, RemoteOptions, is_remote};
