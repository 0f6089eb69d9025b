//! The library as a program uses it, with the built-in model.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use yuyi::{
    BUILTIN_NAME, Batch, EmbedOptions, Embedder, Encoded, Error, ErrorKind, ExplanationPlan, Input,
    Inputs, Item, LongText, Model, ModelFacts, OpenOptions, Precision, Vectors,
};

use yuyi_kernels::{Kernel, Team, as_cosine, scan};

const PAIR: [&str; 2] = ["今天天气真不错", "外面阳光明媚"];

fn model() -> Model {
    let options = OpenOptions {
        threads: Some(1),
        ..OpenOptions::default()
    };
    Model::open_with(BUILTIN_NAME, &options).unwrap()
}

#[test]
fn every_way_to_a_score_gives_the_same_one() {
    let model = model();
    let [a, b] = PAIR;
    let score = model.score(a, b).unwrap();
    assert!(score.calibrated && !score.truncated);
    assert_eq!(
        score.similarity,
        model.calibration().similarity(score.cosine)
    );
    let encoded = model.embed(&PAIR).unwrap();
    assert_eq!(model.score_vectors(&encoded[0], &encoded[1]), score);
    let many = model.score_one_to_many(a, &[a, b]).unwrap();
    assert_eq!(many[1], score);
    let ranked = model.rank(a, &[b, a]).unwrap();
    assert_eq!((ranked[0].index, ranked[1].score), (1, score));
    let matrix = model.matrix(&PAIR, &["别的", b]).unwrap();
    assert_eq!(matrix.cosines.row(0).unwrap()[1], score.cosine);
    assert_eq!(matrix.similarities().next().unwrap()[1], score.similarity);
    assert_eq!(
        (matrix.cosines.rows().len(), matrix.cosines.row(2)),
        (2, None)
    );
}

#[test]
fn a_pair_a_matrix_a_ranking_and_a_scan_show_the_same_digits() {
    let model = model();
    let texts = [
        PAIR[0],
        PAIR[1],
        "怎么开发票",
        "如何申请发票",
        "今天天气真不错！",
        "不",
    ];
    let encoded = model.embed(&texts).unwrap();
    let vectors = Vectors::from_rows(encoded.iter().map(|text| &text.vector));
    let matrix = model.matrix(&texts, &texts).unwrap();
    let (team, kernel) = (Team::new(2), Kernel::of_process());
    for (i, text) in texts.iter().enumerate() {
        let row = matrix.cosines.row(i).unwrap();
        assert_eq!(row[i], 1.0, "{text}");
        let alone = model.matrix(&[text], &texts).unwrap();
        assert_eq!(alone.cosines.row(0).as_ref(), Some(&row), "{text}");
        assert_eq!(model.score(text, text).unwrap().similarity, 1.0, "{text}");
        for (j, &cosine) in row.iter().enumerate() {
            let pair = model.score_vectors(&encoded[i], &encoded[j]);
            assert_eq!(
                pair.cosine.to_bits(),
                cosine.to_bits(),
                "{text} / {}",
                texts[j]
            );
        }
        for ranked in model.rank(text, &texts).unwrap() {
            assert_eq!(ranked.score.cosine.to_bits(), row[ranked.index].to_bits());
        }
        let hits = scan(
            &team,
            kernel,
            vectors.row(i),
            vectors.view(),
            None,
            texts.len(),
        );
        assert_eq!(hits.len(), texts.len());
        for hit in hits {
            assert_eq!(
                as_cosine(hit.score).to_bits(),
                row[hit.row].to_bits(),
                "{text}"
            );
        }
    }
}

#[test]
fn a_model_is_shared_by_threads() {
    let model = model();
    let expected = model.embed_one(PAIR[0]).unwrap().vector;
    let ask = |model: Model| move || model.embed_one(PAIR[0]).unwrap().vector;
    let threads = [(); 3].map(|()| std::thread::spawn(ask(model.clone())));
    for thread in threads {
        assert_eq!(thread.join().unwrap(), expected);
    }
}

#[test]
fn tokens_are_those_of_the_text() {
    let pieces = model().tokens("怎么开发票").unwrap();
    assert!(pieces.iter().all(|piece| !piece.special));
    assert_eq!(pieces.last().unwrap().end, "怎么开发票".len());
}

