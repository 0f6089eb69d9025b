"""Starts `yuyi serve` and lets real clients call it."""

import argparse
import base64
import io
import math
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import openai
import requests

import frameworks
import fuzz
import langchain4j
import vendors

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "scripts"))

from server_process import running_server

SNIPPET = Path(__file__).with_name("snippet.py")


def free_port() -> int:
    """5000 if it is free, else another one."""
    for port in (5000, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise SystemExit("no port is free")


@contextmanager
def server(binary: str, port: int):
    with tempfile.TemporaryDirectory() as home:
        # Models and collections that whoever runs the tests has would be listed too.
        environment = os.environ | {"YUYI_HOME": home}
        with running_server(binary, "--served-model-name", "text-embedding-3-small", port=port, environment=environment) as url:
            yield url


NODE = Path(__file__).with_name("node")


def run_python(code: str) -> str:
    """Runs a program, here: most of its time would go into importing its client. Answers with what it prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, "<documentation>", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def run_js(code: str) -> str:
    """Runs a program where the packages that it imports are."""
    command = ["node", "--input-type=module", "-e", code]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, cwd=NODE)
    assert run.returncode == 0, run.stderr
    return run.stdout


RUNNERS = {"python": run_python, "js": run_js}


def run_code(language: str, code: str, url: str) -> str:
    """Runs a program that asks port 5000, and answers with what it prints."""
    port = url.rsplit(":", 1)[1]
    return RUNNERS[language](re.sub(r"\b(localhost|127\.0\.0\.1):5000\b", rf"\1:{port}", code))


def check_snippet(url: str) -> None:
    if not url.endswith(":5000"):
        print(f"port 5000 is taken: programs are run with {url}")
    printed = run_code("python", SNIPPET.read_text(encoding="utf-8"), url)
    assert re.fullmatch(r"相似度: \d{1,3}\.\d\d%\n", printed), printed
    print(f"the article's snippet: {printed.strip()}")


def check_pages(url: str) -> None:
    """Every program of the documentation runs."""
    pages = [REPOSITORY / "README.md", REPOSITORY / "README.zh.md", *sorted(REPOSITORY.glob("docs/*/*.md"))]
    fence = re.compile(r"^```(python|js)\n(.*?)^```", re.M | re.S)
    programs = [program for page in pages for program in fence.findall(page.read_text(encoding="utf-8"))]
    # The pages in both languages have the same programs.
    programs = list(dict.fromkeys(programs))
    assert {language for language, _ in programs} == set(RUNNERS), "the programs were not found"
    for language, code in programs:
        run_code(language, code, url)
    print(f"documentation: {len(programs)} programs run")


def check_requests(url: str) -> None:
    pair = {"sentence_a": "人工智能改变世界", "sentence_b": "AI 正在重塑未来"}
    reply = requests.post(f"{url}/similarity", json=pair, timeout=30)
    assert reply.headers["content-type"] == "application/json", reply.headers
    result = reply.json()
    expected = {"sentence_a", "sentence_b", "similarity", "cosine", "calibrated", "model", "truncated", "status"}
    assert set(result) == expected and result["status"] == "success", result
    assert {k: result[k] for k in pair} == pair, result

    many = requests.post(f"{url}/similarity", json={"pairs": [pair, {"sentence_a": ""}]}, timeout=30).json()
    assert many["results"][0]["cosine"] == result["cosine"], many
    assert many["results"][1]["error"]["code"] == "empty_text", many

    form = requests.post(f"{url}/similarity", data=pair, timeout=30)
    assert (form.status_code, form.json()["error"]["code"]) == (415, "unsupported_media_type"), form.text

    # Far over the limit: the answer must still arrive, not a broken connection.
    large = requests.post(f"{url}/similarity", json={"sentence_a": "大" * 12_000_000}, timeout=60)
    assert (large.status_code, large.json()["error"]["code"]) == (413, "body_too_large"), large.text
    print("requests: one pair, many pairs, refusals")


def check_openai(url: str) -> None:
    texts = ["今天天气真不错", "外面阳光明媚", "请把发票寄给财务"]
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    # Without encoding_format the client asks for base64 and decodes it.
    reply = client.embeddings.create(model="text-embedding-3-small", input=texts)
    vectors = [item.embedding for item in reply.data]
    assert [item.index for item in reply.data] == [0, 1, 2]
    assert all(len(v) == 384 and math.isclose(math.hypot(*v), 1, abs_tol=1e-5) for v in vectors)
    assert reply.usage.prompt_tokens == reply.usage.total_tokens > 10, reply.usage

    plain = client.embeddings.create(model="e5-small-zh", input=texts, encoding_format="float")
    # A client that reads JSON numbers gets the same f32 as one that reads base64.
    rounded = [list(struct.unpack("<384f", struct.pack("<384f", *item.embedding))) for item in plain.data]
    assert rounded == vectors

    raw = requests.post(f"{url}/v1/embeddings", json={"input": texts[0], "encoding_format": "base64"}, timeout=30)
    bytes_ = base64.b64decode(raw.json()["data"][0]["embedding"])
    assert list(struct.unpack("<384f", bytes_)) == vectors[0], "a text's vector does not depend on its batch"

    short = client.embeddings.create(model="e5-small-zh", input=texts[0], dimensions=64)
    assert math.isclose(math.hypot(*short.data[0].embedding), 1, abs_tol=1e-5)

    assert [model.id for model in client.models.list()] == ["e5-small-zh"]
    assert client.models.retrieve("text-embedding-3-small").id == "e5-small-zh"
    try:
        client.embeddings.create(model="no-such-model", input="x")
        raise AssertionError("an unknown model was answered")
    except openai.NotFoundError as error:
        assert error.code == "model_not_found" and error.param == "model", error
    try:
        client.embeddings.create(model="e5-small-zh", input=["x", ""])
        raise AssertionError("an empty text was answered")
    except openai.UnprocessableEntityError as error:
        assert error.code == "empty_text" and error.param == "input[1]", error
    print("openai: base64, float, dimensions, models, errors")


def check_node(url: str) -> None:
    for name in ("openai.mjs", "langchain.mjs"):
        subprocess.run(["node", NODE / name, url], check=True, timeout=60)


def check_clients(url: str) -> None:
    check_snippet(url)
    check_pages(url)
    check_requests(url)
    check_openai(url)
    check_node(url)
    frameworks.check_all(url)
    vendors.check_all(url)
    langchain4j.check_replies(url)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--only-fuzz", action="store_true", help="leave the clients out")
    parser.add_argument("--examples", type=int, default=20, help="made-up requests for each operation")
    args = parser.parse_args()
    started = time.monotonic()
    with server(args.binary, free_port()) as url:
        if not args.only_fuzz:
            check_clients(url)
        fuzz.check_document(url, args.examples)
    print(f"clients: all passed in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
