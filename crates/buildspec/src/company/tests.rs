use super::*;
use crate::problem::Problem;

const REV: &str = "0123456789abcdef0123456789abcdef01234567";

fn read(text: &str) -> Vec<CompanyAgent> {
    company_agents("agents.yaml", text).unwrap().0
}

/// Line and text of every problem.
fn problems(text: &str) -> Vec<(u64, String)> {
    let Problems(problems) = company_agents("agents.yaml", text).unwrap_err();
    let shown = |problem: Problem| (problem.place.line, problem.fault.to_string());
    problems.into_iter().map(shown).collect()
}

fn cautions(text: &str) -> Vec<Caution> {
    let (_, warnings) = company_agents("agents.yaml", text).unwrap();
    warnings
        .into_iter()
        .map(|warning| warning.caution)
        .collect()
}

#[test]
fn crates_come_from_folders_commits_and_registries() {
    let text = format!(
        "- name: acme_inventory\n  path: ../inventory\n- name: facts\n  crate: acme-facts\n  git: https://git.example.net/agents\n  rev: {REV}\n- name: b\n  version: =1.2.0\n"
    );
    let agents = read(&text);
    let url = "https://git.example.net/agents".to_owned();
    let rev = REV.to_owned();
    let sources: Vec<(&str, &str, &CrateSource)> = agents
        .iter()
        .map(|agent| (agent.name.as_str(), agent.krate.as_str(), &agent.source))
        .collect();
    assert_eq!(
        sources,
        [
            (
                "acme_inventory",
                "acme-inventory",
                &CrateSource::Path("../inventory".into())
            ),
            ("facts", "acme-facts", &CrateSource::Git { url, rev }),
            (
                "b",
                "b",
                &CrateSource::Registry {
                    version: "=1.2.0".into()
                }
            ),
        ]
    );
    assert_eq!(agents[1].place.to_string(), "agents.yaml:3");
    assert_eq!(cautions(&text), []);
}

#[test]
fn the_forms_of_the_reference_are_read_where_they_can_mean_a_crate() {
    let list = format!(
        "agents:\n  - name: one\n    repo: ./one\n  - name: two\n    repo: ssh://git@example.net/two#{REV}\n"
    );
    let map = format!("one: ./one\ntwo: ssh://git@example.net/two#{REV}\n");
    let names_and_sources = |text: &str| -> Vec<(String, CrateSource)> {
        let agents = read(text).into_iter();
        agents.map(|agent| (agent.name, agent.source)).collect()
    };
    assert_eq!(names_and_sources(&list), names_and_sources(&map));
    assert_eq!(read(&map).len(), 2);
    assert_eq!(cautions(&list), [Caution::OldForm]);
    assert_eq!(read("agents: =1.0.0\n")[0].name, "agents");
}

#[test]
fn nothing_is_no_agent() {
    for text in ["", "[]", "agents:\n", "{}"] {
        assert_eq!(read(text), [], "{text:?}");
    }
}

#[test]
fn the_path_of_a_go_package_gets_advice() {
    for text in [
        "agents:\n- name: acme\n  repo: github.com/acme/prov_agent\n",
        "a: ./a\n\nacme: github.com/acme/prov_agent\n",
    ] {
        let found = problems(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 3);
        assert!(
            found[0].1.contains("write the agent as a crate"),
            "{found:?}"
        );
    }
}

#[test]
fn mistakes_are_named_with_their_lines() {
    let same = "`a` stands here a second time, the first is in line 1".to_owned();
    assert_eq!(
        problems("- {name: a, path: x}\n- {name: a, path: y}\n"),
        [(2, same)]
    );
    let twice = "- {name: a, path: x}\n- {name: b, crate: a, path: y}\n";
    assert_eq!(problems(twice).len(), 1);
    for (line, text) in [
        ("- {path: x}", "`name` is missing"),
        (
            "- {name: a-b, path: x}",
            "`a-b` is not the name of an agent",
        ),
        (
            "- {name: a, crate: 1, path: x}",
            "`1` is not the name of a crate",
        ),
        (
            "- {name: a, paths: x}",
            "unknown key `paths`, did you mean `path`?",
        ),
        ("- {name: a}", "expected one of `path`"),
        (
            "- {name: a, path: x, version: =1.0.0}",
            "expected one of `path`",
        ),
        (
            "- {name: a, git: 'https://example.net/a'}",
            "expected one of `path`",
        ),
        (
            "- {name: a, git: 'https://example.net/a', rev: main}",
            "`main` is not a full commit id",
        ),
        (
            "- {name: a, git: 'git@example.net:a', rev: main}",
            "is not the address of a repository",
        ),
        (
            "- {name: a, version: 1.2.0}",
            "`1.2.0` is not exactly one version",
        ),
        (
            "- {name: rpcutil, path: x}",
            "the agent `rpcutil` is built in",
        ),
        ("- {name: choria_util, path: x}", "is built in"),
        ("- {name: discovery, path: x}", "is built in"),
        ("- a", "expected an agent"),
        ("a: b", "`b` is not a path"),
        ("a: [b]", "expected a single value"),
        ("just text", "expected a list of agents"),
        ("- [", "not valid YAML"),
    ] {
        let found = problems(line);
        assert!(
            found.iter().any(|(_, found)| found.contains(text)),
            "{line}: {found:?}"
        );
    }
}

#[test]
fn an_address_with_a_login_is_refused_and_not_quoted() {
    for address in [
        "https://user:hunter2@example.net/a",
        "https://hunter2@example.net/a",
        "ssh://git:hunter2@example.net/a",
        "http://hunter2@example.net/a",
    ] {
        for text in [
            format!("- {{name: a, git: '{address}', rev: {REV}}}"),
            format!("a: {address}#{REV}"),
        ] {
            let found = problems(&text);
            assert!(
                found[0].1.starts_with("an address with a login"),
                "{found:?}"
            );
            assert!(!format!("{found:?}").contains("hunter2"));
        }
    }
}

#[test]
fn replacing_the_provisioning_agent_says_what_it_takes() {
    let text = "- {name: choria_provision, crate: acme-prov, path: x}";
    assert_eq!(cautions(text), [Caution::ReplacesProvisioning]);
}
