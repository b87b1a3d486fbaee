//! Files of rows that are written while they are read: in constant memory, however many rows there are.

use std::future::Future;

use futures_util::{StreamExt, stream};
use poem::Body;

use super::CsvFile;

impl CsvFile {
    /// The file `name`. `more` writes the rows of a state and says what comes after, until nothing does. Where it fails the
    /// answer breaks off, so that nobody takes a part for the whole.
    pub(crate) fn streamed<S, More, Rows, E>(name: String, begin: S, more: More) -> Self
    where
        S: Send + 'static,
        More: Fn(S) -> Rows + Send + Sync + 'static,
        Rows: Future<Output = Result<(String, Option<S>), E>> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        let more = std::sync::Arc::new(more);
        let chunks = stream::try_unfold(Some(begin), move |state| {
            let more = more.clone();
            async move {
                let Some(state) = state else { return Ok::<_, std::io::Error>(None) };
                let (rows, next) = more(state).await.map_err(std::io::Error::other)?;
                Ok(Some((rows, next)))
            }
        });
        Self { name, body: Body::from_bytes_stream(chunks.boxed()) }
    }
}

/// One row as RFC 4180 has it. A cell that a spreadsheet would take for a formula is marked as text.
pub(crate) fn csv_row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let cells = cells.into_iter().map(|cell| {
        let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number(cell);
        if formula { format!("'{cell}") } else { cell.to_owned() }
    });
    // Writing to memory does not fail.
    let _ = writer.write_record(cells);
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use poem::IntoResponse;

    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_marked_as_text() {
        let row = csv_row(["=1+1", "-4.5", "-cmd", "@x", "a \"b\", c", "2026"]);
        assert_eq!(row, "'=1+1,-4.5,'-cmd,'@x,\"a \"\"b\"\", c\",2026\r\n");
        for (text, cell) in [
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("\t=1", "'\t=1"),
            ("a=b", "a=b"),
            ("", "\"\""),
        ] {
            assert_eq!(csv_row([text]), format!("{cell}\r\n"));
        }
    }

    #[tokio::test]
    async fn a_file_is_written_state_by_state() {
        let file = CsvFile::streamed("x.csv".to_owned(), 0, |state: i32| async move {
            Ok::<_, std::fmt::Error>((format!("{state}\n"), (state < 3).then_some(state + 1)))
        });
        let response = file.into_response();
        assert_eq!(response.header("Content-Disposition"), Some("attachment; filename=\"x.csv\""));
        assert_eq!(response.into_body().into_string().await.unwrap(), "0\n1\n2\n3\n");
        let broken = CsvFile::streamed("x.csv".to_owned(), (), |()| async move {
            Err::<(String, Option<()>), _>(std::fmt::Error)
        });
        assert!(broken.into_response().into_body().into_string().await.is_err());
    }
}
