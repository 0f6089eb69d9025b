//! What hubs and the hosts with the data do to a pull.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use url::Url;
use yuyi_hub::Request;

use super::{refused, refused_at_hf, refused_of};
use crate::stand_in::{Behaviour, Redirect, Repository, StandIn};
use crate::support::{ID, PART, Place, Witness, deaf, model, nowhere, request, serving};

#[test]
fn a_connection_may_break_at_every_tenth_of_a_file() {
    let repository = model(1);
    let length = repository.files["model.safetensors"].len();
    for tenth in 1..10 {
        // The whole file in one part, so that it breaks where it is to.
        let hub = serving(
            &repository,
            Behaviour {
                cut_after: Some(length * tenth / 10),
                cuts: 1,
                ..Behaviour::default()
            },
        );
        let mut place = Place::new(&hub);
        place.settings.part = 1 << 30;
        let witness = Witness::default();
        place.pull_seen(ID, &witness).unwrap();
        assert!(place.has("tiny", &repository), "{tenth} tenths");
        // Not a byte came twice.
        assert_eq!(witness.lost.load(Ordering::Relaxed), 0);
        let asked = hub.asked();
        let resumed = asked.iter().find(|a| a.range.is_some()).unwrap();
        let from = resumed.range.as_deref().unwrap();
        assert!(from.starts_with("bytes=") && from != "bytes=0-", "{from}");
    }
}

#[test]
fn parts_may_break_many_times_as_long_as_bytes_come() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            cut_after: Some(PART as usize / 3),
            cuts: 60,
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
}

#[test]
fn a_host_that_goes_silent_is_left() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            hang_after: Some(1_000),
            ..Behaviour::default()
        },
    );
    let mut place = Place::new(&hub);
    place.settings.silence = Duration::from_millis(100);
    place.settings.part = 1 << 30;
    let started = Instant::now();
    // A thousand bytes come each time, so it is never given up for want of bytes, but for trying too often.
    hub.behave(Behaviour {
        hang_after: Some(0),
        ..Behaviour::default()
    });
    let told = refused_at_hf(&place);
    assert!(
        told.contains("breaks again and again (it has gone silent)"),
        "{told}"
    );
    assert!(
        told.contains("the same command goes on from there"),
        "{told}"
    );
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_wrong_byte_is_fetched_once_more_and_never_installed() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            flips: 1,
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    let witness = Witness::default();
    place.pull_seen(ID, &witness).unwrap();
    assert!(place.has("tiny", &repository));
    assert!(witness.lost.load(Ordering::Relaxed) > 400_000);

    let hub = serving(
        &repository,
        Behaviour {
            flips: usize::MAX,
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    let told = refused_at_hf(&place);
    let expected = format!(
        "What {} sends as model.safetensors is not what it announces",
        hub.host()
    );
    assert!(
        told.starts_with(&expected) && told.contains("Nothing was installed"),
        "{told}"
    );
}

#[test]
fn hosts_without_parts_send_whole_files() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            no_ranges: true,
            cut_after: Some(300_000),
            cuts: 2,
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
}

#[test]
fn a_shorter_file_than_announced_ends_in_a_sentence() {
    let repository = model(1);
    let (hub, data) = (StandIn::start(), StandIn::start());
    hub.put(ID, repository.clone());
    let mut other = repository.clone();
    other
        .files
        .insert("model.safetensors".to_owned(), vec![1; 20_000]);
    data.put(ID, other);
    hub.behave(Behaviour {
        redirect: Redirect::Absolute(data.url()),
        ..Behaviour::default()
    });
    // Most parts lie behind its end: 416.
    let told = refused_at_hf(&Place::new(&hub));
    assert!(
        told.contains("breaks again and again") && told.contains(&data.host()),
        "{told}"
    );
}

