//! Files of facts and classes that come, change, break and go.

use std::fs::File;
use std::io::Write as _;
use std::time::Duration;
use std::time::UNIX_EPOCH;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::*;

struct Fixture {
    folder: TempDir,
    knowledge: Knowledge,
}

impl Fixture {
    /// Knowledge from `a.json`, `b.yaml` and `classes.txt` in a folder of its own.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let knowledge = Knowledge::new(
            vec![path("a.json"), path("b.yaml")],
            Some(path("classes.txt")),
        );
        Self { folder, knowledge }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes in place, as one who does not rename.
    fn put(&self, name: &str, text: &str) {
        let mut file = File::create(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn facts(&self) -> Value {
        self.knowledge.facts().as_value().clone()
    }

    fn classes(&self) -> Vec<String> {
        self.knowledge.classes().as_slice().to_vec()
    }
}

#[test]
fn a_file_that_changed_is_read_again() {
    let it = Fixture::new();
    it.put("a.json", r#"{"role":"db"}"#);
    it.put("b.yaml", "dc: 1\n");
    assert_eq!(it.facts(), json!({"role":"db","dc":1}));
    it.put("a.json", r#"{"role":"web"}"#);
    it.put("b.yaml", "dc: 20\n");
    assert_eq!(it.facts(), json!({"role":"web","dc":20}));
    assert_eq!(it.knowledge.problems(), [""; 0]);
}

#[test]
fn a_file_that_did_not_change_is_not_read_again() {
    let it = Fixture::new();
    it.put("a.json", r#"{"role":"db"}"#);
    it.put("b.yaml", "dc: 1\n");
    let before = it.knowledge.facts();
    assert!(Arc::ptr_eq(&before, &it.knowledge.facts()));
}

#[test]
fn a_file_that_was_replaced_by_one_of_the_same_size_and_time_is_read_again() {
    let it = Fixture::new();
    let time = UNIX_EPOCH + Duration::from_secs(1000);
    let put = |name: &str, text: &str| {
        it.put(name, text);
        let file = File::options().write(true).open(it.path(name)).unwrap();
        file.set_modified(time).unwrap();
    };
    put("a.json", r#"{"role":"one"}"#);
    put("classes.txt", "one\n");
    assert_eq!(it.facts(), json!({"role":"one"}));
    assert_eq!(it.classes(), ["one"]);
    put("new.json", r#"{"role":"two"}"#);
    put("new.txt", "two\n");
    std::fs::rename(it.path("new.json"), it.path("a.json")).unwrap();
    std::fs::rename(it.path("new.txt"), it.path("classes.txt")).unwrap();
    assert_eq!(it.facts(), json!({"role":"two"}));
    assert_eq!(it.classes(), ["two"]);
}

#[test]
fn half_a_file_leaves_what_it_held_in_use_and_is_told() {
    let it = Fixture::new();
    it.put("a.json", r#"{"role":"db","n":1}"#);
    it.put("b.yaml", "dc: 1\n");
    assert_eq!(it.knowledge.problems(), [""; 0]);
    it.put("a.json", r#"{"role":"web","#);
    it.put("b.yaml", "dc: 2\n");
    assert_eq!(it.facts(), json!({"role":"db","n":1,"dc":2}));
    let [problem] = &it.knowledge.problems()[..] else {
        panic!("one problem")
    };
    assert!(
        problem.contains("a.json is not JSON") && problem.ends_with("stays in use"),
        "{problem}"
    );
    it.put("a.json", r#"{"role":"web"}"#);
    assert_eq!(it.facts(), json!({"role":"web","dc":2}));
    assert_eq!(it.knowledge.problems(), [""; 0]);
}

#[test]
fn a_file_that_was_never_good_is_left_out() {
    let it = Fixture::new();
    it.put("a.json", "{");
    it.put("b.yaml", "dc: 1\n");
    assert_eq!(it.facts(), json!({"dc":1}));
    assert!(!it.knowledge.problems().join("").contains("stays in use"));
}

#[test]
fn the_facts_of_a_file_that_is_gone_are_gone() {
    let it = Fixture::new();
    it.put("a.json", r#"{"role":"db"}"#);
    it.put("b.yaml", "dc: 1\n");
    it.facts();
    std::fs::remove_file(it.path("a.json")).unwrap();
    assert_eq!(it.facts(), json!({"dc":1}));
    let problems = it.knowledge.problems().join("");
    assert!(
        problems.contains("cannot read facts file") && !problems.contains("stays in use"),
        "{problems}"
    );
    it.put("a.json", "{");
    assert_eq!(it.facts(), json!({"dc":1}));
}

#[test]
fn a_file_that_cannot_be_read_leaves_what_it_held_in_use() {
    let it = Fixture::new();
    it.put("a.json", r#"{"role":"db"}"#);
    it.put("b.yaml", "{}");
    it.put("classes.txt", "role::db\n");
    assert_eq!(it.classes(), ["role::db"]);
    it.facts();
    for name in ["a.json", "classes.txt"] {
        std::fs::remove_file(it.path(name)).unwrap();
        std::fs::create_dir(it.path(name)).unwrap();
    }
    assert_eq!(it.facts(), json!({"role":"db"}));
    assert_eq!(it.classes(), ["role::db"]);
    let problems = it.knowledge.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    for (problem, kind) in problems.iter().zip(["facts", "classes"]) {
        let start = format!("cannot read {kind} file");
        assert!(problem.starts_with(&start), "{problem}");
        assert!(problem.ends_with("stays in use"), "{problem}");
    }
}

#[test]
fn no_classes_file_is_no_problem_and_no_classes() {
    let it = Fixture::new();
    it.put("a.json", "{}");
    it.put("b.yaml", "{}");
    it.put("classes.txt", "one\n");
    assert_eq!(it.classes(), ["one"]);
    std::fs::remove_file(it.path("classes.txt")).unwrap();
    assert_eq!(it.classes(), [""; 0]);
    assert_eq!(it.knowledge.problems(), [""; 0]);
}

#[test]
fn the_same_file_twice_is_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let mut file = File::create(&path).unwrap();
    file.write_all(b"{\"a\":1}").unwrap();
    let knowledge = Knowledge::new(vec![path.clone(), path.clone()], None);
    assert_eq!(knowledge.facts().as_value(), &json!({"a":1}));
    File::create(&path).unwrap().write_all(b"{\"a\"").unwrap();
    assert_eq!(knowledge.facts().as_value(), &json!({"a":1}));
}
