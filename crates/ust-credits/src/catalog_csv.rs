//! The catalog as CSV, in and out (CT-1). What is written can be read again.

use std::collections::BTreeMap;

use kernel::{Invalid, ServiceType};

use crate::{CatalogItemContent, CatalogItemRecord, Complexity, Credits};

/// The columns, in their order: the first line of every file.
pub const CATALOG_COLUMNS: [&str; 7] =
    ["code", "name", "service_type", "description", "base_credits", "usual_complexity", "active"];

/// One row of a catalog file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogRow {
    /// The line of the file on which it begins, from 1; the header is line 1.
    pub line: u64,
    /// The code that it names, as it stands there; empty where it names none.
    pub code: String,
    /// What it says of the item, or everything that is wrong with it.
    pub item: Result<CatalogRowItem, Invalid>,
}

/// What a row says of its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogRowItem {
    /// The item.
    pub content: CatalogItemContent,
    /// Whether it may be chosen for new work.
    pub active: bool,
}

/// Reads a catalog file. Every row is reported, good or wrong, in order; the second row of one code is wrong. A byte order mark,
/// which spreadsheets put first, is passed over.
///
/// # Errors
/// [`Invalid`] where the header is not [`CATALOG_COLUMNS`]: then no row is read.
pub fn read_catalog(text: &str) -> Result<Vec<CatalogRow>, Invalid> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = records.next().and_then(Result::ok).unwrap_or_default();
    if header.iter().ne(CATALOG_COLUMNS) {
        let found = header.iter().collect::<Vec<_>>().join(",").chars().take(200).collect::<String>();
        let expected = CATALOG_COLUMNS.join(",");
        return Err(Invalid::field("header", format!("`{expected}` is expected, `{found}` was found")));
    }
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut first_lines = BTreeMap::new();
    let mut rows = Vec::new();
    for record in records {
        rows.push(match record {
            Ok(record) => {
                let line = lines.of(record.position());
                let code = record.get(0).unwrap_or_default().to_owned();
                let first = *first_lines.entry(code.clone()).or_insert(line);
                CatalogRow { line, item: read_item(&record, (first != line).then_some(first)), code }
            }
            Err(error) => {
                let line = lines.of(error.position());
                CatalogRow { line, code: String::new(), item: Err(Invalid::field("row", "cannot be read")) }
            }
        });
    }
    Ok(rows)
}

/// Counts lines up to where a record begins. The reader's own count is one short where lines end in CR and LF.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let bytes = self.text.as_bytes();
        let start = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(self.at);
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let start = start + bytes.iter().skip(start).take_while(|byte| is_break(byte)).count();
        let breaks =
            bytes.get(self.at..start).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(breaks).unwrap_or(u64::MAX));
        self.at = start;
        self.line
    }
}

fn read_item(record: &csv::StringRecord, first: Option<u64>) -> Result<CatalogRowItem, Invalid> {
    let fields: Vec<&str> = record.iter().collect();
    let &[code, name, service_type, description, base_credits, usual_complexity, active] = fields.as_slice()
    else {
        let expected = CATALOG_COLUMNS.len();
        return Err(Invalid::field(
            "row",
            format!("{expected} fields are expected, {} were found", fields.len()),
        ));
    };
    let mut invalid = Invalid::default();
    if let Some(first) = first {
        invalid.push("code", format!("stands on line {first} already"));
    }
    let service_type = service_type.parse::<ServiceType>().map_err(|_| {
        invalid.push("service_type", format!("one of {} is expected", texts::<ServiceType>()));
    });
    let base_credits = base_credits.parse::<Credits>().map_err(|error| {
        invalid.push("base_credits", error.to_string());
    });
    let usual_complexity = usual_complexity.parse::<Complexity>().map_err(|_| {
        invalid.push("usual_complexity", format!("one of {} is expected", texts::<Complexity>()));
    });
    let active = active.parse::<bool>().map_err(|_| invalid.push("active", "true or false is expected"));
    // What could not be read stands in with something legal, so that the other fields are judged all the same.
    let content = CatalogItemContent {
        code: code.to_owned(),
        name: name.to_owned(),
        service_type: service_type.unwrap_or(ServiceType::Support),
        description: description.to_owned(),
        base_credits: base_credits.unwrap_or(Credits::from_units(1)),
        usual_complexity: usual_complexity.unwrap_or(Complexity::Low),
    };
    if let Err(Invalid(more)) = content.check() {
        invalid.0.extend(more);
    }
    invalid.or_ok(CatalogRowItem { content, active: active.unwrap_or_default() })
}

