//! Reading the configuration file.

use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;

use muster::secret::Secret;

use crate::config::collect::read;
use crate::config::fault::Fault;
use crate::config::finding::ConfigError;
use crate::config::finding::Finding;
use crate::config::finding::Place;
use crate::config::machine::Machine;
use crate::config::machine::text_of;
use crate::config::settings::Config;

/// A configuration, and what somebody should know about it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What works, but perhaps not as its author thinks, in the order of the file.
    pub warnings: Vec<Finding>,
}

/// Reads a configuration file on this machine.
///
/// # Errors
///
/// [`ConfigError`] with everything that is wrong.
pub fn load(path: &Path) -> Result<Loaded, ConfigError> {
    let unreadable = |err: io::Error| {
        let place = Place {
            file: path.to_owned(),
            line: None,
            key: String::new(),
        };
        ConfigError::single(
            place,
            Fault::Unreadable {
                text: err.to_string(),
            },
        )
    };
    // what is written may hold secrets
    let text = text(path).map(Secret::new).map_err(unreadable)?;
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    read(text.expose(), &absolute, &Machine)
}

fn text(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    text_of(File::open(path)?, LARGEST)
}

/// A configuration has some hundred lines; this bounds what a mistaken path costs.
const LARGEST: u64 = 1024 * 1024;
