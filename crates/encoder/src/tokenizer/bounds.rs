//! Refuses what a tokenizer.json may say and no text could bear: patterns that take more than one walk over the text,
//! replacements that make texts many times as long, words whose length is squared. The library does whatever the file says.

use super::parts::TokenizerModel;
use regex::RegexBuilder;
use serde_json::Value;

/// How many times as long all replacements together may make a text, in bytes. U+2581 for a space makes it three times
/// as long; a compiled normaliser, whose replacements have a limit of their own, does not count.
const MOST_GROWTH: usize = 64;

/// Most steps that replace.
const MOST_REPLACEMENTS: usize = 64;

/// Most memory of a compiled pattern, in bytes, which is what each character may cost to match.
const LARGEST_PATTERN: usize = 1 << 20;

/// Most characters of a word that WordPiece takes apart, with time by their square. All published models have 100.
const LONGEST_WORD: u64 = 256;

/// Most bytes of what stands in front of a piece inside a word; with BERT it is `##`.
const LONGEST_PREFIX: usize = 32;

/// Checks a normaliser, a splitter into words and a model as tokenizer.json has them.
///
/// # Errors
/// A sentence about what is refused.
pub(super) fn check(
    normalizer: &Value,
    pre_tokenizer: &Value,
    model: &TokenizerModel,
) -> Result<(), String> {
    let mut replacements = Replacements::default();
    replacements.walk(normalizer)?;
    check_splitters(pre_tokenizer)?;
    if let Some(most) = model.longest_word.filter(|&most| most > LONGEST_WORD) {
        return Err(format!(
            "its max_input_chars_per_word is {most}, and yuyi takes {LONGEST_WORD} at most, since long words take time by the square of their length"
        ));
    }
    match &model.prefix {
        Some(prefix) if prefix.len() > LONGEST_PREFIX => Err(format!(
            "its continuing_subword_prefix has {} bytes, and yuyi takes {LONGEST_PREFIX} at most",
            prefix.len()
        )),
        _ => Ok(()),
    }
}

/// What the steps of a normaliser that replace do together.
struct Replacements {
    steps: usize,
    growth: usize,
}

impl Default for Replacements {
    fn default() -> Self {
        Self {
            steps: 0,
            growth: 1,
        }
    }
}

impl Replacements {
    /// Steps are known by their fields: the library also takes those without a type.
    fn walk(&mut self, normalizer: &Value) -> Result<(), String> {
        let Value::Object(fields) = normalizer else {
            return Ok(());
        };
        for step in fields
            .get("normalizers")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.walk(step)?;
        }
        if let (Some(pattern), Some(content)) = (fields.get("pattern"), text(fields, "content")) {
            self.add("Replace", growth(pattern, content)?)?;
        }
        match text(fields, "prepend") {
            Some(prefix) => self.add("Prepend", prefix.len()),
            None => Ok(()),
        }
    }

    fn add(&mut self, step: &str, growth: usize) -> Result<(), String> {
        self.steps += 1;
        self.growth = self.growth.saturating_mul(growth.max(1));
        if self.growth > MOST_GROWTH {
            return Err(format!(
                "its normaliser ({step}) can make a text {} times as long, and yuyi takes {MOST_GROWTH} at most",
                self.growth
            ));
        }
        if self.steps > MOST_REPLACEMENTS {
            return Err(format!(
                "its normaliser has more than {MOST_REPLACEMENTS} replacements"
            ));
        }
        Ok(())
    }
}

fn text<'a>(fields: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// How many times as long a text can become where a pattern is replaced.
fn growth(pattern: &Value, content: &str) -> Result<usize, String> {
    let shortest = match (pattern["Regex"].as_str(), pattern["String"].as_str()) {
        (Some(regex), _) => {
            let compiled = compile("Replace", regex)?;
            usize::from(!compiled.is_match(""))
        }
        (_, Some(exact)) => exact.len(),
        _ => 0,
    };
    Ok(match shortest {
        // Between any two characters, and in front and behind.
        0 => content.len() + 1,
        shortest => content.len().div_ceil(shortest),
    })
}

fn check_splitters(pre_tokenizer: &Value) -> Result<(), String> {
    match pre_tokenizer {
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            match (key.as_str(), value["Regex"].as_str()) {
                ("pattern", Some(regex)) => {
                    // What most tokenizers on bytes have: blanks but for the one in front of a word. A walk back of one character
                    // finds it.
                    compile("Split", &regex.replace(r"\s+(?!\S)", r"\s+")).map(drop)
                }
                _ => check_splitters(value),
            }
        }),
        Value::Array(items) => items.iter().try_for_each(check_splitters),
        _ => Ok(()),
    }
}

