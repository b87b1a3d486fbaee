//! Numbers for codes (ID-6).

use std::num::NonZeroU64;

use async_trait::async_trait;
use kernel::{CodeSeries, StoreError};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use service_delivery::CodeSource;

use crate::{error, unit_of_work::Transaction};

#[async_trait]
impl CodeSource for Transaction {
    async fn next(&mut self, series: CodeSeries) -> Result<NonZeroU64, StoreError> {
        let number = match self.backend() {
            // A counter row is locked until commit: that makes the series gapless, and everybody wait. Sequences do neither.
            DbBackend::Postgres if !series.is_gapless() => self.draw_from_sequence(series).await,
            _ => self.draw_from_counter(series).await,
        }?;
        u64::try_from(number).ok().and_then(NonZeroU64::new).ok_or_else(|| {
            StoreError::corrupt("code series", series.prefix(), format!("{number} is no number"))
        })
    }
}

impl Transaction {
    async fn draw_from_counter(&mut self, series: CodeSeries) -> Result<i64, StoreError> {
        let sql = "INSERT INTO code_counter (series, last) VALUES ($1, 1)
            ON CONFLICT (series) DO UPDATE SET last = code_counter.last + 1 RETURNING last";
        self.number(sql, series.prefix()).await?.ok_or_else(|| error::map(DbErr::RecordNotInserted))
    }

    /// Sequences are made when their month or year begins, outside of this transaction: nobody waits for its commit.
    async fn draw_from_sequence(&mut self, series: CodeSeries) -> Result<i64, StoreError> {
        let name = format!("code_seq_{}", series.prefix().to_lowercase().replace('-', "_"));
        if let Some(number) = self.number("SELECT nextval(to_regclass($1))", name.clone()).await? {
            return Ok(number);
        }
        let mut created = Ok(());
        for _ in 0..20 {
            // Two servers may create it at the same moment; one of them fails, and the next look finds it.
            let sql = format!("CREATE SEQUENCE IF NOT EXISTS {name}");
            created = self.aside.execute_unprepared(&sql).await.map(|_| ());
            // Within this transaction, the session remembers that the name meant nothing: look into the catalog itself.
            let sql = "SELECT nextval(oid::regclass) FROM pg_class
                WHERE relname = $1 AND relkind = 'S' AND relnamespace = current_schema()::text::regnamespace";
            if let Some(number) = self.number(sql, name.clone()).await? {
                return Ok(number);
            }
        }
        created.and(Err(DbErr::RecordNotFound(name))).map_err(error::map)
    }

    async fn number(&mut self, sql: &str, argument: String) -> Result<Option<i64>, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, [argument.into()]);
        let row = self.tx().await?.query_one_raw(statement).await.map_err(error::map)?;
        row.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(error::map)
    }
}
