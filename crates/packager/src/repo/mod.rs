//! A folder of packages as a repository of yum and of apt: [`yum`] for its RPMs, [`apt`] for its DEBs.

pub mod apt;
pub mod yum;

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use muster::report::Exit;

use crate::diff;
use crate::diff::DiffError;
use crate::output;
use crate::output::OutputError;
use crate::signing::Sign;
use crate::signing::SignError;

use apt::AptError;
use yum::Rpm;
use yum::Signed;
use yum::YumError;

/// What a repository is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Whom it is of.
    pub origin: String,
    /// Name of the apt distribution.
    pub codename: String,
    /// Seconds since 1970; the date of the newest file in a package when it is not given.
    pub date: Option<u64>,
}

/// A finished repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What a machine is told to use it.
    pub instructions: String,
    /// What somebody should know about it.
    pub remarks: Vec<String>,
}

/// A folder that cannot be a repository.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepoError {
    /// It cannot be read.
    #[error("cannot read {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        err: io::Error,
    },
    /// There is nothing in it.
    #[error("there are no packages in {}", folder.display())]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
    /// A package cannot be read.
    #[error(transparent)]
    Package(#[from] DiffError),
    /// The public key cannot be told.
    #[error("cannot offer the public key")]
    Sign(#[source] SignError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] OutputError),
    /// The RPMs cannot be offered.
    #[error("cannot make the yum repository")]
    Yum(#[source] YumError),
    /// The DEBs cannot be offered.
    #[error("cannot make the apt repository")]
    Apt(#[source] AptError),
}

impl RepoError {
    /// The exit code that says so.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Folder { .. } => Exit::NoInput,
            Self::Package(err) => err.exit(),
            Self::Empty { .. } | Self::Sign(_) => Exit::Data,
            Self::Write(OutputError::Busy { .. }) => Exit::TempFail,
            Self::Yum(_) | Self::Apt(_) | Self::Write(_) => Exit::CannotCreate,
        }
    }
}

/// Makes a folder of packages a repository, signed when there is someone to do it.
///
/// # Errors
/// When there is nothing to offer, or it cannot be described.
pub fn write(
    folder: &Path,
    labels: &Labels,
    signer: Option<&dyn Sign>,
) -> Result<Published, RepoError> {
    let (rpms, debs) = (named(folder, ".rpm")?, named(folder, ".deb")?);
    if rpms.is_empty() && debs.is_empty() {
        return Err(RepoError::Empty {
            folder: folder.to_owned(),
        });
    }
    let mut remarks = Vec::new();
    let mut newest = 0;
    for name in rpms.iter().chain(&debs) {
        let contents = diff::read(&folder.join(name))?;
        let dates = contents.files.values().map(|file| file.modified);
        newest = newest.max(dates.max().unwrap_or_default());
        if signer.is_some() && name.ends_with(".rpm") && !contents.fields.contains_key(SIGNATURE) {
            remarks.push(format!(
                "{name} is not signed: who checks packages will refuse it; package --key signs"
            ));
        }
    }
    let date = labels.date.unwrap_or(newest);
    if let Some(signer) = signer {
        let public = signer.public().map_err(RepoError::Sign)?;
        let path = folder.join(format!("{}.asc", word(&labels.origin)));
        output::write(path, public.as_bytes(), output::MODE)?;
    }
    let mut instructions = String::new();
    if !rpms.is_empty() {
        instructions.push_str(&offer_rpms(folder, &rpms, date, labels, signer)?);
    }
    if !debs.is_empty() {
        instructions.push_str(&offer_debs(folder, &debs, date, labels, signer)?);
    }
    Ok(Published {
        instructions,
        remarks,
    })
}

fn offer_rpms(
    folder: &Path,
    names: &[String],
    date: u64,
    labels: &Labels,
    signer: Option<&dyn Sign>,
) -> Result<String, RepoError> {
    let rpms: Vec<Rpm> = names
        .iter()
        .map(|name| Rpm {
            name: name.clone(),
            path: folder.join(name),
        })
        .collect();
    yum::write(folder, &rpms, signer, date).map_err(RepoError::Yum)?;
    let signed = match signer {
        Some(_) => Signed::Yes,
        None => Signed::No,
    };
    let word = word(&labels.origin);
    Ok(format!(
        "# RPMs: {}, for /etc/yum.repos.d/{word}.repo:\n{}",
        names.len(),
        yum::sample(&word, ADDRESS, signed)
    ))
}

fn offer_debs(
    folder: &Path,
    names: &[String],
    date: u64,
    labels: &Labels,
    signer: Option<&dyn Sign>,
) -> Result<String, RepoError> {
    let options = apt::Options {
        origin: labels.origin.clone(),
        label: labels.origin.clone(),
        suite: labels.codename.clone(),
        codename: labels.codename.clone(),
        component: COMPONENT.to_owned(),
        source_date: date,
    };
    apt::write(folder, names, &options, signer).map_err(RepoError::Apt)?;
    let word = word(&labels.origin);
    let trust = match signer {
        Some(_) => format!("[signed-by=/usr/share/keyrings/{word}.asc]"),
        None => "[trusted=yes]".to_owned(),
    };
    Ok(format!(
        "# DEBs: {}, for /etc/apt/sources.list.d/{word}.list:\ndeb {trust} {ADDRESS} {} {COMPONENT}\n",
        names.len(),
        labels.codename,
    ))
}

/// Names of the files in a folder that end so, sorted.
fn named(folder: &Path, ending: &str) -> Result<Vec<String>, RepoError> {
    let unreadable = |err| RepoError::Folder {
        folder: folder.to_owned(),
        err,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if let Ok(name) = entry.file_name().into_string()
            && name.ends_with(ending)
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A word that is the name of a file and of a section.
fn word(origin: &str) -> String {
    let word: String = origin
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let word = word.trim_matches('-').to_owned();
    if word.is_empty() {
        "muster".to_owned()
    } else {
        word
    }
}

/// What `rpm::read` calls a signature.
const SIGNATURE: &str = "Signature";
/// To be replaced by whoever offers the folder.
const ADDRESS: &str = "https://packages.example.net";
const COMPONENT: &str = "main";
