//! A real nats-server on the loopback, with and without TLS, killed when it is dropped.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::KeyPair;
use rcgen::date_time_ymd;
use tempfile::TempDir;
use tokio::time::Instant;
use tokio::time::interval;

/// How a broker is set up.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// The port, for a broker that comes back; free choice otherwise.
    pub(crate) port: Option<u16>,
    /// TLS, with whose certificates.
    pub(crate) tls: Tls<'a>,
    /// More lines of its configuration.
    pub(crate) extra: &'a str,
}

/// What a broker does about TLS.
#[derive(Default)]
pub(crate) enum Tls<'a> {
    /// None.
    #[default]
    Off,
    /// Required.
    Required(&'a Authority),
    /// Required, with a certificate that is valid from one year to another.
    Dated(&'a Authority, i32, i32),
    /// Offered, `allow_non_tls`.
    Offered(&'a Authority),
    /// Required, with a client certificate of the same authority.
    Mutual(&'a Authority),
    /// Required, with a certificate of the test's own.
    Given(&'a Given),
    /// The same, where the subject of a client's certificate is its user name.
    Mapped(&'a Given),
}

/// A broker's certificate and whom it lets in.
#[derive(Clone)]
pub(crate) struct Given {
    /// Certificate and key.
    pub(crate) own: (String, String),
    /// The authorities of clients, which must show a certificate then.
    pub(crate) clients: Option<String>,
}

/// A running broker.
pub(crate) struct NatsServer {
    process: Child,
    folder: TempDir,
    /// Where it listens.
    pub(crate) port: u16,
}

impl NatsServer {
    /// Starts a broker and waits until it listens.
    pub(crate) async fn start(options: Options<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("nats.conf");
        write(&config, &config_text(&options, folder.path()));
        let mut server = Self {
            process: launch(&config, folder.path()),
            folder,
            port: 0,
        };
        server.port = server.listening(&config).await;
        server
    }

    /// URL without TLS in its scheme.
    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// What the broker wrote so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    async fn listening(&mut self, config: &Path) -> u16 {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut tick = interval(Duration::from_millis(10));
        loop {
            tick.tick().await;
            let name = format!("nats-server_{}.ports", self.process.id());
            if let Some(port) = port_in(&self.folder.path().join(name)) {
                return port;
            }
            assert!(
                Instant::now() < deadline,
                "nats-server does not start: {}",
                self.log()
            );
            if self.process.try_wait().unwrap().is_some() {
                // a port that was given back may be taken by somebody's connection for a moment
                self.process = launch(config, self.folder.path());
            }
        }
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn launch(config: &Path, folder: &Path) -> Child {
    let log = fs::File::create(folder.join("log")).unwrap();
    Command::new("nats-server")
        .arg("-c")
        .arg(config)
        .arg("--ports_file_dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .map_err(|err| format!("nats-server is not installed: {err}"))
        .unwrap()
}

/// The port in the file that the broker writes once it listens; none while it is not whole.
fn port_in(file: &Path) -> Option<u16> {
    let text = fs::read(file).ok()?;
    let ports: serde_json::Value = serde_json::from_slice(&text).ok()?;
    let url = ports.get("nats")?.get(0)?.as_str()?;
    url.rsplit_once(':')?.1.parse().ok()
}

fn config_text(options: &Options<'_>, folder: &Path) -> String {
    let port = options.port.map_or(-1, i32::from);
    let mut text = format!("listen: \"127.0.0.1:{port}\"\n{}\n", options.extra);
    let by = |authority: &Authority| {
        let own = authority.issue("broker", &["localhost", "127.0.0.1"]);
        (own, authority.pem())
    };
    let (((chain, key), ca), line) = match options.tls {
        Tls::Off => return text,
        Tls::Required(authority) => (by(authority), ""),
        Tls::Offered(authority) => {
            text.push_str("allow_non_tls: true\n");
            (by(authority), "")
        }
        Tls::Mutual(authority) => (by(authority), "verify: true"),
        Tls::Dated(authority, from, to) => {
            let own = authority.issue_with("broker", &["localhost", "127.0.0.1"], |params| {
                params.not_before = date_time_ymd(from, 1, 1);
                params.not_after = date_time_ymd(to, 1, 1);
            });
            ((own, authority.pem()), "")
        }
        Tls::Given(given) => match &given.clients {
            Some(clients) => ((given.own.clone(), clients.clone()), "verify: true"),
            None => ((given.own.clone(), given.own.0.clone()), ""),
        },
        Tls::Mapped(given) => {
            let clients = given.clients.clone().unwrap_or_default();
            ((given.own.clone(), clients), "verify_and_map: true")
        }
    };
    let place = |name: &str, content: &str| -> PathBuf {
        let path = folder.join(name);
        write(&path, content);
        path
    };
    let (cert, key) = (place("cert.pem", &chain), place("key.pem", &key));
    let ca = place("ca.pem", &ca);
    writeln!(
        text,
        "tls {{ cert_file: {cert:?}, key_file: {key:?}, ca_file: {ca:?}, timeout: 5\n{line} }}"
    )
    .unwrap();
    text
}

fn write(path: &Path, content: &str) {
    use std::io::Write as _;
    fs::File::create(path)
        .unwrap()
        .write_all(content.as_bytes())
        .unwrap();
}

/// A throw-away certificate authority.
pub(crate) struct Authority(pub(crate) CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "test authority");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and its key, both PEM.
    pub(crate) fn issue(&self, common_name: &str, alt_names: &[&str]) -> (String, String) {
        self.issue_with(common_name, alt_names, |_| {})
    }

    /// The same, with something changed.
    pub(crate) fn issue_with(
        &self,
        common_name: &str,
        alt_names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> (String, String) {
        let names: Vec<String> = alt_names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}
