use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::*;

fn policy(text: &str) -> Policy {
    Policy::parse("policy.toml", text).unwrap()
}

fn refused(verdict: &Verdict) -> bool {
    *verdict != Verdict::Allowed
}

/// Keys and values of the recordings in `wire/` and of the helpers described in spec 02 §19 and spec 05 §7.
const LEGITIMATE: &[(&str, &str)] = &[
    ("a", "b"),
    ("identity", "n1.example.net"),
    ("collectives", "mcollective"),
    ("main_collective", "mcollective"),
    ("logfile", "/etc/choria/choria.log"),
    ("logfile", "/var/log/choria.log"),
    ("logfile", "stdout"),
    ("loglevel", "info"),
    ("registration", "file_content"),
    ("registerinterval", "300"),
    ("classesfile", "/opt/acme/etc/classes.txt"),
    ("plugin.yaml", "/opt/acme/etc/facts.yaml"),
    ("rpcauthorization", "0"),
    ("rpcaudit", "true"),
    ("plugin.rpcaudit.logfile", "/var/log/choria-audit.log"),
    ("plugin.choria.middleware_hosts", "broker.example.net:4222"),
    (
        "plugin.choria.registration.file_content.data",
        "/opt/acme/etc/metadata.json",
    ),
    ("plugin.choria.server.provision", "false"),
    ("plugin.choria.status_file_path", "/etc/choria/status.json"),
    ("plugin.choria.use_srv", "false"),
    ("plugin.security.file.key", "/etc/choria/ssl/private.pem"),
    ("plugin.security.issuer.choria.public", "00"),
    ("plugin.security.provider", "file"),
];

#[test]
fn what_site_helpers_set_is_allowed_by_default() {
    for (key, value) in LEGITIMATE {
        let verdict = Policy::default().judge_setting(key, value, Path::new("/etc/choria"));
        assert_eq!(verdict, Verdict::Allowed, "{key} = {value}");
    }
}

#[test]
fn keys_that_run_code_need_the_administrator() {
    for key in [
        "libdir",
        "plugin.choria.agent_provider.mcorpc.agent_shim",
        "plugin.choria.machine.store",
        "plugin.choria.executor.enabled",
        "plugin.choria.server.provision.allow_update",
        "plugin.machines.download",
        "plugin.security.pkcs11.driver_file",
        "plugin.muster.state_dir",
    ] {
        let refusal = Refusal::Dangerous {
            key: key.to_owned(),
        };
        assert_eq!(Policy::default().judge_key(key), Verdict::Refused(refusal));
        let trusting = policy(&format!("allow_dangerous_keys = [\"{key}\"]"));
        assert_eq!(trusting.judge_key(key), Verdict::Allowed);
    }
}

#[test]
fn logs_stay_where_logs_belong() {
    let directory = Path::new("/etc/choria");
    let judge = |policy: &Policy, path: &str| policy.judge_setting("logfile", path, directory);
    for path in [
        "/etc/cron.d/x",
        "/etc/choria/../cron.d/x",
        "/var/log/../../etc/passwd",
        "/var/logs/x",
        "relative.log",
        "~/x.log",
        "/opt/acme/log/x.log",
        "/etc/choria/policy.toml",
        "/etc/choria/plugin.d/muster.cfg",
        "/etc/choria/.muster/journal.json",
        "/etc/choria",
    ] {
        assert!(refused(&judge(&Policy::default(), path)), "{path}");
    }
    let wider = policy("output_directories = [\"/opt/acme/log\"]");
    assert_eq!(judge(&wider, "/opt/acme/log/x.log"), Verdict::Allowed);
}

#[test]
fn certificates_stay_in_the_node_s_own_directories() {
    let directory = Path::new("/etc/choria");
    let judge =
        |policy: &Policy, path: &str| policy.judge_ssl_directory(Path::new(path), directory);
    assert_eq!(
        judge(&Policy::default(), "/etc/choria/ssl"),
        Verdict::Allowed
    );
    for path in [
        "/etc/ssl",
        "/etc/choria/../ssl",
        "ssl",
        "/etc/choria2",
        "/etc/choria/.muster",
        "/",
    ] {
        assert!(refused(&judge(&Policy::default(), path)), "{path}");
    }
    assert_eq!(
        judge(
            &policy("ssl_directories = [\"/etc/ssl\"]"),
            "/etc/ssl/choria"
        ),
        Verdict::Allowed
    );
}

