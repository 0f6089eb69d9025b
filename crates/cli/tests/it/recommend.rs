//! `yuyi recommend`: what to show next from files, which is what the server answers.

use std::fs;

use serde_json::{Value, json};

use crate::support::server::{Server, body};
use crate::support::yuyi;

const ITEMS: [(&str, &str, &str); 12] = [
    ("f1", "国足热身赛两球小胜", "2024-03-01"),
    ("f2", "主帅谈世预赛首发阵容", "2024-03-02"),
    ("f3", "女排联赛总决赛今晚打响", "2024-03-03"),
    ("f4", "马拉松报名人数创新高", "2024-03-04"),
    ("t1", "国产大模型降价九成", "2024-03-05"),
    ("t2", "新一代手机芯片发布", "2024-03-06"),
    ("t3", "自动驾驶出租车上路", "2024-03-07"),
    ("t4", "量子计算机研究取得进展", "2024-03-08"),
    ("c1", "家常红烧肉的做法", "2024-03-09"),
    ("c2", "清蒸鱼怎么去腥味", "2024-03-10"),
    ("c3", "三分钟学会番茄炒蛋", "2024-03-11"),
    ("c4", "春季养生汤食谱", "2024-03-12"),
];

const CLICKS: &str = "user,item,type,time,weight
球迷,f1,click,2024-03-10T08:00:00Z,
球迷,f2,like,2024-03-11T08:00:00Z,2
厨师,c1,read,2024-03-10T09:00:00Z,
厨师,t1,skip,2024-03-10T09:01:00Z,
两样,t2,click,2024-03-01T08:00:00Z,
两样,c2,click,2024-03-11T08:00:00Z,
两样,gone,click,2024-03-11T09:00:00Z,
只跳过,f1,skip,2999-01-01T00:00:00Z,
";

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rows = ITEMS.map(|(id, text, time)| format!("{id},{text},{time}\n"));
        let items = format!("id,text,time\n{}", rows.concat());
        fs::write(folder.path().join("items.csv"), items).unwrap();
        fs::write(folder.path().join("clicks.csv"), CLICKS).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }
}

