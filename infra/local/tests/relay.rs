//! The relay between the AWS SDK and the embedded engine: the effect of each action.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue::{self, S};
use aws_sdk_dynamodb::types::{Put, ReturnValue, TransactWriteItem};
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::relay::{Action, Relay};
use export_gate_local::tables::{Tables, client};
use serde_json::json;

struct Bench {
    _engine: DynamoDb,
    /// Without the relay.
    direct: Client,
    /// Through the relay, without retries and with a time-out of one second.
    client: Client,
    relay: Relay,
}

async fn bench() -> Bench {
    let engine = DynamoDb::memory().await.unwrap();
    let direct = client(engine.url());
    Tables::default().create(&direct).await.unwrap();
    let relay = Relay::start(engine.url()).await.unwrap();
    let hasty = client(&relay.url())
        .config()
        .to_builder()
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(1)).build())
        .build();
    Bench { _engine: engine, direct, client: Client::from_conf(hasty), relay }
}

impl Bench {
    /// The error's code, or a broken connection.
    async fn put(&self, id: &str) -> Result<(), String> {
        let put = self.client.put_item().table_name("callers");
        let done = put.item("id", S(id.into())).send().await;
        done.map(drop).map_err(|fault| match fault.code() {
            Some(code) => code.to_owned(),
            None => format!("{fault:?}"),
        })
    }

    async fn is_there(&self, id: &str) -> bool {
        is_there(&self.direct, id).await
    }
}

async fn is_there(client: &Client, id: &str) -> bool {
    let read = client.get_item().table_name("callers").consistent_read(true);
    read.key("id", S(id.into())).send().await.unwrap().item.is_some()
}

#[tokio::test]
async fn without_rules_requests_pass_and_are_recorded() {
    let bench = bench().await;
    bench.put("a").await.unwrap();
    assert!(is_there(&bench.client, "a").await);
    let item = Put::builder().table_name("usage").item("licence", S("l".into()));
    let item = item.item("model", S("*".into())).build().unwrap();
    let write = TransactWriteItem::builder().put(item).build();
    let transaction = bench.client.transact_write_items().transact_items(write);
    transaction.send().await.unwrap();

    assert_eq!(bench.relay.operations(), ["PutItem", "GetItem", "TransactWriteItems"]);
    let seen = bench.relay.seen().all();
    assert_eq!(seen[0].body["Item"], json!({"id": {"S": "a"}}));
    assert!(seen[0].touches("callers") && !seen[0].touches("usage"));
    assert!(seen[2].touches("usage") && !seen[2].touches("callers"));
    bench.relay.seen().clear();
    bench.put("b").await.unwrap();
    assert_eq!(bench.relay.seen().all()[0].count, 1);
}

#[tokio::test]
async fn connections_break_before_or_after_the_write() {
    let bench = bench().await;
    bench.relay.rule(|seen| match seen.count {
        1 => Action::Refuse,
        2 => Action::LoseAnswer,
        3 => Action::Hang,
        4 => Action::HangAfter,
        _ => Action::Forward,
    });
    for (id, expected, written) in [
        ("refused", "IncompleteMessage", false),
        ("lost", "IncompleteMessage", true),
        ("hung", "TimeoutError", false),
        ("hung after", "TimeoutError", true),
    ] {
        let fault = bench.put(id).await.unwrap_err();
        assert!(fault.contains(expected), "{id}: {fault}");
        assert_eq!(bench.is_there(id).await, written, "{id}");
    }
    bench.put("passed").await.unwrap();
}

#[tokio::test]
async fn a_truncated_answer_fails_after_the_write() {
    let bench = bench().await;
    bench.relay.rule(|seen| if seen.count == 1 { Action::Truncate } else { Action::Forward });
    bench.put("truncated").await.unwrap_err();
    assert!(bench.is_there("truncated").await);
    bench.put("passed").await.unwrap();
}

