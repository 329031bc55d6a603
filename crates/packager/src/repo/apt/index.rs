//! `Packages`: what is in the repository for one architecture. Pure.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;

use sha2::Digest;
use sha2::Sha256;

use crate::deb;

use super::AptError;
use super::options::is_word;

/// One package of the repository.
#[derive(Debug, Clone)]
pub(super) struct Indexed {
    name: String,
    version: String,
    architecture: String,
    file: String,
    stanza: String,
}

impl Indexed {
    /// The package of this name below `folder`, which has these bytes.
    pub(super) fn of(folder: &Path, file: &str, bytes: &[u8]) -> Result<Self, AptError> {
        let path = || folder.join(file);
        let paragraph =
            deb::control(bytes).map_err(|err| AptError::Package { path: path(), err })?;
        let field = |field: &'static str| match paragraph.field(field) {
            Some(value) if !value.is_empty() && !value.contains(['\n', ' ']) => {
                Ok(value.to_owned())
            }
            Some(_) | None => Err(AptError::Field {
                path: path(),
                field,
            }),
        };
        let architecture = field("Architecture")?;
        if !is_word(&architecture) {
            return Err(AptError::Field {
                path: path(),
                field: "Architecture",
            });
        }
        let mut stanza = String::new();
        let own = paragraph
            .iter()
            .filter(|(name, _)| !OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)));
        for (name, value) in own {
            stanza.push_str(&format!("{name}: {value}\n"));
        }
        let (size, digest) = (bytes.len(), hex::encode(Sha256::digest(bytes)));
        stanza.push_str(&format!(
            "Filename: {file}\nSize: {size}\nSHA256: {digest}\n"
        ));
        Ok(Self {
            name: field("Package")?,
            version: field("Version")?,
            architecture,
            file: file.to_owned(),
            stanza,
        })
    }
}

/// `Packages` by architecture. A package for all of them is in each.
pub(super) fn indices(mut packages: Vec<Indexed>) -> Result<BTreeMap<String, String>, AptError> {
    let key = |package: &Indexed| {
        let Indexed {
            name,
            version,
            architecture,
            file,
            ..
        } = package.clone();
        (name, version, architecture, file)
    };
    packages.sort_by_cached_key(key);
    for pair in packages.windows(2) {
        if let [one, other] = pair
            && (&one.name, &one.version, &one.architecture)
                == (&other.name, &other.version, &other.architecture)
        {
            return Err(AptError::Twice {
                one: one.file.clone(),
                other: other.file.clone(),
            });
        }
    }
    let all: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.architecture.as_str())
        .collect();
    let single: BTreeSet<&str> = all.iter().copied().filter(|name| *name != ALL).collect();
    let architectures = if single.is_empty() { all } else { single };
    Ok(architectures
        .into_iter()
        .map(|architecture| (architecture.to_owned(), index(&packages, architecture)))
        .collect())
}

fn index(packages: &[Indexed], architecture: &str) -> String {
    let stanzas: Vec<&str> = packages
        .iter()
        .filter(|package| [architecture, ALL].contains(&package.architecture.as_str()))
        .map(|package| package.stanza.as_str())
        .collect();
    stanzas.join("\n")
}

/// The architecture of what runs everywhere.
const ALL: &str = "all";

/// Fields that only a repository may say.
const OURS: [&str; 5] = ["Filename", "Size", "MD5sum", "SHA1", "SHA256"];
