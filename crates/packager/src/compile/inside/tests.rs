use super::*;

fn found(name: &str) -> Crate {
    let inside = sample::inside();
    inside
        .crates
        .into_iter()
        .find(|each| each.name == name)
        .unwrap()
}

#[test]
fn what_cargo_compiled_for_the_target_is_inside() {
    let inside = sample::inside();
    let names: Vec<&str> = inside.linked().map(|each| each.name.as_str()).collect();
    assert_eq!(names, ["app", "itoa", "tally", "words"]);
}

#[test]
fn macros_and_build_scripts_had_a_hand_in_it() {
    assert_eq!(found("marks").part, Part::Build);
    assert_eq!(found("cfg-if").part, Part::Build);
    assert_eq!(found("app").part, Part::Root);
}

#[test]
fn what_only_tests_need_is_absent() {
    assert!(
        sample::inside()
            .crates
            .iter()
            .all(|each| each.name != "autocfg")
    );
}

#[test]
fn crates_know_whom_they_need() {
    let inside = sample::inside();
    let needs = |name: &str| -> Vec<String> {
        let places = found(name).needs.into_iter();
        places
            .map(|place| inside.crates[place].name.clone())
            .collect()
    };
    assert_eq!(needs("app"), ["cfg-if", "tally", "words"]);
    assert_eq!(needs("words"), ["itoa", "marks"]);
}

#[test]
fn origins_and_digests_are_those_of_the_lock_file() {
    assert_eq!(found("itoa").origin, Origin::Main);
    assert_eq!(found("itoa").checksum.unwrap().len(), 64);
    assert_eq!(found("words").origin, Origin::Local);
    assert_eq!(found("words").checksum, None);
    assert!(matches!(found("tally").origin, Origin::Git(address) if address.contains("/tally#")));
}

#[test]
fn other_registries_are_told_apart() {
    let other = origin(Some("sparse+https://crates.example.net/index/"));
    assert_eq!(
        other.unwrap(),
        Origin::Registry("https://crates.example.net/index/".to_owned())
    );
    assert!(matches!(
        origin(Some("odd")),
        Err(CompileError::Understand { .. })
    ));
}

#[test]
fn a_lock_file_that_is_none_is_an_error() {
    assert!(matches!(
        checksums("package = 3"),
        Err(CompileError::Understand { .. })
    ));
}

#[test]
fn folders_of_crates_elsewhere_get_names_of_their_own() {
    let metadata = sample::metadata();
    let registry = (
        PathBuf::from("/cargo/registry/src/index"),
        "/cargo/registry".to_owned(),
    );
    assert_eq!(
        metadata.folders(Path::new("/s")),
        std::slice::from_ref(&registry)
    );
    let all = metadata.folders(Path::new("/elsewhere"));
    assert!(all.contains(&registry));
    assert!(all.contains(&(PathBuf::from("/s/words"), "/crates/words".to_owned())));
}
