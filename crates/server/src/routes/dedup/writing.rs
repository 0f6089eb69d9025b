//! The reply, part by part: it may have a million pairs.

use serde::Serialize;
use utoipa::ToSchema;
use yuyi_serving::Turns;
use yuyi_tasks::dedup::{Answer, Groups, Merged, Mode, Pair, ShownPair};

use super::file::{Minutes, SentTurn};
use crate::ApiError;
use crate::answer::is_full;
use crate::error::ErrorBody;
use crate::memory::Share;
use crate::routes::similarity::Head;
use crate::work::Stopped;

/// Pairs that are written between two looks at the clock.
const PAIRS_AT_ONCE: usize = 256;

/// What repeats what.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the reply in /openapi.json")]
pub(crate) struct DedupReply {
    #[serde(flatten)]
    head: Head,
    /// What was compared.
    mode: Mode,
    /// From which similarity on a text is a repeat.
    #[schema(example = 0.8)]
    threshold: f64,
    #[serde(flatten)]
    groups: Groups,
    /// What is kept, each with all that it stands for; absent unless `action` is `merge`.
    #[schema(required = false)]
    merged: Vec<Merged>,
    /// A text was longer than the model reads, and was cut.
    truncated: bool,
    /// Texts that cannot be compared, each by its field; they are kept. Absent where there are none.
    #[schema(required = false)]
    errors: Vec<ErrorBody>,
    /// From which similarity on pairs are told.
    #[schema(example = 0.7)]
    pairs_above: f64,
    /// There were more pairs than the million that are told; absent otherwise.
    #[schema(required = false)]
    pairs_truncated: bool,
    /// The similarity of the farthest pair that is told, where there were more.
    #[schema(required = false)]
    pairs_lowest: f64,
    /// The turns of minutes that were sent as a file, in order: what indices are of.
    #[schema(required = false)]
    items: Vec<SentTurn>,
    /// What files were read as; absent where there is nothing to say.
    #[schema(required = false)]
    notes: Vec<String>,
    /// The pairs that were compared and are near. With them, groups of a higher threshold need no further request.
    pairs: Vec<ShownPair>,
}

/// A reply on the way.
pub(super) struct Writing {
    /// What comes next.
    before: Vec<u8>,
    pairs: std::vec::IntoIter<Pair>,
    old: usize,
    is_first: bool,
    ended: bool,
    /// The memory of the pairs, held until they are sent.
    _share: Share,
}

impl Writing {
    pub(super) fn of(
        head: &Answer,
        (errors, minutes): (&[ErrorBody], Option<&Minutes>),
        (pairs, old): (Vec<Pair>, usize),
        share: Share,
    ) -> Result<Self, ApiError> {
        let mut before = to_json(head)?;
        before.pop();
        if !errors.is_empty() {
            before.extend(b",\"errors\":");
            before.extend(to_json(&errors)?);
        }
        if let Some(minutes) = minutes {
            before.push(b',');
            let mut told = to_json(minutes)?;
            // The object goes on with its fields.
            told.pop();
            before.extend(told.drain(1..));
        }
        before.extend(b",\"pairs\":[");
        Ok(Self {
            before,
            pairs: pairs.into_iter(),
            old,
            is_first: true,
            ended: false,
            _share: share,
        })
    }

    /// The next part.
    pub(super) fn next(&mut self, turns: &mut Turns) -> Result<Vec<u8>, Stopped> {
        let mut part = std::mem::take(&mut self.before);
        while !self.ended && !is_full(&part) {
            turns.checkpoint()?;
            self.write_some(&mut part)?;
        }
        Ok(part)
    }

    fn write_some(&mut self, out: &mut Vec<u8>) -> Result<(), ApiError> {
        for pair in self.pairs.by_ref().take(PAIRS_AT_ONCE) {
            if !std::mem::take(&mut self.is_first) {
                out.push(b',');
            }
            out.extend(to_json(&ShownPair::of(&pair, self.old))?);
        }
        if self.pairs.len() == 0 {
            out.extend(b"]}");
            self.ended = true;
        }
        Ok(())
    }
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(value).map_err(|_| ApiError::Internal)
}
