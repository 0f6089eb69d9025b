//! What is found on the disk: earlier attempts, other models, other programs, and no network.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use yuyi_hub::{Error, Request, remove, unfinished};

use super::refused;
use crate::stand_in::Behaviour;
use crate::support::{ID, Place, Witness, model, request, serving};

#[test]
fn a_stopped_pull_goes_on_where_it_was() {
    let repository = model(1);
    let slow = Some(Duration::from_millis(2));
    for fraction in [20, 100, 250, 350, 420] {
        let hub = serving(
            &repository,
            Behaviour {
                slow,
                ..Behaviour::default()
            },
        );
        let place = Place::new(&hub);
        let witness = Witness {
            stop_after: Some(fraction * 1_000),
            ..Witness::default()
        };
        let error = place.pull_seen(ID, &witness).unwrap_err();
        assert!(matches!(error, Error::Cancelled), "{error}");
        assert!(!place.folder("tiny").exists());
        let witness = Witness::default();
        place.pull_seen(ID, &witness).unwrap();
        assert!(place.has("tiny", &repository));
        let there = witness.there.load(Ordering::Relaxed);
        assert!(
            there >= fraction * 1_000,
            "{there} of {fraction},000 were there"
        );
    }
}

#[test]
fn what_an_earlier_attempt_left_is_not_trusted() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            slow: Some(Duration::from_millis(2)),
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    let witness = Witness {
        stop_after: Some(200_000),
        ..Witness::default()
    };
    place.pull_seen(ID, &witness).unwrap_err();
    // As after a power cut: what is told to be there is not.
    let parts = place.folder(".pulls/tiny/parts");
    for entry in fs::read_dir(&parts).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "part") {
            let length = path.metadata().unwrap().len() as usize;
            fs::write(&path, vec![0; length]).unwrap();
        }
    }
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
}

#[test]
fn a_model_that_does_not_work_is_not_installed_and_not_fetched_again() {
    let repository = model(1);
    let hub = serving(&repository, Behaviour::default());
    let place = Place::new(&hub);
    let error = place
        .hub()
        .pull(&request(ID), &Witness::default(), &|staged| {
            let file = staged.folder.join("model.safetensors");
            Err(format!("{}: tensor a: it has another shape.", file.display()).into())
        })
        .unwrap_err();
    let expected = "tiny does not work: model.safetensors: tensor a: it has another shape. \
         It was not installed.";
    assert_eq!(error.to_string(), expected);
    assert!(!place.folder("tiny").exists());
    let witness = Witness::default();
    place.pull_seen(ID, &witness).unwrap();
    assert_eq!(witness.came.load(Ordering::Relaxed), 0);
    // Weights that are none.
    let mut broken = model(2);
    broken
        .files
        .insert("model.safetensors".to_owned(), vec![7; 20_000]);
    let hub = serving(&broken, Behaviour::default());
    let told = refused(&Place::new(&hub));
    assert!(told.contains("model.safetensors is damaged"), "{told}");
}

#[test]
fn nothing_is_asked_of_anyone_when_downloads_are_forbidden() {
    let hub = serving(&model(1), Behaviour::default());
    let mut place = Place::new(&hub);
    place.settings.offline = Some("HF_HUB_OFFLINE".to_owned());
    let told = refused(&place);
    assert!(
        told.starts_with("tiny is not here, and HF_HUB_OFFLINE forbids downloads."),
        "{told}"
    );
    assert!(told.contains("`yuyi models import`"), "{told}");
    assert!(hub.asked().is_empty());
}

