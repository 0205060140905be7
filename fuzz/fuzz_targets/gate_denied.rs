#![no_main]

#[path = "../targets.rs"]
#[expect(dead_code, reason = "this is one target of several")]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::gate_denied(data));
