//! Collections from files that people have, and as such.

use std::io::{Cursor, Write};
use std::path::Path;

use serde_json::{Value, json};
use yuyi_server::Limits;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{Fake, Server, options, read, source, with_faq};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn make(server: &Server, name: &str) {
    let made = server
        .send("POST", "/v1/collections", &json!({"name": name}))
        .await;
    assert_eq!(made.0, 201);
}

/// Sends a file to `/v1/collections/…`.
async fn import(server: &Server, to: &str, kind: &str, file: impl Into<Vec<u8>>) -> (u16, Value) {
    let request = server.request("POST", &format!("/v1/collections/{to}"));
    let request = request.header("content-type", kind).body(file.into());
    read(request.send().await.unwrap()).await
}

async fn count(server: &Server) -> Value {
    server.get("/v1/collections/faq").await.1["count"].clone()
}

fn message(reply: &Value) -> &str {
    reply["error"]["message"].as_str().unwrap()
}

/// A file as a program saved it.
fn fixture(name: &str) -> Vec<u8> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../files/tests/data");
    std::fs::read(data.join(name)).unwrap()
}

/// A form with these files.
fn form(files: &[(&str, &[u8])]) -> (&'static str, Vec<u8>) {
    let mut body = Vec::new();
    for (name, content) in files {
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    ("multipart/form-data; boundary=x", body)
}

#[tokio::test]
async fn a_workbook_is_imported() {
    let (_folder, server) = with_faq().await;
    let book = yuyi_files::faq_template().unwrap();
    let (status, done) = import(&server, "faq/import", XLSX, book).await;
    assert_eq!(
        (status, &done["imported"], &done["refused"]),
        (200, &json!(2), &json!(0)),
        "{done}"
    );
    let notes = done["notes"].as_array().unwrap();
    let told = json!("file is read from its sheet \"FAQ\"; 1 more sheet is not read.");
    assert!(notes.contains(&told), "{notes:?}");
    let (_, item) = server.get("/v1/collections/faq/items/faq-1").await;
    assert_eq!(
        (&item["text"], &item["category"]),
        (&json!("怎么退货？"), &json!("售后")),
        "{item}"
    );
}

#[tokio::test]
async fn tables_are_imported_in_any_encoding() {
    let (_folder, server) = with_faq().await;
    for (name, encoding) in [
        ("utf8", None),
        ("gb18030", Some("GB18030")),
        ("utf16", Some("UTF-16LE")),
    ] {
        let file = fixture(&format!("libreoffice-{name}.csv"));
        let (status, done) = import(&server, "faq/import", "text/csv", file).await;
        assert_eq!(
            (status, &done["imported"]),
            (200, &json!(3)),
            "{name}: {done}"
        );
        let notes = done["notes"].to_string();
        let is_told =
            encoding.is_none_or(|encoding| notes.contains(&format!("file is read as {encoding}.")));
        assert!(is_told, "{notes}");
        assert_eq!(count(&server).await, 3);
    }
    let (status, done) = import(
        &server,
        "faq/import?no_header=true&columns=2,1",
        "text/tsv",
        "七天\t怎么退货\n",
    )
    .await;
    assert_eq!((status, &done["imported"]), (200, &json!(1)), "{done}");
}

#[tokio::test]
async fn a_form_may_have_several_files() {
    let (_folder, server) = with_faq().await;
    let csv = "标准问,答案\n怎么换货？,七天内\n".as_bytes();
    let (kind, body) = form(&[
        ("知识库.xlsx", &fixture("libreoffice.xlsx")),
        ("b.csv", csv),
        ("c.jsonl", b"{\"text\": \"x\"}\n{\"text\": \"y\"}\n"),
    ]);
    let (status, done) = import(&server, "faq/import", kind, body).await;
    assert_eq!((status, &done["imported"]), (200, &json!(6)), "{done}");
    let notes = done["notes"].to_string();
    assert!(
        notes.contains("知识库.xlsx is read from its sheet"),
        "{notes}"
    );
    let (kind, body) = form(&[("x.docx", b"x")]);
    assert_eq!(import(&server, "faq/import", kind, body).await.0, 415);
    for broken in [
        &b""[..],
        b"--x\r\n",
        b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n",
        b"--x--\r\n",
    ] {
        let (status, reply) = import(&server, "faq/import", kind, broken).await;
        assert_eq!(status, 422, "{reply}");
    }
}

#[tokio::test]
async fn files_without_rows_and_lines_that_are_no_objects_are_told() {
    let (_folder, server) = with_faq().await;
    for empty in ["", "标准问,答案\n"] {
        let (kind, body) = form(&[("a.csv", empty.as_bytes())]);
        let (status, done) = import(&server, "faq/import", kind, body).await;
        assert_eq!((status, &done["imported"]), (200, &json!(0)), "{done}");
        let told = "a.csv has no rows, so nothing of it was imported.";
        assert!(done["notes"].to_string().contains(told), "{done}");
    }
    let lines = "{\"text\": \"怎么换货\", \"answer\": \"可以\"}\n3\n".as_bytes();
    let (kind, body) = form(&[("a.jsonl", lines)]);
    let (status, reply) = import(&server, "faq/import", kind, body).await;
    assert_eq!(status, 422, "{reply}");
    let told = "a.jsonl:2: It is not a JSON object. Rows that would be refused: 1.";
    assert!(message(&reply).starts_with(told), "{reply}");
}

#[tokio::test]
async fn nothing_is_imported_by_halves() {
    let (_folder, server) = with_faq().await;
    let good = "标准问,答案,失效时间\n怎么换货？,七天内,\n".as_bytes();
    let bad = "标准问,答案,失效时间\n怎么退货？,七天内,2024-01-01\n怎么开票？,可以,明天\n怎么发货？,#N/A,\n".as_bytes();
    let (kind, body) = form(&[("a.csv", good), ("b.csv", bad)]);
    let (status, reply) = import(&server, "faq/import", kind, body.clone()).await;
    assert_eq!(status, 422, "{reply}");
    let told = "b.csv:3: column C (失效时间): \"明天\" is no time. Write it as 2024-03-05T10:30:00Z. Rows that would be refused: 2. Nothing was imported; with ?skip_bad=true they are passed over.";
    assert_eq!(message(&reply), told);
    assert_eq!(count(&server).await, 0);
    let (status, done) = import(&server, "faq/import?skip_bad=true", kind, body).await;
    assert_eq!(
        (status, &done["imported"], &done["refused"]),
        (200, &json!(2), &json!(2)),
        "{done}"
    );
    let error = &done["errors"][1];
    assert_eq!(
        (&error["file"], &error["line"]),
        (&json!("b.csv"), &json!(4))
    );
    let (_, reply) = import(&server, "faq/import", XLSX, fixture("error.xlsx")).await;
    let told =
        "file, sheet \"Sheet\", row 3: column B (答案): #N/A stands for a value that is not there.";
    assert!(message(&reply).starts_with(told), "{reply}");
}

#[tokio::test]
async fn what_is_no_file_is_told() {
    let (_folder, server) = with_faq().await;
    for (kind, file, told) in [
        (
            XLSX,
            fixture("password.xlsx"),
            "file has a password. Save it without one.",
        ),
        (
            "application/vnd.ms-excel",
            fixture("libreoffice.xls"),
            "file is a workbook as Excel wrote them before 2007 (.xls).",
        ),
        (
            XLSX,
            b"PK\x03\x04".to_vec(),
            "file cannot be read as a workbook: it is none",
        ),
        (
            "text/csv",
            b"%PDF-1.4".to_vec(),
            "file is a PDF, and no table or text.",
        ),
        (
            "text/csv",
            "标准问,答案,答案\nx,y,z\n".into(),
            "file cannot be read: line 1 names the column 答案 twice",
        ),
    ] {
        let (status, reply) = import(&server, "faq/import", kind, file).await;
        assert_eq!(status, 422, "{reply}");
        assert!(message(&reply).starts_with(told), "{reply}");
        assert!(
            !message(&reply).contains("--"),
            "flags are of the command line: {reply}"
        );
    }
    for query in ["?colums=1", "?skip_bad=yes", "?columns=1,2,3,4,5"] {
        let (status, reply) = import(
            &server,
            &format!("faq/import{query}"),
            "text/csv",
            "text\nx\n",
        )
        .await;
        assert_eq!(status, 422, "{query}: {reply}");
    }
    let (status, _) = import(
        &server,
        "faq/import?skip_bad=true",
        "application/x-ndjson",
        "{}",
    )
    .await;
    assert_eq!(status, 422, "lines of JSON are read as they are");
    assert_eq!(
        import(&server, "none/import", "text/csv", "text\nx\n")
            .await
            .0,
        404
    );
    assert_eq!(count(&server).await, 0);
}

/// A workbook of some kilobytes whose texts are a gigabyte.
fn bomb() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().large_file(true);
    archive.start_file("xl/sharedStrings.xml", options).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..128 {
        archive.write_all(&block).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn what_a_workbook_unpacks_to_is_of_the_memory_of_requests() {
    let folder = tempfile::tempdir().unwrap();
    let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
    let limits = Limits {
        request_memory: 32 << 20,
        ..Limits::default()
    };
    let server = Server::keeping_of(folder.path(), models, limits, options()).await;
    make(&server, "faq").await;
    let bomb = bomb();
    assert!(bomb.len() < 1 << 20);
    for _ in 0..3 {
        let (status, reply) = import(&server, "faq/import", XLSX, bomb.clone()).await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (413, &json!("body_too_large")),
            "{reply}"
        );
    }
    let book = yuyi_files::faq_template().unwrap();
    assert_eq!(import(&server, "faq/import", XLSX, book).await.0, 200);
}

/// So many remarks a request has not, and they are counted while they are read.
#[tokio::test]
async fn what_minutes_become_is_of_the_memory_of_requests() {
    let limits = Limits {
        request_memory: 32 << 20,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let send = async |kind: &str, body: String| {
        let request = server.request("POST", "/v1/dedup");
        let request = request.header("content-type", kind).body(body);
        read(request.send().await.unwrap()).await
    };
    let object = "{\"text\":\"x\"},";
    for (kind, body) in [
        ("text/plain", "x\n".repeat(500_000)),
        ("text/plain", "\n".repeat(1_000_000)),
        (
            "application/x-ndjson",
            format!("[{}{{}}]", object.repeat(100_000)),
        ),
        (
            "application/x-ndjson",
            object.replace(',', "\n").repeat(100_000),
        ),
    ] {
        let (status, reply) = send(kind, body).await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (413, &json!("body_too_large")),
            "{kind}: {reply}"
        );
    }
    let (status, reply) = send("text/plain", "甲：x一\n乙：y二\n".into()).await;
    assert_eq!(status, 200, "{reply}");
}

#[tokio::test]
async fn exports_are_imported_as_they_were() {
    let (_folder, server) = with_faq().await;
    let items: Vec<Value> = (0..300)
        .map(|i| {
            json!({
                "id": format!("{i:03}"), "text": format!("x问题{i}"), "wordings": [format!("a|b；{i}"), "多行\n\"引号\",逗号"], "answer": "七天\n内, \"退\"",
                "payload": {"n": i, "code": "007", "list": [1, {"a": null}]}, "category": "售后", "enabled": i % 2 == 0,
            })
        })
        .collect();
    let lines: Vec<String> = items.iter().map(Value::to_string).collect();
    let (status, done) = import(
        &server,
        "faq/import",
        "application/x-ndjson",
        lines.join("\n"),
    )
    .await;
    assert_eq!((status, &done["imported"]), (200, &json!(300)), "{done}");
    let export = async |path: &str| {
        let path = format!("/v1/collections/{path}");
        let response = server.request("GET", &path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        (kind, response.bytes().await.unwrap().to_vec())
    };
    let (_, lines) = export("faq/export").await;
    assert_eq!(export("faq/export?format=jsonl").await.1, lines);
    for format in ["xlsx", "csv"] {
        make(&server, format).await;
        let (kind, file) = export(&format!("faq/export?format={format}")).await;
        let (status, done) = import(&server, &format!("{format}/import"), &kind, file).await;
        assert_eq!((status, &done["imported"]), (200, &json!(300)), "{done}");
        assert_eq!(
            export(&format!("{format}/export")).await.1,
            lines,
            "{format}"
        );
    }
    let (status, reply) = server.get("/v1/collections/faq/export?format=tsv").await;
    assert_eq!(status, 422, "{reply}");
    assert!(
        message(&reply).contains("for which TSV has no place"),
        "{reply}"
    );
    assert_eq!(
        server.get("/v1/collections/faq/export?format=pdf").await.0,
        422
    );
    assert_eq!(
        server.get("/v1/collections/none/export?format=csv").await.0,
        404
    );
}

#[tokio::test]
async fn pages_of_others_send_no_forms() {
    let (_folder, server) = with_faq().await;
    let (kind, body) = form(&[("a.csv", "标准问,答案\n怎么退货？,七天内\n".as_bytes())]);
    let send = async |headers: &[(&str, &str)]| {
        let mut request = server.request("POST", "/v1/collections/faq/import");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", kind).body(body.clone());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(send(&[("origin", "http://127.0.0.1:1")]).await, 403);
    assert_eq!(count(&server).await, 0);
    assert_eq!(
        send(&[
            ("origin", "http://127.0.0.1:1"),
            ("x-requested-with", "yuyi")
        ])
        .await,
        200
    );
}

#[tokio::test]
async fn texts_are_what_they_hold() {
    let (_folder, server) = with_faq().await;
    let table = "# 售后\n\n| 标准问 | 答案 |\n|---|---|\n| 怎么退货？ | 七天内 |\n| 怎么换货？ | 也可以 |\n";
    let excel = "标准问\t答案\r\n怎么退款？\t\"三天内，\n原路退回\"\r\n";
    let excel: Vec<u8> = std::iter::once(0xfeffu16)
        .chain(excel.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (kind, file, imported) in [
        ("text/markdown; charset=utf-8", table.into(), 2),
        ("text/x-markdown", table.into(), 2),
        ("text/plain", table.into(), 2),
        // As Excel saves it as "Unicode text".
        ("text/plain", excel, 1),
        ("text/plain", "多久发货？\n包邮吗？\n".into(), 2),
        (
            "text/plain; charset=utf-8",
            "{\"text\": \"能开票吗？\"}\n".into(),
            1,
        ),
        ("text/plain", "[{\"text\": \"能自提吗？\"}]".into(), 1),
    ] {
        let (status, done) = import(&server, "faq/import", kind, file).await;
        let expected = json!(imported);
        assert_eq!(
            (status, &done["imported"]),
            (200, &expected),
            "{kind}: {done}"
        );
    }
    assert_eq!(count(&server).await, json!(7));
    let (_, page) = server.get("/v1/collections/faq/items?limit=100").await;
    let items = page["items"].as_array().unwrap();
    let answer = |text: &str| {
        let item = items.iter().find(|item| item["text"] == text).unwrap();
        item["answer"].clone()
    };
    assert_eq!(answer("怎么退款？"), "三天内，\n原路退回");
    assert_eq!(answer("怎么退货？"), "七天内");
    // Markdown without a table is no list of texts.
    let prose = "# 售后\n\n七天内可以退货。\n";
    let (status, reply) = import(&server, "faq/import", "text/markdown", prose).await;
    assert_eq!(status, 422, "{reply}");
    let told = "file.md cannot be read: it has no table of Markdown";
    assert!(message(&reply).starts_with(told), "{reply}");
    let (kind, body) = form(&[
        ("问题.txt", "能寄到国外吗？\n".as_bytes()),
        ("表.md", table.as_bytes()),
    ]);
    let (status, done) = import(&server, "faq/import", kind, body).await;
    assert_eq!((status, &done["imported"]), (200, &json!(3)), "{done}");
}

#[tokio::test]
async fn pages_of_others_send_no_plain_texts() {
    let (_folder, server) = with_faq().await;
    let send = async |headers: &[(&str, &str)]| {
        let mut request = server.request("POST", "/v1/collections/faq/import");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("content-type", "text/plain").body("x");
        request.send().await.unwrap().status().as_u16()
    };
    let origin = ("origin", "http://127.0.0.1:1");
    assert_eq!(send(&[origin]).await, 403);
    assert_eq!(count(&server).await, json!(0));
    assert_eq!(send(&[origin, ("x-requested-with", "yuyi")]).await, 200);
}

#[tokio::test]
async fn related_questions_become_ids() {
    let (_folder, server) = with_faq().await;
    let (status, _) =
        crate::support::write(&server, json!([{"id": "老条目编号一", "text": "x"}])).await;
    assert_eq!(status, 200);
    let file = "编号,标准问,相似问,答案,关联问题\n1,怎么退货？,能退吗,七天,能开发票吗；老条目编号一\n2,能开发票吗？,,可以,1、能退吗？\n";
    let (status, reply) = import(&server, "faq/import", "text/csv", file).await;
    assert_eq!(status, 200, "{reply}");
    let related = |id: &str| {
        let (server, path) = (&server, format!("/v1/collections/faq/items/{id}"));
        async move { server.get(&path).await.1["related"].clone() }
    };
    assert_eq!(related("1").await, json!(["2", "老条目编号一"]));
    assert_eq!(related("2").await, json!(["1", "1"]));

    let file = "编号,标准问,答案,关联问题\n3,多久发货？,两天,怎么换货的呢\n4,能自提吗？,能,3\n";
    let (status, reply) = import(&server, "faq/import", "text/csv", file).await;
    assert_eq!(status, 422, "{reply}");
    assert!(
        message(&reply).starts_with("file:2: related names \"怎么换货的呢\""),
        "{reply}"
    );
    assert_eq!(count(&server).await, 3);
    let (status, reply) = import(&server, "faq/import?skip_bad=true", "text/csv", file).await;
    assert_eq!(
        (status, &reply["imported"], &reply["errors"][0]["line"]),
        (200, &json!(1), &json!(2)),
        "{reply}"
    );
    // As exports write them, ids are what they are.
    let file = "id,text,answer,related\n5,问五,答,怎么换货的呢\n";
    let (status, _) = import(&server, "faq/import", "text/csv", file).await;
    assert_eq!((status, related("5").await), (200, json!(["怎么换货的呢"])));
}
