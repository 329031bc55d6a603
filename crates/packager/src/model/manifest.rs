//! A package as every format sees it.

use buildspec::Compression;
use buildspec::Platform;
use buildspec::RpmFormat;

use super::tree::Tree;

/// Everything that a package says and contains. The writers of the formats turn it into bytes and add nothing of their own:
/// the same manifest is the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the package.
    pub name: String,
    /// Version in the spelling of this format (buildspec's `version`), without release.
    pub version: String,
    /// Release with dist tag, `1.el`; for DEBs the part behind `+` or `-`, if any.
    pub release: String,
    /// What it runs on.
    pub platform: Platform,
    /// One line.
    pub summary: String,
    /// Paragraphs.
    pub description: String,
    /// SPDX expression.
    pub license: String,
    /// Where to read more.
    pub url: String,
    /// `Name <mail>`.
    pub contact: String,
    /// RPM's group.
    pub rpm_group: String,
    /// Payload compression.
    pub compression: Compression,
    /// Version of the RPM header.
    pub rpm_format: RpmFormat,
    /// Seconds since 1970: every time in the package, file times included.
    pub source_date: u64,
    /// What it needs.
    pub requires: Vec<Requirement>,
    /// What it contains.
    pub tree: Tree,
    /// What runs when it comes and goes, in the form of this format.
    pub scriptlets: Scriptlets,
}

/// Another package that must be there, by its name in this format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Name, or path of a program where the format allows that.
    pub name: String,
    /// Whether it must be there before the scriptlet `before` runs (`Requires(pre)`, `Pre-Depends`).
    pub early: bool,
}

/// Shell scripts of a package, for `/bin/sh`, without the first line. RPM runs `before_install` as `%pre`,
/// `after_install` as `%post`, `before_removal` as `%preun`, `after_removal` as `%postun`; dpkg as `preinst`, `postinst`,
/// `prerm` and `postrm`. They are written for one format: arguments differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scriptlets {
    /// Before files are unpacked.
    pub before_install: Option<String>,
    /// After files were unpacked.
    pub after_install: Option<String>,
    /// Before files are removed.
    pub before_removal: Option<String>,
    /// After files were removed.
    pub after_removal: Option<String>,
}
