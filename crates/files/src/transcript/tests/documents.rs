//! Documents of word processors: paragraphs and tables, and that what is not left out stays as it was.

use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::*;

/// A part that is there beside the text, as pictures are.
const PICTURE: &[u8] = b"\x89PNG not really";

/// A document with this between its tags.
pub(super) fn of_xml(body: &str) -> Vec<u8> {
    let xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}<w:sectPr><w:pgSz w:w="11906"/></w:sectPr></w:body></w:document>"#
    );
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", b"<Types/>".as_slice()),
        ("word/document.xml", xml.as_bytes()),
        ("word/media/image1.png", PICTURE),
    ] {
        archive
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// Paragraphs, one a line; ⏎ is a line that was broken by hand.
fn paragraphs(lines: &str) -> String {
    let paragraph = |line: &str| {
        let runs = line.split('⏎').map(escaped).collect::<Vec<_>>();
        format!(
            r#"<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>{}</w:t></w:r></w:p>"#,
            runs.join("</w:t><w:br/><w:t>")
        )
    };
    lines.lines().map(paragraph).collect()
}

/// A table of a row a line, with | between cells.
fn table(rows: &str) -> String {
    let row = |row: &str| {
        let cells = row.split('|');
        let cells = cells.map(|cell| format!("<w:tc>{}</w:tc>", cell_of(cell)));
        format!("<w:tr>{}</w:tr>", cells.collect::<String>())
    };
    let rows: String = rows.lines().map(row).collect();
    format!("<w:tbl><w:tblPr/>{rows}</w:tbl>")
}

/// Properties of a cell and its paragraphs: `^` is one with the cell above, `v` begins one, `2` takes two columns.
fn cell_of(cell: &str) -> String {
    let (marks, text) = cell.split_once('~').unwrap_or(("", cell));
    let property = |mark| match mark {
        '^' => "<w:vMerge/>",
        'v' => r#"<w:vMerge w:val="restart"/>"#,
        '2' => r#"<w:gridSpan w:val="2"/>"#,
        other => panic!("{other}"),
    };
    let properties: String = marks.chars().map(property).collect();
    let text = if text.is_empty() {
        "<w:p/>".to_owned()
    } else {
        paragraphs(&text.replace('¶', "\n"))
    };
    format!("<w:tcPr>{properties}</w:tcPr>{text}")
}

pub(super) fn of_paragraphs(text: &str) -> Vec<u8> {
    of_xml(&paragraphs(text))
}

fn document(body: &str) -> Transcript {
    Transcript::sent("f.docx", of_xml(body), &Remarks::unheard()).unwrap()
}

fn xml_of(packed: &[u8]) -> String {
    let mut archive = ZipArchive::new(Cursor::new(packed)).unwrap();
    let mut picture = Vec::new();
    let mut file = archive.by_name("word/media/image1.png").unwrap();
    file.read_to_end(&mut picture).unwrap();
    assert_eq!(picture, PICTURE);
    drop(file);
    let mut xml = String::new();
    let mut file = archive.by_name("word/document.xml").unwrap();
    file.read_to_string(&mut xml).unwrap();
    xml
}

/// What is written of these turns, with a note behind the first.
fn written(minutes: &Transcript, kept: &[usize]) -> Vec<u8> {
    let mut entries: Vec<Entry> = kept
        .iter()
        .map(|&turn| Entry {
            turn,
            ..Entry::default()
        })
        .collect();
    entries[0].note = Some("〔附议第 2 条〕".to_owned());
    minutes.written(&entries, TranscriptFormat::Own).unwrap()
}

fn again(packed: Vec<u8>) -> Transcript {
    Transcript::sent("f.docx", packed, &Remarks::unheard()).unwrap()
}

#[test]
fn paragraphs_are_lines() {
    let minutes = Transcript::sent("f", of_paragraphs(MINUTES), &Remarks::unheard()).unwrap();
    assert!(minutes.is_document);
    assert_eq!(minutes.turns, read(MINUTES).turns);
    let signs = document(&paragraphs("a < b & \"c\" > d"));
    assert_eq!(&*signs.turns[0].text, "a < b & \"c\" > d");
}

#[test]
fn what_is_not_left_out_stays_as_it_was() {
    let text = "周会\n张三 00:00:01\n大家好\n\n李四 00:00:05\n下周三上线\n预算 < 2 万\n\n王五 00:00:09\n好的";
    let minutes = document(&paragraphs(text));
    let packed = written(&minutes, &[0, 2]);
    let xml = xml_of(&packed);
    let expected = paragraphs("周会\n张三 00:00:01\n大家好 〔附议第 2 条〕\n\n王五 00:00:09\n好的");
    assert!(xml.contains(&expected), "{xml}");
    assert!(xml.contains("<w:sectPr>"), "{xml}");
    let read = again(packed.clone());
    assert_eq!(
        turns(&read),
        [
            (Some("张三"), Some("00:00:01"), "大家好"),
            (Some("王五"), Some("00:00:09"), "好的")
        ]
    );
    assert_eq!(read.turns[0].notes.len(), 1);
    // Notes are put in the place of those that are there.
    assert_eq!(xml_of(&written(&read, &[0, 1])), xml);
    let bare: Vec<Entry> = all(&read);
    let bare = read.written(&bare, TranscriptFormat::Own).unwrap();
    assert!(!xml_of(&bare).contains('〔'));
}

#[test]
fn lines_that_were_broken_by_hand_are_left_out_one_by_one() {
    // As Teams has them, name and words in one paragraph; and all turns in one.
    let minutes = document(&paragraphs("Ann Li   0:03⏎大家好\nBob Wu   0:07⏎开始吧\n"));
    assert_eq!(minutes.turns.len(), 2);
    let xml = xml_of(&written(&minutes, &[1]));
    assert!(
        xml.contains(&paragraphs("Bob Wu   0:07⏎开始吧 〔附议第 2 条〕")),
        "{xml}"
    );
    assert!(!xml.contains("Ann"), "{xml}");
    let minutes = document(&paragraphs("张三：大家好⏎李四：开始吧⏎张三：好的"));
    let xml = xml_of(&written(&minutes, &[0, 2]));
    assert!(!xml.contains("李四"), "{xml}");
    let read = again(written(&minutes, &[0, 2]));
    assert_eq!(
        turns(&read),
        [(Some("张三"), None, "大家好"), (Some("张三"), None, "好的")]
    );
}

#[test]
fn rows_of_tables_are_turns() {
    for rows in [
        "发言人|时间|发言内容\n张三|00:00:01|大家好\n李四|00:00:05|下周三上线¶预算还差两万\n王五|00:00:09|好的",
        "时间|姓名|内容\n00:00:01|张三|大家好\n00:00:05|李四|下周三上线¶预算还差两万\n00:00:09|王五|好的",
        "Speaker|Time|Transcript\n张三|00:00:01|大家好\n李四|00:00:05|下周三上线⏎预算还差两万\n王五|00:00:09|好的",
        // Without names of columns, with a name and a time in one cell, and below a heading.
        "张三|00:00:01|大家好\n李四|00:00:05|下周三上线¶预算还差两万\n王五|00:00:09|好的",
        "张三 00:00:01|大家好\n李四 00:00:05|下周三上线¶预算还差两万\n王五 00:00:09|好的",
        "序号|发言人|时间|内容|备注\n1|张三|00:00:01|大家好|\n2|李四|00:00:05|下周三上线¶预算还差两万|\n|||||\n3|王五|00:00:09|好的|",
    ] {
        let body = format!(
            "{}{}{}",
            paragraphs("产品周会\n2025年3月5日 10:00"),
            table(rows),
            paragraphs("记录人：张三")
        );
        let minutes = document(&body);
        let expected = [
            (Some("张三"), Some("00:00:01"), "大家好"),
            (Some("李四"), Some("00:00:05"), "下周三上线\n预算还差两万"),
            (Some("王五"), Some("00:00:09"), "好的"),
        ];
        assert_eq!(turns(&minutes), expected, "{rows}");
        let packed = written(&minutes, &[0, 2]);
        let xml = xml_of(&packed);
        assert!(
            xml.contains("记录人：张三") && !xml.contains("李四"),
            "{xml}"
        );
        let read = again(packed);
        assert_eq!(turns(&read), [expected[0], expected[2]], "{rows}");
        assert_eq!(read.turns[0].notes.len(), 1, "{rows}");
        assert_eq!(xml_of(&written(&read, &[0, 1])), xml);
    }
}

#[test]
fn cells_that_are_one_with_those_above_keep_their_speaker() {
    let rows = "发言人|内容\n2~议题一：预算\nv~张三|大家好\n^~|下周三上线\n^~|就这样\nv~李四|好的";
    let minutes = document(&table(rows));
    let expected = [
        (Some("张三"), None, "大家好"),
        (Some("张三"), None, "下周三上线"),
        (Some("张三"), None, "就这样"),
        (Some("李四"), None, "好的"),
    ];
    assert_eq!(turns(&minutes), expected);
    let read = again(written(&minutes, &[2, 3]));
    assert_eq!(turns(&read), expected[2..]);
    assert!(xml_of(&written(&minutes, &[2, 3])).contains("议题一"));
}

#[test]
fn minutes_in_the_form_of_a_template_are_read() {
    // What was said stands in one cell of a form.
    let form = "会议主题|产品周会|时间|10:00\n参会人|2~张三、李四\n会议内容|2~张三：大家好¶李四：下周三上线¶张三：好的";
    let minutes = document(&table(form));
    let expected = [
        (Some("张三"), None, "大家好"),
        (Some("李四"), None, "下周三上线"),
        (Some("张三"), None, "好的"),
    ];
    assert_eq!(turns(&minutes), expected);
    assert_eq!(
        turns(&again(written(&minutes, &[0, 2]))),
        [expected[0], expected[2]]
    );
    // A form, the turns, and a list of tasks below them.
    let tasks =
        "任务|负责人|截止日期\n搭测试环境|张三|下周三\n写文档|张三|下周五\n买咖啡|李四|明天";
    let body = table("会议主题|产品周会\n地点|三楼")
        + &paragraphs("张三：大家好\n李四：下周三上线\n张三：好的")
        + &table(tasks);
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = told.clone();
    let remarks = Remarks::to(move |remark| heard.lock().unwrap().push(remark.to_string()));
    let minutes = Transcript::sent("f.docx", of_xml(&body), &remarks).unwrap();
    assert_eq!(turns(&minutes), expected);
    assert_eq!(
        *told.lock().unwrap(),
        ["f.docx: 1 table is no list of remarks and is not read; it stays in the document."]
    );
    assert!(xml_of(&written(&minutes, &[0, 1])).contains("买咖啡"));
    let error = Transcript::sent("f.docx", of_xml(&table(tasks)), &Remarks::unheard()).unwrap_err();
    assert!(
        format!("{error:#}").contains("nothing in its tables says"),
        "{error:#}"
    );
}

#[test]
fn frames_and_what_was_moved_are_read_once() {
    let frame = |text: &str| format!("<w:txbxContent>{}</w:txbxContent>", paragraphs(text));
    let body = format!(
        "<w:p><w:r><mc:AlternateContent><mc:Choice>{0}</mc:Choice><mc:Fallback>{0}</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>张三：大家好</w:t></w:r></w:p>\
         <w:p><w:moveFrom><w:r><w:t>李四：走了</w:t></w:r></w:moveFrom><w:del><w:r><w:delText>删了</w:delText></w:r></w:del></w:p>{1}",
        frame("王五：在框里"),
        paragraphs("李四：开始吧")
    );
    let minutes = document(&body);
    let said: Vec<&str> = minutes.turns.iter().map(|turn| &*turn.text).collect();
    assert_eq!(said, ["在框里", "大家好", "开始吧"]);
    let xml = xml_of(&written(&minutes, &[2]));
    assert!(
        xml.contains("开始吧 〔附议第 2 条〕") && !xml.contains("大家好"),
        "{xml}"
    );
}

proptest! {
    /// Whatever is left out, the rest is read as it was, and the XML stays well-formed.
    #[test]
    fn any_part_of_a_document_can_be_left_out(
        said in prop::collection::vec("[上线<&吧a]{1,6}", 2..9),
        kind in 0usize..4,
        kept in prop::collection::vec(any::<bool>(), 9),
    ) {
        let line = |(i, said): (usize, &String)| match kind {
            0 => format!("张三 00:00:0{i}\n{said}"),
            1 => format!("李四 0:0{i}⏎{said}"),
            2 => format!("王五|00:00:0{i}|{said}上线了"),
            _ => format!("v~王五|{said}上线了"),
        };
        let lines: Vec<String> = said.iter().enumerate().map(line).collect();
        let lines = lines.join("\n");
        let body = if kind < 2 { paragraphs(&lines) } else { table(&lines.replace("\nv~王五", "\n^~")) };
        let minutes = document(&body);
        prop_assert_eq!(minutes.turns.len(), said.len());
        let mut left: Vec<usize> = (0..said.len()).filter(|i| kept[*i]).collect();
        if left.len() < 2 {
            left = vec![0, 1];
        }
        let read = again(written(&minutes, &left));
        let all = turns(&minutes);
        let expected: Vec<_> = left.iter().map(|&i| all[i]).collect();
        prop_assert_eq!(turns(&read), expected);
    }
}
