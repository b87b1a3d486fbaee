//! Cursors: the list, its order, and what the last row shown has in the order's keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kernel::{Cursor, StoreError};
use serde_json::{Value as Json, json};

use super::key::{Key, KeyValue};

pub(super) fn write(list: &str, order: &str, values: &[KeyValue]) -> Cursor {
    let values: Vec<Json> = values.iter().map(KeyValue::to_json).collect();
    Cursor(URL_SAFE_NO_PAD.encode(json!([list, order, values]).to_string()))
}

/// The values that `cursor` was made of.
///
/// # Errors
/// [`StoreError::InvalidCursor`] where this list did not give it out in this order.
pub(super) fn read(
    cursor: &Cursor,
    list: &str,
    order: &str,
    keys: &[Key],
) -> Result<Vec<KeyValue>, StoreError> {
    let parse = || {
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).ok()?;
        let (of, by, values): (String, String, Vec<Json>) = serde_json::from_slice(&bytes).ok()?;
        if of != list || by != order || values.len() != keys.len() {
            return None;
        }
        keys.iter().zip(values).map(|(key, value)| key.read_json(value)).collect()
    };
    parse().ok_or(StoreError::InvalidCursor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sea_orm::prelude::{TimeDate, Uuid};

    use super::*;

    fn keys() -> Vec<Key> {
        vec![Key::day("a").or_absent(), Key::text("b"), Key::whole("c"), Key::id("d")]
    }

    fn values(day: KeyValue) -> Vec<KeyValue> {
        let id = Uuid::from_u128(7);
        vec![day, KeyValue::Text("Água \"%\"".into()), KeyValue::Whole(i64::MIN), KeyValue::Id(id)]
    }

    #[test]
    fn ap_2_a_cursor_is_read_as_it_was_written() {
        let first = TimeDate::from_ordinal_date(1, 1).unwrap();
        for day in [KeyValue::Absent, KeyValue::Day(TimeDate::MAX), KeyValue::Day(first)] {
            let cursor = write("things", "-a", &values(day.clone()));
            assert_eq!(read(&cursor, "things", "-a", &keys()), Ok(values(day)));
            assert!(cursor.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }
    }

    #[test]
    fn ap_2_a_cursor_of_another_list_or_order_or_none_at_all_is_refused() {
        let cursor = write("things", "-a", &values(KeyValue::Absent));
        assert_eq!(read(&cursor, "others", "-a", &keys()), Err(StoreError::InvalidCursor));
        assert_eq!(read(&cursor, "things", "a", &keys()), Err(StoreError::InvalidCursor));
        assert_eq!(read(&cursor, "things", "-a", &keys()[..3]), Err(StoreError::InvalidCursor));
        let forged = |json: Json| Cursor(URL_SAFE_NO_PAD.encode(json.to_string()));
        for json in [
            json!([]),
            json!(["things", "-a", []]),
            json!(["things", "-a", ["2026-01-01", "b", 1, Uuid::nil()]]),
            json!(["things", "-a", [i64::MAX, "b", 1, Uuid::nil()]]),
            json!(["things", "-a", [-1, "b", 1, Uuid::nil()]]),
            json!(["things", "-a", [null, null, 1, Uuid::nil()]]),
            json!(["things", "-a", [null, "b\0", 1, Uuid::nil()]]),
            json!(["things", "-a", [null, "b", 1.5, Uuid::nil()]]),
            json!(["things", "-a", [null, "b", 1, "x"]]),
        ] {
            assert_eq!(
                read(&forged(json.clone()), "things", "-a", &keys()),
                Err(StoreError::InvalidCursor),
                "{json}"
            );
        }
        for text in ["", "%", "AAAA", "WyJ0aGluZ3MiXQ"] {
            assert_eq!(read(&Cursor(text.into()), "things", "-a", &keys()), Err(StoreError::InvalidCursor));
        }
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            "\\PC{0,20}".prop_map(Json::from),
            any::<u128>().prop_map(|id| Json::from(Uuid::from_u128(id).to_string())),
        ];
        leaf.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..6).prop_map(Json::from))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn ap_2_any_text_is_a_cursor_or_refused(text in "\\PC{0,60}|[A-Za-z0-9_-]{0,200}") {
            prop_assert_eq!(read(&Cursor(text), "things", "-a", &keys()), Err(StoreError::InvalidCursor));
        }

        #[test]
        fn ap_2_any_forged_cursor_is_read_as_what_it_says_or_refused(values in prop::collection::vec(any_json(), 3..6)) {
            let forged = Cursor(URL_SAFE_NO_PAD.encode(json!(["things", "-a", values]).to_string()));
            match read(&forged, "things", "-a", &keys()) {
                Ok(values) => {
                    let again = write("things", "-a", &values);
                    prop_assert_eq!(read(&again, "things", "-a", &keys()), Ok(values));
                }
                Err(error) => prop_assert_eq!(error, StoreError::InvalidCursor),
            }
        }
    }
}
