//! How hidden states become one vector, by the configuration of a Pooling module.

use crate::error::Error;
use crate::folder::Folder;
use crate::json::read_json;
use crate::modules::Modules;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How the hidden states of a text become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The first token's.
    Cls,
    /// The mean over all tokens.
    Mean,
    /// The largest of each element.
    Max,
    /// The sum over all tokens by the root of their number. It points where the mean does; behind a Dense it does not.
    MeanSqrtLen,
    /// The mean over all tokens, of which the nth counts n times.
    WeightedMean,
    /// The last token's.
    LastToken,
    /// The mean over all tokens and over the last two layers, as in ConSERT's paper.
    MeanLastTwo,
}

impl Pooling {
    /// Every pooling.
    pub const ALL: [Self; 7] = [
        Self::Cls,
        Self::Mean,
        Self::Max,
        Self::MeanSqrtLen,
        Self::WeightedMean,
        Self::LastToken,
        Self::MeanLastTwo,
    ];

    /// The name in replies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cls => "cls",
            Self::Mean => "mean",
            Self::Max => "max",
            Self::MeanSqrtLen => "mean_sqrt_len",
            Self::WeightedMean => "weighted_mean",
            Self::LastToken => "last_token",
            Self::MeanLastTwo => "mean_last_two",
        }
    }

    /// Whether it looks at the layer before the last.
    pub(crate) fn reads_two_layers(self) -> bool {
        self == Self::MeanLastTwo
    }

    /// What stands behind `pooling_mode_` in a file that chooses it.
    fn field(self) -> &'static str {
        match self {
            Self::Cls => "cls_token",
            Self::Mean => "mean_tokens",
            Self::Max => "max_tokens",
            Self::MeanSqrtLen => "mean_sqrt_len_tokens",
            Self::WeightedMean => "weightedmean_tokens",
            Self::LastToken => "lasttoken",
            // Of ConSERT's own copy of sentence-transformers.
            Self::MeanLastTwo => "mean_last_2_tokens",
        }
    }

    /// By the end of a field's name, or by the name that `pooling_mode` has for it.
    fn of_mode(mode: &str) -> Option<Self> {
        let short = |pooling: &Self| match pooling {
            Self::Cls => "cls",
            Self::Mean => "mean",
            Self::Max => "max",
            Self::WeightedMean => "weightedmean",
            other => other.field(),
        };
        let mut all = Self::ALL.into_iter();
        all.find(|pooling| [pooling.field(), short(pooling)].contains(&mode))
    }

    /// The configuration of a module that pools so, whose vectors have `dimension` elements.
    pub(crate) fn configuration(self, dimension: usize) -> Value {
        let mut fields = Map::new();
        fields.insert("word_embedding_dimension".into(), dimension.into());
        // Those that every version knows are always written: mean counts as chosen where it is missing.
        for pooling in [Self::Cls, Self::Mean, Self::Max, self] {
            let field = format!("pooling_mode_{}", pooling.field());
            fields.insert(field, json!(pooling == self));
        }
        fields.into()
    }
}

/// Pooling by `modules.json`, or by `1_Pooling` where there is no list of modules.
pub(super) fn read_pooling(folder: &Folder, modules: &Modules) -> Result<Option<Pooling>, Error> {
    match &modules.pooling {
        Some(path) => read_pooling_file(folder, path).map(Some),
        None if !modules.listed && folder.contains("1_Pooling/config.json") => {
            read_pooling_file(folder, "1_Pooling").map(Some)
        }
        None => Ok(None),
    }
}

fn read_pooling_file(folder: &Folder, path: &str) -> Result<Pooling, Error> {
    let file = format!("{path}/config.json");
    let fields: BTreeMap<String, Value> = read_json(folder, &file)?;
    let refuse = |what: String| Err(Error::unsupported(&folder.show(&file), what));
    if let Some(value) = fields.get("include_prompt")
        && !matches!(value, Value::Null | Value::Bool(true))
    {
        return refuse(format!(
            "include_prompt is {value}; yuyi pools over the prompt's tokens too."
        ));
    }
    if let Some((field, value)) = no_switch(&fields) {
        let what = format!("{field} is {value}; true or false was expected.");
        return Err(Error::file(&folder.show(&file), what));
    }
    let chosen = pooling_modes(&fields);
    let known = match &chosen[..] {
        // Without a choice it is the mean, as sentence-transformers has it.
        [] => Some(Pooling::Mean),
        [(_, mode)] => Pooling::of_mode(mode),
        _ => None,
    };
    if let Some(pooling) = known {
        return Ok(pooling);
    }
    let shown: Vec<&str> = chosen.iter().map(|(shown, _)| shown.as_str()).collect();
    let shown = shown.join(" with ");
    refuse(format!(
        "{shown} is not supported. yuyi pools by cls, mean, max, mean_sqrt_len, weightedmean, lasttoken or the mean of the \
         last two layers (mean_last_2), one of them."
    ))
}

