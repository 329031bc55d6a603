//! Which configuration a command of an operator uses: a file of theirs or the machine's, over it the files of the project
//! they work in, over all the environment.
//!
//! A file that was named with `--config` is the only one: whoever names it wants that and nothing else.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::build_info::BuildInfo;
use crate::config::Defaults;
use crate::config::Raw;
use crate::config::Resolved;
use crate::config::Settings;
use crate::os::configuration;
use crate::os::configuration::Projects;
use crate::os::configuration::ReadError;
use crate::server::StartError;

/// A configuration as its files say it.
#[derive(Debug)]
pub struct Loaded {
    /// The files that were read, the later over the earlier.
    pub files: Vec<PathBuf>,
    /// Files that were found and not believed, each with the reason.
    pub refused: Vec<String>,
    /// Stands for the directory of the configuration where no file was found.
    main: PathBuf,
    raw: Raw,
}

/// Reads the named file, which must be there, or the first one of [`candidates`] that is there and the files of the project.
///
/// # Errors
///
/// [`StartError`] when a file cannot be read or understood.
pub fn load(named: Option<&Path>) -> Result<Loaded, StartError> {
    let candidates = candidates(std::env::home_dir().as_deref());
    let found = named
        .or_else(|| {
            candidates
                .iter()
                .map(PathBuf::as_path)
                .find(|path| path.is_file())
        })
        .unwrap_or_else(|| Path::new(NOWHERE));
    let main = std::path::absolute(found).map_err(|err| StartError::Path {
        path: found.to_owned(),
        err,
    })?;
    let projects = match (named, std::env::current_dir()) {
        (None, Ok(folder)) => configuration::projects(&folder)?,
        (Some(_), _) | (None, Err(_)) => Projects::default(),
    };
    let loaded = over(main, &projects)?;
    if named.is_some() && loaded.files.is_empty() {
        return Err(StartError::Read(ReadError::Unreadable {
            path: loaded.main,
            err: io::ErrorKind::NotFound.into(),
        }));
    }
    Ok(loaded)
}

fn over(main: PathBuf, projects: &Projects) -> Result<Loaded, StartError> {
    let sources = configuration::read(&main)?;
    let mut raw = sources.raw();
    for project in &projects.sources {
        raw.overlay(project);
    }
    raw.overlay_environment(configuration::variable);
    let read = sources.main.iter().chain(&sources.plugins);
    Ok(Loaded {
        files: read
            .chain(&projects.sources)
            .map(|source| PathBuf::from(source.path()))
            .collect(),
        refused: projects
            .refused
            .iter()
            .map(|(path, distrust)| format!("{} is not read: {distrust}", path.display()))
            .collect(),
        main,
        raw,
    })
}

impl Loaded {
    /// What it means.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a setting is wrong.
    pub fn resolve(&self, build: &BuildInfo) -> Result<Resolved, StartError> {
        let home = configuration::home();
        let defaults = Defaults::new(build, &self.main, home.as_deref());
        Ok(Settings::resolve(&self.raw, &defaults)?)
    }
}

/// Files that may hold an operator's configuration, in the order of preference: ours, then the reference's.
#[must_use]
pub fn candidates(home: Option<&Path>) -> Vec<PathBuf> {
    let in_home = |files: &[&str]| -> Vec<PathBuf> {
        home.map(|home| files.iter().map(|file| home.join(file)).collect())
            .unwrap_or_default()
    };
    let mut paths = in_home(&[".config/muster/client.conf"]);
    paths.push(PathBuf::from(NOWHERE));
    paths.extend(in_home(&[".choriarc", ".mcollective"]));
    paths.extend(SYSTEM.map(PathBuf::from));
    paths
}

/// Where a configuration would be if there were one.
const NOWHERE: &str = "/etc/muster/client.conf";

const SYSTEM: [&str; 3] = [
    "/etc/choria/client.conf",
    "/usr/local/etc/choria/client.conf",
    "/etc/puppetlabs/mcollective/client.cfg",
];

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::build_info::BUILD_INFO as BUILD;
    use crate::config::Source;

    fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }

    #[test]
    fn our_configuration_files_come_before_those_of_others() {
        let paths = candidates(Some(Path::new("/home/bob")));
        assert_eq!(
            paths,
            [
                "/home/bob/.config/muster/client.conf",
                "/etc/muster/client.conf",
                "/home/bob/.choriarc",
                "/home/bob/.mcollective",
                "/etc/choria/client.conf",
                "/usr/local/etc/choria/client.conf",
                "/etc/puppetlabs/mcollective/client.cfg",
            ]
            .map(PathBuf::from)
        );
        assert_eq!(candidates(None).len(), 4);
    }

    #[test]
    fn the_files_of_a_project_decide_over_the_main_one() {
        let folder = tempfile::tempdir().unwrap();
        let main = written(
            folder.path(),
            "client.conf",
            "ttl = 70\nidentity = bob.example.net\n",
        );
        let projects = Projects {
            sources: vec![
                Source::new("/choria.conf", "ttl = 80\n"),
                Source::new("/project/choria.conf", "ttl = 90\n"),
            ],
            refused: Vec::new(),
        };
        let loaded = over(main.clone(), &projects).unwrap();
        assert_eq!(
            loaded.files,
            [main, "/choria.conf".into(), "/project/choria.conf".into()]
        );
        let settings = loaded.resolve(&BUILD).unwrap().settings;
        assert_eq!(settings.ttl.as_secs(), 90);
        assert_eq!(settings.identity.unwrap().as_str(), "bob.example.net");
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let err = load(Some(&folder.path().join("none.conf"))).unwrap_err();
        assert_eq!(err.exit(), crate::report::Exit::NoInput);
    }

    #[test]
    fn a_wrong_setting_is_shown_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let main = written(folder.path(), "client.conf", "\ndiscovery_timeout = soon\n");
        let err = load(Some(&main)).unwrap().resolve(&BUILD).unwrap_err();
        let shown = crate::report::Chain(&err).to_string();
        let place = format!("{}:2: discovery_timeout: expected", main.display());
        assert!(shown.contains(&place), "{shown}");
        let projects = Projects {
            sources: vec![Source::new(
                "/project/choria.conf",
                "discovery_timeout = 0\n",
            )],
            refused: Vec::new(),
        };
        let err = over("/nonexistent/client.conf".into(), &projects)
            .unwrap()
            .resolve(&BUILD)
            .unwrap_err();
        let shown = crate::report::Chain(&err).to_string();
        assert!(shown.contains("/project/choria.conf:1: "), "{shown}");
    }
}
