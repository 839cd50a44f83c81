//! What Linux tells of a process and of the machine.

use std::fs;
use std::time::Duration;

/// Ticks of `/proc/PID/stat` in a second, as every Linux that people run has them.
const TICKS_PER_SECOND: u64 = 100;

/// Time on a processor that the process and all its threads have had, in their own code and in the system's for them.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration, String> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| format!("the server is gone: {error}"))?;
    let ticks = ticks(&text).ok_or_else(|| format!("/proc/{pid}/stat has another form: {text}"))?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// `utime` and `stime`, fields 14 and 15; the name in field 2 may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// What it has now.
    pub(crate) resident_kib: u64,
    /// The most it ever had.
    pub(crate) peak_kib: u64,
}

/// How much memory the process has.
pub(crate) fn memory(pid: u32) -> Result<Memory, String> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| format!("the server is gone: {error}"))?;
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok())
    };
    let (resident_kib, peak_kib) = of("VmRSS").zip(of("VmHWM")).ok_or("Linux does not tell the memory")?;
    Ok(Memory { resident_kib, peak_kib })
}

/// How many processors there are, and how many wanted one in the last minute: the noise under which this was measured.
pub(crate) fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("unknown").to_owned();
    format!("{processors} processors; load of the last minute {load}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let line = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3 0 1";
        assert_eq!(ticks(line), Some(300));
        assert_eq!(ticks("42 (a) S 1"), None);
    }

    #[test]
    fn this_process_has_memory() {
        let memory = memory(std::process::id()).unwrap();
        assert!(memory.resident_kib > 0 && memory.peak_kib >= memory.resident_kib, "{memory:?}");
    }
}
