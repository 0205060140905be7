//! Which fault each call meets.

use std::collections::{HashMap, VecDeque};

use crate::endpoint::Endpoint;
use crate::fault::Fault;

/// The faults that are set, by endpoint.
#[derive(Default)]
pub(crate) struct Script {
    once: HashMap<Endpoint, VecDeque<Fault>>,
    each: HashMap<Endpoint, Pick>,
}

type Pick = Box<dyn FnMut() -> Option<Fault> + Send>;

impl Script {
    pub(crate) fn once(&mut self, endpoint: Endpoint, fault: Fault) {
        self.once.entry(endpoint).or_default().push_back(fault);
    }

    pub(crate) fn each(&mut self, endpoint: Endpoint, pick: Pick) {
        self.each.insert(endpoint, pick);
    }

    /// The fault for the next call, if any. One-time faults come first.
    pub(crate) fn next(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let once = self.once.get_mut(&endpoint).and_then(VecDeque::pop_front);
        once.or_else(|| self.each.get_mut(&endpoint)?())
    }
}
