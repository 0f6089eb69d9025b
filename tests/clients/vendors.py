"""What the clients of Cohere and Ollama get from the server."""

import cohere
import httpx
import ollama

from reference import FRUIT, OTHERS, TEXTS, close, reference

DOCUMENTS = [OTHERS[1], OTHERS[0], FRUIT]


def check_cohere(url: str) -> None:
    client = cohere.ClientV2(api_key="none", base_url=url, httpx_client=httpx.Client(timeout=30))
    check_ranking(client.rerank(model="e5-small-zh", query=FRUIT, documents=DOCUMENTS, top_n=2))
    vectors = reference(url)
    embedded = client.embed(
        model="e5-small-zh", texts=TEXTS, input_type="search_query", embedding_types=["float"], truncate="END"
    )
    assert all(close(a, b) for a, b in zip(embedded.embeddings.float_, vectors, strict=True)), embedded
    assert embedded.id and embedded.meta.billed_units.input_tokens > 10, embedded.meta
    inputs = [{"content": [{"type": "text", "text": text}]} for text in TEXTS]
    mixed = client.embed(model="e5-small-zh", inputs=inputs, input_type="search_query", embedding_types=["float"])
    assert all(close(a, b) for a, b in zip(mixed.embeddings.float_, vectors, strict=True)), mixed
    try:
        client.rerank(model="e5-small-zh", query=FRUIT, documents=[])
        raise AssertionError("a list without documents was answered")
    except cohere.errors.UnprocessableEntityError as error:
        assert error.body["error"]["code"] == "empty_list", error
    print("cohere, second API: rerank, embed of texts and of inputs, errors")


def check_ranking(reply) -> None:
    assert [result.index for result in reply.results] == [2, 1], reply
    scores = [result.relevance_score for result in reply.results]
    assert 1 >= scores[0] > scores[1] > 0, scores
    assert reply.id and reply.meta.billed_units.search_units == 1, reply


def check_cohere_v1(url: str) -> None:
    client = cohere.Client(api_key="none", base_url=url, httpx_client=httpx.Client(timeout=30))
    reply = client.rerank(model="e5-small-zh", query=FRUIT, documents=DOCUMENTS, top_n=2, return_documents=True)
    check_ranking(reply)
    assert reply.results[0].document.text == FRUIT, reply
    vectors = reference(url)
    plain = client.embed(texts=TEXTS, model="e5-small-zh", input_type="search_query")
    assert all(close(a, b) for a, b in zip(plain.embeddings, vectors, strict=True)), plain
    assert plain.texts == TEXTS, plain.texts
    typed = client.embed(texts=TEXTS, model="e5-small-zh", input_type="search_query", embedding_types=["float"])
    assert all(close(a, b) for a, b in zip(typed.embeddings.float_, vectors, strict=True)), typed
    print("cohere, first API: rerank, embed")


def check_ollama(url: str) -> None:
    client, vectors = ollama.Client(host=url), reference(url)
    names = [model.model for model in client.list().models]
    assert names == ["e5-small-zh"], names
    for name in ("e5-small-zh", "e5-small-zh:latest"):
        reply = client.embed(model=name, input=TEXTS)
        assert all(close(a, b) for a, b in zip(reply.embeddings, vectors, strict=True)), name
    assert reply.prompt_eval_count > 10, reply.prompt_eval_count
    one = client.embed(model="e5-small-zh", input=FRUIT, dimensions=64)
    assert len(one.embeddings) == 1 and len(one.embeddings[0]) == 64
    assert close(client.embeddings(model="e5-small-zh", prompt=FRUIT).embedding, vectors[0])
    try:
        client.embed(model="no-such-model", input=FRUIT)
        raise AssertionError("an unknown model was answered")
    except ollama.ResponseError as error:
        assert error.status_code == 404 and "no-such-model" in str(error), error
    print("ollama: list, embed, embeddings, errors")


def check_all(url: str) -> None:
    for check in (check_cohere, check_cohere_v1, check_ollama):
        check(url)
