//! How far a standby is behind.

use std::time::Duration;

use super::pool::{Access, Pool};
use crate::error::Result;

/// How often a standby that is behind is asked again, and how long after: what was just written is on its way.
const LOOKS: usize = 5;
const PAUSE: Duration = Duration::from_millis(50);

/// Where the primary has come to.
const WRITTEN: &str = "SELECT pg_current_wal_lsn()";

/// How old what a server gives is: nothing once it has all that the primary had, else the time since the last commit that it knows, or since it
/// started where it knows none. A server that is no standby is never behind.
const BEHIND: &str = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0
     ELSE extract(epoch FROM clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())) END";

/// The age of what the servers of `reads` answer. While the primary does not answer it grows, since nobody knows what they miss.
pub(super) fn lag(primary: &Pool, reads: &Pool) -> Result<Duration> {
    let written = primary.transaction(Access::Read, |client| client.ask(WRITTEN));
    let has_all = match written {
        Ok(Some(position)) => format!("SELECT pg_last_wal_replay_lsn() >= '{position}'"),
        _ => "SELECT false".to_owned(),
    };
    for look in 0..LOOKS {
        let (complete, behind) = reads.transaction(Access::StaleRead, |client| {
            Ok((client.ask(&has_all)?, client.ask(BEHIND)?))
        })?;
        let behind = behind
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(0.0f64);
        if complete.as_deref() == Some("t") || behind <= 0.0 {
            return Ok(Duration::ZERO);
        }
        if look + 1 == LOOKS {
            return Ok(Duration::from_secs_f64(behind));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(Duration::ZERO)
}
