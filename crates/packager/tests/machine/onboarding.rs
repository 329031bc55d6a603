//! A packed provisioner takes a packed node into production, by what the package's README says, and the node stays there.

use crate::agent;
use crate::broker::Broker;
use crate::broker::PRODUCTION;
use crate::long;
use crate::machine::Machine;
use crate::operator::Operator;
use crate::provisioner;
use crate::provisioner::ETC;
use crate::provisioner::STATE;
use crate::sandbox::agent_is_confined;
use crate::site::BROKER;
use crate::site::NEW;
use crate::site::OLD;
use crate::site::TOKEN;

const PROGRAM: &str = "/usr/bin/muster-provisioner";

/// What an administrator does before the provisioner's first start.
fn configure(machine: &Machine) {
    let examples = "/usr/share/doc/muster-provisioner/examples";
    let as_it = format!("runuser -u muster-provisioner -- {PROGRAM}");
    let files = format!("--config {ETC}/provisioner.yaml --choria-config {ETC}/client.conf");
    machine.does(&format!(
        "install -m 0640 -g muster-provisioner /dev/null {ETC}/token
         printf %s {TOKEN} >{ETC}/token
         {as_it} ca init {STATE}/ca
         sed 's,nats://broker.example.net:4222,{PRODUCTION},' {examples}/template.toml >{ETC}/template.toml
         sed -i 's,^collectives = \"mcollective\"$,&\\nrpcauthorization = \"0\",' {ETC}/template.toml
         echo 'plugin.choria.middleware_hosts = {BROKER}' >>{ETC}/client.conf"
    ));
    let certificate = machine.folder.path().join("provisioning/broker.pem");
    let certificate = std::fs::read_to_string(certificate).unwrap();
    machine.put(&format!("{ETC}/broker-ca.pem"), &certificate);
    machine.does(&format!(
        "chgrp muster-provisioner {ETC}/*\nchmod 0640 {ETC}/*\n{as_it} check {files}"
    ));
}

/// A machine with both packages whose node is in production.
struct Site {
    machine: Machine,
    _brokers: [Broker; 2],
}

impl Site {
    fn new() -> Self {
        let machine = agent::installed();
        provisioner::install(&machine, OLD);
        let waiting = Broker::provisioning(&machine);
        configure(&machine);
        let production = Broker::production(&machine, &machine.at(&format!("{STATE}/ca")));
        machine.does(&format!("systemctl start {}", agent::UNIT));
        let before = machine.unit("MainPID", agent::UNIT);
        machine.does(&format!("systemctl start {}", provisioner::UNIT));
        machine.until("grep -q normal /run/acme-muster/status.json");
        assert_eq!(
            machine.unit("MainPID", agent::UNIT),
            before,
            "a restart into production is the same process, executed anew"
        );
        Self {
            machine,
            _brokers: [waiting, production],
        }
    }

    fn operator(&self) -> Operator<'_> {
        Operator::of_fleet(&self.machine, &self.machine.at(&format!("{STATE}/ca")))
    }

    fn identity(&self) -> String {
        let ssl = format!("{}/ssl", agent::ETC);
        self.machine
            .does(&format!("sha256sum {ssl}/* {}/server.conf", agent::ETC))
    }
}

#[test]
fn a_node_goes_through_into_production() {
    if !long() {
        return;
    }
    let site = Site::new();
    let operator = site.operator();
    operator.hears_the_node();
    assert_eq!(operator.does(&["discover"]).trim(), "n1.example.net");
    operator.does(&["req", "rpcutil", "ping", "--expect", "1"]);
    agent_is_confined(&site.machine);
    let hosts = site
        .machine
        .does(&format!("{PROGRAM} hosts --config {ETC}/provisioner.yaml"));
    assert!(hosts.contains("n1.example.net"), "{hosts}");
    let ssl = format!("{}/ssl", agent::ETC);
    let modes = site.machine.does(&format!(
        "stat --format '%a %U:%G' {ssl}/private.pem {}/server.conf",
        agent::ETC
    ));
    assert_eq!(modes, "600 root:root\n640 root:acme-muster");
}

#[test]
fn a_node_in_production_survives_kills_upgrades_and_another_installation() {
    if !long() {
        return;
    }
    let site = Site::new();
    let (machine, operator) = (&site.machine, site.operator());
    operator.hears_the_node();
    let identity = site.identity();
    machine.does(&format!("kill -9 {}", machine.unit("MainPID", agent::UNIT)));
    operator.hears_the_node();
    agent::install(machine, NEW);
    operator.hears_the_node();
    machine.does("apt-get remove --yes --quiet acme-muster");
    assert!(!operator.tries(&["ping", "--expect", "1"]).good);
    agent::install(machine, OLD);
    machine.does(&format!("systemctl start {}", agent::UNIT));
    operator.hears_the_node();
    assert_eq!(site.identity(), identity);
}

#[test]
fn an_upgraded_provisioner_goes_on() {
    if !long() {
        return;
    }
    let site = Site::new();
    let machine = &site.machine;
    let before = machine.unit("MainPID", provisioner::UNIT);
    provisioner::install(machine, NEW);
    assert_ne!(machine.unit("MainPID", provisioner::UNIT), before);
    assert_eq!(machine.unit("ActiveState", provisioner::UNIT), "active");
    let status = machine.does(&format!(
        "cat /proc/$(systemctl show -P MainPID {})/status",
        provisioner::UNIT
    ));
    for line in ["CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "no {line} in\n{status}");
    }
    machine.does(&format!("{PROGRAM} status --config {ETC}/provisioner.yaml"));
    let issued = machine.does(&format!("{PROGRAM} ca list {STATE}/ca"));
    assert!(issued.contains("n1.example.net"), "{issued}");
}
