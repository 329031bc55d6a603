use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::build_info::BuildInfo;
use crate::build_info::Provisioning;
use crate::cli::ending::Ends as _;
use crate::os::atomic_file;
use crate::os::files::RealFiles;
use crate::os::lock::Lock;
use crate::os::transaction;
use crate::os::transaction::Follows;
use crate::os::transaction::GenerationState;
use crate::os::transaction::Generations;
use crate::os::transaction::Transaction;
use crate::os::transaction::TransactionError;
use crate::report::Exit;
use crate::secret::Secret;

const BUILD: BuildInfo = BuildInfo {
    provisioning: Provisioning {
        brokers: &["nats://127.0.0.1:4222"],
        mode_default: true,
        ..crate::cli::tests::BUILD.provisioning
    },
    ..crate::cli::tests::BUILD
};

const FLEET: &str = "\
identity = n1.example.net
loglevel = warn
plugin.choria.middleware_hosts = broker.example.net:4222
plugin.choria.server.provision = false
";

/// A node whose configuration a provisioner wrote over another one, in a directory of its own.
struct Node(TempDir);

impl Node {
    fn new() -> Self {
        let node = Self(tempfile::tempdir().unwrap());
        node.write("plugin.choria.server.provision = true\nidentity = n1.example.net\n");
        node.commit(FLEET);
        node
    }

    fn config(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap().join("server.conf")
    }

    fn state(&self) -> PathBuf {
        self.config().with_file_name(".muster")
    }

    fn write(&self, text: &str) {
        self.write_to("server.conf", text);
    }

    fn write_to(&self, name: &str, text: &str) {
        let path = self.config().with_file_name(name);
        atomic_file::write(&RealFiles, &path, text.as_bytes(), 0o600).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.config()).unwrap()
    }

    fn commit(&self, text: &str) {
        let text = Secret::new(text.as_bytes().to_vec());
        Transaction::new(GenerationState::Trial, 86_400)
            .file(self.config(), text, 0o600)
            .commit(&RealFiles, &self.state())
            .unwrap();
    }

    fn number(&self) -> u64 {
        transaction::current(&RealFiles, &self.state())
            .unwrap()
            .unwrap()
            .number
    }

    fn run(&self, command: Command, person: Person<'_>) -> (Result<Exit, CliError>, String) {
        self.run_with(command, Ask::Person(person), &BUILD)
    }

    /// With `--yes` and nobody there.
    fn just(&self, command: Command) -> (Result<Exit, CliError>, String) {
        self.run_with(command, Ask::Nobody, &BUILD)
    }

    fn run_with(
        &self,
        command: Command,
        ask: Ask<'_>,
        build: &BuildInfo,
    ) -> (Result<Exit, CliError>, String) {
        let (yes, mut person) = match ask {
            Ask::Person(person) => (false, person),
            Ask::Nobody => (true, Person::absent()),
        };
        let args = ReturnArgs {
            config: self.config(),
            yes,
        };
        let mut out = Vec::new();
        let result = command(&args, &Program::alone(build), &mut person, &mut out);
        (result, String::from_utf8(out).unwrap())
    }

    /// Fails unless the command is refused with this exit code and text, and nothing has changed.
    fn refuses(&self, command: Command, build: &BuildInfo, exit: Exit, text: &str) {
        let (before, number) = (self.text(), self.number());
        let (result, _) = self.run_with(command, Ask::Nobody, build);
        let err = result.unwrap_err();
        let told = Chain(&err).to_string();
        assert_eq!(err.exit(), exit, "{told}");
        assert!(told.contains(text), "{text}: {told}");
        assert_eq!((self.text(), self.number()), (before, number));
    }
}

enum Ask<'a> {
    Person(Person<'a>),
    Nobody,
}

type Command =
    fn(&ReturnArgs, &Program<'_>, &mut Person<'_>, &mut dyn Write) -> Result<Exit, CliError>;

#[test]
fn without_a_terminal_and_consent_nothing_is_even_looked_at() {
    for command in [reprovision::run as Command, rollback::run] {
        let missing = ReturnArgs {
            config: PathBuf::from("/no/such/server.conf"),
            yes: false,
        };
        let err = command(
            &missing,
            &Program::alone(&BUILD),
            &mut Person::absent(),
            &mut Vec::new(),
        );
        assert_eq!(err.unwrap_err().exit(), Exit::Usage);
    }
}

