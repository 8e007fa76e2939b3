//! Pure. The task `feature-extraction` of the Hugging Face inference container: `{"inputs": …, "parameters": …}` in, nested
//! lists of numbers out, and 400 for every error.
//!
//! It supports only JSON, and does not run an archive's code.

use export_gate::error_chain::ErrorChain;
use serde_json::{Value, json};

use super::bert::{Bert, EmbedFault};
use crate::sagemaker::{Behaviour, Invocation};

const JSON: &str = "application/json";

/// One text's features, nested as 1 × tokens × hidden states.
type Features = [Vec<Vec<f64>>; 1];

/// An error with status 400 for the caller. It never quotes the text.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("content type `{0}` is not supported; send `{JSON}`")]
    ContentType(String),
    #[error("`{0}` is not supported; accept `{JSON}`")]
    Accept(String),
    #[error("the body is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("`inputs` must be a text or a non-empty list of texts")]
    Inputs,
    #[error("`parameters` must be an object")]
    Parameters,
    #[error("`truncation` must be true, false, `longest_first`, `only_first` or `do_not_truncate`")]
    Truncation,
    #[error("the local stack does not support `tokenize_kwargs`; send `truncation` directly in `parameters`")]
    TokenizeKwargs,
    #[error(transparent)]
    Embed(#[from] EmbedFault),
    #[error("the model's numbers are not finite")]
    NotFinite,
}

/// Runs the model on an invocation, and blocks until it ends.
pub(super) fn answer(bert: &Bert, invocation: &Invocation) -> Behaviour {
    match extract(bert, invocation) {
        Ok(body) => Behaviour::Answer { status: 200, content_type: JSON.to_owned(), body: body.into() },
        Err(refusal) => Behaviour::ContainerError { status: 400, body: error_body(&refusal) },
    }
}

fn extract(bert: &Bert, invocation: &Invocation) -> Result<Vec<u8>, Refusal> {
    // The container compares literally: a charset makes another type.
    let content_type = invocation.content_type.as_deref().unwrap_or_default();
    if content_type != JSON {
        return Err(Refusal::ContentType(content_type.to_owned()));
    }
    let accept = invocation.accept.as_deref().filter(|accept| !matches!(*accept, "" | "*/*" | JSON));
    if let Some(other) = accept {
        return Err(Refusal::Accept(other.to_owned()));
    }
    let request: Value = serde_json::from_slice(&invocation.body).map_err(Refusal::NotJson)?;
    let truncation = truncation(&request["parameters"])?;
    let features = |text: &Value| features(bert, text.as_str().ok_or(Refusal::Inputs)?, truncation);
    let inputs = &request["inputs"];
    let answer = match inputs.as_array() {
        Some(texts) if texts.is_empty() => return Err(Refusal::Inputs),
        Some(texts) => serde_json::to_vec(&texts.iter().map(features).collect::<Result<Vec<_>, _>>()?),
        None => serde_json::to_vec(&features(inputs)?),
    };
    Ok(answer.expect("lists of numbers can be written"))
}

/// Runs texts one by one, as the container does, so that none is padded.
fn features(bert: &Bert, text: &str, truncation: bool) -> Result<Features, Refusal> {
    let vectors = bert.embed(text, truncation)?;
    if vectors.iter().flatten().any(|number| !number.is_finite()) {
        return Err(Refusal::NotFinite);
    }
    // As 64-bit numbers, as in Python, so that answers have the same length.
    Ok([vectors.into_iter().map(|vector| vector.into_iter().map(f64::from).collect()).collect()])
}

/// The only parameter with an effect; the container ignores unknown ones.
fn truncation(parameters: &Value) -> Result<bool, Refusal> {
    if parameters.is_null() {
        return Ok(false);
    }
    let parameters = parameters.as_object().ok_or(Refusal::Parameters)?;
    if parameters.contains_key("tokenize_kwargs") {
        return Err(Refusal::TokenizeKwargs);
    }
    match parameters.get("truncation") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(truncation)) => Ok(*truncation),
        Some(Value::String(strategy)) => match strategy.as_str() {
            "longest_first" | "only_first" => Ok(true),
            "do_not_truncate" => Ok(false),
            _ => Err(Refusal::Truncation),
        },
        Some(_) => Err(Refusal::Truncation),
    }
}

/// The container's model server uses this type for a caller's error too.
fn error_body(refusal: &Refusal) -> String {
    let answer = json!({"code": 400, "type": "InternalServerException", "message": ErrorChain(refusal).to_string()});
    format!("{answer:#}\n")
}

#[cfg(test)]
mod tests {
    use super::super::tiny;
    use super::*;

