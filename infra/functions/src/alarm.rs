//! I/O. Telling the operators, by the topic that they follow.

use std::fmt::{Display, Write as _};

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sns::operation::publish::PublishError;

use crate::metric;

/// The longest subject that SNS takes, in characters.
const LONGEST_SUBJECT: usize = 100;

/// The longest message that SNS takes, in bytes.
const LONGEST_MESSAGE: usize = 256 * 1024;

/// How many elements of a list a message names.
const NAMED: usize = 50;

/// The longest line of a list, in characters.
const LONGEST_LINE: usize = 4000;

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
    /// A message that SNS refuses as invalid stays in the log, and the metric `ParkedRecords` counts it: no retry helps.
    ///
    /// # Errors
    /// [`Untold`].
    pub async fn tell(&self, subject: &str, message: &str) -> Result<(), Untold> {
        tracing::error!(alarm = subject, message);
        let message = fitted(message, LONGEST_MESSAGE);
        let publish = self.sns.publish().topic_arn(&self.topic).subject(short(subject)).message(message);
        match publish.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code().is_some_and(|code| INVALID.contains(&code)) => {
                tracing::error!(code = error.code(), "SNS refuses the alarm as invalid");
                metric::count("ParkedRecords", 1);
                Ok(())
            }
            Err(error) => Err(Untold(Box::new(error))),
        }
    }
}

/// SNS's codes for a message that is invalid.
const INVALID: [&str; 4] = ["InvalidParameter", "ParameterValueInvalid", "ValidationError", "ValidationException"];

/// A list for a message: its first elements, a line each, and how many more there are.
pub(crate) fn listed<T: Display>(list: &[T]) -> String {
    let mut lines = String::new();
    for element in list.iter().take(NAMED) {
        let line = element.to_string();
        let start: String = line.chars().take(LONGEST_LINE).collect();
        let cut = if start.len() < line.len() { " …" } else { "" };
        let _ = writeln!(lines, "- {start}{cut}");
    }
    if let Some(more @ 1..) = list.len().checked_sub(NAMED) {
        let _ = writeln!(lines, "- and {more} more, which the log names");
    }
    lines
}

/// The beginning of a text, in at most so many bytes.
fn fitted(text: &str, longest: usize) -> &str {
    text.get(..text.floor_char_boundary(longest)).unwrap_or_default()
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

    #[test]
    fn a_message_is_what_sns_takes() {
        let text = "é".repeat(LONGEST_MESSAGE);
        let message = fitted(&text, LONGEST_MESSAGE - 1);
        assert_eq!((message.len(), message.chars().count()), (LONGEST_MESSAGE - 2, LONGEST_MESSAGE / 2 - 1));
        assert_eq!(fitted("ab", LONGEST_MESSAGE), "ab");
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let short: Vec<usize> = (0..NAMED).collect();
        assert_eq!(listed(&short).lines().count(), NAMED);
        let long = vec!["x".repeat(LONGEST_LINE + 1); NAMED + 1234];
        let message = listed(&long);
        assert!(message.len() < LONGEST_MESSAGE && message.ends_with("- and 1234 more, which the log names\n"));
    }
}
