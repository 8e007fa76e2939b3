//! I/O. Reads CloudTrail's log files. Unreadable files and records are reported, the others are read.

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

/// The most bytes of an unpacked log file. CloudTrail's are far smaller.
const LARGEST: u64 = 512 << 20;

/// An unreadable file, record or entry.
pub(super) struct Unread {
    /// The place.
    pub(super) place: String,
    /// The reason.
    pub(super) why: String,
}

/// The content of a trail.
#[derive(Default)]
pub(super) struct Trail {
    /// The endpoint calls, without duplicates.
    pub(super) calls: Vec<Call>,
    /// The number of records.
    pub(super) records: usize,
    /// The number of skipped digests.
    pub(super) digests: usize,
    /// Unreadable files and records.
    pub(super) unread: Vec<Unread>,
}

/// Reads the endpoint calls within a window from all log files below a path.
pub(super) fn trail(place: &Path, window: Window) -> Result<Trail, Failure> {
    let mut trail = Trail::default();
    let mut seen = HashSet::new();
    for path in files::below(place)? {
        // Digests of log files are not log files.
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
                let why = "it has no `Records`, so it is not a CloudTrail log file".to_owned();
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
                // CloudTrail can deliver an event twice.
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
