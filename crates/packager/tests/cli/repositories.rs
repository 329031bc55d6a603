//! `repo`, and folders that cannot be one.

use std::fs;

use crate::desk::Desk;

#[test]
fn a_folder_of_packages_becomes_a_repository_of_both_kinds() {
    let desk = Desk::new();
    desk.package_64(&["--package", "el_64,debian_64"]).well();
    let ended = desk.run(&["repo", "dist", "--origin", "Acme"]).well();
    assert!(ended.out.contains("/etc/yum.repos.d/acme.repo"));
    assert!(ended.out.contains("/etc/apt/sources.list.d/acme.list"));
    assert!(desk.path("dist/repodata/repomd.xml").is_file());
    assert!(desk.path("dist/dists/stable/Release").is_file());
    assert_eq!(desk.trace(), "");
}

#[test]
fn two_runs_make_the_same_repository() {
    let (one, other) = (Desk::new(), Desk::new());
    for desk in [&one, &other] {
        desk.package_64(&["--package", "el_64,debian_64"]).well();
        desk.run(&["repo", "dist"]).well();
    }
    for name in ["repodata/repomd.xml", "dists/stable/Release"] {
        let read = |desk: &Desk| fs::read(desk.path("dist").join(name)).unwrap();
        assert!(read(&one) == read(&other), "{name}");
    }
}

#[test]
fn a_folder_without_packages_is_refused() {
    let desk = Desk::new();
    fs::create_dir(desk.path("empty")).unwrap();
    desk.run(&["repo", "empty"])
        .refused(65, &["there are no packages in empty"]);
    desk.run(&["repo", "nowhere"])
        .refused(66, &["cannot read nowhere"]);
    desk.run(&["repo", "token"])
        .refused(66, &["cannot read token"]);
    assert_eq!(desk.names("empty"), Vec::<String>::new());
}

#[test]
fn a_damaged_package_stops_the_repository_before_anything_is_written() {
    for (package, name) in [
        ("el_64", "acme-1.2.3-1.el.x86_64.rpm"),
        ("debian_64", "acme_1.2.3-1+generic_amd64.deb"),
    ] {
        let desk = Desk::new();
        desk.package_64(&["--package", package]).well();
        fs::remove_file(desk.path("dist/SHA256SUMS")).unwrap();
        let file = desk.path("dist").join(name);
        let length = fs::metadata(&file).unwrap().len();
        let opened = fs::File::options().write(true).open(&file).unwrap();
        opened.set_len(length / 2).unwrap();
        desk.run(&["repo", "dist"]).refused(65, &[name]);
        assert_eq!(desk.names("dist"), [name]);
    }
}

#[test]
fn a_date_that_is_none_is_refused() {
    let desk = Desk::new();
    desk.package_64(&["--package", "el_64"]).well();
    desk.run(&["repo", "dist", "--date", "yesterday"])
        .refused(64, &["yesterday"]);
    assert_eq!(desk.names("dist").len(), 2);
}

#[test]
fn a_name_that_would_lead_elsewhere_is_refused() {
    let desk = Desk::new();
    desk.package_64(&["--package", "debian_64"]).well();
    let ended = desk.run(&["repo", "dist", "--codename", "../../elsewhere"]);
    assert!(ended.code.is_some_and(|code| code >= 64), "{ended:?}");
    assert_eq!(desk.names("dist").len(), 2);
    assert!(!desk.path("elsewhere").exists());
}
