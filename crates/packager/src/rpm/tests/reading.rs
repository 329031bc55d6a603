//! RPMs read back: whole, cut off, damaged and made to confuse.

use std::process::Command;

use super::super::RpmError;
use super::super::fixture::DATE;
use super::super::fixture::Rpm;
use super::super::fixture::manifest;
use super::super::read;
use super::super::write;
use super::formats;
use super::unsigned;
use crate::signing;

#[test]
fn what_was_written_is_read() {
    for manifest in formats() {
        let contents = read(&unsigned(&manifest)).unwrap();
        assert_eq!(contents.fields["Name"], "acme");
        assert_eq!(contents.fields["Source RPM"], "acme-1.2.3-1.el.src.rpm");
        assert!(contents.fields["Requires"].contains("/usr/sbin/groupadd (pre)"));
        assert_eq!(contents.scripts["%pre"], "echo before install $1");
        assert_eq!(contents.files.len(), 8);
        let config = &contents.files["/etc/acme/acme.conf"];
        assert_eq!(config.kind, "file");
        assert_eq!(
            (config.mode, config.size, config.modified),
            (0o640, 6, DATE)
        );
        assert_eq!((&*config.owner, &*config.group), ("root", "acme"));
        assert_eq!(config.marks, ["config(noreplace)"]);
        assert_eq!(config.sha256.len(), 64);
        assert_eq!(contents.files["/etc/acme/server.conf"].kind, "ghost");
        assert_eq!(contents.files["/usr/bin/acme-link"].kind, "link to acme");
        assert_eq!(contents.files["/etc/acme"].kind, "directory");
    }
}

#[test]
fn a_signature_is_named_when_it_is_read() {
    let key = signing::fixture::rsa();
    for manifest in formats() {
        let contents = read(&write(&manifest, Some(&key)).unwrap()).unwrap();
        let id = contents.fields["Signature"].to_uppercase();
        assert!(key.fingerprint().ends_with(&id), "{id}");
        assert!(
            !read(&unsigned(&manifest))
                .unwrap()
                .fields
                .contains_key("Signature")
        );
    }
}

#[test]
fn what_is_no_rpm_is_refused() {
    for bytes in [&b""[..], b"x", b"!<arch>\ndebian-binary"] {
        assert!(matches!(read(bytes), Err(RpmError::NotRpm)));
    }
}

#[test]
fn a_package_cut_off_anywhere_is_refused() {
    let bytes = unsigned(&manifest());
    for length in (4..bytes.len()).step_by(7) {
        let err = read(&bytes[..length]).unwrap_err();
        assert!(
            matches!(err, RpmError::Truncated { .. }),
            "{length}: {err:?}"
        );
    }
}

#[test]
fn a_changed_payload_is_refused() {
    let mut bytes = unsigned(&manifest());
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    assert!(matches!(read(&bytes), Err(RpmError::Digest { .. })));
}

#[test]
fn a_header_of_impossible_length_is_refused() {
    let mut bytes = unsigned(&manifest());
    bytes[104..112].fill(0xff);
    assert!(matches!(read(&bytes), Err(RpmError::Damaged { .. })));
}

/// A package whose headers say `data` under `tag` besides everything else.
fn with_entry(tag: ::rpm::IndexTag, data: ::rpm::IndexData) -> Vec<u8> {
    let bytes = unsigned(&manifest());
    let mut package = ::rpm::Package::parse(&mut &bytes[..]).unwrap();
    let region = ::rpm::IndexTag::RPMTAG_HEADERIMMUTABLE;
    let entries = package.metadata.header.get_all_entries().unwrap();
    let mut entries: Vec<_> = entries
        .into_iter()
        .filter(|(found, _)| *found != region as u32 && *found != tag as u32)
        .map(|(tag, data)| ::rpm::HeaderEntry::new(tag, data))
        .collect();
    entries.push(::rpm::HeaderEntry::new(tag as u32, data));
    package.metadata.header = ::rpm::Header::from_entries(entries, region);
    package.metadata.signature = ::rpm::Header::from_entries(
        [::rpm::HeaderEntry::new(
            9999,
            ::rpm::IndexData::Int32(vec![1]),
        )],
        ::rpm::IndexSignatureTag::HEADER_SIGNATURES,
    );
    let mut written = Vec::new();
    package.write(&mut written).unwrap();
    written
}

#[test]
fn tags_that_contradict_each_other_are_refused() {
    let names = ::rpm::IndexTag::RPMTAG_BASENAMES;
    let one = ::rpm::IndexData::StringArray(vec!["x".to_owned()]);
    assert!(matches!(
        read(&with_entry(names, one)),
        Err(RpmError::Parse { .. })
    ));
}

