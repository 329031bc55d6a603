//! The tree of a package while it is filled.

use buildspec::Format;
use buildspec::Package;

use crate::model::Entry;
use crate::model::Kind;
use crate::model::Role;
use crate::model::Tree;

use super::error::ProductError;
use super::gzip::gzip;
use super::manifest::Ingredients;
use super::names::Names;
use super::names::ROOT;
use super::places;
use super::template::Template;
use super::template::Values;
use super::templates;

/// What a package is made from, and what it has so far.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) package: &'a Package,
    pub(super) ingredients: &'a Ingredients<'a>,
    pub(super) names: &'a Names,
    pub(super) values: &'a Values,
    tree: Tree,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        package: &'a Package,
        ingredients: &'a Ingredients<'a>,
        names: &'a Names,
        values: &'a Values,
    ) -> Self {
        Self {
            package,
            ingredients,
            names,
            values,
            tree: Tree::default(),
        }
    }

    /// What every package has, whatever its program.
    pub(super) fn common(
        &mut self,
        unit: Template,
        tmpfiles: Template,
    ) -> Result<(), ProductError> {
        let names = self.names;
        let binary = Kind::Copy(self.ingredients.binary.to_owned());
        self.add(&names.binary, Entry::new(binary, PROGRAM))?;
        self.text(&names.unit_file, unit, Role::Program)?;
        self.text(&names.tmpfiles, tmpfiles, Role::Program)?;
        self.text(
            &names.environment,
            templates::ENVIRONMENT,
            Role::Configuration,
        )?;
        if self.package.enable && self.package.format == Format::Rpm {
            self.text(&names.preset, templates::PRESET, Role::Program)?;
        }
        self.folder(&names.doc)?;
        self.completions()?;
        self.pages()?;
        if let Some(sbom) = self.ingredients.sbom {
            self.document("sbom.cdx.json", sbom.to_vec())?;
        }
        let licences = self.ingredients.licences;
        if self.package.format != Format::Deb && !licences.is_empty() {
            self.folder(&names.licences)?;
            for (file, text) in licences {
                let entry = Entry::new(Kind::File(text.clone()), PLAIN).with_role(Role::Licence);
                self.add(&format!("{}/{file}", names.licences), entry)?;
            }
        }
        Ok(())
    }

    /// The configurations that are made when they are missing: as they are first made, and for RPM a ghost each.
    pub(super) fn made(&mut self, file: &str, template: Template) -> Result<(), ProductError> {
        if !self.package.manage_conf {
            return Ok(());
        }
        let names = self.names;
        if self.tree.get(&names.share).is_none() {
            self.folder(&names.share)?;
        }
        self.text(&names.original(file), template, Role::Program)?;
        if self.package.format == Format::Rpm {
            let ghost = Entry::new(Kind::Ghost, CONFIDENTIAL)
                .owned_by(ROOT, &names.group)
                .with_role(Role::Configuration);
            self.add(&names.configuration(file), ghost)?;
        }
        Ok(())
    }

    /// A folder that everybody may look into.
    pub(super) fn folder(&mut self, path: &str) -> Result<(), ProductError> {
        self.add(path, Entry::new(Kind::Directory, PROGRAM))
    }

    /// A folder with a mode, an owner and a group of its own.
    pub(super) fn own_folder(
        &mut self,
        path: &str,
        mode: u32,
        owner: &str,
        group: &str,
    ) -> Result<(), ProductError> {
        let entry = Entry::new(Kind::Directory, mode).owned_by(owner, group);
        self.add(path, entry)
    }

    /// A text that everybody may read.
    pub(super) fn text(
        &mut self,
        path: &str,
        template: Template,
        role: Role,
    ) -> Result<(), ProductError> {
        let text = template.render(self.values)?.into_bytes();
        self.add(path, Entry::new(Kind::File(text), PLAIN).with_role(role))
    }

    /// A configuration that root and the group may read.
    pub(super) fn confidential(
        &mut self,
        path: &str,
        template: Template,
    ) -> Result<(), ProductError> {
        let text = template.render(self.values)?.into_bytes();
        let entry = Entry::new(Kind::File(text), CONFIDENTIAL)
            .owned_by(ROOT, &self.names.group)
            .with_role(Role::Configuration);
        self.add(path, entry)
    }

    /// A file of the documentation, by its path below that.
    pub(super) fn document(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), ProductError> {
        let path = format!("{}/{path}", self.names.doc);
        let entry = Entry::new(Kind::File(bytes), PLAIN).with_role(Role::Documentation);
        self.add(&path, entry)
    }

    /// A compressed file of the documentation, by its absolute path.
    pub(super) fn compressed(&mut self, path: &str, bytes: &[u8]) -> Result<(), ProductError> {
        let packed = gzip(bytes).map_err(|err| ProductError::Write {
            path: path.to_owned(),
            err,
        })?;
        let entry = Entry::new(Kind::File(packed), PLAIN).with_role(Role::Documentation);
        self.add(path, entry)
    }

    /// Anything.
    pub(super) fn add(&mut self, path: &str, entry: Entry) -> Result<(), ProductError> {
        Ok(self.tree.add(path, entry)?)
    }

    /// The files so far that an administrator may have edited.
    pub(super) fn configurations(&self) -> impl Iterator<Item = &str> {
        self.tree
            .iter()
            .filter(|(_, entry)| entry.role == Role::Configuration)
            .map(|(path, _)| path)
    }

    /// The tree, with the folders above its paths that are not the system's: whoever removes the package finds none left.
    pub(super) fn finish(mut self) -> Result<Tree, ProductError> {
        let places: Vec<String> = self
            .tree
            .iter()
            .flat_map(|(path, _)| places::above(path).map(str::to_owned))
            .collect();
        for folder in places {
            if !places::is_standard(&folder) && self.tree.get(&folder).is_none() {
                self.folder(&folder)?;
            }
        }
        Ok(self.tree)
    }

    fn pages(&mut self) -> Result<(), ProductError> {
        for (file, text) in self.ingredients.pages {
            self.compressed(&format!("{MANUAL}/{file}.gz"), text)?;
        }
        Ok(())
    }

    fn completions(&mut self) -> Result<(), ProductError> {
        let (names, completions) = (self.names, self.ingredients.completions);
        for (path, script) in [
            (&names.bash, &completions.bash),
            (&names.zsh, &completions.zsh),
            (&names.fish, &completions.fish),
        ] {
            self.add(path, Entry::new(Kind::File(script.clone()), PLAIN))?;
        }
        Ok(())
    }
}

const MANUAL: &str = "/usr/share/man/man1";
const PROGRAM: u32 = 0o755;
const PLAIN: u32 = 0o644;
const CONFIDENTIAL: u32 = 0o640;
