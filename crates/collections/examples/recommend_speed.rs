//! How long a recommendation takes, and what of that is computing on a machine that is busy: among many items in the embedded store, for a user with many events beside
//! others with some.
//!
//! ```sh
//! cargo run -p yuyi-collections --example recommend_speed -- [ITEMS] [EVENTS] [DIMENSION]
//! ```

use std::time::Instant;

use yuyi::{Calibration, Encoded};
use yuyi_collections::{AskedRecommend, RecommendPlan, StoredShelf, recommend};
use yuyi_store::{
    Caller, EmbeddedStore, Event, EventKind, EventStore, Item, NewCollection, Options, Store,
    Timestamp, VectorItem,
};

/// Groups of items that are alike.
const GROUPS: usize = 200;

/// Other users, of whose events each recommendation looks at some.
const OTHERS: usize = 2_000;

/// Events of each of them.
const EVENTS_OF_OTHERS: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    let number = |place: usize, absent| numbers.get(place).copied().unwrap_or(absent);
    let (items, events, dimension) = (number(0, 100_000), number(1, 1000), number(2, 384));
    let folder = tempfile::tempdir()?;
    let store = EmbeddedStore::open(folder.path(), Options::default())?;
    store.create(&NewCollection::given("c", dimension))?;
    let mut random = Random(1);
    let groups: Vec<Vec<f32>> = (0..GROUPS).map(|_| random.vector(dimension)).collect();
    for start in (0..items).step_by(5000) {
        let batch = (start..items.min(start + 5000)).map(|i| {
            let noise = random.vector(dimension);
            let group = groups[i % GROUPS].iter();
            let item = Item::new(format!("{i:07}"), format!("第{i}条"));
            VectorItem {
                item,
                vectors: vec![group.zip(noise).map(|(a, b)| a + b).collect()],
            }
        });
        store.upsert("c", "", batch.collect())?;
    }
    let event = |i: usize| Event {
        user: "u".into(),
        // Of five groups.
        item: format!("{:07}", (i / 5 * GROUPS + i % 5) % items),
        kind: EventKind::Click,
        weight: 1.0,
        time: Timestamp::from_micros(i as i64 * 3_600_000_000),
    };
    store.add_events("c", (0..events).map(event).collect())?;
    // Of two groups each, some of them those of the user.
    let of_other = |i: usize| Event {
        user: format!("other{:05}", i / EVENTS_OF_OTHERS),
        item: format!(
            "{:07}",
            (i * 7919 * GROUPS + (i / EVENTS_OF_OTHERS + i % 2) % GROUPS) % items
        ),
        ..event(i)
    };
    let all: Vec<Event> = (0..OTHERS * EVENTS_OF_OTHERS).map(of_other).collect();
    store.add_events("c", all)?;
    let collection = store.collection("c")?;
    for user in ["u", "nobody"] {
        let (mut times, before) = (Vec::new(), processor_time());
        for _ in 0..101 {
            let began = Instant::now();
            let shelf = StoredShelf {
                store: &store,
                collection: &collection,
                caller: Caller::PATIENT,
            };
            let asked = AskedRecommend {
                user: Some(user.into()),
                ..AskedRecommend::default()
            };
            let plan = RecommendPlan::new(&collection.space, &shelf, asked)?;
            let question = plan.finish::<Encoded>(&[])?;
            let reply = recommend(&shelf, &question, &Calibration::Uncalibrated)?;
            assert_eq!(reply.results.len(), 10);
            times.push(began.elapsed());
        }
        times.sort();
        let (median, worst) = (times[50], times[95]);
        let computed = (processor_time() - before) / 101.0;
        println!(
            "{user}: {items} items, {events} events: median {median:?}, 95th percentile {worst:?}, of all threads {:.1} ms",
            1000.0 * computed
        );
    }
    Ok(())
}

/// Seconds that all threads have computed; 0 where the system does not tell.
fn processor_time() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = told.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn vector(&mut self, dimension: usize) -> Vec<f32> {
        let mut next = || {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) as f32 / u64::MAX as f32 - 0.5
        };
        (0..dimension).map(|_| next()).collect()
    }
}
