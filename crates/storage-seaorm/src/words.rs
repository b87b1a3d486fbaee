//! What rows are searched by (UI-1): the words of their codes, titles and names.
//!
//! They stand in the column `words` of each table that is searched, without case and accents, so that both databases find the
//! same; and each by itself in a table of words beside it, which triggers keep up to date, so that those that begin alike are
//! found together.

use std::collections::BTreeSet;

use kernel::StoreError;
use sea_orm::{
    ConnectionTrait, DbBackend, Statement, TransactionSession as _, TransactionTrait, Value, prelude::Uuid,
};
use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class};

use crate::error;

/// Longer words are searched by as much of them.
const LONGEST: usize = 40;

/// The tables that are searched, each by these columns.
const SEARCHED: [(&str, &[&str]); 11] = [
    ("organization", &["name", "legal_name"]),
    ("collaborator", &["name", "email"]),
    ("product", &["sku", "name"]),
    ("catalog_item", &["code", "name", "description"]),
    ("sales_order", &["code", "external_ref"]),
    ("invoice", &["code"]),
    ("entitlement", &["holder_name", "holder_email", "code"]),
    ("environment", &["name", "primary_url"]),
    ("contract", &["code"]),
    ("service", &["title"]),
    ("service_request", &["code", "title"]),
];

/// So many rows are read and written at a time.
const ROWS: usize = 500;

/// The words of `texts`, each once: what consists of letters and digits, in small letters, without accents.
pub(crate) fn of<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut words = Vec::new();
    for text in texts {
        // To capitals and back, so that `ß` is `ss` and every `σ` is one.
        let plain = text.as_ref().nfkd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkd();
        let plain: String = plain.filter(|letter| canonical_combining_class(*letter) == 0).collect();
        for word in plain.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let word: String = word.chars().take(LONGEST).collect();
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
    }
    words
}

/// The words of `texts`, as the column `words` has them.
pub(crate) fn column<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Option<String> {
    Some(of(texts).join(" "))
}

/// The bounds of the words that begin with `word`: from the first, before the second.
pub(crate) fn beginning_with(word: &str) -> (String, String) {
    (word.to_owned(), format!("{word}{}", char::MAX))
}

/// Writes the words of every row that has none yet: of rows that were there before words were, and of those that an older
/// server made since.
pub(crate) async fn fill<C: ConnectionTrait + TransactionTrait>(db: &C) -> Result<(), StoreError> {
    for (table, columns) in SEARCHED {
        let mut after = Uuid::nil();
        while let Some(last) = fill_some(db, table, columns, after).await? {
            after = last;
        }
    }
    Ok(())
}

/// The same for some rows of `table`, and the last of them.
async fn fill_some<C: ConnectionTrait + TransactionTrait>(
    db: &C,
    table: &str,
    columns: &[&str],
    after: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    let backend = db.get_database_backend();
    let tx = db.begin().await.map_err(error::map)?;
    let lock = if backend == DbBackend::Postgres { " FOR NO KEY UPDATE" } else { "" };
    let sql = format!(
        "SELECT id, {} FROM {table} WHERE words IS NULL AND id > $1 ORDER BY id LIMIT {ROWS}{lock}",
        columns.join(", ")
    );
    let select = Statement::from_sql_and_values(backend, sql, [after.into()]);
    let rows = tx.query_all_raw(select).await.map_err(error::map)?;
    let mut last = None;
    let mut places = Vec::new();
    let mut parameters: Vec<Value> = Vec::new();
    for row in &rows {
        let id: Uuid = row.try_get("", "id").map_err(error::map)?;
        let texts = columns.iter().map(|column| row.try_get::<Option<String>>("", column));
        let texts = texts.collect::<Result<Vec<_>, _>>().map_err(error::map)?;
        last = Some(id);
        places.push(format!("(${}, ${})", parameters.len() + 1, parameters.len() + 2));
        parameters.extend([id.into(), column(texts.into_iter().flatten()).into()]);
    }
    if last.is_some() {
        let sql = format!(
            "UPDATE {table} SET words = found.column2 FROM (VALUES {}) found WHERE {table}.id = found.column1",
            places.join(", ")
        );
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, parameters)).await.map_err(error::map)?;
    }
    tx.commit().await.map_err(error::map)?;
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ui_1_words_have_neither_case_nor_accents_nor_punctuation() {
        for (text, words) in [
            ("SR-20260042", "sr 20260042"),
            ("Não há ação: É TUDO!", "nao ha acao e tudo"),
            ("e\u{301}te\u{301} — été", "ete"),
            ("Straße, STRASSE", "strasse"),
            ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ"),
            ("İstanbul ıssız", "istanbul issiz"),
            ("ana.souza+x@example.com", "ana souza x example com"),
            ("https://moodle.acme.com.br/d'água", "https moodle acme com br d agua"),
            ("ﬁle ² ①", "file 2 1"),
            ("Пётр Ёлкин", "петр елкин"),
            ("大阪 हिन्दी", "大阪 हिनदी"),
            ("\" AND (x OR y) NEAR* -z \0 % _ ' \\ NULL", "and x or y near z null"),
            ("¡¿ — …", ""),
            ("", ""),
        ] {
            assert_eq!(of([text]).join(" "), words, "{text}");
        }
        assert_eq!(of(["a b", "B c"]), ["a", "b", "c"]);
        assert_eq!(of(["x".repeat(100)]), ["x".repeat(LONGEST)]);
    }

    #[test]
    fn words_that_begin_alike_stand_between_two_bounds() {
        let (from, until) = beginning_with("plug");
        for (word, within) in
            [("plug", true), ("plugin", true), ("plug大", true), ("plu", false), ("plum", false)]
        {
            assert_eq!((from.as_str()..until.as_str()).contains(&word), within, "{word}");
        }
    }
}
