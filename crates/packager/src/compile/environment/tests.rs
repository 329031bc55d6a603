use super::*;

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn names(found: &Environment) -> Vec<&str> {
    found
        .variables
        .keys()
        .map(|name| name.to_str().unwrap())
        .collect()
}

#[test]
fn what_tools_need_is_inherited_and_nothing_else() {
    let inherited = variables(&[
        ("HOME", "/h"),
        ("PATH", "/bin"),
        ("SECRET", "x"),
        ("CARGO_NET_RETRY", "3"),
    ]);
    let found = environment(&inherited, &BTreeMap::new(), &Variables::new());
    assert_eq!(names(&found), ["CARGO_NET_RETRY", "HOME", "PATH"]);
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
}

#[test]
fn what_would_change_the_binary_is_named() {
    for name in [
        "RUSTFLAGS",
        "CFLAGS_x86_64_unknown_linux_musl",
        "CARGO_PROFILE_RELEASE_LTO",
        "CARGO_BUILD_TARGET",
        "VERSION",
    ] {
        let found = environment(
            &variables(&[(name, "x")]),
            &BTreeMap::new(),
            &Variables::new(),
        );
        assert!(found.variables.is_empty(), "{name}");
        assert!(
            found.warnings.iter().any(|text| text.contains(name)),
            "{name}"
        );
    }
}

#[test]
fn the_number_of_jobs_may_be_limited() {
    let found = environment(
        &variables(&[("CARGO_BUILD_JOBS", "1")]),
        &BTreeMap::new(),
        &Variables::new(),
    );
    assert_eq!(names(&found), ["CARGO_BUILD_JOBS"]);
}

#[test]
fn what_says_the_same_as_we_do_is_no_surprise() {
    let same = variables(&[("VERSION", "1.2.3")]);
    assert!(
        environment(&same, &BTreeMap::new(), &same)
            .warnings
            .is_empty()
    );
}

#[test]
fn a_toolchain_that_cargo_run_left_behind_is_nobodys_choice() {
    let run = variables(&[
        ("RUSTUP_TOOLCHAIN", "1.95.0"),
        ("RUST_RECURSION_COUNT", "1"),
    ]);
    assert!(
        environment(&run, &BTreeMap::new(), &Variables::new())
            .warnings
            .is_empty()
    );
    let chosen = variables(&[("RUSTUP_TOOLCHAIN", "nightly")]);
    assert_eq!(
        environment(&chosen, &BTreeMap::new(), &Variables::new())
            .warnings
            .len(),
        1
    );
}

#[test]
fn a_buildspec_sets_variables_of_its_own() {
    let buildspec = BTreeMap::from([("ACME_REGION".to_owned(), "north".to_owned())]);
    let found = environment(&Variables::new(), &buildspec, &Variables::new());
    assert_eq!(found.variables, variables(&[("ACME_REGION", "north")]));
}

#[test]
fn a_buildspec_cannot_choose_what_is_run() {
    for name in [
        "PATH",
        "RUSTC_WRAPPER",
        "LD_PRELOAD",
        "CC",
        "CARGO_TARGET_X_LINKER",
        "GIT_SSH_COMMAND",
        "HOME",
        "RUSTDOC",
    ] {
        let buildspec = BTreeMap::from([(name.to_owned(), "/tmp/x".to_owned())]);
        let found = environment(&Variables::new(), &buildspec, &Variables::new());
        assert!(found.variables.is_empty(), "{name}");
        assert_eq!(found.warnings.len(), 1, "{name}");
    }
}