#[test]
fn bytes_changed_at_random_never_panic() {
    let original = unsigned(&manifest());
    // a generator of Lehmer's: the same damage in every run
    let mut state = 0x2545_f491_u64;
    let mut next = |limit: usize| {
        state = state * 48_271 % 0x7fff_ffff;
        usize::try_from(state).unwrap() % limit
    };
    let headers = original.len().min(6000);
    for _ in 0..600 {
        let mut bytes = original.clone();
        for _ in 0..=next(4) {
            bytes[next(headers)] ^= u8::try_from(1 << next(8)).unwrap();
        }
        let found = read(&bytes);
        assert!(!matches!(found, Err(RpmError::Panic)));
    }
}

#[test]
fn packages_with_changed_headers_and_right_digests_never_panic() {
    use ::rpm::IndexTag as Tag;
    let wrong = [
        ::rpm::IndexData::Int32(vec![u32::MAX]),
        ::rpm::IndexData::Int16(vec![u16::MAX; 3]),
        ::rpm::IndexData::Int64(vec![u64::MAX; 9]),
        ::rpm::IndexData::StringTag("x".to_owned()),
        ::rpm::IndexData::StringArray(vec![String::new(); 9]),
        ::rpm::IndexData::Bin(vec![0xff; 5]),
    ];
    for tag in [
        Tag::RPMTAG_BASENAMES,
        Tag::RPMTAG_DIRNAMES,
        Tag::RPMTAG_DIRINDEXES,
        Tag::RPMTAG_FILESIZES,
        Tag::RPMTAG_FILEMODES,
        Tag::RPMTAG_FILEMTIMES,
        Tag::RPMTAG_FILEDIGESTS,
        Tag::RPMTAG_FILEFLAGS,
        Tag::RPMTAG_FILELINKTOS,
        Tag::RPMTAG_FILEUSERNAME,
        Tag::RPMTAG_FILEDIGESTALGO,
        Tag::RPMTAG_NAME,
        Tag::RPMTAG_REQUIREFLAGS,
        Tag::RPMTAG_REQUIREVERSION,
        Tag::RPMTAG_PREIN,
        Tag::RPMTAG_PREINPROG,
        Tag::RPMTAG_PAYLOADCOMPRESSOR,
        Tag::RPMTAG_BUILDTIME,
        Tag::RPMTAG_FILERDEVS,
        Tag::RPMTAG_SUMMARY,
    ] {
        for data in &wrong {
            let found = read(&with_entry(tag, data.clone()));
            assert!(!matches!(found, Err(RpmError::Panic)), "{tag:?} {data:?}");
        }
    }
}

const SPEC: &str = "
Name: other
Version: 1.2.3
Release: 1
Summary: Built by rpmbuild
License: MIT
BuildArch: noarch
Requires: systemd
Requires(pre): /usr/sbin/groupadd
%description
Text.
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/bin
echo a > %{buildroot}/etc/other.conf
ln -s x %{buildroot}/usr/bin/other
touch %{buildroot}/etc/ghost.conf
%pre
echo pre
%post -p /sbin/ldconfig
%files
%config(noreplace) %attr(0640, root, daemon) /etc/other.conf
%ghost %config /etc/ghost.conf
/usr/bin/other
";

#[test]
fn a_package_of_rpmbuild_is_read() {
    let rpm = Rpm::new();
    let spec = rpm.file("other.spec", SPEC.as_bytes());
    let top = format!("_topdir {}", rpm.path("top").display());
    let built = Command::new("rpmbuild")
        .args(["-bb", "--quiet", "--define", &top, &spec])
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    let path = rpm.path("top/RPMS/noarch/other-1.2.3-1.noarch.rpm");
    let contents = read(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(contents.fields["Source RPM"], "other-1.2.3-1.src.rpm");
    assert_eq!(contents.fields["Architecture"], "noarch");
    assert!(contents.fields["Requires"].contains("/usr/sbin/groupadd (pre)"));
    assert_eq!(contents.scripts["%pre"], "echo pre");
    assert_eq!(contents.scripts["%post"], "#!/sbin/ldconfig\n");
    let config = &contents.files["/etc/other.conf"];
    assert_eq!((config.mode, config.size), (0o640, 2));
    assert_eq!(config.group, "daemon");
    assert_eq!(config.marks, ["config(noreplace)"]);
    assert_eq!(contents.files["/etc/ghost.conf"].kind, "ghost");
    assert_eq!(contents.files["/usr/bin/other"].kind, "link to x");
}
