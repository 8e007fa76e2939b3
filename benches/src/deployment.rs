//! I/O. Fills the tables: the samples, and any number of generated records.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::digest::sha256_hex;
use export_gate::parties::ListedParty;
use export_gate::record::{CHUNK_DATA, Item, chunk_key};
use export_gate::register::{MOST_RECORDS, RegisterWriter};
use export_gate::{networks, parties};
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::samples;
use export_gate_local::tables::{self, Tables};
use fastrand::Rng;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::{Value, json};

/// The requested model. A sample embargo refuses it to foreign persons.
pub const MODEL: &str = "mythos-5";

/// The chunk size of `gatectl lists import`, in bytes.
const CHUNK: usize = 380_000;

/// The compression level of lists. `gatectl` uses a slower one that unpacks as fast.
const EFFORT: i32 = 9;

/// The numbers of generated records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Embargoes on the model, which must be evaluated but do not apply.
    pub embargoes: usize,
    /// Licences for the model, of other organisations.
    pub licences: usize,
    /// Listed networks.
    pub networks: usize,
    /// Listed parties.
    pub parties: usize,
    /// Their names, including aliases.
    pub names: usize,
}

impl Size {
    /// Only the samples.
    pub const SMALL: Self = Self { embargoes: 0, licences: 0, networks: 0, parties: 0, names: 0 };
    /// A provider with every public list.
    pub const FULL: Self = Self { embargoes: 500, licences: 0, networks: 50_000, parties: 20_000, names: 60_000 };

    /// The same with a number of names, three for each party.
    pub fn with_names(self, names: usize) -> Self {
        Self { names, parties: names.div_ceil(3), ..self }
    }
}

/// Tables in the embedded engine, which dropping removes.
pub struct Deployment {
    engine: DynamoDb,
    tables: Tables,
    writer: RegisterWriter,
    directives: AtomicU64,
}

impl Deployment {
    /// Creates the samples and the generated records.
    pub async fn of(size: Size) -> Self {
        let engine = DynamoDb::memory().await.expect("the engine starts");
        let client = tables::client(engine.url());
        let tables = Tables::with_prefix("bench-");
        tables.create(&client).await.expect("tables");
        samples::load(&client, &tables).await.expect("samples");
        let writer = RegisterWriter::new(client.clone(), tables.register.clone());
        let mut records: Vec<Value> = (0..size.embargoes).map(embargo).chain((0..size.licences).map(licence)).collect();
        if size.networks > 0 {
            let made = made_networks(size.networks);
            let packed = packed(&networks::build(&made));
            put_chunks(&client, &tables, "made-networks", &packed).await;
            let mut list = list("made-networks", "networks", made.len(), &packed);
            list["class"] = json!("vpn");
            records.extend([list, applying("made-class", &json!({"network_classes": ["vpn"]}))]);
        }
        if size.names > 0 {
            let made = made_parties(size.parties, size.names);
            let packed = packed(&parties::build(&made));
            put_chunks(&client, &tables, "made-parties", &packed).await;
            let list = list("made-parties", "parties", made.len(), &packed);
            records.extend([list, applying("made-listed", &json!({"lists": ["made-parties"]}))]);
        }
        for change in records.chunks(MOST_RECORDS) {
            writer.put(change.iter().map(item).collect()).await.expect("the register takes them");
        }
        Self { engine, tables, writer, directives: AtomicU64::default() }
    }

    /// The engine's URL, `http://host:port`.
    pub fn url(&self) -> &str {
        self.engine.url()
    }

    /// The tables' names.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Records another embargo on the model for foreign persons.
    pub async fn directive(&self) {
        let number = self.directives.fetch_add(1, Ordering::Relaxed);
        let record = applying(&format!("letter-{number}"), &json!({"foreign_persons": true}));
        self.writer.put(vec![item(&record)]).await.expect("the register takes it");
    }
}

/// Embargoes of six kinds in turn, each about other facts. None applies to the usual request.
fn embargo(number: usize) -> Value {
    let block = number % 65_536;
    let own: Vec<String> = (0..10)
        .map(|place| format!("198.18.{}.{}/28", block % 256, place * 16))
        .chain([format!("2001:db8:{block:x}::/48")])
        .collect();
    let country = ["CU", "IR", "KP", "RU", "SY"][number / 6 % 5];
    let applies_to = match number % 6 {
        0 => json!({"destinations": [country]}),
        1 => json!({"destinations": ["E:1", "D:5"]}),
        2 => json!({"nationalities": ["D:5", "BY"]}),
        3 => json!({"foreign_persons": true, "destinations": ["RU", "BY"]}),
        4 => json!({"end_uses": ["nuclear", "missile"]}),
        _ => json!({"networks": own}),
    };
    applying(&format!("made-{number}"), &applies_to)
}

