//! What users are known by, and to whom it goes.

use url::Url;
use yuyi_hub::Source;

use crate::stand_in::{Behaviour, Redirect, Repository, StandIn};
use crate::support::{ID, Place, at, model, nowhere, serving};

/// The token of one host is in no request to another, whatever way leads there: a move of the whole hub, a redirect of a file, a
/// repository that has another name.
#[test]
fn a_token_never_comes_to_another_host() {
    let other = serving(&model(1), Behaviour::default());
    for redirect in [
        Redirect::Moved(other.url()),
        Redirect::Absolute(other.url()),
    ] {
        let hub = serving(
            &model(1),
            Behaviour {
                redirect,
                ..Behaviour::default()
            },
        );
        let place = Place::new(&hub).with_token("hf_secret");
        place.pull_of(&at(Source::HuggingFace, ID)).unwrap();
        let asked = other.asked();
        assert!(!asked.is_empty());
        assert!(
            asked.iter().all(|asked| asked.authorization.is_none()),
            "{asked:?}"
        );
    }
    // ModelScope is asked without it, too.
    let mut place = Place::new(&other).with_token("hf_secret");
    place.settings.modelscope = place.settings.huggingface.clone();
    place.settings.huggingface = nowhere();
    place.pull(ID).unwrap();
    assert!(
        other
            .asked()
            .iter()
            .all(|asked| asked.authorization.is_none())
    );
}

/// Two hosts with a token each.
#[test]
fn each_hub_is_told_its_own_token() {
    let [hf, ms] = [(); 2].map(|()| serving(&model(1), Behaviour::default()));
    let url = |hub: &StandIn| Url::parse(&hub.url()).unwrap();
    let place = || {
        let place = Place::with(url(&hf), url(&ms)).with_token("hf_secret");
        place.with_modelscope_token("ms_secret")
    };
    for (source, hub, bearer, cookie) in [
        (Source::HuggingFace, &hf, "Bearer hf_secret", None),
        (
            Source::ModelScope,
            &ms,
            "Bearer ms_secret",
            Some("m_session_id=ms_secret"),
        ),
    ] {
        let place = place();
        place.pull_of(&at(source, ID)).unwrap();
        let asked = hub.asked();
        assert!(!asked.is_empty());
        for asked in asked {
            assert_eq!(asked.authorization.as_deref(), Some(bearer), "{asked:?}");
            assert_eq!(asked.cookie.as_deref(), cookie, "{asked:?}");
        }
        let manifest = std::fs::read_to_string(place.folder("tiny").join("yuyi-model.json"));
        assert!(!manifest.unwrap().contains("secret"));
    }
}

#[test]
fn a_token_of_modelscope_stays_with_modelscope() {
    let data = serving(&model(1), Behaviour::default());
    let hub = serving(
        &model(1),
        Behaviour {
            redirect: Redirect::Moved(data.url()),
            token: Some("right".to_owned()),
            ..Behaviour::default()
        },
    );
    let place = Place::with(nowhere(), Url::parse(&hub.url()).unwrap());
    let place = place.with_modelscope_token("right");
    place.pull_of(&at(Source::ModelScope, ID)).unwrap();
    let asked = data.asked();
    assert!(!asked.is_empty());
    let is_silent =
        |asked: &crate::stand_in::Asked| asked.authorization.is_none() && asked.cookie.is_none();
    assert!(asked.iter().all(is_silent), "{asked:?}");
}

#[test]
fn private_models_of_modelscope_are_for_those_who_have_the_token() {
    let repository = Repository {
        private: true,
        ..model(1)
    };
    let hub = serving(
        &repository,
        Behaviour {
            token: Some("right".to_owned()),
            ..Behaviour::default()
        },
    );
    let place = || Place::with(nowhere(), Url::parse(&hub.url()).unwrap());
    let wanted = at(Source::ModelScope, ID);
    let told = place().pull_of(&wanted).unwrap_err().to_string();
    let expected = format!(
        "{} has no model org/tiny, or only for those who sign in (MODELSCOPE_API_TOKEN).",
        hub.host()
    );
    assert!(told.starts_with(&expected), "{told}");
    let wrong = place().with_modelscope_token("wrong");
    let told = wrong.pull_of(&wanted).unwrap_err().to_string();
    assert!(
        told.starts_with(&expected) && !told.contains("wrong"),
        "{told}"
    );
    let place = place().with_modelscope_token("right");
    place.pull_of(&wanted).unwrap();
    assert!(place.has("tiny", &repository));
}

#[test]
fn a_token_that_modelscope_refuses_is_told_by_its_name() {
    for status in [401, 403] {
        let hub = serving(
            &model(1),
            Behaviour {
                refuse_lists: Some((status, None, usize::MAX)),
                ..Behaviour::default()
            },
        );
        let place = Place::with(nowhere(), Url::parse(&hub.url()).unwrap());
        let place = place.with_modelscope_token("old");
        let told = place.pull_of(&at(Source::ModelScope, ID)).unwrap_err();
        let told = told.to_string();
        let expected = "does not let the token of MODELSCOPE_API_TOKEN read org/tiny";
        assert!(told.contains(expected), "{status}: {told}");
    }
}
