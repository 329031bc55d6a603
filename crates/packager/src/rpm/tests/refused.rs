//! Manifests that cannot become an RPM.

use super::super::RpmError;
use super::super::fixture::manifest;
use super::super::fixture::requirement;
use super::super::write;
use crate::model::Entry;
use crate::model::Kind;
use crate::model::Manifest;
use crate::signing;
use crate::signing::Sign;
use crate::signing::SignError;

fn refused(change: impl Fn(&mut Manifest)) -> RpmError {
    let mut manifest = manifest();
    change(&mut manifest);
    write(&manifest, None).unwrap_err()
}

fn assert_names(err: &RpmError, expected: &str) {
    assert!(
        matches!(err, RpmError::Field { field, .. } if field == expected),
        "{err:?}"
    );
}

#[test]
fn versions_and_releases_that_rpm_refuses_are_named() {
    for bad in ["", "1-2", "1 2", "1:2", "%{x}", "1\n", "ä"] {
        assert_names(
            &refused(|manifest| manifest.version = bad.to_owned()),
            "version",
        );
        assert_names(
            &refused(|manifest| manifest.release = bad.to_owned()),
            "release",
        );
    }
}

#[test]
fn fields_that_rpm_would_misread_are_named() {
    assert_names(&refused(|manifest| manifest.name = "-x".to_owned()), "name");
    assert_names(
        &refused(|manifest| manifest.name = "a b".to_owned()),
        "name",
    );
    assert_names(
        &refused(|manifest| manifest.summary = "a\nb".to_owned()),
        "summary",
    );
    assert_names(
        &refused(|manifest| manifest.license = String::new()),
        "license",
    );
    assert_names(&refused(|manifest| manifest.url = "\0".to_owned()), "url");
    assert_names(
        &refused(|manifest| manifest.contact = "\r".to_owned()),
        "contact",
    );
    assert_names(
        &refused(|manifest| manifest.rpm_group = "\n".to_owned()),
        "group",
    );
    assert_names(
        &refused(|manifest| manifest.description = "\0".to_owned()),
        "description",
    );
    let bad = |manifest: &mut Manifest| manifest.requires.push(requirement("a >= 1", false));
    assert_names(&refused(bad), "requirement");
    let bad = |manifest: &mut Manifest| manifest.scriptlets.after_install = Some("\0".to_owned());
    assert_names(&refused(bad), "scriptlet %post");
}

#[test]
fn attributes_that_rpm_would_misread_are_named_with_their_path() {
    let with = |entry: Entry| {
        move |manifest: &mut Manifest| manifest.tree.add("/x", entry.clone()).unwrap()
    };
    let plain = || Entry::new(Kind::Directory, 0o755);
    assert_names(
        &refused(with(plain().owned_by("a b", "root"))),
        "owner of /x",
    );
    assert_names(&refused(with(plain().owned_by("root", ""))), "group of /x");
    assert_names(
        &refused(with(Entry::new(Kind::Directory, 0o10755))),
        "mode of /x",
    );
    let link = Entry::new(Kind::Link(String::new()), 0o777);
    assert_names(&refused(with(link)), "target of /x");
}

#[test]
fn a_date_beyond_32_bits_is_refused() {
    let err = refused(|manifest| manifest.source_date = 1 << 32);
    assert!(matches!(err, RpmError::Date { .. }), "{err:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let err = refused(|manifest| {
        let entry = Entry::new(Kind::Copy("/does/not/exist".into()), 0o755);
        manifest.tree.add("/x", entry).unwrap();
    });
    assert!(matches!(err, RpmError::Read { .. }), "{err:?}");
}

#[test]
fn a_key_that_does_not_sign_is_an_error() {
    let key = signing::fixture::expired();
    let err = write(&manifest(), Some(&key)).unwrap_err();
    assert!(matches!(err, RpmError::Sign { .. }), "{err:?}");
}

/// A signer whose packets are none, as no key of ours makes them.
struct Nonsense;

impl Sign for Nonsense {
    fn created(&self) -> u64 {
        0
    }

    fn detached(&self, _: &[u8], _: u64) -> Result<String, SignError> {
        Ok("-----BEGIN PGP SIGNATURE-----\n\neA==\n-----END PGP SIGNATURE-----\n".to_owned())
    }

    fn clear(&self, text: &str, _: u64) -> Result<String, SignError> {
        Ok(text.to_owned())
    }

    fn public(&self) -> Result<String, SignError> {
        Ok(String::new())
    }
}

#[test]
fn a_signature_that_is_none_is_an_error() {
    let err = write(&manifest(), Some(&Nonsense)).unwrap_err();
    assert!(matches!(err, RpmError::Signature), "{err:?}");
}
