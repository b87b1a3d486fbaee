//! The use cases on real storage: every scenario is one function that runs on SQLite and on PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests, too, and say how much they did"
)]

mod support;

mod billing;
mod by_itself;
mod catalog;
mod concurrency;
mod credits;
mod endings;
mod main_line;
mod mixed_work;
mod policies;
mod requests;
mod resources;
mod sales;
mod tenants;

/// Runs tests `async fn(TestDatabase)` on a fresh database of either kind.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                Box::pin(super::$test(storage_seaorm::testing::sqlite().await)).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                Box::pin(super::$test(storage_seaorm::testing::postgres().await)).await;
            })*
        }
    };
}
pub(crate) use on_both;
