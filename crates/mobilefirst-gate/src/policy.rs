//! The decision: what a request needs, and whether its caller has it.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use mobilefirst::{Authorize, Denial, RequestInfo, Requirement, TokenValidator};
use mobilefirst_redis::RedisStore;

use crate::config::Config;
use crate::config::mobilefirst::MobileFirst;
use crate::identity::Identity;
use crate::path::NormalPath;
use crate::peer::{Peer, TrustedProxies};
use crate::refusal::{BodyFormat, OwnReason, Refusal};
use crate::routes::Routes;
use crate::rule::named::NamedRules;
use crate::rule::{Access, Preflight, Rule};

/// All that a decision rests on. It is replaced as a whole.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) validator: TokenValidator,
    pub(crate) origin: Origin,
    routes: Routes,
    trusted_proxies: TrustedProxies,
    error_body: BodyFormat,
    pub(crate) remove_authorization: bool,
    pub(crate) named: NamedRules,
}

/// Where the validator comes from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// From the program that the gate is part of.
    Given,
    /// From the configuration, with the store of the fleet, if any.
    Settings(Arc<MobileFirst>, Option<RedisStore>),
}

/// The policy in force.
#[derive(Clone, Debug)]
pub(crate) struct CurrentPolicy(Arc<RwLock<Arc<Policy>>>);

/// The caller's request, as a trusted proxy describes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Original<'a> {
    pub(crate) method: &'a str,
    /// With a query, as the caller wrote it.
    pub(crate) target: &'a [u8],
}

/// The header fields of the caller's request.
pub(crate) trait Fields {
    /// All values of `Authorization`.
    fn authorization(&self) -> impl Iterator<Item: AsRef<[u8]>>;

    /// A value of the field with this name in lower case.
    fn get(&self, name: &'static str) -> Option<&[u8]>;
}

impl Fields for HeaderMap {
    fn authorization(&self) -> impl Iterator<Item: AsRef<[u8]>> {
        self.get_all(AUTHORIZATION).iter()
    }

    fn get(&self, name: &'static str) -> Option<&[u8]> {
        self.get(name).map(HeaderValue::as_bytes)
    }
}

impl Policy {
    pub(crate) fn new(config: &Config, validator: TokenValidator, origin: Origin) -> Self {
        Self {
            validator,
            origin,
            routes: config.routes.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            error_body: config.error_body,
            remove_authorization: config.remove_authorization,
            named: NamedRules::default(),
        }
    }

    pub(crate) fn trusts(&self, peer: Peer) -> bool {
        self.trusted_proxies.include(peer)
    }

    /// Decides by what the proxy names, or else by the table.
    pub(crate) async fn decide(
        &self,
        named: Result<Option<Cow<'_, Rule>>, &'static str>,
        original: Option<Original<'_>>,
        fields: &impl Fields,
    ) -> Result<Arc<Identity>, Refusal> {
        let rule = match named {
            Ok(Some(rule)) => rule,
            Ok(None) => {
                let original = original.ok_or_else(|| self.misconfigured(NO_REQUEST))?;
                let found = self.look_up(original);
                Cow::Borrowed(found.map_err(|reason| self.refuse(reason))?)
            }
            Err(advice) => return Err(self.misconfigured(advice)),
        };
        let is_options = original.is_some_and(|original| original.method == "OPTIONS");
        if is_options && rule.preflight == Preflight::LetThrough {
            return Ok(Identity::unknown());
        }
        match &rule.access {
            Access::Public => Ok(Identity::unknown()),
            Access::Optional(requirement) => {
                let permit = self
                    .authorize(requirement, original, fields)
                    .optional()
                    .await?;
                Ok(permit.as_ref().map_or_else(Identity::unknown, Identity::of))
            }
            Access::Guarded(requirement) => {
                let permit = self.authorize(requirement, original, fields).await?;
                Ok(Identity::of(&permit))
            }
        }
    }

    /// Refuses because the gate or the proxy is set up wrongly, and logs the advice.
    pub(crate) fn misconfigured(&self, advice: &'static str) -> Refusal {
        let denial = Denial::not_set_up(advice);
        Refusal {
            body: self.error_body.body(denial.reason().as_str()),
            ..denial.into()
        }
    }

    pub(crate) fn refuse(&self, reason: OwnReason) -> Refusal {
        Refusal::own(reason, self.error_body)
    }

    fn authorize(
        &self,
        requirement: &Requirement,
        original: Option<Original<'_>>,
        fields: &impl Fields,
    ) -> Authorize {
        let verdict = self
            .validator
            .authorize_scope(fields.authorization(), requirement);
        let Some(Original { method, target }) = original else {
            return verdict;
        };
        verdict.for_request(|| {
            let target = String::from_utf8_lossy(target);
            RequestInfo::new(method, &target, |name| fields.get(name))
        })
    }

    fn look_up(&self, original: Original<'_>) -> Result<&Rule, OwnReason> {
        let path = NormalPath::of_target(original.target).map_err(|fault| {
            tracing::debug!(fault, "the path is not in normal form");
            OwnReason::AbnormalPath
        })?;
        let rule = self.routes.find(original.method, path);
        rule.ok_or(OwnReason::NoRoute)
    }
}

const NO_REQUEST: &str = "no trusted proxy says which request to decide about: add the proxy to \
                          trusted_proxies and let it send X-Forwarded-Method and X-Forwarded-Uri, \
                          once each, or let it name the scope";

impl CurrentPolicy {
    pub(crate) fn new(policy: Policy) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(policy))))
    }

    pub(crate) fn get(&self) -> Arc<Policy> {
        let policy = self.0.read().unwrap_or_else(PoisonError::into_inner);
        policy.clone()
    }

    /// Decisions that have begun end under the policy that they began with.
    pub(crate) fn replace(&self, policy: Policy) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(policy);
    }
}