#[test]
fn a_data_host_that_does_not_answer_is_named() {
    let repository = model(1);
    let dead = nowhere();
    let hub = serving(
        &repository,
        Behaviour {
            redirect: Redirect::Absolute(dead.as_str().trim_end_matches('/').to_owned()),
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    let told = refused_at_hf(&place);
    let (host, port) = (dead.host_str().unwrap(), dead.port().unwrap());
    let expected = format!(
        "{} sends for the data to {host}:{port}, which does not answer (it refuses connections). \
         Set HF_ENDPOINT to another mirror, take --from modelscope, or name a proxy in HTTPS_PROXY.",
        hub.host()
    );
    assert_eq!(told, expected);
}

#[test]
fn no_hub_at_all_is_told_with_each_that_was_tried() {
    let place = Place::with(nowhere(), nowhere());
    let told = refused(&place);
    assert!(told.starts_with("No hub gave it: 127.0.0.1:"), "{told}");
    assert_eq!(
        told.matches("(it refuses connections)").count(),
        2,
        "{told}"
    );
    assert!(
        told.contains("Set HF_ENDPOINT to a mirror such as https://hf-mirror.com"),
        "{told}"
    );
}

#[test]
fn what_is_not_there_or_not_for_everyone_is_told_apart() {
    let repository = Repository {
        gated: true,
        ..model(1)
    };
    let hub = serving(
        &repository,
        Behaviour {
            token: Some("right".to_owned()),
            ..Behaviour::default()
        },
    );
    let told = refused(&Place::new(&hub));
    assert!(
        told.starts_with(
            "org/tiny asks for consent. Accept its terms on https://huggingface.co/org/tiny"
        ),
        "{told}"
    );
    let told = refused(&Place::new(&hub).with_token("wrong"));
    assert!(
        told.contains("does not let the token of HF_TOKEN read org/tiny"),
        "{told}"
    );
    assert!(!told.contains("wrong"), "{told}");
    assert!(told.contains("take that token away"), "{told}");
    let place = Place::new(&hub).with_token("right");
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
    let told = refused_of(&Place::new(&hub), "org/missing");
    assert!(
        told.contains("(it refuses connections)")
            && told.contains("has no model org/missing, and "),
        "{told}"
    );
    let mut both = Place::new(&hub);
    both.settings.modelscope = both.settings.huggingface.clone();
    let told = refused_of(&both, "org/missing");
    let host = hub.host();
    let expected = format!("Neither {host} nor {host} has a model org/missing.");
    assert!(
        told.starts_with(&expected) && told.contains("https://hf-mirror.com"),
        "{told}"
    );
    let wanted = Request {
        revision: Some("v9".to_owned()),
        ..request(ID)
    };
    let told = Place::new(&hub).pull_of(&wanted).unwrap_err().to_string();
    assert!(
        told.starts_with("org/tiny has no revision \"v9\" on"),
        "{told}"
    );
}

#[test]
fn too_many_requests_are_waited_for_as_long_as_the_hub_says() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            refuse_files: Some((429, Some(1), 2)),
            refuse_lists: Some((429, Some(1), 1)),
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    let started = Instant::now();
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
    assert!(started.elapsed() >= Duration::from_secs(2));
    for (files, lists) in [
        (Some((429, Some(3_600), 99)), None),
        (None, Some((429, Some(3_600), 99))),
    ] {
        let hub = serving(
            &repository,
            Behaviour {
                refuse_files: files,
                refuse_lists: lists,
                ..Behaviour::default()
            },
        );
        let mut place = Place::new(&hub);
        place.settings.modelscope = Url::parse(&hub.url()).unwrap();
        let told = refused_at_hf(&place);
        let expected = format!(
            "{} answers too many requests for now. Try again in 3600 seconds",
            hub.host()
        );
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[test]
fn failures_of_a_hub_that_pass_are_not_the_users() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            refuse_files: Some((502, None, 3)),
            refuse_lists: Some((500, None, 2)),
            ..Behaviour::default()
        },
    );
    let place = Place::new(&hub);
    place.pull(ID).unwrap();
    assert!(place.has("tiny", &repository));
}

#[test]
fn circles_and_pages_of_proxies_are_told_as_such() {
    let repository = model(1);
    let hub = serving(
        &repository,
        Behaviour {
            redirect: Redirect::Circle,
            ..Behaviour::default()
        },
    );
    let told = refused(&Place::new(&hub));
    assert!(told.contains("redirects in a circle"), "{told}");
    hub.behave(Behaviour {
        web_page: true,
        ..Behaviour::default()
    });
    let told = refused(&Place::new(&hub));
    assert!(told.contains("(a web page came)"), "{told}");
}

