//! What is counted of collections.

use std::collections::BTreeMap;

use yuyi_serving::Histogram;
use yuyi_store::Collection;

use super::exposition::Exposition;
use crate::collections::{MOST_LABELS, OTHERS, OfCollection};

/// Which of what is counted.
type OneOf = fn(&OfCollection) -> &Histogram;

/// What is told of collections.
#[derive(Default)]
pub(crate) struct Counted {
    /// Those that there are.
    pub(crate) there: Vec<Collection>,
    /// What was counted of them, by label.
    pub(crate) calls: BTreeMap<String, OfCollection>,
}

impl Counted {
    pub(super) fn write(&self, out: &mut Exposition) {
        if self.there.is_empty() && self.calls.is_empty() {
            return;
        }
        self.write_items(out);
        let histogram: [(&str, &str, OneOf); 3] = [
            (
                "yuyi_collection_search_seconds",
                "Time from a question to its hits.",
                |of| &of.searches,
            ),
            (
                "yuyi_collection_scan_seconds",
                "The part of it that the store took.",
                |of| &of.scans,
            ),
            (
                "yuyi_collection_write_seconds",
                "Time of a write of items until it is durable.",
                |of| &of.writes,
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
    }
}
