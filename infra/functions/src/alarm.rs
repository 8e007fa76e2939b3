//! I/O. Sends alarms to the operators' SNS topic.

use std::fmt::{Display, Write as _};

use aws_sdk_sns::Client;
use aws_sdk_sns::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sns::operation::publish::PublishError;

use crate::metric;

/// SNS's limit of a subject, in characters.
const LONGEST_SUBJECT: usize = 100;

/// SNS's limit of a message, in bytes.
const LONGEST_MESSAGE: usize = 256 * 1024;

/// The list elements in a message.
const NAMED: usize = 50;

/// The longest line of a list, in characters.
const LONGEST_LINE: usize = 4000;

/// The operators' topic.
#[derive(Debug)]
pub struct Alarms {
    sns: Client,
    topic: String,
}

/// The alarm could not be sent.
#[derive(Debug, thiserror::Error)]
#[error("the alarm could not be sent to the operators' SNS topic")]
pub struct AlarmError(#[source] Box<SdkError<PublishError>>);

impl Alarms {
    /// Alarms to the topic with this ARN.
    #[must_use]
    pub fn new(sns: Client, topic: String) -> Self {
        Self { sns, topic }
    }

    /// Sends and logs an alarm. Put the essence first, since phones show little more.
    ///
    /// A message that SNS rejects as invalid stays in the log and counts as `ParkedRecords`, since no retry helps.
    ///
    /// # Errors
    /// [`AlarmError`].
    pub async fn send(&self, subject: &str, message: &str) -> Result<(), AlarmError> {
        tracing::error!(alarm = subject, message);
        let message = truncated(message, LONGEST_MESSAGE);
        let publish = self.sns.publish().topic_arn(&self.topic).subject(subject_line(subject)).message(message);
        match publish.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code().is_some_and(|code| INVALID.contains(&code)) => {
                tracing::error!(code = error.code(), "SNS rejected the alarm as invalid");
                metric::count("ParkedRecords", 1);
                Ok(())
            }
            Err(error) => Err(AlarmError(Box::new(error))),
        }
    }
}

/// SNS's codes for an invalid message.
const INVALID: [&str; 4] = ["InvalidParameter", "ParameterValueInvalid", "ValidationError", "ValidationException"];

/// Formats a list for a message: its first elements, one a line, and the number of others.
pub(crate) fn listed<T: Display>(list: &[T]) -> String {
    let mut lines = String::new();
    for element in list.iter().take(NAMED) {
        let line = element.to_string();
        let start: String = line.chars().take(LONGEST_LINE).collect();
        let cut = if start.len() < line.len() { " …" } else { "" };
        let _ = writeln!(lines, "- {start}{cut}");
    }
    if let Some(more @ 1..) = list.len().checked_sub(NAMED) {
        let _ = writeln!(lines, "- and {more} more (see the log)");
    }
    lines
}

/// Truncates a text to a number of bytes.
fn truncated(text: &str, longest: usize) -> &str {
    text.get(..text.floor_char_boundary(longest)).unwrap_or_default()
}

/// Restricts a subject to what SNS accepts: printable ASCII, up to its limit.
fn subject_line(subject: &str) -> String {
    let printable = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    subject.chars().take(LONGEST_SUBJECT).map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_printable_and_limited() {
        assert_eq!(subject_line("embargo/é\n1"), "embargo/??1");
        assert_eq!(subject_line(&"x".repeat(200)).len(), LONGEST_SUBJECT);
    }

    #[test]
    fn a_message_is_truncated_at_a_character() {
        let text = "é".repeat(LONGEST_MESSAGE);
        let message = truncated(&text, LONGEST_MESSAGE - 1);
        assert_eq!((message.len(), message.chars().count()), (LONGEST_MESSAGE - 2, LONGEST_MESSAGE / 2 - 1));
        assert_eq!(truncated("ab", LONGEST_MESSAGE), "ab");
    }

    #[test]
    fn a_long_list_is_truncated_and_counted() {
        let short: Vec<usize> = (0..NAMED).collect();
        assert_eq!(listed(&short).lines().count(), NAMED);
        let long = vec!["x".repeat(LONGEST_LINE + 1); NAMED + 1234];
        let message = listed(&long);
        assert!(message.len() < LONGEST_MESSAGE && message.ends_with("- and 1234 more (see the log)\n"));
    }
}
