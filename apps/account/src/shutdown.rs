//! When to stop.

use tokio::signal::unix::{SignalKind, signal};

/// Ends at the first SIGTERM or ctrl-c.
///
/// # Errors
/// Where the process may not listen for signals.
pub(crate) fn asked() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("asked to stop; requests under way may end");
    })
}
