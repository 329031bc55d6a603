use std::collections::BTreeSet;

use super::*;
use crate::model::Role;

/// `mode owner:group path mark`, one a line.
fn listing(manifest: &Manifest) -> Vec<String> {
    manifest
        .tree
        .iter()
        .map(|(path, entry)| {
            let kind = match &entry.kind {
                Kind::Directory => "/",
                Kind::File(_) | Kind::Copy(_) => "",
                Kind::Link(_) => "@",
                Kind::Ghost => "?",
            };
            let role = match entry.role {
                Role::Program => "",
                Role::Configuration => " configuration",
                Role::Documentation => " doc",
                Role::Licence => " licence",
            };
            format!(
                "{:04o} {}:{} {path}{kind}{role}",
                entry.mode, entry.owner, entry.group
            )
        })
        .collect()
}

fn paths(manifest: &Manifest) -> BTreeSet<String> {
    manifest
        .tree
        .iter()
        .map(|(path, _)| path.to_owned())
        .collect()
}

#[test]
fn an_rpm_of_the_agent_has_this() {
    let manifest = made(&agent(Format::Rpm)).unwrap();
    assert_eq!(
        listing(&manifest),
        [
            "0750 root:acme-muster /etc/acme-muster/",
            "0750 root:acme-muster /etc/acme-muster/plugin.d/",
            "0640 root:acme-muster /etc/acme-muster/plugin.d/choria.cfg configuration",
            "0640 root:acme-muster /etc/acme-muster/plugin.d/muster.cfg configuration",
            "0700 root:root /etc/acme-muster/policies/",
            "0640 root:acme-muster /etc/acme-muster/server.conf? configuration",
            "0700 root:root /etc/acme-muster/ssl/",
            "0644 root:root /etc/logrotate.d/acme-muster configuration",
            "0644 root:root /etc/sysconfig/acme-muster-server configuration",
            "0755 root:root /usr/bin/acme-muster",
            "0644 root:root /usr/lib/systemd/system-preset/60-acme-muster-server.preset",
            "0644 root:root /usr/lib/systemd/system/acme-muster-server.service",
            "0644 root:root /usr/lib/sysusers.d/acme-muster.conf",
            "0644 root:root /usr/lib/tmpfiles.d/acme-muster.conf",
            "0755 root:root /usr/share/acme-muster/",
            "0644 root:root /usr/share/acme-muster/server.conf",
            "0644 root:root /usr/share/bash-completion/completions/acme-muster",
            "0755 root:root /usr/share/doc/acme-muster/",
            "0644 root:root /usr/share/doc/acme-muster/README doc",
            "0755 root:root /usr/share/doc/acme-muster/examples/",
            "0644 root:root /usr/share/doc/acme-muster/examples/policy.toml doc",
            "0644 root:root /usr/share/doc/acme-muster/sbom.cdx.json doc",
            "0644 root:root /usr/share/fish/vendor_completions.d/acme-muster.fish",
            "0755 root:root /usr/share/licenses/acme-muster/",
            "0644 root:root /usr/share/licenses/acme-muster/ACME TERMS licence",
            "0644 root:root /usr/share/licenses/acme-muster/LICENSE licence",
            "0644 root:root /usr/share/man/man1/acme-muster.1.gz doc",
            "0644 root:root /usr/share/zsh/site-functions/_acme-muster",
            "0700 root:root /var/lib/acme-muster/",
            "0750 root:root /var/log/acme-muster/",
        ]
    );
}

#[test]
fn a_deb_has_a_copyright_and_neither_ghost_nor_preset() {
    let rpm = paths(&made(&agent(Format::Rpm)).unwrap());
    let deb = paths(&made(&agent(Format::Deb)).unwrap());
    let only = |one: &BTreeSet<String>, other| one.difference(other).cloned().collect::<Vec<_>>();
    assert_eq!(
        only(&deb, &rpm),
        [
            "/etc/default/acme-muster-server",
            "/usr/share/doc/acme-muster/changelog.Debian.gz",
            "/usr/share/doc/acme-muster/copyright",
            "/usr/share/zsh/vendor-completions/_acme-muster",
        ]
    );
    assert_eq!(
        only(&rpm, &deb),
        [
            "/etc/acme-muster/server.conf",
            "/etc/sysconfig/acme-muster-server",
            "/usr/lib/systemd/system-preset/60-acme-muster-server.preset",
            "/usr/share/licenses/acme-muster",
            "/usr/share/licenses/acme-muster/ACME TERMS",
            "/usr/share/licenses/acme-muster/LICENSE",
            "/usr/share/zsh/site-functions/_acme-muster",
        ]
    );
}

