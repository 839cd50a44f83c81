//! Whether the process that holds a lease is still there.
//!
//! Whoever holds the lease of an instance also holds the operating system's lock on a file beside the database, and
//! that lock ends with the process, however it ends. So after a crash on the same machine the next run need not wait
//! until the lease expires. Only the lease and its fencing token protect the data; the lock saves waiting.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::id::short_hash;
use model::observed::InstanceKey;

/// The locks this store holds.
#[derive(Debug)]
pub(crate) struct Presence {
    database: PathBuf,
    held: Mutex<BTreeMap<InstanceKey, File>>,
}

impl Presence {
    /// Locks in the folder of `database`.
    pub(crate) fn beside(database: &Path) -> Self {
        Self { database: database.to_owned(), held: Mutex::new(BTreeMap::new()) }
    }

    /// Tries to take the lock. True when it was free: nobody who is alive holds the lease. False when another process
    /// has it, or this store already did.
    pub(crate) fn claim(&self, instance: &InstanceKey) -> io::Result<bool> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.contains_key(instance) {
            return Ok(false);
        }
        let mut path = self.database.clone().into_os_string();
        let hash = short_hash([instance.instance.as_str(), instance.identity_store.as_str()]);
        path.push(format!("-lease-{hash}"));
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(PathBuf::from(path))?;
        match file.try_lock() {
            Ok(()) => {
                held.insert(instance.clone(), file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            // A file system without locks: leases have to expire.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Gives the lock back.
    pub(crate) fn let_go(&self, instance: &InstanceKey) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(instance);
    }
}
