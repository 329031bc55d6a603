//! Faults of the site itself: nobody is to blame, nothing is signed, `/readyz` says what to do, and once that was done
//! everything goes on by itself.

use std::fs;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use crate::harness::EAGER;
use crate::harness::GOOD;
use crate::harness::SHORT;
use crate::harness::Scene;
use crate::harness::Site;
use crate::harness::honest;
use crate::harness::until;

const LATER: &str = "later.example.net";

fn configured(scene: &Scene, identity: &str) -> bool {
    let asked = scene.crowd.asked(identity);
    asked.contains(&"choria_provision#configure".to_owned())
}

/// A node that comes while the site is at fault waits, and says for what.
async fn waits_for_the_site(site: &Site, identity: &str, reason: &str) -> Value {
    until(&format!("{identity} waits because of {reason}"), || async {
        let row = site.host(identity).await;
        let why = row["why"].as_str().unwrap();
        let waits = ["queued", "ready"].contains(&row["standing"].as_str().unwrap());
        (waits && why.contains(reason)).then_some(row)
    })
    .await
}

#[tokio::test]
async fn an_authority_whose_key_cannot_be_read_signs_nothing_until_it_can() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.crowd.add(GOOD, honest(GOOD));
    scene.site.ready().await;
    scene.site.stands(GOOD, "provisioned").await;
    let (key, away) = (scene.site.file("ca/ca-key.pem"), scene.site.file("away"));
    fs::rename(&key, &away).unwrap();
    // a directory cannot be read as a file, by nobody
    fs::create_dir(&key).unwrap();
    scene.crowd.add_hidden(LATER, honest(LATER));
    scene.crowd.startup(LATER);
    let text = scene.site.unready_because("ca-key.pem").await;
    assert!(text.contains("the site is at fault"), "{text}");
    let row = waits_for_the_site(&scene.site, LATER, "the site is at fault").await;
    assert_eq!(
        (&row["failures"], &row["attempts"]),
        (&json!(0), &json!(0)),
        "{row}"
    );
    let status = scene.site.status().await;
    assert!(
        status["site_fault"]
            .as_str()
            .unwrap()
            .contains("ca-key.pem"),
        "{status}"
    );
    assert!(!configured(&scene, LATER));
    assert!(scene.site.certificates(LATER).await.is_empty());
    scene.is_well();

    fs::remove_dir(&key).unwrap();
    fs::rename(&away, &key).unwrap();
    scene.site.stands(LATER, "provisioned").await;
    scene.site.ready_again().await;
    assert_eq!(scene.site.certificates(LATER).await.len(), 1);
    scene.is_well();
}

#[tokio::test]
async fn a_helper_that_always_fails_is_tried_now_and_then_until_it_works() {
    let script = "cat > /dev/null\necho run >> runs\n[ -e repaired ] && exec cat good.json\n\
                  echo the database is down >&2\nexit 1";
    let mut scene = Scene::scripted(script, &EAGER.replace("helper: 1s", "helper: 20s")).await;
    let good = json!({"configuration": {"plugin.choria.server.provision": "false"}});
    scene.site.put("good.json", &good.to_string());
    let nodes: Vec<_> = (0..6)
        .map(|number| format!("n{number}.example.net"))
        .collect();
    for node in &nodes {
        scene.crowd.add(node, honest(node));
    }
    scene.site.ready().await;
    let text = scene
        .site
        .unready_because("the helper fails for every node")
        .await;
    assert!(text.contains("the database is down"), "{text}");
    let runs = || {
        fs::read_to_string(scene.site.file("runs"))
            .unwrap()
            .lines()
            .count()
    };
    // who fails comes back after 200 ms: it is the pace that keeps it from the helper
    let before = runs();
    assert!(before <= 40, "{before} runs before the fault was seen");
    until("a trial", || async { (runs() > before).then_some(()) }).await;
    // a round of trials, and whoever began before the fault was known
    assert!(runs() <= before + 16, "{} runs after {before}", runs());
    assert!(scene.site.runs());
    assert!(nodes.iter().all(|node| !configured(&scene, node)));

    scene.site.put("repaired", "");
    for node in &nodes {
        scene.site.stands(node, "provisioned").await;
    }
    scene.site.ready_again().await;
    scene.is_well();
}

