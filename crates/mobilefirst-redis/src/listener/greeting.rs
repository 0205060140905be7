//! What the server says about itself when we connect.

use std::time::{Duration, Instant};

use redis::cmd;
use tokio::time::timeout;

use crate::connection::Connection;
use crate::fleet_clock::{FleetClock, FleetTime};
use crate::names::Names;
use crate::trouble::Trouble;

/// Fields of `INFO`.
const RUN: &str = "run_id";
const REPLICATION: &str = "master_replid";

/// How long an epoch keeps its name, in seconds. Then all forget everything, once.
const EPOCH: u64 = 7 * 24 * 3600;

/// What the server says about itself.
#[derive(Clone)]
pub(crate) struct Greeting {
    /// None: it does not say who it is, so it is never the same.
    pub(crate) epoch: Option<Epoch>,
    /// What was stored before does not count.
    pub(crate) since: FleetTime,
    pub(crate) clock: FleetClock,
}

/// The time in which no removal was lost: one run of one server as the master, with its data.
///
/// A server that restarts, takes over, or is made a replica and then the master again may have lost
/// removals but not the answers. It has another run ID or replication ID then, so there is
/// another epoch, and answers from before do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// It changes whenever another server, or this one again, becomes the master.
    replication: String,
    /// The key of its name, which is lost with the other data.
    key: String,
    name: String,
}

impl Greeting {
    pub(crate) async fn exchange(
        connection: &mut Connection,
        names: &Names,
        patience: Duration,
    ) -> Result<Self, Trouble> {
        timeout(patience, Self::ask(connection, names)).await?
    }

    async fn ask(connection: &mut Connection, names: &Names) -> Result<Self, Trouble> {
        let clock = ask_time(connection, names).await?;
        let now = clock.earliest(Instant::now());
        let info = connection.ask_keeper(&names.removed, cmd("INFO")).await;
        let info: String = info.or_else(permit)?;
        warn_of_eviction(&info);
        // Without a name, we can't know whether this is the server that we knew.
        let unknown = Self {
            epoch: None,
            since: now,
            clock,
        };
        let (Some(run), Some(replication)) = (field(&info, RUN), field(&info, REPLICATION)) else {
            return Ok(unknown);
        };
        let key = names.epoch(run, replication);
        let Some(name) = name_epoch(connection, &key, now).await? else {
            return Ok(unknown);
        };
        let since = name.split(':').next().and_then(|since| since.parse().ok());
        Ok(Self {
            since: FleetTime(since.ok_or(Trouble::Nonsense)?),
            epoch: Some(Epoch {
                replication: replication.to_owned(),
                key,
                name,
            }),
            clock,
        })
    }
}

impl Epoch {
    /// Returns an error if it has ended: the data are gone, or another server is the master.
    pub(crate) async fn ask_whether_it_lasts(
        &self,
        mut connection: Connection,
        names: &Names,
    ) -> Result<(), Trouble> {
        let mut info = cmd("INFO");
        info.arg("replication");
        let mut get = cmd("GET");
        get.arg(&self.key);
        let mut other = connection.clone();
        let (info, name) = tokio::try_join!(
            connection.ask_keeper::<String>(&names.removed, info),
            async { Ok(get.query_async::<Option<String>>(&mut other).await?) },
        )?;
        let is_same = field(&info, REPLICATION) == Some(&self.replication);
        if is_same && name.as_ref() == Some(&self.name) {
            return Ok(());
        }
        Err(Trouble::Replaced)
    }

    pub(crate) async fn end(&self, connection: &mut Connection) -> Result<(), Trouble> {
        connection.unlink(std::slice::from_ref(&self.key)).await
    }
}

/// The name of the epoch, which the first one to come gives. None while the store is too full for
/// that.
async fn name_epoch(
    connection: &mut Connection,
    key: &str,
    now: FleetTime,
) -> Result<Option<String>, Trouble> {
    let name = cmd("GET")
        .arg(key)
        .query_async::<Option<String>>(connection)
        .await?;
    if name.is_some() {
        return Ok(name);
    }
    let ours = format!("{}:{:016x}", now.0, fastrand::u64(..));
    let mut set = cmd("SET");
    set.arg(key).arg(&ours).arg("NX").arg("EX").arg(EPOCH);
    let set = set.query_async::<Option<String>>(connection).await;
    match set.map_err(Trouble::from) {
        Ok(_) => {}
        Err(trouble) if trouble.kind() == "full" => return Ok(None),
        Err(trouble) => return Err(trouble),
    }
    Ok(cmd("GET").arg(key).query_async(connection).await?)
}

/// Reads the server's clock.
pub(crate) async fn ask_time(
    connection: &mut Connection,
    names: &Names,
) -> Result<FleetClock, Trouble> {
    let asked = Instant::now();
    let time = connection.ask_keeper(&names.removed, cmd("TIME")).await?;
    let answered = Instant::now();
    let (seconds, micros): (u64, u64) = time;
    let time = seconds
        .checked_mul(1_000_000)
        .and_then(|time| time.checked_add(micros));
    Ok(FleetClock::new(
        FleetTime(time.ok_or(Trouble::Nonsense)?),
        asked,
        answered,
    ))
}

/// A server that does not say who it is does for us what it can.
fn permit(trouble: Trouble) -> Result<String, Trouble> {
    match trouble.kind() {
        "no_permission" => {
            tracing::warn!(
                "the store's ACL does not permit INFO: after each lost connection, everything is \
                 forgotten"
            );
            Ok(String::new())
        }
        _ => Err(trouble),
    }
}

/// Removals do not expire, so only such a policy can lose them.
fn warn_of_eviction(info: &str) {
    let policy = field(info, "maxmemory_policy").unwrap_or_default();
    let is_bounded = field(info, "maxmemory").is_some_and(|bytes| bytes != "0");
    if is_bounded && policy.starts_with("allkeys") {
        tracing::warn!(
            policy,
            "the store may evict removals when it is full: set maxmemory-policy to volatile-ttl"
        );
    }
}

fn field<'i>(info: &'i str, name: &str) -> Option<&'i str> {
    let mut lines = info.lines();
    lines.find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let info = "# Server\r\nrun_id_x:1\r\nrun_id:abc\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!(field(info, "run_id"), Some("abc"));
        assert_eq!(field(info, "maxmemory"), None);
        assert_eq!(field(info, "maxmemory_policy"), Some("noeviction"));
    }
}
