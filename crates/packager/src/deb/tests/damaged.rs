//! What others may call a DEB.

use std::io;
use std::io::Read as _;

use super::*;
use crate::archive::ListingError;
use crate::archive::tarball::Tarball;
use crate::archive::tests::samples::manifest;

/// A package whose parts are not compressed, so that a changed byte changes what is read and not only a checksum.
fn plain() -> Vec<u8> {
    let bytes = write(&with_scripts()).unwrap();
    let members = ar::read(&bytes).unwrap();
    let unpacked = |index: usize| {
        let (name, packed): &(String, &[u8]) = &members[index];
        assert!(name.ends_with(".tar.xz"));
        let mut tar = Vec::new();
        liblzma::read::XzDecoder::new(*packed)
            .read_to_end(&mut tar)
            .unwrap();
        tar
    };
    deb(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar", &unpacked(1)),
        ("data.tar", &unpacked(2)),
    ])
}

fn deb(members: &[(&str, &[u8])]) -> Vec<u8> {
    ar::write(members, 0).unwrap()
}

/// A tar, not compressed.
fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tarball = Tarball::new(Vec::new(), 0);
    for (name, text) in files {
        tarball.add_file(name, 0o644, text.as_bytes()).unwrap();
    }
    tarball.finish().unwrap()
}

/// A package with this control file.
fn with_control(text: &str) -> Vec<u8> {
    deb(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar", &tar(&[("control", text)])),
        ("data.tar", &tar(&[])),
    ])
}

#[test]
fn every_byte_may_be_anything() {
    let good = plain();
    read(&good).unwrap();
    let mut bytes = good.clone();
    // Two values at every place that is not a run of zeros: a small generator instead of chance, so that a failure stays.
    let mut state: u32 = 1;
    for index in 0..bytes.len() {
        if good[index] == 0 && index % 16 != 0 {
            continue;
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        for value in [0xff, state.to_be_bytes()[0]] {
            bytes[index] = value;
            drop(read(&bytes));
        }
        bytes[index] = good[index];
    }
}

#[test]
fn a_package_that_was_cut_off_is_refused() {
    for compression in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        let bytes = write(&Manifest {
            compression,
            ..manifest()
        })
        .unwrap();
        // The last byte may be the padding of the container.
        for length in 0..bytes.len() - 1 {
            assert!(read(&bytes[..length]).is_err(), "{compression:?} {length}");
        }
    }
}

#[test]
fn compressed_bytes_may_be_anything() {
    for compression in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        let good = write(&Manifest {
            compression,
            ..manifest()
        })
        .unwrap();
        let mut bytes = good.clone();
        for index in 0..bytes.len() {
            bytes[index] ^= 0x55;
            drop(read(&bytes));
            bytes[index] = good[index];
        }
    }
}

#[test]
fn what_is_no_package_is_refused() {
    assert!(matches!(read(b""), Err(DebError::NotADeb)));
    assert!(matches!(read(b"!<arch>\n"), Err(DebError::NotADeb)));
    let other = deb(&[("x.o", b"")]);
    assert!(matches!(read(&other), Err(DebError::NotADeb)));
    let newer = deb(&[("debian-binary", b"3.0\n")]);
    assert!(matches!(read(&newer), Err(DebError::Version { version }) if version == "3.0"));
}

#[test]
fn a_damaged_container_is_refused_with_its_place() {
    let mut bytes = plain();
    bytes[8 + 58] = b'x';
    assert!(matches!(
        read(&bytes),
        Err(DebError::Container { offset: 8 })
    ));
}

#[test]
fn parts_are_there_once_and_in_order() {
    let binary: (&str, &[u8]) = ("debian-binary", b"2.0\n");
    let control = tar(&[("control", "Package: x\n")]);
    let (control, data) = (
        ("control.tar", control.as_slice()),
        ("data.tar", control.as_slice()),
    );
    let none = read(&deb(&[binary]));
    assert!(matches!(
        none,
        Err(DebError::Missing {
            name: "control.tar"
        })
    ));
    let swapped = read(&deb(&[binary, data, control]));
    assert!(matches!(
        swapped,
        Err(DebError::Missing {
            name: "control.tar"
        })
    ));
    let twice = read(&deb(&[binary, control, data, data]));
    assert!(matches!(twice, Err(DebError::Unknown { member }) if member == "data.tar"));
    let unknown = read(&deb(&[binary, ("control.tar.lz", b""), data]));
    assert!(matches!(unknown, Err(DebError::Unknown { member }) if member == "control.tar.lz"));
    read(&deb(&[binary, control, ("_note", b""), data])).unwrap();
}

#[test]
fn a_package_without_control_is_refused() {
    let empty = tar(&[]);
    let bytes = deb(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar", &empty),
        ("data.tar", &empty),
    ]);
    assert!(matches!(
        read(&bytes),
        Err(DebError::Missing { name: "control" })
    ));
    let refused = read(&with_control("no field"));
    assert!(matches!(refused, Err(DebError::Control { line: 1 })));
}

#[test]
fn a_conffile_is_in_the_package() {
    let control = tar(&[("control", "Package: x\n"), ("conffiles", "/etc/x\n")]);
    let bytes = deb(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar", &control),
        ("data.tar", &tar(&[])),
    ]);
    assert!(matches!(read(&bytes), Err(DebError::Conffile { path }) if path == "/etc/x"));
}

/// A package whose control files unpack to so many zeros. The levels are the lowest: that makes the test fast.
fn bomb(compression: Compression, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_path("control").unwrap();
    header.set_cksum();
    let mut zeros = header.as_bytes().as_slice().chain(io::repeat(0).take(size));
    let mut packed = Vec::new();
    match compression {
        Compression::Gzip => {
            let level = flate2::Compression::fast();
            flate2::read::GzEncoder::new(zeros, level).read_to_end(&mut packed)
        }
        Compression::Xz => liblzma::read::XzEncoder::new(zeros, 0).read_to_end(&mut packed),
        Compression::Zstd => zstd::stream::copy_encode(&mut zeros, &mut packed, 1).map(|()| 0),
    }
    .unwrap();
    let name = format!("control.tar{}", ar::suffix(Some(compression)));
    deb(&[
        ("debian-binary", b"2.0\n"),
        (&name, &packed),
        ("data.tar", b""),
    ])
}

#[test]
fn a_bomb_is_not_unpacked() {
    for compression in [Compression::Zstd, Compression::Xz, Compression::Gzip] {
        let refused = read(&bomb(compression, 17 << 20)).unwrap_err();
        let is_large = matches!(
            refused,
            DebError::Member {
                name: "control.tar",
                err: ListingError::Large { .. }
            }
        );
        assert!(is_large, "{compression:?}");
    }
}

#[test]
fn a_member_beyond_what_its_container_can_say_is_refused() {
    let refused = ar::write(&[("a-name-longer-than-sixteen-bytes", b"")], 0);
    assert!(matches!(refused, Err(DebError::Large { .. })));
}
