//! Reads tar archives that somebody else may have made: nothing is unpacked to disk, and whatever the bytes say, memory and
//! time are bounded.

use std::collections::BTreeMap;
use std::io;
use std::io::Read;

use sha2::Digest;
use sha2::Sha256;
use tar::Archive;
use tar::Entry;
use tar::EntryType;

use crate::model::Packed;

/// A tar archive that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListingError {
    /// Not compressed so, not tar, or cut off.
    #[error("damaged")]
    Damaged {
        /// What the decoder said.
        #[source]
        err: io::Error,
    },
    /// More comes out than anything of ours could have.
    #[error("unpacks to more than {limit} bytes")]
    Large {
        /// The most that is read.
        limit: u64,
    },
    /// More members than anything of ours could have.
    #[error("has more than {MEMBERS} members")]
    Many,
    /// A path that is not plain, or not UTF-8.
    #[error("has a member with the path {path:?}")]
    Path {
        /// The path.
        path: String,
    },
    /// One path, two members.
    #[error("has {path} twice")]
    Twice {
        /// The path.
        path: String,
    },
    /// Neither a file, a folder nor a link.
    #[error("has {path}, which is neither file nor folder nor link")]
    Kind {
        /// The path.
        path: String,
    },
}

/// What is in an archive, by absolute path; files by their digests.
pub(crate) fn files(tar: &mut dyn Read) -> Result<BTreeMap<String, Packed>, ListingError> {
    let mut files = BTreeMap::new();
    each(tar, PAYLOAD, &mut |path, packed, member| {
        let mut packed = packed;
        if packed.kind == FILE {
            packed.sha256 = digest(member)?;
        }
        insert(&mut files, path, packed)
    })?;
    Ok(files)
}

/// The files of a small archive with their bytes, by absolute path.
pub(crate) fn texts(tar: &mut dyn Read) -> Result<BTreeMap<String, Vec<u8>>, ListingError> {
    let mut texts = BTreeMap::new();
    each(tar, CONTROL, &mut |path, packed, member| {
        if packed.kind != FILE {
            return Ok(());
        }
        let mut bytes = Vec::new();
        member
            .read_to_end(&mut bytes)
            .map_err(|err| ListingError::Damaged { err })?;
        insert(&mut texts, path, bytes)
    })?;
    Ok(texts)
}

type Visit<'v> = dyn FnMut(String, Packed, &mut dyn Read) -> Result<(), ListingError> + 'v;

/// Goes through an archive of at most so many bytes.
fn each(tar: &mut dyn Read, limit: u64, visit: &mut Visit<'_>) -> Result<(), ListingError> {
    let mut archive = Archive::new(Bounded {
        inner: tar,
        left: limit,
    });
    let entries = archive.entries().map_err(|err| failed(err, limit))?;
    for (count, entry) in entries.enumerate() {
        if count >= MEMBERS {
            return Err(ListingError::Many);
        }
        let mut entry = entry.map_err(|err| failed(err, limit))?;
        let Some(path) = plain_path(&entry)? else {
            continue;
        };
        let packed = packed(&entry, &path, limit)?;
        visit(path, packed, &mut entry).map_err(|err| match err {
            ListingError::Damaged { err } => failed(err, limit),
            other => other,
        })?;
    }
    // What is behind the last member is of no interest, but the checksum of the compression is there.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|err| failed(err, limit))?;
    Ok(())
}

/// What the header says about a member.
fn packed<R: Read>(entry: &Entry<'_, R>, path: &str, limit: u64) -> Result<Packed, ListingError> {
    let header = entry.header();
    let number = |field: io::Result<u64>| field.map_err(|err| failed(err, limit));
    let account = |name: Option<&[u8]>, id: io::Result<u64>| match name {
        Some(name) if !name.is_empty() => Ok(String::from_utf8_lossy(name).into_owned()),
        Some(_) | None => number(id).map(|id| id.to_string()),
    };
    Ok(Packed {
        kind: kind(entry, path)?,
        mode: header.mode().map_err(|err| failed(err, limit))? & 0o7777,
        owner: account(header.username_bytes(), header.uid())?,
        group: account(header.groupname_bytes(), header.gid())?,
        size: entry.size(),
        sha256: String::new(),
        modified: number(header.mtime())?,
        marks: Vec::new(),
    })
}

/// Sparse files are among what is refused: a few bytes of them are as many zeros as their author likes.
fn kind<R: Read>(entry: &Entry<'_, R>, path: &str) -> Result<String, ListingError> {
    let target = || {
        let target = entry.link_name_bytes().unwrap_or_default();
        String::from_utf8_lossy(&target).into_owned()
    };
    match entry.header().entry_type() {
        EntryType::Regular => Ok(FILE.to_owned()),
        EntryType::Directory => Ok("directory".to_owned()),
        EntryType::Symlink => Ok(format!("link to {}", target())),
        EntryType::Link => Ok(format!("hard link to {}", target())),
        _ => Err(ListingError::Kind {
            path: path.to_owned(),
        }),
    }
}

/// The absolute path of a member; none for the folder that everything is in.
fn plain_path<R: Read>(entry: &Entry<'_, R>) -> Result<Option<String>, ListingError> {
    let bytes = entry.path_bytes();
    let refused = || ListingError::Path {
        path: String::from_utf8_lossy(&bytes).into_owned(),
    };
    let name = std::str::from_utf8(&bytes).map_err(|_| refused())?;
    if matches!(name, "." | "./" | "/") {
        return Ok(None);
    }
    let name = name.strip_prefix("./").unwrap_or(name);
    let name = name.strip_prefix('/').unwrap_or(name);
    let name = name.strip_suffix('/').unwrap_or(name);
    let is_plain = !name.chars().any(char::is_control)
        && !name.split('/').any(|part| matches!(part, "" | "." | ".."));
    if is_plain {
        Ok(Some(format!("/{name}")))
    } else {
        Err(refused())
    }
}

fn insert<T>(known: &mut BTreeMap<String, T>, path: String, value: T) -> Result<(), ListingError> {
    if known.contains_key(&path) {
        return Err(ListingError::Twice { path });
    }
    known.insert(path, value);
    Ok(())
}

fn digest(member: &mut dyn Read) -> Result<String, ListingError> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = member
            .read(&mut buffer)
            .map_err(|err| ListingError::Damaged { err })?;
        match buffer.get(..read) {
            Some([]) | None => return Ok(hex::encode(digest.finalize())),
            Some(bytes) => digest.update(bytes),
        }
    }
}

fn failed(err: io::Error, limit: u64) -> ListingError {
    if err.kind() == io::ErrorKind::FileTooLarge {
        ListingError::Large { limit }
    } else {
        ListingError::Damaged { err }
    }
}

/// Fails instead of giving more than so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = u64::try_from(read)
            .ok()
            .and_then(|read| self.left.checked_sub(read))
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

/// Bytes that are digested at once.
const BUFFER: usize = 64 << 10;

/// The kind of a regular file in [`Packed`].
const FILE: &str = "file";

/// The most that a payload unpacks to. An agent with its debug information has less than a tenth of it.
const PAYLOAD: u64 = 2 << 30;

/// The most that the control files of a DEB unpack to.
const CONTROL: u64 = 16 << 20;

/// The most members: each costs memory.
const MEMBERS: usize = 100_000;