#[test]
fn reprovision_tells_what_it_will_do_and_does_it_after_a_yes_only() {
    let node = Node::new();
    for answer in ["", "\n", "n\n", "no\n", "yess\n", "j\n"] {
        let (exit, out) = node.run(reprovision::run, Person::who_says(answer));
        assert_eq!(exit.unwrap(), Exit::Negative, "{answer:?}");
        assert!(out.ends_with("[y/N] Nothing has changed.\n"), "{out}");
        assert_eq!((node.text().as_str(), node.number()), (FLEET, 1));
    }
    let (exit, out) = node.run(reprovision::run, Person::who_says("Yes\n"));
    assert_eq!(exit.unwrap(), Exit::Ok);
    let config = node.config().display().to_string();
    for told in [
        "  identity   n1.example.net, as now\n",
        "  waits at   nats://127.0.0.1:4222\n",
        "  token      none: anyone who reaches the broker may provision it\n",
        &format!("  replaced   {config}\n"),
        &format!("  way back   muster rollback --config {config}\n"),
        "Generation 2 is in place.",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    let text = node.text();
    let (header, settings) = text.split_once('\n').unwrap();
    let start = "# configuration file written by muster reprovision at 20";
    assert!(header.starts_with(start), "{header}");
    assert_eq!(
        settings,
        "identity=n1.example.net\nlogfile=stdout\nloglevel=warn\nplugin.choria.server.provision=1\n"
    );
}

#[test]
fn a_node_that_waits_already_is_left_alone() {
    let node = Node::new();
    assert_eq!(node.just(reprovision::run).0.unwrap(), Exit::Ok);
    let text = node.text();
    let (exit, out) = node.just(reprovision::run);
    assert_eq!(exit.unwrap(), Exit::Ok);
    assert!(out.contains("waits for a provisioner already"), "{out}");
    assert_eq!((node.text(), node.number()), (text, 2));
}

#[test]
fn reprovision_needs_what_a_waiting_node_needs() {
    let node = Node::new();
    let mut build = BUILD;
    build.provisioning.brokers = &[];
    let text = "this build knows no provisioning brokers";
    node.refuses(reprovision::run, &build, Exit::Config, text);
    build.provisioning.brokers = &["nats://no.such.host.invalid:4222"];
    let text = "no.such.host.invalid has no address";
    node.refuses(reprovision::run, &build, Exit::Unavailable, text);
    let mut build = BUILD;
    build.provisioning.agent = false;
    let text = "this build has no provisioning agent";
    node.refuses(reprovision::run, &build, Exit::Config, text);
    node.write_to("policy.toml", "nonsense\n");
    let text = "policy.toml:1: ";
    node.refuses(reprovision::run, &BUILD, Exit::Config, text);
    node.write("ttl = soon\n");
    let text = "server.conf:1: ";
    node.refuses(reprovision::run, &BUILD, Exit::Config, text);
}

#[test]
fn the_policy_closes_the_way_to_the_network_only() {
    let node = Node::new();
    node.write_to("policy.toml", "allow_reprovision = false\n");
    assert_eq!(node.just(reprovision::run).0.unwrap(), Exit::Ok);
}

#[test]
fn a_file_that_cannot_be_replaced_is_told_before_anything_is_asked() {
    let node = Node::new();
    fs::remove_file(node.config()).unwrap();
    // no settings, and nobody can make a file beside it
    std::os::unix::fs::symlink("/proc/self/status", node.config()).unwrap();
    let mut build = BUILD;
    build.provisioning.mode_default = false;
    let ask = Ask::Person(Person::who_says("y\n"));
    let (result, out) = node.run_with(reprovision::run, ask, &build);
    assert_eq!(result.unwrap_err().exit(), Exit::CannotCreate);
    assert_eq!(out, "");
}

#[test]
fn both_work_beside_a_running_node_which_notices() {
    let node = Node::new();
    let _running = Lock::take(&node.state()).unwrap();
    let daemon = Generations::new(Arc::new(RealFiles), node.state());
    assert_eq!(daemon.unknown(), None);
    node.just(reprovision::run).0.unwrap();
    assert_eq!(daemon.unknown(), Some(2));
    node.just(rollback::run).0.unwrap();
    assert_eq!(daemon.unknown(), Some(3));
    // what the daemon wanted to write meanwhile would be on top of something it does not know
    let late = Transaction::new(GenerationState::Trial, 0);
    let err = daemon.commit(late, Follows::OnRequest).unwrap_err();
    assert!(matches!(err, TransactionError::Overtaken { number: 3 }));
}

#[test]
fn a_change_between_question_and_answer_wins() {
    struct Slow<'a>(&'a Node);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Ok(0)
        }
    }
    impl std::io::BufRead for Slow<'_> {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            let Self(node) = self;
            node.commit("identity = n1.example.net\nplugin.choria.server.provision = 0\n");
            Ok(b"y\n")
        }
        fn consume(&mut self, _: usize) {}
    }
    for command in [reprovision::run as Command, rollback::run] {
        let node = Node::new();
        let (result, _) = node.run(command, Person::reading(Slow(&node)));
        let err = result.unwrap_err();
        assert_eq!(err.exit(), Exit::TempFail);
        let told = Chain(&err).to_string();
        assert!(
            told.ends_with("generation 2 was put in place meanwhile"),
            "{told}"
        );
        assert_eq!(node.number(), 2);
    }
}

