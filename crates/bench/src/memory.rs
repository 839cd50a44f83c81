//! Memory of this process, as Linux tells it.

use std::fs;

/// The most resident memory this process ever had, in KiB (`VmHWM`); none where the system does not tell.
pub(crate) fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
