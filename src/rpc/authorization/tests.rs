//! What a policy says, one row for each production and each corner of the grammar (spec 02 §12.2). `→` is a tab.

use std::path::Path;

use proptest::prelude::*;

use super::Groups;
use super::Policy;
use super::PolicyError;
use super::Question;
use super::Ruling;
use super::Verdict;
use super::lines::MAX_FILE;
use crate::facts::Classes;
use crate::facts::Document;
use crate::facts::Effort;

const ALICE: &str = "choria=alice.mcollective";
const EVE: &str = "choria=eve.mcollective";

const GROUPS: &[u8] =
    b"# who is who\n\nops choria=alice.mcollective choria=bob.mcollective\nadmins choria=root.mcollective  plain_name\n";

const FACTS: &[u8] = br#"{
    "environment": "production", "country": "mt", "cores": 8, "load": 1.5, "virtual": true, "physical": false,
    "nothing": null, "mount": "/var/log", "os": {"family": "RedHat", "release": {"major": "8"}},
    "disks": [{"name": "sda", "size": 64}, {"name": "sdb", "size": 128}]
}"#;

fn facts() -> Document {
    let (facts, problems) = Document::merge(&[(Path::new("facts.json"), FACTS)]);
    assert!(problems.is_empty());
    facts
}

/// The answer in words: `allow 2` and `deny 2` name the line that decides, `refused 2` the line that spoils the file,
/// `error 2` the line that cannot be evaluated.
fn answer(policy: &[u8], caller: &str, action: &str) -> String {
    let groups = Groups::parse(GROUPS).unwrap();
    let classes: Classes = ["apache", "role::web", "Role::DB", "one", "two"]
        .into_iter()
        .collect();
    let policy = match Policy::parse(policy) {
        Ok(policy) => policy,
        Err(PolicyError::TooLarge) => return "too large".into(),
        Err(PolicyError::Line { line, .. }) => return format!("refused {line}"),
    };
    if let Err(PolicyError::Line { line, .. }) = policy.check_groups(&groups) {
        return format!("refused {line}");
    }
    let question = Question {
        caller,
        action,
        groups: &groups,
        facts: &facts(),
        classes: &classes,
    };
    match policy.judge(&question, &mut Effort::of_steps(1_000_000)) {
        Ok(Ruling::Rule {
            line,
            verdict: Verdict::Allow,
        }) => format!("allow {line}"),
        Ok(Ruling::Rule {
            line,
            verdict: Verdict::Deny,
        }) => format!("deny {line}"),
        Ok(Ruling::Default(Verdict::Allow)) => "default allow".into(),
        Ok(Ruling::Default(Verdict::Deny)) => "default deny".into(),
        Ok(Ruling::Undecided) => "undecided".into(),
        Err(err) => format!("error {}", err.line),
    }
}

/// Each row: the policy, and what it says to alice who wants `status`.
fn check(rows: &[(&str, &str)]) {
    for (policy, wanted) in rows {
        let text = policy.replace('→', "\t");
        assert_eq!(
            answer(text.as_bytes(), ALICE, "status"),
            *wanted,
            "{policy}"
        );
    }
}

#[test]
fn lines_and_defaults() {
    check(&[
        ("", "undecided"),
        ("\n\n", "undecided"),
        (
            "# nothing but a comment\n   # and another\n\t\n",
            "undecided",
        ),
        ("policy default allow", "default allow"),
        ("policy default deny", "default deny"),
        ("policy default deny\r\n", "default deny"),
        ("policy \t default\tallow  ", "default allow"),
        ("policy default allow # while we move", "default allow"),
        (
            "policy default allow\npolicy default deny\n",
            "default deny",
        ),
        (
            "policy default deny\npolicy default allow\n",
            "default allow",
        ),
        // any other word denies, as in the reference
        ("policy default yes", "default deny"),
        ("policy default ALLOW", "default deny"),
        ("policy default allowed", "default deny"),
        // a rule decides before a default, wherever that stands
        ("policy default allow\ndeny→*→*→*→*", "deny 2"),
        ("allow→*→*→*→*\npolicy default deny", "allow 1"),
        ("#\n\nallow→*→*→*→*", "allow 3"),
        // what the reference skips spoils the file here
        ("policy default", "refused 1"),
        ("policy default allow deny", "refused 1"),
        ("policy default allow-all", "refused 1"),
        (" policy default allow", "refused 1"),
        ("Policy default allow", "refused 1"),
        ("policydefault allow", "refused 1"),
        ("policy default allow\nnonsense", "refused 2"),
        ("allow", "refused 1"),
        ("allowed→*→*→*→*", "refused 1"),
        (" allow→*→*→*→*", "refused 1"),
        ("ALLOW→*→*→*→*", "refused 1"),
        ("policy default allow\ndeny * * * *", "refused 2"),
        ("policy default allow\ndeny→* * * *", "refused 2"),
        ("policy default allow\ndeny→*→*→", "refused 2"),
        ("policy default allow\ndeny→*→ →*→*", "refused 2"),
        ("\u{feff}policy default allow", "refused 1"),
        ("policy default allow\0", "refused 1"),
        ("# a bell \u{7}", "refused 1"),
        ("deny→choria=a.b\u{a0}choria=c.d→*→*→*", "refused 1"),
    ]);
}