fn lines(out: &str) -> Vec<Value> {
    let lines = out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn ids(reply: &Value) -> Vec<&str> {
    let results = reply["results"].as_array().unwrap();
    results
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect()
}

/// One test walks both doors.
#[test]
fn the_command_and_the_server_answer_alike() {
    let files = Files::new();
    let server = Server::start(&["--data", &files.path("data")]);
    server.post_with("/v1/collections", "", r#"{"name": "news"}"#);
    let items = ITEMS.map(|(id, text, time)| json!({"id": id, "text": text, "time": time}));
    let items = json!({"items": items}).to_string();
    server.post_with("/v1/collections/news/items", "", &items);
    let events: Vec<Value> = CLICKS
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let weight: f64 = cells[4].parse().unwrap_or(1.0);
            json!({"user": cells[0], "item": cells[1], "type": cells[2], "time": cells[3], "weight": weight})
        })
        .collect();
    // In two parts, the later one first, and all of it again.
    for part in [&events[4..], &events[..], &events[..4]] {
        let body = json!({"events": part}).to_string();
        server.post_with("/v1/collections/news/events", "", &body);
    }
    let asked = |flags: &[&str], mut request: Value| {
        let (items, clicks) = (files.path("items.csv"), files.path("clicks.csv"));
        let run = yuyi(&[&["recommend", &items, "--clicks", &clicks, "--json"], flags].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let said = lines(&run.out);
        for mut line in said.clone() {
            let user = line.as_object_mut().unwrap().remove("user").unwrap();
            request["user"] = user.clone();
            let reply =
                server.post_with("/v1/collections/news/recommend", "", &request.to_string());
            assert_eq!(line, body(&reply), "{user} {flags:?}");
        }
        said
    };
    let all = asked(&[], json!({}));
    let users: Vec<&str> = all
        .iter()
        .map(|line| line["user"].as_str().unwrap())
        .collect();
    assert_eq!(users, ["两样", "厨师", "只跳过", "球迷"]);
    let fan = all.iter().find(|line| line["user"] == "球迷").unwrap();
    assert!(
        !ids(fan).contains(&"f1") && ids(fan)[0].starts_with('f'),
        "{fan}"
    );
    let skips = all.iter().find(|line| line["user"] == "只跳过").unwrap();
    assert!(skips["cold_start"] == true && !ids(skips).contains(&"f1"));
    asked(
        &["--limit", "3", "--half-life", "1"],
        json!({"limit": 3, "half_life": 1}),
    );
    let flags = [
        "--user",
        "厨师",
        "--user",
        "新来的",
        "--positive",
        "t3",
        "--positive",
        "足球比赛",
        "--negative",
        "f3",
    ];
    let request = json!({"positive": ["t3", "足球比赛"], "negative": ["f3"]});
    assert_eq!(asked(&flags, request).len(), 2);
}

/// One star of five is no interest: the answers are those to events that say so by their type.
#[test]
fn ratings_are_read_as_what_a_server_is_told() {
    let files = Files::new();
    let log = "用户,物品,评分,时间\n球迷,f1,1,2024-03-10T08:00:00Z\n球迷,t1,5,2024-03-11T08:00:00Z\n厨师,c1,3,2024-03-10T09:00:00Z\n厨师,f2,2,2024-03-10T09:30:00Z\n";
    fs::write(files.path("clicks.csv"), log).unwrap();
    let server = Server::start(&["--data", &files.path("data")]);
    server.post_with("/v1/collections", "", r#"{"name": "news"}"#);
    let items = ITEMS.map(|(id, text, time)| json!({"id": id, "text": text, "time": time}));
    let items = json!({"items": items}).to_string();
    server.post_with("/v1/collections/news/items", "", &items);
    let events = json!({"events": [
        {"user": "球迷", "item": "f1", "type": "skip", "time": "2024-03-10T08:00:00Z"},
        {"user": "球迷", "item": "t1", "type": "click", "time": "2024-03-11T08:00:00Z", "weight": 5.0 / 3.0},
        {"user": "厨师", "item": "c1", "type": "click", "time": "2024-03-10T09:00:00Z"},
        {"user": "厨师", "item": "f2", "type": "skip", "time": "2024-03-10T09:30:00Z"},
    ]});
    server.post_with("/v1/collections/news/events", "", &events.to_string());
    let (items, clicks) = (files.path("items.csv"), files.path("clicks.csv"));
    let run = yuyi(&["recommend", &items, "--clicks", &clicks, "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let told = "ratings are read as of a scale from 1 to 5; those below 3 count as skipped: 2.";
    assert!(run.err.contains(told), "{run:?}");
    let said = lines(&run.out);
    assert_eq!(said.len(), 2, "{run:?}");
    for mut line in said {
        let user = line.as_object_mut().unwrap().remove("user").unwrap();
        let request = json!({"user": user}).to_string();
        let reply = server.post_with("/v1/collections/news/recommend", "", &request);
        assert_eq!(line, body(&reply), "{user}");
        assert!(line["cold_start"] == false, "{user}: {line}");
        // Of what they liked, not of what they did not.
        let liked = if user == "球迷" { "t1" } else { "c1" };
        assert_eq!(line["results"][0]["because"]["item"], liked, "{user}");
    }
}

#[test]
fn people_are_told_in_lines() {
    let files = Files::new();
    let (items, clicks) = (files.path("items.csv"), files.path("clicks.csv"));
    let run = yuyi(&[
        "recommend",
        &items,
        "--clicks",
        &clicks,
        "--user",
        "厨师",
        "--limit",
        "2",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let first: Vec<&str> = run.out.lines().next().unwrap().split('\t').collect();
    assert!(
        first[0].parse::<f64>().is_ok() && first[1].starts_with('c') && first[3] == "c1",
        "{}",
        run.out
    );
    assert!(
        run.err.contains("clicks on items that are not in"),
        "{}",
        run.err
    );
    let cold = yuyi(&["recommend", "next", &items, "--limit", "1"]);
    assert_eq!(cold.out, "-\tc4\t春季养生汤食谱\t-\n");
    let wrong = files.path("wrong.csv");
    fs::write(&wrong, "user,item\nu,x\n").unwrap();
    let run = yuyi(&["recommend", &items, "--clicks", &wrong]);
    assert!(
        run.code == 1 && run.err.contains("No click is of an item"),
        "{}",
        run.err
    );
    let run = yuyi(&["recommend", &items, "--limit", "0"]);
    assert!(run.code == 2 && run.err.contains("--limit"), "{}", run.err);
}

#[test]
fn a_log_is_replayed_with_a_report() {
    let files = Files::new();
    let mut log = String::from("user,item,time\n");
    for user in 0..12 {
        let kind = ["f", "t", "c"][user % 3];
        for day in 1..=4 {
            let item = (day + user / 3) % 4 + 1;
            log += &format!("u{user},{kind}{item},2024-04-{day:02}T{user:02}:00:00Z\n");
        }
    }
    let (path, items, report) = (
        files.path("log.csv"),
        files.path("items.csv"),
        files.path("report.html"),
    );
    fs::write(&path, log).unwrap();
    let run = yuyi(&[
        "recommend",
        "eval",
        &path,
        "--items",
        &items,
        "--json",
        "--report",
        &report,
        "--rounds",
        "50",
        "--before",
        "0.7",
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let said: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (said["events"].clone(), said["catalogue"].clone()),
        (json!(48), json!(12))
    );
    let ways: Vec<&str> = said["ways"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| way["way"].as_str().unwrap())
        .collect();
    assert_eq!(
        ways,
        ["interest", "one_mean", "item_knn", "popular", "newest"]
    );
    let html = fs::read_to_string(&report).unwrap();
    assert!(html.contains("item-kNN") && html.contains("</html>"));
    let run = yuyi(&[
        "recommend",
        "eval",
        &path,
        "--items",
        &items,
        "--rounds",
        "0",
    ]);
    assert!(run.out.starts_with("way\thit_rate\tndcg"), "{}", run.out);
    let bare = files.path("bare.csv");
    fs::write(&bare, "user,item\nu,f1\n").unwrap();
    let run = yuyi(&["recommend", "eval", &bare, "--items", &items]);
    assert!(
        run.code == 1 && run.err.contains("has no times"),
        "{}",
        run.err
    );
}