#[test]
fn a_provisioner_has_accounts_and_examples_and_no_rotation() {
    let listing = listing(&made(&provisioner(Format::Rpm)).unwrap());
    for line in [
        "0750 root:acme-provisioner /etc/acme-provisioner/",
        "0640 root:acme-provisioner /etc/acme-provisioner/client.conf? configuration",
        "0640 root:acme-provisioner /etc/acme-provisioner/provisioner.yaml? configuration",
        "0644 root:root /etc/sysconfig/acme-provisioner configuration",
        "0644 root:root /usr/lib/systemd/system/acme-provisioner.service",
        "0644 root:root /usr/share/doc/acme-provisioner/examples/helpers/helper.py doc",
        "0644 root:root /usr/share/doc/acme-provisioner/examples/template.toml doc",
        "0644 root:root /usr/share/doc/acme-provisioner/helper/input.schema.json doc",
        "0700 acme-provisioner:acme-provisioner /var/lib/acme-provisioner/",
    ] {
        assert!(
            listing.iter().any(|there| there == line),
            "{line}: {listing:#?}"
        );
    }
    assert!(
        !listing.iter().any(|there| there.contains("logrotate")),
        "{listing:#?}"
    );
}

#[test]
fn without_manage_conf_there_is_neither_a_configuration_nor_what_it_is_made_from() {
    for package in [agent(Format::Rpm), provisioner(Format::Rpm)] {
        let manifest = made(&Package {
            manage_conf: false,
            ..package
        })
        .unwrap();
        assert!(
            !paths(&manifest)
                .iter()
                .any(|path| path.ends_with("server.conf")
                    || path.ends_with("client.conf")
                    || path.starts_with("/usr/share/acme-"))
        );
        let post = manifest.scriptlets.after_install.unwrap();
        assert!(
            !post.contains("make()") && !post.contains("server.conf"),
            "{post}"
        );
    }
}

#[test]
fn packages_of_two_names_share_nothing() {
    for format in [Format::Rpm, Format::Deb] {
        let packages = [
            package(format, Program::Agent, "acme"),
            package(format, Program::Agent, "acme-muster"),
            package(format, Program::Provisioner, "acme-provisioner"),
            elsewhere(package(format, Program::Agent, "other")),
        ];
        let mut taken = BTreeSet::new();
        for package in &packages {
            for path in paths(&made(package).unwrap()) {
                assert!(taken.insert(path.clone()), "{path} of {}", package.name);
            }
        }
    }
}

#[test]
fn folders_above_that_are_not_the_systems_belong_to_the_package() {
    let listing = listing(&made(&elsewhere(agent(Format::Rpm))).unwrap());
    for line in [
        "0755 root:root /opt/acme-muster/",
        "0755 root:root /opt/acme-muster/sbin/",
        "0755 root:root /opt/acme-muster/sbin/acme-muster",
        "0750 root:acme-muster /opt/acme-muster/etc/",
        "0700 root:root /opt/acme-muster/state/",
    ] {
        assert!(
            listing.iter().any(|there| there == line),
            "{line}: {listing:#?}"
        );
    }
    assert!(!listing.iter().any(|there| there.ends_with(" /opt/")));
}

#[test]
fn two_parts_at_one_path_are_an_error() {
    let package = Package {
        statedir: "/etc/acme-muster/ssl".to_owned(),
        ..agent(Format::Rpm)
    };
    let refused = made(&package);
    assert!(matches!(refused, Err(ProductError::Tree(_))), "{refused:?}");
}

#[test]
fn a_group_of_everybody_needs_no_account() {
    let package = Package {
        group: "root".to_owned(),
        ..agent(Format::Deb)
    };
    let manifest = made(&package).unwrap();
    assert_eq!(manifest.scriptlets.before_install, None);
    assert!(
        manifest
            .tree
            .get("/usr/lib/sysusers.d/acme-muster.conf")
            .is_none()
    );
}

#[test]
fn files_are_called_as_their_formats_want() {
    for (format, dist, expected) in [
        (
            Format::Rpm,
            Some("el"),
            "acme-muster-1.2.3~rc.1-1.el.x86_64.rpm",
        ),
        (Format::Rpm, None, "acme-muster-1.2.3~rc.1-1.x86_64.rpm"),
        (Format::Deb, None, "acme-muster_1.2.3~rc.1-1_amd64.deb"),
        (
            Format::Deb,
            Some("bookworm"),
            "acme-muster_1.2.3~rc.1-1+bookworm_amd64.deb",
        ),
        (
            Format::Archive,
            None,
            "acme-muster-1.2.3~rc.1-linux-x86_64.tar.gz",
        ),
    ] {
        let package = Package {
            dist: dist.map(str::to_owned),
            ..agent(format)
        };
        assert_eq!(file_name(&made(&package).unwrap(), format), expected);
    }
}

#[test]
fn a_debian_package_without_contact_is_refused() {
    let package = Package {
        contact: None,
        ..agent(Format::Deb)
    };
    let refused = made(&package);
    assert!(matches!(refused, Err(ProductError::Contact)), "{refused:?}");
    made(&Package {
        contact: None,
        ..agent(Format::Rpm)
    })
    .unwrap();
}

#[test]
fn a_bare_mail_address_gets_the_name_that_debian_wants() {
    let package = Package {
        contact: Some("admins@example.net".to_owned()),
        ..agent(Format::Deb)
    };
    assert_eq!(
        made(&package).unwrap().contact,
        "admins <admins@example.net>"
    );
}
