//! Whether two packages of a build get in each other's way.

use crate::fault::Fault;
use crate::package::Format;
use crate::package::Package;
use crate::package::Program;

/// What is wrong with having both, seen from the second. Packages of different formats or machines never meet; packages of
/// one name replace each other, and only their files must be called differently.
pub(crate) fn between(first: &Package, second: &Package) -> Option<Fault> {
    if (first.format, first.platform) != (second.format, second.platform) {
        return None;
    }
    let other = || first.place.clone();
    if first.name == second.name {
        let same = (&first.release, &first.dist) == (&second.release, &second.dist);
        // the name of an archive has no release
        return (same || first.format == Format::Archive)
            .then(|| Fault::SameFile { other: other() });
    }
    if first.format == Format::Archive {
        return None;
    }
    let taken = paths(first);
    let path = paths(second)
        .into_iter()
        .find(|path| taken.contains(path))?;
    Some(Fault::SharedPath {
        path,
        other: other(),
    })
}

/// What a package claims for itself.
fn paths(package: &Package) -> Vec<String> {
    let name = &package.name;
    let unit = match package.program {
        Program::Agent => format!("{name}-server"),
        Program::Provisioner => name.clone(),
    };
    vec![
        format!("{}/{name}", package.bindir),
        package.etcdir.clone(),
        package.statedir.clone(),
        format!("/usr/lib/systemd/system/{unit}.service"),
    ]
}
