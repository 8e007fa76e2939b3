//! I/O. Files, and folders of them: all of one ending, below one place, always in the same order.

use std::path::{Path, PathBuf};

use crate::outcome::Trouble;

/// A file itself, or every file below a folder, by path. Hidden ones are passed by.
pub(crate) fn below(place: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let unread = |path: &Path, error| Trouble::of(format!("`{}` can't be read", path.display()), error);
    let mut found = Vec::new();
    let mut left = vec![place.to_owned()];
    while let Some(path) = left.pop() {
        if !std::fs::metadata(&path).map_err(|error| unread(&path, error))?.is_dir() {
            found.push(path);
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(|error| unread(&path, error))? {
            let entry = entry.map_err(|error| unread(&path, error))?;
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                left.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A file's bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(|error| Trouble::of(format!("`{}` can't be read", path.display()), error))
}
