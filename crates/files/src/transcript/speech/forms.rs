//! The forms of services: by which keys each is known, and where its remarks lie.

use anyhow::bail;
use serde_json::Value;

use super::{MILLISECOND, Object, Said, each, has_inside, joined, list, moment, text, xfyun};

/// The result of a service.
pub(super) struct Form {
    /// The service.
    pub(super) of: &'static str,
    /// Whether an object is its result.
    pub(super) is: fn(&Object) -> bool,
    /// Its remarks.
    pub(super) said: SaidOf,
}

/// Where the remarks of a result are.
pub(super) enum SaidOf {
    /// Each is told by keys of its own.
    Keys(Keys),
    /// Each is an object of the list under a key.
    Each(&'static str, fn(&Value) -> Said),
    /// They lie deeper, or may be missing.
    All(fn(&Object) -> anyhow::Result<Vec<Said>>),
}

/// By which keys remarks are told.
pub(super) struct Keys {
    /// That of the list.
    list: &'static str,
    speaker: &'static str,
    /// That of the channel, which tells who speaks where nothing else does; empty: there is none.
    channel: &'static str,
    /// Those of the start, the best one first, and what a unit of it is in milliseconds.
    start: &'static [&'static str],
    unit: f64,
    text: &'static str,
}

impl SaidOf {
    /// The remarks of a result.
    ///
    /// # Errors
    /// When it has none, but one text of all of the recording.
    pub(super) fn read(&self, result: &Object) -> anyhow::Result<Vec<Said>> {
        match self {
            Self::Keys(keys) => Ok(keys.read(result)),
            Self::Each(key, said) => {
                let values = list(result, key).iter();
                Ok(values.map(said).collect())
            }
            Self::All(said) => said(result),
        }
    }
}

impl Keys {
    fn read(&self, result: &Object) -> Vec<Said> {
        let values = list(result, self.list);
        let channel = channel_of(values, self.channel);
        let said = |value: &Value| {
            let speaker = value.get(self.speaker);
            let speaker = speaker.or_else(|| value.get(channel?));
            let mut starts = self.start.iter();
            let start = starts.find_map(|key| moment(value.get(key), self.unit));
            Said::of(speaker, start, text(value, self.text))
        };
        values.iter().map(said).collect()
    }
}

const SECOND: f64 = 1_000.0;

/// A hundred nanoseconds.
const TICK: f64 = 1e-4;

pub(super) const FORMS: [Form; 12] = [
    Form {
        of: "Deepgram",
        is: |object| has_inside(object, "channels", "alternatives"),
        said: SaidOf::All(deepgram),
    },
    Form {
        of: "Azure Speech",
        is: |object| has_inside(object, "recognizedPhrases", "nBest"),
        said: SaidOf::All(azure_batch),
    },
    Form {
        of: "Azure Speech",
        is: |object| {
            object.contains_key("combinedPhrases") && has_inside(object, "phrases", "text")
        },
        said: SaidOf::Keys(Keys {
            list: "phrases",
            speaker: "speaker",
            channel: "channel",
            start: &["offsetMilliseconds", "offset"],
            unit: MILLISECOND,
            text: "text",
        }),
    },
    Form {
        of: "Amazon Transcribe",
        is: |object| has_inside(object, "transcripts", "transcript"),
        said: SaidOf::All(amazon),
    },
    Form {
        of: "Google Speech-to-Text",
        is: |object| has_inside(object, "results", "alternatives"),
        said: SaidOf::All(google),
    },
    Form {
        of: "火山引擎",
        is: |object| {
            let of_volcano = ["start_time", "additions"];
            of_volcano
                .iter()
                .any(|key| has_inside(object, "utterances", key))
        },
        said: SaidOf::Each("utterances", volcano),
    },
    Form {
        of: "通义听悟",
        is: |object| has_inside(object, "Paragraphs", "Words"),
        said: SaidOf::Each("Paragraphs", tingwu),
    },
    Form {
        of: "腾讯会议",
        is: |object| {
            has_inside(object, "paragraphs", "sentences") && has_inside(object, "paragraphs", "pid")
        },
        said: SaidOf::Each("paragraphs", meeting),
    },
    Form {
        of: "阿里云百炼",
        is: |object| has_inside(object, "transcripts", "sentences"),
        said: SaidOf::All(dashscope),
    },
    Form {
        of: "阿里云",
        is: |object| has_inside(object, "Sentences", "Text"),
        said: SaidOf::Keys(Keys {
            list: "Sentences",
            speaker: "SpeakerId",
            channel: "ChannelId",
            start: &["BeginTime"],
            unit: MILLISECOND,
            text: "Text",
        }),
    },
    Form {
        of: "讯飞",
        is: xfyun::is,
        said: SaidOf::All(xfyun::said),
    },
    Form {
        of: "腾讯云",
        is: |object| has_inside(object, "ResultDetail", "FinalSentence"),
        said: SaidOf::Keys(Keys {
            list: "ResultDetail",
            speaker: "SpeakerId",
            channel: "",
            start: &["StartMs"],
            unit: MILLISECOND,
            text: "FinalSentence",
        }),
    },
];

/// Deepgram's utterances, where it was asked for them.
const UTTERANCES: Keys = Keys {
    list: "utterances",
    speaker: "speaker",
    channel: "channel",
    start: &["start"],
    unit: SECOND,
    text: "transcript",
};

/// The segments of Amazon Transcribe.
const SEGMENTS: Keys = Keys {
    list: "audio_segments",
    speaker: "speaker_label",
    channel: "",
    start: &["start_time"],
    unit: SECOND,
    text: "transcript",
};

