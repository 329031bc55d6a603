use std::time::Duration;

use clap::Parser;

use super::args::duration;
use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    ca: CaArgs,
}

fn ca(words: &[&str]) -> Result<String, CaError> {
    let line = Line::try_parse_from(std::iter::once(&"ca").chain(words)).unwrap();
    let mut out = Vec::new();
    run(&line.ca, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn is_refused(words: &[&str]) -> bool {
    Line::try_parse_from(std::iter::once(&"ca").chain(words)).is_err()
}

#[test]
fn an_authority_is_made_listed_rotated_and_its_lists_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("ca");
    let at = directory.to_str().unwrap();
    assert!(
        ca(&["init", "--validity", "1y", at])
            .unwrap()
            .contains("ca.pem")
    );
    assert!(ca(&["list", at]).unwrap().contains("SERIAL"));
    assert_eq!(ca(&["list", "--json", at]).unwrap(), "");
    assert!(ca(&["crl", at]).unwrap().contains("0 revoked"));
    assert!(directory.join("crl.pem").exists());
    ca(&["rotate", at]).unwrap();
    ca(&["rotate", "--finish", at]).unwrap();
}

#[test]
fn what_cannot_be_done_has_an_exit_code_of_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("ca");
    let at = directory.to_str().unwrap();
    let exit = |words: &[&str]| ca(words).unwrap_err().exit();
    assert_eq!(exit(&["list", at]), Exit::NoInput);
    ca(&["init", at]).unwrap();
    assert_eq!(exit(&["init", at]), Exit::CannotCreate);
    assert_eq!(exit(&["revoke", at, "00"]), Exit::Negative);
    assert_eq!(exit(&["rotate", "--finish", at]), Exit::Negative);
}

#[test]
fn durations_and_names_are_checked() {
    assert_eq!(duration("48h"), Ok(Duration::from_secs(48 * 3600)));
    assert_eq!(duration("10y"), Ok(Duration::from_secs(10 * 365 * 86_400)));
    for wrong in ["", "y", "10", "0d", "101y", "1m", "-1d", "1.5y", "é"] {
        duration(wrong).unwrap_err();
    }
    assert!(is_refused(&["init", "--common-name", "a\nb", "x"]));
    assert!(is_refused(&["rotate", "--force", "x"]));
}
