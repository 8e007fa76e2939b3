//! I/O. Reads the archive's files in turn, and parses their lines on all processors.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use export_gate::terms::Window;
use flate2::read::MultiGzDecoder;

use super::{Found, is_within};
use crate::files::{self, Bounded};
use crate::json;
use crate::outcome::Failure;

/// The number of lines that a processor parses at a time.
const LINES: usize = 256;

/// The longest line in bytes: an entry is an item of DynamoDB, and JSON can escape each byte.
const LONGEST_LINE: u64 = 4 << 20;

/// The most bytes of an unpacked file.
const LARGEST: u64 = 4 << 30;

/// Passes all items of the files to `take`.
pub(super) fn read<T: Send>(
    place: &Path,
    window: Window,
    prepare: fn(&str, Found) -> T,
    take: &mut impl FnMut(T),
) -> Result<(), Failure> {
    let lines = Mutex::new(Lines { files: files::below(place)?.into_iter(), open: None });
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (send, receive) = sync_channel(workers);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (lines, send) = (&lines, send.clone());
            scope.spawn(move || {
                let next = || lines.lock().unwrap_or_else(PoisonError::into_inner).next();
                for chunk in std::iter::from_fn(next) {
                    let found = chunk.into_iter().map(Line::parsed).filter(|(_, found)| is_within(found, window));
                    let made: Vec<T> = found.map(|(place, found)| prepare(&place, found)).collect();
                    if send.send(made).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        receive.into_iter().flatten().for_each(take);
    });
    Ok(())
}

/// Opens a file with an ending, or with that ending and `.gz`.
pub(crate) fn opened(path: &Path, ending: &str) -> Result<Box<dyn Read + Send>, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_packed = name.ends_with(&format!(".{ending}.gz"));
    if !is_packed && !name.ends_with(&format!(".{ending}")) {
        return Err(format!(
            "not a .{ending} or .{ending}.gz file: if it does not belong here, remove it from the folder"
        ));
    }
    let file = files::open(path).map_err(|error| error.to_string())?;
    let unpacked: Box<dyn Read + Send> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(Box::new(Bounded::new(unpacked, LARGEST)))
}

/// The remaining lines of all files.
struct Lines {
    files: std::vec::IntoIter<PathBuf>,
    open: Option<Open>,
}

/// The current file.
struct Open {
    name: String,
    lines: Box<dyn BufRead + Send>,
    /// The number of lines read.
    number: usize,
}

/// A line, or why it can't be read.
struct Line {
    place: String,
    bytes: Result<Vec<u8>, String>,
}

impl Line {
    fn parsed(self) -> (String, Found) {
        let Self { place, bytes } = self;
        let found = match bytes.and_then(|bytes| json::read(&bytes)) {
            Ok(entry) => Found::Entry(entry),
            Err(why) => Found::Unread { place: place.clone(), why },
        };
        (place, found)
    }
}

impl Iterator for Lines {
    type Item = Vec<Line>;

    fn next(&mut self) -> Option<Vec<Line>> {
        let mut chunk = Vec::with_capacity(LINES);
        while chunk.len() < LINES {
            let Some(open) = &mut self.open else {
                let Some(path) = self.files.next() else { break };
                let name = path.display().to_string();
                match opened(&path, "jsonl") {
                    Ok(file) => self.open = Some(Open { name, lines: Box::new(BufReader::new(file)), number: 0 }),
                    Err(why) => chunk.push(Line { place: name, bytes: Err(why) }),
                }
                continue;
            };
            match open.next() {
                Some(line) => {
                    let is_broken = line.bytes.is_err();
                    chunk.push(line);
                    if is_broken {
                        self.open = None;
                    }
                }
                None => self.open = None,
            }
        }
        (!chunk.is_empty()).then_some(chunk)
    }
}

impl Open {
    /// The next line that is not blank.
    fn next(&mut self) -> Option<Line> {
        loop {
            let mut bytes = Vec::new();
            let read = (&mut self.lines).take(LONGEST_LINE).read_until(b'\n', &mut bytes);
            self.number = self.number.saturating_add(1);
            let bytes = match read {
                Ok(0) => return None,
                Ok(length) if u64::try_from(length).unwrap_or(u64::MAX) >= LONGEST_LINE => {
                    Err(format!("a line of more than {LONGEST_LINE} bytes is not an entry"))
                }
                Ok(_) if bytes.trim_ascii().is_empty() => continue,
                Ok(_) => Ok(bytes),
                Err(error) => Err(error.to_string()),
            };
            return Some(Line { place: format!("{}, line {}", self.name, self.number), bytes });
        }
    }
}
