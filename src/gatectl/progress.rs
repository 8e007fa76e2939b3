//! I/O. A bar on long work; none where the output is not a terminal.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often what waits shows that it is alive.
const TICK: Duration = Duration::from_millis(100);

/// A bar over so many of something, on standard error.
pub(crate) fn bar(length: usize, of: &'static str) -> ProgressBar {
    started(ProgressBar::new(u64::try_from(length).unwrap_or_default()), "{bar:30} {human_pos}/{human_len} {msg}", of)
}

/// A count of something whose end nobody knows, on standard error.
pub(crate) fn counter(of: &'static str) -> ProgressBar {
    started(ProgressBar::no_length(), "{spinner} {human_pos} {msg}", of)
}

/// That something takes a while whose steps nobody can count, on standard error.
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
