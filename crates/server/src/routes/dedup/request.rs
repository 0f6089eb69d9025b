//! What a client may send to `/v1/dedup`.

use utoipa::ToSchema;
use yuyi_tasks::dedup::{Mode, Options as Grouping, THRESHOLD, pairs_above};

use crate::request::fields::{list, text as plain_text, wrong_type};
use crate::request::item::TimeRequest;
use crate::request::json::Json;
use crate::request::options::Options;
use crate::request::text::{Rules, checked, each};
use crate::request::{Source, choice, part, request};
use crate::{ApiError, Limits};

request! {
    /// Texts, and how they are compared.
    #[schema(as = DedupRequest, example = json!({"texts": ["我们下周三上线", "嗯，那就下周三上线", "同意", "预算还差两万"]}))]
    pub(crate) struct DedupRequest {
        /// The texts, in the order in which they were said. One that cannot be compared has its error in the reply and is kept.
        #[schema(value_type = Option<Vec<String>>, min_items = 1)]
        texts: Option<Vec<Remark>> = remarks,
        /// The same with who said them and when, in place of `texts`.
        #[schema(value_type = Option<Vec<RemarkRequest>>, min_items = 1)]
        items: Option<Vec<Remark>> = remarks,
        /// Old texts, which stay: what repeats one of them is a repeat. Texts, or objects as in `items`.
        #[schema(value_type = Option<Vec<String>>, min_items = 1)]
        against: Option<Vec<Remark>> = remarks,
        /// What is compared with what; absent: `adjacent`.
        mode: Option<Mode> = choice(&MODES),
        /// From which similarity on a text is a repeat; absent: 0.8.
        #[schema(minimum = 0, maximum = 1, example = 0.8)]
        threshold: Option<f64> = share,
        /// From which similarity on pairs are told, at most `threshold`; absent: 0.1 below that.
        #[schema(minimum = 0, maximum = 1)]
        pairs_above: Option<f64> = share,
        /// What is made of repeats; absent: `mark`.
        action: Option<Action> = choice(&ACTIONS),
        #[serde(flatten)]
        options: Options = part(Options::take),
    }
}

/// A text with who said it and when.
#[derive(ToSchema)]
#[schema(as = RemarkRequest)]
#[expect(dead_code, reason = "describes what is read by `remark`")]
pub(crate) struct RemarkRequest {
    /// What the sender calls it; the reply names texts by their indices.
    #[schema(required = false)]
    id: String,
    /// What was said.
    #[schema(example = "我们下周三上线")]
    text: String,
    /// Who said it.
    #[schema(required = false, example = "张三")]
    speaker: String,
    /// When it was said; it is told as it was sent.
    #[schema(required = false)]
    time: TimeRequest,
}

const MODES: [(&str, Mode); 2] = [("adjacent", Mode::Adjacent), ("all", Mode::All)];

/// What is made of repeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// They are told.
    #[default]
    Mark,
    /// The texts that are left are told as well, each with who said it when.
    Merge,
}

const ACTIONS: [(&str, Action); 2] = [("mark", Action::Mark), ("merge", Action::Merge)];

/// A text of a request.
#[derive(Debug)]
pub(super) struct Remark {
    text: Result<String, ApiError>,
    speaker: Option<String>,
    time: Option<String>,
    /// Where it stands.
    field: String,
}

/// A request that can be answered.
#[derive(Debug)]
pub(super) struct Asked {
    remarks: Vec<Remark>,
    old: Vec<Remark>,
    pub(super) grouping: Grouping,
    pub(super) pairs_above: f64,
    pub(super) action: Action,
    pub(super) options: Options,
}

impl DedupRequest {
    pub(super) fn read(body: Json, limits: &Limits) -> Result<Asked, ApiError> {
        let request = Source::read(body, limits, Self::take)?;
        let threshold = request.threshold.unwrap_or(THRESHOLD);
        let above = request
            .pairs_above
            .unwrap_or_else(|| pairs_above(threshold));
        if above > threshold {
            return Err(invalid(
                "pairs_above",
                "It is above the threshold, and groups could not be told from such pairs.",
            ));
        }
        let remarks = match (request.texts, request.items) {
            (Some(texts), None) => texts,
            (None, Some(items)) => items,
            (Some(_), Some(_)) => {
                return Err(invalid(
                    "items",
                    "It stands beside texts; send one of the two.",
                ));
            }
            (None, None) => {
                return Err(ApiError::MissingField {
                    field: "texts".to_owned(),
                    sent: Vec::new(),
                });
            }
        };
        // Where nothing is left to compare, there is nothing to answer.
        if let Some(error) = remarks[0].text.as_ref().err()
            && remarks.iter().all(|remark| remark.text.is_err())
        {
            return Err(error.clone());
        }
        Ok(Asked {
            remarks,
            old: request.against.unwrap_or_default(),
            grouping: Grouping {
                mode: request.mode.unwrap_or_default(),
                threshold,
            },
            pairs_above: above,
            action: request.action.unwrap_or_default(),
            options: request.options,
        })
    }
}

