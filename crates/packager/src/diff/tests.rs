use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::archive;
use crate::archive::tests::samples::file;
use crate::archive::tests::samples::manifest;
use crate::deb;
use crate::model::Contents;
use crate::model::Manifest;
use crate::model::Role;
use crate::model::Tree;

fn contents(manifest: &Manifest) -> Contents {
    deb::read(&deb::write(manifest).unwrap()).unwrap()
}

fn with_script(text: &str) -> Manifest {
    let mut manifest = manifest();
    manifest.scriptlets.after_install = Some(text.to_owned());
    manifest
}

/// A package of one file.
fn with_file(path: &str, text: &str, mode: u32, role: Role) -> Manifest {
    let mut tree = Tree::default();
    tree.add(path, file(text, mode).with_role(role)).unwrap();
    Manifest { tree, ..manifest() }
}

fn rendered(left: &Manifest, right: &Manifest) -> String {
    render(&compare(&contents(left), &contents(right)))
}

#[test]
fn a_package_does_not_differ_from_itself() {
    assert_eq!(compare(&contents(&manifest()), &contents(&manifest())), []);
    assert_eq!(rendered(&manifest(), &manifest()), "no differences\n");
}

#[test]
fn fields_are_shown_with_both_values() {
    let newer = Manifest {
        version: "2.0".to_owned(),
        url: String::new(),
        ..manifest()
    };
    let expected = "\
- field Homepage
    -https://acme.example.net/
~ field Version
    -1.2.3~rc.1-1
    +2.0-1
";
    assert_eq!(rendered(&manifest(), &newer), expected);
}

#[test]
fn scripts_are_compared_by_line() {
    let expected = "\
~ script postinst
    @@ -1,4 +1,4 @@
     #!/bin/sh
     set -e
     
    -echo one
    +echo two
";
    assert_eq!(
        rendered(&with_script("echo one"), &with_script("echo two")),
        expected
    );
}

#[test]
fn a_script_that_came_or_went_is_named() {
    assert_eq!(
        rendered(&manifest(), &with_script("true")),
        "+ script postinst\n"
    );
    assert_eq!(
        rendered(&with_script("true"), &manifest()),
        "- script postinst\n"
    );
}

#[test]
fn paths_that_came_or_went_are_shown_with_what_they_are() {
    let old = with_file("/opt/old", "12", 0o755, Role::Program);
    let new = with_file("/opt/new", "123", 0o644, Role::Program);
    let expected = "\
+ /opt/new: file 0644 root:root 3 bytes
- /opt/old: file 0755 root:root 2 bytes
";
    assert_eq!(rendered(&old, &new), expected);
}

#[test]
fn what_changed_about_a_path_is_said() {
    let old = with_file("/etc/x", "1", 0o640, Role::Program);
    let mut new = with_file("/etc/x", "22", 0o600, Role::Configuration);
    new.source_date += 1;
    let expected = "\
~ /etc
    time: 1706933106 -> 1706933107
~ /etc/x
    mode: 0640 -> 0600
    size: 1 -> 2
    sha256: 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b -> 785f3ec7eb32f30b90cd0fcf3657d388b5ff4297f2f9716ff66e9b69c05ddd09
    marks: none -> conffile
    time: 1706933106 -> 1706933107
";
    assert_eq!(rendered(&old, &new), expected);
}

#[test]
fn owners_and_kinds_are_compared() {
    let old = contents(&with_file("/a", "", 0o644, Role::Program));
    let mut new = old.clone();
    let packed = new.files.get_mut("/a").unwrap();
    packed.group = "acme".to_owned();
    packed.kind = "directory".to_owned();
    let expected = "~ /a\n    kind: file -> directory\n    owner: root:root -> root:acme\n";
    assert_eq!(render(&compare(&old, &new)), expected);
}

#[test]
fn a_package_cannot_write_to_the_terminal() {
    let mut odd = Contents::default();
    odd.fields
        .insert("X\u{1b}[2J".to_owned(), "\u{7}".to_owned());
    let text = render(&compare(&Contents::default(), &odd));
    assert_eq!(text, "+ field X\\u{1b}[2J\n    +\\u{7}\n");
}

fn on_disk(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn the_bytes_say_which_format_it_is() {
    let deb = on_disk(&deb::write(&manifest()).unwrap());
    assert!(read(deb.path()).unwrap().fields.contains_key("Package"));
    let archive = on_disk(&archive::write(&manifest()).unwrap());
    assert!(read(archive.path()).unwrap().fields.contains_key("Folder"));
}

#[test]
fn what_cannot_be_read_is_named() {
    let missing = Path::new("/nonexistent/a.deb");
    assert!(matches!(read(missing), Err(DiffError::Read { path, .. }) if path == missing));
    let unknown = on_disk(b"PK\x03\x04");
    assert!(matches!(
        read(unknown.path()),
        Err(DiffError::UnknownFormat { .. })
    ));
    let deb = on_disk(b"!<arch>\n");
    assert!(matches!(read(deb.path()), Err(DiffError::Deb { .. })));
    let archive = on_disk(&[0x1f, 0x8b]);
    assert!(matches!(
        read(archive.path()),
        Err(DiffError::Archive { .. })
    ));
}
