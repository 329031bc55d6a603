//! Somebody at a command line who reaches the networks of a machine: the packed program itself.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::broker::PRODUCTION;
use crate::broker::certificate;
use crate::machine::Machine;
use crate::shell::Said;
use crate::shell::put;
use crate::shell::run;
use crate::site::BROKER;
use crate::site::BUILDS;

/// An operator of one network.
pub(crate) struct Operator<'a> {
    machine: &'a Machine,
    configuration: PathBuf,
}

impl<'a> Operator<'a> {
    /// One who talks to nodes that wait.
    pub(crate) fn of_waiting(machine: &'a Machine) -> Self {
        let folder = machine.folder.path();
        let ca = folder.join("provisioning/broker.pem");
        let text = client("provisioning", BROKER, &ca);
        Self::with(machine, "waiting.conf", &text)
    }

    /// One who signs requests, with a certificate of the nodes' authority.
    pub(crate) fn of_fleet(machine: &'a Machine, authority: &Path) -> Self {
        let folder = machine.folder.path();
        let name = "operator.mcollective";
        certificate(authority, folder, "operator", name, &format!("DNS:{name}"));
        let file = |name: &str| folder.join(name).display().to_string();
        let text = format!(
            "{}plugin.security.file.certificate = {}\nplugin.security.file.key = {}\n",
            client("mcollective", PRODUCTION, &authority.join("ca.pem")),
            file("operator.pem"),
            file("operator.key"),
        );
        Self::with(machine, "fleet.conf", &text)
    }

    fn with(machine: &'a Machine, name: &str, text: &str) -> Self {
        let configuration = machine.folder.path().join(name);
        put(&configuration, text);
        Self {
            machine,
            configuration,
        }
    }

    /// Calls the program; what it said.
    pub(crate) fn tries(&self, arguments: &[&str]) -> Said {
        run(&mut self.command(arguments))
    }

    /// The same for a call that succeeds.
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        self.tries(arguments).ok()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.machine.beside(&BUILDS[0].program());
        command
            .args(arguments)
            .arg("--config")
            .arg(&self.configuration);
        command
    }

    /// Waits until the node answers.
    pub(crate) fn hears_the_node(&self) {
        let asked = (0..PATIENCE).any(|_| self.tries(&["ping", "--expect", "1"]).good);
        assert!(
            asked,
            "no node answers: {}",
            self.machine
                .does("journalctl --no-pager --quiet --lines 40; cat /var/log/acme-muster/*")
        );
    }
}

fn client(collective: &str, broker: &str, ca: &Path) -> String {
    format!(
        "identity = operator.example.net\ncollectives = {collective}\n\
         plugin.choria.middleware_hosts = {broker}\n\
         plugin.security.provider = file\nplugin.security.file.ca = {}\n",
        ca.display()
    )
}

/// Attempts, each of which waits for answers for seconds.
const PATIENCE: usize = 40;
