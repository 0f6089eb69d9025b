//! Pulls that succeed, whatever way the hub sends them.

use std::fs;
use std::sync::atomic::Ordering;

use url::Url;
use yuyi_hub::{Hub, Request, Source, Staged, verify};
use yuyi_models::{Installed, Manifest, ModelPlace, check_whole};

use crate::stand_in::{Behaviour, Redirect, Repository, StandIn};
use crate::support::{ID, PART, Place, Witness, files, model, nowhere, request};

fn serving(repository: &Repository) -> StandIn {
    let hub = StandIn::start();
    hub.put(ID, repository.clone());
    hub
}

#[test]
fn a_model_comes_whole_with_what_is_needed_of_it() {
    let repository = model(1);
    let hub = serving(&repository);
    let place = Place::new(&hub);
    let witness = Witness::default();
    let pulled = place.pull_seen(ID, &witness).unwrap();
    assert_eq!((pulled.name.as_str(), pulled.was_there), ("tiny", false));
    assert_eq!(pulled.folder, place.folder("tiny"));
    assert!(place.has("tiny", &repository));
    let manifest = check_whole(&pulled.folder).unwrap().unwrap();
    assert_eq!(manifest, pulled.manifest);
    assert_eq!(manifest.licence.as_deref(), Some("mit"));
    let origin = manifest.origin.as_ref().unwrap();
    let told = (
        origin.hub.as_str(),
        origin.repository.as_str(),
        origin.commit.as_deref(),
    );
    assert_eq!(told, ("huggingface", ID, Some(repository.commit.as_str())));
    let found = &witness.found.lock().unwrap()[0];
    assert_eq!(found.bytes, manifest.bytes());
    assert_eq!(witness.came.load(Ordering::Relaxed), manifest.bytes());
    assert_eq!(witness.lost.load(Ordering::Relaxed), 0);
    // Large files come in parts, and nothing is left on the way.
    let parts = hub.asked();
    let parts = parts.iter().filter(|asked| asked.range.is_some()).count() as u64;
    assert!(parts >= 500_000 / PART, "{parts}");
    assert!(!place.folder(".pulls/tiny").exists());
}

#[test]
fn folders_of_steps_come_whatever_they_are_called() {
    let mut repository = model(1);
    let pooling = repository.files.remove("1_Pooling/config.json").unwrap();
    repository
        .files
        .insert("heads/pooling/config.json".into(), pooling);
    let list = r#"[{"type": "sentence_transformers.models.Transformer", "path": ""},
        {"type": "sentence_transformers.models.Pooling", "path": "heads/pooling"}]"#;
    repository.files.insert("modules.json".into(), list.into());
    let hub = serving(&repository);
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
}

#[test]
fn redirects_of_every_kind_are_followed_and_the_token_stays_at_home() {
    let repository = model(1);
    let data = StandIn::start();
    data.put(ID, repository.clone());
    for redirect in [
        Redirect::None,
        Redirect::Absolute(data.url()),
        Redirect::Relative,
        Redirect::Moved(data.url()),
    ] {
        let hub = serving(&repository);
        hub.behave(Behaviour {
            redirect,
            ..Behaviour::default()
        });
        let place = Place::new(&hub).with_token("hf_secret");
        place.pull(ID).unwrap();
        assert!(place.has("tiny", &repository));
        let asked = hub.asked();
        assert!(
            asked
                .iter()
                .all(|a| a.authorization.as_deref() == Some("Bearer hf_secret"))
        );
        assert!(data.asked().iter().all(|a| a.authorization.is_none()));
    }
}

#[test]
fn the_host_with_the_data_is_asked_for_further_parts_directly() {
    let repository = model(1);
    let (hub, data) = (serving(&repository), serving(&repository));
    hub.behave(Behaviour {
        redirect: Redirect::Absolute(data.url()),
        ..Behaviour::default()
    });
    Place::new(&hub).pull(ID).unwrap();
    let large = |asked: &crate::stand_in::Asked| asked.path.contains("model.safetensors");
    let at_hub = hub.asked().into_iter().filter(large).count();
    let at_data = data.asked().into_iter().filter(large).count();
    assert!(at_hub <= 4 && at_data > 20, "{at_hub}, {at_data}");
}

