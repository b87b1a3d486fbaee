//! The bare SQL of one create with its reservation, run by pgbench: what this work needs at least, one statement per row written,
//! on the same tables with the same indexes and constraints. The values are those of a row that the server itself has written, so
//! that the script is right whatever columns there are.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The programs of PostgreSQL's client, and a server.
pub struct Tools {
    bin: PathBuf,
    /// `postgres://user@host:port`, without a database.
    server: String,
}

impl Tools {
    /// Those in the folder `bin`, for the server that `url` names.
    ///
    /// # Errors
    /// It is not of the form `postgres://…/…`.
    pub fn new(bin: &Path, url: &str) -> Result<Self> {
        let (server, _) = url.rsplit_once('/').context("the server's URL names no database")?;
        Ok(Self { bin: bin.to_owned(), server: server.to_owned() })
    }

    /// The URL of a database of the server.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.server)
    }

    /// Makes the database `name`, empty or as `template` is.
    ///
    /// # Errors
    /// What the server says.
    pub fn create_database(&self, name: &str, template: Option<&str>) -> Result<()> {
        self.sql("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        let template = template.map(|own| format!(" TEMPLATE {own} STRATEGY file_copy")).unwrap_or_default();
        self.sql("postgres", &format!("CREATE DATABASE {name}{template}")).map(|_| ())
    }

    /// Runs `sql`, statement by statement. What the last one gives, as text.
    ///
    /// # Errors
    /// What the server says.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"]).arg(self.url(database));
        let output = psql.args(["-c", sql]).output().context("cannot run psql")?;
        ensure!(output.status.success(), "{}\n{sql}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Runs pgbench's own transaction (like TPC-B, scale 10) in a new database, with `clients` for `seconds`: transactions a second. It
    /// says how fast the machine is at the time.
    ///
    /// # Errors
    /// The database cannot be made or filled; a transaction failed.
    pub fn own_transaction(&self, clients: usize, seconds: u64) -> Result<f64> {
        self.create_database("tpcb", None)?;
        let mut pgbench = Command::new(self.bin.join("pgbench"));
        let output = pgbench.args(["-i", "-q", "-s", "10"]).arg(self.url("tpcb")).output()?;
        ensure!(output.status.success(), "pgbench -i: {}", String::from_utf8_lossy(&output.stderr));
        self.pgbench("tpcb", None, clients, seconds)
    }

    /// Runs `script`, or pgbench's own, with `clients` for `seconds`: transactions a second.
    ///
    /// # Errors
    /// A transaction failed.
    pub fn pgbench(
        &self,
        database: &str,
        script: Option<&Path>,
        clients: usize,
        seconds: u64,
    ) -> Result<f64> {
        let mut pgbench = Command::new(self.bin.join("pgbench"));
        pgbench.args([
            "-n",
            "-M",
            "prepared",
            "-j",
            "2",
            "-c",
            &clients.to_string(),
            "-T",
            &seconds.to_string(),
        ]);
        if let Some(script) = script {
            pgbench.arg("-f").arg(script);
        }
        let output = pgbench.arg(self.url(database)).output()?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success() && !err.contains("aborted"), "pgbench: {out}{err}");
        let rate = out.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.with_context(|| format!("pgbench gave no rate: {out}"))
    }

    /// The row that `condition` finds in `table`, as an INSERT in which `changed` columns have these expressions.
    fn insert_like(
        &self,
        database: &str,
        table: &str,
        condition: &str,
        changed: &[(&str, &str)],
    ) -> Result<String> {
        // As texts, whatever their types: so that what is null in JSON is not taken for what is absent.
        let pairs = self.sql(
            database,
            &format!(
                "SELECT string_agg(format('%L, %I::text', column_name, column_name), ', ') FROM information_schema.columns
                 WHERE table_schema = current_schema() AND table_name = '{table}'"
            ),
        )?;
        let sql = format!("SELECT json_object(ARRAY[{pairs}]) FROM {table} WHERE {condition} LIMIT 1");
        let row: BTreeMap<String, Value> = serde_json::from_str(&self.sql(database, &sql)?)
            .with_context(|| format!("there is no {table} {condition}"))?;
        // pgbench would take a colon for the beginning of a variable, also within a text.
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\x3a");
        let literal = |value: &Value| {
            value.as_str().map_or_else(|| "NULL".to_owned(), |text| format!("E'{}'", escaped(text)))
        };
        // The database gives this one itself.
        let columns: Vec<_> = row.iter().filter(|(name, _)| !(table == "event" && *name == "seq")).collect();
        let values = columns.iter().map(|(name, value)| {
            let own = changed.iter().find(|(changed, _)| changed == name);
            own.map_or_else(|| literal(value), |(_, expression)| (*expression).to_owned())
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let names = columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        Ok(format!("INSERT INTO {table} ({names}) VALUES ({values})"))
    }

    /// Writes the two scripts into `folder`: over all balances, and on one. `database` has requests in it that the server made.
    ///
    /// # Errors
    /// There is no such request.
    pub fn scripts(&self, database: &str, folder: &Path) -> Result<(PathBuf, PathBuf)> {
        // Ids that grow, as the server's do.
        self.sql(database, "CREATE SEQUENCE bare_seq")?;
        self.sql(
            database,
            "CREATE TABLE bare_target AS SELECT row_number() OVER () AS n, s.id AS service, s.entitlement_id AS entitlement,
                s.organization_id AS organization, b.id AS balance, l.id AS lot
             FROM service s JOIN credit_balance b ON b.entitlement_id = s.entitlement_id
             JOIN credit_lot l ON l.balance_id = b.id AND l.is_open",
        )?;
        self.sql(database, "ALTER TABLE bare_target ADD PRIMARY KEY (n)")?;
        self.sql(database, "VACUUM ANALYZE")?;
        let count = self.sql(database, "SELECT count(*) FROM bare_target")?;
        let one = self.sql(
            database,
            "SELECT concat_ws(' ', service, entitlement, organization, balance, lot) FROM bare_target WHERE n = 1",
        )?;
        let one: Vec<String> = one.split(' ').map(|id| format!("'{id}'")).collect();
        let [service, entitlement, organization, balance, lot] = one.as_slice() else {
            anyhow::bail!("there is no balance");
        };
        let all =
            self.rows(database, [":service", ":entitlement", ":organization", ":balance", ":request"])?;
        let hot = self.rows(database, [service, entitlement, organization, balance, ":request"])?;
        let take = "SET available = available - 10, held = held + 10";
        let counted = format!("{take}, last_sequence = last_sequence + 1, version = version + 1");
        let normal = [
            format!("\\set n random(1, {count})\nBEGIN"),
            format!(
                "UPDATE credit_balance {counted} FROM bare_target t WHERE t.n = :n AND id = t.balance
                 RETURNING last_sequence AS sequence, id AS balance, t.service, t.entitlement, t.organization, t.lot \\gset"
            ),
            all.request,
            format!("UPDATE credit_lot {take} WHERE id = :lot"),
        ];
        // The balance comes as late as it can: others wait for it.
        let on_one = [
            "BEGIN".to_owned(),
            hot.request,
            format!(
                "UPDATE credit_balance {counted} WHERE id = {balance} RETURNING last_sequence AS sequence \\gset"
            ),
            format!("UPDATE credit_lot {take} WHERE id = {lot}"),
        ];
        let write = |name: &str, begin: &[String], rest: &[String]| -> Result<PathBuf> {
            let statements = begin.iter().chain(rest).map(String::as_str).chain(["END"]);
            // A statement is one line, and ends with what says what becomes of it.
            let lines = statements.map(|statement| {
                let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                match statement.rsplit_once('\n').filter(|(first, _)| first.starts_with("\\set")) {
                    Some((set, statement)) => format!("{set}\n{};\n", flat(statement)),
                    None if statement.ends_with("\\gset") => format!("{}\n", flat(statement)),
                    None => format!("{};\n", flat(statement)),
                }
            });
            let path = folder.join(name);
            std::fs::write(&path, lines.collect::<String>())?;
            Ok(path)
        };
        Ok((write("normal.sql", &normal, &all.rest)?, write("hot.sql", &on_one, &hot.rest)?))
    }

    fn rows(&self, database: &str, ids: [&str; 5]) -> Result<Rows> {
        let [service, entitlement, organization, balance, request] = ids;
        let newest = "(SELECT id FROM service_request ORDER BY created_at DESC, id DESC LIMIT 1)";
        let id = "lpad(to_hex(nextval('bare_seq')), 32, '0')::uuid";
        let above = [("entitlement_id", entitlement), ("organization_id", organization)];
        let own = [
            ("id", id),
            ("code", "'B-' || nextval('bare_seq')"),
            ("service_id", service),
            ("credit_balance_id", balance),
        ];
        let like = |table: &str, condition: &str, changed: &[(&str, &str)]| {
            self.insert_like(database, table, condition, changed)
        };
        let made = like("service_request", &format!("id = {newest}"), &[&own[..], &above[..]].concat())?;
        let of_request = format!("request_id = {newest}");
        let event = |name: &str| {
            let condition = format!("subject_id = {newest} AND name = '{name}'");
            like("event", &condition, &[&[("id", id), ("subject_id", request)][..], &above[..]].concat())
        };
        let mut rest = vec![
            like("credit_hold", &of_request, &[("request_id", request), ("balance_id", balance)])?,
            like(
                "ledger_entry",
                &of_request,
                &[("request_id", request), ("balance_id", balance), ("sequence", ":sequence")],
            )?,
            event("service_request.created")?,
            event("credits.reserved")?,
        ];
        rest.push(like("command", "true", &[("id", "sha256(nextval('bare_seq')::text::bytea)")])?);
        Ok(Rows { request: format!("{made} RETURNING id AS request \\gset"), rest })
    }
}

struct Rows {
    request: String,
    rest: Vec<String>,
}
