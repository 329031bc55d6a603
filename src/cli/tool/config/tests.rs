use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::cli::ending::Ends as _;
use crate::cli::tests::BUILD;
use crate::report::Chain;

fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("client.conf");
    File::create(&path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    path
}

fn tool(key: Option<&str>, config: PathBuf) -> (Result<Exit, CliError>, String) {
    let args = ConfigArgs {
        key: key.map(str::to_owned),
        list: false,
        config: Some(config),
    };
    let mut out = Vec::new();
    let result = run(&args, &BUILD, &mut out);
    (result, String::from_utf8(out).unwrap())
}

fn list(key: Option<&str>) -> Result<String, CliError> {
    let args = ConfigArgs {
        key: key.map(str::to_owned),
        list: true,
        config: None,
    };
    let mut out = Vec::new();
    run(&args, &BUILD, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn keys_are_listed_by_regular_expression() {
    assert_eq!(
        list(Some("^discovery_|rpclimit")).unwrap(),
        "discovery_timeout\nrpclimitmethod\n"
    );
    assert_eq!(list(None).unwrap().lines().count(), key_documents().count());
    for (pattern, exit, text) in [
        (
            "nosuch",
            Exit::Negative,
            "no configuration keys declared matching \"nosuch\"",
        ),
        ("(", Exit::Usage, "\"(\" is no regular expression"),
    ] {
        let err = list(Some(pattern)).unwrap_err();
        assert_eq!(err.exit(), exit);
        assert!(Chain(&err).to_string().starts_with(text), "{err}");
    }
}

#[test]
fn a_key_is_explained_with_its_value_and_where_that_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "\ndiscovery_timeout = 7\n");
    let (result, out) = tool(Some("^discovery_timeout$"), config.clone());
    assert!(matches!(result, Ok(Exit::Ok)), "{result:?}");
    assert_eq!(
        out,
        format!(
            "discovery_timeout

    Seconds to wait for nodes.

          Value: 7
           From: {}:2
           Type: seconds, 1 to 3600
        Default: 2
       Standing: used

",
            config.display()
        )
    );
}

#[test]
fn without_a_key_everything_is_shown_but_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(
        folder.path(),
        "plugin.nats.user = bob\nplugin.nats.pass = hunter2\nmy.token = hunter2\ndiscovery_timout = 3\n",
    );
    let (result, out) = tool(None, config.clone());
    assert!(matches!(result, Ok(Exit::Ok)), "{result:?}");
    assert!(!out.contains("hunter2"), "{out}");
    assert!(
        out.contains(&format!("\n  {}\n", config.display())),
        "{out}"
    );
    assert!(out.contains("did you mean discovery_timeout?"), "{out}");
    let (_, out) = tool(Some("nats.pass"), config);
    assert!(!out.contains("hunter2"), "{out}");
}

#[test]
fn a_wrong_value_is_explained_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "discovery_timeout = soon\n");
    let (result, out) = tool(Some("discovery_timeout"), config.clone());
    let err = result.unwrap_err();
    assert_eq!(err.exit(), Exit::Config);
    let place = format!("{}:1: discovery_timeout", config.display());
    assert!(Chain(&err).to_string().contains(&place));
    assert!(out.contains("Seconds to wait for nodes."), "{out}");
    assert!(!out.contains("Value:"), "{out}");
}