#[test]
fn modelscope_has_lists_and_sums_of_its_own() {
    let repository = model(1);
    let scope = serving(&repository);
    let place = Place::with(nowhere(), Url::parse(&scope.url()).unwrap());
    let wanted = Request {
        source: Source::ModelScope,
        ..request(ID)
    };
    let pulled = place
        .hub()
        .pull(&wanted, &Witness::default(), &|_| Ok(None));
    let manifest = pulled.unwrap().manifest;
    assert!(place.has("tiny", &repository));
    let origin = manifest.origin.unwrap();
    assert_eq!(
        (origin.hub.as_str(), origin.revision.as_str()),
        ("modelscope", "master")
    );
    assert_eq!(manifest.licence.as_deref(), Some("mit"));
}

#[test]
fn the_first_hub_that_answers_is_taken_and_the_other_is_named() {
    let repository = model(1);
    let scope = serving(&repository);
    let dead = nowhere();
    let place = Place::with(dead.clone(), Url::parse(&scope.url()).unwrap());
    let witness = Witness::default();
    place.pull_seen(ID, &witness).unwrap();
    assert!(place.has("tiny", &repository));
    let next = witness.next.lock().unwrap();
    let (host, port) = (dead.host_str().unwrap(), dead.port().unwrap());
    let told = format!("{host}:{port} does not answer (it refuses connections).");
    assert!(
        next[0].starts_with(&told) && next[0].ends_with(&scope.host()),
        "{next:?}"
    );
}

#[test]
fn parts_of_one_hub_are_gone_on_with_at_another() {
    let repository = model(1);
    let (mirror, data, scope) = (
        serving(&repository),
        serving(&repository),
        serving(&repository),
    );
    // The data host breaks after a few parts, and for good.
    mirror.behave(Behaviour {
        redirect: Redirect::Absolute(data.url()),
        ..Behaviour::default()
    });
    data.behave(Behaviour {
        cut_after: Some(PART as usize - 1_000),
        cuts: usize::MAX,
        refuse_files: Some((503, None, usize::MAX)),
        ..Behaviour::default()
    });
    let place = Place::with(
        Url::parse(&mirror.url()).unwrap(),
        Url::parse(&scope.url()).unwrap(),
    );
    let witness = Witness::default();
    place.pull_seen(ID, &witness).unwrap();
    assert!(place.has("tiny", &repository));
    assert_eq!(witness.next.lock().unwrap().len(), 1);
}

#[test]
fn a_renamed_repository_is_found_under_its_new_name() {
    let repository = model(1);
    let hub = serving(&repository);
    let old = Repository {
        renamed_to: Some(ID.to_owned()),
        ..Repository::default()
    };
    hub.put("org/old", old);
    let place = Place::new(&hub);
    let pulled = place.pull("org/old").unwrap();
    assert_eq!(pulled.manifest.origin.unwrap().repository, ID);
    assert!(place.has("old", &repository));
}

#[test]
fn a_list_may_have_several_pages() {
    let repository = model(1);
    let hub = serving(&repository);
    hub.behave(Behaviour {
        page: Some(2),
        ..Behaviour::default()
    });
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
}

#[test]
fn what_is_there_is_not_fetched_again_and_a_new_version_takes_its_place() {
    let (first, second) = (model(1), model(2));
    let hub = serving(&first);
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    hub.asked();
    assert!(place.pull(ID).unwrap().was_there);
    assert!(
        hub.asked()
            .iter()
            .all(|asked| asked.path.starts_with("/api/"))
    );
    hub.put(ID, second.clone());
    let witness = Witness::default();
    assert!(!place.pull_seen(ID, &witness).unwrap().was_there);
    assert!(place.has("tiny", &second));
    // Small files are the same, and were taken over.
    assert!(witness.there.load(Ordering::Relaxed) > 0);
    assert!(!place.folder(".pulls").exists(), "not even a lock is left");
}

