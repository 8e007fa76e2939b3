//! I/O. The trail's log files. What can't be read is named, and the rest is read.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;

use export_gate::terms::Window;
use serde_json::Value;

use super::call::Call;
use crate::entries::opened;
use crate::files::{self, Bounded};
use crate::json;
use crate::outcome::Failure;

/// The most that a log file may unpack to, in bytes: CloudTrail begins a new one long before.
const LARGEST: u64 = 512 << 20;

/// Something that could not be read.
pub(super) struct Unread {
    /// Where it is.
    pub(super) place: String,
    /// Why not.
    pub(super) why: String,
}

/// What the trail told.
#[derive(Default)]
pub(super) struct Trail {
    /// The calls of endpoints, each once.
    pub(super) calls: Vec<Call>,
    /// How many records there were, of whatever.
    pub(super) records: usize,
    /// How many digests were passed by.
    pub(super) digests: usize,
    /// What could not be read.
    pub(super) unread: Vec<Unread>,
}

/// Reads every log file below the place, one at a time, for the calls within a window.
pub(super) fn trail(place: &Path, window: Window) -> Result<Trail, Failure> {
    let mut trail = Trail::default();
    let mut seen = HashSet::new();
    for path in files::below(place)? {
        // CloudTrail's own sums over its log files, not log files.
        if path.components().any(|part| part.as_os_str() == "CloudTrail-Digest") {
            trail.digests = trail.digests.saturating_add(1);
            continue;
        }
        let place = path.display().to_string();
        let parsed = opened(&path, "json").and_then(|file| {
            let mut bytes = Vec::new();
            Bounded::new(file, LARGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            json::read(&bytes)
        });
        let records = match parsed.map(|mut log| log.get_mut("Records").map(Value::take)) {
            Ok(Some(Value::Array(records))) => records,
            Ok(_) => {
                let why = "it has no `Records`: it is no log file of CloudTrail".to_owned();
                trail.unread.push(Unread { place, why });
                continue;
            }
            Err(why) => {
                trail.unread.push(Unread { place, why });
                continue;
            }
        };
        for (index, record) in records.iter().enumerate() {
            trail.records = trail.records.saturating_add(1);
            match Call::read(record) {
                // CloudTrail delivers some events twice.
                Ok(Some(call)) if window.is_open(call.at) && seen.insert(call.event.clone()) => trail.calls.push(call),
                Ok(_) => {}
                Err(why) => {
                    let place = format!("{place}, record {}", index.saturating_add(1));
                    trail.unread.push(Unread { place, why });
                }
            }
        }
    }
    Ok(trail)
}
