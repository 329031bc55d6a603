//! The tools that a platform needs. All that is missing is said at once, with the commands that install it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;

use buildspec::Platform;

use super::cargo::Cargo;
use super::error::CompileError;

/// What Debian calls the tools of one platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tools {
    /// Compiles C code.
    pub(super) compiler: &'static str,
    /// Makes static libraries of it.
    pub(super) archiver: &'static str,
    /// Links everything.
    pub(super) linker: &'static str,
    /// Takes binaries apart.
    pub(super) objcopy: &'static str,
    /// Each of them with the package that it is in.
    packages: &'static [(&'static str, &'static str)],
    /// The package of the C library that the compiler does not bring along: its absence shows in `libc.a`.
    library: Option<&'static str>,
}

/// What the installed compiler says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rust {
    /// `1.95.0`.
    pub(super) release: String,
    /// Its commit, which stands in the paths of the standard library.
    pub(super) commit: String,
    /// Where it is installed.
    pub(super) sysroot: PathBuf,
}

impl Tools {
    /// Those of a platform.
    pub(super) const fn of(platform: Platform) -> Self {
        match platform {
            Platform::X86_64 => Self {
                compiler: "musl-gcc",
                archiver: "x86_64-linux-gnu-ar",
                linker: "x86_64-linux-gnu-gcc",
                objcopy: "x86_64-linux-gnu-objcopy",
                packages: &[
                    ("musl-gcc", "musl-tools"),
                    ("x86_64-linux-gnu-gcc", "gcc"),
                    ("x86_64-linux-gnu-ar", "binutils"),
                    ("x86_64-linux-gnu-objcopy", "binutils"),
                ],
                library: None,
            },
            Platform::Aarch64 => Self {
                compiler: "aarch64-linux-gnu-gcc",
                archiver: "aarch64-linux-gnu-ar",
                linker: "aarch64-linux-gnu-gcc",
                objcopy: "aarch64-linux-gnu-objcopy",
                packages: &[
                    ("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
                    ("aarch64-linux-gnu-ar", "binutils-aarch64-linux-gnu"),
                    ("aarch64-linux-gnu-objcopy", "binutils-aarch64-linux-gnu"),
                ],
                library: Some("libc6-dev-arm64-cross"),
            },
            Platform::Armv7 => Self {
                compiler: "arm-linux-gnueabihf-gcc",
                archiver: "arm-linux-gnueabihf-ar",
                linker: "arm-linux-gnueabihf-gcc",
                objcopy: "arm-linux-gnueabihf-objcopy",
                packages: &[
                    ("arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf"),
                    ("arm-linux-gnueabihf-ar", "binutils-arm-linux-gnueabihf"),
                    (
                        "arm-linux-gnueabihf-objcopy",
                        "binutils-arm-linux-gnueabihf",
                    ),
                ],
                library: Some("libc6-dev-armhf-cross"),
            },
        }
    }
}

/// Looks for everything that a platform needs.
///
/// # Errors
/// One that names all that is missing.
pub(super) fn check(cargo: &Cargo<'_>, platform: Platform) -> Result<Rust, CompileError> {
    let path = cargo.variable("PATH").unwrap_or_default();
    let mut lacks = Lacks::default();
    let tools = Tools::of(platform);
    let build_scripts = [("cc", "gcc"), ("cc", "libc6-dev")];
    for (tool, package) in tools.packages.iter().chain(&build_scripts) {
        if !is_in(&path, tool) {
            lacks.tool(tool, package);
        }
    }
    if let Some(package) = tools.library.filter(|_| is_in(&path, tools.compiler)) {
        // gcc prints the bare name of a file that it does not find
        let found = cargo.ask(tools.compiler, &["-print-file-name=libc.a"])?;
        if !Path::new(found.trim()).is_absolute() {
            lacks.tool("the C library's headers", package);
        }
    }
    let rust = lacks.rust(cargo, &path, platform)?;
    match (rust, lacks.is_empty()) {
        (Some(rust), true) => Ok(rust),
        (Some(_) | None, _) => Err(lacks.into_error(platform)),
    }
}

/// What is missing, and what to do about it.
#[derive(Debug, Default)]
struct Lacks {
    missing: BTreeSet<String>,
    packages: BTreeSet<&'static str>,
    commands: Vec<String>,
}

impl Lacks {
    fn is_empty(&self) -> bool {
        self.missing.is_empty()
    }

    fn tool(&mut self, tool: &str, package: &'static str) {
        self.missing.insert(tool.to_owned());
        self.packages.insert(package);
    }

