use super::*;

fn both() -> [(Program, Names); 2] {
    [agent(Format::Rpm), provisioner(Format::Rpm)]
        .map(|package| (package.program, Names::new(&package).unwrap()))
}

#[test]
fn every_command_has_a_page_under_the_name_of_the_package() {
    for (program, names) in both() {
        let pages = pages(program, &names, "1.2.3").unwrap();
        assert!(pages.len() > 10);
        assert_eq!(pages[0].0, format!("{}.1", names.name));
        assert!(pages.iter().all(|(file, _)| file.starts_with(&names.name)));
        let title = String::from_utf8_lossy(&pages[0].1).into_owned();
        assert!(
            title.contains(&format!("\"{} 1.2.3\"", names.name)),
            "{title}"
        );
    }
}

#[test]
fn the_first_page_says_where_this_package_has_its_files() {
    for package in [
        elsewhere(agent(Format::Rpm)),
        elsewhere(provisioner(Format::Rpm)),
    ] {
        let names = Names::new(&package).unwrap();
        let pages = pages(package.program, &names, "1.2.3").unwrap();
        let first = String::from_utf8_lossy(&pages[0].1).replace('\\', "");
        assert!(
            first.contains(&names.statedir) && first.contains(&names.etcdir),
            "{first}"
        );
        assert!(
            first.contains("configuration: the configuration is wrong"),
            "{first}"
        );
    }
}

#[test]
fn a_formatter_finds_nothing_wrong_with_the_pages() {
    for (program, names) in both() {
        for (file, page) in pages(program, &names, "1.2.3").unwrap() {
            let folder = tempfile::tempdir().unwrap();
            let path = put(folder.path(), &file, &String::from_utf8(page).unwrap());
            let Some(linted) = tool(
                Command::new("mandoc")
                    .args(["-Tlint", "-Wwarning"])
                    .arg(path),
            ) else {
                return;
            };
            let bad: Vec<String> = said(&linted)
                .lines()
                .filter(|line| line.contains("ERROR") || line.contains("UNSUPP"))
                .map(str::to_owned)
                .collect();
            assert!(bad.is_empty(), "{file}: {bad:?}");
        }
    }
}

#[test]
fn the_completions_are_scripts_of_their_shells_and_know_the_name() {
    for (program, names) in both() {
        let completions = completions(program, &names.name);
        for (shell, script) in [
            ("bash", &completions.bash),
            ("zsh", &completions.zsh),
            ("fish", &completions.fish),
        ] {
            let script = String::from_utf8(script.clone()).unwrap();
            assert!(script.contains(&names.name), "{shell}");
            let folder = tempfile::tempdir().unwrap();
            let path = put(folder.path(), "script", &script);
            if let Some(checked) = tool(Command::new(shell).arg("-n").arg(path)) {
                assert!(checked.status.success(), "{shell}: {}", said(&checked));
            }
        }
    }
}

#[test]
fn the_agents_completions_suggest_agents() {
    let completions = completions(Program::Agent, "acme-muster");
    assert!(
        String::from_utf8(completions.bash)
            .unwrap()
            .contains("choria_provision")
    );
}
