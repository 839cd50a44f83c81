//! Ctrl-C and SIGTERM during a run.

use std::future::Future;

use engine::Cancellation;

use crate::commands::sandbox::EndSignals;
use crate::console::Console;

/// Runs something that can be asked to stop. The first signal lets what is in flight come to its end, the second leaves it
/// to the next run, the third ends the program at once: the journal holds what is needed to go on.
pub(crate) async fn interruptible<T>(
    cancellation: &Cancellation,
    console: &Console,
    work: impl Future<Output = T>,
) -> T {
    let Ok(mut signals) = EndSignals::new() else { return work.await };
    tokio::pin!(work);
    let mut seen = 0;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = signals.wait() => {
                seen += 1;
                cancellation.interrupt();
                match seen {
                    1 => console.note("stopping: nothing new is begun, what is in flight is waited for; again to leave it to the next run"),
                    2 => console.note("leaving what is in flight to the next run; again to end at once"),
                    _ => std::process::exit(130),
                }
            }
        }
    }
}
