use std::io::Write as _;
use std::path::PathBuf;

use super::*;

/// A program of headers alone, as the smallest that a kernel would look at.
struct Program {
    wide: bool,
    kind: u16,
    machine: u16,
    flags: u32,
    /// Type and contents of each segment.
    segments: Vec<(u32, Vec<u8>)>,
}

const INTERP: u32 = 3;
const DYN: u32 = 2;

impl Program {
    fn of(platform: Platform) -> Self {
        let (wide, machine, flags) = match platform {
            Platform::X86_64 => (true, 62, 0),
            Platform::Aarch64 => (true, 183, 0),
            Platform::Armv7 => (false, 40, 0x0500_0400),
        };
        Self {
            wide,
            kind: 3,
            machine,
            flags,
            segments: Vec::new(),
        }
    }

    fn with(mut self, kind: u32, contents: &[u8]) -> Self {
        self.segments.push((kind, contents.to_vec()));
        self
    }

    fn word(&self, number: usize) -> Vec<u8> {
        let bytes = (number as u64).to_le_bytes();
        bytes[..if self.wide { 8 } else { 4 }].to_vec()
    }

    fn bytes(&self) -> Vec<u8> {
        let (head, each) = if self.wide { (64, 56) } else { (52, 32) };
        let mut file = vec![0x7f, b'E', b'L', b'F', if self.wide { 2 } else { 1 }, 1, 1];
        file.resize(16, 0);
        file.extend(self.kind.to_le_bytes());
        file.extend(self.machine.to_le_bytes());
        file.extend(1u32.to_le_bytes());
        for number in [0, head, 0] {
            file.extend(self.word(number));
        }
        file.extend(self.flags.to_le_bytes());
        for number in [head, each, self.segments.len(), 0, 0, 0] {
            file.extend(u16::try_from(number).unwrap().to_le_bytes());
        }
        assert_eq!(file.len(), head);
        let mut place = head + each * self.segments.len();
        for (kind, contents) in &self.segments {
            file.extend(kind.to_le_bytes());
            if self.wide {
                file.extend([0; 4]);
            }
            for number in [place, 0, 0, contents.len(), contents.len()] {
                file.extend(self.word(number));
            }
            file.resize(file.len().next_multiple_of(4), 0);
            file.extend(vec![0; each - (file.len() - head) % each]);
            place += contents.len();
        }
        for (_, contents) in &self.segments {
            file.extend(contents);
        }
        file
    }
}

fn verified(bytes: &[u8], mode: u32, platform: Platform) -> Result<Verified, CompileError> {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("program");
    let mut file = File::create(&path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(mode))
        .unwrap();
    verify(&path, platform)
}

#[test]
fn a_static_program_of_each_platform_is_accepted() {
    for platform in Platform::ALL {
        let bytes = Program::of(platform).bytes();
        let verified = verified(&bytes, 0o755, platform).unwrap();
        assert_eq!(verified.platform, platform);
        assert_eq!(verified.size, bytes.len() as u64);
        assert!(verified.stripped);
    }
}

#[test]
fn a_program_for_another_machine_is_named_as_such() {
    let bytes = Program::of(Platform::X86_64).bytes();
    let refused = verified(&bytes, 0o755, Platform::Aarch64).unwrap_err();
    assert!(
        matches!(&refused, CompileError::Architecture { found, expected: Platform::Aarch64, .. } if found == "64-bit x86")
    );
    assert!(refused.to_string().contains("wrong architecture"));
}

#[test]
fn soft_floats_are_another_machine() {
    let program = Program {
        flags: 0x0500_0200,
        ..Program::of(Platform::Armv7)
    };
    let refused = verified(&program.bytes(), 0o755, Platform::Armv7);
    assert!(matches!(refused, Err(CompileError::Architecture { .. })));
}

#[test]
fn machines_that_nobody_asked_for_have_names_too() {
    let program = Program {
        machine: 243,
        ..Program::of(Platform::X86_64)
    };
    let refused = verified(&program.bytes(), 0o755, Platform::X86_64);
    assert!(
        matches!(refused, Err(CompileError::Architecture { found, .. }) if found == "64-bit RISC-V")
    );
}

#[test]
fn a_program_that_needs_a_loader_is_refused() {
    for platform in Platform::ALL {
        let bytes = Program::of(platform)
            .with(INTERP, b"/lib/ld-linux.so\0")
            .bytes();
        let refused = verified(&bytes, 0o755, platform);
        assert!(
            matches!(refused, Err(CompileError::Dynamic { needs, .. }) if needs == "\"/lib/ld-linux.so\"")
        );
    }
}

#[test]
fn a_program_that_needs_libraries_is_refused() {
    for platform in Platform::ALL {
        let program = Program::of(platform);
        let table: Vec<u8> = [6, 0, 1, 0, 0, 0]
            .into_iter()
            .flat_map(|each| program.word(each))
            .collect();
        let refused = verified(&program.with(DYN, &table).bytes(), 0o755, platform);
        assert!(
            matches!(refused, Err(CompileError::Dynamic { .. })),
            "{platform}"
        );
    }
}

#[test]
fn relocating_oneself_is_no_need() {
    for platform in Platform::ALL {
        let program = Program::of(platform);
        // what follows the end of the table is not part of it
        let table: Vec<u8> = [6, 0, 0, 0, 1, 0]
            .into_iter()
            .flat_map(|each| program.word(each))
            .collect();
        let accepted = verified(&program.with(DYN, &table).bytes(), 0o755, platform);
        assert!(accepted.is_ok(), "{accepted:?}");
    }
}

#[test]
fn what_is_no_program_is_refused() {
    let object = Program {
        kind: 1,
        ..Program::of(Platform::X86_64)
    };
    for bytes in [
        b"".to_vec(),
        b"#!/bin/sh\n".to_vec(),
        b"\x7fELF".to_vec(),
        object.bytes(),
    ] {
        let refused = verified(&bytes, 0o755, Platform::X86_64);
        assert!(
            matches!(refused, Err(CompileError::Format { .. })),
            "{bytes:?}"
        );
    }
}

#[test]
fn a_program_that_was_cut_off_anywhere_is_refused_or_whole() {
    let program = Program::of(Platform::X86_64);
    let table: Vec<u8> = [6, 0, 0, 0]
        .into_iter()
        .flat_map(|each| program.word(each))
        .collect();
    let whole = program.with(DYN, &table).bytes();
    // the value beside the mark of the end is not looked at
    for length in 0..whole.len() - 8 {
        assert!(
            verified(&whole[..length], 0o755, Platform::X86_64).is_err(),
            "{length}"
        );
    }
}

#[test]
fn a_file_that_may_not_be_run_is_refused() {
    let bytes = Program::of(Platform::X86_64).bytes();
    let refused = verified(&bytes, 0o644, Platform::X86_64);
    assert!(matches!(
        refused,
        Err(CompileError::Mode { mode: 0o644, .. })
    ));
}

#[test]
fn the_program_of_this_test_is_dynamic_and_has_symbols() {
    let own = std::env::current_exe().unwrap();
    let mut bytes = Vec::new();
    File::open(own).unwrap().read_to_end(&mut bytes).unwrap();
    let elf = Elf::read(&bytes).unwrap();
    assert!(elf.has_symbols().unwrap());
    assert!(elf.needs().unwrap().unwrap().contains("ld-"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let refused = verify(Path::new("/nonexistent/program"), Platform::X86_64);
    assert!(matches!(refused, Err(CompileError::File { path, .. }) if path.ends_with("program")));
}
