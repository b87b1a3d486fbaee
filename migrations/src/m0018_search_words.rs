//! The words that lists are searched by: all of a row in its column `words`, and each with its row in a table beside, ordered, so
//! that those that begin alike are found together. The program writes the column, and those of rows that were there before.

use crate::sql::{Sql, Step};

/// The statements for each table that is searched; `$up` and `$down` are one after the other.
macro_rules! for_each {
    ($statements:ident) => {
        &[
            $statements!("organization"),
            $statements!("collaborator"),
            $statements!("product"),
            $statements!("catalog_item"),
            $statements!("sales_order"),
            $statements!("invoice"),
            $statements!("entitlement"),
            $statements!("environment"),
            $statements!("contract"),
            $statements!("service"),
            $statements!("service_request"),
        ]
    };
}

macro_rules! up {
    ($table:literal) => {
        Sql::Each(&[
            Sql::Both(concat!("ALTER TABLE ", $table, " ADD COLUMN words TEXT")),
            Sql::Postgres(concat!(
                "CREATE TABLE ", $table, "_word (
                    word TEXT COLLATE \"C\" NOT NULL, id UUID NOT NULL, PRIMARY KEY (word, id)
                )"
            )),
            Sql::Postgres(concat!(
                "CREATE FUNCTION ", $table, "_words() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        IF TG_OP <> 'INSERT' THEN
                            DELETE FROM ", $table, "_word
                                WHERE id = OLD.id AND word = ANY (string_to_array(OLD.words, ' '));
                        END IF;
                        IF TG_OP <> 'DELETE' THEN
                            INSERT INTO ", $table, "_word (word, id)
                                SELECT word, NEW.id FROM unnest(string_to_array(NEW.words, ' ')) word;
                        END IF;
                        RETURN NULL;
                    END $$"
            )),
            Sql::Postgres(concat!(
                "CREATE TRIGGER ", $table, "_words AFTER INSERT OR DELETE ON ", $table, "
                    FOR EACH ROW EXECUTE FUNCTION ", $table, "_words()"
            )),
            Sql::Postgres(concat!(
                "CREATE TRIGGER ", $table, "_words_changed AFTER UPDATE ON ", $table, "
                    FOR EACH ROW WHEN (OLD.words IS DISTINCT FROM NEW.words)
                    EXECUTE FUNCTION ", $table, "_words()"
            )),
            Sql::Sqlite(concat!(
                "CREATE TABLE ", $table, "_word (
                    word TEXT NOT NULL, id BLOB NOT NULL, PRIMARY KEY (word, id)
                ) WITHOUT ROWID"
            )),
            Sql::Sqlite(concat!(
                "CREATE TRIGGER ", $table, "_words_insert AFTER INSERT ON ", $table, " WHEN NEW.words <> ''
                BEGIN
                    INSERT INTO ", $table, "_word (word, id)
                        SELECT value, NEW.id FROM json_each('[\"' || replace(NEW.words, ' ', '\",\"') || '\"]');
                END"
            )),
            Sql::Sqlite(concat!(
                "CREATE TRIGGER ", $table, "_words_delete AFTER DELETE ON ", $table, " WHEN OLD.words <> ''
                BEGIN
                    DELETE FROM ", $table, "_word WHERE id = OLD.id AND word IN
                        (SELECT value FROM json_each('[\"' || replace(OLD.words, ' ', '\",\"') || '\"]'));
                END"
            )),
            Sql::Sqlite(concat!(
                "CREATE TRIGGER ", $table, "_words_update AFTER UPDATE OF words ON ", $table, "
                WHEN NEW.words IS NOT OLD.words
                BEGIN
                    DELETE FROM ", $table, "_word WHERE OLD.words <> '' AND id = OLD.id AND word IN
                        (SELECT value FROM json_each('[\"' || replace(OLD.words, ' ', '\",\"') || '\"]'));
                    INSERT INTO ", $table, "_word (word, id)
                        SELECT value, NEW.id FROM json_each('[\"' || replace(NEW.words, ' ', '\",\"') || '\"]')
                        WHERE NEW.words <> '';
                END"
            )),
        ])
    };
}

macro_rules! down {
    ($table:literal) => {
        Sql::Each(&[
            Sql::Postgres(concat!("DROP TRIGGER ", $table, "_words_changed ON ", $table)),
            Sql::Postgres(concat!("DROP TRIGGER ", $table, "_words ON ", $table)),
            Sql::Postgres(concat!("DROP FUNCTION ", $table, "_words")),
            Sql::Sqlite(concat!("DROP TRIGGER ", $table, "_words_update")),
            Sql::Sqlite(concat!("DROP TRIGGER ", $table, "_words_delete")),
            Sql::Sqlite(concat!("DROP TRIGGER ", $table, "_words_insert")),
            Sql::Both(concat!("DROP TABLE ", $table, "_word")),
            Sql::Both(concat!("ALTER TABLE ", $table, " DROP COLUMN words")),
        ])
    };
}

pub(crate) const STEP: Step = Step { name: "m0018_search_words", up: for_each!(up), down: for_each!(down) };
