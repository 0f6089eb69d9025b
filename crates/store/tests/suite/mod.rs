//! What every engine of [`Store`] has to do. An engine's test names a place in which stores are opened and calls `store_suite!`.

pub mod ask;
pub mod callers;
pub mod collections;
pub mod concurrency;
pub mod events;
pub mod examples;
pub mod items;
pub mod kill;
pub mod model;
pub mod moves;
pub mod numbers;
pub mod properties;
pub mod questions;
pub mod searches;

use yuyi_store::Store;

/// A place in which a store keeps things: what one put there, the next one finds.
pub trait Place {
    fn new() -> Self;

    /// Where it is, as another process is told.
    fn address(&self) -> String;

    fn open_at(address: &str) -> Box<dyn Store>;

    fn open(&self) -> Box<dyn Store> {
        Self::open_at(&self.address())
    }

    /// What contradicts what, a sentence each.
    fn check(&self) -> Vec<String>;
}

/// Makes a test of each case.
#[macro_export]
macro_rules! store_suite {
    ($place:ty) => {
        $crate::store_suite!($place, if true);
    };
    ($place:ty, if $is_there:expr) => {
        $crate::store_suite!($place, $is_there, collections: [
            collections_are_made_once,
            names_and_models_are_checked,
        ]);
        $crate::store_suite!($place, $is_there, items: [
            items_come_back_as_they_were,
            a_batch_is_whole_or_not_there,
            pages_follow_the_order_of_ids,
            pages_are_bounded_in_bytes,
            lines_of_json_come_back,
            what_cannot_be_a_name_names_nothing,
            all_items_can_be_removed_at_once,
            parts_are_written_to_the_collection_they_were_begun_with,
        ]);
        $crate::store_suite!($place, $is_there, searches: [
            filters_mean_what_they_say,
            filters_of_many_conditions,
            wordings_count_as_their_best,
            scores_are_in_bounds,
            hybrid_hits_of_one_list_have_both_scores,
            nothing_stands_above_the_question_itself,
            what_stands_alone_is_scored_as_among_others,
            words_score_as_in_bm25s,
            words_can_be_taught,
            own_words_stand_between_words,
            parts_that_are_taught_are_found,
            large_limits_and_no_items,
        ]);
        $crate::store_suite!($place, $is_there, callers: [
            what_nobody_waits_for_ends,
            searches_end_while_others_wait_for_them,
            what_is_written_meanwhile_is_seen,
            much_that_is_written_meanwhile_is_seen,
        ]);
        $crate::store_suite!($place, $is_there, numbers: [large_numbers_are_told_apart]);
        $crate::store_suite!($place, $is_there, moves: [
            a_move_to_another_model_can_be_interrupted,
            a_move_is_refused_where_it_makes_no_sense,
        ]);
        $crate::store_suite!($place, $is_there, events: [
            events_may_come_again_and_late,
            a_user_is_forgotten_by_one_call,
            events_are_checked,
            events_of_a_user_are_bounded,
            the_newest_and_the_popular_are_found,
            a_filter_that_means_few_finds_the_newest,
            what_users_of_an_item_did_beside_it_is_counted,
            near_items_leave_out_what_is_named,
            events_are_like_the_model,
        ]);
        $crate::store_suite!($place, $is_there, questions: [
            questions_are_kept_and_counted,
            a_collection_that_keeps_nothing_says_so,
            clusters_stay_and_are_dismissed,
            an_entry_takes_the_questions_that_it_answers,
            hits_are_counted_and_the_newest_stay,
            questions_are_bounded,
            questions_follow_their_collection,
            many_may_keep_questions_at_once,
        ]);
        $crate::store_suite!($place, $is_there, properties: [a_store_is_like_the_model]);
        $crate::store_suite!($place, $is_there, concurrency: [
            no_reader_sees_half_a_batch,
            a_scroll_sees_what_stays_once,
            writers_share_commits,
            words_change_beside_writers,
        ]);
        $crate::store_suite!($place, $is_there, kill: [what_was_acknowledged_outlives_a_kill]);

        #[test]
        #[ignore = "run by what_was_acknowledged_outlives_a_kill"]
        fn child_that_writes() {
            suite::kill::child_that_writes::<$place>();
        }
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
