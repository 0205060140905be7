//! Keeps the link to the store, and listens to what is removed.

mod gaps;
mod greeting;
mod heard;
mod hearing;
mod speaking;

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::sleep;

use crate::audience::MEMORY;
use crate::link::{Link, Session};
use crate::listener::greeting::Greeting;
use crate::listener::heard::Heard;
use crate::listener::hearing::Place;
use crate::sealed::Removal;
use crate::trouble::Trouble;

/// How often we look whether we are cut off.
const TICK: Duration = Duration::from_millis(50);

/// Shortest and longest pause between two attempts to connect, of which the first is made at
/// once.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Starts the thread of a store, which runs until `stop` is dropped.
///
/// It is a thread and a runtime of its own because removals must be heard even if a runtime of
/// the application stands still or ends, as those of actix-web's workers do.
pub(crate) fn start(link: Arc<Link>, stop: oneshot::Receiver<()>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let run = move || {
        runtime.block_on(async {
            let heard = Heard::default();
            tokio::select! {
                _ = stop => {}
                never = keep_connected(&link, &heard) => match never {},
                never = watch(&link, &heard) => match never {},
            }
        });
        link.close();
        link.audience.limit_age(Some(link.cut_off_max_age));
    };
    let name = "mobilefirst-redis".to_owned();
    thread::Builder::new().name(name).spawn(run).map(drop)
}

/// Limits the age of cached answers while we hear nothing.
async fn watch(link: &Link, heard: &Heard) -> Infallible {
    loop {
        sleep(TICK).await;
        if heard.is_cut_off(link) {
            link.audience.limit_age(Some(link.cut_off_max_age));
        }
    }
}

async fn keep_connected(link: &Link, heard: &Heard) -> Infallible {
    let mut place = None;
    let mut pause = Duration::ZERO;
    loop {
        let trouble = match converse(link, heard, &mut place).await {
            Err(trouble) => trouble,
            Ok(never) => match never {},
        };
        let is_connected = link.session().is_some();
        link.close();
        if is_connected {
            tracing::info!(error = %trouble, "the connection to the store of answers is lost");
            pause = Duration::ZERO;
        } else {
            link.warn(&trouble, "connecting");
        }
        sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).clamp(PAUSE, LONGEST_PAUSE);
    }
}

/// Connects, catches up, and goes on until the connection is lost.
async fn converse(
    link: &Link,
    heard: &Heard,
    place: &mut Option<Place>,
) -> Result<Infallible, Trouble> {
    // Two connections: on one of them, we wait for removals.
    let (mut ear, voice) = tokio::try_join!(link.target.connect(), link.target.connect())?;
    let greeting = Greeting::exchange(&mut ear, &link.names, link.target.patience()).await?;
    let now = Instant::now();
    let place = &*match place {
        Some(known) if known.is_still_good(&greeting, now) => known,
        _ => {
            if place.is_some() {
                // We can't know what we missed.
                link.audience.forget(Removal::Everything, now);
            }
            place.insert(Place::of(&greeting, now, MEMORY))
        }
    };
    place.catch_up(link, &mut ear, &greeting.clock).await?;
    let session = Session::new(voice.clone(), greeting.clock, greeting.since);
    let session = Arc::new(session);
    heard.note(link);
    link.open(session.clone());
    tracing::debug!("connected to the store of answers");
    tokio::select! {
        lost = place.listen(link, &mut ear, &session, heard) => lost,
        lost = place.look_for_gaps(link, voice.clone(), &session) => lost,
        lost = speaking::speak(link, voice, &session) => lost,
        () = session.lost.notified() => Err(Trouble::Silent),
    }
}
