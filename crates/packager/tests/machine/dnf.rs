//! dnf, with a repository that the packager made and signed, and a machine that is made of its packages.
//!
//! The folder that it installs into is a Debian, so that scriptlets find a shell and systemd; a package without files
//! says to dnf that these are there.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::agent::FACTS;
use crate::agent::UNIT;
use crate::base;
use crate::broker::Broker;
use crate::long;
use crate::machine::Machine;
use crate::operator::Operator;
use crate::shell::Said;
use crate::shell::command;
use crate::shell::put;
use crate::shell::run;
use crate::shell::sh;
use crate::site::BUILDS;
use crate::site::NEW;
use crate::site::OLD;
use crate::site::checkout;
use crate::site::package;
use crate::site::packager;
use crate::site::site;

/// A folder that dnf installs into, and the repositories that it knows.
struct Customer {
    folder: TempDir,
}

impl Customer {
    fn new() -> Self {
        let customer = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["repository", "log"] {
            fs::create_dir(customer.at(folder)).unwrap();
        }
        base::copy(&customer.at("root"));
        customer.make_stub();
        customer
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A repository with one package without files, which provides what this Debian has.
    fn make_stub(&self) {
        let spec = "Name: debian\nVersion: 12\nRelease: 1\nSummary: What is there\nLicense: none\n\
                    BuildArch: noarch\nProvides: systemd /bin/sh /usr/sbin/groupadd /usr/sbin/useradd\n\
                    %description\nNothing.\n%files\n";
        put(&self.at("stub/stub.spec"), spec);
        run(sh(
            "rpmbuild --quiet -bb --define \"_rpmdir $PWD\" --define \"_topdir $PWD/top\" stub.spec
             createrepo_c --quiet .",
        )
        .current_dir(self.at("stub")))
        .ok();
    }

    fn offer(&self, rpm: PathBuf) -> PathBuf {
        let to = self.at("repository").join(rpm.file_name().unwrap());
        fs::copy(rpm, &to).unwrap();
        to
    }

    /// Makes the repository anew, as a company does.
    fn publish(&self) {
        run(packager()
            .args(["repo", "--origin", "acme", "--key"])
            .arg(site().key())
            .arg(self.at("repository")))
        .ok();
    }

    /// Somebody else makes it anew: its metadata fit and are not signed.
    fn publish_unsigned(&self) {
        run(command("createrepo_c", ["--quiet"]).arg(self.at("repository"))).ok();
    }

    fn dnf(&self, arguments: &[&str], check: &str) -> Said {
        put(
            &self.at("repos/all.repo"),
            format!(
                "[stub]\nname=stub\nbaseurl=file://{stub}\ngpgcheck=0\n\n\
                 [acme]\nname=acme\nbaseurl=file://{acme}\n{check}\n\
                 gpgkey=file://{acme}/acme.asc\n",
                stub = self.at("stub").display(),
                acme = self.at("repository").display(),
            ),
        );
        let option =
            |name: &str, folder: &str| format!("--setopt={name}={}", self.at(folder).display());
        run(command(
            "dnf",
            ["--assumeyes", "--noplugins", "--refresh", "--releasever=9"],
        )
        .arg("--forcearch=x86_64")
        .arg(format!("--installroot={}", self.at("root").display()))
        .args([
            option("cachedir", "cache"),
            option("logdir", "log"),
            option("persistdir", "persist"),
            option("reposdir", "repos"),
        ])
        .args(arguments))
    }

    fn has(&self, path: &str) -> bool {
        self.at("root").join(path.trim_start_matches('/')).exists()
    }
}

#[test]
fn dnf_installs_and_upgrades_from_a_signed_repository() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    customer.offer(site().rpm("acme-muster", OLD));
    customer.publish();
    let said = customer.dnf(&["install", "acme-muster"], ALL);
    assert!(
        !said.err.contains("acme-muster: "),
        "a scriptlet complained: {said:?}"
    );
    said.ok();
    assert!(customer.has("/opt/acme-muster/sbin/acme-muster"));
    assert!(customer.has("/opt/acme-muster/etc/server.conf"));
    customer.offer(site().rpm("acme-muster", NEW));
    customer.publish();
    customer.dnf(&["upgrade"], ALL).ok();
    let said = customer
        .dnf(&["list", "--installed", "acme-muster"], ALL)
        .ok();
    assert!(said.contains(&format!("{NEW}-1.el")), "{said}");
    customer.dnf(&["remove", "acme-muster"], ALL).ok();
    assert!(!customer.has("/opt/acme-muster/sbin/acme-muster"));
    assert!(
        customer.has("/opt/acme-muster/etc/server.conf"),
        "the node's configuration stays"
    );
}

#[test]
fn a_machine_made_with_dnf_calls_home_at_its_first_boot() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    customer.offer(site().rpm("acme-muster", OLD));
    customer.publish();
    customer.dnf(&["install", "acme-muster"], ALL).ok();
    let facts = format!("root{FACTS}");
    put(&customer.at(&facts), "{\"role\": \"web\"}\n");
    let machine = Machine::boot_folder(&customer.at("root"));
    let _broker = Broker::provisioning(&machine);
    let operator = Operator::of_waiting(&machine);
    operator.hears_the_node();
    assert_eq!(machine.unit("ActiveState", UNIT), "active");
    assert_eq!(operator.does(&["discover"]).trim(), "n1.example.net");
}

#[test]
fn dnf_refuses_a_package_that_was_changed() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    let rpm = customer.offer(site().rpm("acme-muster", OLD));
    customer.publish();
    let mut bytes = fs::read(&rpm).unwrap();
    let last = bytes.len() - 1000;
    bytes[last] ^= 1;
    put(&rpm, bytes);
    // its digest is not that of the metadata
    customer.dnf(&["install", "acme-muster"], ALL).refused();
    // nor does it help to make the metadata fit
    customer.publish_unsigned();
    let said = customer
        .dnf(&["install", "acme-muster"], PACKAGES)
        .refused();
    assert!(said.contains("GPG check FAILED"), "{said}");
    customer.dnf(&["install", "acme-muster"], ALL).refused();
    assert!(!customer.has("/opt/acme-muster"));
}

#[test]
fn dnf_refuses_a_package_without_signature() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    let folder = customer.at("unsigned");
    run(package(&BUILDS[0], &checkout(), OLD)
        .args(BUILDS[0].binary())
        .arg("--output")
        .arg(&folder))
    .ok();
    let name = site().rpm("acme-muster", OLD);
    customer.offer(folder.join(name.file_name().unwrap()));
    customer.publish();
    let said = customer.dnf(&["install", "acme-muster"], ALL).refused();
    assert!(said.contains("is not signed"), "{said}");
    assert!(!customer.has("/opt/acme-muster"));
}

#[test]
fn dnf_refuses_metadata_that_somebody_else_made() {
    if !long() {
        return;
    }
    let customer = Customer::new();
    customer.offer(site().rpm("acme-muster", OLD));
    customer.publish();
    customer.publish_unsigned();
    let said = customer.dnf(&["install", "acme-muster"], ALL).refused();
    assert!(
        said.contains("repomd.xml.asc") || said.contains("GPG"),
        "{said}"
    );
    assert!(!customer.has("/opt/acme-muster"));
}

/// What a repository's file says where everything is checked.
const ALL: &str = "gpgcheck=1\nrepo_gpgcheck=1";
/// Where packages are checked only.
const PACKAGES: &str = "gpgcheck=1\nrepo_gpgcheck=0";
