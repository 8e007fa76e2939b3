//! I/O. Reads the files of a model from `model.tar.gz` into memory. Archives that are harmful to unpack are rejected, since the
//! container unpacks them.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use tar::{Entry, EntryType};

/// The model's files at the root of the archive.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) config: Vec<u8>,
    pub(super) weights: Vec<u8>,
    pub(super) tokenizer: Vec<u8>,
    pub(super) tokenizer_config: Option<Vec<u8>>,
    /// Whether it has code, which the container would run.
    pub(super) brings_code: bool,
}

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// It does not exist or cannot be opened.
    #[error("cannot open `{path}`")]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It is not a complete gzipped tar archive.
    #[error("it is not a complete gzipped tar archive")]
    Broken(#[source] io::Error),
    /// Unpacking could write outside the model's folder.
    #[error("its `{0}` is outside the model's folder; pack plain files with relative paths")]
    Escapes(PathBuf),
    /// A link, a device or the like.
    #[error("its `{0}` is neither a file nor a folder; pack the target of a link")]
    Special(PathBuf),
    /// Two files have one name.
    #[error("it has `{0}` twice")]
    Twice(PathBuf),
    /// It is too large unpacked.
    #[error("unpacked, it exceeds the limit of {} GB", MAX_BYTES >> 30)]
    TooLarge,
    /// A required file is missing.
    #[error("it has no `{0}` at its root; `infra/model/package.py` makes such archives")]
    Missing(&'static str),
}

/// Above the memory of SageMaker's largest serverless endpoint.
const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Archive, ArchiveFault> {
        let file = File::open(path).map_err(|source| ArchiveFault::Open { path: path.to_owned(), source })?;
        read(BufReader::new(file), MAX_BYTES)
    }
}

fn read(file: impl Read, max_bytes: u64) -> Result<Archive, ArchiveFault> {
    let [mut config, mut weights, mut tokenizer, mut tokenizer_config] = [const { None }; 4];
    let mut brings_code = false;
    let mut archive = tar::Archive::new(Capped { reader: GzDecoder::new(file), left: max_bytes });
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = plain(&entry)?;
        brings_code |= path == Path::new("code/inference.py");
        let place = match path.to_str() {
            Some("config.json") => &mut config,
            Some("model.safetensors") => &mut weights,
            Some("tokenizer.json") => &mut tokenizer,
            Some("tokenizer_config.json") => &mut tokenizer_config,
            _ => continue,
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if place.replace(bytes).is_some() {
            return Err(ArchiveFault::Twice(path));
        }
    }
    // Reads up to the checksum, which detects truncated and damaged archives.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    let missing = ArchiveFault::Missing;
    Ok(Archive {
        config: config.ok_or(missing("config.json"))?,
        weights: weights.ok_or(missing("model.safetensors"))?,
        tokenizer: tokenizer.ok_or(missing("tokenizer.json"))?,
        tokenizer_config,
        brings_code,
    })
}

/// A reader that fails above a number of bytes.
struct Capped<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let left = self.left.checked_sub(read.try_into().map_err(io::Error::other)?);
        self.left = left.ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

impl From<io::Error> for ArchiveFault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::FileTooLarge { ArchiveFault::TooLarge } else { ArchiveFault::Broken(error) }
    }
}

/// The entry's path without a leading `./`.
fn plain(entry: &Entry<'_, impl Read>) -> Result<PathBuf, ArchiveFault> {
    let path = entry.path()?;
    if !matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Directory) {
        return Err(ArchiveFault::Special(path.into_owned()));
    }
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => plain.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(ArchiveFault::Escapes(path.into_owned()));
            }
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::read::GzEncoder;
    use tar::Header;

    use super::*;

    const WHOLE: [&str; 3] = ["config.json", "./model.safetensors", "tokenizer.json"];

    /// Entries whose content is their path; those that end in `/` are folders, those with `->` are links.
    fn packed(paths: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for path in paths {
            let (name, target) = path.split_once("->").unwrap_or((path, ""));
            let mut header = Header::new_gnu();
            // The crate would not write these invalid paths.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
            let plain = if name.ends_with('/') { EntryType::Directory } else { EntryType::Regular };
            header.set_entry_type(if target.is_empty() { plain } else { EntryType::Symlink });
            let content = if header.entry_type().is_file() { name.as_bytes() } else { &[] };
            header.set_size(content.len().try_into().unwrap());
            header.set_cksum();
            builder.append(&header, content).unwrap();
        }
        let mut bytes = Vec::new();
        GzEncoder::new(&*builder.into_inner().unwrap(), Compression::fast()).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn with(more: &[&str]) -> Vec<u8> {
        packed(&[&WHOLE, more].concat())
    }

    fn fault(bytes: &[u8]) -> String {
        read(bytes, 1 << 20).unwrap_err().to_string()
    }

    #[test]
    fn the_files_at_the_root_are_read() {
        let archive =
            with(&["./", "tokenizer_config.json", "1_Pooling/", "1_Pooling/config.json", "code/inference.py"]);
        let archive = read(&*archive, 1 << 20).unwrap();
        assert_eq!(archive.config, b"config.json");
        assert_eq!(archive.weights, b"./model.safetensors");
        assert_eq!(archive.tokenizer, b"tokenizer.json");
        assert_eq!(archive.tokenizer_config.as_deref(), Some(&b"tokenizer_config.json"[..]));
        assert!(archive.brings_code);
        let least = read(&*with(&[]), 1 << 20).unwrap();
        assert_eq!((least.tokenizer_config, least.brings_code), (None, false));
    }

    #[test]
    fn harmful_archives_are_rejected() {
        for (path, expected) in [
            ("../config.json", "`../config.json` is outside"),
            ("code/../../x", "`code/../../x` is outside"),
            ("/etc/passwd", "`/etc/passwd` is outside"),
            ("tokenizer_config.json->/etc/passwd", "`tokenizer_config.json` is neither"),
            ("config.json", "it has `config.json` twice"),
            ("./config.json", "it has `config.json` twice"),
        ] {
            let fault = fault(&with(&[path]));
            assert!(fault.contains(expected), "{path}: {fault}");
        }
    }

    #[test]
    fn missing_files_are_named() {
        for (number, file) in WHOLE.iter().enumerate() {
            let mut paths = WHOLE.to_vec();
            // A file below the root does not count.
            let below = format!("minilm/{}", paths.remove(number));
            let fault = fault(&packed(&[&*paths, &[&*below]].concat()));
            assert!(fault.contains(&format!("no `{}`", file.trim_start_matches("./"))), "{fault}");
        }
    }

    #[test]
    fn truncated_damaged_and_large_archives_are_rejected() {
        let whole = with(&[]);
        assert_eq!(fault(b"config.json"), "it is not a complete gzipped tar archive");
        assert_eq!(fault(&whole[..whole.len() - 1]), "it is not a complete gzipped tar archive", "cut");
        let mut damaged = whole.clone();
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        assert_eq!(fault(&damaged), "it is not a complete gzipped tar archive", "damaged");
        // Three entries of two blocks each, and two blocks at the end.
        let all = 8 * 512;
        read(&*whole, all).unwrap();
        for most in [0, 512, 513, 3072, all - 1] {
            let fault = read(&*whole, most).unwrap_err();
            assert!(matches!(fault, ArchiveFault::TooLarge), "{most}: {fault}");
        }
    }
}
