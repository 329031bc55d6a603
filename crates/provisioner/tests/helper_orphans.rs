//! A provisioner to which orphans are given, as the first process of a container is. Alone in its process: being one is
//! a property of the whole process.

#[path = "helper/support.rs"]
mod support;

use support::Place;
use support::case;
use support::is_gone;
use support::program;

#[tokio::test]
async fn orphans_that_become_ours_are_reaped() {
    nix::sys::prctl::set_child_subreaper(true).unwrap();
    let place = Place::new();
    // a process, and one of its own: the second becomes ours when the first is gone
    let script =
        r#"sh -c 'sleep 1000 & echo $! >"$1/second"; echo $$ >"$1/first"; wait' sh "$1" & wait"#;
    let err = program(place.script(script), 1)
        .decide(&case())
        .await
        .unwrap_err();
    assert!(
        err.reason.contains("no answer within 1 s"),
        "{}",
        err.reason
    );
    is_gone(place.read("first").trim()).await;
    is_gone(&place.appears("second").await).await;
}
