"""code/inference.py of a `sentence-embedding` model: one normalised vector a text.

SageMaker's Hugging Face container has no pipeline for that: `feature-extraction` gives a vector a token. The container
finds this module by its name, and calls `model_fn` once and `predict_fn` for each request; JSON in and out is its own.
PyTorch and transformers are the container's.
"""

import json
from pathlib import Path

# A body may hold very many short texts; memory must not grow with their number.
BATCH = 32


def pooling(folder):
    """How the model was trained to make one vector of many: `mean` or `cls`. Any other would answer nonsense here."""
    path = Path(folder, "1_Pooling", "config.json")
    if not path.exists():
        return "mean"
    config = json.loads(path.read_text(encoding="utf-8"))
    modes = config.get("pooling_mode", [])
    modes = [modes] if isinstance(modes, str) else list(modes)
    modes += [key.removeprefix("pooling_mode_") for key, on in config.items() if on and key.startswith("pooling_mode_")]
    known = {"mean": "mean", "mean_tokens": "mean", "cls": "cls", "cls_token": "cls"}
    if len(modes) != 1 or modes[0] not in known:
        raise ValueError(f"pooling by `{', '.join(map(str, modes))}` is not done here: mean or cls alone")
    return known[modes[0]]


def model_fn(model_dir):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_dir, local_files_only=True)
    model = AutoModel.from_pretrained(model_dir, local_files_only=True).eval()
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    # The tokenizer's own limit can be past what the model has positions for, or absent: then it is astronomic.
    longest = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", 512))
    sentences = Path(model_dir, "sentence_bert_config.json")
    if sentences.exists():
        longest = json.loads(sentences.read_text(encoding="utf-8")).get("max_seq_length") or longest
    return tokenizer, model, longest, pooling(model_dir)


def predict_fn(data, loaded):
    import torch

    texts = data.get("inputs") if isinstance(data, dict) else None
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        # Without the input itself: this sentence goes into logs.
        raise ValueError("`inputs` must be a text, or a list of texts")
    tokenizer, model, longest, mode = loaded
    vectors = []
    with torch.inference_mode():
        for start in range(0, len(texts), BATCH):
            batch = tokenizer(
                texts[start : start + BATCH], padding=True, truncation=True, max_length=longest, return_tensors="pt"
            ).to(model.device)
            tokens = model(**batch).last_hidden_state
            if mode == "cls":
                pooled = tokens[:, 0]
            else:
                mask = batch["attention_mask"].unsqueeze(-1).to(tokens.dtype)
                pooled = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            vectors += torch.nn.functional.normalize(pooled.float(), dim=1).tolist()
    return vectors
