//! Reports: one HTML file each, with its style and its plots in it. It loads nothing, so it can be sent and opened anywhere.

pub mod blocks;
pub mod chart;
mod date;
mod element;
pub mod numbers;
mod style;

pub use self::date::today;
pub use self::element::Element;
pub use crate::language::Language;
use crate::output::partial::PartialFile;
use crate::terminal::remark;

/// A report that is being written.
pub struct Report {
    language: Language,
    title: String,
    body: Vec<Element>,
}

impl Report {
    /// Begins a report; `about` are the lines under its title, such as the model and the data.
    pub fn new(language: Language, title: &str, about: &[String]) -> Self {
        let lines = about.iter().map(|line| Element::new("p").text(line));
        let header = Element::new("header")
            .child(Element::new("h1").text(title))
            .children(lines);
        Self {
            language,
            title: title.to_owned(),
            body: vec![header],
        }
    }

    /// A section under a heading.
    pub fn section(&mut self, heading: &str, blocks: impl IntoIterator<Item = Element>) {
        let heading = Element::new("h2").text(heading);
        self.body
            .push(Element::new("section").child(heading).children(blocks));
    }

    /// A block that stands by itself, under the title.
    pub fn block(&mut self, block: Element) {
        self.body.push(block);
    }

    /// Writes the document to a file and says where it is.
    pub fn write(self, mut file: PartialFile) -> anyhow::Result<()> {
        let path = file.path().display().to_string();
        file.write(self.finish().as_bytes())?;
        file.finish()?;
        remark!("report: {path}");
        Ok(())
    }

    pub fn finish(self) -> String {
        let made = format!("yuyi {}", env!("CARGO_PKG_VERSION"));
        let main = Element::new("main")
            .children(self.body)
            .child(Element::new("footer").text(&made));
        let title = Element::new("title").text(&self.title);
        format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
             <link rel=\"icon\" href=\"data:,\">\n{title}\n<style>\n{}</style>\n</head>\n<body>\n{main}\n</body>\n</html>\n",
            self.language.tag(),
            style::CSS,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_text() {
        let evil = "</title><script>alert(1)</script>\"'&";
        let mut report = Report::new(Language::En, evil, &[evil.to_owned()]);
        report.section(evil, [blocks::paragraph(evil)]);
        let text = report.finish();
        assert!(!text.contains("<script"), "{text}");
        let escaped = "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;";
        assert_eq!(text.matches(escaped).count(), 5);
    }

    #[test]
    fn nothing_is_loaded() {
        let text = Report::new(Language::Zh, "报告", &[]).finish();
        assert!(text.contains("<html lang=\"zh-CN\">"));
        for loader in ["http:", "https:", "src=", "url(", "@import"] {
            assert!(!text.contains(loader), "{loader}");
        }
    }
}
