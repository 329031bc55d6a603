//! `Release`: what the repository is and which files it has. Pure.

use std::collections::BTreeMap;

use sha2::Digest;
use sha2::Sha256;
use time::OffsetDateTime;
use time::macros::format_description;

use super::AptError;
use super::Options;

/// The text for these architectures and index files, which are named relative to the folder of the codename.
pub(super) fn text(
    options: &Options,
    architectures: &[&str],
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<String, AptError> {
    let mut text = String::new();
    for (name, value) in [
        ("Origin", options.origin.as_str()),
        ("Label", &options.label),
        ("Suite", &options.suite),
        ("Codename", &options.codename),
        ("Date", &date(options.source_date)?),
        ("Acquire-By-Hash", "yes"),
        ("Architectures", &architectures.join(" ")),
        ("Components", &options.component),
    ] {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push_str("SHA256:\n");
    for (name, bytes) in files {
        let (digest, size) = (digest(bytes), bytes.len());
        text.push_str(&format!(" {digest} {size:>16} {name}\n"));
    }
    Ok(text)
}

/// SHA-256 in hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// `Sat, 03 Feb 2024 04:05:06 UTC`.
fn date(seconds: u64) -> Result<String, AptError> {
    let refused = || AptError::Date { seconds };
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] UTC"
    );
    let whole = i64::try_from(seconds).map_err(|_| refused())?;
    let moment = OffsetDateTime::from_unix_timestamp(whole).map_err(|_| refused())?;
    moment.format(format).map_err(|_| refused())
}
