//! Where the provisioner of this machine is asked, and asking it once.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use muster::os::source_file;
use serde::Deserialize;
use tokio::runtime::Builder;

use crate::cli::error::CliError;
use crate::control;
use crate::control::Answer;
use crate::control::Command;

/// Which provisioner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct SocketArgs {
    /// Control socket of the provisioner [default: that of --config, or /run/muster-provisioner/control.sock]
    #[arg(long, value_name = "PATH")]
    pub(super) socket: Option<PathBuf>,
    /// Configuration file of the provisioner, which names the socket
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

impl SocketArgs {
    pub(super) fn path(&self) -> Result<PathBuf, CliError> {
        match (&self.socket, &self.config) {
            (Some(socket), _) => Ok(socket.clone()),
            (None, Some(config)) => named(config),
            (None, None) => Ok(PathBuf::from(DEFAULT)),
        }
    }

    /// Asks once. A refusal is an error here.
    pub(super) fn ask(&self, command: &Command) -> Result<Answer, CliError> {
        let path = self.path()?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(CliError::Runtime)?;
        match runtime.block_on(control::ask(&path, command))? {
            Answer::Refused { reason } => Err(CliError::Refused { reason }),
            answer @ (Answer::Hosts { .. }
            | Answer::Status(_)
            | Answer::Done { .. }
            | Answer::Plan(_)) => Ok(answer),
        }
    }
}

/// All that matters of the configuration here. The rest is not judged: a running provisioner can be asked while its file
/// is being worked on.
#[derive(Debug, Deserialize)]
struct Named {
    control_socket: Option<PathBuf>,
}

fn named(config: &Path) -> Result<PathBuf, CliError> {
    let text = source_file::read_text(config, LARGEST).map_err(|err| CliError::Unreadable {
        path: config.to_owned(),
        err,
    })?;
    let read: Result<Named, String> = if config.extension().is_some_and(|it| it == "toml") {
        toml::from_str(&text).map_err(|err| err.message().to_owned())
    } else {
        // what such an error quotes of the file may be a secret
        serde_saphyr::from_str(&text).map_err(|_| "it is neither YAML nor JSON".to_owned())
    };
    let named = read.map_err(|reason| CliError::NoConfiguration {
        path: config.to_owned(),
        reason,
    })?;
    Ok(named
        .control_socket
        .unwrap_or_else(|| PathBuf::from(DEFAULT)))
}

const DEFAULT: &str = "/run/muster-provisioner/control.sock";
/// Bytes of a configuration.
const LARGEST: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use muster::cli::ending::Ends as _;
    use muster::report::Exit;

    use super::*;

    fn path(name: &str, text: &str) -> Result<PathBuf, CliError> {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join(name);
        let mut file = File::create(&config).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let socket = None;
        let config = Some(config);
        SocketArgs { socket, config }.path()
    }

    #[test]
    fn the_configuration_names_the_socket() {
        for (name, text, expected) in [
            ("a.yaml", "workers: 4\ncontrol_socket: /run/x\n", "/run/x"),
            ("a.yaml", r#"{"control_socket": "/run/x"}"#, "/run/x"),
            ("a.toml", "control_socket = \"/run/x\"\n", "/run/x"),
            ("a.yaml", "workers: nonsense\n", DEFAULT),
        ] {
            assert_eq!(path(name, text).unwrap(), Path::new(expected), "{text}");
        }
    }

    #[test]
    fn a_socket_on_the_command_line_wins() {
        let args = SocketArgs {
            socket: Some("/run/y".into()),
            config: Some("/no/such/file".into()),
        };
        assert_eq!(args.path().unwrap(), Path::new("/run/y"));
        assert_eq!(SocketArgs::default().path().unwrap(), Path::new(DEFAULT));
    }

    #[test]
    fn a_configuration_that_cannot_be_read_says_so_and_shows_nothing_of_it() {
        let broken = path("a.yaml", "token: [secret\n").unwrap_err();
        assert_eq!(broken.exit(), Exit::Config);
        assert!(!broken.to_string().contains("secret"));
        let broken = path("a.toml", "token = [secret\n").unwrap_err();
        assert_eq!(broken.exit(), Exit::Config);
        assert!(!broken.to_string().contains("secret"));
        let args = SocketArgs {
            socket: None,
            config: Some("/no/such/file".into()),
        };
        assert_eq!(args.path().unwrap_err().exit(), Exit::NoInput);
    }
}
