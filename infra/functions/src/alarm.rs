//! I/O. Telling the operators, by the topic that they follow.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::SdkError;
use aws_sdk_sns::operation::publish::PublishError;

/// The longest subject that SNS takes, in characters.
const LONGEST_SUBJECT: usize = 100;

/// The operators' topic.
#[derive(Debug)]
pub struct Alarms {
    sns: Client,
    topic: String,
}

/// The operators could not be told.
#[derive(Debug, thiserror::Error)]
#[error("the alarm could not be sent to the operators' topic")]
pub struct Untold(#[source] Box<SdkError<PublishError>>);

impl Alarms {
    /// Alarms that go to `topic`, an ARN.
    #[must_use]
    pub fn new(sns: Client, topic: String) -> Self {
        Self { sns, topic }
    }

    /// Tells the operators; what leads comes first, since phones show little more. The log has it too.
    ///
    /// # Errors
    /// [`Untold`].
    pub async fn tell(&self, subject: &str, message: &str) -> Result<(), Untold> {
        tracing::error!(alarm = subject, message);
        let publish = self.sns.publish().topic_arn(&self.topic).subject(short(subject)).message(message);
        publish.send().await.map(drop).map_err(|error| Untold(Box::new(error)))
    }
}

/// A subject as SNS takes it: printable ASCII, not too long.
fn short(subject: &str) -> String {
    let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    subject.chars().take(LONGEST_SUBJECT).map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_what_sns_takes() {
        assert_eq!(short("embargo/é\n1"), "embargo/??1");
        assert_eq!(short(&"x".repeat(200)).len(), LONGEST_SUBJECT);
    }
}
