//! One of several processes works on a move, and another takes over.

use std::time::Duration;

use yuyi_store::{NewCollection, Space, Store};

use crate::open;
use crate::servers::{Database, execute, server, value};
use crate::suite::Place;

const LONG: Duration = Duration::from_secs(600);

#[test]
fn one_has_a_move_until_it_gives_it_back_or_falls_silent() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let (one, other) = (open(&place.url), open(&place.url));
    assert!(one.is_shared());
    one.create(&NewCollection::given("c", 2)).unwrap();
    let to = Space {
        model: Some("new".into()),
        ..Space::given(3)
    };
    one.begin_reindex("c", &to).unwrap();
    assert!(one.lease_reindex("c", "one", LONG).unwrap());
    assert!(!other.lease_reindex("c", "other", LONG).unwrap());
    assert!(one.lease_reindex("c", "one", LONG).unwrap());

    // It says that it has no more to do with it.
    one.lease_reindex("c", "one", Duration::ZERO).unwrap();
    assert!(other.lease_reindex("c", "other", LONG).unwrap());
    assert!(!one.lease_reindex("c", "one", LONG).unwrap());

    // It has died, and its time is over.
    execute(
        &place.url,
        "UPDATE yuyi.moves SET until = clock_timestamp()",
    );
    assert!(one.lease_reindex("c", "one", LONG).unwrap());
    assert!(!other.lease_reindex("c", "other", LONG).unwrap());

    // What ends with the move, or with the collection, is forgotten.
    let leases = || value(&place.url, "SELECT count(*) FROM yuyi.moves");
    one.finish_reindex("c", &to).unwrap();
    assert_eq!(leases(), "0");
    one.begin_reindex("c", &Space::given(4)).unwrap();
    assert!(other.lease_reindex("c", "other", LONG).unwrap());
    other.abandon_reindex("c").unwrap();
    assert_eq!(leases(), "0");
    assert!(one.lease_reindex("c", "one", LONG).unwrap());
    one.drop_collection("c").unwrap();
    assert_eq!(leases(), "0");
    assert!(!one.lease_reindex("c", "one", LONG).unwrap());
}