fn licence(number: usize) -> Value {
    json!({
        "kind": "licence", "id": format!("made-{number}"), "models": [MODEL], "embargoes": [format!("made-{number}")],
        "licensees": [format!("made-organisation-{number}")], "authority": "OPERATOR", "citation": "Sample operator licence",
    })
}

fn applying(id: &str, applies_to: &Value) -> Value {
    json!({
        "kind": "embargo", "id": id, "models": [MODEL], "applies_to": applies_to, "effect": "licence_required",
        "authority": "OPERATOR", "citation": "Sample operator policy",
    })
}

fn list(name: &str, content: &str, entries: usize, packed: &[u8]) -> Value {
    json!({
        "kind": "list", "id": name, "content": content, "edition": "1", "entries": entries,
        "chunks": packed.chunks(CHUNK).len(), "sha256": sha256_hex(packed),
    })
}

/// Bytes as a list's chunks hold them.
pub fn packed(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, EFFORT).expect("bytes can be packed")
}

async fn put_chunks(client: &aws_sdk_dynamodb::Client, tables: &Tables, list: &str, packed: &[u8]) {
    for (number, data) in (1..).zip(packed.chunks(CHUNK)) {
        let (kind, id) = chunk_key(list, "1", number);
        let put = client.put_item().table_name(&tables.register).item("kind", AttributeValue::S(kind));
        let put = put.item("id", AttributeValue::S(id)).item(CHUNK_DATA, AttributeValue::B(Blob::new(data)));
        put.send().await.expect("the engine takes a chunk");
    }
}

fn item(record: &Value) -> Item {
    serde_dynamo::to_item(record).expect("an object")
}

/// Networks of several sizes, a tenth of them IPv6. None has the usual request's address.
pub fn made_networks(many: usize) -> Vec<IpNet> {
    let mut random = Rng::with_seed(7);
    let mut made = Vec::new();
    while made.len() < many {
        let bits = random.u64(..);
        let network: IpNet = if bits.is_multiple_of(10) {
            let address = Ipv6Addr::from((0x2a00_u128 << 112) | (u128::from(random.u64(..)) << 48));
            Ipv6Net::new_assert(address, 48).trunc().into()
        } else {
            let [_, _, b, c, d, ..] = bits.to_be_bytes();
            let prefix = 22 + u8::try_from(bits % 11).unwrap_or(0);
            Ipv4Net::new_assert(Ipv4Addr::new(64 + b % 64, b ^ c, c, d), prefix).trunc().into()
        };
        made.push(network);
    }
    made
}

/// Parties with generated names, some in Cyrillic. Names beyond one for each party are aliases.
pub fn made_parties(many: usize, names: usize) -> Vec<ListedParty> {
    let mut random = Rng::with_seed(11);
    let mut made: Vec<ListedParty> = (0..many)
        .map(|number| ListedParty {
            id: number.to_string(),
            name: made_name(&mut random),
            kind: Some(if number % 3 == 0 { "organisation" } else { "person" }.into()),
            country: vec![["IR", "RU", "KP", "SY"][number % 4].into()],
            ..ListedParty::default()
        })
        .collect();
    for number in 0..names.saturating_sub(many) {
        let alias = made_name(&mut random);
        made[number % many].aliases.push(alias);
    }
    made
}

/// The vocabulary of names, as large as that of 20,000 real parties.
const WORDS: usize = 15_000;

/// A name of two to four words, some far more common than others. One in twelve is in Cyrillic.
pub fn made_name(random: &mut Rng) -> String {
    let is_latin = random.usize(..12) > 0;
    let words = random.usize(2..5);
    let common_first = |random: &mut Rng| random.usize(..WORDS) * random.usize(..WORDS) / WORDS;
    (0..words).map(|_| word(common_first(random), is_latin)).collect::<Vec<_>>().join(" ")
}

/// A word by its number.
fn word(number: usize, is_latin: bool) -> String {
    const LATIN: [&[&str]; 3] = [
        &[
            "b", "ch", "d", "f", "g", "gr", "h", "j", "k", "kh", "l", "m", "n", "p", "r", "s", "sh", "t", "tr", "v",
            "y", "z",
        ],
        &["a", "e", "i", "o", "u", "aa", "ai", "ou"],
        &["", "", "", "", "d", "l", "m", "n", "r", "s", "t", "v"],
    ];
    const CYRILLIC: [&[&str]; 3] = [
        &["б", "в", "г", "д", "ж", "з", "к", "л", "м", "н", "п", "р", "с", "т", "х", "ч", "ш"],
        &["а", "е", "и", "о", "у", "я"],
        &["", "", "", "в", "л", "н", "р", "с"],
    ];
    let mut random = Rng::with_seed(number as u64);
    let sounds = if is_latin { LATIN } else { CYRILLIC };
    let syllables = 1 + random.usize(..10).div_ceil(4);
    let letters: String = (0..syllables).flat_map(|_| sounds).map(|of| of[random.usize(..of.len())]).collect();
    let mut letters = letters.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
