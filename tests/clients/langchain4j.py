"""Requests as langchain4j sends them, and whether its reply classes can read the replies.

It runs on the JVM, so its classes stand in langchain4j.json as JSON schemas.
"""

import json
from pathlib import Path

import jsonschema
import requests

from reference import FRUIT, OTHERS, TEXTS, close, reference

MODEL = {"model": "e5-small-zh"}
RANKING = MODEL | {"query": FRUIT, "documents": OTHERS}
INPUTS = [{"content": [{"type": "text", "text": text}]} for text in TEXTS]
# Its class, the path behind its base address, and the body; None: a GET.
EXCHANGES = (
    ("cohere.RerankResponse", "/v1/rerank", RANKING),
    ("cohere.EmbedResponse", "/v1/embed", MODEL | {"texts": TEXTS, "input_type": "search_query"}),
    ("cohere.EmbedV2Response", "/v2/embed", MODEL | {"input_type": "search_query", "embedding_types": ["float"], "inputs": INPUTS}),
    ("jina.JinaRerankingResponse", "/v1/rerank", RANKING | {"return_documents": False}),
    ("jina.JinaEmbeddingResponse", "/v1/embeddings", MODEL | {"late_chunking": False, "input": TEXTS}),
    ("openai.EmbeddingResponse", "/v1/embeddings", MODEL | {"input": TEXTS}),
    ("openai.EmbeddingResponse", "/v1/embeddings", MODEL | {"input": TEXTS, "encoding_format": "base64", "user": "u"}),
    ("openai.ModelsListResponse", "/v1/models", None),
    ("ollama.EmbeddingResponse", "/api/embed", MODEL | {"input": TEXTS}),
    ("ollama.ModelsListResponse", "/api/tags", None),
)


def check_replies(url: str) -> None:
    document = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    for name, path, body in EXCHANGES:
        reply = requests.request("GET" if body is None else "POST", url + path, json=body, timeout=30)
        assert reply.status_code == 200, (path, reply.text)
        schema = {"$ref": f"#/$defs/{name}", "$defs": document["$defs"]}
        jsonschema.validate(reply.json(), schema, format_checker=jsonschema.FormatChecker())
    check_vectors(url)
    print(f"langchain4j: {len({name for name, _, _ in EXCHANGES})} reply classes")


def check_vectors(url: str) -> None:
    """Texts in parts are read as the texts that they are."""
    _, path, body = EXCHANGES[2]
    found = requests.post(url + path, json=body, timeout=30).json()["embeddings"]["float"]
    assert all(close(a, b) for a, b in zip(found, reference(url), strict=True))
