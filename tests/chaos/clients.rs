//! The clients, and what each of their verdicts must be.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use http::header::WWW_AUTHENTICATE;
use mobilefirst::Scope;
use mobilefirst_devserver::UserToken;
use tokio::time::timeout;

use super::*;

const REQUIRED: Scope = Scope::from_static("a");

/// All that clients may present.
pub(crate) struct Tokens {
    all: Vec<Token>,
    clock: ManualClock,
    ended: AtomicBool,
}

struct Token {
    text: String,
    covers: bool,
    end: End,
}

/// When a token stops being active.
#[derive(Clone, Copy)]
enum End {
    Never,
    Expires(SystemTime),
    /// The server is told at this time, or a little later.
    Revoked(SystemTime),
    /// It never was.
    Always,
}

/// How often each status was seen.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<u16, u64>);

impl Tokens {
    pub(crate) fn issue(
        authority: &Authority,
        clock: &ManualClock,
        rng: &mut fastrand::Rng,
    ) -> Self {
        let run = STEP * u32::try_from(STEPS).unwrap();
        let mut all = Vec::new();
        for number in 0..80 {
            // Whole milliseconds, as `exp` has.
            let life = Duration::from_millis(rng.u64(..run.as_millis() as u64));
            let (scope, lifetime, end) = match number % 8 {
                0..3 => ("c a", run * 10, End::Never),
                3 => ("b aa", run * 10, End::Never),
                4 | 5 => ("a", run * 10, End::Revoked(clock.now() + life)),
                6 => ("a", life, End::Expires(clock.now() + life)),
                _ => ("a", run, End::Always),
            };
            let text = authority.issue(UserToken::new(scope).lifetime(lifetime));
            if matches!(end, End::Always) {
                authority.revoke(&text);
            }
            let covers = scope != "b aa";
            all.push(Token { text, covers, end });
        }
        Self {
            all,
            clock: clock.clone(),
            ended: AtomicBool::new(false),
        }
    }

    pub(crate) fn revoke_due(&self, authority: &Authority) {
        let now = self.clock.now();
        for token in &self.all {
            if matches!(token.end, End::Revoked(at) if at <= now) {
                authority.revoke(&token.text);
            }
        }
    }

    /// Lets the clients come to their end.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
    }

    pub(crate) async fn assert_served(&self, validator: &TokenValidator) {
        for token in &self.all {
            let bearing = [format!("Bearer {}", token.text)];
            let verdict = validator.authorize_scope(bearing, &REQUIRED).await;
            let expected = match (token.end, token.covers) {
                (End::Never, true) => Ok(()),
                (End::Never, false) => Err(403),
                _ => Err(401),
            };
            let seen = verdict
                .map(|_| ())
                .map_err(|denial| denial.status().as_u16());
            assert_eq!(seen, expected, "a second after the faults have ended");
        }
    }
}

/// Calls until the end.
pub(crate) async fn run(
    validator: TokenValidator,
    tokens: Arc<Tokens>,
    mut rng: fastrand::Rng,
) -> Tally {
    let mut tally = Tally::default();
    while !tokens.ended.load(Ordering::SeqCst) {
        match rng.u8(..20) {
            0 => tally.count(stranger(&validator).await),
            1 => tally.count(malformed(&validator, &tokens, &mut rng).await),
            2..5 => dropped(&validator, &tokens, &mut rng).await,
            _ => tally.count(bearer(&validator, &tokens, &mut rng).await),
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(..8))).await;
    }
    tally
}

async fn stranger(validator: &TokenValidator) -> u16 {
    let verdict = validator.authorize_scope([""; 0], &REQUIRED).await;
    let status = verdict.unwrap_err().status().as_u16();
    assert_eq!(status, 401, "without a token");
    status
}

async fn malformed(validator: &TokenValidator, tokens: &Tokens, rng: &mut fastrand::Rng) -> u16 {
    let good = format!("Bearer {}", tokens.all[0].text);
    let values = match rng.u8(..3) {
        0 => vec!["Bearer".to_owned()],
        1 => vec![format!("{good},x")],
        _ => vec![good.clone(), good],
    };
    let verdict = validator.authorize_scope(values, &REQUIRED).await;
    let status = verdict.unwrap_err().status().as_u16();
    assert_eq!(status, 400, "malformed");
    status
}

/// A client that goes away midway.
async fn dropped(validator: &TokenValidator, tokens: &Tokens, rng: &mut fastrand::Rng) {
    let bearing = [format!("Bearer {}", rng.choice(&tokens.all).unwrap().text)];
    let request = validator.authorize_scope(bearing, &REQUIRED);
    let _ = timeout(Duration::from_millis(rng.u64(..3)), request).await;
}

async fn bearer(validator: &TokenValidator, tokens: &Tokens, rng: &mut fastrand::Rng) -> u16 {
    let token = rng.choice(&tokens.all).unwrap();
    let bearing = [format!("Bearer {}", token.text)];
    let begun = tokens.clock.now();
    let verdict = validator.authorize_scope(bearing, &REQUIRED).await;
    let ended = tokens.clock.now();
    let denial = match verdict {
        Ok(_) => {
            assert!(token.covers, "granted without the scope");
            assert!(!token.is_over(begun), "granted after its end");
            return 200;
        }
        Err(denial) => denial,
    };
    let status = denial.status().as_u16();
    let challenges = denial.headers().any(|(name, _)| name == WWW_AUTHENTICATE);
    match status {
        401 => assert!(token.may_have_ended(ended), "refused although it is good"),
        403 => assert!(!token.covers, "refused although it has the scope"),
        _ => assert!(!challenges, "challenged for our own trouble"),
    }
    status
}

impl Token {
    /// Whether no request that begins at `now` may be granted.
    fn is_over(&self, now: SystemTime) -> bool {
        match self.end {
            End::Never => false,
            End::Always => true,
            End::Expires(at) => at <= now,
            // Told a step later, and known for `max_age` from when the answer came.
            End::Revoked(at) => at + STEP + UNDER_WAY + MAX_AGE < now,
        }
    }

    fn may_have_ended(&self, now: SystemTime) -> bool {
        match self.end {
            End::Never => false,
            End::Always => true,
            End::Expires(at) | End::Revoked(at) => at <= now,
        }
    }
}

impl Tally {
    fn count(&mut self, status: u16) {
        *self.0.entry(status).or_default() += 1;
    }

    /// A run in which some verdict never came shows nothing.
    pub(crate) fn assert_all_seen(&self) {
        let statuses: Vec<_> = self.0.keys().copied().collect();
        assert_eq!(statuses, [200, 400, 401, 403, 409, 500, 503], "{self:?}");
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (status, count) in other.0 {
            *self.0.entry(status).or_default() += count;
        }
    }
}
