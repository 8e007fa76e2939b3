//! The Lambda function `ledger-archive`, on the stream of the ledger's table.

use std::process::ExitCode;

use export_gate_functions::alarm::Alarms;
use export_gate_functions::archive::Archive;
use export_gate_functions::serve::serve;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let build = |aws: &aws_config::SdkConfig, [bucket, topic]: [String; 2]| {
        let alarms = Alarms::new(aws_sdk_sns::Client::new(aws), topic);
        Archive::new(&aws_sdk_s3::Client::new(aws), bucket, alarms)
    };
    serve(["ARCHIVE_BUCKET", "ALARM_TOPIC_ARN"], build, async |archive: &Archive, event| archive.handle(event).await)
        .await
}
