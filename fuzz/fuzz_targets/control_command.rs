//! Any line as a command of the machine's operator: a command or none, and a command is written as it was read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_provisioner::control::Command;

fuzz_target!(|line: &[u8]| {
    let Ok(command) = serde_json::from_slice::<Command>(line) else {
        return;
    };
    if let Command::Pause {
        reason: Some(reason),
    } = &command
    {
        assert!(!reason.as_str().chars().any(char::is_control));
    }
    let written = serde_json::to_string(&command).unwrap();
    assert!(!written.contains('\n'));
    assert_eq!(serde_json::from_str::<Command>(&written).unwrap(), command);
});
