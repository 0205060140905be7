//! The keys of one validator, for the cache of this process and for a remote store.

use crate::error::Error;
use crate::lookup::cache_key::{CacheKey, CacheKeys};
use crate::lookup::store_key::{Kind, StoreKey, StoreKeys};
use crate::lookup::subject::Subject;
use crate::protocol::question::Question;
use crate::scope::Scope;
use crate::token::introspection::Introspection;

/// Makes keys. Validators of one realm (protocol, server and client) make the same.
pub(crate) struct Keys {
    cache: CacheKeys,
    store: StoreKeys,
    /// Names every answer of the realm.
    pub(crate) all: StoreKey,
    good_for: GoodFor,
}

/// What an answer is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoodFor {
    AnyScope,
    /// The server checks the scope, so its answer is good for that scope only.
    OneScope,
}

impl Keys {
    pub(crate) fn new(realm: &[&str], good_for: GoodFor) -> Result<Self, Error> {
        let store = StoreKeys::new(realm);
        Ok(Self {
            cache: CacheKeys::new(realm)?,
            all: store.key(Kind::All, []),
            store,
            good_for,
        })
    }

    /// The key in the cache for the credentials of a request, on a route that requires `scope`.
    /// Spaces between two tokens make no difference, however many there are.
    #[inline]
    pub(crate) fn cache_key(&self, credentials: &[u8], scope: &Scope) -> CacheKey {
        match self.good_for {
            GoodFor::AnyScope => self.cache.key(credentials),
            GoodFor::OneScope => {
                let scope = scope.as_str().as_bytes();
                self.cache.joined(words(credentials).chain([scope]))
            }
        }
    }

    /// The key in the cache for a token, whatever the scope; `None` where there is one for each
    /// scope.
    pub(crate) fn token_key(&self, token: &str) -> Option<CacheKey> {
        match self.good_for {
            GoodFor::AnyScope => Some(self.cache.key(token.as_bytes())),
            GoodFor::OneScope => None,
        }
    }

    /// The key in a remote store for the credentials of a request.
    pub(crate) fn store_key(&self, credentials: &[u8], scope: &Scope) -> StoreKey {
        self.answer_key(words(credentials), scope)
    }

    /// The key in a remote store for a question.
    pub(crate) fn question_key(&self, question: &Question) -> StoreKey {
        let tokens = [Some(&question.token), question.id_token.as_ref()];
        let words = tokens.into_iter().flatten().map(|token| token.as_bytes());
        self.answer_key(words, &question.scope)
    }

    /// What a remote store calls `subject`.
    pub(crate) fn subject(&self, subject: Subject<'_>) -> StoreKey {
        let (kind, name) = match subject {
            // Answers that were checked for a scope have keys that can't be computed any more.
            Subject::Token(_) if self.good_for == GoodFor::OneScope => return self.all,
            Subject::Token(token) => (Kind::Token, token),
            Subject::User(user) => (Kind::User, user),
            Subject::Client(client) => (Kind::Client, client),
            Subject::Device(device) => (Kind::Device, device),
        };
        self.store.key(kind, [name.as_bytes()])
    }

    /// Everything that `known` can be forgotten by. `key` is its key in a remote store.
    pub(crate) fn names(&self, key: StoreKey, known: &Introspection) -> Vec<StoreKey> {
        let mut names = vec![self.all, key];
        let Introspection::Active(token) = known else {
            return names;
        };
        let context = token.security_context().unwrap_or_default();
        let users = [
            token.username().map(str::to_owned),
            token.user().and_then(|user| user.id),
            token.user_id(),
            context.user.id,
        ];
        let device = token.device_id();
        let clients = token.client_id().into_iter().map(Subject::Client);
        let users = users.iter().flatten().map(|id| Subject::User(id));
        let devices = device.iter().map(|id| Subject::Device(id));
        names.extend(clients.chain(users).chain(devices).map(|s| self.subject(s)));
        names
    }

    fn answer_key<'a>(&self, words: impl Iterator<Item = &'a [u8]>, scope: &'a Scope) -> StoreKey {
        match self.good_for {
            GoodFor::AnyScope => self.store.key(Kind::Token, words),
            GoodFor::OneScope => {
                let scope = scope.as_str().as_bytes();
                self.store.key(Kind::Token, words.chain([scope]))
            }
        }
    }
}

fn words(credentials: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = credentials.split(|byte| *byte == b' ');
    words.filter(|word| !word.is_empty())
}
