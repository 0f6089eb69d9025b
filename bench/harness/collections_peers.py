"""The libraries and stores that `bench/collections` measures: each a class that writes vectors, finds the nearest and says how many it has.

Run as a program it does so for one of them, prints a line of JSON and then waits to be killed; with --reopen it counts what is left.
"""

import json
import sys
import time
from pathlib import Path

import numpy

from harness import machine

DIMENSION = 384
QUERIES = 50
NEAREST = 10
BATCH = 1000


class FaissFlat:
    """Exact, 32-bit floats, in memory."""

    label = "FAISS flat, memory only"

    def __init__(self, folder):
        import faiss

        self.index = faiss.IndexFlatIP(DIMENSION)

    def add(self, first, rows):
        self.index.add(rows)

    def search(self, query):
        return self.index.search(query[None], NEAREST)[1][0]


class FaissHnsw(FaissFlat):
    """A graph of 32 neighbours, 64 looked at."""

    label = "FAISS HNSW, memory only"

    def __init__(self, folder):
        import faiss

        self.index = faiss.IndexHNSWFlat(DIMENSION, 32, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efSearch = 64


class Hnswlib:
    label = "hnswlib, memory only"

    def __init__(self, folder):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=DIMENSION)
        self.index.init_index(max_elements=2_000_000, ef_construction=200, M=16)
        self.index.set_ef(64)

    def add(self, first, rows):
        self.index.add_items(rows, numpy.arange(first, first + len(rows)), num_threads=2)

    def search(self, query):
        return self.index.knn_query(query[None], k=NEAREST)[0][0]


class Usearch:
    label = "usearch, memory only"

    def __init__(self, folder):
        from usearch.index import Index

        self.index = Index(ndim=DIMENSION, metric="ip", dtype="f32", expansion_search=64)

    def add(self, first, rows):
        self.index.add(numpy.arange(first, first + len(rows)), rows, threads=2)

    def search(self, query):
        return self.index.search(query, NEAREST).keys


class LanceDb:
    """A table on the disk, searched without an index, as it is out of the box."""

    label = "LanceDB, on the disk, no index"

    def __init__(self, folder):
        import lancedb
        import pyarrow

        schema = pyarrow.schema([("id", pyarrow.int64()), ("vector", pyarrow.list_(pyarrow.float32(), DIMENSION))])
        self.table = lancedb.connect(folder).create_table("c", schema=schema, exist_ok=True)

    def add(self, first, rows):
        self.table.add([{"id": first + i, "vector": row} for i, row in enumerate(rows)])

    def search(self, query):
        return [row["id"] for row in self.table.search(query).metric("dot").select(["id"]).limit(NEAREST).to_list()]

    def count(self):
        return self.table.count_rows()


class Chroma:
    label = "Chroma, on the disk"

    def __init__(self, folder):
        import chromadb

        settings = chromadb.Settings(anonymized_telemetry=False)
        client = chromadb.PersistentClient(str(folder), settings=settings)
        self.collection = client.get_or_create_collection("bench", metadata={"hnsw:space": "ip"}, embedding_function=None)

    def add(self, first, rows):
        self.collection.add(ids=[str(first + i) for i in range(len(rows))], embeddings=rows)

    def search(self, query):
        return [int(found) for found in self.collection.query(query_embeddings=[query], n_results=NEAREST, include=[])["ids"][0]]

    def count(self):
        return self.collection.count()


ENGINES = {
    "faiss-flat": FaissFlat,
    "faiss-hnsw": FaissHnsw,
    "hnswlib": Hnswlib,
    "usearch": Usearch,
    "lancedb": LanceDb,
    "chroma": Chroma,
}


def measure(engine, rows, queries):
    before = machine.resident_mib("self")
    started = time.monotonic()
    for first in range(0, len(rows), BATCH):
        # A copy: the file is mapped, and its pages are not the engine's.
        engine.add(first, numpy.array(rows[first : first + BATCH]))
    build = time.monotonic() - started
    found, times = [], []
    for query in queries:
        started = time.monotonic()
        found.append(set(map(int, engine.search(query))))
        times.append(time.monotonic() - started)
    memory = (machine.resident_mib("self") - before) * 1.048576
    right = exact(rows, queries)
    recall = sum(len(one & other) for one, other in zip(found, right)) / (NEAREST * len(queries))
    return {"engine": engine.label, "build": build, "search": sorted(times)[len(times) // 2] * 1e3, "recall": recall, "memory": memory}


def exact(rows, queries):
    """The nearest of each query, with a block of rows in memory at a time."""
    scores = [numpy.asarray(queries) @ rows[first : first + 100_000].T for first in range(0, len(rows), 100_000)]
    scores = numpy.concatenate(scores, axis=1)
    return [set(map(int, numpy.argpartition(-row, NEAREST)[:NEAREST])) for row in scores]


def main():
    name, items, file, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    started = time.monotonic()
    engine = ENGINES[name](folder)
    if "--reopen" in sys.argv:
        count = engine.count() if hasattr(engine, "count") else 0
        print(json.dumps({"count": count, "seconds": time.monotonic() - started}))
        return
    mapped = numpy.memmap(file, dtype="<f4", mode="r", shape=(items + QUERIES, DIMENSION))
    print(json.dumps(measure(engine, mapped[:items], numpy.array(mapped[items:]))), flush=True)
    time.sleep(3600)


if __name__ == "__main__":
    main()
