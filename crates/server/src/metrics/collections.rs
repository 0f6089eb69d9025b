//! What is counted of collections.

use std::collections::BTreeMap;

use yuyi_serving::Histogram;
use yuyi_store::Collection;

use super::exposition::Exposition;
use crate::collections::{MOST_LABELS, OTHERS, OfCollection, StandbyState};

/// Which of what is counted.
type OneOf = fn(&OfCollection) -> &Histogram;

/// What is told of collections.
#[derive(Default)]
pub(crate) struct Counted {
    /// Those that there are.
    pub(crate) there: Vec<Collection>,
    /// What was counted of them, by label.
    pub(crate) calls: BTreeMap<String, OfCollection>,
    /// Where there is a standby.
    pub(crate) standby: Option<StandbyState>,
}

impl Counted {
    pub(super) fn write(&self, out: &mut Exposition) {
        if let Some(standby) = &self.standby {
            write_standby(standby, out);
        }
        if self.there.is_empty() && self.calls.is_empty() {
            return;
        }
        self.write_items(out);
        let histogram: [(&str, &str, OneOf); 5] = [
            (
                "yuyi_collection_search_seconds",
                "Time from a question to its hits.",
                |of| &of.searches,
            ),
            (
                "yuyi_collection_scan_seconds",
                "The part of a search, or of a recommendation, that the store took.",
                |of| &of.scans,
            ),
            (
                "yuyi_collection_recommend_seconds",
                "Time from a request for recommendations to them.",
                |of| &of.recommendations,
            ),
            (
                "yuyi_collection_write_seconds",
                "Time of a write of items or events until it is durable.",
                |of| &of.writes,
            ),
            (
                "yuyi_collection_commit_seconds",
                "Time of the commit of a write, in which it is flushed to the disk.",
                |of| &of.commits,
            ),
        ];
        for (name, help, of) in histogram {
            out.head(name, "histogram", help);
            for (label, counted) in &self.calls {
                out.histogram(name, &[("collection", label)], of(counted));
            }
        }
        let name = "yuyi_collection_items_written_total";
        out.head(name, "counter", "Items that were written or removed.");
        for (label, counted) in &self.calls {
            out.sample(name, &[("collection", label)], counted.items as f64);
        }
        let name = "yuyi_collection_events_total";
        out.head(name, "counter", "Events of users that were sent and kept.");
        for (label, counted) in &self.calls {
            out.sample(name, &[("collection", label)], counted.events as f64);
        }
    }

    fn write_items(&self, out: &mut Exposition) {
        let total = self.there.len();
        out.gauge("yuyi_collections", "Collections.", total as f64);
        let name = "yuyi_collection_items";
        out.head(name, "gauge", "Items of a collection.");
        let (told, others) = self.there.split_at(total.min(MOST_LABELS));
        for collection in told {
            let labels = [("collection", collection.name.as_str())];
            out.sample(name, &labels, collection.count as f64);
        }
        if !others.is_empty() {
            let items: u64 = others.iter().map(|collection| collection.count).sum();
            out.sample(name, &[("collection", OTHERS)], items as f64);
        }
        let name = "yuyi_collections_damaged";
        let damaged = |collection: &&Collection| collection.damaged.is_some();
        let damaged = self.there.iter().filter(damaged).count();
        let help = "Collections that are damaged and answer nothing.";
        out.gauge(name, help, damaged as f64);
    }
}

fn write_standby(standby: &StandbyState, out: &mut Exposition) {
    let up = f64::from(u8::from(standby.lag.is_some()));
    let help = "Whether the standby says how far it is behind.";
    out.gauge("yuyi_store_standby_up", help, up);
    if let Some(lag) = standby.lag {
        let help = "How old the answers of the standby may be.";
        out.gauge("yuyi_store_standby_lag_seconds", help, lag.as_secs_f64());
    }
    let name = "yuyi_store_stale_reads_total";
    out.head(
        name,
        "counter",
        "Reads that may be a little old, by who answered.",
    );
    for (by, count) in [
        ("standby", standby.by_standby),
        ("primary", standby.by_primary),
    ] {
        out.sample(name, &[("by", by)], count as f64);
    }
}
