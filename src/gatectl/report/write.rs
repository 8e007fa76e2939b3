//! I/O. Writes files completely or not at all.

use std::path::{Path, PathBuf};

use crate::outcome::Failure;

/// Writes all files under temporary names first, so that an error leaves existing files unchanged.
pub(super) fn write(files: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
    let mut drafts = Drafts(Vec::new());
    for (path, contents) in files {
        // Renaming a draft over a device or a pipe would replace it.
        if path.metadata().is_ok_and(|existing| !existing.is_file()) {
            return Err(Failure::new(format!("`{}` is not a regular file: give a file", path.display())));
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

/// Creates a folder.
pub(super) fn folder(path: &Path) -> Result<(), Failure> {
    let why = || format!("the folder `{}` can't be created: choose another", path.display());
    std::fs::create_dir_all(path).map_err(|error| Failure::of(why(), error))
}

fn unwritten(path: &Path, error: std::io::Error) -> Failure {
    let why = format!("`{}` can't be written, and nothing was: choose a path in an existing folder", path.display());
    Failure::of(why, error)
}

/// Temporary files, removed on drop.
struct Drafts(Vec<PathBuf>);

impl Drop for Drafts {
    fn drop(&mut self) {
        for draft in &self.0 {
            let _ = std::fs::remove_file(draft);
        }
    }
}
