//! Headers and compressions of RPMs, as the rpm of this machine sees them.

use buildspec::Format;

use super::machine::Machine;
use super::machine::both;
use super::machine::checked;
use super::order::Order;
use super::order::agent;

fn installs(order: &Order) {
    let Some(machine) = Machine::new(Format::Rpm) else {
        return;
    };
    machine.install(order);
    assert_eq!(machine.run(&order.binary()), "1.0.0\n");
    assert_eq!(machine.verify(order.name()), "");
}

#[test]
fn every_compression_is_installed() {
    for compression in ["gzip", "xz", "zstd"] {
        installs(&agent(Format::Rpm, "1.0.0").with("compression", compression));
    }
}

#[test]
fn a_package_for_old_systems_is_installed_and_needs_nothing_new() {
    let order = agent(Format::Rpm, "1.0.0")
        .with("template", "el/el7")
        .with("dist", "el7");
    installs(&order);
    let Some(machine) = Machine::new(Format::Rpm) else {
        return;
    };
    let file = machine.file(&order);
    let asked = "%{payloadcompressor} %{release}\\n[%{requires}\\n]";
    let said = checked(machine.rpm(&["-q", "--package", "--queryformat", asked, &file]));
    assert!(said.starts_with("gzip 1.el7\n"), "{said}");
    assert!(
        !said.contains("PayloadIs") && !said.contains("Zstd"),
        "{said}"
    );
}

/// rpm before 4.20 reads such a package and may refuse to install it, which it says before it does anything.
#[test]
fn a_package_with_the_new_header_is_read() {
    for compression in ["gzip", "xz", "zstd"] {
        let Some(machine) = Machine::new(Format::Rpm) else {
            return;
        };
        let order = agent(Format::Rpm, "1.0.0")
            .with("rpm_format", "v6")
            .with("compression", compression);
        let file = machine.file(&order);
        let said = checked(machine.rpm(&[
            "-q",
            "--package",
            "--queryformat",
            "%{name} %{version}\\n",
            &file,
        ]));
        assert_eq!(said, "acme-agent 1.0.0\n");
        let output = machine.try_install(&order);
        if output.status.success() {
            assert_eq!(machine.run(&order.binary()), "1.0.0\n");
        } else {
            let said = both(&output);
            assert!(said.contains("rpmlib("), "{said}");
            assert!(!machine.at(&order.binary()).exists());
        }
    }
}
