//! Who works on a move of a collection to another model: one of the processes that share the store, as long as it says so again and again.
//!
//! The right is a row with an end, not a lock of a session, which pgbouncer would give to others: whoever dies leaves a row that runs out. The server's clock
//! decides, so that those of the processes need not agree.

use std::time::Duration;

use tokio_postgres::types::Type;

use super::client::Client;
use super::rows::Counted;
use crate::error::Result;

/// Takes the right, or keeps it, or with no time gives it back; whether it is the holder's now. Nobody has that of a collection which is not there.
pub(super) fn take(client: &mut Client, name: &str, holder: &str, time: Duration) -> Result<bool> {
    let sql = "INSERT INTO yuyi.moves (collection, holder, until)
               SELECT number, $2, clock_timestamp() + $3 * interval '1 millisecond' FROM yuyi.collections WHERE name = $1
               ON CONFLICT (collection) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
               WHERE moves.holder = EXCLUDED.holder OR moves.until <= clock_timestamp()";
    let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let changed = client.execute_typed(
        sql,
        &[
            (&name, Type::TEXT),
            (&holder, Type::TEXT),
            (&milliseconds, Type::INT8),
        ],
    )?;
    Ok(changed > 0)
}

impl Counted {
    /// Forgets who works on the move, which is over.
    pub(super) fn end_lease(&self, client: &mut Client) -> Result<()> {
        let number = self.stored.number;
        let sql = "DELETE FROM yuyi.moves WHERE collection = $1";
        client.execute_typed(sql, &[(&number, Type::INT8)])?;
        Ok(())
    }
}
