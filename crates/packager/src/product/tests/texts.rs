use std::collections::BTreeSet;
use std::io;
use std::io::Read as _;
use std::num::NonZeroUsize;

use flate2::read::GzDecoder;
use muster::config::Defaults;
use muster::config::Raw;
use muster::config::Resolved;
use muster::config::Settings;
use muster::config::Source;
use muster::config::policy::Policy;
use muster::secret::Secret;
use muster_provisioner::config;
use muster_provisioner::config::Helper;
use muster_provisioner::config::NotAProgram;
use muster_provisioner::config::SecretFile;
use muster_provisioner::config::Surroundings;

use super::*;

#[test]
fn every_text_of_the_folder_is_a_template_that_is_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging");
    let mut there = BTreeSet::new();
    for below in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        if below.file_type().unwrap().is_dir() {
            for file in std::fs::read_dir(below.path()).unwrap().map(Result::unwrap) {
                let path = Path::new("packaging")
                    .join(below.file_name())
                    .join(file.file_name());
                there.insert(path.display().to_string());
            }
        }
    }
    let named: BTreeSet<String> = templates::ALL
        .iter()
        .map(|template| template.name.to_owned())
        .collect();
    assert_eq!(there, named);
}

fn sources(manifest: &Manifest, etcdir: &str) -> (Source, Vec<Source>) {
    let main = Source::new(
        &format!("{etcdir}/server.conf"),
        text(manifest, "/usr/share/acme-muster/server.conf"),
    );
    let plugins = ["choria", "muster"].map(|plugin| {
        let path = format!("{etcdir}/plugin.d/{plugin}.cfg");
        Source::new(&path, text(manifest, &path))
    });
    (main, plugins.to_vec())
}

fn settings(etcdir: &str, main: Option<&Source>, plugins: &[Source]) -> Resolved {
    let defaults = Defaults {
        collectives: &["mcollective"],
        directory: Path::new(etcdir),
        home: None,
    };
    Settings::resolve(&Raw::read(main, plugins), &defaults).unwrap()
}

#[test]
fn a_new_node_is_configured_without_a_doubt_and_the_build_decides_whether_it_waits() {
    for package in [agent(Format::Rpm), elsewhere(agent(Format::Deb))] {
        let (main, plugins) = sources(&made(&package).unwrap(), &package.etcdir);
        let Resolved {
            settings, warnings, ..
        } = settings(&package.etcdir, Some(&main), &plugins);
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(settings.provision, None);
        assert_eq!(settings.muster.state_dir, Path::new(&package.statedir));
        assert_eq!(
            settings.status.file.unwrap(),
            Path::new("/run/acme-muster/status.json")
        );
        assert!(
            format!("{:?}", settings.log_target).contains("/var/log/acme-muster/acme-muster.log")
        );
    }
}

#[test]
fn a_provisioned_node_keeps_its_state_and_its_status_file() {
    let package = agent(Format::Rpm);
    let (_, plugins) = sources(&made(&package).unwrap(), &package.etcdir);
    let provisioned =
        "identity = n1.example.net\nplugin.choria.status_file_path = /var/log/x.json\n";
    let provisioned = Source::new("/etc/acme-muster/server.conf", provisioned);
    let settings = settings(&package.etcdir, Some(&provisioned), &plugins).settings;
    assert_eq!(settings.muster.state_dir, Path::new("/var/lib/acme-muster"));
    assert_eq!(
        settings.status.file.unwrap(),
        Path::new("/run/acme-muster/status.json")
    );
}

#[test]
fn the_example_policy_is_the_default() {
    let manifest = made(&agent(Format::Rpm)).unwrap();
    let path = "/usr/share/doc/acme-muster/examples/policy.toml";
    let policy = Policy::parse(path, &text(&manifest, path)).unwrap();
    assert_eq!(format!("{policy:?}"), format!("{:?}", Policy::default()));
}

