//! I/O. Creates the deployment's four tables.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::Waiters;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_smithy_http_client::Builder as HttpClient;

use crate::Error;

/// The region of all stand-ins.
pub const REGION: &str = "us-east-1";
/// Only letters and digits, as DynamoDB Local requires.
pub const ACCESS_KEY_ID: &str = "sample";
/// A sample value, not a secret.
pub const SECRET_ACCESS_KEY: &str = "sample";

/// The limit until a table is active.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The names of the four tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Clients, organisations and persons, by `id`.
    pub callers: String,
    /// The register's records, by `kind` and `id`.
    pub register: String,
    /// Quotas and counts, by `licence` and `model`.
    pub usage: String,
    /// The decisions, by `chain` and `seq`.
    pub ledger: String,
}

impl Default for Tables {
    fn default() -> Self {
        Tables::with_prefix("")
    }
}

impl Tables {
    /// Names with a prefix, so that tests can share one engine.
    pub fn with_prefix(prefix: &str) -> Tables {
        Tables {
            callers: format!("{prefix}callers"),
            register: format!("{prefix}register"),
            usage: format!("{prefix}usage"),
            ledger: format!("{prefix}ledger"),
        }
    }

    /// Existing tables by their names, in the order `callers register usage ledger`.
    ///
    /// # Panics
    ///
    /// When they are not four.
    pub fn named(names: &str) -> Tables {
        let names: Vec<String> = names.split(' ').map(str::to_owned).collect();
        let [callers, register, usage, ledger] = names.try_into().expect("four tables have names");
        Tables { callers, register, usage, ledger }
    }

    /// The gate's environment variables with the names.
    pub fn environment(&self) -> Vec<(String, String)> {
        [
            ("CALLERS_TABLE", &self.callers),
            ("REGISTER_TABLE", &self.register),
            ("USAGE_TABLE", &self.usage),
            ("LEDGER_TABLE", &self.ledger),
        ]
        .map(|(variable, name)| (variable.to_owned(), name.clone()))
        .into()
    }

    /// Creates the missing tables and keeps existing ones with their records.
    ///
    /// # Errors
    ///
    /// [`Error::Table`] when the engine fails or cannot be reached.
    pub async fn create(&self, client: &Client) -> Result<(), Error> {
        use ScalarAttributeType::{N, S};
        let by_revision = LocalSecondaryIndex::builder()
            .index_name("by-revision")
            .key_schema(key("kind", KeyType::Hash))
            .key_schema(key("revision", KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .expect("the index has a name and a key");
        let register = table(client, &self.register, &[("kind", S), ("id", S)])
            .attribute_definitions(attribute("revision", N))
            .local_secondary_indexes(by_revision)
            .stream_specification(both_images());

        create(client, table(client, &self.callers, &[("id", S)])).await?;
        create(client, register).await?;
        let usage = [("licence", S), ("model", S)];
        create(client, table(client, &self.usage, &usage)).await?;
        let ledger = [("chain", S), ("seq", N)];
        create(client, table(client, &self.ledger, &ledger).stream_specification(both_images())).await
    }
}

/// A client for the engine at `url`, with sample credentials and the SDK's usual retries.
pub fn client(url: &str) -> Client {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "sample");
    // Plain HTTP, since the default client would read the system's certificates each time.
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .http_client(HttpClient::new().build_http())
        .build();
    Client::from_conf(config)
}

/// The first of `keys` is the partition key, the second the sort key.
fn table(client: &Client, name: &str, keys: &[(&str, ScalarAttributeType)]) -> CreateTableFluentBuilder {
    let mut table = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for ((name, kind), role) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        table = table.attribute_definitions(attribute(name, kind.clone())).key_schema(key(name, role));
    }
    table
}

/// The streams, with both images, for the functions behind them.
fn both_images() -> StreamSpecification {
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    stream.build().expect("it says that it is enabled")
}

fn attribute(name: &str, kind: ScalarAttributeType) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .expect("an attribute has a name and a type")
}

fn key(name: &str, role: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(role).build().expect("a key has a name and a role")
}

async fn create(client: &Client, table: CreateTableFluentBuilder) -> Result<(), Error> {
    let name = table.get_table_name().clone().unwrap_or_default();
    let fault = |source| Error::Table { table: name.clone(), source };
    if let Err(failure) = table.send().await {
        let failure = failure.into_service_error();
        if !failure.is_resource_in_use_exception() {
            return Err(fault(failure.into()));
        }
    }
    let active = client.wait_until_table_exists().table_name(&name).wait(TIMEOUT).await;
    active.map(drop).map_err(|late| fault(late.into()))
}
