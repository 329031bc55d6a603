//! Whatever reaches the page of metrics: a verdict that does not depend on how the bytes arrive.

#![no_main]

use libfuzzer_sys::fuzz_target;
use muster::server::metrics::head::Head;
use muster::server::metrics::head::read;

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes);
    for length in 0..bytes.len().min(512) {
        let early = bytes.get(..length).map(read).unwrap_or(Head::Incomplete);
        if early != Head::Incomplete {
            assert_eq!(early, whole);
            break;
        }
    }
});