#[test]
fn an_explanation_is_the_same_in_steps() {
    let model = model();
    let [a, b] = ["怎么开发票", "如何申请发票"];
    let at_once = model.explain(a, b).unwrap();
    let words: String = at_once.a.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(words, a);
    // As a program does that shares vectors.
    let share = |encoded: Vec<Encoded>| -> Vec<Arc<Encoded>> {
        encoded.into_iter().map(Arc::new).collect()
    };
    let options = ExplanationPlan::<Arc<Encoded>>::options();
    let whole = share(model.embed_with(&[a, b], &options).unwrap());
    let plan = ExplanationPlan::new("m", [a, b], whole.try_into().unwrap()).unwrap();
    let without = share(model.embed(&plan.texts()).unwrap());
    assert_eq!(plan.finish(&without).unwrap(), at_once);
    let error = plan.finish(&without[1..]).unwrap_err();
    assert!(!error.is_retryable());
    let (expected, found) = (without.len(), without.len() - 1);
    let told = format!("There are {found} results for {expected} texts; each text needs one.");
    assert_eq!(error.to_string(), told);
    let error = plan.further(&without[1..]).unwrap_err();
    assert!(matches!(error, Error::Miscounted { .. }), "{error}");
}

/// The built-in model, counting what it is given.
struct Counting {
    inner: Arc<dyn Embedder>,
    tokens: AtomicUsize,
    texts: AtomicUsize,
}

