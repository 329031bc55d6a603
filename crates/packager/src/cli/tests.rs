use std::path::PathBuf;

use super::*;
use crate::assembly::Prebuilt;

fn read(words: &[&str]) -> Result<Cli, clap::Error> {
    let words = std::iter::once(NAME).chain(words.iter().copied());
    Cli::read(words.map(OsString::from))
}

#[test]
fn the_arguments_are_consistent() {
    command().debug_assert();
}

#[test]
fn lists_are_separated_by_commas_or_given_twice() {
    for words in [
        &["package", "--package", "el_64,debian_64"][..],
        &["package", "--package", "el_64", "--package", "debian_64"],
    ] {
        match read(words).unwrap().command {
            Command::Package(args) => assert_eq!(args.package, ["el_64", "debian_64"]),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_binary_that_is_there_belongs_to_a_target() {
    let words = ["package", "--binary", "64bit_linux=/a=b"];
    match read(&words).unwrap().command {
        Command::Package(args) => assert_eq!(
            args.binary,
            [Prebuilt {
                target: "64bit_linux".into(),
                file: PathBuf::from("/a=b")
            }]
        ),
        other => panic!("{other:?}"),
    }
    for wrong in ["64bit_linux", "=/a", "64bit_linux="] {
        read(&["package", "--binary", wrong]).unwrap_err();
    }
}

#[test]
fn a_passphrase_without_a_key_is_refused() {
    read(&["package", "--passphrase-file", "p"]).unwrap_err();
}
