//! What a resource's challenges have taught us about its scopes.

use http::Method;
use quick_cache::sync::Cache;

use crate::scope::Scope;

/// Maximum number of entries for one resource.
const CAPACITY: usize = 512;

/// A longer path is not remembered, to bound the memory.
const MAX_PATH_LENGTH: usize = 512;

/// How many parent paths of a route are remembered, counted from the root.
const MAX_DEPTH: usize = 8;

/// The scopes that one resource asked for. Each resource has its own, so none can push out what
/// another taught us.
pub(crate) struct Learnt(Cache<Place, Scope>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Place {
    /// The routes of a pattern, by its index.
    Pattern(usize),
    Route(Method, String),
    /// Any route below this path: the scope that one of them asked for last.
    Below(Method, String),
}

/// A route, as its scope is remembered.
pub(crate) enum Spot {
    /// By the index of the first pattern that matches.
    Pattern(usize),
    /// By method and path.
    Route(Method, String),
}

impl Learnt {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// The scope that this spot itself asked for last.
    pub(crate) fn of(&self, spot: &Spot) -> Option<Scope> {
        self.0.get(&spot.place())
    }

    /// The scope that a route below the nearest common parent path asked for last.
    pub(crate) fn near(&self, method: &Method, path: &str) -> Option<Scope> {
        let mut parents: Vec<_> = parents(path).collect();
        parents.reverse();
        let place = |parent: &str| Place::Below(method.clone(), parent.to_owned());
        parents
            .into_iter()
            .find_map(|parent| self.0.get(&place(parent)))
    }

    /// Remembers what a resource asked for.
    pub(crate) fn learn(&self, spot: &Spot, scope: &Scope) {
        for place in spot.places() {
            self.0.insert(place, scope.clone());
        }
    }

    /// Forgets a scope that we are not granted.
    pub(crate) fn forget(&self, spot: &Spot, scope: &Scope) {
        for place in spot.places() {
            if self.0.get(&place).as_ref() == Some(scope) {
                self.0.remove(&place);
            }
        }
    }
}

impl Spot {
    fn place(&self) -> Place {
        match self {
            Self::Pattern(index) => Place::Pattern(*index),
            Self::Route(method, path) => Place::Route(method.clone(), path.clone()),
        }
    }

    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        if let Self::Route(method, path) = self {
            let below = |parent: &str| Place::Below(method.clone(), parent.to_owned());
            places.extend(parents(path).map(below));
        }
        if !matches!(self, Self::Route(_, path) if path.len() > MAX_PATH_LENGTH) {
            places.push(self.place());
        }
        places
    }
}

/// `/a/b/c` has the parents `/`, `/a/` and `/a/b/`.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at + 1);
    ends.take(MAX_DEPTH)
        .take_while(|end| *end <= MAX_PATH_LENGTH)
        .map(|end| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> Spot {
        Spot::Route(Method::GET, path.to_owned())
    }

    #[test]
    fn the_nearest_parent_counts_and_the_last_scope() {
        let learnt = Learnt::new();
        let near = |path| {
            learnt
                .near(&Method::GET, path)
                .map(|scope| scope.to_string())
        };
        assert_eq!(near("/items/1"), None);
        learnt.learn(&route("/items/1"), &Scope::from_static("items"));
        learnt.learn(&route("/orders/1/lines"), &Scope::from_static("orders"));
        for (path, scope) in [
            ("/items/2", "items"),
            ("/items/2/parts", "items"),
            ("/orders/2", "orders"),
            ("/itemsize", "orders"),
            ("/", "orders"),
        ] {
            assert_eq!(near(path).as_deref(), Some(scope), "{path}");
        }
        assert_eq!(learnt.near(&Method::POST, "/items/2"), None);
        learnt.forget(&route("/items/1"), &Scope::from_static("items"));
        assert_eq!(near("/items/2").as_deref(), Some("orders"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let learnt = Learnt::new();
        let deep = "/d".repeat(10_000);
        for n in 0..5_000 {
            let scope = format!("s{n}").parse().unwrap();
            for path in [
                format!("/{n}"),
                format!("/{n}{deep}"),
                format!("/{}", "x".repeat(n)),
            ] {
                learnt.learn(&route(&path), &scope);
            }
        }
        assert!(learnt.0.len() <= CAPACITY);
        let longest = learnt.0.iter().map(|(place, _)| match place {
            Place::Pattern(_) => 0,
            Place::Route(_, path) | Place::Below(_, path) => path.len(),
        });
        assert!(longest.max().unwrap() <= MAX_PATH_LENGTH);
        assert_eq!(parents(&deep).count(), MAX_DEPTH);
    }
}