#[tokio::test]
async fn a_helper_that_is_not_there_is_a_fault_of_the_site_at_once() {
    let script = "cat > /dev/null\ncat good.json";
    let mut scene = Scene::scripted(script, SHORT).await;
    let good = json!({"configuration": {"plugin.choria.server.provision": "false"}});
    scene.site.put("good.json", &good.to_string());
    scene.site.ready().await;
    let (helper, away) = (scene.site.file("helper"), scene.site.file("away"));
    fs::rename(&helper, &away).unwrap();
    scene.crowd.add_hidden(GOOD, honest(GOOD));
    scene.crowd.startup(GOOD);
    let text = scene.site.unready_because("cannot start").await;
    assert!(text.contains(helper.to_str().unwrap()), "{text}");
    let row = waits_for_the_site(&scene.site, GOOD, "cannot start").await;
    assert_eq!(row["failures"], 0);
    fs::rename(&away, &helper).unwrap();
    scene.site.stands(GOOD, "provisioned").await;
    scene.site.ready_again().await;
    scene.is_well();
}

/// Whatever the process writes beyond so many bytes of a file fails.
fn limit(site: &Site, bytes: &str) {
    let done = Command::new("prlimit")
        .args([
            "--pid",
            &site.pid().to_string(),
            &format!("--fsize={bytes}:unlimited"),
        ])
        .status();
    assert!(done.unwrap().success());
}

#[tokio::test]
async fn a_disk_that_takes_no_more_stops_the_work_until_there_is_room() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.crowd.add(GOOD, honest(GOOD));
    scene.site.ready().await;
    scene.site.stands(GOOD, "provisioned").await;
    let _address = scene.site.page("/livez").await;
    limit(&scene.site, "64");
    scene.crowd.add_hidden(LATER, honest(LATER));
    scene.crowd.startup(LATER);
    let text = scene.site.unready_because("journal.jsonl").await;
    assert!(text.contains("the site is at fault"), "{text}");
    waits_for_the_site(&scene.site, LATER, "journal.jsonl").await;
    assert!(!configured(&scene, LATER));
    assert!(scene.site.certificates(LATER).await.is_empty());
    assert!(scene.site.runs());

    limit(&scene.site, "unlimited");
    scene.site.stands(LATER, "provisioned").await;
    scene.site.ready_again().await;
    assert_eq!(scene.site.certificates(LATER).await.len(), 1);
    scene.is_well();
}

/// The disk fills up between `configure` and the record of it: the node is restarted all the same.
#[tokio::test]
async fn a_configured_node_is_restarted_although_the_journal_cannot_be_written() {
    let mut scene = Scene::builtin(SHORT).await;
    scene.site.ready().await;
    let pid = scene.site.pid().to_string();
    let honest = honest(GOOD);
    scene.crowd.add_hidden(
        GOOD,
        std::sync::Arc::new(move |asked| {
            if asked.action == "configure" {
                let done = Command::new("prlimit")
                    .args(["--pid", &pid, "--fsize=64:unlimited"])
                    .status();
                assert!(done.unwrap().success());
            }
            honest(asked)
        }),
    );
    scene.crowd.startup(GOOD);
    scene.site.stands(GOOD, "provisioned").await;
    scene.site.unready_because("journal.jsonl").await;
    // nobody waits, so nobody can try: it is found out all the same
    limit(&scene.site, "unlimited");
    scene.site.ready_again().await;
    scene.is_well();
}

/// A file system of so many pages, gone with the value. Nothing where this process may not mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mounted() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder.path())
            .output();
        mount
            .is_ok_and(|output| output.status.success())
            .then_some(Self(folder))
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.0.path().join("filler")).unwrap();
        while std::io::Write::write(&mut file, &[0; 1024]).is_ok_and(|written| written > 0) {}
    }

    fn make_room(&self) {
        fs::remove_file(self.0.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount")
            .arg("-l")
            .arg(self.0.path())
            .status()
            .ok();
    }
}

/// Where nothing can be mounted, [`a_disk_that_takes_no_more_stops_the_work_until_there_is_room`] stands alone.
#[tokio::test]
async fn a_full_disk_says_that_room_is_to_be_made_and_nobody_is_lost_meanwhile() {
    let Some(disk) = SmallDisk::mounted() else {
        return;
    };
    let state = disk.0.path().join("state");
    let config = format!("{SHORT}state_directory: {}\n", state.display());
    let mut scene = Scene::builtin(&config).await;
    scene.site.ready().await;
    disk.fill();
    // what is left of the journal's last page takes some of them
    let nodes: Vec<_> = (0..40)
        .map(|number| format!("n{number}.example.net"))
        .collect();
    for node in &nodes {
        scene.crowd.add_hidden(node, honest(node));
    }
    scene.crowd.startups(nodes.clone()).await;
    let text = scene
        .site
        .unready_because("is full; make room, nothing has to be restarted")
        .await;
    assert!(text.contains("journal.jsonl"), "{text}");
    assert!(scene.site.runs());
    disk.make_room();
    for node in &nodes {
        scene.site.stands(node, "provisioned").await;
        assert_eq!(scene.site.certificates(node).await.len(), 1, "{node}");
    }
    scene.site.ready_again().await;
    scene.is_well();
}
