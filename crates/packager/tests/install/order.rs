//! Packages made to order, by muster-packager itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::PoisonError;

use buildspec::Format;
use muster_packager::deb;
use muster_packager::model::Contents;
use muster_packager::rpm;

use super::program::program;

/// What a package should be: the properties of a buildspec.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) format: Format,
    pub(crate) version: String,
    properties: BTreeMap<String, String>,
}

/// A finished package.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) file_name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) contents: Contents,
}

/// The agent of a company that has everything elsewhere.
pub(crate) fn agent(format: Format, version: &str) -> Order {
    order(
        format,
        version,
        "agent",
        "acme-agent",
        "acmeops",
        "/opt/acme",
    )
}

/// Its provisioner.
pub(crate) fn provisioner(format: Format, version: &str) -> Order {
    order(
        format,
        version,
        "provisioner",
        "acme-prov",
        "acmeprov",
        "/opt/acme-prov",
    )
}

/// Another agent of the company, inside the folder of the first one.
pub(crate) fn neighbour(format: Format, version: &str) -> Order {
    order(
        format,
        version,
        "agent",
        "beta-agent",
        "betaops",
        "/opt/acme/beta",
    )
}

fn order(format: Format, version: &str, binary: &str, name: &str, group: &str, top: &str) -> Order {
    let template = match format {
        Format::Rpm => "el/generic",
        Format::Deb => "debian/generic",
        Format::Archive => panic!("archives are not installed by a tool"),
    };
    let etcdir = format!("{top}/etc");
    let statedir = format!("{top}/state");
    let bindir = format!("{top}/sbin");
    let properties = [
        ("template", template),
        ("binary", binary),
        ("name", name),
        ("group", group),
        ("bindir", &bindir),
        ("etcdir", &etcdir),
        ("statedir", &statedir),
    ];
    Order {
        format,
        version: version.to_owned(),
        properties: properties
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
    }
}

impl Order {
    /// The same with another property.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.properties.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.properties["name"]
    }

    pub(crate) fn group(&self) -> &str {
        &self.properties["group"]
    }

    pub(crate) fn etcdir(&self) -> &str {
        &self.properties["etcdir"]
    }

    pub(crate) fn statedir(&self) -> &str {
        &self.properties["statedir"]
    }

    pub(crate) fn binary(&self) -> String {
        format!("{}/{}", self.properties["bindir"], self.name())
    }

    pub(crate) fn is_provisioner(&self) -> bool {
        self.properties["binary"] == "provisioner"
    }

    pub(crate) fn unit(&self) -> String {
        match self.is_provisioner() {
            true => format!("{}.service", self.name()),
            false => format!("{}-server.service", self.name()),
        }
    }

    /// The package, made once for all tests.
    pub(crate) fn made(&self) -> Arc<Made> {
        static MADE: LazyLock<Mutex<BTreeMap<String, Arc<Made>>>> = LazyLock::new(Mutex::default);
        let key = format!("{self:?}");
        let known = |made: &Mutex<BTreeMap<_, Arc<Made>>>| {
            made.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&key)
                .cloned()
        };
        if let Some(made) = known(&MADE) {
            return made;
        }
        let made = Arc::new(self.packaged());
        MADE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, Arc::clone(&made));
        made
    }

    fn packaged(&self) -> Made {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::File::create(&path)
                .and_then(|mut file| file.write_all(bytes))
                .unwrap();
            path
        };
        let buildspec = put("buildspec.yaml", self.buildspec().as_bytes());
        put("TERMS", b"Terms of Acme.\n");
        let binary = put("program", &program(&self.version));
        fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
        let output = folder.path().join("out");
        let made = Command::new(env!("CARGO_BIN_EXE_muster-packager"))
            .args(["package", "--build", "acme", "--package", "it", "--binary"])
            .arg(format!(
                "{}={}",
                self.properties["binary"],
                binary.display()
            ))
            .arg("--buildspec")
            .arg(buildspec)
            .arg("--source")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
            .arg("--output")
            .arg(&output)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("VERSION", &self.version)
            .env("SHA1", "0123456789ab")
            .env("SOURCE_DATE_EPOCH", SOURCE_DATE.to_string())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let file_name = fs::read_dir(&output)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .find(|name| name.ends_with(".rpm") || name.ends_with(".deb"))
            .unwrap();
        let bytes = fs::read(output.join(&file_name)).unwrap();
        let contents = match self.format {
            Format::Rpm => rpm::read(&bytes).unwrap(),
            Format::Deb | Format::Archive => deb::read(&bytes).unwrap(),
        };
        Made {
            file_name,
            bytes,
            contents,
        }
    }

    fn buildspec(&self) -> String {
        let mut text = "\
acme:
  compile_targets:
    defaults: { os: linux, arch: amd64, libc: musl }
    agent: { output: agent }
    provisioner: { output: provisioner, program: provisioner }
  packages:
    it:
      contact: Acme & Sons, Platforms <platforms@example.net>
"
        .to_owned();
        for (key, value) in &self.properties {
            writeln!(text, "      {key}: {value}").unwrap();
        }
        text
    }
}

/// The date of everything in the packages.
pub(crate) const SOURCE_DATE: u64 = 1_600_000_000;
