//! What is logged, for tests to read.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tracing::Level;
use tracing_subscriber::fmt::SubscriberBuilder;

/// All that was logged in this process since its first use, at the most verbose level.
///
/// There is one subscriber for all tests: with one for each thread, `tracing` may remember
/// from a thread without any that nobody listens.
static ALL: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(|| {
    let subscriber = SubscriberBuilder::default()
        .with_max_level(Level::TRACE)
        .without_time()
        .with_ansi(false)
        .with_target(false)
        .with_writer(|| Tee);
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();
    join_logs();
    Mutex::default()
});

thread_local! {
    static HERE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A view of the log.
pub(crate) struct Log {
    level: Level,
}

impl Log {
    /// All that is logged in this process from now on.
    pub(crate) fn of_the_process() -> Self {
        Self::of_this_thread(Level::TRACE)
    }

    /// What is logged on this thread, up to `level`: a test has a thread of its own.
    pub(crate) fn of_this_thread(level: Level) -> Self {
        LazyLock::force(&ALL);
        Self { level }
    }

    /// All that was logged in this process.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&all()).into_owned()
    }

    /// What was logged on this thread since this was called last, without the spaces
    /// before a line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let bytes = HERE.take();
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| self.shows(line)).collect()
    }

    fn shows(&self, line: &str) -> bool {
        let level = line.split(' ').next().unwrap_or_default();
        level.parse::<Level>().unwrap() <= self.level
    }
}

fn all() -> MutexGuard<'static, Vec<u8>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes to both.
struct Tee;

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HERE.with_borrow_mut(|here| here.extend_from_slice(bytes));
        all().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes `tracing` the only logger of this process, before Rocket makes itself the one of
/// `log`: the test of secrets looks at both.
pub(crate) fn join_logs() {
    // An error is that this was done already.
    let _ = tracing_log::LogTracer::init();
}
