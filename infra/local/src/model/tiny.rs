//! Pure. A BERT with random weights for tests: three words, one layer.

use std::sync::LazyLock;

use candle_core::{DType, Device};
use candle_nn::{VarBuilder, VarMap};
use candle_transformers::models::bert::BertModel;
use serde_json::{Value, json};

use super::archive::Archive;
use crate::sagemaker::Invocation;

pub(super) const HIDDEN: usize = 8;
pub(super) const POSITIONS: usize = 16;
pub(super) const MAX_LENGTH: usize = 12;

/// Random weights, the same throughout a test.
static WEIGHTS: LazyLock<Vec<u8>> = LazyLock::new(weights);

pub(super) fn config() -> Value {
    json!({
        "model_type": "bert",
        "vocab_size": 6,
        "hidden_size": HIDDEN,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "initializer_range": 0.02,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    })
}

/// Its tokenizer pads and truncates to four tokens, which transformers ignores.
fn tokenizer() -> Value {
    let special = |id: u32, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    };
    let token = |id: u32, content: &str| json!({"id": content, "ids": [id], "tokens": [content]});
    let begin = json!({"SpecialToken": {"id": "[CLS]", "type_id": 0}});
    let end = json!({"SpecialToken": {"id": "[SEP]", "type_id": 0}});
    let text = json!({"Sequence": {"id": "A", "type_id": 0}});
    json!({
        "version": "1.0",
        "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": {"strategy": {"Fixed": 4}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"), special(3, "[SEP]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, text, end],
            "pair": [begin, text, end],
            "special_tokens": {"[CLS]": token(2, "[CLS]"), "[SEP]": token(3, "[SEP]")},
        },
        "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100,
                  "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5}},
    })
}

pub(super) fn archive() -> Archive {
    Archive {
        config: config().to_string().into(),
        weights: WEIGHTS.clone(),
        tokenizer: tokenizer().to_string().into(),
        tokenizer_config: Some(json!({"model_max_length": MAX_LENGTH}).to_string().into()),
        brings_code: false,
    }
}

pub(super) fn invocation(body: &str) -> Invocation {
    Invocation {
        endpoint: "tiny-1".to_owned(),
        content_type: Some("application/json".to_owned()),
        accept: None,
        headers: http::HeaderMap::new(),
        body: body.to_owned().into(),
    }
}

fn weights() -> Vec<u8> {
    let weights = VarMap::new();
    let builder = VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu);
    BertModel::load(builder, &serde_json::from_value(config()).unwrap()).unwrap();
    let id = uuid::Uuid::new_v4();
    let file = std::env::temp_dir().join(format!("export-gate-{id}.safetensors"));
    weights.save(&file).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    bytes
}
