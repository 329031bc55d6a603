use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use buildspec::CrateSource;
use buildspec::Place;
use muster::report::Chain;
use serde_json::Value;
use tempfile::TempDir;

use super::*;

/// A generated crate and, beside it, crates of a company.
struct Scene(TempDir);

impl Scene {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn made(&self) -> PathBuf {
        self.folder().join("into")
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        atomic_file::write(&RealFiles, &path, text.as_bytes(), 0o644).unwrap();
    }

    /// A crate of a company with these lines below `[dependencies]`.
    fn krate(&self, folder: &str, name: &str, dependencies: &str) {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{dependencies}\n"
        );
        self.put(&format!("{folder}/Cargo.toml"), &manifest);
        self.put(&format!("{folder}/src/lib.rs"), "");
    }

    /// The way from one of its folders to the checkout.
    fn way_to_sources(&self, folder: &str) -> String {
        let from = self.folder().join(folder);
        let up = from.components().count() - 1;
        let down = sources().strip_prefix("/").unwrap().display().to_string();
        format!("{}{down}", "../".repeat(up))
    }

    fn compose(&self, agents: &[CompanyAgent]) -> Result<Composed, ComposeError> {
        compose(&sources(), agents, &self.folder(), &self.made(), None)
    }

    fn refusal(&self, agents: &[CompanyAgent]) -> String {
        let err = self.compose(agents).unwrap_err();
        assert!(!self.made().exists(), "something was made");
        Chain(&err).to_string()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.made().join(name)).unwrap()
    }
}

fn sources() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    folder.canonicalize().unwrap()
}

fn agent(name: &str, krate: &str, source: CrateSource) -> CompanyAgent {
    CompanyAgent {
        name: name.to_owned(),
        krate: krate.to_owned(),
        source,
        place: Place {
            file: "agents.yaml".to_owned(),
            line: 3,
            path: String::new(),
        },
    }
}

fn at(name: &str, krate: &str, path: &str) -> CompanyAgent {
    agent(name, krate, CrateSource::Path(path.to_owned()))
}

fn example() -> [CompanyAgent; 2] {
    [
        at("choria_provision", "acme-provision", "acme_provision"),
        at("acme_asset", "acme-asset", "acme_asset"),
    ]
}

fn compose_example(into: &Path) -> Composed {
    let folder = sources().join("examples/agents");
    compose(&sources(), &example(), &folder, into, None).unwrap()
}

