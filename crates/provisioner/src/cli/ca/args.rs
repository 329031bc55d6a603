//! The arguments of `ca`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Makes an authority in a directory
    Init(InitArgs),
    /// Shows the certificates that were issued
    List(ListArgs),
    /// Takes a certificate back, and writes the revocation list anew
    Revoke(RevokeArgs),
    /// Writes the revocation list anew
    Crl(CrlArgs),
    /// Gives the authority a new key and certificate under the same name
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The directory; made when it is not there
    pub(super) directory: PathBuf,
    /// Common name of the authority
    #[arg(long, default_value = "muster provisioning CA", value_parser = common_name)]
    pub(super) common_name: String,
    #[command(flatten)]
    pub(super) new: NewArgs,
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// How long its certificate is good: 10y, 52w, 365d or 48h
    #[arg(long, default_value = "10y", value_parser = duration)]
    pub(super) validity: Duration,
    /// Its key
    #[arg(long, value_enum, default_value_t = KeyType::P256)]
    pub(super) key_type: KeyType,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum KeyType {
    P256,
    Rsa3072,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The authority's directory
    pub(super) directory: PathBuf,
    /// Only certificates of this identity
    #[arg(long)]
    pub(super) identity: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// The authority's directory
    pub(super) directory: PathBuf,
    /// Serial number as `ca list` shows it
    pub(super) serial: String,
    #[command(flatten)]
    pub(super) crl: CrlValidity,
}

#[derive(Debug, Args)]
pub(super) struct CrlArgs {
    /// The authority's directory
    pub(super) directory: PathBuf,
    #[command(flatten)]
    pub(super) crl: CrlValidity,
}

#[derive(Debug, Args)]
pub(super) struct CrlValidity {
    /// How long the revocation list is good
    #[arg(long = "crl-validity", default_value = "30d", value_parser = duration)]
    pub(super) validity: Duration,
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// The authority's directory
    pub(super) directory: PathBuf,
    /// Ends the rotation: nodes get the new certificate only
    #[arg(long)]
    pub(super) finish: bool,
    /// Ends it although certificates of the old authority are still valid
    #[arg(long, requires = "finish")]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) new: NewArgs,
}

fn common_name(text: &str) -> Result<String, &'static str> {
    let fits = !text.trim().is_empty()
        && text.chars().count() <= 64
        && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a common name has 1 to 64 printable characters")
    }
}

/// Whole hours, days, weeks or years, between an hour and a hundred years.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    let wrong = "a duration is written as 48h, 365d, 52w or 10y";
    let unit = text.chars().next_back().ok_or(wrong)?;
    let hours: u64 = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        'y' => 365 * 24,
        _ => return Err(wrong),
    };
    let count: u64 = text
        .strip_suffix(unit)
        .and_then(|count| count.parse().ok())
        .ok_or(wrong)?;
    let hours = count.checked_mul(hours).ok_or(wrong)?;
    if (1..=100 * 365 * 24).contains(&hours) {
        Ok(Duration::from_secs(hours.saturating_mul(3600)))
    } else {
        Err("a duration is between an hour and a hundred years")
    }
}
