//! The gateway's events as `lambda_http` reads them, and its own errors.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use export_gate_local::gateway::{self, Gateway, Invoke, bearer};
use export_gate_local::sagemaker::{Behaviour, SageMaker};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lambda_http::request::LambdaRequest;
use serde_json::{Value, json};

/// Keeps the last event and returns a scripted answer.
fn scripted(outcome: Result<Value, &'static str>) -> (Invoke, Arc<Mutex<Value>>) {
    let last = Arc::new(Mutex::new(Value::Null));
    let kept = last.clone();
    let invoke: Invoke = Arc::new(move |event| {
        *kept.lock().unwrap() = event;
        let outcome = outcome.clone().map_err(str::to_owned);
        Box::pin(async move { outcome })
    });
    (invoke, last)
}

async fn send(request: Request<Full<Bytes>>) -> Response<Bytes> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, body)
}

fn token() -> String {
    bearer(&json!({"client_id": "sample", "sub": "someone", "exp": 1}))
}

#[tokio::test]
async fn a_request_is_a_rest_event() {
    let answer = json!({
        "statusCode": 451,
        "headers": {"Content-Type": "image/png", "Link": "<https://example.com>"},
        "multiValueHeaders": {"link": ["<a>", "<b>"]},
        "body": "AJ+Slg==",
        "isBase64Encoded": true,
    });
    let (invoke, last) = scripted(Ok(answer));
    let gateway = Gateway::start(0, invoke).await.unwrap();
    let url = gateway.url() + "/v1/models/fable-5%401/invocations?a=1&b=x%20y+z&a=2";
    let request = Request::post(url)
        .header("Authorization", token())
        .header("Local-Source-Address", "2001:db8::7")
        .header("X-Forwarded-For", "192.0.2.1")
        .header("X-Many", "one")
        .header("X-Many", "two")
        .header("User-Agent", "test")
        .body(Full::from("hello"))
        .unwrap();
    let answer = send(request).await;

    assert_eq!(answer.status(), 451);
    assert_eq!(answer.headers()["content-type"], "image/png");
    let links: Vec<_> = answer.headers().get_all("link").iter().collect();
    assert_eq!(links, ["<a>", "<b>"]);
    assert!(answer.headers().contains_key("x-amzn-requestid"));
    assert_eq!(answer.body().as_ref(), [0, 159, 146, 150]);

    let event = last.lock().unwrap().clone();
    assert_eq!(event["resource"], "/v1/models/{model}/invocations");
    assert_eq!(event["path"], "/v1/models/fable-5%401/invocations");
    assert_eq!(event["httpMethod"], "POST");
    assert_eq!(event["pathParameters"], json!({"model": "fable-5%401"}));
    assert_eq!(event["queryStringParameters"], json!({"a": "2", "b": "x y z"}));
    assert_eq!(event["multiValueQueryStringParameters"]["a"], json!(["1", "2"]));
    assert_eq!(event["headers"]["x-many"], "two");
    assert_eq!(event["multiValueHeaders"]["x-many"], json!(["one", "two"]));
    assert_eq!(event["headers"]["User-Agent"], "test");
    assert_eq!(event["headers"]["X-Forwarded-For"], "192.0.2.1, 2001:db8::7");
    assert_eq!(event["headers"].get("local-source-address"), None);
    assert_eq!(event["body"], "aGVsbG8=");
    assert_eq!(event["isBase64Encoded"], true);
    let context = &event["requestContext"];
    assert_eq!(context["identity"]["sourceIp"], "2001:db8::7");
    assert_eq!(context["authorizer"]["claims"], json!({"client_id": "sample", "sub": "someone", "exp": "1"}));
    assert_eq!(context["path"], "/local/v1/models/fable-5%401/invocations");
    assert_eq!(context["stage"], "local");
    assert_eq!(context["requestTime"].as_str().unwrap().len(), "09/Apr/2015:12:34:56 +0000".len());

    let LambdaRequest::ApiGatewayV1(read) = serde_json::from_value(event).unwrap() else {
        panic!("not a REST event");
    };
    assert_eq!(read.request_context.identity.source_ip.as_deref(), Some("2001:db8::7"));
    assert_eq!(read.request_context.authorizer.fields["claims"]["sub"], "someone");
}

