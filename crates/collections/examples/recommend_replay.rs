//! Users with known tastes that change, and how well each way recommends what they like now: for `scripts/measure_recommend`.
//!
//! ```sh
//! cargo run -p yuyi-collections --example recommend_replay -- TEXTS.tsv [USERS] [SEED]
//! ```
//!
//! A line of the file is a text and its label, with a tab between them. A user likes the texts of two labels, then, behind two thirds of the clicks, of one of them and
//! a third one; nine of ten clicks are on what is liked, the others on anything. Most users are there for item-kNN and popularity only; those who are measured have made 0, 1, 2, 5 and 20 clicks. What is wanted
//! is whatever is liked now. A line of JSON is printed for each number of clicks and each way.

use std::collections::{BTreeMap, HashSet};
use std::fs;

use yuyi::{BUILTIN_NAME, Model};
use yuyi_collections::{Contest, HeldShelf, Way};
use yuyi_store::{Event, EventKind, Item, Timestamp, VectorItem};
use yuyi_tasks::evaluation::recommendation_quality;
use yuyi_tasks::metrics::Sampling;

const CLICKS: [usize; 5] = [0, 1, 2, 5, 20];

/// Labels with fewer texts are nobody's taste.
const LEAST: usize = 40;

/// Users who are measured.
const MEASURED: usize = 300;

const DAY: i64 = 86_400_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().ok_or("name a file of texts and labels")?;
    let number = |place: usize, absent: u64| -> u64 {
        let given = arguments.get(place).and_then(|text| text.parse().ok());
        given.unwrap_or(absent)
    };
    let (users, seed) = (number(1, 2000) as usize, number(2, 7));
    let corpus = Corpus::read(&fs::read_to_string(file)?);
    let model = Model::open(BUILTIN_NAME)?;
    let items = corpus.items(&model)?;
    let mut random = Random(seed);
    let (mut background, mut measured) = (Vec::new(), Vec::new());
    for user in 0..users + MEASURED {
        let length = if user < users {
            3 + random.below(20)
        } else {
            20
        };
        let log = corpus.log(&mut random, user, length);
        if user < users {
            background.extend(log.events);
        } else {
            measured.push(log);
        }
    }
    for clicks in CLICKS {
        let shown = measured
            .iter()
            .flat_map(|log| log.events.iter().take(clicks));
        let events = background.iter().chain(shown).cloned().collect();
        let shelf = HeldShelf::new(items.clone(), events);
        let contest = Contest::new(&shelf, model.calibration())?;
        for way in Way::ALL {
            let mut lists = Vec::new();
            for log in &measured {
                let list = contest.list(way, &log.user, None, 10)?;
                let seen: HashSet<&str> = log.events[..clicks]
                    .iter()
                    .map(|event| &*event.item)
                    .collect();
                let liked = log.liked(clicks);
                let wanted = liked.iter().flat_map(|label| &corpus.of_label[*label]);
                let wanted = wanted.map(|text| corpus.id(*text));
                let wanted = wanted.filter(|id| !seen.contains(&**id));
                let wanted: HashSet<usize> = wanted.filter_map(|id| shelf.place(&id)).collect();
                lists.push(contest.measured(list, &wanted));
            }
            let sampling = Sampling {
                rounds: 500,
                seed: 20,
            };
            let quality = recommendation_quality(&lists, 10, items.len(), sampling);
            let line = serde_json::json!({"clicks": clicks, "way": format!("{way:?}"), "quality": quality});
            println!("{line}");
        }
    }
    Ok(())
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

    fn log(&self, random: &mut Random, user: usize, length: usize) -> Log {
        let mut labels = HashSet::new();
        while labels.len() < 3 {
            labels.insert(random.below(self.of_label.len()));
        }
        let labels: Vec<usize> = labels.into_iter().collect();
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
