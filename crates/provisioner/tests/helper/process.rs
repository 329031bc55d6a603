//! Programs that misbehave, and what is left of them.

#![expect(clippy::unwrap_used, reason = "test support")]

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use muster_provisioner::helper::Blame;
use muster_provisioner::helper::Case;
use muster_provisioner::helper::Decision;
use muster_provisioner::helper::HelperError;
use muster_provisioner::helper::contract;
use muster_provisioner::helper::process::INHERITED;
use muster_provisioner::helper::process::Limits;
use muster_provisioner::helper::process::Program;
use serde_json::Map;
use serde_json::json;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::support::PATIENCE;
use super::support::Place;
use super::support::SESSION;
use super::support::case;
use super::support::is_gone;
use super::support::program;

/// A reply that says "later".
const DEFER: &str = r#"echo '{"defer":true,"msg":"later"}'"#;

async fn decide(place: &Place, script: &str) -> Result<Decision, HelperError> {
    program(place.script(script), 20).decide(&case()).await
}

async fn refused(script: &str) -> HelperError {
    decide(&Place::new(), script).await.unwrap_err()
}

fn is_later(decision: &Decision) -> bool {
    matches!(decision, Decision::Defer { message, .. } if message == "later")
}

#[tokio::test]
async fn an_answer_is_taken() {
    let decision = decide(&Place::new(), &format!("cat >/dev/null; {DEFER}")).await;
    assert!(is_later(&decision.unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_may_be_asked_by_a_task_of_any_thread() {
    let place = Place::new();
    let program = Arc::new(program(place.script(DEFER), 20));
    let tasks = TaskTracker::new();
    let asked = tasks.spawn(async move { program.decide(&case()).await });
    assert!(is_later(&asked.await.unwrap().unwrap()));
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_all_that_it_started() {
    let place = Place::new();
    let script = r#"trap '' TERM INT HUP
        sleep 1000 & echo $! >"$1/child"
        echo $$ >"$1/self"; echo 'waiting for the database' >&2; wait"#;
    let err = program(place.script(script), 1)
        .decide(&case())
        .await
        .unwrap_err();
    assert_eq!(err.blame, Blame::Case);
    assert!(
        err.reason.contains("no answer within 1 s"),
        "{}",
        err.reason
    );
    assert!(
        err.reason.contains("waiting for the database"),
        "{}",
        err.reason
    );
    is_gone(&place.appears("self").await).await;
    is_gone(&place.appears("child").await).await;
}

#[tokio::test]
async fn a_process_left_behind_with_the_output_does_not_keep_the_answer() {
    let place = Place::new();
    let began = Instant::now();
    let script = format!(r#"sleep 1000 & echo $! >"$1/child"; {DEFER}"#);
    assert!(is_later(&decide(&place, &script).await.unwrap()));
    assert!(began.elapsed() < Duration::from_secs(10));
    is_gone(&place.appears("child").await).await;
}

#[tokio::test]
async fn a_process_that_left_the_group_with_the_output_does_not_keep_the_answer_either() {
    let place = Place::new();
    let began = Instant::now();
    let script = format!(
        r#"setsid sh -c 'echo $$ >"$1/child"; exec sleep 30' sh "$1" &
        until [ -s "$1/child" ]; do :; done; {DEFER}"#
    );
    assert!(is_later(&decide(&place, &script).await.unwrap()));
    assert!(began.elapsed() < Duration::from_secs(10));
    // it is nobody's to kill but ours, who wrote the script
    let child = place.appears("child").await.parse().unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
}

#[tokio::test]
async fn a_process_left_behind_without_the_output_is_killed_too() {
    let place = Place::new();
    let script = format!(r#"sleep 1000 >/dev/null 2>&1 & echo $! >"$1/child"; {DEFER}"#);
    assert!(is_later(&decide(&place, &script).await.unwrap()));
    is_gone(&place.appears("child").await).await;
}

#[tokio::test]
async fn a_gigabyte_of_output_is_not_waited_for() {
    let place = Place::new();
    let err = decide(
        &place,
        r#"echo $$ >"$1/self"; exec head -c 1073741824 /dev/zero"#,
    )
    .await
    .unwrap_err();
    assert!(
        err.reason.contains("more than 1048576 bytes"),
        "{}",
        err.reason
    );
    assert_eq!(err.blame, Blame::Case);
    is_gone(&place.appears("self").await).await;
}

#[tokio::test]
async fn a_flood_of_complaints_is_drained_and_its_end_is_the_reason() {
    let err = refused(
        "head -c 50000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo 'disk full' >&2; exit 4",
    )
    .await;
    assert!(err.reason.contains("exit status 4"), "{}", err.reason);
    assert!(err.reason.ends_with("disk full"), "{}", err.reason);
    assert!(err.reason.len() < 1000);
}

#[tokio::test]
async fn an_answer_before_a_failure_does_not_count() {
    let err = refused(&format!("{DEFER}; exit 3")).await;
    assert!(
        err.reason
            .starts_with("could not wait for /bin/sh: exit status 3"),
        "{}",
        err.reason
    );
    assert_eq!(err.blame, Blame::Case);
}

#[tokio::test]
async fn an_end_by_a_signal_is_told() {
    let err = refused(&format!("{DEFER}; kill -9 $$")).await;
    assert!(err.reason.contains("SIGKILL"), "{}", err.reason);
}

#[tokio::test]
async fn nothing_is_no_answer() {
    let err = refused("exit 0").await;
    assert!(err.reason.contains("zero bytes received"), "{}", err.reason);
}

#[tokio::test]
async fn json_of_another_shape_is_no_answer() {
    for (output, word) in [
        (r#"{"configuration":{"a":1}}"#, "configuration"),
        ("[1,2]", "not an object"),
        (r#"{"defer":"maybe"}"#, "defer"),
        (r#"{"defer":true} and more"#, "trailing"),
        (r#"{"configuration":{}}"#, "empty configuration"),
    ] {
        let err = refused(&format!("echo '{output}'")).await;
        assert!(
            err.reason.starts_with("cannot decode output from") && err.reason.contains(word),
            "{}",
            err.reason
        );
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_the_sites_fault() {
    let place = Place::new();
    let path = place.path("missing").to_str().unwrap().to_owned();
    let err = program(vec![path.clone()], 5)
        .decide(&case())
        .await
        .unwrap_err();
    assert!(
        err.reason.starts_with(&format!("cannot start {path}: ")),
        "{}",
        err.reason
    );
    assert_eq!(err.blame, Blame::Site);
    let err = program(Vec::new(), 5).decide(&case()).await.unwrap_err();
    assert_eq!(err.blame, Blame::Site);
}

#[tokio::test]
async fn a_program_that_may_not_be_executed_is_the_sites_fault() {
    let place = Place::new();
    let path = place.write("helper", "#!/bin/sh\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let words = vec![path.to_str().unwrap().to_owned()];
    let err = program(words, 5).decide(&case()).await.unwrap_err();
    assert!(err.reason.starts_with("cannot start "), "{}", err.reason);
    assert_eq!(err.blame, Blame::Site);
}

#[tokio::test]
async fn the_question_arrives_whole_whatever_its_size() {
    let place = Place::new();
    let case = large_case();
    let program = program(place.script(&format!(r#"cat >"$1/question"; {DEFER}"#)), 20);
    assert!(is_later(&program.decide(&case).await.unwrap()));
    assert_eq!(place.read("question").as_bytes(), contract::encode(&case));
}

#[tokio::test]
async fn a_program_that_does_not_read_the_question_may_answer() {
    let place = Place::new();
    let began = Instant::now();
    let program = program(place.script(DEFER), 20);
    assert!(is_later(&program.decide(&large_case()).await.unwrap()));
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_program_that_answers_before_it_reads_is_heard() {
    // both directions are larger than a pipe
    let place = Place::new();
    let script = r#"printf '{"defer":true,"msg":"later","x":"'; head -c 500000 /dev/zero | tr '\0' y; printf '"}'
        cat >/dev/null"#;
    let program = program(place.script(script), 20);
    assert!(is_later(&program.decide(&large_case()).await.unwrap()));
}

#[tokio::test]
async fn a_program_that_closes_its_output_early_is_waited_for() {
    let place = Place::new();
    let script = format!(r#"{DEFER}; exec >&- 2>&-; cat >/dev/null; sleep 0.3; echo x >"$1/late""#);
    assert!(is_later(&decide(&place, &script).await.unwrap()));
    assert_eq!(place.read("late"), "x\n");
}

#[tokio::test]
async fn the_environment_is_the_documented_list_and_the_session() {
    let place = Place::new();
    // this test has more variables than those of the list
    assert!(std::env::vars_os().any(|(name, _)| !INHERITED.iter().any(|known| name == *known)));
    let script = format!(r#"env >"$1/environment"; pwd -P >"$1/directory"; {DEFER}"#);
    assert!(is_later(&decide(&place, &script).await.unwrap()));
    let environment = place.read("environment");
    for line in environment.lines() {
        let (name, value) = line.split_once('=').unwrap();
        match name {
            "MUSTER_SESSION" => assert_eq!(value, SESSION),
            // the shell's own
            "PWD" | "OLDPWD" | "SHLVL" | "_" => {}
            name => assert!(INHERITED.contains(&name), "{name} is not on the list"),
        }
    }
    assert!(environment.contains("PATH="), "{environment}");
    assert!(environment.contains("MUSTER_SESSION="), "{environment}");
    let here = std::env::current_dir().unwrap().canonicalize().unwrap();
    assert_eq!(place.read("directory").trim(), here.to_str().unwrap());
}

#[tokio::test]
async fn a_program_is_the_leader_of_its_own_group() {
    let place = Place::new();
    let script =
        format!(r#"cut -d ' ' -f 5 /proc/$$/stat >"$1/group"; echo $$ >"$1/self"; {DEFER}"#);
    assert!(is_later(&decide(&place, &script).await.unwrap()));
    assert_eq!(place.read("group"), place.read("self"));
}

#[tokio::test]
async fn what_we_have_open_is_not_handed_on() {
    let place = Place::new();
    let _open = fs::File::open(place.write("credential", "")).unwrap();
    let script = format!(r#"ls -l /proc/self/fd >"$1/open"; {DEFER}"#);
    assert!(is_later(&decide(&place, &script).await.unwrap()));
    let open = place.read("open");
    assert!(open.contains("pipe:"), "{open}");
    assert!(!open.contains("credential"), "{open}");
}

#[tokio::test]
async fn whoever_loses_interest_leaves_nothing_behind() {
    let place = Place::new();
    let script = r#"sleep 1000 & echo $! >"$1/child"; echo $$ >"$1/self"; wait"#;
    let program = program(place.script(script), 600);
    let case = case();
    tokio::select! {
        decided = program.decide(&case) => panic!("{decided:?}"),
        child = place.appears("self") => drop(child),
    }
    is_gone(&place.appears("self").await).await;
    is_gone(&place.appears("child").await).await;
}

#[tokio::test]
async fn no_more_run_at_once_than_are_allowed() {
    let place = Place::new();
    let words = place.script(&format!(
        r#"mkdir "$1/running" || exit 9; sleep 0.1; rmdir "$1/running"; {DEFER}"#
    ));
    let limits = Limits::of(NonZeroUsize::MIN);
    let program = Program::new(words, Duration::from_secs(20), limits);
    let case = case();
    let (a, b, c) = tokio::join!(
        program.decide(&case),
        program.decide(&case),
        program.decide(&case)
    );
    for decision in [a, b, c] {
        assert!(is_later(&decision.unwrap()));
    }
}

#[tokio::test]
async fn a_place_is_not_waited_for_without_end() {
    let place = Place::new();
    let words = place.script("exec sleep 1000");
    let limits = Limits::of(NonZeroUsize::MIN);
    let program = Program::new(words, Duration::from_secs(1), limits);
    let case = case();
    // the first has the place until its deadline, which is the others' too
    let both = async { tokio::join!(program.decide(&case), program.decide(&case)) };
    let (first, second) = timeout(PATIENCE, both).await.unwrap();
    assert!(first.unwrap_err().reason.contains("no answer within"));
    assert_eq!(second.unwrap_err().blame, Blame::Case);
}

#[tokio::test]
async fn many_at_once_each_get_their_own_answer() {
    let place = Place::new();
    let words =
        place.script(r#"read -r line; echo "{\"defer\":true,\"msg\":\"$MUSTER_SESSION\"}""#);
    let limits = Limits::of(NonZeroUsize::new(8).unwrap());
    let program = Program::new(words, Duration::from_secs(20), limits);
    let cases: Vec<Case> = (0..24)
        .map(|n| Case {
            session: muster_provisioner::journal::SessionId::new(&format!("{n:032x}")).unwrap(),
            ..case()
        })
        .collect();
    let mut asked: Vec<_> = cases
        .iter()
        .map(|case| Box::pin(program.decide(case)))
        .collect();
    for (case, answer) in cases.iter().zip(join_all(&mut asked).await) {
        let Decision::Defer { message, .. } = answer.unwrap() else {
            panic!("not deferred");
        };
        assert_eq!(message, case.session.as_str());
    }
}

/// Polls them all together, and gives what they gave in their order.
async fn join_all<F: Future + Unpin>(futures: &mut [F]) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = std::pin::Pin::new(future).poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            return std::task::Poll::Ready(());
        }
        std::task::Poll::Pending
    })
    .await;
    done.into_iter().flatten().collect()
}

/// A question that no pipe holds at once.
fn large_case() -> Case {
    let mut case = case();
    case.inventory.facts = Map::from_iter([("large".to_owned(), json!("x".repeat(300_000)))]);
    case
}