#[test]
fn columns_callers_and_actions() {
    check(&[
        ("allow→*→*→*→*", "allow 1"),
        ("allow→→*→→→*→*→→*→→", "allow 1"),
        ("allow→choria=alice.mcollective→status→*→*", "allow 1"),
        ("allow→choria=alice→*→*→*", "undecided"),
        ("allow→Choria=Alice.mcollective→*→*→*", "undecided"),
        (
            "allow→choria=eve.mcollective choria=alice.mcollective→*→*→*",
            "allow 1",
        ),
        (
            "allow→choria=eve.mcollective  choria=alice.mcollective →*→*→*",
            "allow 1",
        ),
        ("allow→/^choria=a/→*→*→*", "allow 1"),
        ("allow→/lice/→*→*→*", "allow 1"),
        ("allow→/ALICE/→*→*→*", "undecided"),
        ("allow→/^up=/ /mcollective$/→*→*→*", "allow 1"),
        ("allow→ops→*→*→*", "allow 1"),
        ("allow→admins ops→*→*→*", "allow 1"),
        ("allow→admins→*→*→*", "undecided"),
        ("allow→*→start status→*→*", "allow 1"),
        ("allow→*→start stop→*→*", "undecided"),
        ("allow→*→stat→*→*", "undecided"),
        ("allow→*→Status→*→*", "undecided"),
        // the first rule that matches decides
        ("deny→ops→*→*→*\nallow→*→*→*→*", "deny 1"),
        ("deny→*→stop→*→*\nallow→*→*→*→*", "allow 2"),
        ("allow→*→*→*→*\ndeny→*→*→*→*", "allow 1"),
        // a group that is not there lets nobody in, and nobody pass
        ("allow→nobody→*→*→*\nallow→ops→*→*→*", "allow 2"),
        ("policy default allow\ndeny→nobody→*→*→*", "refused 2"),
        // what can never match
        ("deny→* choria=eve.mcollective→*→*→*", "refused 1"),
        ("deny→*→* status→*→*", "refused 1"),
        ("deny→choria=a.b,choria=c.d→*→*→*", "refused 1"),
        ("deny→not choria=a.b→*→*→*", "refused 1"),
        ("deny→!choria=a.b→*→*→*", "refused 1"),
        ("deny→/^a b/→*→*→*", "refused 1"),
        ("deny→/abc→*→*→*", "refused 1"),
        ("deny→//→*→*→*", "refused 1"),
        ("deny→/(/→*→*→*", "refused 1"),
        ("deny→/a{1001}{1001}/→*→*→*", "refused 1"),
        ("deny→*→/status/→*→*", "refused 1"),
        ("deny→*→start,status→*→*", "refused 1"),
        ("deny→*→*→*→*→*", "refused 1"),
        ("deny→*→*", "refused 1"),
        ("deny→*", "refused 1"),
    ]);
}

