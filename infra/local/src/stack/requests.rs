//! I/O. Sends the three sample requests, prints them as curl commands, and checks their answers.

use bytes::Bytes;
use console::style;
use export_gate::terms::ModelName;
use export_gate_local::client::Client;
use export_gate_local::gateway::bearer;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use super::failure::Failure;

/// One request of the sample application, and its expected answer.
struct Sample {
    caller: &'static str,
    end_user: &'static str,
    source: &'static str,
    status: StatusCode,
    code: Option<&'static str>,
}

/// The requested model and the body.
struct Target<'a> {
    model: &'a str,
    body: Value,
    /// Whether a real model runs behind it.
    is_real: bool,
}

const CLIENT: &str = "sample-us-app";

/// The gateway's `SOURCE_ADDRESS` capitalized as usual.
const SOURCE: &str = "Local-Source-Address";

const IN_THE_US: &str = "12.0.0.1";
const IN_CUBA: &str = "152.206.1.1";

/// Each differs from the first in one thing.
const SAMPLES: [Sample; 3] = [
    Sample {
        caller: "a US citizen in the US",
        end_user: "sample-us-citizen",
        source: IN_THE_US,
        status: StatusCode::OK,
        code: None,
    },
    Sample {
        caller: "a foreign person in the US",
        end_user: "sample-foreign-employee",
        source: IN_THE_US,
        status: StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
        code: Some("embargo.foreign-person"),
    },
    Sample {
        caller: "a US citizen in Cuba",
        end_user: "sample-us-citizen",
        source: IN_CUBA,
        status: StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
        code: Some("embargo.destination"),
    },
];

/// The printed headers.
const PRINTED_HEADERS: [&str; 5] = ["Content-Type", "Decision-Id", "Model-Version", "Link", "Retry-After"];

/// Sends and prints all requests, then returns an error for the first wrong answer.
pub(super) async fn run(gateway: &str, real: Option<&ModelName>) -> Result<(), Failure> {
    let target = Target::of(real);
    let mut unexpected = None;
    for (number, sample) in (1..).zip(&SAMPLES) {
        let headers = sample.headers();
        let url = format!("{gateway}/v1/models/{}/invocations", target.model);
        let body = target.body.to_string();
        println!("{}\n", style(format!("{number}. {} for {}", target.model, sample.caller)).bold());
        println!("{}\n", curl(&url, &headers, &body));

        let mut request = Request::post(&url);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let answer = send(request.body(Full::from(body)).expect("a sample is a request")).await?;
        println!("{}\n", display(&answer));
        unexpected = unexpected.or(sample.check(&target, &answer));
    }
    unexpected.map_or(Ok(()), Err)
}

/// The gate's health.
pub(super) async fn health(gateway: &str) -> Result<Response<Bytes>, Failure> {
    let request = Request::get(format!("{gateway}/v1/health")).header("Authorization", token());
    send(request.body(Full::default()).expect("a plain GET")).await
}

impl Target<'_> {
    fn of(real: Option<&ModelName>) -> Target<'_> {
        match real {
            Some(model) => {
                Target { model: model.as_str(), body: json!({"inputs": "Who may ask this model?"}), is_real: true }
            }
            None => Target { model: "mythos-5", body: json!({"prompt": "Hello"}), is_real: false },
        }
    }

    /// Whether the body is an answer of this model.
    fn answered(&self, body: &Value) -> bool {
        if self.is_real { features(body).is_some() } else { body["stand_in"] == true }
    }
}

