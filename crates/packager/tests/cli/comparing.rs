//! `diff` tells what two packages differ in, and says so by its exit code.

use crate::desk::Desk;

const NAMES: [(&str, &str); 3] = [
    ("el_64", "acme-1.2.3-1.el.x86_64.rpm"),
    ("debian_64", "acme_1.2.3-1+generic_amd64.deb"),
    ("tarball", "acme-1.2.3-linux-x86_64.tar.gz"),
];

/// Every format, made twice; the second time with another date where `other` says so.
fn twice(other: &[&str]) -> Desk {
    let desk = Desk::new();
    let all = ["--package", "el_64,debian_64,tarball"];
    desk.package_64(&[&all[..], &["--output", "one"]].concat())
        .well();
    desk.package_64(&[&all[..], &["--output", "other"], other].concat())
        .well();
    desk
}

#[test]
fn equal_packages_end_with_0() {
    let desk = twice(&[]);
    for (_, name) in NAMES {
        let ended = desk.run(&["diff", &format!("one/{name}"), &format!("other/{name}")]);
        assert_eq!(
            (ended.code, ended.out.as_str()),
            (Some(0), "no differences\n"),
            "{name}"
        );
    }
}

#[test]
fn packages_that_differ_end_with_1_and_say_in_what() {
    let desk = Desk::new();
    let all = ["--package", "el_64,debian_64,tarball"];
    desk.package_64(&[&all[..], &["--output", "one"]].concat())
        .well();
    desk.respell("etcdir: /opt/acme/etc", "etcdir: /opt/acme/elsewhere");
    desk.package_64(&[&all[..], &["--output", "other"]].concat())
        .well();
    for (_, name) in NAMES {
        let ended = desk.run(&["diff", &format!("one/{name}"), &format!("other/{name}")]);
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.err);
        assert!(ended.out.contains("- /opt/acme/etc"), "{name}");
        assert!(ended.out.contains("+ /opt/acme/elsewhere"), "{name}");
        assert!(ended.out.contains("acme-server.service"), "{name}");
    }
}

#[test]
fn what_is_no_package_ends_with_65_and_what_is_missing_with_66() {
    let desk = Desk::new();
    desk.package_64(&["--package", "el_64"]).well();
    let rpm = "dist/acme-1.2.3-1.el.x86_64.rpm";
    desk.run(&["diff", "buildspec.yaml", rpm]).refused(
        65,
        &["buildspec.yaml is neither an RPM nor a DEB nor a tar.gz"],
    );
    desk.run(&["diff", rpm, "nowhere.rpm"])
        .refused(66, &["cannot read nowhere.rpm"]);
    desk.run(&["diff", rpm, "dist"]).refused(66, &["dist"]);
}
