//! Who is let in, who is refused, and when the refused come again.

use super::super::lane::State;
use super::super::speed::Speed;
use super::*;

/// Texts of 54 estimated tokens each.
fn many(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{name}{i:099}")).collect()
}

fn sent(bench: &Bench, texts: &[String]) -> JoinHandle<Result<Done, Error>> {
    bench.send(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

fn is_full(answer: &Result<Done, Error>) -> bool {
    matches!(answer, Err(Error::QueueFull { .. }))
}

#[tokio::test]
async fn waiting_has_an_end_but_what_has_begun_is_finished() {
    let bench = Bench::with(1_000_000, Duration::from_millis(80));
    let begun = bench.send(&["begun"]);
    bench.batches(1).await;
    let late = bench.send(&["late"]);
    let error = late.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::QueueTimeout { .. }));
    assert!(!begun.is_finished());
    bench.open(1);
    begun.await.unwrap().unwrap();
    assert_eq!(bench.gate.batches(), [["begun"]]);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let bench = Bench::with(30, PATIENCE);
    let text = "字".repeat(28);
    let large = bench.send(&[&text]);
    bench.batches(1).await;
    let refused = bench.send(&["a"]).await.unwrap().unwrap_err();
    assert_eq!(refused, Error::QueueFull { retry_after: 1 });
    let same = bench.send(&[&text]);
    bench.requests(2).await;
    bench.open(2);
    large.await.unwrap().unwrap();
    same.await.unwrap().unwrap();
    bench.send(&["a"]).await.unwrap().unwrap();
}

/// A request may be larger than the queue, and keeps out what would wait for all of it, not what is done long before.
#[tokio::test]
async fn what_a_request_brings_itself_keeps_out_nobody_small() {
    let bench = Bench::with(1_000, PATIENCE);
    let large = sent(&bench, &many("large", 100));
    bench.batches(1).await;
    assert!(bench.scheduler.depth().tokens > 5_000);
    let pair = bench.send(&["a", "b"]);
    let some = sent(&bench, &many("some", 5));
    bench.requests(3).await;
    let another = sent(&bench, &many("another", 100)).await.unwrap();
    assert!(is_full(&another), "it would wait for all of the first");
    bench.open(2);
    pair.await.unwrap().unwrap();
    assert!(!large.is_finished());
    bench.open(100);
    assert_eq!(some.await.unwrap().unwrap().vectors.len(), 5);
    assert_eq!(large.await.unwrap().unwrap().vectors.len(), 100);
}

/// Nor do many of them: those that are let in wait for a queue of others at most, and none of them holds up a pair.
#[tokio::test]
async fn twenty_large_requests_keep_out_no_pair() {
    let bench = Bench::with(3_000, PATIENCE);
    let mut large = Vec::new();
    for i in 0..20 {
        large.push(sent(&bench, &many(&format!("{i} of the large "), 20)));
    }
    eventually(|| large.iter().filter(|one| one.is_finished()).count() >= 16).await;
    let before = bench.batches(1).await.len();
    let pair = bench.send(&["a", "b"]);
    bench.open(3);
    pair.await.unwrap().unwrap();
    assert!(bench.gate.batches().len() <= before + 3);
    bench.open(1_000);
    let mut refused = 0;
    for one in large {
        refused += usize::from(is_full(&one.await.unwrap()));
    }
    assert!((16..=18).contains(&refused), "{refused}");
}

/// Whoever would wait in vain learns it at once.
#[tokio::test]
async fn a_wait_that_would_be_too_long_is_refused_at_once() {
    let bench = Bench::with(1_000_000, Duration::from_millis(300));
    let slow = bench.send(&["slow"]);
    bench.batches(1).await;
    sleep(Duration::from_millis(250)).await;
    bench.open(1);
    slow.await.unwrap().unwrap();
    // By now it is known that a text takes about a quarter of a second.
    let computing = bench.send(&["1"]);
    bench.batches(2).await;
    let waits = bench.send(&["2"]);
    bench.requests(2).await;
    let started = Instant::now();
    let refused = bench.send(&["3"]).await.unwrap().unwrap_err();
    assert_eq!(refused, Error::QueueFull { retry_after: 1 });
    assert!(started.elapsed() < Duration::from_millis(150));
    bench.open(10);
    computing.await.unwrap().unwrap();
    waits.await.unwrap().unwrap();
}

/// So many works of 64 tokens each.
fn work(model: &LoadedModel, name: &str, texts: usize) -> Vec<Work> {
    let texts = (0..texts).map(|i| format!("{name}{i}")).collect();
    let items = Inputs::Texts(texts).into_items(&EmbedOptions::default());
    let work = items.into_iter().map(|item| Work {
        key: Key::of(model, &item),
        item,
        weight: 64,
        is_window: false,
    });
    work.collect()
}

/// Beside a large request a small one is let in; another large one would wait for it turn by turn, and is told for how long.
#[test]
fn waits_between_the_turns_count() {
    let (_, model) = model("m");
    let common = Common {
        capacity: 1_000_000,
        patience: Duration::from_secs(1),
        sink: Box::new(|_, _, _, _| {}),
        batches: Mutex::default(),
    };
    let mut state = State::default();
    state.speed.note(1_000, Duration::from_secs(1));
    let (reply, _) = oneshot::channel();
    let first = work(&model, "first", 200);
    (state.queue).admit(Arc::clone(&model), first, Instant::now(), reply);
    let refused = |name: &str, texts: usize| {
        let checked = state.check_room_for(&model, &work(&model, name, texts), &common);
        checked.err()
    };
    assert_eq!(refused("small", 1), None);
    // 50 turns of each, of 64 tokens.
    assert_eq!(
        refused("large", 50),
        Some(Error::QueueFull { retry_after: 4 })
    );
    assert_eq!(
        refused("larger", 400),
        Some(Error::QueueFull { retry_after: 13 })
    );
    // What others wait for already is theirs.
    assert_eq!(refused("first", 100), None);
}

#[test]
fn a_refused_client_comes_again_when_what_it_would_wait_for_is_done() {
    let mut state = State::default();
    assert_eq!(state.seconds_for(2_100), 1, "nothing is known yet");
    for (tokens, seconds, waiting, expected) in [
        (1_000, 1, 0, 1),
        (1_000, 1, 900, 1),
        (1_000, 1, 2_100, 3),
        (1_000, 10, 2_100, 21),
        (1, 1_000, 2_100, 60),
    ] {
        state.speed = Speed::default();
        state.speed.note(tokens, Duration::from_secs(seconds));
        assert_eq!(
            state.seconds_for(waiting),
            expected,
            "{waiting} at {tokens} in {seconds} s"
        );
    }
}
