//! The templates of packages: those that are made, and those of the reference that are not.

use crate::fault::Fault;
use crate::near::Hint;
use crate::package::Compression;
use crate::package::Format;

/// What a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Template {
    /// A package.
    Made(Recipe),
    /// Nothing, for this reason.
    Skipped(&'static str),
}

/// How the packages of a template are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(crate) format: Format,
    /// What the payload is compressed with where the buildspec does not say.
    ///
    /// Zstd is quick and small, and read by the rpm of EL8 and everything newer. EL7's rpm does not know it, and gzip
    /// costs nothing there. Every dpkg since 2011 reads xz; zstd only that of Debian 12 and of Ubuntu.
    pub(crate) compression: Compression,
    /// The distribution that the packages are for, and what its rpm cannot read.
    pub(crate) distribution: Option<Distribution>,
}

/// A distribution with an rpm that does not read everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Distribution {
    pub(crate) name: &'static str,
    pub(crate) reads_zstd: bool,
}

impl Template {
    /// A template by its name.
    ///
    /// # Errors
    /// When neither we nor the reference have it.
    pub(crate) fn find(name: &str) -> Result<Self, Fault> {
        let row = TABLE.iter().find(|(known, _)| *known == name);
        row.map(|(_, template)| *template)
            .ok_or_else(|| Fault::UnknownTemplate {
                name: name.to_owned(),
                hint: Hint::new(name, TABLE.iter().map(|(known, _)| *known)),
            })
    }
}

const fn rpm(compression: Compression, distribution: Option<Distribution>) -> Template {
    Template::Made(Recipe {
        format: Format::Rpm,
        compression,
        distribution,
    })
}

const fn el(name: &'static str) -> Option<Distribution> {
    Some(Distribution {
        name,
        reads_zstd: true,
    })
}

const DEB: Template = Template::Made(Recipe {
    format: Format::Deb,
    compression: Compression::Xz,
    distribution: None,
});
const ARCHIVE: Template = Template::Made(Recipe {
    format: Format::Archive,
    compression: Compression::Gzip,
    distribution: None,
});
const EL7: Option<Distribution> = Some(Distribution {
    name: "EL7",
    reads_zstd: false,
});

const TABLE: &[(&str, Template)] = &[
    ("archive/basic", ARCHIVE),
    ("debian/generic", DEB),
    ("debian/legacy", DEB),
    ("el/generic", rpm(Compression::Zstd, None)),
    ("el/el7", rpm(Compression::Gzip, EL7)),
    ("el/el8", rpm(Compression::Zstd, el("EL8"))),
    ("el/el9", rpm(Compression::Zstd, el("EL9"))),
    ("el/el5", Template::Skipped(NO_SYSTEMD)),
    ("el/el6", Template::Skipped(NO_SYSTEMD)),
    ("windows/64bit", Template::Skipped(NO_WINDOWS)),
];

const NO_SYSTEMD: &str = "EL5 and EL6 have no systemd";
pub(crate) const NO_WINDOWS: &str = "packages for Windows are not made here";
pub(crate) const NO_ZIP: &str = "zip archives are not made here";
pub(crate) const NO_MACOS: &str = "packages for macOS are not made here";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_old_distributions_cannot_read_is_not_their_default() {
        for (name, template) in TABLE {
            if let Template::Made(Recipe {
                compression: Compression::Zstd,
                distribution: Some(distribution),
                ..
            }) = template
            {
                assert!(distribution.reads_zstd, "{name}");
            }
        }
    }

    #[test]
    fn a_misspelt_template_gets_its_neighbour() {
        let text = Template::find("debian/genric").unwrap_err().to_string();
        assert_eq!(
            text,
            "unknown template `debian/genric`, did you mean `debian/generic`?"
        );
    }
}
