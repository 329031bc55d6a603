use std::fs;
use std::io;
use std::path::PathBuf;

use buildspec::Compression;

use super::*;
use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::model::Tree;

use payload::Packer;

use samples::DATE;
use samples::file;
use samples::manifest;
use samples::prints;

pub(crate) mod samples;

fn with_tree(entries: &[(&str, Entry)]) -> Manifest {
    let mut tree = Tree::default();
    for (path, entry) in entries {
        tree.add(path, entry.clone()).unwrap();
    }
    Manifest { tree, ..manifest() }
}

#[test]
fn what_is_written_is_read_back() {
    let contents = read(&write(&manifest()).unwrap()).unwrap();
    assert_eq!(contents.fields["Folder"], "acme-muster-1.2.3~rc.1");
    let paths: Vec<&str> = contents.files.keys().map(String::as_str).collect();
    let expected = [
        "/etc",
        "/etc/acme",
        "/etc/acme/server.conf",
        "/opt",
        "/opt/acme",
        "/opt/acme/bin",
        "/opt/acme/bin/acme",
        "/opt/acme/bin/acme-muster",
        "/usr",
        "/usr/lib",
        "/usr/lib/acme",
        "/usr/lib/acme/empty",
    ];
    assert_eq!(paths, expected);
    let configuration = &contents.files["/etc/acme/server.conf"];
    assert_eq!((configuration.mode, configuration.size), (0o640, 16));
    assert_eq!(configuration.group, "acme");
    assert_eq!(
        contents.files["/opt/acme/bin/acme"].kind,
        "link to acme-muster"
    );
    assert!(
        contents
            .files
            .values()
            .all(|packed| packed.modified == DATE)
    );
}

#[test]
fn the_header_says_neither_when_nor_where() {
    let bytes = write(&manifest()).unwrap();
    assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
}

#[test]
fn the_same_files_from_elsewhere_are_the_same_bytes() {
    let bytes_from = |folder: &tempfile::TempDir| {
        let path = folder.path().join("binary");
        fs::File::create(&path)
            .and_then(|mut file| io::Write::write_all(&mut file, b"binary"))
            .unwrap();
        write(&with_tree(&[(
            "/usr/bin/x",
            Entry::new(Kind::Copy(path), 0o755),
        )]))
        .unwrap()
    };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert_eq!(bytes_from(&one), bytes_from(&other));
    let from_memory = with_tree(&[("/usr/bin/x", file("binary", 0o755))]);
    assert_eq!(bytes_from(&one), write(&from_memory).unwrap());
}

/// What GNU tar lists of an archive.
fn listed_by_tar(manifest: &Manifest) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar.gz");
    fs::File::create(&path)
        .and_then(|mut file| io::Write::write_all(&mut file, &write(manifest).unwrap()))
        .unwrap();
    prints(
        "tar",
        &[
            "--list",
            "--verbose",
            "--gzip",
            "--file",
            path.to_str().unwrap(),
        ],
    )
}

#[test]
fn gnu_tar_reads_it() {
    let expected = "\
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/etc/
drwxr-x--- root/acme         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/etc/acme/
-rw-r----- root/acme        16 2024-02-03 04:05 acme-muster-1.2.3~rc.1/etc/acme/server.conf
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/opt/
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/opt/acme/
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/opt/acme/bin/
lrwxrwxrwx root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/opt/acme/bin/acme -> acme-muster
-rwxr-xr-x root/root        10 2024-02-03 04:05 acme-muster-1.2.3~rc.1/opt/acme/bin/acme-muster
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/usr/
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/usr/lib/
drwxr-xr-x root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/usr/lib/acme/
-rw-r--r-- root/root         0 2024-02-03 04:05 acme-muster-1.2.3~rc.1/usr/lib/acme/empty
";
    assert_eq!(listed_by_tar(&manifest()), expected);
}

#[test]
fn python_reads_it_with_numeric_owners_of_zero() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar.gz");
    fs::File::create(&path)
        .and_then(|mut file| io::Write::write_all(&mut file, &write(&manifest()).unwrap()))
        .unwrap();
    let program = "import sys, tarfile
members = tarfile.open(sys.argv[1]).getmembers()
print({(m.uid, m.gid, m.mtime) for m in members}, {m.gname for m in members} == {'root', 'acme'}, len(members))";
    let printed = prints("python3", &["-c", program, path.to_str().unwrap()]);
    assert_eq!(printed, "{(0, 0, 1706933106)} True 13\n");
}

#[test]
fn names_and_targets_of_any_length_survive() {
    let long = format!("/opt/{}/{}", "a".repeat(90), "b".repeat(200));
    let target = format!("/opt/{}", "c".repeat(150));
    let manifest = with_tree(&[
        (&long, file("x", 0o644)),
        ("/opt/link", Entry::new(Kind::Link(target.clone()), 0o777)),
    ]);
    let listed = listed_by_tar(&manifest);
    assert!(
        listed.contains(&format!("{}\n", long.trim_start_matches('/'))),
        "{listed}"
    );
    assert!(
        listed.contains(&format!("opt/link -> {target}\n")),
        "{listed}"
    );
    let contents = read(&write(&manifest).unwrap()).unwrap();
    assert_eq!(
        contents.files["/opt/link"].kind,
        format!("link to {target}")
    );
    assert!(contents.files.contains_key(&long));
}

