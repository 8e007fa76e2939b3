//! An emulated KMS: `alias/seal` signs, `rsa` has another type, `wrong` signs other data, and other keys do not exist.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The DER prefix of Ed25519 keys.
const DER_HEAD: &str = "302a300506032b6570032100";

/// The running emulator, which ends with the test's process.
pub(crate) struct Kms {
    pub(crate) url: String,
    public: Vec<u8>,
}

impl Kms {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = Ed25519KeyPair::generate().unwrap();
        let public = [hex::decode(DER_HEAD).unwrap(), key.public_key().as_ref().to_vec()].concat();
        let der = public.clone();
        std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap(), &key, &der)));
        Self { url, public }
    }

    pub(crate) fn public_pem(&self) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&self.public))
    }
}

/// Answers one request.
fn serve(mut stream: TcpStream, key: &Ed25519KeyPair, der: &[u8]) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut target, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_lowercase().as_str() {
            "x-amz-target" => target = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let (status, answer) = match answered(&target, &serde_json::from_slice(&body).unwrap(), key, der) {
        Some(answer) => ("200 OK", answer),
        None => ("400 Bad Request", json!({"__type": "NotFoundException", "message": "no such key"})),
    };
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n");
    write!(stream, "{head}content-length: {}\r\n\r\n{answer}", answer.len()).unwrap();
}

fn answered(target: &str, asked: &Value, key: &Ed25519KeyPair, der: &[u8]) -> Option<Value> {
    let id = asked["KeyId"].as_str().unwrap();
    match (target, id) {
        ("TrentService.GetPublicKey", "alias/seal" | "wrong") => Some(json!({"PublicKey": STANDARD.encode(der)})),
        ("TrentService.GetPublicKey", "rsa") => Some(json!({"PublicKey": STANDARD.encode([0x30; 94])})),
        ("TrentService.Sign", "alias/seal" | "wrong") => {
            let message = STANDARD.decode(asked["Message"].as_str().unwrap()).unwrap();
            assert_eq!((&asked["MessageType"], &asked["SigningAlgorithm"]), (&json!("RAW"), &json!("ED25519_SHA_512")));
            assert!(message.len() <= 4096, "KMS takes no more at once: {}", message.len());
            let signed: &[u8] = if id == "wrong" { b"else" } else { &message };
            Some(json!({"Signature": STANDARD.encode(key.sign(signed).as_ref())}))
        }
        _ => None,
    }
}