#[test]
fn a_damaged_model_is_mended_with_what_is_sound_of_it() {
    let repository = model(1);
    let hub = serving(&repository);
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    fs::remove_file(place.folder("tiny/vocab.txt")).unwrap();
    hub.asked();
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
    let asked = hub.asked();
    assert!(
        !asked.iter().any(|asked| asked.path.contains("safetensors")),
        "{asked:?}"
    );
}

#[test]
fn a_wrong_byte_on_the_disk_is_mended_too() {
    let repository = model(1);
    let hub = serving(&repository);
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    let weights = place.folder("tiny/model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&weights, bytes).unwrap();
    assert!(!place.pull(ID).unwrap().was_there);
    assert!(place.has("tiny", &repository));
    assert!(place.pull(ID).unwrap().was_there);
}

#[test]
fn nothing_is_fetched_under_a_name_that_reaches_nothing() {
    let hub = serving(&model(1));
    let place = Place::new(&hub);
    for name in ["e5-small-zh", "a/b", ".."] {
        let wanted = Request {
            name: Some(name.to_owned()),
            ..request(ID)
        };
        let pulled = place
            .hub()
            .pull(&wanted, &Witness::default(), &|_| Ok(None));
        let told = pulled.unwrap_err().to_string();
        assert!(
            told.ends_with("with --name.") || told.ends_with("--name my-model."),
            "{told}"
        );
    }
    assert!(hub.asked().is_empty());
}

#[test]
fn what_is_made_of_a_model_takes_its_place() {
    let repository = model(1);
    let hub = serving(&repository);
    let place = Place::new(&hub);
    let wanted = Request {
        quantized: Some("int8".to_owned()),
        name: Some("small".to_owned()),
        ..request(ID)
    };
    let finish = |staged: &Staged<'_>| {
        assert_eq!(staged.name, "small");
        assert_eq!(files(staged.folder), crate::support::expected(&repository));
        fs::create_dir(staged.scratch)?;
        for file in ["config.json", "vocab.txt", "model.safetensors"] {
            fs::copy(staged.folder.join(file), staged.scratch.join(file))?;
        }
        Ok(Some(staged.scratch.to_owned()))
    };
    let pull = || {
        place
            .hub()
            .pull(&wanted, &Witness::default(), &finish)
            .unwrap()
    };
    let pulled = pull();
    assert_eq!(pulled.manifest.quantized.as_deref(), Some("int8"));
    assert_eq!(files(&pulled.folder).len(), 3);
    assert_eq!(pulled.manifest.files.len(), 3);
    assert!(pull().was_there);
    assert_eq!(Hub::name_of(&wanted).unwrap(), "small");
}

#[test]
fn every_byte_of_an_installed_model_can_be_compared() {
    let repository = model(1);
    let hub = serving(&repository);
    let place = Place::new(&hub);
    let pulled = place.pull(ID).unwrap();
    let installed = Installed {
        origin: None,
        name: "tiny".to_owned(),
        folder: Some(pulled.folder.clone()),
        place: ModelPlace::Home,
        manifest: Manifest::read(&pulled.folder).unwrap(),
        problem: None,
    };
    let sound = verify(&installed).unwrap();
    assert_eq!((sound.compared, sound.problems), (5, vec![]));
    let weights = pulled.folder.join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&weights, bytes).unwrap();
    fs::remove_file(pulled.folder.join("README.md")).unwrap();
    let found = verify(&installed).unwrap();
    let expected = [
        "README.md is missing",
        "model.safetensors is not what was installed",
    ];
    assert_eq!(found.problems, expected);
}
