"""The measurements: interleaved rounds, time to the first answer, memory, and the check of the vectors."""

import contextlib
import math
import random
import time

import numpy

from harness import machine
from harness.summary import too_slow
from harness.process import EngineFailed
from harness.workloads import BATCHES, CHECK_LENGTHS, Inputs, thin

# After so many rounds of a costly workload the peers that cannot win sit out.
RACED_ROUNDS = 3
# What a peer gets where its best batch size was not looked for.
USUAL_BATCH = 32
# A sample is disturbed when its threads waited for a processor for more than this share of it.
DISTURBED = 0.05
# Engines that start more threads than there are processors always wait for themselves.
MOST_TRIES = 4
# A batch size counts by its best of so many samples; of a costly workload by one.
BATCH_SAMPLES = 3
WARM_SECONDS = 0.15
SEED = 3
LEAST_F32_COSINE = 0.9999


class Group:
    """The engines of one group, all loaded, one running at a time."""

    def __init__(self, name, launcher, engines, say):
        self.name, self.launcher, self.say = name, launcher, say
        self.inputs = Inputs(name)
        self.processes, self.failed = {}, {}
        self.engines = {}
        # Seconds of one run, by engine and inputs.
        self.typical = {}
        try:
            for engine in engines:
                self._start(engine)
        except BaseException:
            # A stopped process would stay for ever.
            self.close()
            raise

    def _start(self, engine):
        try:
            self.processes[engine.name] = self.launcher.start(engine)
        except EngineFailed as error:
            self.failed[engine.name] = str(error)
            self.say(f"  {engine.name} is left out: {error}")
            return
        self.engines[engine.name] = engine
        self.processes[engine.name].pause()

    def close(self):
        for process in self.processes.values():
            process.close()

    def drop(self, name, reason):
        """Leaves an engine out of everything that follows."""
        self.failed[name] = reason
        self.say(f"  {name} is left out: {reason}")
        self.processes.pop(name).close()

    def ask(self, name, **request):
        """One request to one engine while the others stand still."""
        process = self.processes[name]
        process.resume()
        try:
            return process.ask(**request)
        finally:
            process.pause()

    # --- correctness ------------------------------------------------------------------------

    def vectors_of(self, engine):
        """What an engine, which need not be one of those measured, makes of the texts of the check."""
        process = self.launcher.start(engine)
        try:
            return numpy.array(process.ask(**self.inputs.of(CHECK_LENGTHS), vectors=True)["vectors"])
        finally:
            process.close()

    def check(self, reference, batch=None):
        """Least and mean cosine of each engine to the reference vectors, of so many texts at a time; drops those that are wrong."""
        inputs = self.inputs.of(CHECK_LENGTHS)
        answers = {}
        for name in list(self.processes):
            with self._dropping(name):
                answers[name] = self.ask(name, **inputs, batch=batch, vectors=True)
        vectors = {name: numpy.array(answer["vectors"]) for name, answer in answers.items()}
        cosines = {name: (v * reference).sum(axis=1) for name, v in vectors.items()}
        for name, answer in answers.items():
            if fault := self._fault(answer["tokens"], cosines[name].min()):
                self.drop(name, fault)
        return {name: {"least": float(c.min()), "mean": float(c.mean())} for name, c in cosines.items()}

    def _fault(self, tokens, least_cosine):
        if tokens != sum(CHECK_LENGTHS):
            return f"it read {tokens} tokens instead of {sum(CHECK_LENGTHS)}"
        if self.name == "f32" and least_cosine < LEAST_F32_COSINE:
            return f"its vectors are wrong: cosine {least_cosine:.5f} to the reference"
        return None

    # --- time -------------------------------------------------------------------------------

    def best_batches(self, workload, patience):
        """The batch size with which each engine is fastest; yuyi takes the texts as they come."""
        inputs = self.inputs.of(workload.lengths)
        sample = thin(inputs, 4) if workload.costly() else inputs
        count = len(next(iter(sample.values())))
        sizes = [size for size in BATCHES if size <= count]
        tries = range(1 if workload.costly() else BATCH_SAMPLES)
        best = {name: None for name in self.processes}
        for name in [name for name in best if not self.engines[name].ours]:
            with self._dropping(name):
                best[name] = min(sizes, key=lambda size: min(self._sample(name, workload, sample, size, patience)[0] for _ in tries))
        return best

    def rounds(self, workload, count, patience):
        """Seconds of each engine, one sample a round; each round every engine once, shuffled.

        The samples of a peer that sits out are those of the first rounds.
        """
        batches = self.best_batches(workload, patience) if workload.in_batches() else {}
        inputs = self.inputs.of(workload.lengths)
        order = random.Random(SEED)
        taken, out = {name: [] for name in self.processes}, set()
        steal = machine.processor_seconds()[1]
        started = time.monotonic()
        for done in range(count):
            if done == RACED_ROUNDS and workload.costly():
                out = self._beaten(taken)
            running = sorted(self.processes.keys() - out)
            for name in order.sample(running, len(running)):
                with self._dropping(name):
                    taken[name].append(self._sample(name, workload, inputs, batches.get(name), patience))
        whole = {name: values for name, values in taken.items() if name in self.processes}
        steal = (machine.processor_seconds()[1] - steal) / (time.monotonic() - started)
        return {
            "samples": {name: [seconds for seconds, _ in values] for name, values in whole.items()},
            "waited": {name: [share for _, share in values] for name, values in whole.items()},
            "batch": batches,
            "steal": steal,
        }

    def _beaten(self, taken):
        """Peers that sit out from now on; our own engines never do."""
        peers = [name for name in self.processes if not self.engines[name].ours]
        beaten = too_slow({name: [seconds for seconds, _ in taken[name]] for name in peers})
        if beaten:
            self.say(f"  too slow for the remaining rounds: {', '.join(sorted(beaten))}")
        return beaten

    @contextlib.contextmanager
    def _dropping(self, name):
        """An engine that fails is left out; the others go on."""
        try:
            yield
        except EngineFailed as error:
            self.drop(name, str(error))

    def _sample(self, name, workload, inputs, batch, patience):
        """(seconds, share of them that threads waited for a processor).

        A disturbed sample is taken again while there is patience. Whether one counts depends on the
        waiting alone and never on its time.
        """
        process = self.processes[name]
        for _ in range(MOST_TRIES):
            patience.wait()
            waited, started = process.waited_seconds(), time.monotonic()
            seconds = self._timed(name, workload, inputs, batch)
            wall = time.monotonic() - started
            share = max(0, process.waited_seconds() - waited) / wall
            if share <= DISTURBED or patience.left <= 0:
                break
            patience.left -= wall
        return seconds, share

    def _timed(self, name, workload, inputs, batch):
        """Seconds of one run, after the engine's threads are awake and on processors of their own."""
        if workload.in_batches():
            # A batch of a second needs no more than a short text before it.
            inputs_before = self.inputs.of((16,))
            self.ask(name, **inputs_before, warm=self._warm_runs(name, inputs_before))
            return self.ask(name, **inputs, batch=batch)["seconds"]
        return self.ask(name, **inputs, warm=self._warm_runs(name, inputs))["seconds"]

    def _warm_runs(self, name, inputs):
        """Untimed runs that fill WARM_SECONDS: threads that were stopped may wake up on one
        processor, and it takes the scheduler a while to part them."""
        key = (name, str(inputs))
        if key not in self.typical:
            self.typical[key] = self.ask(name, **inputs, warm=1)["seconds"]
        return max(1, math.ceil(WARM_SECONDS / self.typical[key]))

    # --- start and memory ---------------------------------------------------------------------

    def starts(self, count, patience):
        """Seconds from starting the process to its first vector, and of that for the model alone."""
        result = {name: {"first_answer": [], "model": []} for name in self.processes}
        inputs = self.inputs.of((16,))
        # One more than counts: the first brings the files into the page cache.
        for turn in range(count + 1):
            for name in list(self.processes):
                patience.wait()
                with self._dropping(name):
                    first_answer, model = self._start_once(self.engines[name], inputs)
                    if turn:
                        result[name]["first_answer"].append(first_answer)
                        result[name]["model"].append(model)
        return {name: times for name, times in result.items() if name in self.processes}

    def _start_once(self, engine, inputs):
        process = self.launcher.start(engine)
        try:
            answer = process.ask(**inputs)
            first_answer = time.perf_counter() - process.started
        finally:
            process.close()
        return first_answer, process.greeting["load_seconds"] + answer["seconds"]

    def memory(self, singles, all_workloads, batches):
        """Peak resident memory in KB of a fresh process: loaded, after single texts, after all."""
        peaks = {}
        for name in list(self.processes):
            with self._dropping(name):
                peaks[name] = self._memory_of(self.engines[name], singles, all_workloads, batches)
        return peaks

    def _memory_of(self, engine, singles, all_workloads, batches):
        process = self.launcher.start(engine)
        peaks = {"loaded": process.greeting["rss_peak_kb"]}
        try:
            for stage, workloads in (("singles", singles), ("all", all_workloads)):
                for workload in workloads:
                    batch = batches.get(workload.name, {}).get(engine.name, USUAL_BATCH)
                    peaks[stage] = process.ask(**self.inputs.of(workload.lengths), batch=batch)["rss_peak_kb"]
        finally:
            process.close()
        return peaks
