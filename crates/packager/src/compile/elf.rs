//! What a finished binary is: for which machine, and whether it needs anything of that machine.
//!
//! Read by hand from the headers: what is needed are eight fields. The same check serves binaries that somebody else made.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use buildspec::Platform;

use super::error::CompileError;

/// A binary that runs on its platform as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// What it runs on.
    pub platform: Platform,
    /// Bytes.
    pub size: u64,
    /// Whether its table of symbols was taken out.
    pub stripped: bool,
}

/// Reads a binary and says whether it is an executable, statically linked program for a platform.
///
/// # Errors
/// When it cannot be read, or is something else.
pub fn verify(path: &Path, platform: Platform) -> Result<Verified, CompileError> {
    let read = || CompileError::file("read", path);
    let mut file = File::open(path).map_err(read())?;
    let mode = file.metadata().map_err(read())?.permissions().mode() & 0o7777;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(read())?;
    let format = |reason| CompileError::Format {
        path: path.to_owned(),
        reason,
    };
    let elf = Elf::read(&bytes).map_err(format)?;
    let found = elf.machine();
    if found != Machine::of(platform) {
        return Err(CompileError::Architecture {
            path: path.to_owned(),
            found: found.to_string(),
            expected: platform,
        });
    }
    if let Some(needs) = elf.needs().map_err(format)? {
        return Err(CompileError::Dynamic {
            path: path.to_owned(),
            needs,
        });
    }
    if mode & 0o111 == 0 {
        return Err(CompileError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(Verified {
        platform,
        size: bytes.len() as u64,
        stripped: !elf.has_symbols().map_err(format)?,
    })
}

/// What a program is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machine {
    X86_64,
    Aarch64,
    ArmHard,
    ArmSoft,
    Other { code: u16, bits: u8 },
}

impl Machine {
    const fn of(platform: Platform) -> Self {
        match platform {
            Platform::X86_64 => Self::X86_64,
            Platform::Aarch64 => Self::Aarch64,
            Platform::Armv7 => Self::ArmHard,
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::X86_64 => f.write_str("64-bit x86"),
            Self::Aarch64 => f.write_str("64-bit Arm"),
            Self::ArmHard => f.write_str("32-bit Arm with hardware floats"),
            Self::ArmSoft => f.write_str("32-bit Arm without hardware floats"),
            Self::Other { code: 3, .. } => f.write_str("32-bit x86"),
            Self::Other { code: 21, .. } => f.write_str("64-bit PowerPC"),
            Self::Other { code: 22, .. } => f.write_str("S/390"),
            Self::Other { code: 243, bits } => write!(f, "{bits}-bit RISC-V"),
            Self::Other { code, bits } => write!(f, "{bits}-bit machine number {code}"),
        }
    }
}

/// The headers of a little-endian program.
#[derive(Debug)]
struct Elf<'a> {
    bytes: &'a [u8],
    wide: bool,
}

/// Where one table of headers is.
struct Table {
    start: u64,
    each: u64,
    count: u64,
}

impl<'a> Elf<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        if bytes.get(..4) != Some(b"\x7fELF".as_slice()) {
            return Err("it does not begin like one");
        }
        let wide = match bytes.get(4) {
            Some(1) => false,
            Some(2) => true,
            Some(_) | None => return Err("it is neither 32-bit nor 64-bit"),
        };
        if bytes.get(5) != Some(&1) {
            return Err("it is big-endian");
        }
        let elf = Self { bytes, wide };
        match elf.number(16, 2)? {
            EXECUTABLE | POSITION_INDEPENDENT => Ok(elf),
            _ => Err("it is an object file or a core dump"),
        }
    }

    fn machine(&self) -> Machine {
        let hard = self.number(0x24, 4).unwrap_or_default() & HARD_FLOAT != 0;
        let code = self.number(18, 2).unwrap_or_default();
        match (code, self.wide) {
            (62, true) => Machine::X86_64,
            (183, true) => Machine::Aarch64,
            (40, false) if hard => Machine::ArmHard,
            (40, false) => Machine::ArmSoft,
            (code, wide) => Machine::Other {
                code: u16::try_from(code).unwrap_or_default(),
                bits: if wide { 64 } else { 32 },
            },
        }
    }

    /// What the machine must have for it to start, if anything.
    fn needs(&self) -> Result<Option<String>, &'static str> {
        let table = self.segments()?;
        for number in 0..table.count {
            let header = table.place(number)?;
            let (offset, size) = if self.wide { (8, 32) } else { (4, 16) };
            let start = self.word(header + offset)?;
            let size = self.word(header + size)?;
            match self.number(header, 4)? {
                LOADER => return Ok(Some(self.text(start, size)?)),
                DYNAMIC if self.has_libraries(start, size)? => {
                    return Ok(Some("shared libraries".to_owned()));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn has_libraries(&self, start: u64, size: u64) -> Result<bool, &'static str> {
        let each = if self.wide { 16 } else { 8 };
        for number in 0..size / each {
            match self.word(start.saturating_add(number * each))? {
                END => return Ok(false),
                LIBRARY => return Ok(true),
                _ => {}
            }
        }
        Ok(false)
    }

    fn has_symbols(&self) -> Result<bool, &'static str> {
        let table = if self.wide {
            self.table(0x28, 0x3a)?
        } else {
            self.table(0x20, 0x2e)?
        };
        for number in 0..table.count {
            if self.number(table.place(number)? + 4, 4)? == SYMBOLS {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn segments(&self) -> Result<Table, &'static str> {
        if self.wide {
            self.table(0x20, 0x36)
        } else {
            self.table(0x1c, 0x2a)
        }
    }

    fn table(&self, start: u64, each: u64) -> Result<Table, &'static str> {
        Ok(Table {
            start: self.word(start)?,
            each: self.number(each, 2)?,
            count: self.number(each + 2, 2)?,
        })
    }

    /// A number as wide as an address.
    fn word(&self, offset: u64) -> Result<u64, &'static str> {
        self.number(offset, if self.wide { 8 } else { 4 })
    }

    fn number(&self, offset: u64, width: u64) -> Result<u64, &'static str> {
        let bytes = self.slice(offset, width)?;
        let digits = bytes.iter().rev();
        Ok(digits.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn text(&self, offset: u64, size: u64) -> Result<String, &'static str> {
        let bytes = self.slice(offset, size)?;
        let text = String::from_utf8_lossy(bytes);
        Ok(format!("{:?}", text.trim_end_matches('\0')))
    }

    fn slice(&self, offset: u64, size: u64) -> Result<&'a [u8], &'static str> {
        let start = usize::try_from(offset).map_err(|_| TRUNCATED)?;
        let end = usize::try_from(offset.saturating_add(size)).map_err(|_| TRUNCATED)?;
        self.bytes.get(start..end).ok_or(TRUNCATED)
    }
}

impl Table {
    fn place(&self, number: u64) -> Result<u64, &'static str> {
        number
            .checked_mul(self.each)
            .and_then(|inside| inside.checked_add(self.start))
            .filter(|place| *place < u64::MAX / 2)
            .ok_or(TRUNCATED)
    }
}

const TRUNCATED: &str = "it ends too early";
const EXECUTABLE: u64 = 2;
const POSITION_INDEPENDENT: u64 = 3;
const HARD_FLOAT: u64 = 0x400;
const DYNAMIC: u64 = 2;
const LOADER: u64 = 3;
const SYMBOLS: u64 = 2;
const END: u64 = 0;
const LIBRARY: u64 = 1;

#[cfg(test)]
mod tests;
