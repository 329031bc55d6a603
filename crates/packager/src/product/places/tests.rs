use super::*;
use crate::product::tests::agent;
use crate::product::tests::provisioner;
use buildspec::Format;

fn judged(change: impl FnOnce(&mut Package)) -> Result<(), ProductError> {
    let mut package = agent(Format::Rpm);
    change(&mut package);
    judge(&package)
}

#[test]
fn a_path_that_a_unit_or_a_script_reads_otherwise_is_refused() {
    for odd in [
        ' ', '%', '$', '"', '\'', '\\', '`', '*', '\n', ';', ':', 'ü', '{',
    ] {
        let refused = judged(|package| package.etcdir = format!("/opt/a{odd}b"));
        assert!(
            matches!(&refused, Err(ProductError::Character { key: "etcdir", character, .. }) if *character == odd),
            "{refused:?}"
        );
    }
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    for path in [
        "",
        "/",
        "opt/acme",
        "/opt/../etc",
        "/opt//acme",
        "/opt/acme/",
    ] {
        let refused = judged(|package| package.statedir = path.to_owned());
        assert!(
            matches!(
                refused,
                Err(ProductError::Path {
                    key: "statedir",
                    ..
                })
            ),
            "{path}: {refused:?}"
        );
    }
}

#[test]
fn a_path_that_the_service_does_not_see_is_refused() {
    for path in [
        "/home/acme/bin",
        "/root",
        "/tmp/acme",
        "/run/acme",
        "/var/tmp/x",
    ] {
        let refused = judged(|package| package.bindir = path.to_owned());
        assert!(
            matches!(refused, Err(ProductError::Hidden { key: "bindir", .. })),
            "{path}: {refused:?}"
        );
    }
    judged(|package| package.bindir = "/homely/bin".to_owned()).unwrap();
}

#[test]
fn a_folder_of_the_system_is_nobodys() {
    for path in ["/etc", "/opt", "/usr/local/etc", "/var/lib"] {
        let refused = judged(|package| package.etcdir = path.to_owned());
        assert!(
            matches!(refused, Err(ProductError::Shared { key: "etcdir", .. })),
            "{path}: {refused:?}"
        );
    }
}

#[test]
fn folders_that_would_hide_or_remove_each_other_are_refused() {
    let refused = judged(|package| {
        package.etcdir = "/opt/acme".to_owned();
        package.bindir = "/opt/acme/bin".to_owned();
    });
    assert!(
        matches!(
            refused,
            Err(ProductError::Overlap {
                key: "bindir",
                other: "etcdir",
                ..
            })
        ),
        "{refused:?}"
    );
    let refused = judged(|package| package.etcdir = format!("{}/etc", package.statedir));
    assert!(
        matches!(
            refused,
            Err(ProductError::Overlap {
                key: "etcdir",
                other: "statedir",
                ..
            })
        ),
        "{refused:?}"
    );
    judged(|package| package.statedir = format!("{}/state", package.etcdir)).unwrap();
}

#[test]
fn a_name_that_is_no_unit_or_is_not_rotated_is_refused() {
    for name in ["acme+", "acme.bak", "acme muster", "acme%i"] {
        let refused = judged(|package| package.name = name.to_owned());
        assert!(
            matches!(refused, Err(ProductError::Name { .. })),
            "{name}: {refused:?}"
        );
    }
    judged(|package| package.name = "acme.muster-2".to_owned()).unwrap();
}

#[test]
fn an_account_that_not_every_system_makes_is_refused() {
    for group in [
        "",
        "Acme",
        "acme.muster",
        "1acme",
        "a234567890123456789012345678901x",
    ] {
        let refused = judged(|package| package.group = group.to_owned());
        assert!(
            matches!(refused, Err(ProductError::Account { key: "group", .. })),
            "{group}: {refused:?}"
        );
    }
    let mut package = provisioner(Format::Rpm);
    package.name = "acme.provisioner".to_owned();
    let refused = judge(&package);
    assert!(
        matches!(refused, Err(ProductError::Account { key: "name", .. })),
        "{refused:?}"
    );
}

#[test]
fn the_folders_above_a_path_are_all_of_them() {
    assert_eq!(above("/a/b/c").collect::<Vec<_>>(), ["/a/b", "/a"]);
}
