"""The service that yuyi is compared with: Flask and PyTorch, the usual way to put such a model behind HTTP.

gunicorn starts it; the folder is in MODEL, the threads of a worker in TORCH_THREADS.
"""

import os

import torch
from flask import Flask, jsonify, request
from transformers import AutoTokenizer, BertModel

torch.set_num_threads(int(os.environ["TORCH_THREADS"]))
tokenizer = AutoTokenizer.from_pretrained(os.environ["MODEL"])
model = BertModel.from_pretrained(os.environ["MODEL"], add_pooling_layer=False, dtype=torch.float32).eval()
app = Flask(__name__)


@app.post("/similarity")
def similarity():
    pair = request.get_json()
    texts = [pair["sentence_a"], pair["sentence_b"]]
    batch = tokenizer(texts, padding=True, truncation=True, max_length=512, return_tensors="pt")
    with torch.inference_mode():
        a, b = torch.nn.functional.normalize(model(**batch).last_hidden_state[:, 0], dim=1)
    return jsonify(sentence_a=texts[0], sentence_b=texts[1], similarity=float(a @ b), status="success")
