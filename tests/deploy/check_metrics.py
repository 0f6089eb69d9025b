"""Reads `/metrics` of the real program with Prometheus's parsers. Usage: check_metrics.py BINARY [PROMTOOL]"""

import json
import math
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from server_process import running_server

KEY = "a-key-of-this-test"


def ask(url, body=None, key=KEY):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def check_families(text):
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert len(families) > 15, sorted(families)
    for family in families.values():
        assert family.documentation and family.type in {"counter", "gauge", "histogram"}, family
        assert all(math.isfinite(sample.value) for sample in family.samples), family
    samples = {(s.name, *sorted(s.labels.items())): s.value for f in families.values() for s in f.samples}
    answered = ("yuyi_requests_total", ("method", "POST"), ("route", "/similarity"), ("status", "200"))
    assert samples[answered] == 2, samples[answered]
    for histogram in (family for family in families.values() if family.type == "histogram"):
        check_histogram(histogram)
    return len(families), len(samples)


def check_histogram(family):
    """Buckets of one histogram grow, and the last one is the count."""
    series = {}
    for sample in family.samples:
        labels = tuple(sorted((name, value) for name, value in sample.labels.items() if name != "le"))
        series.setdefault((sample.name.rpartition("_")[2], labels), []).append(sample.value)
    for (kind, labels), values in series.items():
        if kind == "bucket":
            assert values == sorted(values), (family.name, values)
            assert values[-1] == series["count", labels][0], (family.name, labels)


def main():
    binary, promtool = sys.argv[1], sys.argv[2:]
    with running_server(binary, "--log", "warn", "--api-key", KEY) as url:
        pair = {"sentence_a": "今天天气真不错", "sentence_b": "外面阳光明媚"}
        for _ in range(2):
            assert ask(f"{url}/similarity", pair)[0] == 200
        assert ask(f"{url}/metrics", key="wrong")[0] == 401
        status, text = ask(f"{url}/metrics")
        assert status == 200, text
    families, samples = check_families(text)
    print(f"metrics: {families} families, {samples} samples, read by prometheus_client")
    if promtool:
        checked = subprocess.run([promtool[0], "check", "metrics"], input=text, text=True, capture_output=True)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        print("metrics: promtool has no complaint")


if __name__ == "__main__":
    main()
