//! Attention that looks no farther than a window, in some of the layers.

use super::fields::Fields;
use super::rotary::{Rotary, local_rotary};
use super::{Architecture, MOST};
use crate::error::Error;

/// The local layers of a model, and what they see.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalAttention {
    /// Keys that a query sees on either side.
    pub side: usize,
    /// By how much queries and keys turn.
    pub rotary: Rotary,
    /// Of each layer whether it is local.
    pub layers: Vec<bool>,
}

/// ModernBERT's local layers: by default all but every third.
pub(super) fn local_attention(
    fields: &Fields<'_>,
    layers: usize,
) -> Result<Option<LocalAttention>, Error> {
    let kinds = layer_kinds(fields, layers)?;
    if fields.architecture != Architecture::ModernBert {
        return match kinds {
            Some(kinds) if kinds.contains(&true) => {
                let what = "layer_types has sliding_attention, which yuyi does not run in this architecture.";
                Err(Error::unsupported(fields.file, what))
            }
            _ => Ok(None),
        };
    }
    let every = fields.size_or("global_attn_every_n_layers", 3)?;
    let window = fields.get::<usize>("local_attention")?.unwrap_or(128);
    if window > MOST {
        let what = format!("local_attention must be at most {MOST}.");
        return Err(Error::file(fields.file, what));
    }
    let usual = || (0..layers).map(|i| !i.is_multiple_of(every)).collect();
    Ok(Some(LocalAttention {
        side: window / 2,
        rotary: local_rotary(fields)?,
        layers: kinds.unwrap_or_else(usual),
    }))
}

/// What `layer_types` says: of each layer whether it is local.
fn layer_kinds(fields: &Fields<'_>, layers: usize) -> Result<Option<Vec<bool>>, Error> {
    let Some(kinds) = fields.get::<Vec<String>>("layer_types")? else {
        return Ok(None);
    };
    if kinds.len() != layers {
        let what = format!(
            "layer_types has {} entries, but num_hidden_layers is {layers}.",
            kinds.len()
        );
        return Err(Error::file(fields.file, what));
    }
    let kind = |kind: &String| match kind.as_str() {
        "full_attention" => Ok(false),
        "sliding_attention" => Ok(true),
        other => {
            let what = format!(
                "layer_types has \"{other}\"; yuyi knows full_attention and sliding_attention."
            );
            Err(Error::unsupported(fields.file, what))
        }
    };
    kinds.iter().map(kind).collect::<Result<_, _>>().map(Some)
}
