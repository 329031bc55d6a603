//! What a machine has once it is configured and works: everything that no package may lose.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::chown;

use buildspec::Format;

use super::machine::Finds;
use super::machine::Machine;
use super::order::Order;

/// A configured machine with a package on it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) machine: Machine,
    order: Order,
    before: Finds,
}

impl Node {
    /// Installs a package and lets the machine be configured, as a provisioner and an administrator do. None where nobody
    /// may call chroot.
    pub(crate) fn new(order: &Order) -> Option<Self> {
        let machine = Machine::new(order.format)?;
        machine.install(order);
        Some(Self::on(machine, order))
    }

    /// The same on a machine that has the package.
    pub(crate) fn on(machine: Machine, order: &Order) -> Self {
        for (path, mode) in [own(order), edited(order)].concat() {
            let at = machine.at(&path);
            let is_new = !at.exists();
            let text = match is_new {
                true => format!("{path} of this node\n"),
                false => machine.text(&path) + "# of this node\n",
            };
            machine.write(&path, &text);
            if is_new {
                fs::set_permissions(&at, fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        // a provisioner's `configure` writes it anew
        let written = format!("{}/server.conf", order.etcdir());
        if !order.is_provisioner() {
            machine.write(&written, "identity = n1.example.net\n");
        }
        // whoever manages the machine may have decided on other owners
        let log = machine.at(&log(order));
        chown(log, Some(0), Some(65534)).unwrap();
        machine.calls();
        let mut node = Self {
            machine,
            order: order.clone(),
            before: Finds::new(),
        };
        node.before = node.now();
        node
    }

    fn now(&self) -> Finds {
        let paths = [own(&self.order), edited(&self.order)].concat();
        paths
            .iter()
            .flat_map(|(path, _)| self.machine.below(path))
            .collect()
    }

    /// Nothing is lost or changed, bytes, modes and owners.
    pub(crate) fn is_whole(&self, after: &str) {
        same(&self.before, &self.now(), after);
    }

    /// What nobody can make again is there. Configurations of the package that were edited are where rpm puts them.
    pub(crate) fn is_whole_after_removal(&self) {
        let now = self.now();
        let (mut kept, mut saved) = (self.before.clone(), Finds::new());
        if self.order.format == Format::Rpm {
            for (path, _) in edited(&self.order) {
                let file = kept.remove(&path).unwrap();
                saved.insert(format!("{path}.rpmsave"), file);
            }
        }
        same(&kept, &now, "removal");
        for (path, file) in saved {
            let found = self.machine.below(&path);
            assert_eq!(found.get(&path), Some(&file), "{path}");
        }
    }
}

fn same(before: &Finds, now: &Finds, after: &str) {
    for (path, file) in before {
        assert_eq!(now.get(path), Some(file), "{path} after {after}");
    }
    assert_eq!(now.len(), before.len(), "{after}");
}

/// What no package ships: configuration of the machine, keys, what the program remembers.
fn own(order: &Order) -> Vec<(String, u32)> {
    let (etcdir, statedir, name) = (order.etcdir(), order.statedir(), order.name());
    match order.is_provisioner() {
        false => vec![
            (format!("{etcdir}/server.conf"), 0o640),
            (format!("{etcdir}/policy.toml"), 0o600),
            (format!("{etcdir}/server.jwt"), 0o600),
            (format!("{etcdir}/server.seed"), 0o600),
            (format!("{etcdir}/.muster/previous.conf"), 0o600),
            (format!("{etcdir}/facts.yaml"), 0o644),
            (format!("{etcdir}/plugin.d/site.cfg"), 0o640),
            (format!("{etcdir}/policies/rpcutil.policy"), 0o600),
            (format!("{etcdir}/ssl/private.pem"), 0o600),
            (format!("{etcdir}/ssl/certificate.pem"), 0o644),
            (format!("{etcdir}/ssl/ca.pem"), 0o644),
            (format!("{statedir}/replay.json"), 0o600),
            (format!("{statedir}/journal/1"), 0o600),
            (format!("/var/log/{name}/{name}.log"), 0o640),
        ],
        true => vec![
            (format!("{etcdir}/provisioner.yaml"), 0o640),
            (format!("{etcdir}/client.conf"), 0o640),
            (format!("{etcdir}/template.toml"), 0o640),
            (format!("{etcdir}/token"), 0o640),
            (format!("{statedir}/journal.jsonl"), 0o600),
            (format!("{statedir}/ca/ca-key.pem"), 0o600),
            (format!("{statedir}/ca/ca.pem"), 0o644),
        ],
    }
}

/// What the package ships to be edited.
fn edited(order: &Order) -> Vec<(String, u32)> {
    let service = order.unit().replace(".service", "");
    let folder = match order.format {
        Format::Rpm => "sysconfig",
        Format::Deb | Format::Archive => "default",
    };
    let mut files = vec![(format!("/etc/{folder}/{service}"), 0o644)];
    if !order.is_provisioner() {
        files.push((format!("/etc/logrotate.d/{}", order.name()), 0o644));
        files.push((format!("{}/plugin.d/muster.cfg", order.etcdir()), 0o640));
        files.push((format!("{}/plugin.d/choria.cfg", order.etcdir()), 0o640));
    }
    files
}

/// A file whose owner somebody changed.
fn log(order: &Order) -> String {
    match order.is_provisioner() {
        false => format!("/var/log/{0}/{0}.log", order.name()),
        true => format!("{}/template.toml", order.etcdir()),
    }
}