#[tokio::test]
async fn a_duplicate_runs_twice_and_is_answered_once() {
    let bench = bench().await;
    bench.relay.rule(|_| Action::Duplicate);
    let add = bench.client.update_item().table_name("usage").key("licence", S("l".into())).key("model", S("*".into()));
    let add =
        add.update_expression("ADD leased :one").expression_attribute_values(":one", AttributeValue::N("1".into()));
    let answer = add.return_values(ReturnValue::UpdatedNew).send().await.unwrap();
    assert_eq!(answer.attributes.unwrap()["leased"], AttributeValue::N("1".into()));
    let read = bench.direct.get_item().table_name("usage").key("licence", S("l".into())).key("model", S("*".into()));
    assert_eq!(read.send().await.unwrap().item.unwrap()["leased"], AttributeValue::N("2".into()));
}

#[tokio::test]
async fn errors_have_the_form_of_dynamodb() {
    let bench = bench().await;
    bench.relay.rule(|seen| match seen.count {
        1 => Action::throttled(),
        2 => Action::internal_error(),
        3 => Action::access_denied(),
        _ => Action::error(400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "x"),
    });
    for code in [
        "ProvisionedThroughputExceededException",
        "InternalServerError",
        "AccessDeniedException",
        "ResourceNotFoundException",
    ] {
        assert_eq!(bench.put("x").await.unwrap_err(), code);
    }
    bench.relay.forward();
    bench.put("x").await.unwrap();
}

#[tokio::test]
async fn answers_are_rewritten() {
    let bench = bench().await;
    bench.put("a").await.unwrap();
    bench.relay.rule(|seen| {
        let keys = seen.body["RequestItems"].clone();
        Action::rewrite(move |mut answer| {
            answer["Responses"] = json!({"callers": [{"id": {"S": "some rather longer id than that"}}]});
            answer["UnprocessedKeys"] = keys;
            answer
        })
    });
    let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder()
        .keys([("id".to_owned(), S("a".into()))].into())
        .build()
        .unwrap();
    let read = bench.client.batch_get_item().request_items("callers", keys);
    let answer = read.send().await.unwrap();
    let id: &AttributeValue = &answer.responses().unwrap()["callers"][0]["id"];
    assert_eq!(id, &S("some rather longer id than that".into()));
    assert!(answer.unprocessed_keys().unwrap().contains_key("callers"));
    assert!(bench.relay.seen().all()[1].touches("callers"));
}

#[tokio::test]
async fn a_hook_runs_before_the_answer_arrives() {
    let bench = bench().await;
    let wrote = Arc::new(AtomicBool::new(false));
    let (direct, flag) = (bench.direct.clone(), wrote.clone());
    bench.relay.rule(move |seen| {
        if seen.operation != "GetItem" {
            return Action::Forward;
        }
        let (direct, flag) = (direct.clone(), flag.clone());
        Action::then(async move || {
            let put = direct.put_item().table_name("callers");
            put.item("id", S("a".into())).send().await.unwrap();
            flag.store(true, Ordering::SeqCst);
        })
    });
    assert!(!is_there(&bench.client, "a").await, "the read came before the write");
    assert!(wrote.load(Ordering::SeqCst));
    assert!(is_there(&bench.client, "a").await);
}

#[tokio::test]
async fn the_relay_is_disconnected_and_reconnected() {
    let bench = bench().await;
    bench.relay.rule(|_| Action::Hang);
    let hung = bench.put("a");
    let cut = async {
        let seen = bench.relay.seen().wait(Duration::from_secs(5), |seen| seen.len() == 1);
        seen.await;
        bench.relay.cut().await;
    };
    let (hung, ()) = tokio::join!(hung, cut);
    assert!(hung.unwrap_err().contains("DispatchFailure"), "open connections are closed");
    let fault = bench.put("b").await.unwrap_err();
    assert!(fault.contains("ConnectionRefused"), "{fault}");
    bench.relay.mend().await.unwrap();
    bench.relay.rule(|_| Action::Delay(Duration::from_millis(20)));
    bench.put("c").await.unwrap();
}
