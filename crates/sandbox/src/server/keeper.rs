//! The state in a file: read at the start, written a moment after every change and at the end.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::told_to_stop;
use crate::config::Config;
use crate::machine::Sandbox;
use crate::state::file::StateError;

/// How long changes are gathered before they are written.
const GATHER: Duration = Duration::from_millis(500);
/// Writing takes at most one part in so many of the time.
const SHARE: u32 = 10;

/// Why a state file was not read or written. What was there stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is there, and is no state that can be used.
    #[error("cannot use `{}`", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: StateError,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The sandbox that a file holds; none where there is no such file.
///
/// # Errors
/// The file cannot be read, or is no state that this version can use.
pub fn read_state(path: &Path, config: Config) -> Result<Option<Sandbox>, StateFileError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StateFileError::Read { path: path.to_owned(), source }),
    };
    let restored = Sandbox::restore(config, &bytes);
    restored.map(Some).map_err(|source| StateFileError::State { path: path.to_owned(), source })
}

/// Writes the state of a sandbox into its file, in one step.
///
/// # Errors
/// The file cannot be written; what was there before is still there.
pub(super) fn write_state(path: &Path, sandbox: &Mutex<Sandbox>) -> Result<u64, StateFileError> {
    let (bytes, changes) = {
        let sandbox = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        (sandbox.save(), sandbox.changes())
    };
    let bytes = bytes.map_err(|source| StateFileError::State { path: path.to_owned(), source })?;
    replace(path, &bytes).map_err(|source| StateFileError::Write { path: path.to_owned(), source })?;
    Ok(changes)
}

/// Puts bytes in the place of a file; whoever reads it sees all of the old or all of the new. It holds secrets, if only the sandbox's.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

/// Writes whenever something has changed, until the server stops.
pub(super) async fn keep(path: PathBuf, sandbox: Arc<Mutex<Sandbox>>, mut stopped: watch::Receiver<bool>) {
    let mut written = None;
    let mut pause = GATHER;
    loop {
        tokio::select! {
            () = told_to_stop(&mut stopped) => return,
            () = rest(pause) => {}
        }
        let changes = sandbox.lock().unwrap_or_else(PoisonError::into_inner).changes();
        if written == Some(changes) {
            continue;
        }
        let (file, shared) = (path.clone(), Arc::clone(&sandbox));
        let done = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            (write_state(&file, &shared), begun.elapsed())
        });
        match done.await {
            Ok((Ok(changes), took)) => {
                written = Some(changes);
                pause = GATHER.max(took * SHARE);
            }
            Ok((Err(error), took)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the state of the sandbox was not written");
                pause = GATHER.max(took * SHARE);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the state of the sandbox was not written")
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "files are written by the wall clock, whatever the sandbox's says")]
async fn rest(time: Duration) {
    tokio::time::sleep(time).await;
}
