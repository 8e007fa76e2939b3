//! The Lambda function `register-watch`, on the stream of the register's table.

use std::process::ExitCode;

use export_gate_functions::alarm::Alarms;
use export_gate_functions::serve::serve;
use export_gate_functions::watch::Watch;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let build = |aws: &aws_config::SdkConfig, [table, topic]: [String; 2]| {
        let alarms = Alarms::new(aws_sdk_sns::Client::new(aws), topic);
        Watch::new(&aws_sdk_dynamodb::Client::new(aws), table, alarms)
    };
    serve(["REGISTER_TABLE", "ALARM_TOPIC_ARN"], build, async |watch: &Watch, event| watch.handle(event).await).await
}
