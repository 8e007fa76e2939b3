//! I/O. The AWS configuration, with the three options that every AWS command has.

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client as DynamoDb;

/// Where AWS is, and who asks.
#[derive(clap::Args)]
pub(crate) struct Aws {
    /// Ask this address instead of AWS
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    endpoint_url: Option<String>,
    /// The profile of the AWS configuration files
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    profile: Option<String>,
    /// The region
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    region: Option<String>,
}

impl Aws {
    /// A client of DynamoDB.
    pub(crate) async fn dynamodb(&self) -> DynamoDb {
        DynamoDb::new(&self.config().await)
    }

    /// A client of DynamoDB's streams.
    pub(crate) async fn streams(&self) -> aws_sdk_dynamodbstreams::Client {
        aws_sdk_dynamodbstreams::Client::new(&self.config().await)
    }

    /// A client of KMS.
    pub(crate) async fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.config().await)
    }

    /// A client of S3. Whatever stands in for AWS has no name for each bucket.
    pub(crate) async fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config().await);
        aws_sdk_s3::Client::from_conf(config.force_path_style(self.endpoint_url.is_some()).build())
    }

    /// What any client is made of.
    pub(crate) async fn config(&self) -> SdkConfig {
        let mut config = aws_config::defaults(BehaviorVersion::latest());
        if let Some(url) = &self.endpoint_url {
            config = config.endpoint_url(url);
        }
        if let Some(profile) = &self.profile {
            // Who says a profile means it, whatever keys are in the environment.
            let named = ProfileFileCredentialsProvider::builder().profile_name(profile).build();
            config = config.profile_name(profile).credentials_provider(named);
        }
        if let Some(region) = &self.region {
            config = config.region(Region::new(region.clone()));
        }
        config.load().await
    }
}