#[test]
fn what_cannot_be_run_is_refused_before_its_weights_come() {
    let mut repository = model(1);
    let config = br#"{"model_type": "llama", "architectures": ["LlamaModel"]}"#;
    repository
        .files
        .insert("config.json".to_owned(), config.to_vec());
    let hub = serving(&repository, Behaviour::default());
    let told = refused(&Place::new(&hub));
    let expected = "org/tiny cannot be run: config.json: model_type \"llama\" is not supported.";
    assert!(
        told.starts_with(expected) && told.contains("The nearest that can is gte-base-zh"),
        "{told}"
    );
    assert!(
        !hub.asked()
            .iter()
            .any(|asked| asked.path.contains("safetensors"))
    );
    let mut onnx = model(1);
    onnx.files
        .retain(|path, _| !path.ends_with("safetensors") && !path.ends_with(".bin"));
    let hub = serving(&onnx, Behaviour::default());
    let told = refused(&Place::new(&hub));
    assert!(
        told.starts_with("org/tiny cannot be run: its weights are for ONNX"),
        "{told}"
    );
}

/// A hub that wants to be left alone is left at once where another has the model; what passes soon is waited for, and said.
#[test]
fn a_hub_without_time_is_left_for_the_next_one() {
    let busy = |retry_at: Option<&str>| Behaviour {
        refuse_lists: Some((429, None, usize::MAX)),
        retry_at: retry_at.map(str::to_owned),
        ..Behaviour::default()
    };
    let far = "Fri, 31 Dec 2100 23:59:59 GMT";
    for retry_at in [None, Some(far), Some("soon")] {
        let hub = serving(&model(1), busy(retry_at));
        let other = serving(&model(1), Behaviour::default());
        let mut place = Place::new(&hub);
        place.settings.modelscope = Url::parse(&other.url()).unwrap();
        let witness = Witness::default();
        place.pull_seen(ID, &witness).unwrap();
        assert!(place.has("tiny", &model(1)));
        assert_eq!(hub.asked().len(), 1, "{retry_at:?}");
        assert!(witness.waits.lock().unwrap().is_empty());
    }
    // Of one hub alone a day is too long to wait, and is told; a date that is over is none.
    let hub = serving(&model(1), busy(Some(far)));
    let told = refused_at_hf(&Place::new(&hub));
    assert!(told.contains("Try again in 86400 seconds"), "{told}");
    assert_eq!(hub.asked().len(), 1);
    let hub = serving(
        &model(1),
        Behaviour {
            refuse_lists: Some((429, None, 1)),
            ..busy(Some("Sun, 06 Nov 1994 08:49:37 GMT"))
        },
    );
    let (place, witness) = (Place::new(&hub), Witness::default());
    place.pull_seen(ID, &witness).unwrap();
    assert!(place.has("tiny", &model(1)));
    assert_eq!(*witness.waits.lock().unwrap(), [1]);
}

/// A wall that swallows connections, as many stand between readers in China and Hugging Face.
#[test]
fn a_host_that_takes_no_connections_is_called_that() {
    let (deaf, _full) = deaf();
    let host = deaf.as_str().trim_start_matches("http://");
    let host = host.trim_end_matches('/');
    let mut place = Place::with(deaf.clone(), nowhere());
    place.settings.connect = Duration::from_millis(300);
    let told = refused_at_hf(&place);
    let expected = format!("{host} does not answer (it does not accept connections in time)");
    assert!(told.starts_with(&expected), "{told}");

    let hub = serving(
        &model(1),
        Behaviour {
            redirect: Redirect::Absolute(format!("http://{host}")),
            ..Behaviour::default()
        },
    );
    let mut place = Place::new(&hub);
    place.settings.connect = Duration::from_millis(300);
    let told = refused_at_hf(&place);
    let expected =
        format!("to {host}, which does not answer (it does not accept connections in time)");
    assert!(told.contains(&expected), "{told}");
    // A part is tried twice, and not as often as where something passes.
    let asked = hub.asked().into_iter();
    let weights = asked.filter(|asked| asked.path.contains("model.safetensors"));
    assert!(weights.count() <= 4 * 2);
}

/// A token that has run out is refused also where none is needed.
#[test]
fn what_one_hub_gives_to_some_is_asked_of_the_next_one() {
    for (status, token) in [(401, Some("old")), (403, Some("old")), (403, None)] {
        let refuses = Behaviour {
            refuse_lists: Some((status, None, usize::MAX)),
            ..Behaviour::default()
        };
        let hub = serving(&model(1), refuses.clone());
        let other = serving(&model(1), Behaviour::default());
        let mut place = Place::new(&hub);
        if let Some(token) = token {
            place = place.with_token(token);
        }
        place.settings.modelscope = Url::parse(&other.url()).unwrap();
        place.pull(ID).unwrap();
        assert!(place.has("tiny", &model(1)), "{status} {token:?}");
    }
}
