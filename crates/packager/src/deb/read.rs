//! The bytes of a DEB in, what it says and contains out. The bytes may be anybody's.

use std::collections::BTreeMap;

use buildspec::Compression;

use crate::archive::ListingError;
use crate::archive::listing;
use crate::archive::payload;
use crate::model::Contents;
use crate::model::Packed;

use super::DebError;
use super::ar;
use super::paragraph::Paragraph;

/// What a package says and contains. Beside the fields of its `control` there is `Members`, the names of its parts, which
/// tell its compression.
///
/// # Errors
/// When it is no DEB, is damaged, or unpacks to more than anything of ours.
pub fn read(bytes: &[u8]) -> Result<Contents, DebError> {
    let members = Members::find(bytes)?;
    let mut controls = members.controls()?;
    let paragraph = paragraph(&controls)?;
    let (compression, payload) = members.data;
    let unpacked = |err| DebError::Member { name: DATA, err };
    let mut tar = payload::unpacker(compression, payload)
        .map_err(|err| unpacked(ListingError::Damaged { err }))?;
    let mut files = listing::files(&mut *tar).map_err(unpacked)?;
    if let Some(list) = controls.remove("/conffiles") {
        mark_conffiles(&mut files, &list)?;
    }
    let mut fields = paragraph.readable();
    fields.insert("Members".to_owned(), members.names.join("\n"));
    Ok(Contents {
        fields,
        scripts: scripts(controls),
        files,
    })
}

/// The fields of a package as its `control` has them, without a look at its files.
pub(crate) fn control(bytes: &[u8]) -> Result<Paragraph, DebError> {
    paragraph(&Members::find(bytes)?.controls()?)
}

/// The parts of a DEB, found but not unpacked.
struct Members<'a> {
    names: Vec<String>,
    control: (Option<Compression>, &'a [u8]),
    data: (Option<Compression>, &'a [u8]),
}

impl<'a> Members<'a> {
    /// The order is fixed: `debian-binary`, the control files, the payload. Members whose names begin with `_` are for others.
    fn find(bytes: &'a [u8]) -> Result<Self, DebError> {
        let members = ar::read(bytes)?;
        let names = members.iter().map(|(name, _)| name.clone()).collect();
        let mut ours = members
            .into_iter()
            .filter(|(name, _)| !name.starts_with('_'));
        match ours.next() {
            Some((name, version)) if name == BINARY => check_version(version)?,
            Some(_) | None => return Err(DebError::NotADeb),
        }
        let control = tar_member(CONTROL, ours.next())?;
        let data = tar_member(DATA, ours.next())?;
        match ours.next() {
            None => Ok(Self {
                names,
                control,
                data,
            }),
            Some((name, _)) => Err(DebError::Unknown { member: name }),
        }
    }

    /// The control files by their paths, `/control` among them.
    fn controls(&self) -> Result<BTreeMap<String, Vec<u8>>, DebError> {
        let (compression, bytes) = self.control;
        let unpacked = |err| DebError::Member { name: CONTROL, err };
        let mut tar = payload::unpacker(compression, bytes)
            .map_err(|err| unpacked(ListingError::Damaged { err }))?;
        listing::texts(&mut *tar).map_err(unpacked)
    }
}

fn check_version(version: &[u8]) -> Result<(), DebError> {
    // Every minor version is meant to be read; dpkg ignores further lines too.
    if version.starts_with(b"2.") {
        Ok(())
    } else {
        let shown = version.get(..16).unwrap_or(version);
        Err(DebError::Version {
            version: String::from_utf8_lossy(shown).trim().to_owned(),
        })
    }
}

fn tar_member<'a>(
    name: &'static str,
    member: Option<(String, &'a [u8])>,
) -> Result<(Option<Compression>, &'a [u8]), DebError> {
    let (found, bytes) = member.ok_or(DebError::Missing { name })?;
    let ending = found.strip_prefix(name).ok_or(DebError::Missing { name })?;
    KNOWN
        .into_iter()
        .find(|compression| ar::suffix(*compression) == ending)
        .map(|compression| (compression, bytes))
        .ok_or(DebError::Unknown { member: found })
}

fn paragraph(controls: &BTreeMap<String, Vec<u8>>) -> Result<Paragraph, DebError> {
    let text = controls
        .get("/control")
        .ok_or(DebError::Missing { name: "control" })?;
    Paragraph::parse(text)
}

/// The scripts and whatever else dpkg acts on. `md5sums` only repeats what the payload says.
fn scripts(controls: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    controls
        .into_iter()
        .filter(|(path, _)| !["/control", "/md5sums"].contains(&path.as_str()))
        .map(|(path, text)| {
            let name = path.trim_start_matches('/').to_owned();
            (name, String::from_utf8_lossy(&text).into_owned())
        })
        .collect()
}

fn mark_conffiles(files: &mut BTreeMap<String, Packed>, list: &[u8]) -> Result<(), DebError> {
    let list = String::from_utf8_lossy(list);
    // Those that an upgrade removes are not in the payload.
    let paths = list.lines().filter(|path| path.starts_with('/'));
    for path in paths {
        match files.get_mut(path) {
            Some(packed) => packed.marks.push("conffile".to_owned()),
            None => {
                return Err(DebError::Conffile {
                    path: path.to_owned(),
                });
            }
        }
    }
    Ok(())
}

const BINARY: &str = "debian-binary";
const CONTROL: &str = "control.tar";
const DATA: &str = "data.tar";

/// What members are read.
const KNOWN: [Option<Compression>; 4] = [
    None,
    Some(Compression::Gzip),
    Some(Compression::Xz),
    Some(Compression::Zstd),
];
