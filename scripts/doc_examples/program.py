"""The program: as a server on a free port, and run in a folder that has what the commands of the documentation name."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from server_process import end, running_server

REPOSITORY = Path(__file__).resolve().parents[2]
PAIRS = REPOSITORY / "models" / "builtin" / "calibration-test.tsv"
# Stands in for models that are not there.
SMALL_MODEL = REPOSITORY / "tests" / "fixtures" / "models" / "bert-mean-f32-prefixed"
TEXTS = 1000
FIRST_TEXT = "今天天气真不错"
# Of a meeting, as 飞书妙记 exports it.
MINUTES = """产品周会

说话人 1 00:00:01
我们下周三上线新版本。

说话人 2 00:00:09
嗯，那个，我们就下周三上线新版本。

张伟 00:00:14
同意。

李强 00:00:16
没问题。

说话人 1 00:00:25
我们下周五上线新版本。

说话人 2 00:00:40
预算还差两万块钱。
"""
# What is read, what one reader did with it, and what many did.
NEWS = """id,text,time
f1,国足热身赛两球小胜,2024-03-01
f2,主帅谈世预赛首发阵容,2024-03-02
f3,女排联赛总决赛今晚打响,2024-03-03
t1,国产大模型降价九成,2024-03-04
t2,新一代手机芯片发布,2024-03-05
t3,自动驾驶出租车上路,2024-03-06
c1,家常红烧肉的做法,2024-03-07
c2,清蒸鱼怎么去腥味,2024-03-08
c3,三分钟学会番茄炒蛋,2024-03-09
"""
CLICKS = """user,item,type,time
u-17,f1,click,2024-03-10T08:00:00Z
u-17,f2,like,2024-03-11T08:00:00Z
u-18,c1,read,2024-03-10T09:00:00Z
u-18,t1,skip,2024-03-10T09:01:00Z
"""
SECONDS = 120


class Program:
    def __init__(self, binary):
        self.binary = Path(binary).resolve()

    def kernel(self):
        """What the program computes with on this CPU."""
        return json.loads(self.run("yuyi info --json").stdout)["kernel"]

    @contextlib.contextmanager
    def server(self):
        with tempfile.TemporaryDirectory() as folder:
            with running_server(self.binary, environment=clean_environment(Path(folder))) as url:
                yield url

    def run(self, command):
        """Runs a line of the documentation, as a shell does."""
        with self.place() as (folder, environment):
            return subprocess.run(
                ["bash", "-c", command],
                cwd=folder,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                stdin=subprocess.DEVNULL,
                timeout=SECONDS,
            )

    @contextlib.contextmanager
    def start(self, command):
        """Starts a line of the documentation that begins to serve; gives its first line."""
        with self.place() as (folder, environment):
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=folder,
                env=environment | {"YUYI_PORT": "0"},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            try:
                yield process.stdout.readline()
            finally:
                end(process)

    @contextlib.contextmanager
    def place(self):
        """A folder with the files that commands name, and an environment in which `yuyi` is this program."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_files(folder)
            os.symlink(self.binary, folder / "bin" / "yuyi")
            environment = clean_environment(folder)
            yield folder, environment | {"PATH": f"{folder / 'bin'}:{environment['PATH']}"}


def clean_environment(folder):
    """Without what a developer has set for their own yuyi; with a home of its own, and English messages."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("YUYI_", "LC_"))}
    return environment | {"YUYI_HOME": str(folder / "home"), "LANG": "C.UTF-8"}


def make_files(folder):
    """The files that the commands of the documentation name."""
    pairs = PAIRS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t")[:3] for line in pairs]
    # No output is printed for the latter, so few pairs will do.
    for name, chosen in (("pairs.tsv", rows), ("labelled.tsv", [rows[0], *rows[1::4]])):
        (folder / name).write_text("".join("\t".join(row) + "\n" for row in chosen), encoding="utf-8")
    texts = [text for row in rows[1:] for text in row[:2]]
    texts = [FIRST_TEXT, *texts * 2][:TEXTS]
    (folder / "texts.txt").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    same = [row for row in rows[1:] if row[2] == "1"][:20]
    faq = "".join(f"{row[0]}\t{index}\n" for index, row in enumerate(same))
    (folder / "faq.tsv").write_text(f"question\tid\n{faq}", encoding="utf-8")
    questions = "".join(f"{row[1]}\t{index}\n" for index, row in enumerate(same))
    (folder / "questions.tsv").write_text(f"question\tid\n{questions}", encoding="utf-8")
    # What would be fitted on questions enough.
    (folder / "settings.json").write_text('{"threshold": 0.7, "margin": 0.05}\n', encoding="utf-8")
    (folder / "minutes.txt").write_text(MINUTES, encoding="utf-8")
    (folder / "news.csv").write_text(NEWS, encoding="utf-8")
    (folder / "clicks.csv").write_text(CLICKS, encoding="utf-8")
    kinds = [(user, "ftc"[user % 3], day) for user in range(12) for day in range(1, 4)]
    log = "".join(f"u{user},{kind}{(day + user) % 3 + 1},2024-04-{day:02}T{user:02}:00:00Z\n" for user, kind, day in kinds)
    (folder / "log.csv").write_text(f"user,item,time\n{log}", encoding="utf-8")
    (folder / "faq.csv").write_text("question,answer\n怎么退货,七天内可以退\n", encoding="utf-8")
    # Which of the files that are imported it is makes no difference to the command.
    shutil.copy(folder / "faq.csv", folder / "客服知识库.xlsx")
    (folder / "keys").write_text("0123456789abcdef\n", encoding="utf-8")
    (folder / "bin").mkdir()
    for model in ("models/gte-base-zh", "home/models/a", "home/models/b"):
        shutil.copytree(SMALL_MODEL, folder / model)