impl Sample {
    fn headers(&self) -> [(&'static str, String); 4] {
        [
            ("Authorization", token()),
            ("End-User", self.end_user.to_owned()),
            (SOURCE, self.source.to_owned()),
            ("Content-Type", "application/json".to_owned()),
        ]
    }

    /// Returns an error for an unexpected answer.
    fn check(&self, target: &Target<'_>, answer: &Response<Bytes>) -> Option<Failure> {
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let code = body["error"]["code"].as_str();
        // An answer without a code must be the model's.
        let right = answer.status() == self.status && code == self.code && (code.is_some() || target.answered(&body));
        let text = |status: StatusCode, code: Option<&str>| {
            let code = code.map(|code| format!(" `{code}`"));
            format!("{}{}", status.as_str(), code.unwrap_or_default())
        };
        (!right).then(|| Failure::Unexpected {
            caller: self.caller,
            expected: text(self.status, self.code),
            got: text(answer.status(), code),
        })
    }
}

fn token() -> String {
    bearer(&json!({"client_id": CLIENT}))
}

async fn send(request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failure> {
    let uri = request.uri().to_string();
    Client::default().send(request).await.map_err(|source| Failure::Unanswered(uri, source))
}

/// The request as a curl command to paste. No value has a quote.
fn curl(url: &str, headers: &[(&str, String)], body: &str) -> String {
    let mut line = format!("curl -i {url}");
    for (name, value) in headers {
        line += &format!(" \\\n  -H '{name}: {value}'");
    }
    line + &format!(" \\\n  -d '{body}'")
}

/// The status, the main headers and the body.
fn display(answer: &Response<Bytes>) -> String {
    let status = style(answer.status());
    let status = if answer.status().is_success() { status.green() } else { status.red() };
    let mut text = status.bold().to_string();
    for name in PRINTED_HEADERS {
        for value in answer.headers().get_all(name) {
            text += &format!("\n{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
    }
    let body = match serde_json::from_slice::<Value>(answer.body()) {
        Ok(body) => features(&body).unwrap_or_else(|| format!("{body:#}")),
        Err(_) => String::from_utf8_lossy(answer.body()).into_owned(),
    };
    text + "\n\n" + &body
}

/// Summarizes the numbers of the task `feature-extraction` in one line.
fn features(body: &Value) -> Option<String> {
    let tokens = body.get(0)?.as_array()?;
    let numbers = tokens.first()?.as_array().filter(|numbers| !numbers.is_empty())?;
    let first: Option<Vec<_>> = numbers.iter().take(4).map(Value::as_f64).collect();
    let first: Vec<_> = first?.iter().map(|number| format!("{number:.6}")).collect();
    Some(format!("1 × {} tokens × {} numbers: [[[{}, …", tokens.len(), numbers.len(), first.join(", ")))
}

#[cfg(test)]
mod tests {
    use export_gate::evidence::Location;
    use export_gate_local::gateway::SOURCE_ADDRESS;

    use super::*;

    #[test]
    fn sample_addresses_are_in_their_countries() {
        assert!(SOURCE.eq_ignore_ascii_case(SOURCE_ADDRESS));
        for (address, country) in [(IN_THE_US, "US"), (IN_CUBA, "CU")] {
            let place = Location::delegations().of(Some(address.parse().unwrap()));
            assert_eq!(place.to.country.map(|country| country.to_string()).as_deref(), Some(country), "{address}");
        }
    }

    #[test]
    fn sample_callers_have_records() {
        let records = export_gate_local::samples::callers();
        let ids: Vec<_> = records.iter().filter_map(|record| record["id"].as_str()).collect();
        let persons = SAMPLES.iter().map(|sample| format!("person#{}", sample.end_user));
        for id in persons.chain([format!("client#{CLIENT}")]) {
            assert!(ids.contains(&id.as_str()), "{id}");
        }
    }

    #[test]
    fn an_unexpected_answer_is_an_error() {
        let answer = |status: u16, body: Value| {
            Response::builder().status(status).body(Bytes::from(body.to_string())).expect("an answer")
        };
        let [permit, refusal, _] = &SAMPLES;
        let minilm = ModelName::parse("minilm@1").unwrap();
        let (stand_in, real) = (Target::of(None), Target::of(Some(&minilm)));
        let (declared, numbers) = (json!({"stand_in": true}), json!([[[0.5, -1.0], [0.25, 2.0]]]));
        assert!(permit.check(&stand_in, &answer(200, declared.clone())).is_none());
        assert!(permit.check(&real, &answer(200, numbers.clone())).is_none());
        for (target, body) in [(&stand_in, json!({})), (&stand_in, numbers), (&real, declared), (&real, json!([[[]]]))]
        {
            assert!(permit.check(target, &answer(200, body.clone())).is_some(), "{body}");
        }
        let refused = |status, body| refusal.check(&real, &answer(status, body));
        assert!(refused(451, json!({"error": {"code": "embargo.foreign-person"}})).is_none());
        let other = refused(451, json!({"error": {"code": "embargo.destination"}})).unwrap();
        assert!(other.to_string().contains("not 451 `embargo.destination`"), "{other}");
        assert!(refused(502, json!({"message": "Internal server error"})).is_some());
    }

    #[test]
    fn many_numbers_are_summarized_in_one_line() {
        let body = json!([[[0.1622941, -0.5, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]]);
        let line = "1 × 3 tokens × 5 numbers: [[[0.162294, -0.500000, 3.000000, 4.000000, …";
        assert_eq!(features(&body).as_deref(), Some(line));
        for other in [json!({"stand_in": true}), json!([]), json!([[]]), json!([["a"]]), json!([[["a"]]])] {
            assert_eq!(features(&other), None, "{other}");
        }
    }
}