fn texts<T: Copy + Into<&'static str> + strum::VariantArray + 'static>() -> String {
    T::VARIANTS.iter().map(|variant| (*variant).into()).collect::<Vec<&str>>().join(", ")
}

/// Writes a catalog file, one row per item in the given order.
pub fn write_catalog<'a>(items: impl IntoIterator<Item = &'a CatalogItemRecord>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every row has as many fields as the header.
    let mut write = |fields: [&str; 7]| writer.write_record(fields).unwrap_or_default();
    write(CATALOG_COLUMNS);
    for CatalogItemRecord { content, active, .. } in items {
        let base_credits = content.base_credits.to_string();
        let active = if *active { "true" } else { "false" };
        write([
            &content.code,
            &content.name,
            content.service_type.into(),
            &content.description,
            &base_credits,
            content.usual_complexity.into(),
            active,
        ]);
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kernel::CatalogItemId;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const HEADER: &str = "code,name,service_type,description,base_credits,usual_complexity,active\n";

    fn read(rows: &str) -> Vec<CatalogRow> {
        read_catalog(&format!("{HEADER}{rows}")).unwrap()
    }

    fn paths(row: &CatalogRow) -> Vec<String> {
        row.item.as_ref().unwrap_err().0.iter().map(|field| field.path.clone()).collect()
    }

    #[test]
    fn ct_1_rows_are_read_with_quotes_and_line_breaks() {
        let rows = read(
            "A-1,\"Update, small\",support,\"two\nlines\",4.5,medium,true\r\nA-2,Move,migration,,10,high,false\n",
        );
        let first = rows[0].item.as_ref().unwrap();
        assert_eq!(
            (first.content.name.as_str(), first.content.description.as_str()),
            ("Update, small", "two\nlines")
        );
        assert_eq!((first.content.base_credits.units(), first.active), (45, true));
        assert_eq!((rows[1].line, rows[1].code.as_str()), (4, "A-2"));
        assert!(!rows[1].item.as_ref().unwrap().active);
    }

    #[test]
    fn ct_1_a_wrong_header_is_refused() {
        for text in [
            "",
            "\n",
            "code,name\n",
            "name,code,service_type,description,base_credits,usual_complexity,active\n",
        ] {
            assert_eq!(read_catalog(text).unwrap_err().0[0].path, "header");
        }
        assert_eq!(read_catalog(HEADER), Ok(Vec::new()));
        assert_eq!(read_catalog(&format!("\u{feff}{HEADER}")), Ok(Vec::new()));
    }

    #[test]
    fn ct_1_wrong_rows_name_their_fields_and_the_good_ones_are_kept() {
        let rows = read(
            "A-1,Update,support,,4,low,true\n\
             A-2,,gardening,,4.55,huge,maybe\n\
             A-3,Move\n\
             A-1,Update,support,,4,low,true\n\
             A 4,Move,migration,,-1,low,true\n\
             A-5,Move,migration,,0,low,true\n",
        );
        assert!(rows[0].item.is_ok());
        assert_eq!(paths(&rows[1]), ["service_type", "base_credits", "usual_complexity", "active", "name"]);
        assert_eq!(paths(&rows[2]), ["row"]);
        assert_eq!(rows[3].item.as_ref().unwrap_err().to_string(), "code: stands on line 2 already");
        assert_eq!(paths(&rows[4]), ["base_credits", "code"]);
        assert_eq!(paths(&rows[5]), ["base_credits"]);
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
    }

    proptest! {
        #[test]
        fn ct_1_what_is_written_is_read(name in "\\PC{1,20}", description in "[a-z,\"\n\r;= ]{0,20}", units in 1..=crate::MAX_FIGURE.units(), active: bool) {
            prop_assume!(!name.trim().is_empty());
            let content = CatalogItemContent {
                code: "A-1".into(),
                name,
                service_type: ServiceType::MobileApps,
                description,
                base_credits: Credits::from_units(units),
                usual_complexity: Complexity::High,
            };
            let record = CatalogItemRecord { id: CatalogItemId::new(Uuid::nil()), content: content.clone(), active, version: 1 };
            let rows = read_catalog(&write_catalog([&record])).unwrap();
            prop_assert_eq!(&rows[0].item, &Ok(CatalogRowItem { content, active }));
        }

        #[test]
        fn ct_1_no_file_makes_it_panic(rows in "[A1a-z,\"\n .-]{0,200}|.*") {
            let _ = read_catalog(&rows);
            let _ = read(&rows);
        }
    }
}
