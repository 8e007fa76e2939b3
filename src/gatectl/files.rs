//! I/O. Reading files and folders, with limits. Only regular files are read: a pipe could block for ever.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::outcome::Failure;

/// The largest file of records, scenarios, keys or seals, in bytes.
pub(crate) const LARGEST: u64 = 64 << 20;

/// How many folders may lie in one another.
const DEEPEST: usize = 64;

/// The most files of a folder and its subfolders.
const MOST: usize = 10_000_000;

/// A file itself, or every file below a folder, sorted by path. Hidden files are skipped, and a folder that several links
/// lead to is read once.
pub(crate) fn below(place: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unread = |path: &Path, error| Failure::of(format!("`{}` can't be read", path.display()), error);
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut left = vec![(place.to_owned(), 0_usize)];
    while let Some((path, depth)) = left.pop() {
        if !std::fs::metadata(&path).map_err(|error| unread(&path, error))?.is_dir() {
            found.push(path);
            if found.len() > MOST {
                return Err(Failure::new(format!("`{}` has more than {MOST} files", place.display())));
            }
            continue;
        }
        if depth > DEEPEST {
            return Err(Failure::new(format!("`{}` has more than {DEEPEST} levels of folders", path.display())));
        }
        if !seen.insert(path.canonicalize().map_err(|error| unread(&path, error))?) {
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(|error| unread(&path, error))? {
            let entry = entry.map_err(|error| unread(&path, error))?;
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                left.push((entry.path(), depth.saturating_add(1)));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A file's bytes, up to [`LARGEST`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    read_at_most(path, LARGEST)
}

/// A file's bytes, up to a limit.
pub(crate) fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = open(path).and_then(|file| Bounded::new(file, most).read_to_end(&mut bytes));
    read.map_err(|error| Failure::of(format!("`{}` can't be read", path.display()), error))?;
    Ok(bytes)
}

/// Opens a regular file. The type is checked before opening, which could block on a pipe, and again after.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let is_regular = |metadata: std::fs::Metadata| {
        let why = "not a regular file";
        if metadata.is_file() { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, why)) }
    };
    is_regular(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    is_regular(file.metadata()?)?;
    Ok(file)
}

/// A reader that fails beyond a limit: a compressed file can expand to any size.
pub(crate) struct Bounded<R> {
    inner: R,
    most: u64,
    left: u64,
}

impl<R: Read> Bounded<R> {
    /// At most so many bytes.
    pub(crate) fn new(inner: R, most: u64) -> Self {
        Self { inner, most, left: most }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let length = u64::try_from(read).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(length).ok_or_else(|| {
            io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than the limit of {} bytes", self.most))
        })?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gives_no_more_than_its_limit() {
        let read = |most: u64| Bounded::new(&b"abc"[..], most).read_to_end(&mut Vec::new());
        assert_eq!((read(3).unwrap(), read(4).unwrap()), (3, 3));
        assert_eq!(read(2).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
