//! Whether the reasons inside messages of libraries are told in Chinese as well.

use super::super::chinese;

/// Words of English that stay in a Chinese message: names, commands, paths, codes, and what stands in quotation marks.
fn english_left(chinese: &str) -> Vec<String> {
    let mut rest = String::new();
    let mut is_code = false;
    for c in chinese.chars() {
        if c == '`' {
            is_code = !is_code;
        }
        rest.push(if is_code { '`' } else { c });
    }
    let is_name = |word: &&str| {
        word.len() < 2
            || word.contains(['_', '.', '/', ':', '-', '`'])
            || word
                .chars()
                .any(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            || ["tar", "yuyi", "tiny", "fast", "modelscope"].contains(word)
    };
    let words = rest.split(|c: char| !(c.is_ascii_alphanumeric() || "_./:-`".contains(c)));
    let left = words.filter(|word| word.contains(char::is_alphabetic) && !is_name(word));
    left.map(str::to_owned).collect()
}

/// Whatever goes wrong with hubs is told wholly in Chinese, with its reason and the reason of that.
#[test]
fn no_reason_of_a_hub_stays_english() {
    use yuyi_hub::Error;
    let reasons = [
        "there is no host of that name",
        "it does not accept connections in time",
        "it has gone silent",
        "it refuses connections",
        "the connection broke",
        "it ended early",
        "no network leads there",
        "it does not speak HTTP",
        "the proxy does not let it through, 407",
        "it refuses connections, through the proxy 10.0.0.1:3128",
        "its certificate is not trusted on this machine; SSL_CERT_FILE names the one of a company's proxy",
        "its certificate is not valid at this time; look at the clock of this machine",
        "its certificate is that of another host",
        "it does not answer encrypted; is its address one of http://?",
        "a web page came",
        "it tells neither sum nor length of model.safetensors",
        "it says that model.safetensors has -1 bytes",
        "it lists config.json twice, as two files",
        "its answer has another form",
        "its list of files has no end",
        "it answers the code 500",
        "its answer is no JSON, or not all of it",
    ];
    let host = || "h.example".to_owned();
    let text = |text: &str| text.to_owned();
    let mut errors: Vec<Error> = Vec::new();
    for reason in reasons {
        let reason = || reason.to_owned();
        errors.extend([
            Error::Unreachable {
                host: host(),
                reason: reason(),
            },
            Error::DataHost {
                hub: host(),
                host: host(),
                reason: reason(),
            },
            Error::Broken {
                path: text("a.bin"),
                host: host(),
                reason: reason(),
            },
            Error::NoHubAnswer {
                host: host(),
                reason: reason(),
            },
            Error::NoHub {
                first: format!("{} does not answer ({})", host(), reason()),
                last: format!(
                    "{0} sends for the data to {0}, which does not answer ({1})",
                    host(),
                    reason()
                ),
            },
        ]);
    }
    for reason in [
        "in a circle",
        "to what is no address",
        "to what is no address of the web",
        "from an encrypted connection to one without encryption, on h.example",
    ] {
        errors.push(Error::Redirects {
            host: host(),
            reason: text(reason),
        });
        errors.push(Error::NoHub {
            first: format!("{} redirects {reason}", host()),
            last: format!("{} answers 404 for a.bin", host()),
        });
    }
    for problem in [
        "model.safetensors is missing",
        "model.safetensors has 3 bytes instead of 9",
        "model.safetensors is damaged, or not all of it is there",
        "yuyi-model.json is damaged (missing field `files` at line 1 column 27)",
        "vocab.txt is a pointer of Git LFS and not the file itself (`git lfs pull` in its folder fetches that)",
        "a.bin is not what was installed",
    ] {
        let mending =
            "`yuyi models rm tiny` removes it, and `yuyi pull org/tiny` fetches it again.";
        errors.push(Error::Damaged {
            name: text("tiny"),
            problem: text(problem),
            mending: text(mending),
        });
        errors.push(Error::BadArchive {
            file: "a.tar".into(),
            reason: text(problem),
        });
        errors.push(Error::Unusable {
            name: text("tiny"),
            reason: format!("{problem}."),
        });
    }
    errors.push(Error::Damaged {
        name: text("tiny"),
        problem: text("model.safetensors is missing"),
        mending: text(
            "Another version of it is whole: --model /c/snapshots/ab takes that. Fetch it again with the program whose cache it is in.",
        ),
    });
    for what in [
        "was not put there by `yuyi pull`",
        "is not replaced",
        "nobody knows where it came from",
        "was fetched from org/tiny",
    ] {
        errors.push(Error::Taken {
            name: text("tiny"),
            folder: "/m/tiny".into(),
            what: text(what),
        });
    }
    for reason in [
        "it has no config.json.",
        "it holds an adapter (LoRA or its like) and no model; merge it into its model with merge_and_unload() of peft, and save that.",
        "its weights are for ONNX; yuyi reads model.safetensors and pytorch_model.bin, which the model it was made of may have.",
    ] {
        errors.push(Error::Unsupported {
            repository: text("org/tiny"),
            reason: text(reason),
            nearest: text("gte-base-zh"),
        });
    }
    errors.push(Error::Nowhere {
        repository: text("org/tiny"),
        first: host(),
        last: host(),
    });
    errors.push(Error::FolderAsOutput {
        folder: "/m".into(),
        name: text("tiny"),
    });
    errors.push(Error::FolderAsArchive {
        folder: "/m".into(),
        models: "/n".into(),
    });
    errors.extend(of_statuses());
    for error in errors {
        let english = error.to_string();
        let told = chinese(&english);
        let left = told.as_deref().map(english_left);
        assert_eq!(left, Some(Vec::new()), "{english}\n{told:?}");
        // And before the next hub is asked, which no place of an export is: the same, then that.
        if matches!(error, Error::FolderAsOutput { .. }) {
            continue;
        }
        let next = chinese(&format!("{english} Asking www.modelscope.cn next."));
        let expected = told.map(|told| format!("{told}接着试 www.modelscope.cn。"));
        assert_eq!(next, expected, "{english}");
    }
}

/// What hubs answer, without a reason in words.
fn of_statuses() -> Vec<yuyi_hub::Error> {
    use yuyi_hub::Error;
    let host = || "h.example".to_owned();
    let repository = || "org/tiny".to_owned();
    let path = || "1_Pooling/config.json".to_owned();
    vec![
        Error::NotFound {
            host: host(),
            repository: repository(),
            variable: "HF_TOKEN",
        },
        Error::NoRevision {
            host: host(),
            repository: repository(),
            revision: "v9".to_owned(),
        },
        Error::Gated {
            repository: repository(),
        },
        Error::Forbidden {
            host: host(),
            repository: repository(),
            token: "HF_TOKEN".to_owned(),
        },
        Error::RateLimited {
            host: host(),
            seconds: 3_600,
            variable: "HF_TOKEN",
        },
        Error::Refused {
            host: host(),
            status: 503,
            path: path(),
        },
        Error::BadSum {
            host: host(),
            path: path(),
        },
        Error::Pointer {
            host: host(),
            path: path(),
        },
    ]
}

/// The same of a model that computes elsewhere.
#[test]
fn no_reason_of_a_provider_stays_english() {
    for reason in [
        "no answer in time",
        "no connection",
        "its host is not known",
        "the connection broke off",
        "no network leads there",
        "it does not speak HTTP",
        "HTTP 502 without a reason",
        "HTTP 400, with a message that quotes a text",
        "HTTP 302, which leads to another address",
        "its certificate is not sound",
    ] {
        for english in [
            format!("dashscope does not answer ({reason})."),
            format!("dashscope asks to be asked less often ({reason}). Try again in 40 seconds."),
            format!(
                "p.tsv: 1 of 3 rows have no score, the first in line 2: dashscope does not take a text ({reason})."
            ),
        ] {
            let told = chinese(&english);
            let left = told
                .as_deref()
                .map(|told| english_left(&told.replace("dashscope", "")));
            assert_eq!(left, Some(Vec::new()), "{english}\n{told:?}");
        }
    }
}