impl Asked {
    /// The texts; of one that cannot be compared nothing.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.remarks.iter().map(Remark::text)
    }

    /// Those of old ones.
    pub(super) fn old_texts(&self) -> impl Iterator<Item = &str> {
        self.old.iter().map(Remark::text)
    }

    pub(super) fn text(&self, index: usize) -> &str {
        self.remarks[index].text()
    }

    pub(super) fn speaker(&self, index: usize) -> Option<&str> {
        self.remarks[index].speaker.as_deref()
    }

    pub(super) fn time(&self, index: usize) -> Option<&str> {
        self.remarks[index].time.as_deref()
    }

    /// Where the text of a node stands: the old ones come first.
    pub(super) fn field(&self, node: usize) -> String {
        let remark = match node.checked_sub(self.old.len()) {
            Some(index) => &self.remarks[index],
            None => &self.old[node],
        };
        remark.field.clone()
    }

    /// Bytes of all texts.
    pub(super) fn bytes(&self) -> usize {
        self.texts().chain(self.old_texts()).map(str::len).sum()
    }

    /// Why texts cannot be compared.
    pub(super) fn errors(&self) -> impl Iterator<Item = &ApiError> {
        let all = self.old.iter().chain(&self.remarks);
        all.filter_map(|remark| remark.text.as_ref().err())
    }
}

impl Remark {
    fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

fn invalid(field: &str, reason: &str) -> ApiError {
    ApiError::InvalidValue {
        field: field.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A list of texts; in `items` of objects, in `against` of either.
fn remarks(source: &mut Source<'_>, name: &'static str) -> Result<Option<Vec<Remark>>, ApiError> {
    let Some((json, path)) = source.fields.optional(name) else {
        return Ok(None);
    };
    let all = list(json, &path)?;
    source.count_texts(all.len(), &path)?;
    let rules = source.rules;
    let read = |json: Json, field: &str| match (json, name) {
        (json @ Json::Object(_), "items" | "against") => object(json, field, rules),
        (json, "items") => Err(wrong_type(field, "an object", &json)),
        (json, _) => Ok(Remark {
            text: checked(plain_text(json, field)?, field, rules),
            speaker: None,
            time: None,
            field: field.to_owned(),
        }),
    };
    each(all, &path, read).map(Some)
}

fn object(json: Json, path: &str, rules: Rules<'_>) -> Result<Remark, ApiError> {
    let mut source = Source::at(json, path, rules)?;
    let (text, field) = source.fields.required("text")?;
    let remark = Remark {
        text: checked(plain_text(text, &field)?, &field, rules),
        speaker: source.fields.optional_text("speaker")?,
        time: time(&mut source)?,
        field,
    };
    // Whatever else the sender knows it by.
    source.fields.optional("id");
    source.finish()?;
    Ok(remark)
}

/// A time, as it was sent.
fn time(source: &mut Source<'_>) -> Result<Option<String>, ApiError> {
    Ok(match source.fields.optional("time") {
        None => None,
        Some((Json::String(time), _)) => Some(time),
        Some((Json::Integer(seconds), _)) => Some(seconds.to_string()),
        Some((Json::Float(seconds), _)) => Some(seconds.to_string()),
        Some((other, path)) => return Err(wrong_type(&path, "a time", &other)),
    })
}

/// A number from 0 to 1, which may be absent.
fn share(source: &mut Source<'_>, name: &'static str) -> Result<Option<f64>, ApiError> {
    let Some((json, field)) = source.fields.optional(name) else {
        return Ok(None);
    };
    let number = match json {
        Json::Integer(number) => number as f64,
        Json::Float(number) => number,
        other => return Err(wrong_type(&field, "a number", &other)),
    };
    match (0.0..=1.0).contains(&number) {
        true => Ok(Some(number)),
        false => Err(invalid(
            &field,
            &format!("{number} is not between 0 and 1."),
        )),
    }
}
