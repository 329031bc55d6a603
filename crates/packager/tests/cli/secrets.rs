//! What a buildspec keeps secret is in nothing that the program says.

use crate::desk::BUILDSPEC;
use crate::desk::Desk;
use crate::desk::Ended;
use crate::desk::TOKEN;

const SECRETS: [&str; 3] = ["open-sesame-4711", "hunter2-of-the-broker", TOKEN];

fn desk() -> Desk {
    let desk = Desk::new();
    let text = BUILDSPEC.replacen(
        "        ProvisionFacts:",
        "        ProvisionToken: open-sesame-4711\n        \
         ProvisioningBrokerUsername: acme\n        \
         ProvisioningBrokerPassword: hunter2-of-the-broker\n        \
         ProvisionFacts:",
        1,
    );
    desk.write("buildspec.yaml", &text);
    desk
}

#[track_caller]
fn silent(ended: &Ended) {
    for secret in SECRETS {
        assert!(
            !ended.out.contains(secret) && !ended.err.contains(secret),
            "{}{}",
            ended.out,
            ended.err
        );
    }
}

#[test]
fn good_runs_show_no_secret() {
    let desk = desk();
    for command in ["check", "list"] {
        silent(&desk.run(&[command]).well());
    }
    silent(&desk.package_64(&["--package", "el_64"]).well());
}

#[test]
fn runs_that_fail_show_no_secret() {
    for (from, to) in [
        ("ProvisionModeDefault:", "ProvisionModeDefualt:"),
        // a mistake in the very line
        ("ProvisionToken: open", "ProvisionTokne: open"),
        ("ProvisionToken: open", "ProvisionTokenHash: open"),
        ("ProvisionToken: open", "ProvisionModeDefault: open"),
        (
            "ProvisionToken: open-sesame-4711",
            "ProvisionToken: [open-sesame-4711]",
        ),
        (
            "ProvisioningBrokerPassword: hunter2",
            "ProvisioningBrokerPasword: hunter2",
        ),
        (
            "ProvisioningBrokerUsername: acme",
            "ProvisioningBrokerUsername: \"\"",
        ),
        (
            "ProvisionTokenFile: token",
            "ProvisionTokenFile: buildspec.yaml",
        ),
        ("acme:\n", "acme:\n  strict: true\n"),
        (
            "ProvisionToken: open-sesame-4711",
            "ProvisionToken: \"open-sesame-4711",
        ),
    ] {
        let desk = desk();
        let text = std::fs::read_to_string(desk.path("buildspec.yaml")).unwrap();
        assert!(text.contains(from), "{from}");
        desk.write("buildspec.yaml", &text.replacen(from, to, 1));
        let checked = desk.run(&["check"]);
        assert_eq!(
            checked.code,
            Some(78),
            "{to}: {}{}",
            checked.out,
            checked.err
        );
        silent(&checked);
        silent(&desk.package_64(&["--package", "el_64"]));
    }
}
