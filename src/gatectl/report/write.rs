//! I/O. Files that are there whole or not at all.

use std::path::{Path, PathBuf};

use crate::outcome::Failure;

/// Writes all files under other names first, so that where one can't be written none is changed.
pub(super) fn write(files: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
    let mut drafts = Drafts(Vec::new());
    for (path, contents) in files {
        if path.is_dir() {
            return Err(Failure::new(format!("`{}` is a folder: name a file", path.display())));
        }
        let mut name = path.file_name().map(|name| name.to_owned()).unwrap_or_default();
        name.push(format!(".draft-{}", std::process::id()));
        let draft = path.with_file_name(name);
        drafts.0.push(draft.clone());
        std::fs::write(&draft, contents).map_err(|error| unwritten(path, error))?;
    }
    for ((path, _), draft) in files.iter().zip(&drafts.0) {
        std::fs::rename(draft, path).map_err(|error| unwritten(path, error))?;
    }
    Ok(())
}

/// A folder that is there from now on.
pub(super) fn folder(path: &Path) -> Result<(), Failure> {
    let why = || format!("the folder `{}` can't be made: name one that can be written", path.display());
    std::fs::create_dir_all(path).map_err(|error| Failure::of(why(), error))
}

fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    let why = format!("`{}` can't be written, and nothing was: name a place in a folder that is there", path.display());
    Failure::of(why, error)
}

/// What is left of them goes when they do.
struct Drafts(Vec<PathBuf>);

impl Drop for Drafts {
    fn drop(&mut self) {
        for draft in &self.0 {
            let _ = std::fs::remove_file(draft);
        }
    }
}
