//! Metrics of the process, with the standard names of Prometheus client libraries.

use super::Scrape;

/// CPU time, memory, open files and start time of this process.
#[cfg(target_os = "linux")]
pub(super) fn process_metrics(scrape: &mut Scrape<'_>) {
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let cpu_seconds = as_f64(cpu.tv_sec) + as_f64(cpu.tv_nsec) / 1e9;
    scrape.counter("process_cpu_seconds", "Total user and system CPU time spent in seconds.", cpu_seconds);
    if let Some((virtual_bytes, resident_bytes)) = memory() {
        scrape.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", virtual_bytes);
        scrape.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", resident_bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // One of them is the folder that is being read.
        scrape.gauge("process_open_fds", "Number of open file descriptors.", open.count().saturating_sub(1));
    }
    if let Some(max) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        scrape.gauge("process_max_fds", "Maximum number of open file descriptors.", max);
    }
    if let Some(start) = start_time() {
        let help = "Start time of the process since unix epoch in seconds.";
        scrape.gauge("process_start_time_seconds", help, start);
    }
}

/// Other systems have no `/proc`.
#[cfg(not(target_os = "linux"))]
pub(super) fn process_metrics(_: &mut Scrape<'_>) {}

/// The sizes of the virtual and of the resident memory.
#[cfg(target_os = "linux")]
fn memory() -> Option<(u64, u64)> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = statm.split(' ').map_while(|pages| pages.parse::<u64>().ok());
    let page_size = u64::try_from(rustix::param::page_size()).ok()?;
    Some((pages.next()? * page_size, pages.next()? * page_size))
}

/// When the process started: its ticks since the system did, which is in `/proc/stat`.
#[cfg(target_os = "linux")]
fn start_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name, in parentheses, and may contain anything. The start is field 22.
    let ticks = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
    let system = std::fs::read_to_string("/proc/stat").ok()?;
    let boot = system.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse::<i64>().ok()?;
    let ticks_per_second = i64::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    Some(as_f64(boot) + as_f64(ticks) / as_f64(ticks_per_second))
}

#[cfg(target_os = "linux")]
#[expect(clippy::cast_precision_loss, reason = "times are far below the 53 bits that f64 holds exactly")]
fn as_f64(number: i64) -> f64 {
    number as f64
}