#[test]
fn the_administrator_s_denial_outranks_every_permission() {
    let strict =
        policy("deny_keys = [\"plugin.nats.*\", \"libdir\"]\nallow_dangerous_keys = [\"*\"]");
    for key in ["plugin.nats.user", "libdir"] {
        assert_eq!(
            strict.judge_key(key),
            Verdict::Refused(Refusal::Denied {
                key: key.to_owned()
            })
        );
    }
    let narrow = policy("allow_keys = [\"identity\", \"plugin.choria.*\"]");
    assert_eq!(narrow.judge_key("identity"), Verdict::Allowed);
    let refusal = Refusal::NotAllowed {
        key: "loglevel".to_owned(),
    };
    assert_eq!(narrow.judge_key("loglevel"), Verdict::Refused(refusal));
    assert!(refused(&narrow.judge_key("plugin.choria.machine.store")));
}

#[test]
fn private_keys_can_be_refused() {
    assert_eq!(Policy::default().judge_private_key(), Verdict::Allowed);
    assert!(refused(
        &policy("accept_private_keys = false").judge_private_key()
    ));
}

#[test]
fn limits_can_only_be_made_smaller() {
    assert_eq!(policy("[limits]\nconfig = 1000").limits.config.get(), 1000);
    assert_eq!(policy("").limits.config.get(), 262_144);
    for text in [
        "[limits]\nconfig = 262145",
        "[limits]\nconfig = 0",
        "[limits]\nkey = -1",
        "trial_timeout = 5",
    ] {
        assert!(Policy::parse("p", text).is_err(), "{text}");
    }
}

#[test]
fn a_bad_policy_is_refused_with_its_line() {
    for (text, line) in [
        ("accept_private_keys = true\nalow_keys = []", 2),
        ("\n\nallow_keys = \"*\"", 3),
        ("[limits]\nkonfig = 5", 2),
        ("deny_keys = [\"\"]", 1),
        ("deny_keys = [\"a b\"]", 1),
        ("ssl_directories = [\"ssl\"]", 1),
        ("ssl_directories = [\"/a/../b\"]", 1),
        ("x", 1),
    ] {
        let err = Policy::parse("policy.toml", text).unwrap_err();
        assert_eq!(err.at, Place::new("policy.toml", line), "{text}: {err}");
        assert!(!err.to_string().contains('\n'));
    }
}

#[test]
fn the_schema_describes_exactly_the_policy() {
    let names = |value: &Json| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    let schema = schema();
    let default = serde_json::to_value(Policy::default()).unwrap();
    assert_eq!(names(&schema["properties"]), names(&default));
    let limits = &schema["properties"]["limits"]["properties"];
    assert_eq!(names(limits), names(&default["limits"]));
    for (prefix, fields) in [("", FIELDS), ("[limits]\n", LIMITS)] {
        for field in fields {
            let (good, bad) = match field.kind {
                schema::Kind::Number(min, max) => (
                    [min.to_string(), max.to_string()],
                    [(min - 1).to_string(), (max + 1).to_string()],
                ),
                schema::Kind::Flag => (
                    ["true".into(), "false".into()],
                    ["1".into(), "\"yes\"".into()],
                ),
                schema::Kind::Patterns => (
                    ["[]".into(), "[\"a.*\"]".into()],
                    ["\"*\"".into(), "[1]".into()],
                ),
                schema::Kind::Directories => (
                    ["[]".into(), "[\"/a\"]".into()],
                    ["\"/a\"".into(), "[\"a\"]".into()],
                ),
            };
            let fits = |value: &String| {
                Policy::parse("p", &format!("{prefix}{} = {value}", field.name)).is_ok()
            };
            assert!(
                good.iter().all(fits) && !bad.iter().any(fits),
                "{}",
                field.name
            );
        }
    }
}