/// The name of the channel of remarks where there are several: each then has one who speaks.
fn channel_of<'n>(values: &[Value], name: &'n str) -> Option<&'n str> {
    let mut channels = values.iter().filter_map(|value| value.get(name));
    let first = channels.next()?;
    channels.any(|other| other != first).then_some(name)
}

fn deepgram(results: &Object) -> anyhow::Result<Vec<Said>> {
    let utterances = UTTERANCES.read(results);
    if !utterances.is_empty() {
        return Ok(utterances);
    }
    let channels = list(results, "channels");
    let mut said = Vec::new();
    for (number, channel) in channels.iter().enumerate() {
        let number = Value::from(number);
        let of_channel = (channels.len() > 1).then_some(&number);
        let Some(best) = channel.pointer("/alternatives/0") else {
            continue;
        };
        let paragraphs = best
            .pointer("/paragraphs/paragraphs")
            .and_then(Value::as_array);
        let Some(paragraphs) = paragraphs else {
            bail!(
                "it is a result of Deepgram with one text of the whole recording. Ask Deepgram for utterances=true or paragraphs=true"
            );
        };
        said.extend(paragraphs.iter().map(|paragraph| {
            let all = joined(each(paragraph, "sentences").map(|sentence| text(sentence, "text")));
            let speaker = paragraph.get("speaker").or(of_channel);
            Said::of(speaker, moment(paragraph.get("start"), SECOND), &all)
        }));
    }
    said.sort_by(|a, b| a.start.unwrap_or(0.0).total_cmp(&b.start.unwrap_or(0.0)));
    Ok(said)
}

fn azure_batch(result: &Object) -> anyhow::Result<Vec<Said>> {
    let phrases = list(result, "recognizedPhrases");
    let channel = channel_of(phrases, "channel");
    let said = |value: &Value| {
        let start = moment(value.get("offsetMilliseconds"), MILLISECOND)
            .or_else(|| moment(value.get("offsetInTicks"), TICK))
            .or_else(|| moment(value.get("offset"), SECOND));
        let best = value.pointer("/nBest/0").unwrap_or(&Value::Null);
        let all = match text(best, "display") {
            "" => text(best, "lexical"),
            display => display,
        };
        let speaker = value.get("speaker").or_else(|| value.get(channel?));
        Said::of(speaker, start, all)
    };
    let mut said: Vec<Said> = phrases.iter().map(said).collect();
    // Channels stand one behind the other.
    said.sort_by(|a, b| a.start.unwrap_or(0.0).total_cmp(&b.start.unwrap_or(0.0)));
    Ok(said)
}

fn amazon(results: &Object) -> anyhow::Result<Vec<Said>> {
    if list(results, SEGMENTS.list).is_empty() {
        bail!(
            "it is a result of Amazon Transcribe without its segments (audio_segments), which has one text of the whole recording. Let Transcribe write subtitles as well (.srt or .vtt), and give those"
        );
    }
    Ok(SEGMENTS.read(results))
}

fn google(response: &Object) -> anyhow::Result<Vec<Said>> {
    let results = list(response, "results");
    let channel = channel_of(results, "channelTag");
    let said = |value: &Value| {
        let best = value.pointer("/alternatives/0").unwrap_or(&Value::Null);
        let first = best.pointer("/words/0").unwrap_or(&Value::Null);
        let start = first.get("startTime").or_else(|| first.get("startOffset"));
        // Watson's, with a word in front of its time.
        let watson = || moment(best.pointer("/timestamps/0/1"), SECOND);
        let start = moment(start, SECOND).or_else(watson);
        let speaker = first.get("speakerLabel").or_else(|| value.get(channel?));
        Said::of(speaker, start, text(best, "transcript"))
    };
    Ok(results.iter().map(said).collect())
}

fn volcano(value: &Value) -> Said {
    let additions = value.get("additions").unwrap_or(&Value::Null);
    let speaker = ["speaker", "speaker_id", "channel_id"];
    let speaker = speaker
        .iter()
        .find_map(|key| value.get(key).or_else(|| additions.get(key)));
    Said::of(
        speaker,
        moment(value.get("start_time"), MILLISECOND),
        text(value, "text"),
    )
}

fn tingwu(value: &Value) -> Said {
    let first = each(value, "Words").next();
    let start = first.and_then(|word| moment(word.get("Start"), MILLISECOND));
    let all = joined(each(value, "Words").map(|word| text(word, "Text")));
    Said::of(value.get("SpeakerId"), start, &all)
}

/// Of 企业微信 as well.
fn meeting(value: &Value) -> Said {
    let words = each(value, "sentences").flat_map(|sentence| each(sentence, "words"));
    let all = joined(words.map(|word| text(word, "text")));
    let info = value.get("speaker_info").or_else(|| value.get("speaker"));
    let info = info.unwrap_or(&Value::Null);
    let names = ["username", "user_name", "nick_name", "userid", "ms_open_id"];
    let speaker = names
        .iter()
        .find_map(|key| info.get(key).filter(|name| name.as_str() != Some("")));
    Said::of(speaker, moment(value.get("start_time"), MILLISECOND), &all)
}

fn dashscope(result: &Object) -> anyhow::Result<Vec<Said>> {
    let transcripts = list(result, "transcripts");
    let mut said = Vec::new();
    for transcript in transcripts {
        let of_channel = transcript
            .get("channel_id")
            .filter(|_| transcripts.len() > 1);
        said.extend(each(transcript, "sentences").map(|sentence| {
            let start = moment(sentence.get("begin_time"), MILLISECOND);
            let speaker = sentence.get("speaker_id").or(of_channel);
            Said::of(speaker, start, text(sentence, "text"))
        }));
    }
    said.sort_by(|a, b| a.start.unwrap_or(0.0).total_cmp(&b.start.unwrap_or(0.0)));
    Ok(said)
}
