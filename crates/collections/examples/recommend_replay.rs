//! Users with known tastes that change, and how well each way recommends what they like now: for `scripts/measure_recommend`.
//!
//! ```sh
//! cargo run -p yuyi-collections --example recommend_replay -- TEXTS.tsv SEED USERS...
//! ```
//!
//! A line of the file is a text and its label, with a tab between them. A user likes the texts of two labels, then, behind two thirds of the clicks, of one of them and
//! a third one; nine of ten clicks are on what is liked, the others on anything. So many users as are asked for have clicked before; those who are measured then make 0, 1, 2, 5 and 20 clicks. What is
//! wanted is whatever is liked now. A line of JSON is printed for each number of users, of clicks and each way: its quality, and how much better this program is for the same users.

use std::collections::{BTreeMap, HashSet};
use std::fs;

use serde_json::json;
use yuyi::{BUILTIN_NAME, Calibration, Model};
use yuyi_collections::{Contest, HeldShelf, Way};
use yuyi_store::{Event, EventKind, Item, Timestamp, VectorItem};
use yuyi_tasks::evaluation::{RecommendedList, recommendation_lead, recommendation_quality};
use yuyi_tasks::metrics::Sampling;

const CLICKS: [usize; 5] = [0, 1, 2, 5, 20];

/// Labels with fewer texts are nobody's taste.
const LEAST: usize = 40;

/// Users who are measured.
const MEASURED: usize = 500;

/// Items of a list.
const SHOWN: usize = 10;

const SAMPLING: Sampling = Sampling {
    rounds: 1000,
    seed: 20,
};

const DAY: i64 = 86_400_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, seed, others @ ..] = &arguments[..] else {
        return Err("name a file of texts and labels, a seed, and numbers of users".into());
    };
    let corpus = Corpus::read(&fs::read_to_string(file)?);
    if corpus.of_label.len() < 3 {
        return Err(format!("three labels need {LEAST} texts each").into());
    }
    let model = Model::open(BUILTIN_NAME)?;
    let items = corpus.items(&model)?;
    for others in others {
        let others = others.parse()?;
        let mut random = Random(seed.parse()?);
        let measured: Vec<Log> = (0..MEASURED)
            .map(|user| corpus.log(&mut random, user, 20))
            .collect();
        let logs = (0..others).map(|user| {
            let length = 3 + random.below(20);
            corpus.log(&mut random, MEASURED + user, length)
        });
        let before: Vec<Event> = logs.flat_map(|log| log.events).collect();
        for clicks in CLICKS {
            let shown = measured
                .iter()
                .flat_map(|log| log.events.iter().take(clicks));
            let events = before.iter().chain(shown).cloned().collect();
            let shelf = HeldShelf::new(items.clone(), events);
            let lists = lists(&corpus, &measured, &shelf, model.calibration(), clicks)?;
            let (_, own) = &lists[0];
            for (way, lists) in &lists {
                let quality = recommendation_quality(lists, SHOWN, items.len(), SAMPLING);
                let lead = recommendation_lead(own, lists, SHOWN, SAMPLING);
                let line = json!({
                    "others": others, "clicks": clicks, "way": format!("{way:?}"), "quality": quality, "lead": lead,
                });
                println!("{line}");
            }
        }
    }
    Ok(())
}

/// What each way shows those who are measured after so many clicks.
fn lists(
    corpus: &Corpus,
    measured: &[Log],
    shelf: &HeldShelf,
    calibration: &Calibration,
    clicks: usize,
) -> Result<Vec<(Way, Vec<RecommendedList>)>, yuyi_store::Error> {
    let contest = Contest::new(shelf, calibration)?;
    let mut ways = Vec::new();
    for way in Way::ALL {
        let mut lists = Vec::with_capacity(measured.len());
        for log in measured {
            let list = contest.list(way, &log.user, None, SHOWN)?;
            lists.push(contest.measured(list, &corpus.wanted(log, shelf, clicks)));
        }
        ways.push((way, lists));
    }
    Ok(ways)
}

/// Texts with their labels.
struct Corpus {
    texts: Vec<String>,
    /// Places of the texts of each label, of those that are somebody's taste.
    of_label: Vec<Vec<usize>>,
}

/// What a user did, and likes.
struct Log {
    user: String,
    events: Vec<Event>,
    /// Two labels, then two.
    tastes: [[usize; 2]; 2],
    /// Click behind which it changes.
    change: usize,
}

impl Log {
    /// The labels that are liked after so many clicks.
    fn liked(&self, clicks: usize) -> [usize; 2] {
        self.tastes[usize::from(clicks > self.change)]
    }
}

impl Corpus {
    fn read(text: &str) -> Self {
        let mut of_label: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut texts: Vec<String> = Vec::new();
        let mut known = HashSet::new();
        for line in text.lines() {
            let Some((text, label)) = line.split_once('\t') else {
                continue;
            };
            if known.insert(text) {
                of_label.entry(label).or_default().push(texts.len());
                texts.push(text.to_owned());
            }
        }
        let of_label = of_label.into_values();
        Self {
            texts,
            of_label: of_label.filter(|texts| texts.len() >= LEAST).collect(),
        }
    }

    fn id(&self, text: usize) -> String {
        format!("{text:05}")
    }

    fn items(&self, model: &Model) -> Result<Vec<VectorItem>, yuyi::Error> {
        let mut items = Vec::with_capacity(self.texts.len());
        for (start, some) in self.texts.chunks(256).enumerate() {
            let vectors = model.embed(some)?;
            for (i, (text, encoded)) in some.iter().zip(vectors).enumerate() {
                let place = start * 256 + i;
                let item = Item {
                    time: Some(Timestamp::from_micros(place as i64)),
                    ..Item::new(self.id(place), text.as_str())
                };
                items.push(VectorItem {
                    item,
                    vectors: vec![encoded.vector],
                });
            }
        }
        Ok(items)
    }

    /// Places of what a user likes after so many clicks, without what was clicked.
    fn wanted(&self, log: &Log, shelf: &HeldShelf, clicks: usize) -> HashSet<usize> {
        let seen = log.events[..clicks].iter().map(|event| &*event.item);
        let seen: HashSet<&str> = seen.collect();
        let liked = log.liked(clicks);
        let texts = liked.iter().flat_map(|label| &self.of_label[*label]);
        let ids = texts.map(|text| self.id(*text));
        let new = ids.filter(|id| !seen.contains(&**id));
        new.filter_map(|id| shelf.place(&id)).collect()
    }

    fn log(&self, random: &mut Random, user: usize, length: usize) -> Log {
        // In the order in which they are drawn, or a seed would not tell the tastes.
        let mut labels: Vec<usize> = Vec::new();
        while labels.len() < 3 {
            let label = random.below(self.of_label.len());
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        let mut log = Log {
            user: format!("u{user:05}"),
            events: Vec::new(),
            tastes: [[labels[0], labels[1]], [labels[1], labels[2]]],
            change: 2 * length / 3,
        };
        let begin = random.below(60) as i64;
        for click in 0..length {
            let liked = log.liked(click + 1);
            let of_taste = &self.of_label[liked[random.below(2)]];
            let text = match random.below(10) {
                0 => random.below(self.texts.len()),
                _ => of_taste[random.below(of_taste.len())],
            };
            log.events.push(Event {
                user: log.user.clone(),
                item: self.id(text),
                kind: EventKind::Click,
                weight: 1.0,
                time: Timestamp::from_micros((begin + click as i64) * DAY),
            });
        }
        log
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(z ^ (z >> 31)) * n as u128) >> 64) as usize
    }
}
