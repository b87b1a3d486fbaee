//! The storage conformance suite: written once, run on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod any_cursor;
mod audit;
mod billing;
mod codes;
mod commands;
mod concurrency;
mod constraints;
mod credits;
mod credits_past;
mod entitlements;
mod failures;
mod journal;
mod notes;
mod reads;
mod schema;
mod support;
mod work;

/// The naive model of the credits, told to a real storage as well.
#[allow(dead_code, clippy::pedantic, reason = "as its own crate has it")]
#[path = "../../../ust-credits/tests/naive_model/queue.rs"]
mod queue;
#[allow(dead_code, clippy::pedantic, reason = "as its own crate has it")]
#[path = "../../../ust-credits/tests/naive_model/shelf.rs"]
mod shelf;
#[allow(dead_code, clippy::pedantic, reason = "as its own crate has it")]
#[path = "../../../ust-credits/tests/naive_model/walk.rs"]
mod walk;

/// Runs tests `async fn(TestDatabase)` on a fresh database of either kind.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(storage_seaorm::testing::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(storage_seaorm::testing::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;
