//! Which fault each call meets.

use std::collections::{HashMap, VecDeque};

use crate::endpoint::Endpoint;
use crate::fault::Fault;

/// The faults that are set, by endpoint.
#[derive(Default)]
pub(crate) struct Script {
    once: HashMap<Endpoint, VecDeque<Fault>>,
    standing: HashMap<Endpoint, Standing>,
}

/// What happens to each call that meets no one-time fault.
enum Standing {
    Always(Fault),
    Picked(Pick),
}

pub(crate) type Pick = Box<dyn FnMut() -> Option<Fault> + Send>;

/// A fault that is set, and when it applies.
pub(crate) enum Planned<'a> {
    Next(&'a Fault),
    Always(&'a Fault),
    /// The program picks one for each call.
    Picked,
}

impl Script {
    pub(crate) fn once(&mut self, endpoint: Endpoint, fault: Fault) {
        self.once.entry(endpoint).or_default().push_back(fault);
    }

    pub(crate) fn always(&mut self, endpoint: Endpoint, fault: Fault) {
        self.standing.insert(endpoint, Standing::Always(fault));
    }

    pub(crate) fn each(&mut self, endpoint: Endpoint, pick: Pick) {
        self.standing.insert(endpoint, Standing::Picked(pick));
    }

    pub(crate) fn clear(&mut self, endpoint: Endpoint) {
        self.once.remove(&endpoint);
        self.standing.remove(&endpoint);
    }

    /// The fault for the next call, if any. One-time faults come first.
    pub(crate) fn next(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let once = self.once.get_mut(&endpoint).and_then(VecDeque::pop_front);
        once.or_else(|| match self.standing.get_mut(&endpoint)? {
            Standing::Always(fault) => Some(fault.clone()),
            Standing::Picked(pick) => pick(),
        })
    }

    /// What the next calls of `endpoint` meet, in this order.
    pub(crate) fn planned(&self, endpoint: Endpoint) -> impl Iterator<Item = Planned<'_>> {
        let once = self.once.get(&endpoint).into_iter().flatten();
        let standing = self.standing.get(&endpoint).map(|standing| match standing {
            Standing::Always(fault) => Planned::Always(fault),
            Standing::Picked(_) => Planned::Picked,
        });
        once.map(Planned::Next).chain(standing)
    }
}