#[test]
fn without_a_network_a_revision_that_is_here_is_enough() {
    let hub = serving(&model(1), Behaviour::default());
    let mut place = Place::new(&hub);
    let at = |revision: &str| Request {
        revision: Some(revision.to_owned()),
        ..request(ID)
    };
    place.pull(ID).unwrap();
    place.settings.offline = Some("HF_HUB_OFFLINE".to_owned());
    let pull = |revision: &str| {
        let wanted = at(revision);
        place
            .hub()
            .pull(&wanted, &Witness::default(), &|_| Ok(None))
    };
    for here in ["main", &model(1).commit] {
        assert!(pull(here).unwrap().was_there, "{here}");
    }
    assert!(matches!(pull("v9"), Err(Error::Offline { .. })));
}

#[test]
fn two_pulls_at_once_do_not_meet() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            slow: Some(Duration::from_millis(20)),
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    let outcomes: Vec<Result<_, Error>> = std::thread::scope(|scope| {
        let pulls = [0; 3].map(|_| scope.spawn(|| place.pull(ID)));
        pulls.into_iter().map(|pull| pull.join().unwrap()).collect()
    });
    let (done, busy): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), busy.len()), (1, 2));
    for error in busy.into_iter().filter_map(Result::err) {
        let expected =
            "tiny is being fetched by another program at this moment. Wait until that is done.";
        assert_eq!(error.to_string(), expected);
    }
    assert!(place.has("tiny", &repository));
}

#[test]
fn another_model_is_not_overwritten() {
    let hub = serving(&model(1), Behaviour::default());
    hub.put("other/tiny", model(2));
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    let error = place.pull("other/tiny").unwrap_err().to_string();
    assert!(
        error.contains(
            "is there already, and was fetched from org/tiny. Remove it with `yuyi models rm tiny`"
        ),
        "{error}"
    );
    assert!(place.has("tiny", &model(1)));
    remove(place.home.path(), "tiny").unwrap();
    place.pull("other/tiny").unwrap();
    assert!(place.has("tiny", &model(2)));
    for name in ["missing", "../models/tiny", "", ".pulls", "tiny/", "/tmp"] {
        let error = remove(place.home.path(), name).unwrap_err();
        assert!(
            matches!(error, Error::NotInstalled { .. }),
            "{name}: {error}"
        );
    }
    assert!(place.has("tiny", &model(2)));
    // One that somebody has put there.
    remove(place.home.path(), "tiny").unwrap();
    fs::create_dir(place.folder("tiny")).unwrap();
    let error = place.pull(ID).unwrap_err().to_string();
    assert!(
        error.contains("was not put there by `yuyi pull`"),
        "{error}"
    );
}

/// Half of a newer version is not the model that is installed, and removing the one is not removing the other.
#[test]
fn half_an_upgrade_is_told_from_half_a_model() {
    let slow = || Behaviour {
        slow: Some(Duration::from_millis(2)),
        ..Behaviour::default()
    };
    let hub = serving(&model(1), slow());
    let place = Place::new(&hub);
    let stopped = || Witness {
        stop_after: Some(100_000),
        ..Witness::default()
    };
    place.pull_seen(ID, &stopped()).unwrap_err();
    assert!(!unfinished(place.home.path())[0].is_beside_whole);
    place.pull(ID).unwrap();
    hub.put(ID, model(2));
    place.pull_seen(ID, &stopped()).unwrap_err();
    assert!(unfinished(place.home.path())[0].is_beside_whole);
    assert!(place.has("tiny", &model(1)));
}

/// What stays the same in a newer version takes no room twice.
#[cfg(unix)]
#[test]
fn an_upgrade_links_what_it_takes_over() {
    use std::os::unix::fs::MetadataExt;
    let hub = serving(&model(1), Behaviour::default());
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    let node = |path: &str| fs::metadata(place.folder("tiny").join(path)).unwrap().ino();
    let (same, other) = (node("vocab.txt"), node("model.safetensors"));
    // It holds what was there, so that no number is given twice.
    let _held = fs::File::open(place.folder("tiny").join("model.safetensors")).unwrap();
    hub.put(ID, model(2));
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &model(2)));
    assert_eq!(node("vocab.txt"), same);
    assert_ne!(node("model.safetensors"), other);
}
