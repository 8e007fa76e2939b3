//! The real all-MiniLM-L6-v2 behind its endpoint, through the AWS SDK, compared with transformers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use aws_sdk_sagemakerruntime::Client;
use aws_sdk_sagemakerruntime::config::retry::RetryConfig;
use aws_sdk_sagemakerruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::InvokeEndpointError;
use aws_sdk_sagemakerruntime::primitives::Blob;
use export_gate_local::model::Model;
use export_gate_local::sagemaker::SageMaker;
use serde_json::{Value, json};

/// The answer of transformers.
struct Reference {
    text: &'static str,
    tokens: usize,
    /// The first numbers of the first token.
    first: [f64; 4],
    /// The last numbers of the last token.
    last: [f64; 4],
    /// The norm of all numbers as one vector.
    length: f64,
}

/// By the pipeline `feature-extraction` of transformers 5.23.0 with torch 2.15.0, on 2026-11-24.
const REFERENCES: [Reference; 3] = [
    Reference {
        text: "Hello",
        tokens: 3,
        first: [0.162294, 0.042873, 0.067301, 0.224312],
        last: [0.902476, 0.157141, 0.891074, -0.323023],
        length: 17.016439,
    },
    Reference {
        text: "A US citizen asks from the US.",
        tokens: 10,
        first: [0.212513, 0.146497, -0.063699, -0.025388],
        last: [0.244977, 0.039319, 0.283893, 0.042784],
        length: 25.191607,
    },
    Reference {
        text: "Naïve café: ☕ déjà vu, 東京 & unbelievability!",
        tokens: 19,
        first: [0.511532, -0.147501, 0.72143, -0.049758],
        last: [0.052891, 0.262695, -0.733989, -0.00438],
        length: 33.938285,
    },
];

const HIDDEN: usize = 384;

#[tokio::test]
#[ignore = "needs the model.tar.gz of all-MiniLM-L6-v2, which MODEL_ARCHIVE names"]
async fn embeddings_equal_those_of_transformers() {
    let sagemaker = serving().await;
    let client = client(&sagemaker);
    for Reference { text, tokens, first, last, length } in REFERENCES {
        let answer = features(&client, &json!({"inputs": text})).await;
        let [ref vectors] = answer[..] else { panic!("{text}: {} instead of 1", answer.len()) };
        assert_eq!(vectors.len(), tokens, "{text}");
        assert!(vectors.iter().all(|vector| vector.len() == HIDDEN), "{text}");
        assert!(near(&vectors[0][..4], &first), "{text}: {:?}", &vectors[0][..4]);
        assert!(near(&vectors[tokens - 1][HIDDEN - 4..], &last), "{text}: {:?}", &vectors[tokens - 1][HIDDEN - 4..]);
        let found = vectors.iter().flatten().map(|number| number * number).sum::<f64>().sqrt();
        assert!(near(&[found], &[length]), "{text}: {found}");
    }
}

#[tokio::test]
#[ignore = "needs the model.tar.gz of all-MiniLM-L6-v2, which MODEL_ARCHIVE names"]
async fn limits_equal_those_of_the_container() {
    let sagemaker = serving().await;
    let client = client(&sagemaker);
    let long = "word ".repeat(600);
    let cut = features(&client, &json!({"inputs": long, "parameters": {"truncation": true}})).await;
    assert_eq!(cut[0].len(), 512);
    let fault = invoke(&client, &json!({"inputs": long})).await.unwrap_err();
    let InvokeEndpointError::ModelError(error) = fault else { panic!("{fault:?}") };
    assert_eq!(error.original_status_code(), Some(400));
    let body: Value = serde_json::from_str(error.original_message().unwrap()).unwrap();
    assert!(
        body["message"].as_str().unwrap().starts_with("a text has 602 tokens, but the model's limit is 512"),
        "{body}"
    );
}

async fn serving() -> SageMaker {
    let archive = std::env::var_os("MODEL_ARCHIVE").expect("MODEL_ARCHIVE names no model.tar.gz; `make test` does");
    let model = Model::load(archive.into());
    model.ready().await.unwrap();
    let sagemaker = SageMaker::start(0).await.unwrap();
    sagemaker.serve("minilm-1", move |invocation| model.clone().invoke(invocation));
    sagemaker
}

fn client(sagemaker: &SageMaker) -> Client {
    let config = aws_sdk_sagemakerruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("sample", "sample", None, None, "sample"))
        .endpoint_url(sagemaker.url())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

async fn invoke(client: &Client, request: &Value) -> Result<Vec<u8>, InvokeEndpointError> {
    let call = client.invoke_endpoint().endpoint_name("minilm-1").content_type("application/json");
    let answer = call.body(Blob::new(request.to_string())).send().await.map_err(|fault| fault.into_service_error())?;
    assert_eq!(answer.content_type(), Some("application/json"));
    Ok(answer.body.unwrap().into_inner())
}

/// The features of one text: 1 × tokens × hidden states.
async fn features(client: &Client, request: &Value) -> Vec<Vec<Vec<f64>>> {
    serde_json::from_slice(&invoke(client, request).await.unwrap()).unwrap()
}

fn near(found: &[f64], expected: &[f64]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-5)
}
