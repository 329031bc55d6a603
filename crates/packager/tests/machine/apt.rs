//! apt on a machine, with a repository that the packager made and signed.

use std::fs;
use std::path::PathBuf;

use crate::agent::UNIT;
use crate::long;
use crate::machine::Machine;
use crate::shell::run;
use crate::site::NEW;
use crate::site::OLD;
use crate::site::packager;
use crate::site::site;

/// A machine that knows a signed repository in a folder of its own.
struct Customer {
    machine: Machine,
    folder: PathBuf,
}

impl Customer {
    fn new() -> Self {
        let machine = Machine::boot();
        let folder = machine.folder.path().join("repository");
        fs::create_dir(&folder).unwrap();
        let customer = Self { machine, folder };
        customer.publish(OLD);
        customer.machine.put(
            "/etc/apt/sources.list",
            "deb [signed-by=/usr/share/keyrings/acme.asc] copy:/srv/repository stable main\n",
        );
        let key = fs::read_to_string(customer.folder.join("acme.asc")).unwrap();
        customer.machine.put("/usr/share/keyrings/acme.asc", &key);
        customer
    }

    /// Adds a version, makes the repository anew, and offers it.
    fn publish(&self, version: &str) {
        let file = site().deb("acme-muster", version);
        fs::copy(&file, self.folder.join(file.file_name().unwrap())).unwrap();
        run(packager()
            .args(["repo", "--origin", "acme", "--key"])
            .arg(site().key())
            .arg(&self.folder))
        .ok();
        self.offer();
    }

    fn offer(&self) {
        self.machine.does("rm -rf /srv/repository");
        run(crate::shell::command("cp", ["-r"])
            .arg(&self.folder)
            .arg(self.machine.at("/srv")))
        .ok();
    }
}

#[test]
fn apt_installs_and_upgrades_a_running_node_from_a_signed_repository() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    let machine = &customer.machine;
    machine.does("apt-get update && apt-get install --yes acme-muster");
    machine.does(&format!("systemctl start {UNIT}"));
    let before = machine.unit("MainPID", UNIT);
    customer.publish(NEW);
    machine.does("apt-get update && apt-get upgrade --yes");
    let version = machine.does("dpkg-query --show --showformat '${Version}' acme-muster");
    assert!(version.starts_with(NEW), "{version}");
    assert_ne!(machine.unit("MainPID", UNIT), before);
}

#[test]
fn apt_refuses_a_package_that_was_changed() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    let machine = &customer.machine;
    machine.does("apt-get update");
    machine.does("for it in /srv/repository/*.deb; do printf x | dd of=$it bs=1 seek=5000 conv=notrunc; done");
    let said = machine.tries("apt-get install --yes acme-muster").refused();
    assert!(said.contains("Hash Sum mismatch"), "{said}");
    machine.tries("test -e /opt/acme-muster").refused();
}

#[test]
fn apt_refuses_a_repository_of_somebody_else() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    let machine = &customer.machine;
    machine.does("sed -i s/main/other/ /srv/repository/dists/stable/InRelease");
    let said = machine
        .tries("apt-get -o APT::Update::Error-Mode=any update")
        .refused();
    assert!(
        said.contains("BADSIG") || said.contains("not signed"),
        "{said}"
    );
}
