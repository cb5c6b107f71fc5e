//! Counts ahead where counters stand, on a thread of its own, while the trainee reads the briefing. What it finds are
//! numbers that anybody who asks would find; nothing waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use crate::sim::telemetry::store::Telemetry;

/// A count that goes on until it is done or this is dropped.
#[derive(Debug)]
pub struct CountAhead {
    stop: Arc<AtomicBool>,
}

impl CountAhead {
    /// Begins to count. `None` where there can be no further thread.
    pub fn begin(telemetry: Arc<Telemetry>) -> Option<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = Builder::new().name("counting ahead".to_owned());
        // The thread is left to itself: a piece takes some hundredths of a second, and the end need not wait for it.
        thread
            .spawn(move || {
                for piece in telemetry.pieces_ahead() {
                    if stopped.load(Ordering::Relaxed) {
                        break;
                    }
                    telemetry.count_ahead(piece);
                }
            })
            .ok()?;
        Some(Self { stop })
    }
}

impl Drop for CountAhead {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
