//! The container of a DEB: `ar`, of which only the plainest part is used. Names have at most 16 bytes, and the crates that know
//! the rest of the format would be larger than what is here.

use std::ops::Range;

use buildspec::Compression;

use super::DebError;

/// What the container begins with.
pub(crate) const MAGIC: &[u8] = b"!<arch>\n";

/// The container of these members, in their order.
pub(super) fn write(members: &[(&str, &[u8])], modified: u64) -> Result<Vec<u8>, DebError> {
    let mut bytes = MAGIC.to_vec();
    for (name, content) in members {
        let header = format!(
            "{name:<16}{modified:<12}{owner:<6}{owner:<6}{mode:<8}{size:<10}",
            owner = 0,
            mode = "100644",
            size = content.len(),
        );
        // A number that is too long for its field moves everything behind it.
        if header.len() != HEADER - END.len() {
            return Err(DebError::Large {
                member: (*name).to_owned(),
                size: content.len(),
            });
        }
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(END);
        bytes.extend_from_slice(content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    Ok(bytes)
}

/// The members of a container with their bytes, in their order.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<(String, &[u8])>, DebError> {
    let mut rest = bytes.strip_prefix(MAGIC).ok_or(DebError::NotADeb)?;
    let mut members = Vec::new();
    while !rest.is_empty() {
        let damaged = || DebError::Container {
            offset: bytes.len().saturating_sub(rest.len()),
        };
        let (header, behind) = rest.split_at_checked(HEADER).ok_or_else(damaged)?;
        if !header.ends_with(END) {
            return Err(damaged());
        }
        let name = field(header, NAME).ok_or_else(damaged)?;
        let size = field(header, SIZE)
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(damaged)?;
        let (content, behind) = behind.split_at_checked(size).ok_or_else(damaged)?;
        // dpkg-deb writes no slash, GNU ar does.
        members.push((name.trim_end_matches('/').to_owned(), content));
        rest = if size % 2 == 1 {
            behind.strip_prefix(b"\n").unwrap_or(behind)
        } else {
            behind
        };
    }
    Ok(members)
}

/// What stands behind `.tar` for a compression.
pub(super) fn suffix(compression: Option<Compression>) -> &'static str {
    match compression {
        None => "",
        Some(Compression::Gzip) => ".gz",
        Some(Compression::Xz) => ".xz",
        Some(Compression::Zstd) => ".zst",
    }
}

fn field(header: &[u8], range: Range<usize>) -> Option<&str> {
    let text = std::str::from_utf8(header.get(range)?).ok()?;
    Some(text.trim_end_matches(' '))
}

const HEADER: usize = 60;
const NAME: Range<usize> = 0..16;
const SIZE: Range<usize> = 48..58;

/// The end of a header.
const END: &[u8] = b"`\n";
