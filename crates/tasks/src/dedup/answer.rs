//! What is answered, over HTTP and by the command line.

use serde::{Deserialize, Serialize};

use super::{HeldBack, Mode, Pair};

/// The groups of remarks, what is kept of them, and who agreed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Groups {
    /// Texts that repeat each other, or nearly do.
    pub groups: Vec<Group>,
    /// Indices of what is left when repeats and votes are gone, in order.
    pub kept: Vec<usize>,
    /// How many texts are repeats.
    #[cfg_attr(feature = "schema", schema(example = 1))]
    pub duplicates: usize,
    /// Texts that only agree. They are in no group and not among the kept.
    pub votes: Vec<Vote>,
}

/// A remark that stands for others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DuplicateGroup))]
pub struct Group {
    /// Index of the text that stands for the group; absent: it is an old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = 0))]
    pub representative: Option<usize>,
    /// Index among `against` of the old text that stands for the group; absent: it is none of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = json!(null)))]
    pub against: Option<usize>,
    /// The others, in order.
    pub members: Vec<Member>,
}

/// A remark that repeats another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = DuplicateMember))]
pub struct Member {
    /// Index of the text.
    #[cfg_attr(feature = "schema", schema(example = 1))]
    pub index: usize,
    /// How near it is to the representative.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1, example = 0.93))]
    pub similarity: f64,
    /// What differs, so that it is kept; absent: it is a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub held_back: Option<HeldBack>,
}

/// A turn that only agrees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = AgreementVote))]
pub struct Vote {
    /// Index of the text.
    #[cfg_attr(feature = "schema", schema(example = 2))]
    pub index: usize,
    /// Index of what it agrees with: the text before it that does not only agree, or what stands for that; null: there is none.
    #[serde(rename = "for")]
    #[cfg_attr(feature = "schema", schema(example = 0))]
    pub answers: Option<usize>,
    /// Index among `against`; absent: it is none of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = json!(null)))]
    pub for_against: Option<usize>,
    /// Who agreed, if it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(required = false, example = "张三"))]
    pub speaker: Option<String>,
}

/// Two texts that are near to each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = NearPair))]
pub struct ShownPair {
    /// Index of the text that comes first; absent: it is an old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = 0))]
    pub a: Option<usize>,
    /// Index among `against`; absent: it is none of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = json!(null)))]
    pub against: Option<usize>,
    /// Index of the other.
    #[cfg_attr(feature = "schema", schema(example = 1))]
    pub b: usize,
    /// How near they are.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1, example = 0.93))]
    pub similarity: f64,
}

impl ShownPair {
    /// A pair of nodes, of which the first `old` are old ones.
    pub fn of(pair: &Pair, old: usize) -> Self {
        let (first, second) = (pair.left.min(pair.right), pair.left.max(pair.right));
        let a = (first as usize).checked_sub(old);
        Self {
            a,
            against: a.is_none().then_some(first as usize),
            b: second as usize - old,
            similarity: pair.similarity,
        }
    }

    /// The nodes; `None`: there are no such remarks, it names none or two on its left or one twice, or its similarity is none.
    pub fn nodes(&self, old: usize, new: usize) -> Option<Pair> {
        let left = match (self.a, self.against) {
            (Some(a), None) if a < new => old + a,
            (None, Some(against)) if against < old => against,
            _ => return None,
        };
        let is_pair = self.b < new && left != old + self.b;
        let right = u32::try_from(old + self.b).ok().filter(|_| is_pair)?;
        (0.0..=1.0).contains(&self.similarity).then_some(Pair {
            left: left as u32,
            right,
            similarity: self.similarity,
        })
    }
}

/// A text of the merged minutes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MergedText))]
pub struct Merged {
    /// That of the representative.
    #[cfg_attr(feature = "schema", schema(example = "我们下周三上线"))]
    pub text: String,
    /// Indices of all that it stands for; itself is the first.
    pub from: Vec<usize>,
    /// Who said so, each once; absent where nobody is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false, example = json!(["张三", "李四"])))]
    pub speakers: Vec<String>,
    /// When it was said, in the order of `from`; absent where no time is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false, example = json!(["00:00:01"])))]
    pub times: Vec<String>,
}

/// What is kept, each with all that it stands for. `text`, `speaker` and `time` tell of the remark with an index.
pub fn merged<'t>(
    groups: &Groups,
    text: impl Fn(usize) -> &'t str,
    speaker: impl Fn(usize) -> Option<&'t str>,
    time: impl Fn(usize) -> Option<&'t str>,
) -> Vec<Merged> {
    let from = groups.sources();
    let merge = |from: Vec<usize>| {
        let mut speakers: Vec<String> = Vec::new();
        for name in from.iter().filter_map(|&index| speaker(index)) {
            if !speakers.iter().any(|known| known == name) {
                speakers.push(name.to_owned());
            }
        }
        let times = from.iter().filter_map(|&index| time(index));
        Merged {
            text: text(from[0]).to_owned(),
            speakers,
            times: times.map(str::to_owned).collect(),
            from,
        }
    };
    from.into_iter().map(merge).collect()
}

impl Groups {
    /// For each that is kept, the indices of all that it stands for, itself first.
    pub fn sources(&self) -> Vec<Vec<usize>> {
        let mut from: Vec<Vec<usize>> = self.kept.iter().map(|&index| vec![index]).collect();
        for group in &self.groups {
            let place = group
                .representative
                .map(|index| self.kept.binary_search(&index));
            if let Some(Ok(place)) = place {
                let repeats = group.members.iter().filter(|m| m.held_back.is_none());
                from[place].extend(repeats.map(|member| member.index));
            }
        }
        from
    }
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// `success`.
    pub status: &'static str,
    /// The model that compared.
    pub model: String,
    /// Whether similarities mean the same as with other models.
    pub calibrated: bool,
    /// What was compared.
    pub mode: Mode,
    /// From which similarity on a text is a repeat.
    pub threshold: f64,
    /// The groups, what is kept, and the votes.
    #[serde(flatten)]
    pub groups: Groups,
    /// The merged texts, if they are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Vec<Merged>>,
    /// Whether a text was longer than the model reads, and was cut.
    pub truncated: bool,
    /// From which similarity on pairs are told.
    pub pairs_above: f64,
    /// Whether pairs were left out; absent: all are there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pairs_truncated: bool,
    /// The similarity of the farthest pair that is there, where others were left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs_lowest: Option<f64>,
    /// The pairs that were compared and are near; absent: they are written apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs: Option<Vec<ShownPair>>,
}