    fn rust(
        &mut self,
        cargo: &Cargo<'_>,
        path: &OsStr,
        platform: Platform,
    ) -> Result<Option<Rust>, CompileError> {
        for tool in ["cargo", "rustc"] {
            if !is_in(path, tool) {
                self.missing.insert(tool.to_owned());
                self.commands
                    .push("install Rust with rustup (https://rustup.rs)".to_owned());
                self.commands.dedup();
            }
        }
        if !self.commands.is_empty() {
            return Ok(None);
        }
        let triple = platform.triple();
        let about = match cargo.ask("rustc", &["-vV"]) {
            Ok(about) => about,
            // rustup says which toolchain it is that rust-toolchain.toml asks for
            Err(CompileError::Tool { stderr, .. }) => {
                let first = stderr.lines().next().unwrap_or_default();
                self.missing.insert(format!("the Rust toolchain ({first})"));
                self.commands.push(format!(
                    "`rustup toolchain install && rustup target add {triple}` in {}",
                    cargo.folder().display()
                ));
                return Ok(None);
            }
            Err(err) => return Err(err),
        };
        let printed = [
            "--print=sysroot",
            "--print=target-libdir",
            "--target",
            triple,
        ];
        let paths = cargo.ask("rustc", &printed)?;
        let (sysroot, library) = paths.trim().split_once('\n').unwrap_or_default();
        if !Path::new(library).is_dir() {
            self.missing
                .insert(format!("Rust's standard library of {triple}"));
            self.commands.push(format!(
                "`rustup target add {triple}` in {}",
                cargo.folder().display()
            ));
        }
        Ok(Some(Rust::read(&about, sysroot)))
    }

    fn into_error(self, platform: Platform) -> CompileError {
        let mut remedies = Vec::new();
        if !self.packages.is_empty() {
            let packages: Vec<&str> = self.packages.into_iter().collect();
            remedies.push(format!("`apt-get install {}`", packages.join(" ")));
        }
        remedies.extend(self.commands);
        CompileError::Missing {
            platform,
            missing: self.missing.into_iter().collect(),
            remedies,
        }
    }
}

impl Rust {
    /// From what `rustc -vV` prints.
    fn read(about: &str, sysroot: &str) -> Self {
        let field = |name: &str| {
            let found = about.lines().find_map(|line| line.strip_prefix(name));
            found.unwrap_or("unknown").trim().to_owned()
        };
        Self {
            release: field("release:"),
            commit: field("commit-hash:"),
            sysroot: PathBuf::from(sysroot),
        }
    }
}

fn is_in(path: &OsStr, tool: &str) -> bool {
    std::env::split_paths(path).any(|folder| {
        folder
            .join(tool)
            .metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::compile::environment::Variables;

    fn checked(path: &Path, platform: Platform) -> Result<Rust, CompileError> {
        let mut variables = Variables::from([("PATH".into(), path.as_os_str().into())]);
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME"] {
            let value = std::env::var_os(name);
            variables.extend(value.map(|value| (OsString::from(name), value)));
        }
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"));
        check(&Cargo::new(sources, &variables), platform)
    }

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let empty = tempfile::tempdir().unwrap();
        let refused = checked(empty.path(), Platform::Aarch64).unwrap_err();
        let text = refused.to_string();
        for word in [
            "aarch64-linux-gnu-gcc",
            "aarch64-linux-gnu-objcopy",
            "`apt-get install binutils-aarch64-linux-gnu gcc gcc-aarch64-linux-gnu libc6-dev`",
            "cargo, cc, rustc",
            "install Rust with rustup",
        ] {
            assert!(text.contains(word), "{word} is not in: {text}");
        }
    }

    #[test]
    fn a_standard_library_that_is_missing_is_named_with_its_command() {
        let folder = tempfile::tempdir().unwrap();
        for tool in [
            "cc",
            "cargo",
            "musl-gcc",
            "x86_64-linux-gnu-gcc",
            "x86_64-linux-gnu-ar",
            "x86_64-linux-gnu-objcopy",
        ] {
            symlink("/bin/true", folder.path().join(tool)).unwrap();
        }
        // a compiler whose standard libraries are nowhere
        let rustc = "#!/bin/sh\ncase $1 in -vV) echo release: 1.2.3;; *) echo /nonexistent; echo /nonexistent/lib;; esac\n";
        let path = folder.path().join("rustc");
        let mut file = std::fs::File::create(&path).unwrap();
        std::io::Write::write_all(&mut file, rustc.as_bytes()).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(0o755))
            .unwrap();
        drop(file);
        match checked(folder.path(), Platform::X86_64) {
            Err(CompileError::Missing {
                missing, remedies, ..
            }) => {
                assert_eq!(
                    missing,
                    ["Rust's standard library of x86_64-unknown-linux-musl"]
                );
                assert!(
                    remedies[0].starts_with("`rustup target add x86_64-unknown-linux-musl` in ")
                );
                assert_eq!(remedies.len(), 1);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_the_compiler_says_of_itself_is_read() {
        let about = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\ncommit-hash: 59807616e1fa\nrelease: 1.95.0\n";
        let rust = Rust::read(about, "/r");
        assert_eq!(
            (rust.release.as_str(), rust.commit.as_str()),
            ("1.95.0", "59807616e1fa")
        );
    }

    #[test]
    fn each_tool_of_a_platform_has_a_package() {
        for platform in Platform::ALL {
            let tools = Tools::of(platform);
            for tool in [tools.compiler, tools.archiver, tools.linker, tools.objcopy] {
                assert!(
                    tools.packages.iter().any(|(name, _)| *name == tool),
                    "{tool}"
                );
            }
        }
    }
}
