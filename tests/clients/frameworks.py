"""What LangChain, LlamaIndex, Hugging Face's and Cohere's clients get from the server."""

import asyncio
import math
import os
from operator import mul

# Nothing of a test is reported anywhere.
os.environ |= {"LANGSMITH_TRACING": "false", "HF_HUB_DISABLE_TELEMETRY": "1"}

import cohere
import httpx
import openai
import requests
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from langchain_huggingface import HuggingFaceEndpointEmbeddings
from langchain_openai import OpenAIEmbeddings
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference

FRUIT = "我喜欢吃水果"
OTHERS = ["苹果香蕉都很美味", "天气晴朗适合出游"]
TEXTS = [FRUIT, *OTHERS]


def close(a, b) -> bool:
    """Whether two vectors are the same but for rounding."""
    return len(a) == len(b) and all(math.isclose(x, y, abs_tol=1e-6) for x, y in zip(a, b, strict=True))


def reference(url: str) -> list[list[float]]:
    reply = requests.post(f"{url}/v1/embeddings", json={"input": TEXTS}, timeout=30).json()
    return [item["embedding"] for item in reply["data"]]


def check_huggingface(url: str) -> None:
    vectors, client = reference(url), InferenceClient(model=url)
    one = client.feature_extraction(FRUIT)
    assert one.shape == (1, 384) and close(one[0].tolist(), vectors[0]), one.shape
    raw = client.feature_extraction(FRUIT, normalize=False, truncate=True)[0].tolist()
    length = math.hypot(*raw)
    assert length > 1.01 and close([x / length for x in raw], vectors[0]), length
    passage = client.feature_extraction(FRUIT, prompt_name="passage")[0].tolist()
    assert not close(passage, vectors[0]), "the prompt was not used"

    scores = client.sentence_similarity(FRUIT, other_sentences=OTHERS)
    expected = [sum(map(mul, vectors[0], vector)) for vector in vectors[1:]]
    assert close(scores, expected), (scores, expected)
    at_route = InferenceClient(model=f"{url}/similarity").sentence_similarity(FRUIT, other_sentences=OTHERS)
    assert at_route == scores
    many = asyncio.run(AsyncInferenceClient(model=url).feature_extraction(TEXTS))
    assert all(close(a.tolist(), b) for a, b in zip(many, vectors, strict=True))
    try:
        client.feature_extraction("长" * 1_000, truncate=False)
        raise AssertionError("a text that is too long was answered")
    except HfHubHTTPError as error:
        assert error.response.status_code == 422, error
    print("huggingface_hub: feature_extraction, sentence_similarity, errors")


def check_langchain(url: str) -> None:
    vectors = reference(url)
    embeddings = OpenAIEmbeddings(
        base_url=f"{url}/v1", api_key="none", model="e5-small-zh", check_embedding_ctx_length=False, max_retries=0
    )
    assert all(close(a, b) for a, b in zip(embeddings.embed_documents(TEXTS), vectors, strict=True))
    assert close(embeddings.embed_query(FRUIT), vectors[0])
    # As OpenAI does it: clients send a blank where they have nothing to say, and one must not sink the others.
    blank, fruit = embeddings.embed_documents([" ", FRUIT])
    assert len(blank) == len(fruit) and close(fruit, vectors[0])
    try:
        embeddings.embed_documents([""])
        raise AssertionError("an empty text was answered")
    except openai.UnprocessableEntityError as error:
        assert error.code == "empty_text", error

    endpoint = HuggingFaceEndpointEmbeddings(model="thenlper/gte-base-zh", huggingfacehub_api_token="none")
    endpoint.client, endpoint.async_client = InferenceClient(model=url), AsyncInferenceClient(model=url)
    assert all(close(a, b) for a, b in zip(endpoint.embed_documents(TEXTS), vectors, strict=True))
    assert close(asyncio.run(endpoint.aembed_query(FRUIT)), vectors[0])
    print("langchain: OpenAIEmbeddings, HuggingFaceEndpointEmbeddings")


def check_llama_index(url: str) -> None:
    vectors = reference(url)
    embeddings = TextEmbeddingsInference(model_name="e5-small-zh", base_url=url, embed_batch_size=2)
    assert all(close(a, b) for a, b in zip(embeddings.get_text_embedding_batch(TEXTS), vectors, strict=True))
    assert close(embeddings.get_query_embedding(FRUIT), vectors[0])
    assert close(asyncio.run(embeddings.aget_text_embedding(FRUIT)), vectors[0])
    print("llama_index: TextEmbeddingsInference")


def check_cohere(url: str) -> None:
    client = cohere.ClientV2(api_key="none", base_url=url, httpx_client=httpx.Client(timeout=30))
    reply = client.rerank(model="e5-small-zh", query=FRUIT, documents=[OTHERS[1], OTHERS[0], FRUIT], top_n=2)
    assert [result.index for result in reply.results] == [2, 1], reply
    scores = [result.relevance_score for result in reply.results]
    assert 1 >= scores[0] > scores[1] > 0, scores
    assert reply.id and reply.meta.billed_units.search_units == 1, reply
    vectors = reference(url)
    embedded = client.embed(
        model="e5-small-zh", texts=TEXTS, input_type="search_query", embedding_types=["float"], truncate="END"
    )
    assert all(close(a, b) for a, b in zip(embedded.embeddings.float_, vectors, strict=True)), embedded
    try:
        client.rerank(model="e5-small-zh", query=FRUIT, documents=[])
        raise AssertionError("a list without documents was answered")
    except cohere.errors.UnprocessableEntityError as error:
        assert error.body["error"]["code"] == "empty_list", error
    print("cohere: rerank and embed of the second API, errors")


def check_all(url: str) -> None:
    for check in (check_huggingface, check_langchain, check_llama_index, check_cohere):
        check(url)
