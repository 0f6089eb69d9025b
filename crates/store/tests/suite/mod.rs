//! What every engine of [`Store`] has to do. An engine's test names a place in which stores are opened and calls `store_suite!`.

pub mod cases;
pub mod concurrency;
pub mod examples;
pub mod model;
pub mod properties;

use yuyi_store::Store;

/// A place in which a store keeps things: what one put there, the next one finds.
pub trait Place {
    fn new() -> Self;
    fn open(&self) -> Box<dyn Store>;
}

/// Makes a test of each case.
#[macro_export]
macro_rules! store_suite {
    ($place:ty) => {
        $crate::store_suite!($place, if true);
    };
    ($place:ty, if $is_there:expr) => {
        $crate::store_suite!($place, $is_there, cases: [
            collections_are_made_once,
            names_and_models_are_checked,
            items_come_back_as_they_were,
            a_batch_is_whole_or_not_there,
            pages_follow_the_order_of_ids,
            filters_mean_what_they_say,
            wordings_count_as_their_best,
            scores_are_in_bounds,
            words_can_be_taught,
            a_move_to_another_model_can_be_interrupted,
            a_move_is_refused_where_it_makes_no_sense,
            lines_of_json_come_back,
            large_limits_and_no_items,
        ]);
        $crate::store_suite!($place, $is_there, properties: [a_store_is_like_the_model]);
        $crate::store_suite!($place, $is_there, concurrency: [
            no_reader_sees_half_a_batch,
            a_scroll_sees_what_stays_once,
            writers_share_commits,
        ]);
    };
    ($place:ty, $is_there:expr, $module:ident: [$($case:ident),* $(,)?]) => {
        $(
            #[test]
            fn $case() {
                if $is_there {
                    suite::$module::$case(&<$place as suite::Place>::new());
                }
            }
        )*
    };
}
