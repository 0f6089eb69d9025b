//! Where the time of a request went, for its reply and for the metrics.
//!
//! A request is handled in one task, so what happens deep inside it is noted in a variable of that
//! task, and the envelope reads it at the end: handlers have nothing to pass on.

use std::cell::Cell;
use std::future::Future;

pub(crate) use yuyi_serving::Timings;

tokio::task_local! {
    static OF_THIS_REQUEST: Cell<Timings>;
}

/// Adds to the timings of the request that this task handles; outside of one, nothing happens.
pub(crate) fn add(timings: Timings) {
    // An error means that there is no request to add it to.
    let _ = OF_THIS_REQUEST.try_with(|sum| sum.set(sum.get() + timings));
}

/// Runs `request` and tells what was added meanwhile.
pub(crate) async fn observe<T>(request: impl Future<Output = T>) -> (T, Timings) {
    let both = async {
        let reply = request.await;
        (reply, OF_THIS_REQUEST.with(Cell::get))
    };
    OF_THIS_REQUEST.scope(Cell::default(), both).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_request_adds_is_its_own() {
        let request = |tokens| async move {
            for _ in 0..3 {
                add(Timings {
                    tokens,
                    ..Timings::default()
                });
                tokio::task::yield_now().await;
            }
            "done"
        };
        let (first, second) = tokio::join!(observe(request(1)), observe(request(10)));
        assert_eq!((first.0, first.1.tokens), ("done", 3));
        assert_eq!(second.1.tokens, 30);
        add(Timings::default());
    }
}
