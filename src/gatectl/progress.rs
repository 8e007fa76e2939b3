//! I/O. Progress bars on standard error; none if it is not a terminal.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The redraw interval of a spinner.
const TICK: Duration = Duration::from_millis(100);

/// A bar for a known number of items.
pub(crate) fn bar(length: usize, of: &'static str) -> ProgressBar {
    started(ProgressBar::new(u64::try_from(length).unwrap_or_default()), "{bar:30} {human_pos}/{human_len} {msg}", of)
}

/// A counter for an unknown number of items.
pub(crate) fn counter(of: &'static str) -> ProgressBar {
    started(ProgressBar::no_length(), "{spinner} {human_pos} {msg}", of)
}

/// A spinner for work without countable steps.
pub(crate) fn wait(of: &'static str) -> ProgressBar {
    let wait = started(ProgressBar::no_length(), "{spinner} {msg}, {elapsed}", of);
    wait.enable_steady_tick(TICK);
    wait
}

fn started(bar: ProgressBar, template: &str, of: &'static str) -> ProgressBar {
    let is_seen = std::io::stderr().is_terminal();
    bar.set_draw_target(if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(of)
}
