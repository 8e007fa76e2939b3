//! Pure. Runs a BERT with its tokenizer: computes a text's last hidden states.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde_json::Value;
use tokenizers::{Tokenizer, TruncationParams};

use super::archive::Archive;

/// The model, ready to run.
pub(super) struct Bert {
    model: BertModel,
    whole: Tokenizer,
    truncating: Tokenizer,
    /// The maximum number of tokens.
    positions: usize,
    /// Whether its archive has code, which is not run here.
    pub(super) brings_code: bool,
}

/// Why the files of a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BertFault {
    /// Another architecture, for example.
    #[error("`config.json` is not that of a `bert` model, which the local stack requires")]
    Config(#[source] serde_json::Error),
    /// Another `model_type`.
    #[error("`config.json` has the `model_type` `{0}`; the local stack runs only `bert`")]
    Architecture(String),
    /// The hidden states are not divisible by the heads.
    #[error("`config.json` has {hidden} hidden states, which are not divisible by {heads} heads")]
    Heads {
        /// `hidden_size`.
        hidden: usize,
        /// `num_attention_heads`.
        heads: usize,
    },
    /// Tensors are missing or have other shapes than the configuration.
    #[error("`model.safetensors` does not fit `config.json`")]
    Weights(#[source] candle_core::Error),
    /// Not the file of a fast tokenizer.
    #[error("`tokenizer.json` is invalid")]
    Tokenizer(#[source] tokenizers::Error),
    /// Not JSON.
    #[error("`tokenizer_config.json` is invalid")]
    TokenizerConfig(#[source] serde_json::Error),
}

/// Why a text has no features.
#[derive(Debug, thiserror::Error)]
pub(super) enum EmbedFault {
    #[error(
        "a text has {tokens} tokens, but the model's limit is {most}; to truncate it, send \
         `\"parameters\": {{\"truncation\": true}}`"
    )]
    TooLong { tokens: usize, most: usize },
    // Without its source, which could quote the text.
    #[error("a text cannot be split into tokens")]
    Tokenize,
    #[error("the model failed")]
    Run(#[source] candle_core::Error),
}

impl From<candle_core::Error> for EmbedFault {
    fn from(error: candle_core::Error) -> Self {
        EmbedFault::Run(bare(error))
    }
}

impl Bert {
    pub(super) fn load(archive: Archive) -> Result<Bert, BertFault> {
        let config: Config = serde_json::from_slice(&archive.config).map_err(BertFault::Config)?;
        if let Some(other) = config.model_type.as_deref().filter(|kind| *kind != "bert") {
            return Err(BertFault::Architecture(other.to_owned()));
        }
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        if hidden.checked_rem(heads) != Some(0) {
            return Err(BertFault::Heads { hidden, heads });
        }
        let weights = VarBuilder::from_buffered_safetensors(archive.weights, DType::F32, &Device::Cpu);
        let model = weights.and_then(|weights| BertModel::load(weights, &config));
        let model = model.map_err(|error| BertFault::Weights(bare(error)))?;

        // As in transformers, the file's padding and truncation are ignored.
        let mut whole = Tokenizer::from_bytes(&archive.tokenizer).map_err(BertFault::Tokenizer)?;
        whole.with_padding(None).with_truncation(None).map_err(BertFault::Tokenizer)?;
        let mut truncating = whole.clone();
        if let Some(max_length) = max_length(archive.tokenizer_config.as_deref())? {
            let cut = TruncationParams { max_length, ..TruncationParams::default() };
            truncating.with_truncation(Some(cut)).map_err(BertFault::Tokenizer)?;
        }
        Ok(Bert {
            model,
            whole,
            truncating,
            positions: config.max_position_embeddings,
            brings_code: archive.brings_code,
        })
    }

    /// A vector for each token, including the special first and last ones.
    pub(super) fn embed(&self, text: &str, truncation: bool) -> Result<Vec<Vec<f32>>, EmbedFault> {
        let tokenizer = if truncation { &self.truncating } else { &self.whole };
        let tokens = tokenizer.encode(text, true).map_err(|_| EmbedFault::Tokenize)?;
        if tokens.len() > self.positions {
            return Err(EmbedFault::TooLong { tokens: tokens.len(), most: self.positions });
        }
        let ids = Tensor::new(tokens.get_ids(), &Device::Cpu)?.unsqueeze(0)?;
        let types = Tensor::new(tokens.get_type_ids(), &Device::Cpu)?.unsqueeze(0)?;
        Ok(self.model.forward(&ids, &types, None)?.squeeze(0)?.to_vec2()?)
    }
}

/// Removes the backtrace that candle adds to a message with `RUST_BACKTRACE`.
fn bare(error: candle_core::Error) -> candle_core::Error {
    if let candle_core::Error::WithBacktrace { inner, .. } = error { bare(*inner) } else { error }
}

/// `model_max_length`; 10^30 means no limit.
fn max_length(tokenizer_config: Option<&[u8]>) -> Result<Option<usize>, BertFault> {
    let Some(json) = tokenizer_config else {
        return Ok(None);
    };
    let config: Value = serde_json::from_slice(json).map_err(BertFault::TokenizerConfig)?;
    Ok(config["model_max_length"].as_u64().and_then(|length| length.try_into().ok()))
}

#[cfg(test)]
mod tests {
    use super::super::tiny;
    use super::*;

    #[test]
    fn a_text_has_a_vector_for_each_token() {
        let bert = Bert::load(tiny::archive()).unwrap();
        for (text, tokens) in [("", 2), ("a", 3), ("a b c", 5), ("something unknown", 4)] {
            let vectors = bert.embed(text, false).unwrap();
            assert_eq!(vectors.len(), tokens, "{text}");
            assert!(vectors.iter().all(|vector| vector.len() == tiny::HIDDEN), "{text}");
        }
        let [one, same, other] = ["a b", "A  B", "b a"].map(|text| bert.embed(text, false).unwrap());
        assert_eq!(one, same, "the model ignores case");
        assert_ne!(one, other, "positions count");
    }

    #[test]
    fn a_long_text_is_cut_when_that_is_asked_for() {
        let bert = Bert::load(tiny::archive()).unwrap();
        let text = "a ".repeat(tiny::POSITIONS);
        let fault = bert.embed(&text, false).unwrap_err().to_string();
        assert!(fault.contains("18 tokens, but the model's limit is 16"), "{fault}");
        assert_eq!(bert.embed(&text, true).unwrap().len(), tiny::MAX_LENGTH);
    }

    #[test]
    fn inconsistent_files_are_reported() {
        let error = |archive| Bert::load(archive).err().unwrap().to_string();
        let edited = |from: &str, to: &str| {
            let config = tiny::config().to_string();
            assert!(config.contains(from), "{from}");
            Archive { config: config.replace(from, to).into(), ..tiny::archive() }
        };
        for (from, to, begins) in [
            (r#""bert""#, r#""gpt2""#, "`config.json` has the `model_type` `gpt2`"),
            (r#""vocab_size":"#, r#""n_vocab":"#, "`config.json` is not that of a `bert` model"),
            (
                r#""num_attention_heads":2"#,
                r#""num_attention_heads":3"#,
                "`config.json` has 8 hidden states, which are not divisible by 3",
            ),
            (
                r#""num_attention_heads":2"#,
                r#""num_attention_heads":0"#,
                "`config.json` has 8 hidden states, which are not divisible by 0",
            ),
            (r#""num_hidden_layers":1"#, r#""num_hidden_layers":2"#, "`model.safetensors` does not fit"),
            (r#""intermediate_size":16"#, r#""intermediate_size":17"#, "`model.safetensors` does not fit"),
        ] {
            let error = error(edited(from, to));
            assert!(error.starts_with(begins), "{error}");
        }
        let of_tokenizer = error(Archive { tokenizer: b"{}".to_vec(), ..tiny::archive() });
        assert!(of_tokenizer.starts_with("`tokenizer.json`"), "{of_tokenizer}");
        let of_weights = error(Archive { weights: b"none".to_vec(), ..tiny::archive() });
        assert!(of_weights.starts_with("`model.safetensors`"), "{of_weights}");
    }

    #[test]
    fn errors_have_no_backtrace() {
        let inner = Box::new(candle_core::Error::Msg("no".to_owned()));
        let backtrace = Box::new(std::backtrace::Backtrace::force_capture());
        assert_eq!(bare(candle_core::Error::WithBacktrace { inner, backtrace }).to_string(), "no");
    }

    #[test]
    fn an_invalid_maximum_length_truncates_nothing() {
        for (json, length) in
            [(r#"{"model_max_length": 512}"#, Some(512)), (r#"{"model_max_length": 1e30}"#, None), ("{}", None)]
        {
            assert_eq!(max_length(Some(json.as_bytes())).unwrap(), length, "{json}");
        }
        assert_eq!(max_length(None).unwrap(), None);
        assert!(max_length(Some(b"no")).is_err());
    }
}