#[tokio::test]
async fn other_paths_use_the_proxy_and_absent_parts_are_null() {
    let (invoke, last) = scripted(Ok(json!({"statusCode": 404, "body": "no"})));
    let gateway = Gateway::start(0, invoke).await.unwrap();
    for (path, resource, parameters) in [
        ("/v1/health", "/v1/health", Value::Null),
        ("/v1/models//invocations", "/{proxy+}", json!({"proxy": "v1/models//invocations"})),
        ("/v2/%2e%2e/x", "/{proxy+}", json!({"proxy": "v2/%2e%2e/x"})),
    ] {
        let request = Request::get(gateway.url() + path).header("Authorization", token());
        let answer = send(request.body(Full::default()).unwrap()).await;
        assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (404, &b"no"[..]));
        let event = last.lock().unwrap().clone();
        assert_eq!(event["resource"], resource);
        assert_eq!(event["pathParameters"], parameters);
        assert_eq!(event["queryStringParameters"], Value::Null);
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&Value::Null, &json!(false)));
        assert_eq!(event["requestContext"]["identity"]["sourceIp"], "127.0.0.1");
        assert!(serde_json::from_value::<LambdaRequest>(event).is_ok());
    }
}

#[tokio::test]
async fn the_gateway_rejects_malformed_and_unauthorized_requests() {
    let (invoke, last) = scripted(Ok(json!({"statusCode": 200})));
    let gateway = Gateway::start(0, invoke).await.unwrap();
    let url = gateway.url() + "/v1/health";
    let plain = || Request::post(&url).header("Authorization", token());
    let anonymous = Request::post(&url).body(Full::default()).unwrap();
    let unreadable = Request::post(&url).header("Authorization", "Bearer x");
    let elsewhere = plain().header("Local-Source-Address", "here");
    let large = plain().body(Full::from(vec![0; 10 * 1024 * 1024 + 1]));
    for (request, status, message) in [
        (anonymous, 401, "Unauthorized"),
        (unreadable.body(Full::default()).unwrap(), 401, "Unauthorized"),
        (large.unwrap(), 413, "HTTP content length exceeded 10485760 bytes."),
        (elsewhere.body(Full::default()).unwrap(), 400, "Local-Source-Address must be one IPv4 or IPv6 address"),
    ] {
        let answer = send(request).await;
        assert_eq!(answer.status(), status);
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body, json!({"message": message}));
    }
    assert_eq!(*last.lock().unwrap(), Value::Null, "no request reached the function");
}

#[tokio::test]
async fn a_failed_function_is_502() {
    for outcome in [Err("as requested"), Ok(json!({"no": "status"})), Ok(json!({"statusCode": 200, "body": 1}))] {
        let (invoke, _) = scripted(outcome);
        let gateway = Gateway::start(0, invoke).await.unwrap();
        let request = Request::get(gateway.url()).header("Authorization", token());
        let answer = send(request.body(Full::default()).unwrap()).await;
        assert_eq!(answer.status(), 502);
    }
}

#[tokio::test]
async fn a_function_is_invoked_by_url() {
    // Any server that answers a POST will do for a function.
    let function = SageMaker::start(0).await.unwrap();
    let url = function.url() + "/endpoints/export-gate/invocations";
    let gateway = Gateway::start(0, gateway::by_url(&url)).await.unwrap();
    let ask = async || {
        let request = Request::get(gateway.url() + "/v1/models").header("Authorization", token());
        send(request.body(Full::default()).unwrap()).await
    };
    function.next(Behaviour::Answer {
        status: 200,
        content_type: "application/json".to_owned(),
        body: json!({"statusCode": 200, "body": "fine"}).to_string().into(),
    });
    assert_eq!(ask().await.body().as_ref(), b"fine");
    let event: Value = serde_json::from_slice(&function.invocations().all()[0].body).unwrap();
    assert_eq!(event["path"], "/v1/models");

    for behaviour in [Behaviour::InternalFailure, Behaviour::Reset] {
        function.next(behaviour);
        assert_eq!(ask().await.status(), 502);
    }
    function.cut().await;
    assert_eq!(ask().await.status(), 502);
}
