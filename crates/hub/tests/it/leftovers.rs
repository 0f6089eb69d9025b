//! What interrupted pulls leave, and names of models that are here already.

use std::fs;
use std::path::Path;
use std::time::Duration;

use yuyi_hub::{Error, Here, Request, Source, here, remove, remove_leftovers, unfinished};

use crate::stand_in::{Behaviour, StandIn};
use crate::support::{ID, Place, Witness, model, request, serving};

/// A place where a pull was stopped.
fn stopped(more: Request) -> (StandIn, Place) {
    let slow = Behaviour {
        slow: Some(Duration::from_millis(2)),
        ..Behaviour::default()
    };
    let hub = serving(&model(1), slow);
    let place = Place::new(&hub);
    let witness = Witness {
        stop_after: Some(200_000),
        ..Witness::default()
    };
    let pulled = place.hub().pull(&more, &witness, &|_| Ok(None));
    assert!(matches!(pulled, Err(Error::Cancelled)));
    (hub, place)
}

#[test]
fn half_a_download_is_listed_with_how_far_it_is_and_what_goes_on_with_it() {
    let (hub, place) = stopped(request(ID));
    let home = place.home.path();
    let found = unfinished(home);
    let [half] = &found[..] else {
        panic!("{found:?}");
    };
    let total = half.total.unwrap();
    assert_eq!((half.name.as_str(), half.is_running), ("tiny", false));
    assert!((200_000..total).contains(&half.bytes), "{half:?}");
    assert_eq!(
        total,
        crate::support::expected(&model(1))
            .values()
            .map(|f| f.len() as u64)
            .sum::<u64>()
    );
    assert_eq!(half.goes_on_by.as_deref(), Some("yuyi pull org/tiny"));
    // It goes away when the pull is done, and so does its lock.
    hub.behave(Behaviour::default());
    place.pull(ID).unwrap();
    assert_eq!(unfinished(home), []);
    assert!(!place.folder(".pulls").exists());
}

#[test]
fn half_a_download_is_removed_by_its_name() {
    let named = Request {
        name: Some("mine".to_owned()),
        quantized: Some("int8".to_owned()),
        ..request(ID)
    };
    let (_hub, place) = stopped(named);
    let home = place.home.path();
    let found = unfinished(home);
    let again = "yuyi pull org/tiny --name mine --quantize int8";
    assert_eq!(found[0].goes_on_by.as_deref(), Some(again));
    remove(home, "mine").unwrap();
    assert_eq!(unfinished(home), []);
    assert!(!place.folder(".pulls").exists());
    let error = remove(home, "mine").unwrap_err();
    assert!(matches!(error, Error::NotInstalled { .. }), "{error}");
    // Without the model, where one is meant.
    let error = remove_leftovers(home, "mine").unwrap_err();
    assert!(matches!(error, Error::NoLeftovers { .. }), "{error}");
    for elsewhere in ["..", "../models", ".pulls", "", "/tmp"] {
        let error = remove_leftovers(home, elsewhere).unwrap_err();
        assert!(matches!(error, Error::NoLeftovers { .. }), "{error}");
    }
    // Locks of versions that left them, and what is no folder.
    fs::create_dir_all(place.folder(".pulls")).unwrap();
    fs::write(place.folder(".pulls/tiny.lock"), "").unwrap();
    assert_eq!(unfinished(home), []);
    // What nobody knows anything of.
    fs::create_dir_all(place.folder(".pulls/strange/made")).unwrap();
    fs::write(place.folder(".pulls/strange/made/a"), "abc").unwrap();
    let strange = &unfinished(home)[0];
    assert_eq!(
        (strange.bytes, strange.total, &strange.goes_on_by),
        (3, None, &None)
    );
    remove_leftovers(home, "strange").unwrap();
    assert_eq!(unfinished(home), []);
}

#[test]
fn a_model_that_cannot_be_run_leaves_nothing() {
    let mut repository = model(1);
    let config = br#"{"model_type": "llama"}"#.to_vec();
    repository.files.insert("config.json".to_owned(), config);
    let hub = serving(&repository, Behaviour::default());
    let place = Place::new(&hub);
    place.pull(ID).unwrap_err();
    assert_eq!(unfinished(place.home.path()), []);
}

fn here_by(home: &Path, name: &str) -> Option<Here> {
    here(home, &request(name))
}

#[test]
fn a_name_that_is_here_already_means_what_is_here() {
    let hub = serving(&model(1), Behaviour::default());
    let place = Place::new(&hub);
    let home = place.home.path();
    assert!(matches!(here_by(home, "e5-small-zh"), Some(Here::BuiltIn)));
    assert!(here_by(home, "mine").is_none());
    fs::create_dir_all(place.folder("mine")).unwrap();
    let Some(Here::Own(folder)) = here_by(home, "mine") else {
        panic!("mine is the user's own");
    };
    assert_eq!(folder, place.folder("mine"));
    // What a hub has is asked of it.
    fs::create_dir_all(place.folder("gte-base-zh")).unwrap();
    for name in [
        "gte-base-zh",
        ID,
        "../models/mine",
        "https://huggingface.co/a/mine",
    ] {
        assert!(here_by(home, name).is_none(), "{name}");
    }
    let other = Request {
        name: Some("another".to_owned()),
        ..request("mine")
    };
    assert!(here(home, &other).is_none());
}

#[test]
fn what_was_fetched_under_another_name_is_fetched_by_that_name_again() {
    let hub = serving(&model(1), Behaviour::default());
    let mut place = Place::new(&hub);
    // ModelScope answers there, too.
    place.settings.modelscope = place.settings.huggingface.clone();
    let wanted = Request {
        name: Some("mine".to_owned()),
        source: Source::ModelScope,
        ..request(ID)
    };
    let pull = |request: &Request| {
        place
            .hub()
            .pull(request, &Witness::default(), &|_| Ok(None))
    };
    pull(&wanted).unwrap();
    let Some(Here::Fetched(again)) = here_by(place.home.path(), "mine") else {
        panic!("it was fetched");
    };
    assert_eq!(
        (again.model.as_str(), again.source),
        (ID, Source::ModelScope)
    );
    assert_eq!(
        (again.revision.as_ref(), again.name.as_deref()),
        (None, Some("mine"))
    );
    assert!(pull(&again).unwrap().was_there);
    fs::remove_file(place.folder("mine/vocab.txt")).unwrap();
    assert!(!pull(&again).unwrap().was_there);
    assert!(place.has("mine", &model(1)));
}

#[test]
fn what_is_here_needs_no_network() {
    let hub = serving(&model(1), Behaviour::default());
    let mut place = Place::new(&hub);
    place.pull(ID).unwrap();
    hub.asked();
    place.settings.offline = Some("HF_HUB_OFFLINE".to_owned());
    assert!(place.pull(ID).unwrap().was_there);
    for other in [
        Request {
            revision: Some("v1".to_owned()),
            ..request(ID)
        },
        Request {
            quantized: Some("int8".to_owned()),
            ..request(ID)
        },
        request("other/tiny"),
    ] {
        let pulled = place.hub().pull(&other, &Witness::default(), &|_| Ok(None));
        assert!(matches!(pulled, Err(Error::Offline { .. })), "{other:?}");
    }
    assert!(hub.asked().is_empty());
}
