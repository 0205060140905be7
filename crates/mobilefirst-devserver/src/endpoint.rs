//! The endpoints, their paths, and how often each was called.

/// An endpoint of the authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST <base path>/az/v1/token`
    Token,
    /// `POST <base path>/az/v1/introspection`
    Introspection,
    /// `POST <project path>/authorization/v1/token/validation`, of version 7
    Validation,
}

impl Endpoint {
    pub(crate) const ALL: [Self; 3] = [Self::Token, Self::Introspection, Self::Validation];

    /// The name in the control calls.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Introspection => "introspection",
            Self::Validation => "validation",
        }
    }

    /// The endpoint at this path, given the base path of version 8 and the project path of
    /// version 7.
    pub(crate) fn at(path: &str, base_path: &str, project_path: &str) -> Option<Self> {
        match path.strip_prefix(base_path) {
            Some("/az/v1/token") => return Some(Self::Token),
            Some("/az/v1/introspection") => return Some(Self::Introspection),
            _ => {}
        }
        match path.strip_prefix(project_path) {
            Some("/authorization/v1/token/validation") => Some(Self::Validation),
            _ => None,
        }
    }
}

/// The number of calls to each endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// Calls to the token endpoint.
    pub token: u64,
    /// Calls to the introspection endpoint.
    pub introspection: u64,
    /// Calls to version 7's validation endpoint.
    pub validation: u64,
}

impl Calls {
    pub(crate) fn count(&mut self, endpoint: Endpoint) {
        match endpoint {
            Endpoint::Token => self.token += 1,
            Endpoint::Introspection => self.introspection += 1,
            Endpoint::Validation => self.validation += 1,
        }
    }
}