#[test]
fn a_name_that_would_lead_out_of_the_folder_is_refused() {
    let manifest = Manifest {
        version: "../1".to_owned(),
        ..manifest()
    };
    let refused = write(&manifest).unwrap_err();
    assert!(matches!(
        refused,
        ArchiveError::Folder { character: '/', .. }
    ));
}

#[test]
fn a_file_is_not_above_another() {
    for kind in [
        Kind::File(Vec::new()),
        Kind::Link("/x".to_owned()),
        Kind::Ghost,
    ] {
        let manifest = with_tree(&[("/a", Entry::new(kind, 0o644)), ("/a/b", file("", 0o644))]);
        let refused = write(&manifest).unwrap_err();
        assert!(matches!(
            refused,
            ArchiveError::Pack(PackError::NotADirectory { path, below }) if path == "/a" && below == "/a/b"
        ));
    }
}

#[test]
fn a_missing_source_is_named() {
    let missing = PathBuf::from("/nonexistent/binary");
    let manifest = with_tree(&[("/a", Entry::new(Kind::Copy(missing.clone()), 0o644))]);
    let refused = write(&manifest).unwrap_err();
    assert!(
        matches!(refused, ArchiveError::Pack(PackError::Source { path, .. }) if path == missing)
    );
}

#[test]
fn an_account_has_a_name_that_linux_allows() {
    for account in ["", &"a".repeat(33)] {
        let entry = file("", 0o644).owned_by("root", account);
        let refused = write(&with_tree(&[("/a", entry)])).unwrap_err();
        assert!(matches!(
            refused,
            ArchiveError::Pack(PackError::Account { .. })
        ));
    }
}

/// An archive of members with these names and kinds.
fn packed(members: &[(&str, tar::EntryType)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Packer::new(Compression::Gzip).unwrap());
    for (name, kind) in members {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(0);
        for number in [
            tar::Header::set_uid,
            tar::Header::set_gid,
            tar::Header::set_mtime,
        ] {
            number(&mut header, 0);
        }
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, io::empty()).unwrap();
    }
    builder.into_inner().and_then(Packer::finish).unwrap()
}

#[test]
fn an_archive_has_one_folder() {
    use tar::EntryType::Regular;
    let two = packed(&[("a/x", Regular), ("b/x", Regular)]);
    assert!(
        matches!(read(&two), Err(ArchiveError::Tops { top, path }) if top == "a" && path == "/b/x")
    );
    let similar = packed(&[("a/x", Regular), ("ab/x", Regular)]);
    assert!(matches!(read(&similar), Err(ArchiveError::Tops { .. })));
    assert!(matches!(read(&packed(&[])), Err(ArchiveError::Empty)));
}

#[test]
fn strange_members_are_refused() {
    use tar::EntryType;
    let refused = |members: &[_]| match read(&packed(members)).unwrap_err() {
        ArchiveError::Listing(err) => err,
        other => panic!("{other}"),
    };
    let twice = [("a/x", EntryType::Regular), ("./a/x", EntryType::Regular)];
    assert!(matches!(refused(&twice), ListingError::Twice { path } if path == "/a/x"));
    for path in ["a/../b", "a//b", "a/./b", "a/\n"] {
        let refused = refused(&[(path, EntryType::Regular)]);
        assert!(matches!(refused, ListingError::Path { .. }), "{path:?}");
    }
    for kind in [EntryType::Char, EntryType::Fifo] {
        assert!(
            matches!(refused(&[("a/x", kind)]), ListingError::Kind { .. }),
            "{kind:?}"
        );
    }
}

#[test]
fn a_sparse_file_of_a_terabyte_is_refused() {
    let mut header = tar::Header::new_gnu();
    header.set_path("a/x").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    for number in [
        tar::Header::set_uid,
        tar::Header::set_gid,
        tar::Header::set_mtime,
    ] {
        number(&mut header, 0);
    }
    header.set_mode(0o644);
    header.set_size(0);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize.copy_from_slice(b"20000000000\0");
    gnu.sparse[0].offset.copy_from_slice(b"20000000000\0");
    gnu.sparse[0].numbytes.copy_from_slice(b"00000000000\0");
    header.set_cksum();
    let mut builder = tar::Builder::new(Packer::new(Compression::Gzip).unwrap());
    builder.append(&header, io::empty()).unwrap();
    let bytes = builder.into_inner().and_then(Packer::finish).unwrap();
    let refused = read(&bytes).unwrap_err();
    assert!(
        matches!(refused, ArchiveError::Listing(ListingError::Kind { path }) if path == "/a/x")
    );
}

#[test]
fn an_archive_that_was_cut_off_is_refused() {
    let bytes = write(&manifest()).unwrap();
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
}
