//! A session to play with, and what comes to it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::digest;
use muster::protocol::body::StatusCode;
use muster::protocol::names::Identity;
use muster::secret::Secret;
use muster::telemetry::Destination;
use muster::telemetry::Level;
use rcgen::CertificateParams;
use rcgen::CertificateSigningRequestParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rcgen::PublicKeyData as _;
use serde_json::Value;
use serde_json::json;

use crate::config::Admission;
use crate::config::Config;
use crate::config::Deadlines;
use crate::config::Helper;
use crate::config::NameRules;
use crate::config::PaceRules;
use crate::config::Reissue;
use crate::config::SubjectFields;
use crate::config::TableRules;
use crate::helper::Decision;
use crate::helper::Outfit;
use crate::inventory::Inventory;
use crate::journal::Holder;
use crate::journal::SessionId;
use crate::session::Approval;
use crate::session::Brief;
use crate::session::Event;
use crate::session::Reply;
use crate::session::Session;
use crate::session::Step;

/// 2026-11-21.
pub(super) const NOW: i64 = 1_795_222_377;
pub(super) const SESSION: &str = "0123456789abcdef0123456789abcdef";

/// An authority.
pub(super) struct Ca {
    pub(super) pem: String,
    key: KeyPair,
    params: CertificateParams,
}

/// A node's key, its CSR, and certificates.
pub(super) struct Key {
    pub(super) csr: String,
    pub(super) csr_of_another: String,
    pub(super) other_public: String,
    pub(super) digest: [u8; 32],
    pub(super) certificate: String,
    pub(super) of_another: String,
}

pub(super) static CA: LazyLock<Ca> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "CA");
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    Ca { pem, key, params }
});

pub(super) static KEY: LazyLock<Key> = LazyLock::new(|| {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let csr = csr("n1.example.net", &key);
    let digest = digest::digest(&digest::SHA256, &key.subject_public_key_info());
    Key {
        certificate: signed(&csr),
        of_another: signed(&self::csr("n1.example.net", &other)),
        csr_of_another: self::csr("n2.example.net", &key),
        other_public: other.public_key_pem(),
        digest: digest.as_ref().try_into().unwrap(),
        csr,
    }
});

fn csr(name: &str, key: &KeyPair) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serialize_request(key).unwrap().pem().unwrap()
}

fn signed(csr: &str) -> String {
    let mut request = CertificateSigningRequestParams::from_pem(csr).unwrap();
    request.params.subject_alt_names = vec![rcgen::SanType::DnsName(
        "n1.example.net".try_into().unwrap(),
    )];
    let issuer = Issuer::from_params(&CA.params, &CA.key);
    request.signed_by(&issuer).unwrap().pem()
}

/// What a session is made of.
pub(super) struct Sample {
    pub(super) config: Config,
    pub(super) approval: Approval,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            config: config(),
            approval: Approval::None,
        }
    }
}

impl Sample {
    pub(super) fn tokens(mut self, tokens: &[&str]) -> Self {
        self.config.tokens = tokens
            .iter()
            .map(|token| Secret::new((*token).to_owned()))
            .collect();
        self
    }

    pub(super) fn play(self) -> Play {
        Play(Some(Session::new(Brief {
            config: Arc::new(self.config),
            identity: Identity::new("n1.example.net").unwrap(),
            inventory: Inventory::default(),
            approval: self.approval,
        })))
    }

    pub(super) fn opening(self) -> Play {
        let mut play = self.play();
        play.on(Event::Begun);
        play.on(csr_reply());
        play
    }

    pub(super) fn deciding(self) -> Play {
        let mut play = self.opening();
        play.on(opened(None));
        play
    }

    pub(super) fn stopping(self) -> Play {
        let mut play = self.deciding();
        play.on(Event::Decided(Ok(Decision::Shutdown {
            message: String::new(),
        })));
        play
    }

    pub(super) fn configuring(self) -> Play {
        let mut play = self.deciding();
        play.on(Event::Decided(Ok(outfit())));
        play
    }

    pub(super) fn configured(self) -> Play {
        let mut play = self.configuring();
        play.on(ok());
        play
    }
}

/// A session that is being played.
pub(super) struct Play(Option<Session>);

impl Play {
    pub(super) fn on(&mut self, event: Event) -> Step {
        let (session, step) = self.0.take().unwrap().on(event, NOW);
        self.0 = Some(session);
        step
    }

    pub(super) fn at(&self) -> &'static str {
        self.0.as_ref().unwrap().at()
    }

    pub(super) fn starts_over(&self) -> bool {
        self.0.as_ref().unwrap().starts_over()
    }

    pub(super) fn may_stop(&self) -> bool {
        self.0.as_ref().unwrap().may_stop()
    }
}

pub(super) fn answered(status: StatusCode, message: &str, data: Value) -> Event {
    let Value::Object(data) = data else {
        panic!("{data} is no object")
    };
    Event::Answered(Reply {
        status,
        message: message.to_owned(),
        data,
    })
}

pub(super) fn ok() -> Event {
    answered(StatusCode::Ok, "OK", json!({"message": "done"}))
}

pub(super) fn refused(message: &str) -> Event {
    answered(StatusCode::Aborted, message, json!({}))
}

pub(super) fn csr_reply() -> Event {
    let reply = json!({"csr": KEY.csr, "public_key": "", "ssldir": "/etc/node/ssl"});
    answered(StatusCode::Ok, "OK", reply)
}

pub(super) fn opened(holder: Option<Holder>) -> Event {
    Event::Opened {
        session: SessionId::new(SESSION).unwrap(),
        holder,
    }
}

pub(super) fn outfit() -> Decision {
    let setting = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Decision::Configure(Box::new(Outfit {
        configuration: BTreeMap::from([
            setting("plugin.choria.server.provision", "false"),
            setting("registerinterval", "300"),
        ]),
        certificate: KEY.certificate.clone(),
        ca: CA.pem.clone(),
        ..Outfit::default()
    }))
}

fn config() -> Config {
    Config {
        file: PathBuf::from("/etc/p.yaml"),
        workers: NonZeroUsize::MIN,
        interval: Duration::from_secs(60),
        level: Level::Info,
        log: Destination::Discard,
        helper: Helper::Program(vec!["/bin/true".to_owned()]),
        tokens: vec![Secret::new("s3cret".to_owned())],
        lifecycle_component: "provision_mode_server".to_owned(),
        production: None,
        insecure: true,
        site: String::new(),
        monitor: None,
        broker_password: None,
        pki: true,
        names: NameRules {
            deny: Vec::new(),
            allow: None,
        },
        admission: Admission {
            identities: Vec::new(),
            facts: Vec::new(),
            reissue: Reissue::Allow,
        },
        csr: SubjectFields::default(),
        pace: PaceRules::default(),
        deadlines: Deadlines {
            probe: Duration::from_secs(2),
            step: Duration::from_secs(20),
            node: Duration::from_secs(120),
            helper: Duration::from_secs(10),
        },
        table: TableRules {
            capacity: NonZeroUsize::MIN,
            workers: NonZeroUsize::MIN,
            interval: Duration::from_secs(60),
            backoff_min: Duration::from_secs(5),
            backoff_max: Duration::from_secs(600),
            quarantine_after: NonZeroU32::MIN,
            quarantine_for: Duration::from_secs(3600),
        },
        state_dir: PathBuf::from("/var/lib/p"),
        socket: PathBuf::from("/run/p"),
    }
}