/// A machine on which the site has put the token or has not.
struct Site(Option<&'static str>);

impl Surroundings for Site {
    fn variable(&self, _: &str) -> Option<Secret<String>> {
        None
    }

    fn processors(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn secret_file(&self, path: &Path) -> io::Result<SecretFile> {
        match self.0 {
            Some(token) if path == Path::new("/etc/acme-provisioner/token") => Ok(SecretFile {
                text: Secret::new(token.to_owned()),
                shared: false,
            }),
            Some(_) | None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_shared(&self, _: &Path) -> bool {
        false
    }

    fn check_program(&self, _: &Path) -> Result<(), NotAProgram> {
        Err(NotAProgram::Missing)
    }
}

fn provisioners(site: &Site) -> Result<config::Loaded, config::ConfigError> {
    let manifest = made(&provisioner(Format::Rpm)).unwrap();
    let text = text(&manifest, "/usr/share/acme-provisioner/provisioner.yaml");
    config::read(
        &text,
        Path::new("/etc/acme-provisioner/provisioner.yaml"),
        site,
    )
}

#[test]
fn a_new_provisioner_says_that_the_token_is_missing_and_nothing_else() {
    for site in [Site(None), Site(Some(""))] {
        let refused = provisioners(&site).unwrap_err();
        assert_eq!(refused.faults().len(), 1, "{refused:?}");
        let said = format!("{:?}", refused.faults());
        assert!(said.contains("token") && !said.contains("helper"), "{said}");
    }
}

#[test]
fn with_its_token_the_configuration_of_a_new_provisioner_is_good() {
    let loaded = provisioners(&Site(Some("s3cret"))).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert_eq!(
        loaded.config.state_dir,
        Path::new("/var/lib/acme-provisioner")
    );
    assert_eq!(
        loaded.config.socket,
        Path::new("/run/acme-provisioner/control.sock")
    );
    let Helper::Builtin(builtin) = loaded.config.helper else {
        panic!("a new site has no helper of its own");
    };
    assert_eq!(builtin.ca_dir, Path::new("/var/lib/acme-provisioner/ca"));
    assert_eq!(
        builtin.template,
        Path::new("/etc/acme-provisioner/template.toml")
    );
}

#[test]
fn the_client_configuration_of_a_new_provisioner_is_read_without_a_doubt() {
    let manifest = made(&provisioner(Format::Rpm)).unwrap();
    let path = "/usr/share/acme-provisioner/client.conf";
    let source = Source::new(path, text(&manifest, path));
    let resolved = settings("/etc/acme-provisioner", Some(&source), &[]);
    assert!(resolved.warnings.is_empty(), "{:?}", resolved.warnings);
}

#[test]
fn a_copyright_names_the_apache_licence_and_has_the_companys_terms_whole() {
    let manifest = made(&agent(Format::Deb)).unwrap();
    let copyright = text(&manifest, "/usr/share/doc/acme-muster/copyright");
    assert!(
        copyright.contains("Upstream-Contact: Acme & Sons <admins@example.net>\n"),
        "{copyright}"
    );
    assert!(
        copyright.contains("/usr/share/common-licenses/Apache-2.0.\n"),
        "{copyright}"
    );
    assert!(
        copyright.ends_with("\n\nLicense: LicenseRef-ACME-TERMS\n One.\n .\n Two.\n"),
        "{copyright}"
    );
    assert!(!copyright.contains("TERMS AND CONDITIONS"), "{copyright}");
}

#[test]
fn a_change_log_has_the_version_and_the_source_date() {
    let manifest = made(&agent(Format::Deb)).unwrap();
    let path = "/usr/share/doc/acme-muster/changelog.Debian.gz";
    let Some(Kind::File(packed)) = manifest.tree.get(path).map(|entry| &entry.kind) else {
        panic!("no {path}");
    };
    let mut log = String::new();
    GzDecoder::new(packed.as_slice())
        .read_to_string(&mut log)
        .unwrap();
    assert_eq!(
        log,
        "acme-muster (1.2.3~rc.1-1) unstable; urgency=medium\n\n  * Build of version 1.2.3-rc.1.\n\n \
         -- Acme & Sons <admins@example.net>  Sun, 13 Sep 2020 12:26:40 +0000\n"
    );
}

#[test]
fn an_archive_says_how_it_is_installed() {
    let manifest = made(&provisioner(Format::Archive)).unwrap();
    let install = text(&manifest, "/INSTALL");
    for line in [
        "    getent group acme-provisioner || groupadd -r acme-provisioner",
        "    [ -e /etc/acme-provisioner/client.conf ] || install -m 0640 -o root -g acme-provisioner \
         /usr/share/acme-provisioner/client.conf /etc/acme-provisioner/client.conf",
        "        --exclude='*/etc/default/acme-provisioner'",
        "    systemctl enable --now acme-provisioner.service     # the first time",
    ] {
        assert!(
            install.lines().any(|there| there == line),
            "{line}\n{install}"
        );
    }
}
