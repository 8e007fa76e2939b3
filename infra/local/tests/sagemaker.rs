//! The SageMaker stand-in through the AWS SDK: answers, typed errors and broken connections.

use std::time::Duration;

use aws_sdk_sagemakerruntime::Client;
use aws_sdk_sagemakerruntime::config::retry::RetryConfig;
use aws_sdk_sagemakerruntime::config::timeout::TimeoutConfig;
use aws_sdk_sagemakerruntime::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sagemakerruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sagemakerruntime::operation::invoke_endpoint::{InvokeEndpointError, InvokeEndpointOutput};
use aws_sdk_sagemakerruntime::primitives::Blob;
use export_gate_local::sagemaker::{Behaviour, SageMaker};
use serde_json::{Value, json};

type Outcome = Result<InvokeEndpointOutput, SdkError<InvokeEndpointError>>;

/// A client without retries, so that one call meets one behaviour.
fn client(sagemaker: &SageMaker) -> Client {
    let config = aws_sdk_sagemakerruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("sample", "sample", None, None, "sample"))
        .endpoint_url(sagemaker.url())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(2)).build())
        .build();
    Client::from_conf(config)
}

async fn invoke(client: &Client) -> Outcome {
    client
        .invoke_endpoint()
        .endpoint_name("fable-5")
        .content_type("text/plain")
        .accept("application/json")
        .body(Blob::new("hello"))
        .send()
        .await
}

/// The service's error and its status.
async fn refused(client: &Client) -> (u16, InvokeEndpointError) {
    let fault = invoke(client).await.expect_err("the stand-in fails");
    let SdkError::ServiceError(error) = fault else {
        unreachable!("{fault:?}");
    };
    (error.raw().status().as_u16(), error.into_err())
}

#[tokio::test]
async fn the_stand_in_echoes_its_endpoint_and_records_requests() {
    let sagemaker = SageMaker::start(0).await.unwrap();
    let client = client(&sagemaker);
    let answer = invoke(&client).await.unwrap();
    assert_eq!(answer.content_type(), Some("application/json"));
    assert_eq!(answer.invoked_production_variant(), Some("AllTraffic"));
    let body: Value = serde_json::from_slice(answer.body().unwrap().as_ref()).unwrap();
    assert_eq!(body["stand_in"], true);
    assert_eq!(body["endpoint"], "fable-5");
    let request = json!({"content_type": "text/plain", "accept": "application/json", "bytes": 5});
    assert_eq!(body["request"], request);

    let invocations = sagemaker.invocations().all();
    assert_eq!(invocations.len(), 1);
    assert_eq!(invocations[0].endpoint, "fable-5");
    assert_eq!(invocations[0].content_type.as_deref(), Some("text/plain"));
    assert_eq!(invocations[0].accept.as_deref(), Some("application/json"));
    assert_eq!(invocations[0].body, "hello");
}

#[tokio::test]
async fn errors_have_the_form_of_the_service() {
    let sagemaker = SageMaker::start(0).await.unwrap();
    let client = client(&sagemaker);

    sagemaker.next(Behaviour::NotReady);
    let (status, error) = refused(&client).await;
    assert_eq!(status, 429);
    assert!(error.is_model_not_ready_exception(), "{error:?}");
    assert!(error.message().is_some());

    sagemaker.next(Behaviour::Throttled);
    let (status, error) = refused(&client).await;
    assert_eq!((status, error.code()), (400, Some("ThrottlingException")));

    sagemaker.next(Behaviour::ModelError { original_status: 507 });
    let (status, error) = refused(&client).await;
    assert_eq!(status, 424);
    let InvokeEndpointError::ModelError(error) = error else {
        unreachable!("{error:?}");
    };
    assert_eq!(error.original_status_code(), Some(507));
    assert!(error.original_message().is_some() && error.log_stream_arn().is_some());

    sagemaker.next(Behaviour::InternalFailure);
    let (status, error) = refused(&client).await;
    assert_eq!(status, 500);
    assert!(error.is_internal_failure(), "{error:?}");

    sagemaker.next(Behaviour::ServiceUnavailable);
    let (status, error) = refused(&client).await;
    assert_eq!(status, 503);
    assert!(error.is_service_unavailable(), "{error:?}");

    assert!(invoke(&client).await.is_ok(), "the queue is used up");
    assert_eq!(sagemaker.invocations().count(), 6);
}

#[tokio::test]
async fn an_endpoint_answers_as_its_container_does() {
    let sagemaker = SageMaker::start(0).await.unwrap();
    let client = client(&sagemaker);
    sagemaker.serve("another", |_| async { Behaviour::NotReady });
    invoke(&client).await.expect("this endpoint has no container");

    sagemaker.serve("fable-5", |invocation| async move {
        let body = format!("{} bytes are too few", invocation.body.len());
        Behaviour::ContainerError { status: 400, body }
    });
    let (status, error) = refused(&client).await;
    assert_eq!(status, 424);
    let InvokeEndpointError::ModelError(error) = error else {
        unreachable!("{error:?}");
    };
    assert_eq!(error.original_status_code(), Some(400));
    assert_eq!(error.original_message(), Some("5 bytes are too few"));
    assert_eq!(error.message(), Some("Received client error (400) from primary with message \"5 bytes are too few\"."));
    assert!(error.log_stream_arn().is_some_and(|log| log.ends_with("/fable-5")), "{error:?}");

    sagemaker.next(Behaviour::Throttled);
    assert_eq!(refused(&client).await.0, 400, "queued behaviours come first");
}

#[tokio::test]
async fn connections_are_reset_and_closed() {
    let sagemaker = SageMaker::start(0).await.unwrap();
    let client = client(&sagemaker);
    sagemaker.next(Behaviour::Hang);
    let hung = invoke(&client).await.unwrap_err();
    assert!(matches!(hung, SdkError::TimeoutError(_)), "{hung:?}");

    for (behaviour, expected) in [(Behaviour::Reset, "ConnectionReset"), (Behaviour::Close, "IncompleteMessage")] {
        sagemaker.next(behaviour);
        let broken = invoke(&client).await.unwrap_err();
        assert!(matches!(broken, SdkError::DispatchFailure(_)), "{broken:?}");
        assert!(format!("{broken:?}").contains(expected), "{broken:?}");
    }

    sagemaker.cut().await;
    let gone = invoke(&client).await.unwrap_err();
    assert!(format!("{gone:?}").contains("ConnectionRefused"), "{gone:?}");
    assert_eq!(sagemaker.invocations().count(), 3);
    sagemaker.mend().await.unwrap();
    invoke(&client).await.unwrap();
}

#[tokio::test]
async fn scripted_answers_are_returned() {
    let sagemaker = SageMaker::start(0).await.unwrap();
    let client = client(&sagemaker);
    let answer =
        Behaviour::Answer { status: 200, content_type: "image/png".to_owned(), body: vec![0, 159, 146, 150].into() };
    sagemaker.always(Behaviour::Delay(Duration::from_millis(50), Box::new(answer)));
    sagemaker.next(Behaviour::TooLarge(7_000_000));
    let large = invoke(&client).await.unwrap();
    assert_eq!(large.body().unwrap().as_ref().len(), 7_000_000);
    let before = std::time::Instant::now();
    let answer = invoke(&client).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(50));
    assert_eq!(answer.content_type(), Some("image/png"));
    assert_eq!(answer.body().unwrap().as_ref(), [0, 159, 146, 150]);
}
