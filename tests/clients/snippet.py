import requests

response = requests.post(
    "http://localhost:5000/similarity",
    json={"sentence_a": "今天天气真不错", "sentence_b": "外面阳光明媚"},
)
result = response.json()
print(f"相似度: {result['similarity']:.2%}")
