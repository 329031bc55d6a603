use std::ffi::OsStr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use buildspec::Platform;
use buildspec::Program;

use super::*;
use crate::compile::order::Profile;
use crate::compile::order::sample::SPEC;
use crate::compile::order::sample::order;
use crate::compile::order::sample::write;

fn checkout() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

#[test]
fn a_buildspec_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.yaml");
    let refused = compile(
        &order(folder.path(), &folder.path().join("t"), &missing),
        &mut |_| {},
    );
    assert!(matches!(refused, Err(CompileError::File { path, .. }) if path == missing));
}

#[test]
fn sources_that_do_not_compile_fail_with_the_status_of_cargo() {
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path();
    write(
        &sources.join("Cargo.toml"),
        "[package]\nname = \"muster\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    write(
        &sources.join("Cargo.lock"),
        "version = 4\n\n[[package]]\nname = \"muster\"\nversion = \"0.1.0\"\n",
    );
    fs::create_dir(sources.join("src")).unwrap();
    write(&sources.join("src/main.rs"), "fn main() { it is late }\n");
    let buildspec = sources.join("buildspec.yaml");
    write(&buildspec, SPEC);
    let target = sources.join("t");
    let quick = Order {
        profile: Profile::Quick,
        ..order(sources, &target, &buildspec)
    };
    let refused = compile(&quick, &mut |_| {});
    match refused {
        Err(CompileError::Cargo { target, status, .. }) => {
            assert_eq!((target.as_str(), status.code()), ("64bit_linux", Some(101)));
        }
        other => panic!("{other:?}"),
    }
}

/// A program without dependencies, so that the whole way takes a second.
#[test]
fn the_same_sources_are_the_same_bytes_in_another_folder() {
    let compiled = |folder: &Path| {
        fs::create_dir_all(folder.join("src")).unwrap();
        write(
            &folder.join("Cargo.toml"),
            "[package]\nname = \"muster\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        write(
            &folder.join("Cargo.lock"),
            "version = 4\n\n[[package]]\nname = \"muster\"\nversion = \"0.1.0\"\n",
        );
        write(
            &folder.join("src/main.rs"),
            "fn main() { println!(\"{}\", file!()); None::<u8>.unwrap(); }\n",
        );
        let buildspec = folder.join("buildspec.yaml");
        write(&buildspec, SPEC);
        let target = folder.join("t");
        let quick = Order {
            profile: Profile::Quick,
            ..order(folder, &target, &buildspec)
        };
        let made = compile(&quick, &mut |_| {}).unwrap();
        let read = |path: &Path| fs::read(path).unwrap();
        (read(&made.binary), read(&made.debug), made.sbom)
    };
    let folder = tempfile::tempdir().unwrap();
    let one = compiled(&folder.path().join("a"));
    let two = compiled(&folder.path().join("another/longer"));
    assert!(one.0 == two.0, "the programs differ");
    assert!(one.1 == two.1, "the debug information differs");
    assert!(one.2 == two.2, "the lists of crates differ");
    let own = folder.path().to_str().unwrap().as_bytes();
    assert!(!contains(&one.0, own) && !contains(&one.1, own));
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The committed state, elsewhere.
fn copy(to: &Path) {
    fs::create_dir_all(to).unwrap();
    let copied = Command::new("sh")
        .args(["-c", "git -C \"$0\" archive HEAD | tar -x -C \"$1\""])
        .args([&checkout(), to])
        .status();
    assert!(copied.unwrap().success());
    write(&to.join("spec.yaml"), SPEC);
}

fn run(platform: Platform, binary: &Path, argument: &str) -> String {
    let emulator = match platform {
        Platform::X86_64 => None,
        Platform::Aarch64 => Some("qemu-aarch64-static"),
        Platform::Armv7 => Some("qemu-arm-static"),
    };
    let mut command = Command::new(emulator.map_or(binary.as_os_str(), OsStr::new));
    if emulator.is_some() {
        command.arg(binary);
    }
    let output = command.arg(argument).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Compiles a program of the checkout, says what a person wants to know about it, and checks what is always true.
#[expect(
    clippy::print_stdout,
    reason = "whoever runs long tests wants the sizes"
)]
fn made(platform: Platform, program: Program) -> Compiled {
    let sources = checkout();
    let target = sources.join("target/packager-long");
    fs::create_dir_all(&target).unwrap();
    let buildspec = target.join("spec.yaml");
    write(&buildspec, SPEC);
    let order = Order {
        platform,
        program,
        target: match platform {
            Platform::X86_64 => "64bit_linux",
            Platform::Aarch64 => "aarch64_linux",
            Platform::Armv7 => "armv7_linux",
        },
        ..order(&sources, &target, &buildspec)
    };
    let made = compile(&order, &mut |text| println!("{text}")).unwrap();
    let verified = elf::verify(&made.binary, platform).unwrap();
    assert!(verified.stripped);
    let debug = fs::metadata(&made.debug).unwrap().len();
    println!(
        "{} bytes, debug information {debug}, crates {}",
        verified.size, made.crates
    );
    let sbom = std::str::from_utf8(&made.sbom).unwrap();
    write(&made.binary.with_extension("cdx.json"), sbom);
    let bytes = fs::read(&made.binary).unwrap();
    for secret in ["toomanysecrets", sources.to_str().unwrap(), "spec.yaml"] {
        assert!(
            !contains(&bytes, secret.as_bytes()),
            "{secret} is in the binary"
        );
    }
    made
}

#[test]
fn the_agent_of_each_platform_runs() {
    if env::var_os("MUSTER_LONG").is_none() {
        return;
    }
    for platform in Platform::ALL {
        let made = made(platform, Program::Agent);
        let version = run(platform, &made.binary, "--version");
        assert_eq!(version.trim(), "muster 1.2.3");
        let about = run(platform, &made.binary, "build-info");
        assert!(about.contains("0123abc"), "{about}");
        assert!(about.contains(platform.triple()), "{about}");
    }
}

#[test]
fn the_provisioner_runs() {
    if env::var_os("MUSTER_LONG").is_none() {
        return;
    }
    let made = made(Platform::X86_64, Program::Provisioner);
    let version = run(Platform::X86_64, &made.binary, "--version");
    assert!(version.contains("1.2.3"), "{version}");
}

#[test]
fn the_agent_is_the_same_bytes_in_another_folder() {
    if env::var_os("MUSTER_LONG").is_none() {
        return;
    }
    let work = tempfile::tempdir_in(checkout().join("target")).unwrap();
    let compiled = |folder: PathBuf| {
        copy(&folder);
        let (target, buildspec) = (folder.join("target"), folder.join("spec.yaml"));
        let made = compile(&order(&folder, &target, &buildspec), &mut |_| {}).unwrap();
        let read = |path: &Path| fs::read(path).unwrap();
        (read(&made.binary), read(&made.debug), made.sbom)
    };
    let one = compiled(work.path().join("a"));
    let two = compiled(work.path().join("another-folder/longer"));
    assert!(one == two, "the bytes differ");
}
