//! What a finished package says and contains, read back from its bytes: the same for all formats, to be compared.

use std::collections::BTreeMap;

/// A package as a reader sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Its fields by their usual names (`Name`, `Version`, `Requires`…), lists one entry a line.
    pub fields: BTreeMap<String, String>,
    /// Its scripts by the names of the format (`%post`, `postinst`).
    pub scripts: BTreeMap<String, String>,
    /// Its paths, absolute.
    pub files: BTreeMap<String, Packed>,
}

/// One path in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// `file`, `directory`, `link to …`, `ghost`.
    pub kind: String,
    /// Permission bits.
    pub mode: u32,
    /// Name of its owner.
    pub owner: String,
    /// Name of its group.
    pub group: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of a file's bytes in hex, empty for what is none.
    pub sha256: String,
    /// Seconds since 1970.
    pub modified: u64,
    /// What the format says about it, such as `config(noreplace)`; sorted.
    pub marks: Vec<String>,
}
