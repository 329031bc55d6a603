use super::*;
use crate::spec::Spec;

const YAML: &str = "\
b:
  compile_targets:
    defaults:
      flags:
        ProvisionBrokerURLs: a:1
        ProvisionToken: toomanysecrets
        ProvisionTokens: [Zk3-9fQw_1LmN0pRsTuVwX]
        ProvisioningBrokerUsername: 'quote\" and \\ and {brace}'
        ProvisioningBrokerPassword: sesame
        ProvisionFacts: /ä
";

fn literal() -> String {
    let read = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let resolved = Spec::parse("s", YAML)
        .unwrap()
        .resolve("b", None, &read)
        .unwrap();
    let stamp = Stamp::new("0.1.0", None, None, Some("0")).unwrap();
    rust_literal(&resolved, &stamp)
}

#[test]
fn equal_input_gives_equal_bytes() {
    assert_eq!(literal(), literal());
}

#[test]
fn tokens_are_not_in_the_text() {
    let text = literal();
    assert!(text.contains("TokenVerifier::Argon2id {") && text.contains("TokenVerifier::Sha256 {"));
    for token in ["toomanysecrets", "Zk3-9fQw_1LmN0pRsTuVwX"] {
        assert!(!text.contains(token));
        let bytes = format!("{:?}", token.as_bytes());
        assert!(!text.contains(bytes.trim_matches(['[', ']'])));
    }
}

#[test]
fn texts_are_escaped_as_rust() {
    let text = literal();
    assert!(
        text.contains(r#"user: Some("quote\" and \\ and {brace}"),"#),
        "{text}"
    );
    assert!(text.contains(r#"password: Some(BakedPassword("sesame")),"#));
    assert!(text.contains(r#"facts: Some("/ä"),"#));
    assert!(text.contains(r#"brokers: &["nats://a:1"],"#));
    assert!(text.contains("srv_domain: None,"));
}

#[test]
fn every_field_stands_once() {
    let text = literal();
    let names = [
        "build",
        "target",
        "version",
        "sha",
        "build_date",
        "rustc",
        "triple",
        "tls",
        "secure",
        "default_collectives",
        "client_identity_suffix",
        "provisioning",
        "brokers",
        "srv_domain",
        "mode_default",
        "agent",
        "ca",
        "tokens",
        "registration_data",
        "registration_subjects",
        "facts",
        "jwt_file",
        "status_file",
        "user",
        "password",
        "protocol_v2",
        "allow_update",
    ];
    for name in names {
        let wanted = if name == "secure" { 2 } else { 1 };
        let lines = text
            .lines()
            .filter(|line| line.starts_with(&format!("{name}: ")));
        assert_eq!(lines.count(), wanted, "{name}");
    }
}