fn metadata(manifest: &Path, more: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version=1"])
        .args(more)
        .arg("--manifest-path")
        .arg(manifest)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_program_names_its_agents_one_by_one() {
    let scene = Scene::new();
    compose_example(&scene.made());
    let expected = r#"//! muster with agents of a company. Made from agents.yaml, and made anew with every build: changes are lost.

use std::process::ExitCode;

use muster::company::Compiled;

fn main() -> ExitCode {
    muster::cli::main_with(std::env::args_os(), &muster::build_info::BUILD_INFO, AGENTS)
}

const AGENTS: &[Compiled] = &[
    Compiled {
        name: "acme_asset",
        origin: "path acme_asset",
        company: agent_acme_asset::COMPANY,
    },
    Compiled {
        name: "choria_provision",
        origin: "path acme_provision",
        company: agent_choria_provision::COMPANY,
    },
];
"#;
    assert_eq!(scene.text("src/main.rs"), expected);
}

#[test]
fn the_manifest_has_paths_that_are_the_same_in_every_folder_and_our_profiles() {
    let scene = Scene::new();
    compose_example(&scene.made());
    let text = scene.text("Cargo.toml");
    let version = env!("CARGO_PKG_VERSION");
    for line in [
        "exclude = [\"tree\"]",
        "name = \"muster-with-agents\"",
        "publish = false",
        &format!("muster = {{ path = \"tree\", version = \"={version}\" }}"),
        "agent_acme_asset = { package = \"acme-asset\", path = \"tree/examples/agents/acme_asset\" }",
        "[profile.release]",
        "panic = \"unwind\" # a panic in a dependency is contained in its task (design D17)",
        "[profile.site]",
        "[profile.dev]",
        "[profile.dev.package.argon2]",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    assert!(
        !text.contains("[patch") && !text.contains("[profile.bench]"),
        "{text}"
    );
    assert_eq!(fs::read_link(scene.made().join("tree")).unwrap(), sources());
}

#[test]
fn cargo_finds_one_muster_and_the_versions_of_our_own_lock_file() {
    let scene = Scene::new();
    let composed = compose_example(&scene.made());
    let own = metadata(&composed.manifest, &["--no-deps"]);
    let packages = own["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 1);
    assert_eq!(packages[0]["name"], composed.name.as_str());
    let all = metadata(&composed.manifest, &[]);
    let named = |name: &str| {
        let packages = all["packages"].as_array().unwrap().iter();
        let found = packages.filter(|package| package["name"] == name);
        found.cloned().collect::<Vec<Value>>()
    };
    assert_eq!(named("muster").len(), 1);
    let ours = fs::read_to_string(sources().join("Cargo.lock")).unwrap();
    for name in ["tokio", "serde_json", "async-nats"] {
        let [package] = named(name).try_into().unwrap();
        let version = package["version"].as_str().unwrap();
        let locked = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(ours.contains(&locked), "{name} {version}");
    }
}

#[test]
fn files_that_would_not_change_are_not_touched() {
    let scene = Scene::new();
    let composed = compose_example(&scene.made());
    // what cargo adds stays
    let added = format!("{}\n# added\n", scene.text("Cargo.lock"));
    scene.put("into/Cargo.lock", &added);
    let inodes = || {
        ["Cargo.toml", "Cargo.lock", "src/main.rs"]
            .map(|name| fs::metadata(scene.made().join(name)).unwrap().ino())
    };
    let before = inodes();
    assert_eq!(compose_example(&scene.made()), composed);
    assert_eq!(inodes(), before);
    assert_eq!(scene.text("Cargo.lock"), added);
}

#[test]
fn a_lock_file_of_the_company_is_kept_to() {
    let scene = Scene::new();
    scene.put("agents.lock", "version = 4\n");
    let folder = sources().join("examples/agents");
    let lock = scene.folder().join("agents.lock");
    let composed = compose(&sources(), &example(), &folder, &scene.made(), Some(&lock)).unwrap();
    assert!(composed.locked);
    assert_eq!(scene.text("Cargo.lock"), "version = 4\n");
    assert_eq!(
        composed.blame("because --locked was passed"),
        Some(Blame::Lock)
    );
    // one that is not there is not silently none
    let err = compose(
        &sources(),
        &example(),
        &folder,
        &scene.made(),
        Some(Path::new("/no/such")),
    );
    assert!(matches!(err, Err(ComposeError::Read { .. })));
}

#[test]
fn crates_from_elsewhere_are_pinned_and_get_this_muster() {
    let scene = Scene::new();
    let rev = "0123456789abcdef0123456789abcdef01234567";
    let git = CrateSource::Git {
        url: "https://git.example.net/agents".to_owned(),
        rev: rev.to_owned(),
    };
    let registry = CrateSource::Registry {
        version: "=1.2.0".to_owned(),
    };
    let agents = [
        agent("acme_git", "acme-git", git),
        agent("acme_reg", "acme-reg", registry),
    ];
    scene.compose(&agents).unwrap();
    let text = scene.text("Cargo.toml");
    for line in [
        &format!(
            "agent_acme_git = {{ package = \"acme-git\", git = \"https://git.example.net/agents\", rev = \"{rev}\" }}"
        ),
        "agent_acme_reg = { package = \"acme-reg\", version = \"=1.2.0\" }",
        "[patch.crates-io]",
        "muster = { path = \"tree\" }",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    let program = scene.text("src/main.rs");
    assert!(program.contains(&format!(
        "origin: \"git https://git.example.net/agents {rev}\""
    )));
}

#[test]
fn paths_of_a_company_s_crate_lead_where_they_lead_at_home() {
    let scene = Scene::new();
    scene.krate("shared", "acme-shared", "");
    let muster = scene.way_to_sources("agents/one");
    let dependencies =
        format!("muster = {{ path = {muster:?} }}\nacme-shared = {{ path = \"../../shared\" }}");
    scene.krate("agents/one", "acme-one", &dependencies);
    let composed = scene
        .compose(&[at("acme_one", "acme-one", "agents/one")])
        .unwrap();
    let top = fs::read_link(scene.made().join("tree")).unwrap();
    assert!(scene.folder().starts_with(&top) && sources().starts_with(&top));
    let all = metadata(&composed.manifest, &[]);
    let packages = all["packages"].as_array().unwrap().iter();
    let shared = packages.filter(|package| package["name"] == "acme-shared");
    let found: Vec<&str> = shared
        .map(|it| it["manifest_path"].as_str().unwrap())
        .collect();
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with(scene.made().join("tree").to_str().unwrap()),
        "{found:?}"
    );
}

#[test]
fn a_muster_that_is_reached_past_the_link_is_refused() {
    let scene = Scene::new();
    let muster = sources().display().to_string();
    scene.krate(
        "one",
        "acme-one",
        &format!("muster = {{ path = {muster:?} }}"),
    );
    let err = scene
        .compose(&[at("acme_one", "acme-one", "one")])
        .unwrap_err();
    let expected = "agents.yaml:3: the crate acme-one has muster under an absolute path";
    assert!(err.to_string().starts_with(expected), "{err}");
    assert!(!scene.made().join("Cargo.toml").exists());
}

#[test]
fn a_muster_of_a_registry_is_this_one() {
    let scene = Scene::new();
    scene.krate("one", "acme-one", "muster = \"0.1\"");
    let composed = scene.compose(&[at("acme_one", "acme-one", "one")]).unwrap();
    let all = metadata(&composed.manifest, &[]);
    let packages = all["packages"].as_array().unwrap().iter();
    let musters = packages.filter(|package| package["name"] == "muster");
    assert_eq!(musters.count(), 1);
}

#[test]
fn a_path_without_a_crate_is_refused_with_its_place() {
    let scene = Scene::new();
    let refusal = scene.refusal(&[at("acme_one", "acme-one", "nowhere")]);
    let expected = format!(
        "agents.yaml:3: there is no {}/nowhere/Cargo.toml",
        scene.folder().display()
    );
    assert_eq!(refusal, expected);
}

#[test]
fn a_crate_that_is_another_one_is_refused() {
    let scene = Scene::new();
    scene.krate("one", "acme-two", "");
    let refusal = scene.refusal(&[at("acme_one", "acme-one", "one")]);
    assert!(
        refusal.ends_with("one is acme-two, not acme-one"),
        "{refusal}"
    );
}

#[test]
fn a_manifest_that_cargo_cannot_read_is_shown_with_what_cargo_says() {
    let scene = Scene::new();
    scene.put("one/Cargo.toml", "[package]\nnaem = 1\n");
    let refusal = scene.refusal(&[at("acme_one", "acme-one", "one")]);
    assert!(
        refusal.starts_with("agents.yaml:3: cargo cannot read "),
        "{refusal}"
    );
    assert!(refusal.contains("error"), "{refusal}");
}

#[test]
fn a_crate_that_could_not_export_an_agent_is_refused() {
    let scene = Scene::new();
    scene.krate("one", "acme-one", "");
    let refusal = scene.refusal(&[at("acme_one", "acme-one", "one")]);
    assert!(
        refusal.contains("acme-one does not depend on muster"),
        "{refusal}"
    );
    fs::remove_file(scene.folder().join("one/src/lib.rs")).unwrap();
    scene.put("one/src/main.rs", "fn main() {}\n");
    let refusal = scene.refusal(&[at("acme_one", "acme-one", "one")]);
    assert!(refusal.contains("acme-one has no library"), "{refusal}");
}

#[test]
fn a_crate_with_another_muster_is_refused() {
    let scene = Scene::new();
    scene.krate("muster", "muster", "");
    scene.krate("one", "acme-one", "muster = { path = \"../muster\" }");
    let refusal = scene.refusal(&[at("acme_one", "acme-one", "one")]);
    let other = scene.folder().join("muster").display().to_string();
    assert!(
        refusal.contains(&format!("at {other}, and a program has only one")),
        "{refusal}"
    );
}

#[test]
fn nothing_unjudged_reaches_a_manifest_or_a_program() {
    let scene = Scene::new();
    let path = |text: &str| CrateSource::Path(text.to_owned());
    let git = |url: &str, rev: &str| CrateSource::Git {
        url: url.to_owned(),
        rev: rev.to_owned(),
    };
    let version = |text: &str| CrateSource::Registry {
        version: text.to_owned(),
    };
    let rev = "0123456789abcdef0123456789abcdef01234567";
    for bad in [
        agent("acme\"", "acme", path("one")),
        agent("acme-one", "acme", path("one")),
        agent("acme", "acme\n[patch]", path("one")),
        agent("acme", "acme", path("")),
        agent("acme", "acme", path("one\ntwo")),
        agent("acme", "acme", git("https://git.example.net/x", "main")),
        agent(
            "acme",
            "acme",
            git("https://me:secret@git.example.net/x", rev),
        ),
        agent("acme", "acme", version("1.2")),
        agent("acme", "acme", version("=1\", path = \"x")),
    ] {
        let refusal = scene.refusal(std::slice::from_ref(&bad));
        assert!(refusal.starts_with("agents.yaml:3: "), "{refusal}");
        assert!(!refusal.contains("secret"), "{refusal}");
    }
    let twice = [at("acme", "acme-a", "a"), at("acme", "acme-b", "b")];
    assert!(
        scene
            .refusal(&twice)
            .contains("the agent acme is there twice")
    );
}

#[test]
fn quotes_in_a_path_stay_in_their_text() {
    let scene = Scene::new();
    let odd = "o\"dd\\";
    let muster = scene.way_to_sources("odd");
    scene.krate(
        odd,
        "acme-one",
        &format!("muster = {{ path = {muster:?} }}"),
    );
    let composed = scene.compose(&[at("acme_one", "acme-one", odd)]).unwrap();
    metadata(&composed.manifest, &["--no-deps"]);
    assert!(
        scene
            .text("src/main.rs")
            .contains(r#"origin: "path o\"dd\\","#)
    );
}

#[test]
fn sources_that_are_not_muster_are_refused() {
    let scene = Scene::new();
    scene.krate("other", "other", "");
    let other = scene.folder().join("other");
    let err = compose(&other, &[], &other, &scene.made(), None).unwrap_err();
    assert!(matches!(err, ComposeError::NoSources { .. }));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let scene = Scene::new();
    scene.put("into", "a file");
    let folder = sources().join("examples/agents");
    let err = compose(&sources(), &example(), &folder, &scene.made(), None).unwrap_err();
    assert!(matches!(err, ComposeError::Folder { .. }), "{err}");
    fs::remove_file(scene.made()).unwrap();
    scene.put("into/tree/file", "");
    let err = compose(&sources(), &example(), &folder, &scene.made(), None).unwrap_err();
    assert!(matches!(err, ComposeError::Link { .. }), "{err}");
}

#[test]
fn what_a_compiler_says_is_told_apart_by_crate() {
    let scene = Scene::new();
    let composed = compose_example(&scene.made());
    // as rustc 1.95 writes it
    let missing = "error[E0425]: cannot find value `COMPANY` in crate `agent_acme_asset`\n --> src/main.rs:15:36\n";
    let blame = composed.blame(missing).unwrap();
    assert_eq!(
        blame.to_string(),
        "agents.yaml:3: the crate acme-asset does not export `pub const COMPANY: muster::company::Company`"
    );
    let odd = "error[E0308]: mismatched types\n 20 |  company: agent_choria_provision::COMPANY,\n expected `Company`";
    assert!(
        matches!(composed.blame(odd), Some(Blame::OtherExport(agent)) if agent.krate == "acme-provision")
    );
    assert_eq!(composed.blame("error: could not compile `serde`"), None);
}