    fn answered(body: &str) -> Result<Value, String> {
        answered_to(&tiny::invocation(body))
    }

    fn answered_to(invocation: &Invocation) -> Result<Value, String> {
        let behaviour = answer(&Bert::load(tiny::archive()).unwrap(), invocation);
        if let Behaviour::ContainerError { status: 400, body } = behaviour {
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((&body["code"], &body["type"]), (&json!(400), &json!("InternalServerException")));
            return Err(body["message"].as_str().unwrap().to_owned());
        }
        let Behaviour::Answer { status: 200, content_type, body } = behaviour else { unreachable!("{behaviour:?}") };
        assert_eq!(content_type, JSON);
        Ok(serde_json::from_slice(&body).unwrap())
    }

    /// The lengths of the lists, from the outermost in.
    fn shape(mut value: &Value) -> Vec<usize> {
        let mut lengths = Vec::new();
        while let Value::Array(list) = value {
            lengths.push(list.len());
            value = &list[0];
        }
        assert!(value.is_number(), "{value}");
        lengths
    }

    #[test]
    fn answers_are_nested_as_the_pipeline_nests_them() {
        let one = answered(r#"{"inputs": "a b"}"#).unwrap();
        assert_eq!(shape(&one), [1, 4, tiny::HIDDEN]);
        let of_one = answered(r#"{"inputs": ["a b"]}"#).unwrap();
        assert_eq!(shape(&of_one), [1, 1, 4, tiny::HIDDEN]);
        let two = answered(r#"{"inputs": ["a", "a b"]}"#).unwrap();
        assert_eq!([shape(&two[0]), shape(&two[1])], [[1, 3, tiny::HIDDEN], [1, 4, tiny::HIDDEN]]);
        // No text is padded or changes another.
        assert_eq!((&of_one[0], &two[1]), (&one, &one));
    }

    #[test]
    fn parameters_are_read_as_the_container_reads_them() {
        let long = "a ".repeat(tiny::POSITIONS);
        let asked = |parameters: Value| answered(&json!({"inputs": long, "parameters": parameters}).to_string());
        for cut in [json!({"truncation": true}), json!({"truncation": "longest_first", "return_tensors": true})] {
            assert_eq!(shape(&asked(cut).unwrap()), [1, tiny::MAX_LENGTH, tiny::HIDDEN]);
        }
        for (parameters, expected) in [
            (json!(null), "18 tokens"),
            (json!({}), "18 tokens"),
            (json!({"max_length": 8}), "18 tokens"),
            (json!({"truncation": false}), "18 tokens"),
            (json!({"truncation": null}), "18 tokens"),
            (json!({"truncation": "do_not_truncate"}), "18 tokens"),
            (json!({"truncation": 1}), "`truncation` must be"),
            (json!({"truncation": "bogus"}), "`truncation` must be"),
            (json!({"tokenize_kwargs": {"truncation": true}}), "`tokenize_kwargs`"),
            (json!([true]), "`parameters` must be"),
        ] {
            let message = asked(parameters.clone()).unwrap_err();
            assert!(message.contains(expected), "{parameters}: {message}");
        }
    }

    #[test]
    fn bodies_without_inputs_are_refused() {
        for (body, expected) in [
            ("", "not JSON"),
            ("{\"inputs\": ", "not JSON"),
            (r#""a""#, "`inputs` must be"),
            (r#"["a"]"#, "`inputs` must be"),
            ("{}", "`inputs` must be"),
            (r#"{"prompt": "a"}"#, "`inputs` must be"),
            (r#"{"inputs": null}"#, "`inputs` must be"),
            (r#"{"inputs": 3}"#, "`inputs` must be"),
            (r#"{"inputs": []}"#, "`inputs` must be"),
            (r#"{"inputs": ["a", 3]}"#, "`inputs` must be"),
        ] {
            let message = answered(body).unwrap_err();
            assert!(message.contains(expected), "{body}: {message}");
        }
    }

    #[test]
    fn other_media_types_are_refused() {
        for (content_type, expected) in
            [(None, "``"), (Some("text/csv"), "`text/csv`"), (Some("application/json; charset=utf-8"), "charset")]
        {
            let content_type = content_type.map(str::to_owned);
            let message =
                answered_to(&Invocation { content_type, ..tiny::invocation(r#"{"inputs": "a"}"#) }).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        let accepting = |accept: &str| {
            answered_to(&Invocation { accept: Some(accept.to_owned()), ..tiny::invocation(r#"{"inputs": "a"}"#) })
        };
        assert!(accepting("application/x-npy").unwrap_err().contains("`application/x-npy`"));
        for accept in ["", "*/*", JSON] {
            accepting(accept).unwrap();
        }
    }
}