/// A field that chooses a mode and is neither on nor off. What else it could mean, sentence-transformers and a reader would not agree on.
fn no_switch(fields: &BTreeMap<String, Value>) -> Option<(&String, &Value)> {
    let mut modes = fields
        .iter()
        .filter(|(field, _)| field.starts_with("pooling_mode_"));
    modes.find(|(_, value)| !value.is_boolean() && !value.is_null())
}

/// The modes that a file chooses, as it shows them and by their names: `pooling_mode` since sentence-transformers 5.4,
/// before that a field for each.
fn pooling_modes(fields: &BTreeMap<String, Value>) -> Vec<(String, String)> {
    let named = |mode: &Value| {
        let name = mode
            .as_str()
            .map_or_else(|| mode.to_string(), str::to_owned);
        (format!("pooling_mode \"{name}\""), name)
    };
    match fields.get("pooling_mode") {
        Some(Value::Array(modes)) => modes.iter().map(named).collect(),
        Some(Value::Null) | None => {
            let chosen = fields
                .iter()
                .filter(|(_, value)| value.as_bool() == Some(true));
            let mode = |(key, _): (&String, _)| {
                let name = key.strip_prefix("pooling_mode_")?.to_owned();
                Some((key.clone(), name))
            };
            chosen.filter_map(mode).collect()
        }
        Some(mode) => vec![named(mode)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::json_folder;

    fn read(fields: Value) -> Result<Option<Pooling>, Error> {
        let folder = json_folder(&[("1_Pooling/config.json", fields)]);
        read_pooling(&folder, &Modules::default())
    }

    #[test]
    fn each_is_read_as_it_is_written() {
        for pooling in Pooling::ALL {
            let written = pooling.configuration(64);
            assert_eq!(read(written).unwrap(), Some(pooling));
            let name = serde_json::to_value(pooling).unwrap();
            assert_eq!(name, pooling.name());
        }
    }

    #[test]
    fn names_of_sentence_transformers_and_of_consert() {
        for (mode, pooling) in [
            ("cls", Pooling::Cls),
            ("mean", Pooling::Mean),
            ("max", Pooling::Max),
            ("mean_sqrt_len_tokens", Pooling::MeanSqrtLen),
            ("weightedmean", Pooling::WeightedMean),
            ("lasttoken", Pooling::LastToken),
        ] {
            let read = read(json!({"pooling_mode": mode})).unwrap();
            assert_eq!(read, Some(pooling), "{mode}");
        }
        let consert =
            json!({"pooling_mode_mean_tokens": false, "pooling_mode_mean_last_2_tokens": true});
        assert_eq!(read(consert).unwrap(), Some(Pooling::MeanLastTwo));
        let first = read(json!({"pooling_mode_mean_first_last_tokens": true})).unwrap_err();
        assert!(first.to_string().contains("mean_first_last_tokens is not"));
    }

    #[test]
    fn pooling_without_the_prompt_is_refused_however_it_is_written() {
        for value in [json!(false), json!(0), json!("false")] {
            let error = read(json!({"include_prompt": value})).unwrap_err();
            let expected = format!("include_prompt is {value}; yuyi pools over");
            assert!(error.to_string().contains(&expected), "{error}");
        }
        for value in [json!(true), json!(null)] {
            assert!(read(json!({"include_prompt": value})).is_ok());
        }
    }

    #[test]
    fn what_is_neither_on_nor_off_is_refused() {
        for value in [json!(1), json!("true"), json!("false"), json!([true])] {
            let error = read(json!({"pooling_mode_cls_token": value})).unwrap_err();
            let expected =
                format!("pooling_mode_cls_token is {value}; true or false was expected.");
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
        let off = json!({"pooling_mode_cls_token": false, "pooling_mode_max_tokens": null});
        assert_eq!(read(off).unwrap(), Some(Pooling::Mean));
    }
}