/// A pattern that one walk over a text finds: without look-around and references back, and not too large.
fn compile(step: &str, pattern: &str) -> Result<regex::Regex, String> {
    let compiled = RegexBuilder::new(pattern)
        .size_limit(LARGEST_PATTERN)
        .build();
    compiled.map_err(|_| {
        let shown: String = pattern.chars().take(60).collect();
        format!(
            "the pattern of its {step}, {shown:?}, is one that can take very long on some texts (look-around, references, or large \
             repetitions), which yuyi does not run"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(normalizer: Value, pre_tokenizer: Value, model: Value) -> Result<(), String> {
        let model = serde_json::from_value(model).unwrap();
        check(&normalizer, &pre_tokenizer, &model)
    }

    fn normalizer(value: Value) -> Result<(), String> {
        checked(value, Value::Null, json!({}))
    }

    fn replace(pattern: Value, content: &str) -> Value {
        json!({"type": "Replace", "pattern": pattern, "content": content})
    }

    #[test]
    fn what_published_tokenizers_do_is_taken() {
        for step in [
            Value::Null,
            json!({"type": "BertNormalizer", "clean_text": true}),
            replace(json!({"String": " "}), "▁"),
            replace(json!({"Regex": " {2,}"}), "▁"),
            replace(json!({"Regex": "\\s+"}), " "),
            replace(json!({"Regex": "[\\p{M}]"}), ""),
            json!({"type": "Sequence", "normalizers": [
                replace(json!({"String": "``"}), "\""), replace(json!({"String": "''"}), "\""), {"type": "NFKD"},
                {"type": "Prepend", "prepend": "▁"}, replace(json!({"String": " "}), "▁"),
            ]}),
        ] {
            assert_eq!(normalizer(step.clone()), Ok(()), "{step}");
        }
        let gpt = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
        let split = json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": gpt}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "use_regex": false},
        ]});
        let model = json!({"max_input_chars_per_word": 100, "continuing_subword_prefix": "##", "vocab": {}});
        assert_eq!(checked(Value::Null, split, model), Ok(()));
    }

    #[test]
    fn texts_do_not_become_many_times_as_long() {
        let long = "x".repeat(65);
        let doubled: Vec<Value> = (0..7)
            .map(|_| replace(json!({"String": "a"}), "aa"))
            .collect();
        for step in [
            replace(json!({"String": "a"}), &long),
            replace(json!({"String": ""}), &long),
            replace(json!({"Regex": "a*"}), &long),
            json!({"pattern": {"String": "a"}, "content": long}),
            json!({"type": "Prepend", "prepend": long}),
            json!({"type": "Sequence", "normalizers": doubled}),
            json!({"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": doubled}]}),
        ] {
            let error = normalizer(step.clone()).unwrap_err();
            assert!(
                error.contains("times as long, and yuyi takes 64"),
                "{step}: {error}"
            );
        }
        assert_eq!(normalizer(replace(json!({"String": "ab"}), &long)), Ok(()));
        let many: Vec<Value> = (0..65)
            .map(|_| replace(json!({"String": "a"}), "b"))
            .collect();
        let error = normalizer(json!({"normalizers": many})).unwrap_err();
        assert!(error.contains("more than 64 replacements"), "{error}");
    }

    #[test]
    fn patterns_are_found_in_one_walk() {
        for pattern in [
            r"(a+)\1+b",
            r"(?=(x+x+)+y)z",
            r"(?<!a)b",
            r"(?:\w{0,500}){0,500}",
            "(",
        ] {
            let error = normalizer(replace(json!({"Regex": pattern}), "")).unwrap_err();
            assert!(error.starts_with("the pattern of its Replace"), "{error}");
            let split = json!({"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": false});
            let error = checked(Value::Null, split, json!({})).unwrap_err();
            assert!(error.starts_with("the pattern of its Split"), "{error}");
        }
    }

    #[test]
    fn words_have_a_length() {
        let error = checked(
            Value::Null,
            Value::Null,
            json!({"max_input_chars_per_word": 1_000_000}),
        );
        assert!(
            error
                .unwrap_err()
                .contains("max_input_chars_per_word is 1000000")
        );
        let prefix = json!({"continuing_subword_prefix": "#".repeat(1000)});
        let error = checked(Value::Null, Value::Null, prefix).unwrap_err();
        assert!(
            error.contains("continuing_subword_prefix has 1000 bytes"),
            "{error}"
        );
    }
}
