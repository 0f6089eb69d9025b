//! Hubs that give something else than what was asked for.

use std::time::{Duration, Instant};

use url::Url;
use yuyi_hub::{Error, Request, Source};

use crate::stand_in::{Behaviour, Redirect, Repository, pointer};
use crate::support::{ID, Place, Witness, at, model, nowhere, request, serving};

fn at_hf() -> Request {
    at(Source::HuggingFace, ID)
}

/// A mirror of git without LFS: its list, its sums and its files all tell of the pointer.
fn with_pointer(path: &str) -> Repository {
    let mut repository = model(1);
    let content = repository.files[path].clone();
    repository.files.insert(path.to_owned(), pointer(&content));
    repository
}

#[test]
fn pointers_of_git_lfs_are_no_weights() {
    for path in ["model.safetensors", "vocab.txt"] {
        let hub = serving(&with_pointer(path), Behaviour::default());
        let place = Place::new(&hub);
        let told = place.pull_of(&at_hf()).unwrap_err().to_string();
        let expected = format!(
            "{} sends a pointer of Git LFS in place of {path}, and not the file itself. Take another hub (--from, HF_ENDPOINT).",
            hub.host()
        );
        assert_eq!(told, expected);
        assert!(!place.folder("tiny").exists());
    }
}

#[test]
fn behind_a_hub_of_pointers_the_next_one_is_asked() {
    let pointers = serving(&with_pointer("model.safetensors"), Behaviour::default());
    let whole = serving(&model(1), Behaviour::default());
    let mut place = Place::new(&pointers);
    place.settings.modelscope = Url::parse(&whole.url()).unwrap();
    let witness = Witness::default();
    place.pull_seen(ID, &witness).unwrap();
    assert!(place.has("tiny", &model(1)));
    let next = witness.next.lock().unwrap();
    assert!(next[0].contains("sends a pointer of Git LFS"), "{next:?}");
}

/// As some caches in front of a mirror do, once a file was asked for in parts.
#[test]
fn a_host_that_refuses_every_part_gives_the_whole_file() {
    let hub = serving(
        &model(1),
        Behaviour {
            refuses_parts: true,
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &model(1)));
}

#[test]
fn a_resume_that_is_refused_begins_anew() {
    let slow = Behaviour {
        slow: Some(Duration::from_millis(2)),
        ..Behaviour::default()
    };
    let hub = serving(&model(1), slow);
    let mut place = Place::new(&hub);
    place.settings.part = 1 << 30;
    let witness = Witness {
        stop_after: Some(200_000),
        ..Witness::default()
    };
    place.pull_seen(ID, &witness).unwrap_err();
    hub.behave(Behaviour {
        refuses_parts: true,
        ..Behaviour::default()
    });
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &model(1)));
}

#[test]
fn a_data_host_that_goes_silent_is_left_for_the_next_hub() {
    let (data, scope) = (
        serving(
            &model(1),
            Behaviour {
                hang_after: Some(0),
                ..Behaviour::default()
            },
        ),
        serving(&model(1), Behaviour::default()),
    );
    let mirror = serving(
        &model(1),
        Behaviour {
            redirect: Redirect::Absolute(data.url()),
            ..Behaviour::default()
        },
    );
    let mut place = Place::with(
        Url::parse(&mirror.url()).unwrap(),
        Url::parse(&scope.url()).unwrap(),
    );
    place.settings.silence = Duration::from_millis(100);
    let started = Instant::now();
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &model(1)));
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn every_status_of_a_hub_ends_in_a_sentence() {
    for (status, expected) in [
        (400, "answers 400 for org/tiny"),
        (401, "has no model org/tiny, or only for those who sign in"),
        (403, "org/tiny asks for consent"),
        (404, "has no model org/tiny"),
        (410, "answers 410"),
        (451, "answers 451"),
        (500, "answers 500"),
        (503, "answers 503"),
    ] {
        let hub = serving(
            &model(1),
            Behaviour {
                refuse_lists: Some((status, None, usize::MAX)),
                ..Behaviour::default()
            },
        );
        let place = Place::new(&hub);
        let told = place.pull_of(&at_hf()).unwrap_err().to_string();
        assert!(
            told.contains(expected) && told.ends_with(['.', '?']),
            "{status}: {told}"
        );
        assert!(!place.folder("tiny").exists());
    }
}

/// A mirror may want a password, which nobody reads in what is kept of it or said of it.
#[test]
fn a_password_in_an_address_is_kept_nowhere() {
    let with_password = |url: &str| {
        let mut url = Url::parse(url).unwrap();
        url.set_username("me").unwrap();
        url.set_password(Some("s3cret")).unwrap();
        url
    };
    let hub = serving(&model(1), Behaviour::default());
    let place = Place::with(with_password(&hub.url()), nowhere());
    place.pull_of(&at_hf()).unwrap();
    let asked = hub.asked();
    assert!(
        asked.iter().all(|asked| asked
            .authorization
            .as_deref()
            .is_some_and(|sent| sent.starts_with("Basic "))),
        "{asked:?}"
    );
    let manifest = std::fs::read_to_string(place.folder("tiny").join("yuyi-model.json")).unwrap();
    assert!(manifest.contains(&hub.host()), "{manifest}");
    assert!(!manifest.contains("s3cret"), "{manifest}");
    let place = Place::with(with_password(nowhere().as_str()), nowhere());
    let told = place.pull_of(&at_hf()).unwrap_err().to_string();
    assert!(!told.contains("s3cret"), "{told}");
}

/// What a hub says of a model goes to terminals.
#[test]
fn what_a_hub_says_moves_no_cursor() {
    let repository = Repository {
        licence: Some("mit\u{1b}]0;x\u{7}\r\u{202e}".to_owned()),
        called: Some("org/\u{1b}[2Jtiny".to_owned()),
        ..model(1)
    };
    let hub = serving(&repository, Behaviour::default());
    for source in [Source::HuggingFace, Source::ModelScope] {
        let mut place = Place::new(&hub);
        place.settings.modelscope = place.settings.huggingface.clone();
        let witness = Witness::default();
        let wanted = Request {
            source,
            ..request(ID)
        };
        let pulled = place.hub().pull(&wanted, &witness, &|_| Ok(None)).unwrap();
        let found = witness.found.lock().unwrap()[0].clone();
        assert_eq!(found.repository, ID);
        assert_eq!(found.licence.as_deref(), Some("mit]0;x"));
        assert_eq!(pulled.manifest.licence, found.licence);
    }
}

/// A mirror that tells of the file and sends what stands in its place.
#[test]
fn a_pointer_that_nobody_announced_is_called_that() {
    let pointers = || Behaviour {
        pointers: true,
        ..Behaviour::default()
    };
    for part in [16 << 10, 1 << 30] {
        let hub = serving(&model(1), pointers());
        let mut place = Place::new(&hub);
        place.settings.part = part;
        let told = place.pull_of(&at_hf()).unwrap_err();
        assert!(
            matches!(&told, Error::Pointer { path, .. } if path == "model.safetensors"),
            "{told}"
        );
    }
}
