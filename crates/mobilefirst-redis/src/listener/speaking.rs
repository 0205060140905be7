//! Sending invalidations.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use crate::audience::MEMORY;
use crate::connection::Connection;
use crate::link::{Link, Session};
use crate::sealed::Removal;
use crate::telemetry::metrics;
use crate::trouble::Trouble;

/// The field of an entry in the stream.
pub(super) const FIELD: &str = "r";

const PATIENCE: Duration = Duration::from_secs(1);

/// Pause after the store refused an invalidation, because it is full for example.
const PAUSE: Duration = Duration::from_millis(200);

/// Sends what is in the outbox.
pub(super) async fn speak(
    link: &Link,
    mut voice: Connection,
    session: &Session,
) -> Result<Infallible, Trouble> {
    loop {
        let batch = link.outbox.next().await;
        let removals: Vec<_> = batch.removals().collect();
        let Err(trouble) = send(link, &mut voice, session, &removals).await else {
            metrics::invalidations("sent", removals.len());
            batch.done();
            clean_up(link, &mut voice, &removals).await;
            continue;
        };
        drop(batch);
        if trouble.is_lost_connection() || matches!(trouble, Trouble::Silent) {
            return Err(trouble);
        }
        link.warn(&trouble, "invalidation");
        sleep(PAUSE).await;
    }
}

async fn send(
    link: &Link,
    voice: &mut Connection,
    session: &Session,
    removals: &[Removal],
) -> Result<(), Trouble> {
    let place = link.names.place_of_removals();
    let oldest = session.clock().earliest(Instant::now()).minus(MEMORY);
    let mut pipeline = redis::pipe();
    for removal in removals {
        let sealed = link.keys.seal(&place, &removal.write(&link.sender));
        let add = pipeline.cmd("XADD").arg(&link.names.removed);
        add.arg("MINID").arg("~").arg(oldest.millis());
        add.arg("*")
            .arg(FIELD)
            .arg(sealed.ok_or(Trouble::Nonsense)?)
            .ignore();
    }
    timeout(PATIENCE, pipeline.query_async::<()>(voice)).await??;
    Ok(())
}

/// Removes the answers themselves. Nothing depends on it: who hears of the removal takes no older
/// answer.
async fn clean_up(link: &Link, voice: &mut Connection, removals: &[Removal]) {
    let names = removals.iter().filter_map(|removal| match removal {
        Removal::Subject(key) => Some(link.names.answer(key)),
        Removal::Everything => None,
    });
    let names: Vec<_> = names.collect();
    if let Ok(Err(trouble)) = timeout(link.timeout, voice.unlink(&names)).await {
        link.warn(&trouble, "clean-up");
    }
}