#[test]
fn facts_and_classes() {
    check(&[
        ("allow→*→*→environment=production→*", "allow 1"),
        ("allow→*→*→environment==PRODUCTION→*", "allow 1"),
        ("allow→*→*→environment=development→*", "undecided"),
        ("allow→*→*→environment!=development→*", "allow 1"),
        ("allow→*→*→environment=production country=mt→*", "allow 1"),
        ("allow→*→*→environment=production country=nl→*", "undecided"),
        ("allow→*→*→environment=/^PROD/→*", "allow 1"),
        ("allow→*→*→environment=~^prod→*", "allow 1"),
        ("allow→*→*→environment=/(dev|prod)/→*", "allow 1"),
        ("allow→*→*→mount=/var/log→*", "allow 1"),
        (
            "allow→*→*→os.family=redhat os.release.major>=8→*",
            "allow 1",
        ),
        ("allow→*→*→cores>8→*", "undecided"),
        ("allow→*→*→cores=>8 load<2→*", "allow 1"),
        ("allow→*→*→virtual=true physical!=true→*", "allow 1"),
        (r#"allow→*→*→disks.#(name=="sdb").size>100→*"#, "allow 1"),
        ("allow→*→*→*→apache", "allow 1"),
        ("allow→*→*→*→APACHE role::db", "allow 1"),
        ("allow→*→*→*→apache mysql", "undecided"),
        ("allow→*→*→*→/^role::/", "allow 1"),
        ("allow→*→*→environment=production→apache", "allow 1"),
        ("allow→*→*→environment=production→mysql", "undecided"),
        // a missing fact matches nothing, not even `!=`
        ("deny→*→*→nosuch!=x→*\nallow→*→*→*→*", "allow 2"),
        // a class is never the name of an agent
        ("allow→*→*→*→rpcutil", "undecided"),
        // facts are not looked at before caller and action match
        (
            "allow→choria=eve.mcollective→*→virtual>1→*\nallow→*→*→*→*",
            "allow 2",
        ),
        ("allow→*→*→virtual>1→*\nallow→*→*→*→*", "error 1"),
        ("allow→*→*→cores>many→*\npolicy default allow", "error 1"),
        // what is no fact or no class
        ("deny→*→*→apache→*", "refused 1"),
        ("deny→*→*→environment=→*", "refused 1"),
        ("deny→*→*→=production→*", "refused 1"),
        ("deny→*→*→environment=/(/→*", "refused 1"),
        ("deny→*→*→environment=//→*", "refused 1"),
        ("deny→*→*→environment=~//→*", "refused 1"),
        ("deny→*→*→environment=\"production\"→*", "refused 1"),
        ("deny→*→*→environment = production→*", "refused 1"),
        ("deny→*→*→environment=/a b/→*", "refused 1"),
        ("deny→*→*→a=b=c→*", "refused 1"),
        ("deny→*→*→* environment=production→*", "refused 1"),
        ("deny→*→*→puppet().enabled=false→*", "refused 1"),
        ("deny→*→*→*→environment=production", "refused 1"),
        ("deny→*→*→*→one,two", "refused 1"),
        ("deny→*→*→*→/a=b/", "refused 1"),
        ("deny→*→*→*→/one", "refused 1"),
        ("deny→*→*→*→one AND two", "refused 1"),
        ("deny→*→*→*→one && two", "refused 1"),
        ("deny→*→*→*→* one", "refused 1"),
    ]);
}

#[test]
fn compound_statements() {
    check(&[
        // in a column of five
        (
            "allow→*→*→environment=production and country=mt→one",
            "allow 1",
        ),
        (
            "allow→*→*→environment=production and country=nl→one",
            "undecided",
        ),
        ("allow→*→*→country=nl or country=mt→*", "allow 1"),
        ("allow→*→*→not country=nl→*", "allow 1"),
        ("allow→*→*→!country=nl→*", "allow 1"),
        ("allow→*→*→! country=mt→*", "undecided"),
        ("allow→*→*→*→one and two", "allow 1"),
        ("allow→*→*→*→one and three", "undecided"),
        ("allow→*→*→*→one and not three", "allow 1"),
        ("allow→*→*→*→three or /^role::/", "allow 1"),
        ("allow→*→*→country=mt or one→three or two", "allow 1"),
        // as the fourth and last
        ("allow→*→*→country=mt and one", "allow 1"),
        ("allow→*→*→one", "allow 1"),
        ("allow→*→*→three", "undecided"),
        ("allow→*→*→country=nl or (two and one)", "allow 1"),
        (
            "allow→*→*→(country=nl and one) or (two and three)",
            "undecided",
        ),
        ("allow→*→*→( country=nl or ( two and one ) )", "allow 1"),
        ("allow→*→*→not(country=nl) and(one or three)", "allow 1"),
        ("allow→*→*→!(country=mt)", "undecided"),
        ("allow→*→*→not not one", "allow 1"),
        ("allow→*→*→country=mt and one or (two and one)", "allow 1"),
        (
            "allow→*→*→(environment=/(dev|prod)/) and cores>4",
            "allow 1",
        ),
        (
            r#"allow→*→*→(disks.#(name=="sda").size=64 and one)"#,
            "allow 1",
        ),
        ("allow→*→*→rpcutil or nosuch", "undecided"),
        // not of a missing fact holds
        ("allow→*→*→not nosuch=x", "allow 1"),
        ("allow→*→*→virtual>1 or one", "error 1"),
        ("allow→*→*→one or virtual>1", "allow 1"),
    ]);
}

#[test]
fn what_is_no_compound_statement() {
    check(&[
        ("deny→*→*→*", "refused 1"),
        ("deny→*→*→one two", "refused 1"),
        ("deny→*→*→one and", "refused 1"),
        ("deny→*→*→and one", "refused 1"),
        ("deny→*→*→one or or two", "refused 1"),
        ("deny→*→*→not", "refused 1"),
        ("deny→*→*→(one", "refused 1"),
        ("deny→*→*→one)", "refused 1"),
        ("deny→*→*→()", "refused 1"),
        ("deny→*→*→one (two)", "refused 1"),
        // the older system reads from left to right, most people do not
        ("deny→*→*→one or two and three", "refused 1"),
        ("deny→*→*→(one or two and three)", "refused 1"),
        (
            "deny→*→*→(puppet().enabled=false and country=mt) or country=nl",
            "refused 1",
        ),
        ("deny→*→*→country=\"mt\" and one", "refused 1"),
        ("deny→*→*→country=/(/ or one", "refused 1"),
        ("deny→*→*→one and with(two)", "refused 1"),
        ("deny→*→*→*→one and country=mt or \"x\"", "refused 1"),
    ]);
}

#[test]
fn a_text_cannot_leave_its_quotes() {
    check(&[
        (r#"allow→*→*→a="\"or→*"#, "refused 1"),
        (
            r#"allow→*→*→not country=mt\ and not environment=x")or(true"#,
            "refused 1",
        ),
        (r"allow→*→*→country=/\Qmt\E/ and one", "allow 1"),
        (r#"allow→*→*→country=/"|m/ and one"#, "allow 1"),
    ]);
}

#[test]
fn other_callers() {
    let policy =
        b"policy default deny\nallow\tops\t*\t*\t*\nallow\tplain_name admins\tping\t*\t*\n";
    assert_eq!(answer(policy, "choria=bob.mcollective", "x"), "allow 2");
    assert_eq!(answer(policy, EVE, "x"), "default deny");
    assert_eq!(answer(policy, "choria=root.mcollective", "ping"), "allow 3");
    assert_eq!(answer(policy, "plain_name", "ping"), "allow 3");
    assert_eq!(answer(policy, "ops", "ping"), "allow 2");
    assert_eq!(answer(policy, "plain_name", "x"), "default deny");
}

#[test]
fn the_published_example_means_the_same_here() {
    let text = "policy default deny\nallow→choria=ops.mcollective /^up=admin-/→*→*→*\nallow→ops→status restart→environment=production→role::web\ndeny→*→shutdown→*→*\n".replace('→', "\t");
    for (caller, action, wanted) in [
        ("choria=ops.mcollective", "shutdown", "allow 2"),
        ("up=admin-3", "x", "allow 2"),
        (ALICE, "restart", "allow 3"),
        (ALICE, "ping", "default deny"),
        (ALICE, "shutdown", "deny 4"),
    ] {
        assert_eq!(
            answer(text.as_bytes(), caller, action),
            wanted,
            "{caller} {action}"
        );
    }
}

#[test]
fn sizes_are_limited() {
    let allow = b"allow\t*\t*\t*\t*\n".as_slice();
    let file = |text: &str| [allow, text.as_bytes()].concat();
    assert_eq!(answer(&file(&" ".repeat(64 * 1024)), EVE, "x"), "allow 1");
    assert_eq!(
        answer(&file(&" ".repeat(64 * 1024 + 1)), EVE, "x"),
        "refused 2"
    );
    assert_eq!(
        answer(&file(&"#\n".repeat(MAX_FILE / 2)), EVE, "x"),
        "too large"
    );
    assert_eq!(
        answer(b"allow\t*\t*\t*\t*\n# caf\xe9\n", EVE, "x"),
        "refused 2"
    );
    let long = format!("deny\t/{}/\t*\t*\t*\n", "a".repeat(5000));
    assert_eq!(answer(&file(&long), EVE, "x"), "refused 2");
    let long = format!("deny\t*\t*\ta=/{}/\t*\n", "a".repeat(5000));
    assert_eq!(answer(&file(&long), EVE, "x"), "refused 2");
    let many = "deny\t/a/\t*\t*\t*\n".repeat(257);
    assert_eq!(answer(&file(&many), EVE, "x"), "refused 258");
    let deep = format!("deny\t*\t*\t{}one{}\n", "(".repeat(200), ")".repeat(200));
    assert_eq!(answer(&file(&deep), EVE, "x"), "refused 2");
}

#[test]
fn work_beyond_the_effort_is_an_error() {
    let policy = Policy::parse(b"allow\t*\t*\tos.family=/x/\t*\nallow\t*\t*\t*\t*\n").unwrap();
    let question = Question {
        caller: EVE,
        action: "x",
        groups: &Groups::default(),
        facts: &facts(),
        classes: &Classes::default(),
    };
    let err = policy
        .judge(&question, &mut Effort::of_steps(100))
        .unwrap_err();
    assert_eq!(err.line, 1);
}

#[test]
fn groups_are_read_whole_or_not_at_all() {
    let refused = |text: &str| match Groups::parse(text.as_bytes()) {
        Err(PolicyError::Line { line, .. }) => line,
        other => panic!("{text:?}: {other:?}"),
    };
    for (text, line) in [
        ("a choria=b\nnobody", 2),
        (" a choria=b", 1),
        ("a/b choria=b", 1),
        ("a\tchoria=b", 1),
        ("a choria=b\tchoria=c", 1),
        ("a /choria=.*/", 1),
        ("a *", 1),
        ("# x\na choria=b\nb a", 3),
        ("a b\nb choria=b", 1),
    ] {
        assert_eq!(refused(text), line, "{text:?}");
    }
    let groups = Groups::parse(b"a x=1 x=2\r\n# b\na x=3\n").unwrap();
    assert!(groups.holds("a", "x=3"));
    assert!(!groups.holds("a", "x=1") && !groups.holds("b", "x=3"));
}

#[test]
fn an_error_names_file_line_and_what_is_wrong() {
    let text = "policy default deny\nallow\t*\t*\ta=/(/\t*\n";
    let err = Policy::parse(text.as_bytes()).unwrap_err();
    assert_eq!(
        err.in_file(Path::new("policies/rpcutil.policy")),
        "policies/rpcutil.policy:2: \"a=/(/\" is no pattern: the pattern is no regular expression of a reasonable size"
    );
}

/// Pieces that policies are made of, and others.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\PC\t]{0,12}",
        prop::sample::select(vec![
            "allow",
            "deny",
            "policy default allow",
            "policy default deny",
            "\t",
            "\t\t",
            " ",
            "\n",
            "*",
            "/",
            "(",
            ")",
            "!",
            "and",
            "or",
            "not",
            "ops",
            "choria=a.b",
            "a=b",
            "a=/b/",
            "#(",
            "\"",
            "\\",
            "one",
            "#",
            "\r\n",
            "\0",
        ])
        .prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

fn lets_in(policy: &[u8]) -> bool {
    let answer = answer(policy, EVE, "status");
    answer.starts_with("allow") || answer == "default allow"
}

proptest! {
    #[test]
    fn any_bytes_are_a_policy_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in text()) {
        answer(&bytes, EVE, "status");
        answer(text.as_bytes(), EVE, "status");
        let _groups = (Groups::parse(&bytes), Groups::parse(text.as_bytes()));
    }

    /// A rule that denies goes on to deny, whatever is written after it.
    #[test]
    fn an_explicit_deny_is_never_undone_by_what_follows(before in text(), after in text()) {
        let denying = format!("{before}\ndeny\t*\t*\t*\t*\n");
        prop_assume!(!lets_in(denying.as_bytes()));
        let longer = format!("{denying}{after}");
        prop_assert!(!lets_in(longer.as_bytes()), "{longer:?}");
    }

    /// What denies by default goes on to deny, unless what is appended is itself a rule or a default that allows.
    #[test]
    fn a_deny_never_becomes_an_allow_by_appending_garbage(policy in text(), garbage in text()) {
        prop_assume!(!lets_in(policy.as_bytes()));
        let joined = format!("{policy}{garbage}");
        let grants = joined
            .lines()
            .any(|line| line.starts_with("allow\t") || line.starts_with("policy"));
        prop_assume!(!grants);
        prop_assert!(!lets_in(joined.as_bytes()), "{joined:?}");
    }

    /// A file that lets somebody in lets nobody in once a line of it cannot be understood.
    #[test]
    fn a_line_that_cannot_be_understood_closes_the_file(garbage in "[a-z(){}/=]{1,20}", before in any::<bool>()) {
        prop_assume!(!["allow", "deny", "policy"].contains(&garbage.as_str()));
        let open = "policy default allow\nallow\t*\t*\t*\t*";
        let text = if before { format!("{garbage}\n{open}") } else { format!("{open}\n{garbage}") };
        prop_assert!(!lets_in(text.as_bytes()), "{text:?}");
    }
}
