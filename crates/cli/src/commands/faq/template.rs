//! `yuyi faq template`.

use std::io::Write;

use anyhow::bail;
use yuyi_files::faq_template;

use crate::args::FaqTemplateArgs;
use crate::input::Format;
use crate::misuse::Misuse;
use crate::output::partial::PartialFile;
use crate::terminal::{self, remark};

/// Writes the workbook that people fill in.
pub fn run(args: &FaqTemplateArgs) -> anyhow::Result<()> {
    let path = &args.output;
    let book = faq_template()?;
    if path.as_os_str() == "-" {
        return Ok(terminal::shared_stdout().write_all(&book)?);
    }
    let extension = path.extension().unwrap_or_default();
    if Format::of(path) != Some(Format::Xlsx) || !extension.eq_ignore_ascii_case("xlsx") {
        let shown = path.display();
        bail!(Misuse(format!(
            "{shown}: the template is a workbook; name it .xlsx."
        )));
    }
    if path.exists() {
        let shown = path.display();
        bail!(Misuse(format!(
            "{shown} is there already, and may be filled in. Name another file with -o."
        )));
    }
    let mut file = PartialFile::create(path.clone())?;
    file.write(&book)?;
    file.finish()?;
    let shown = path.display();
    remark!("{shown} is written. Fill it in and import it: yuyi collection import NAME {shown}");
    Ok(())
}
