//! What the real apt makes of our repositories, with folders of its own.

use std::process::Output;

use super::gpg::Gpg;
use super::*;
use crate::archive::tests::samples::run;

/// A machine, as far as apt is concerned.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    /// One that knows a repository by this line of `sources.list`.
    fn new(source: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in [
            "etc/preferences.d",
            "etc/trusted.gpg.d",
            "state/lists/partial",
            "cache/archives/partial",
        ] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (name, text) in [("etc/sources.list", source), ("status", "")] {
            File::create(root.path().join(name))
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .unwrap();
        }
        Self { root }
    }

    fn knowing(folder: &Folder, key: &Gpg) -> Self {
        let (path, key) = (folder.path().display(), key.file());
        Self::new(&format!(
            "deb [signed-by={}] file:{path} acme main\n",
            key.display()
        ))
    }

    fn trusting(folder: &Folder, method: &str) -> Self {
        let path = folder.path().display();
        Self::new(&format!("deb [trusted=yes] {method}:{path} acme main\n"))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let root = self.root.path().display();
        let mut options: Vec<String> = [
            format!("Dir::Etc={root}/etc"),
            format!("Dir::State={root}/state"),
            format!("Dir::State::status={root}/status"),
            format!("Dir::Cache={root}/cache"),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            "APT::Architecture=amd64".to_owned(),
            "APT::Architectures::=amd64".to_owned(),
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "APT::Update::Error-Mode=any".to_owned(),
        ]
        .into_iter()
        .flat_map(|option| ["-o".to_owned(), option])
        .collect();
        options.extend(arguments.iter().map(|&argument| argument.to_owned()));
        run(program, &options)
    }

    fn update(&self) -> Result<(), String> {
        let output = self.run("apt-get", &["update"]);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() && complaint.is_empty() {
            Ok(())
        } else {
            Err(complaint)
        }
    }

    /// The version that apt would install.
    fn candidate(&self) -> Option<String> {
        let output = self.run("apt-get", &["--simulate", "install", "acme-muster"]);
        let printed = String::from_utf8(output.stdout).unwrap();
        let line = printed
            .lines()
            .find(|line| line.starts_with("Inst acme-muster"))?;
        Some(line.split(['(', ' ']).nth(3)?.to_owned())
    }

    /// Downloads a package into the root; whether apt was content with it.
    fn downloads(&self) -> bool {
        let output = self.run(
            "apt-get",
            &["--download-only", "--assume-yes", "install", "acme-muster"],
        );
        output.status.success()
    }
}

#[test]
fn apt_updates_from_it_and_would_install_the_newest() {
    let folder = Folder::with(&["1.0~rc.1", "1.0", "0.9"]);
    folder.write(None);
    for method in ["file", "copy"] {
        let machine = Machine::trusting(&folder, method);
        machine.update().unwrap();
        assert_eq!(machine.candidate().as_deref(), Some("1.0-1"), "{method}");
    }
}

#[test]
fn apt_downloads_a_package_that_it_could_verify() {
    let folder = Folder::with(&["1.0"]);
    folder.write(None);
    let machine = Machine::trusting(&folder, "copy");
    machine.update().unwrap();
    assert!(machine.downloads());
    let name = &folder.packages[0];
    let downloaded = machine.root.path().join("cache/archives").join(name);
    assert_eq!(
        fs::read(downloaded).unwrap(),
        fs::read(folder.path().join(name)).unwrap()
    );
}

#[test]
fn apt_refuses_a_package_that_was_changed() {
    let folder = Folder::with(&["1.0"]);
    folder.write(None);
    let machine = Machine::trusting(&folder, "copy");
    machine.update().unwrap();
    let name = &folder.packages[0];
    let mut bytes = fs::read(folder.path().join(name)).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    folder.put(name, &bytes);
    assert!(!machine.downloads());
}

#[test]
fn apt_believes_the_key_and_no_other() {
    let folder = Folder::with(&["1.0"]);
    let (key, other) = (Gpg::new(), Gpg::new());
    folder.write(Some(&key));
    let machine = Machine::knowing(&folder, &key);
    machine.update().unwrap();
    assert_eq!(machine.candidate().as_deref(), Some("1.0-1"));
    let complaint = Machine::knowing(&folder, &other).update().unwrap_err();
    assert!(complaint.contains("NO_PUBKEY"), "{complaint}");
}

#[test]
fn apt_believes_the_detached_signature_too() {
    let folder = Folder::with(&["1.0"]);
    let key = Gpg::new();
    folder.write(Some(&key));
    fs::remove_file(folder.path().join("dists/acme/InRelease")).unwrap();
    let machine = Machine::knowing(&folder, &key);
    machine.update().unwrap();
    assert_eq!(machine.candidate().as_deref(), Some("1.0-1"));
}

#[test]
fn apt_refuses_an_index_that_was_changed() {
    let folder = Folder::with(&["1.0"]);
    let key = Gpg::new();
    folder.write(Some(&key));
    for (path, bytes) in folder.made() {
        if path.to_str().unwrap().contains("binary-amd64") {
            let mut bytes = bytes;
            bytes.reverse();
            folder.put(path.to_str().unwrap(), &bytes);
        }
    }
    let machine = Machine::knowing(&folder, &key);
    let complaint = machine.update().unwrap_err();
    assert!(complaint.contains("Hash Sum mismatch"), "{complaint}");
    assert_eq!(machine.candidate(), None);
}

#[test]
fn apt_refuses_a_repository_without_signature() {
    let folder = Folder::with(&["1.0"]);
    let key = Gpg::new();
    folder.write(Some(&key));
    folder.write(None);
    assert_eq!(
        (folder.text("InRelease"), folder.text("Release.gpg")),
        (None, None)
    );
    let complaint = Machine::knowing(&folder, &key).update().unwrap_err();
    assert!(complaint.contains("is not signed"), "{complaint}");
}

#[test]
fn a_reader_sees_the_old_or_the_new_at_every_moment() {
    let mut folder = Folder::with(&["1.0"]);
    let key = Gpg::new();
    folder.write(Some(&key));
    folder.add("2.0", Platform::X86_64);
    let plan = Plan::of(folder.path(), &folder.packages, &options(), Some(&key)).unwrap();
    let dist = folder.path().join("dists/acme");
    let mut seen = Vec::new();
    for step in &plan.steps {
        perform(&dist, step).unwrap();
        let machine = Machine::knowing(&folder, &key);
        machine
            .update()
            .unwrap_or_else(|complaint| panic!("{step:?}: {complaint}"));
        seen.push(machine.candidate().unwrap());
    }
    assert_eq!(seen.pop().unwrap(), "2.0-1");
    assert!(seen.iter().all(|version| version == "1.0-1"), "{seen:?}");
}
