//! Token ids for `scripts/check_tokens`: each line of standard input is a text as a JSON
//! string, each line of output its ids: special tokens included, no prompt, cut at the
//! model's length. The folder needs no weights.
//!
//!     token_ids FOLDER < texts.jsonl > ids.txt

use std::error::Error;
use std::io::{BufRead, BufWriter, Write};

use yuyi_encoder::{Folder, LongText, ModelSpec, Pooling, SpecDefaults, TextTokenizer};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: token_ids FOLDER")?;
    let folder = Folder::open(path)?;
    // Tokens do not depend on the pooling, which a folder with a vocabulary alone does not tell.
    let defaults = SpecDefaults {
        pooling: Some(Pooling::Cls),
        ..SpecDefaults::default()
    };
    let spec = ModelSpec::read(&folder, &defaults)?;
    let tokenizer = TextTokenizer::load(&folder, &spec)?;
    let mut output = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let ids = tokenizer.encode("", &text, LongText::CutEnd)?.ids;
        let shown: Vec<String> = ids.iter().map(u32::to_string).collect();
        writeln!(output, "{}", shown.join(" "))?;
    }
    Ok(output.flush()?)
}