#[test]
fn rollback_tells_what_it_will_do_and_goes_both_ways() {
    let node = Node::new();
    let before = node.text();
    node.just(reprovision::run).0.unwrap();
    let waits = node.text();
    let (exit, out) = node.run(rollback::run, Person::who_says("n\n"));
    assert_eq!(exit.unwrap(), Exit::Negative);
    assert!(out.ends_with("[y/N] Nothing has changed.\n"), "{out}");
    for told in [
        "  in place   generation 2, committed, written 20",
        "  kept       generation 1, on trial, written 1970-01-02T00:00:00Z\n",
        "  starts     as a member of its fleet\n",
        &format!("  replaced   {}\n", node.config().display()),
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    let (exit, out) = node.run(rollback::run, Person::who_says("y\n"));
    assert_eq!(exit.unwrap(), Exit::Ok);
    assert!(out.contains("Generation 3 is in place."), "{out}");
    assert_eq!(node.text(), before);
    let (exit, out) = node.just(rollback::run);
    assert_eq!(exit.unwrap(), Exit::Ok);
    for told in [
        "  in place   generation 3, committed, written 20",
        ", in place of 2 that was given up\n",
        "  starts     and waits for a provisioner\n",
    ] {
        assert!(out.contains(told), "{told}: {out}");
    }
    assert_eq!(node.text(), waits);
}

#[test]
fn what_was_there_before_the_first_generation_comes_back_too() {
    let node = Node::new();
    let (exit, out) = node.just(rollback::run);
    assert_eq!(exit.unwrap(), Exit::Ok);
    let told = "  kept       what was there before the first generation\n";
    assert!(out.contains(told), "{out}");
    assert!(node.text().contains("provision = true"));
}

#[test]
fn where_nothing_is_kept_there_is_no_way_back_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("server.conf");
    atomic_file::write(&RealFiles, &config, FLEET.as_bytes(), 0o600).unwrap();
    let args = ReturnArgs { config, yes: true };
    let err = rollback::run(
        &args,
        &Program::alone(&BUILD),
        &mut Person::absent(),
        &mut Vec::new(),
    )
    .unwrap_err();
    assert_eq!(err.exit(), Exit::NoInput);
    assert!(!folder.path().join(".muster").exists());
    let missing = ReturnArgs {
        config: Path::new("/no/such/server.conf").to_owned(),
        yes: true,
    };
    let err = rollback::run(
        &missing,
        &Program::alone(&BUILD),
        &mut Person::absent(),
        &mut Vec::new(),
    );
    assert_eq!(err.unwrap_err().exit(), Exit::NoInput);
}

#[test]
fn a_kept_configuration_that_would_not_start_stays_where_it_is() {
    let node = Node(tempfile::tempdir().unwrap());
    node.write("loglevel = loud\n");
    node.commit(FLEET);
    let text = "the node would not start with the kept configuration";
    node.refuses(rollback::run, &BUILD, Exit::Config, text);
}

#[test]
fn a_configuration_in_place_that_does_not_start_can_be_rolled_back() {
    let node = Node::new();
    node.commit("loglevel = loud\n");
    assert_eq!(node.just(rollback::run).0.unwrap(), Exit::Ok);
    assert_eq!(node.text(), FLEET);
}

#[test]
fn a_damaged_record_is_told_and_nothing_is_put_back() {
    let node = Node::new();
    let manifest = node.state().join("generations/previous/manifest.json");
    atomic_file::write(&RealFiles, &manifest, b"{}", 0o600).unwrap();
    let text = "manifest.json is damaged";
    node.refuses(rollback::run, &BUILD, Exit::Data, text);
}

#[test]
fn the_state_of_another_user_is_not_touched() {
    let node = Node::new();
    if !crate::os::host::is_root() {
        return;
    }
    std::os::unix::fs::chown(node.state(), Some(12_345), None).unwrap();
    let text = "belongs to the user with the number 12345";
    node.refuses(rollback::run, &BUILD, Exit::NoPermission, text);
    node.refuses(reprovision::run, &BUILD, Exit::NoPermission, text);
}
