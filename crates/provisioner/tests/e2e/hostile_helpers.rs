//! Helpers that fail for one node in every way that a program can: that node is named with the reason, and the others are
//! served by the same helper.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use rcgen::KeyPair;
use serde_json::json;

use crate::harness::BAD;
use crate::harness::SHORT;
use crate::harness::Scene;
use crate::harness::csr;
use crate::harness::honest;
use crate::harness::honestly;
use crate::harness::until;
use crate::nats::Authority;

/// A site whose helper does this for the bad node.
async fn helped(bad: &str, config: &str) -> Scene {
    let script = format!(
        "question=$(cat)\ncase \"$question\" in\n*{BAD}*) {bad} ;;\n*) cat good.json ;;\nesac"
    );
    let scene = Scene::scripted(&script, config).await;
    scene.site.put(
        "good.json",
        &json!({"configuration": {"plugin.choria.server.provision": "false"}}).to_string(),
    );
    scene
}

/// The helper does this for the bad node, and the node fails with this reason.
async fn fails(bad: &str, reason: &str) {
    let mut scene = helped(bad, SHORT).await;
    let why = scene.beside_an_honest_node(honest(BAD), "failed").await;
    assert!(why.contains("helper"), "{why}");
    let row = scene.site.host(BAD).await;
    let error = row["last_error"].as_str().unwrap();
    assert!(error.contains(reason), "{error}");
    let sent = scene.crowd.asked(BAD);
    assert!(
        !sent.contains(&"choria_provision#configure".to_owned()),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_helper_that_hangs_for_a_node_is_killed() {
    let config = SHORT.replace("helper: 5s", "helper: 1500ms");
    let mut scene = helped("sleep 600 & echo $! > child; wait", &config).await;
    let why = scene.beside_an_honest_node(honest(BAD), "failed").await;
    assert!(
        why.contains("gave no answer within 1.5 s and was killed"),
        "{why}"
    );
    nothing_is_left(&scene).await;
}

#[tokio::test]
async fn a_helper_that_leaves_a_process_with_its_output_has_answered() {
    let mut scene = helped("sleep 600 & echo $! > child; cat good.json", SHORT).await;
    scene
        .beside_an_honest_node(honest(BAD), "provisioned")
        .await;
    nothing_is_left(&scene).await;
}

/// The process that the helper started is gone, and nobody has to wait for it.
async fn nothing_is_left(scene: &Scene) {
    let child = std::fs::read_to_string(scene.site.file("child")).unwrap();
    let child = Pid::from_raw(child.trim().parse().unwrap());
    until("the helper's child gone", || async {
        let gone = kill(child, None) == Err(Errno::ESRCH) || is_zombie(child);
        gone.then_some(())
    })
    .await;
}

/// Where nobody reaps orphans, they stay as names of what was.
fn is_zombie(process: Pid) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| rest.starts_with('Z'))
}

#[tokio::test]
async fn a_helper_that_prints_a_gigabyte_is_killed() {
    fails("head -c 1073741824 /dev/zero", "printed more than").await;
}

#[tokio::test]
async fn an_answer_before_a_failure_does_not_count() {
    fails("cat good.json; exit 3", "exit status 3").await;
}

#[tokio::test]
async fn a_helper_that_says_nothing_has_not_decided() {
    fails(":", "zero bytes received").await;
}

#[tokio::test]
async fn an_answer_of_the_wrong_shape_is_not_sent() {
    fails(
        "echo '{\"configuration\": [\"a\"]}'",
        "configuration is not an object",
    )
    .await;
    fails("echo '[1]'", "the answer is not an object").await;
    fails("echo '{}'", "empty configuration").await;
    fails("echo '{\"defer\": \"yes\"}'", "defer is not true or false").await;
}

#[tokio::test]
async fn what_a_helper_complains_about_is_the_reason_in_one_line() {
    fails(
        "printf '\\033[2Jfirst\\nno\\342\\200\\256 route\\000' >&2; head -c 100000 /dev/zero >&2; echo >&2; echo the end >&2; exit 1",
        "exit status 1; it complained: the end",
    )
    .await;
}

/// The helper gives the bad node what is in `bad.json`.
async fn given(answer: serde_json::Value, key: KeyPair) -> String {
    let mut scene = helped("cat bad.json", SHORT).await;
    scene.site.put("bad.json", &answer.to_string());
    let (request, public) = (csr(BAD, &key), key.public_key_pem());
    let node = move |asked: &_| vec![honestly(asked, &request, &public)];
    let why = scene
        .beside_an_honest_node(std::sync::Arc::new(node), "failed")
        .await;
    let sent = scene.crowd.asked(BAD);
    assert!(
        !sent.contains(&"choria_provision#configure".to_owned()),
        "{sent:?}"
    );
    why
}

fn answer_with(certificate: &str, authority: &Authority) -> serde_json::Value {
    json!({
        "configuration": {"plugin.choria.server.provision": "false"},
        "certificate": certificate,
        "ca": authority.pem(),
    })
}

#[tokio::test]
async fn a_certificate_for_another_key_is_not_sent() {
    let authority = Authority::new();
    let (certificate, _) = authority.issue(BAD, &[BAD]);
    let why = given(
        answer_with(&certificate, &authority),
        KeyPair::generate().unwrap(),
    )
    .await;
    assert!(
        why.contains("the certificate is not for the key of the CSR"),
        "{why}"
    );
}

#[tokio::test]
async fn a_certificate_in_another_name_is_not_sent() {
    let authority = Authority::new();
    let own = |params: &mut rcgen::CertificateParams| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    };
    let other = "other.example.net";
    let (certificate, key) = authority.issue_with(other, &[other], own);
    let key = KeyPair::from_pem(&key).unwrap();
    let why = given(answer_with(&certificate, &authority), key).await;
    assert!(
        why.contains("the certificate is for other.example.net"),
        "{why}"
    );
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_not_sent() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (certificate, key) = authority.issue(BAD, &[BAD]);
    let key = KeyPair::from_pem(&key).unwrap();
    let why = given(answer_with(&certificate, &other), key).await;
    assert!(why.contains("certificate"), "{why}");
}
