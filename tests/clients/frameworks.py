"""What LangChain, LlamaIndex, Haystack, LiteLLM and Hugging Face's client get from the server."""

import asyncio
import math
import os
from operator import mul

# Nothing of a test is reported anywhere.
os.environ |= {
    "LANGSMITH_TRACING": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    # LiteLLM asks for prices of models otherwise.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}

import litellm
import openai
from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.utils import Secret
from haystack_integrations.components.embedders.huggingface_api import HuggingFaceAPIDocumentEmbedder
from haystack_integrations.components.rankers.huggingface_api import HuggingFaceTEIRanker
from huggingface_hub import AsyncInferenceClient, InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from langchain_huggingface import HuggingFaceEndpointEmbeddings
from langchain_openai import OpenAIEmbeddings
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference as TextRanking

from reference import FRUIT, OTHERS, TEXTS, close, reference


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
    nodes = [NodeWithScore(node=TextNode(text=text)) for text in (OTHERS[1], OTHERS[0], FRUIT)]
    ranked = TextRanking(base_url=url, top_n=2).postprocess_nodes(nodes, query_str=FRUIT)
    assert [node.text for node in ranked] == [FRUIT, OTHERS[0]], ranked
    print("llama_index: embeddings and ranking as TEI's")


def check_haystack(url: str) -> None:
    vectors, key = reference(url), Secret.from_token("none")
    at = {"api_key": key, "api_base_url": f"{url}/v1", "model": "e5-small-zh"}
    reply = OpenAITextEmbedder(**at).run(FRUIT)
    assert close(reply["embedding"], vectors[0]) and reply["meta"]["usage"]["prompt_tokens"] > 5, reply["meta"]
    documents = OpenAIDocumentEmbedder(**at, batch_size=2, progress_bar=False).run([Document(content=text) for text in TEXTS])
    found = [document.embedding for document in documents["documents"]]
    assert all(close(a, b) for a, b in zip(found, vectors, strict=True))
    # A document without a content is one of a blank.
    OpenAIDocumentEmbedder(**at, progress_bar=False).run([Document(content=FRUIT), Document(content=" ")])

    embedder = HuggingFaceAPIDocumentEmbedder("text_embeddings_inference", {"url": url}, token=None, progress_bar=False)
    documents = embedder.run([Document(content=text) for text in TEXTS])["documents"]
    lengths = [math.hypot(*document.embedding) for document in documents]
    found = [[x / length for x in document.embedding] for document, length in zip(documents, lengths, strict=True)]
    assert all(close(a, b) for a, b in zip(found, vectors, strict=True)) and min(lengths) > 1.01, lengths
    ranker = HuggingFaceTEIRanker(url=url, top_k=2)
    ranked = ranker.run(query=FRUIT, documents=[Document(content=text) for text in [OTHERS[1], OTHERS[0], FRUIT]])
    assert [document.content for document in ranked["documents"]] == [FRUIT, OTHERS[0]], ranked
    assert 1 >= ranked["documents"][0].score > ranked["documents"][1].score > 0, ranked
    print("haystack: OpenAI's embedders, TEI's embedder and ranker")


def check_litellm(url: str) -> None:
    vectors, at = reference(url), {"api_key": "none", "num_retries": 0}
    for model, base in (("openai/e5-small-zh", f"{url}/v1"), ("hosted_vllm/e5-small-zh", f"{url}/v1"), ("infinity/e5-small-zh", url)):
        reply = litellm.embedding(model=model, input=TEXTS, api_base=base, **at)
        assert all(close(item["embedding"], b) for item, b in zip(reply.data, vectors, strict=True)), model
        assert reply.usage.prompt_tokens > 10, (model, reply.usage)
    local = litellm.embedding(model="ollama/e5-small-zh", input=TEXTS, api_base=url)
    assert all(close(item["embedding"], b) for item, b in zip(local.data, vectors, strict=True))

    documents = [OTHERS[1], OTHERS[0], FRUIT]
    for model in ("cohere/e5-small-zh", "jina_ai/e5-small-zh", "hosted_vllm/e5-small-zh"):
        ranked = litellm.rerank(model=model, query=FRUIT, documents=documents, top_n=2, api_base=url, api_key="none")
        assert [result["index"] for result in ranked.results] == [2, 1], (model, ranked)
        counted = ranked.meta.get("billed_units") or ranked.meta.get("tokens")
        assert any(counted.values()), (model, ranked.meta)
    print("litellm: embedding and rerank by OpenAI's, vLLM's, infinity's, Ollama's, Cohere's and Jina's forms")


def check_all(url: str) -> None:
    for check in (check_huggingface, check_langchain, check_llama_index, check_haystack, check_litellm):
        check(url)