impl Embedder for Counting {
    fn facts(&self) -> &ModelFacts {
        self.inner.facts()
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, yuyi::EmbedderError> {
        let batch = self.inner.embed_batch(items)?;
        let tokens = batch.results.iter().flatten().map(|text| text.tokens);
        self.tokens.fetch_add(tokens.sum(), Ordering::Relaxed);
        self.texts.fetch_add(items.len(), Ordering::Relaxed);
        Ok(batch)
    }
}

#[test]
fn an_explanation_costs_at_most_fifteen_scores() {
    let counting = Arc::new(Counting {
        inner: Arc::clone(model().embedder()),
        tokens: AtomicUsize::new(0),
        texts: AtomicUsize::new(0),
    });
    let model = Model::uncalibrated(Arc::clone(&counting) as _);
    let taken = || {
        let counters = [&counting.tokens, &counting.texts];
        counters.map(|counter| counter.swap(0, Ordering::Relaxed))
    };
    let a = "我上周在你们店里买了一台冰箱，送货的师傅很准时，但是安装以后发现门关不严，冷气一直往外跑，压缩机整夜都在响。\
             打电话给客服，说三天之内会派人上门检查，到今天已经过去五天了，还是没有任何人联系我。\
             请问现在应该怎么办，能不能直接换一台新的，或者把货款退给我？";
    let b = "五天前我给售后打过电话，反映新买的冰箱关不上门，制冷效果很差而且噪音特别大，影响全家人休息。\
             当时接线的姑娘答应三个工作日以内安排技术员过来查看，结果到现在都没有等到消息。\
             如果修不好的话，我希望你们给我更换同型号的产品，要不然就全额退款，并且承担来回的运费。";
    assert!([a, b].iter().all(|text| text.chars().count() >= 120));
    model.score(a, b).unwrap();
    let [score, _] = taken();
    let found = model.explain(a, b).unwrap();
    let [explained, texts] = taken();
    // The score that it stands beside is counted as well.
    assert!(
        score + explained <= 15 * score,
        "{explained} tokens beside {score}"
    );
    assert!(texts <= 26, "{texts} texts");
    for words in [&found.a, &found.b] {
        assert!(words.len() > 40, "{} words", words.len());
        assert!((words.iter().map(|word| word.weight).sum::<f64>() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn windows_that_are_embedded_one_by_one_give_the_same_vector() {
    let model = model();
    let embedder = model.embedder();
    for (long_text, windows) in [
        (LongText::Mean, 3),
        (LongText::CutEnd, 1),
        (LongText::CutStart, 1),
    ] {
        let options = EmbedOptions {
            long_text,
            ..EmbedOptions::default()
        };
        let text = "今天天气真不错，外面阳光明媚。".repeat(300);
        let whole = &model.embed_with(&[&text], &options).unwrap()[0];
        let tokens = embedder.split(&text, &options).unwrap().unwrap();
        assert!(tokens.windows().count() >= windows && tokens.truncated == whole.truncated);
        let ids = tokens
            .windows()
            .map(|ids| Input::Tokens(ids.into()))
            .collect();
        let each = embedder.embed(Inputs::Mixed(ids), &options).unwrap();
        let together = Encoded::of_windows(tokens, &each).unwrap();
        assert_eq!(together.vector, whole.vector);
        assert_eq!(
            (together.length, together.tokens),
            (whole.length, whole.tokens)
        );
        assert_eq!(
            (together.truncated, together.unknown),
            (whole.truncated, whole.unknown)
        );
    }
    // With the states of what is explained.
    let options = ExplanationPlan::<Encoded>::options();
    let text = "今天天气真不错，外面阳光明媚。".repeat(60);
    let whole = &model.embed_with(&[&text], &options).unwrap()[0];
    let tokens = embedder.split(&text, &options).unwrap().unwrap();
    let ids = Inputs::Mixed(vec![Input::Tokens(tokens.ids.as_slice().into())]);
    let each = embedder.embed(ids, &options).unwrap();
    let together = Encoded::of_windows(tokens, &each).unwrap();
    let (states, expected) = (together.states.unwrap(), whole.states.as_ref().unwrap());
    assert_eq!(
        (&states.hidden, &states.places),
        (&expected.hidden, &expected.places)
    );
}

#[test]
fn notes_say_the_same_with_an_explanation_and_without() {
    let model = model();
    let read = |text| {
        let options = ExplanationPlan::<Encoded>::options();
        model.embed_with(&[text], &options).unwrap().remove(0)
    };
    let long = "今天天气真不错我们一起去公园散步吧".repeat(34) + "龘";
    for (a, share, piece) in [(long.as_str(), 1, "龘"), ("龘龘", 100, "龘龘")] {
        let b = "今天天气不错";
        let notes = yuyi::notes([a, b], [&read(a), &read(b)]);
        let message = format!("The model does not know {share} % of A: {piece}.");
        assert!(
            notes.iter().any(|note| note.message == message),
            "{notes:?}"
        );
        assert_eq!(notes, model.explain(a, b).unwrap().notes);
    }
}

#[test]
fn vectors_alone_explain_nothing() {
    let model = model();
    let whole = model.embed(&PAIR).unwrap().try_into().unwrap();
    let error = ExplanationPlan::<Encoded>::new("m", PAIR, whole)
        .err()
        .unwrap();
    assert!(matches!(error, Error::NotExplained { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::Permanent);
}

#[test]
fn a_model_is_opened_as_it_is_wanted() {
    let options = OpenOptions {
        precision: Some(Precision::F32),
        threads: Some(1),
        uncalibrated: true,
        ..OpenOptions::default()
    };
    let model = Model::open_with(BUILTIN_NAME, &options).unwrap();
    assert_eq!(model.facts().precision, Some(Precision::F32));
    assert!(!model.calibration().is_fitted() && model.calibration_file().is_none());
    let unknown = Model::open("no such model").err().unwrap().to_string();
    assert!(
        unknown.starts_with("There is no model \"no such model\"."),
        "{unknown}"
    );
    assert!(!unknown.contains("--"), "{unknown}");
}

#[test]
fn a_calibration_that_is_not_sound_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/models/bert-cls-f16"
    );
    for file in std::fs::read_dir(fixture).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() {
            std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
        }
    }
    std::fs::write(folder.path().join("calibration.json"), "{}").unwrap();
    let pooling = folder.path().join("1_Pooling");
    std::fs::create_dir(&pooling).unwrap();
    std::fs::write(
        pooling.join("config.json"),
        "{\"pooling_mode_cls_token\": true}",
    )
    .unwrap();
    let path = folder.path().to_str().unwrap();
    let error = Model::open(path).err().unwrap();
    assert!(matches!(error, Error::Calibration(_)), "{error}");
    let options = OpenOptions {
        uncalibrated: true,
        ..OpenOptions::default()
    };
    assert!(Model::open_with(path, &options).is_ok());
}
