use super::*;
use crate::build_info::BakedPassword;
use crate::build_info::TokenVerifier;

fn render_text(info: &BuildInfo) -> String {
    super::render_text(info, &Roster::default())
}

fn render_json(info: &BuildInfo) -> String {
    super::render_json(info, &Roster::default())
}

const PLAIN: BuildInfo = BuildInfo {
    build: "foss",
    target: "defaults",
    version: "1.2.3",
    sha: "abc123",
    build_date: "2018-08-27 10:11:12 +0000",
    rustc: "rustc 1.95.0",
    triple: "x86_64-unknown-linux-musl",
    tls: true,
    secure: true,
    default_collectives: &["mcollective", "other"],
    client_identity_suffix: "mcollective",
    provisioning: Provisioning {
        brokers: &[],
        srv_domain: None,
        mode_default: false,
        agent: true,
        secure: true,
        ca: None,
        tokens: &[],
        registration_data: None,
        registration_subjects: &["provisioning.registration.data"],
        facts: None,
        jwt_file: None,
        status_file: None,
        user: None,
        password: None,
        protocol_v2: false,
        allow_update: false,
    },
};

const FULL: BuildInfo = BuildInfo {
    tls: false,
    provisioning: Provisioning {
        brokers: &["nats://a:4222", "nats://b:4222"],
        srv_domain: Some("example.net"),
        mode_default: true,
        ca: Some("-----BEGIN CERTIFICATE-----\n"),
        tokens: &[
            TokenVerifier::Sha256 {
                salt: [0xa5; 16],
                digest: [0xb6; 32],
            },
            TokenVerifier::Argon2id {
                salt: [0xc7; 16],
                digest: [0xd8; 32],
                memory_kib: 4096,
                passes: 3,
            },
        ],
        registration_data: Some("/metadata.json"),
        facts: Some("/facts.json"),
        jwt_file: Some("/provisioning.jwt"),
        status_file: Some("/status.json"),
        user: Some("node"),
        password: Some(BakedPassword("opensesame")),
        protocol_v2: true,
        allow_update: true,
        ..PLAIN.provisioning
    },
    ..PLAIN
};

fn with(change: impl FnOnce(&mut Provisioning)) -> BuildInfo {
    let mut info = FULL;
    change(&mut info.provisioning);
    info
}

#[test]
fn a_build_without_provisioning_says_little() {
    let expected = "\
muster build settings:

Build Data:

       Version: 1.2.3
       Git SHA: abc123
    Build Date: 2018-08-27 10:11:12 +0000
       License: Apache-2.0
  Rust Version: rustc 1.95.0
      Platform: x86_64-unknown-linux-musl
         Build: foss
        Target: defaults

Protocol Defaults and Settings:

     Default Collectives: mcollective, other
  Client Identity Suffix: mcollective

Network Broker Settings:

       Maximum Network Clients: 0
  Embedded NATS Server Version: none

Server Settings:

  Provisioning Target Resolver: Default
         Supports Provisioning: false

Security Defaults:

            TLS: true
  x509 Security: true

Agent Providers:

  Built-in MCollective Agent Compatibility version 1.2.3
";
    assert_eq!(render_text(&PLAIN), expected);
}

#[test]
fn a_provisioning_build_says_everything_but_its_secrets() {
    let expected = "\
Server Settings:

    Provisioning Target Resolver: Default
           Supports Provisioning: true
           Provisioning JWT file: /provisioning.jwt
              Provisioning Token: *****
    Provisioning Token Verifiers: 2 (1 SHA-256, 1 Argon2id)
            Provisioning Default: true
                Provisioning TLS: true
         Provisioning TLS Policy: required, verified against the baked CA
      Default Provisioning Agent: true
            Provisioning Brokers: nats://a:4222,nats://b:4222
         Provisioning SRV Domain: example.net
  Provisioning Registration Data: /metadata.json
           Registration Subjects: provisioning.registration.data
              Provisioning Facts: /facts.json
        Provisioning Status File: /status.json
    Provisioning Broker Username: node
    Provisioning Broker Password: ******
  Provisioning Using Protocol v2: true
   Provisioning Version Upgrades: true

Security Defaults:

            TLS: false
  x509 Security: true

NOTE: The security of this build is not standard, you might be running without adequate protocol level security.  \
Please ensure this is the build you intend to be using.
";
    let text = render_text(&FULL);
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("anyone"));
}

