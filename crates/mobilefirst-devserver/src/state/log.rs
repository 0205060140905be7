//! The last calls, as the console shows them.

use std::collections::VecDeque;

use serde_json::{Map, Value};

/// How many calls are kept.
const CAPACITY: usize = 200;

/// The last calls. An entry is what is shown, so it must contain no secret and no whole token.
#[derive(Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    /// How many calls there were so far, which numbers them.
    count: u64,
}

struct Entry {
    number: u64,
    /// The version of the state in which the entry changed last.
    version: u64,
    shown: Map<String, Value>,
}

impl Log {
    /// Adds a call, and returns its number.
    pub(crate) fn begin(&mut self, version: u64, mut shown: Map<String, Value>) -> u64 {
        self.count += 1;
        let number = self.count;
        shown.insert("id".to_owned(), number.into());
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            number,
            version,
            shown,
        });
        number
    }

    /// Adds fields to a call, unless it was dropped in the meantime.
    pub(crate) fn extend(&mut self, number: u64, version: u64, fields: Map<String, Value>) {
        let mut entries = self.entries.iter_mut();
        if let Some(entry) = entries.find(|entry| entry.number == number) {
            entry.version = version;
            entry.shown.extend(fields);
        }
    }

    /// The calls that changed after this version, the oldest first.
    pub(crate) fn changed_after(&self, version: u64) -> impl Iterator<Item = &Map<String, Value>> {
        let changed = move |entry: &&Entry| entry.version > version;
        let entries = self.entries.iter().filter(changed);
        entries.map(|entry| &entry.shown)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn numbers(log: &Log, version: u64) -> Vec<u64> {
        let entries = log.changed_after(version);
        entries.map(|entry| entry["id"].as_u64().unwrap()).collect()
    }

    #[test]
    fn the_log_keeps_the_last_calls_and_knows_which_changed() {
        let mut log = Log::default();
        for version in 1..=CAPACITY as u64 + 2 {
            assert_eq!(log.begin(version, Map::new()), version);
        }
        let last = CAPACITY as u64 + 2;
        assert_eq!(numbers(&log, 0), (3..=last).collect::<Vec<_>>());
        assert_eq!(numbers(&log, last - 1), [last]);
        let mut answer = Map::new();
        answer.insert("status".to_owned(), json!(200));
        log.extend(3, last + 1, answer.clone());
        log.extend(1, last + 1, answer);
        assert_eq!(numbers(&log, last), [3]);
        let changed = log.changed_after(last).next().unwrap();
        assert_eq!(changed["status"], 200);
    }
}
