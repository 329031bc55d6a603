//! Brokers in a machine's network, and the certificates that they show.

use std::path::Path;
use std::process::Child;
use std::process::Stdio;

use crate::machine::Machine;
use crate::shell::put;
use crate::shell::run;
use crate::shell::sh;
use crate::site::BROKER;

/// A real broker that ends when this is dropped.
pub(crate) struct Broker(Child);

impl Broker {
    /// The one that new nodes call: whoever comes may connect, with a certificate that nobody can verify.
    pub(crate) fn provisioning(machine: &Machine) -> Self {
        let folder = machine.folder.path().join("provisioning");
        put(&folder.join("broker.conf"), conf(BROKER, ""));
        run(sh(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
             -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
             -addext basicConstraints=critical,CA:FALSE -keyout broker.key -out broker.pem",
        )
        .current_dir(&folder))
        .ok();
        Self::start(machine, &folder)
    }

    /// The one of nodes that have a certificate of an authority, which is in this folder.
    pub(crate) fn production(machine: &Machine, authority: &Path) -> Self {
        let folder = machine.folder.path().join("production");
        let verify = format!(
            ", ca_file: \"{}/ca.pem\", verify: true",
            authority.display()
        );
        put(&folder.join("broker.conf"), conf(PRODUCTION, &verify));
        certificate(
            authority,
            &folder,
            "broker",
            "localhost",
            "DNS:localhost,IP:127.0.0.1",
        );
        Self::start(machine, &folder)
    }

    fn start(machine: &Machine, folder: &Path) -> Self {
        let broker = machine
            .beside(Path::new("/usr/sbin/nats-server"))
            .args(["-c", "broker.conf", "-l", "broker.log"])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(broker)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Makes `NAME.key` and `NAME.pem` in a folder, signed by an authority.
pub(crate) fn certificate(authority: &Path, folder: &Path, name: &str, common: &str, names: &str) {
    put(
        &folder.join("extensions"),
        format!("subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n"),
    );
    let authority = authority.display();
    run(sh(&format!(
        "openssl req -newkey rsa:2048 -nodes -subj /CN={common} -keyout {name}.key -out {name}.csr
         openssl x509 -req -in {name}.csr -CA {authority}/ca.pem -CAkey {authority}/ca-key.pem \
             -set_serial 4711 -days 30 -extfile extensions -out {name}.pem"
    ))
    .current_dir(folder))
    .ok();
}

fn conf(address: &str, more: &str) -> String {
    format!(
        "listen: \"{address}\"\ntls {{ cert_file: \"broker.pem\", key_file: \"broker.key\"{more} }}\n"
    )
}

/// Where production's broker is.
pub(crate) const PRODUCTION: &str = "127.0.0.1:4223";