#[test]
fn a_build_without_token_says_that_anyone_may_act() {
    let open = with(|flags| flags.tokens = &[]);
    let text = render_text(&open);
    assert!(text.contains("Provisioning Token: not set\n"));
    assert!(text.contains("anyone who can reach the broker may provision this node"));
    assert!(!text.contains("Token Verifiers"));
    let json: Value = serde_json::from_str(&render_json(&open)).unwrap();
    assert_eq!(json["provisioning"]["anyone_may_act"], true);
    let inactive = with(|flags| {
        flags.tokens = &[];
        flags.agent = false;
    });
    assert!(!render_text(&inactive).contains("anyone"));
}

#[test]
fn the_three_tls_policies_are_told_apart() {
    let unverified = with(|flags| flags.ca = None);
    let plain = with(|flags| {
        flags.ca = None;
        flags.secure = false;
    });
    let pinned = with(|flags| flags.secure = false);
    let cases = [
        (unverified, "required, unverified\n", "unverified"),
        (
            plain,
            "plain text allowed where the broker offers nothing better\n",
            "plain_text_allowed",
        ),
        (
            pinned,
            "required, verified against the baked CA\n",
            "verified",
        ),
    ];
    for (info, text, name) in cases {
        assert!(render_text(&info).contains(&format!("Provisioning TLS Policy: {text}")));
        let json: Value = serde_json::from_str(&render_json(&info)).unwrap();
        assert_eq!(json["provisioning"]["tls_policy"], name);
    }
}

#[test]
fn no_secret_and_no_verifier_is_shown() {
    for output in [render_text(&FULL), render_json(&FULL), format!("{FULL:?}")] {
        assert!(!output.contains("opensesame"), "{output}");
        assert!(!output.contains("toomanysecrets"), "{output}");
    }
    for output in [render_text(&FULL), render_json(&FULL)] {
        for byte in [0xa5_u8, 0xb6, 0xc7, 0xd8] {
            assert!(!output.contains(&format!("{byte}, {byte}")), "{output}");
            assert!(
                !output.contains(&format!("{byte:02x}{byte:02x}")),
                "{output}"
            );
        }
    }
}

#[test]
fn the_names_of_the_json_are_sorted() {
    let json = render_json(&FULL);
    for indent in ["  \"", "    \""] {
        let names: Vec<&str> = json
            .lines()
            .filter_map(|line| line.strip_prefix(indent)?.split_once("\":"))
            .map(|(name, _)| name)
            .collect();
        assert!(names.len() > 10 && names.is_sorted(), "{names:?}");
    }
}

/// Two agents, of which one takes the place of ours.
fn company() -> (BuildInfo, Roster) {
    let build = with(|flags| flags.agent = false);
    let agent = |name, ddl| crate::company::Compiled {
        name,
        origin: "path ../here",
        company: crate::company::Company {
            ddl,
            krate: "acme-here",
            version: "0.3.0",
            make: |_| Err("is not made here".into()),
        },
    };
    let asset =
        r#"{"metadata": {"name": "acme_asset", "description": "", "timeout": 5}, "actions": []}"#;
    let agents = [
        agent("choria_provision", crate::company::PROVISION_DDL),
        agent("acme_asset", asset),
    ];
    let company = Roster::of(&agents, &build).unwrap();
    (build, company)
}

#[test]
fn agents_of_the_company_are_listed_with_crate_version_and_origin() {
    let (build, company) = company();
    let text = super::render_text(&build, &company);
    assert!(text.ends_with(
        "Agent Providers:

  Built-in MCollective Agent Compatibility version 1.2.3
  Company agent acme_asset from crate acme-here 0.3.0 (path ../here)
  Company agent choria_provision from crate acme-here 0.3.0 (path ../here)
"
    ));
    let json: Value = serde_json::from_str(&super::render_json(&build, &company)).unwrap();
    let asset = json!({"crate": "acme-here", "name": "acme_asset", "origin": "path ../here", "version": "0.3.0"});
    assert_eq!(json["company_agents"][0], asset);
    let none: Value = serde_json::from_str(&render_json(&FULL)).unwrap();
    assert_eq!(none["company_agents"], json!([]));
}

#[test]
fn an_agent_in_the_place_of_ours_provisions() {
    let (mut build, company) = company();
    let text = super::render_text(&build, &company);
    assert!(
        text.contains("     Default Provisioning Agent: false\n"),
        "{text}"
    );
    let line = "Provisioning Agent In Its Place: crate acme-here 0.3.0 (path ../here)\n";
    assert!(text.contains(line), "{text}");
    build.provisioning.tokens = &[];
    assert!(super::render_text(&build, &company).contains("anyone who can reach the broker"));
    assert!(!render_text(&build).contains("anyone"));
}
