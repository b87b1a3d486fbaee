//! The catalog as a file, in and out (CT-1).

use std::sync::Arc;

use kernel::{PageRequest, ServiceType};
use poem_openapi::{Enum, Object, OpenApi, param::Query, payload::Json, types::Example};
use service_delivery::{
    ImportedRow, RowOutcome,
    reads::{CatalogItemFilter, CatalogItemQuery, CatalogItemSort, Sorted},
};
use ust_credits::{read_catalog, write_catalog};
use uuid::Uuid;

use super::{Context, Tag, example};
use crate::{
    http::{ApiError, By, problem::FieldProblem},
    wire::{CsvBody, CsvFile, Word},
};

/// What became of a file.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct CatalogImported {
    /// How many items were made.
    created: u64,
    /// How many say something else now.
    updated: u64,
    /// How many said all of it already.
    unchanged: u64,
    /// How many rows are wrong; nothing of these was taken.
    refused: u64,
    /// Every row, in the order of the file.
    rows: Vec<CatalogRowImported>,
}

/// What became of a row.
#[derive(Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct CatalogRowImported {
    /// The line on which it begins; the header is line 1.
    line: u64,
    /// The code that it names, as it stands there; empty where it names none.
    code: String,
    /// What became of it.
    outcome: CatalogRowOutcome,
    /// The id of its item; absent where the row was refused.
    id: Option<Uuid>,
    /// Everything that is wrong with it, by the name of the column; `row` where the whole row is. Absent where nothing is.
    errors: Option<Vec<FieldProblem>>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(crate) enum CatalogRowOutcome {
    /// The item was made.
    Created,
    /// The item says something else now.
    Updated,
    /// The item said all of it already.
    Unchanged,
    /// The row is wrong.
    Refused,
}

impl From<ImportedRow> for CatalogRowImported {
    fn from(ImportedRow { line, code, outcome }: ImportedRow) -> Self {
        let (outcome, id, errors) = match outcome {
            RowOutcome::Created(id) => (CatalogRowOutcome::Created, Some(id), None),
            RowOutcome::Updated(id) => (CatalogRowOutcome::Updated, Some(id), None),
            RowOutcome::Unchanged(id) => (CatalogRowOutcome::Unchanged, Some(id), None),
            RowOutcome::Refused(invalid) => {
                let errors = invalid.0.into_iter().map(FieldProblem::from).collect();
                (CatalogRowOutcome::Refused, None, Some(errors))
            }
        };
        Self { line, code, outcome, id: id.map(|id| id.as_uuid()), errors }
    }
}

impl From<Vec<ImportedRow>> for CatalogImported {
    fn from(rows: Vec<ImportedRow>) -> Self {
        let rows: Vec<CatalogRowImported> = rows.into_iter().map(CatalogRowImported::from).collect();
        let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count() as u64;
        Self {
            created: count(CatalogRowOutcome::Created),
            updated: count(CatalogRowOutcome::Updated),
            unchanged: count(CatalogRowOutcome::Unchanged),
            refused: count(CatalogRowOutcome::Refused),
            rows,
        }
    }
}

impl Example for CatalogImported {
    fn example() -> Self {
        let created = CatalogRowImported {
            line: 2,
            code: "PLUGIN-UPDATE".to_owned(),
            outcome: CatalogRowOutcome::Created,
            id: Some(example::id(0x10)),
            errors: None,
        };
        let problem = "at most one decimal is possible".to_owned();
        let refused = CatalogRowImported {
            line: 3,
            code: "THEME".to_owned(),
            outcome: CatalogRowOutcome::Refused,
            id: None,
            errors: Some(vec![FieldProblem { path: "base_credits".to_owned(), problem }]),
        };
        Self { created: 1, updated: 0, unchanged: 0, refused: 1, rows: vec![created, refused] }
    }
}

pub(crate) struct CatalogFiles(pub(crate) Arc<Context>);

#[OpenApi(prefix_path = "/v1", tag = "Tag::CatalogItems")]
impl CatalogFiles {
    /// Export the catalog
    ///
    /// Always in the order of their codes, and those out of the offer too where no filter says otherwise, as a file that can be
    /// imported: the columns are `code`, `name`, `service_type`, `description`, `base_credits`, `usual_complexity`, `active`.
    #[oai(path = "/catalog-items.csv", method = "get", operation_id = "export_catalog_items")]
    async fn export(
        &self,
        By(by): By,
        /// Only those of this type of service.
        service_type: Query<Option<Word<ServiceType>>>,
        /// Only those that may be chosen for new work, or only those that may not.
        active: Query<Option<bool>>,
        /// Only those with all of these words, or words that begin so, in their code, name or description.
        #[oai(validator(max_length = 200))]
        q: Query<Option<String>>,
    ) -> Result<CsvFile, ApiError> {
        let service_type = service_type.0.map(|Word(word)| word);
        let filter = CatalogItemFilter { service_type, active: active.0, q: q.0 };
        let sort = Some(Sorted::ascending(CatalogItemSort::Code));
        let (mut items, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest::longest(cursor);
            let query = CatalogItemQuery { filter: filter.clone(), sort, page };
            let page = self.0.reads.catalog_items(self.0.viewer(&by), &query).await?;
            items.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(CsvFile { name: "catalog.csv".to_owned(), body: write_catalog(&items).into() })
    }

    /// Import a catalog file
    ///
    /// A file as the export gives it, of up to 1,000 rows, with the header as its first line. An item that is not there is made,
    /// one that is there becomes what its row says, and items without a row stay as they are. Every row is reported; wrong ones
    /// are left and the others are kept. A file with another header is refused as a whole. Repeating an import changes nothing.
    #[oai(path = "/catalog-items/import", method = "post", operation_id = "import_catalog_items")]
    async fn import(&self, By(by): By, CsvBody(text): CsvBody) -> Result<Json<CatalogImported>, ApiError> {
        let rows = read_catalog(&text)?;
        Ok(Json(self.0.service.import_catalog(&by, &rows).await?.into()))
    }
}

#[cfg(test)]
mod tests {
    use poem::http::Method;
    use serde_json::{Value, json};

    use crate::testing::World;

    const HEADER: &str = "code,name,service_type,description,base_credits,usual_complexity,active\n";

    /// Status and body of the answer.
    async fn import(world: &World, file: impl Into<Vec<u8>>) -> (u16, Value) {
        let request = world.client.post("/v1/catalog-items/import").header("X-API-Key", &world.staff);
        let response = request.content_type("text/csv; charset=utf-8").body(file.into()).send().await.0;
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.into_body().into_string().await.unwrap()).unwrap())
    }

    async fn export(world: &World) -> String {
        let request = world.client.get("/v1/catalog-items.csv").header("X-API-Key", &world.staff);
        let response = request.send().await;
        response.assert_status_is_ok();
        response.assert_header("Content-Type", "text/csv; charset=utf-8");
        response.assert_header("Content-Disposition", "attachment; filename=\"catalog.csv\"");
        response.0.into_body().into_string().await.unwrap()
    }

    fn outcomes(report: &Value) -> Vec<String> {
        let rows = report["rows"].as_array().unwrap().iter();
        rows.map(|row| {
            let text = |field: &str| row[field].as_str().unwrap_or_default();
            let errors = row["errors"].as_array().into_iter().flatten();
            let wrong: Vec<&str> = errors.map(|error| error["path"].as_str().unwrap()).collect();
            format!("{} {} {} {}", row["line"], text("code"), text("outcome"), wrong.join(","))
                .trim()
                .to_owned()
        })
        .collect()
    }

    #[tokio::test]
    async fn ct_1_every_row_is_reported_and_the_good_ones_are_kept() {
        let world = World::new().await;
        let file = format!(
            "{HEADER}UPDATE,\"Update, small\",support,\"two\nlines\",4.5,medium,true\n\
             THEME,Theme,gardening,,4.55,huge,maybe\n\
             MOVE,Move,migration,,10,high,false\n\
             UPDATE,Again,support,,4,low,true\n\
             COURSE,Course\n"
        );
        let (status, report) = import(&world, file.as_str()).await;
        assert_eq!(status, 200, "{report:#}");
        assert_eq!(
            outcomes(&report),
            [
                "2 UPDATE created",
                "4 THEME refused service_type,base_credits,usual_complexity,active",
                "5 MOVE created",
                "6 UPDATE refused code",
                "7 COURSE refused row",
            ]
        );
        assert_eq!((&report["created"], &report["refused"]), (&json!(2), &json!(3)));
        let made = world.get("/v1/catalog-items/UPDATE").await.is(200);
        assert_eq!((&made["id"], &made["name"]), (&report["rows"][0]["id"], &json!("Update, small")));
        assert_eq!(world.get("/v1/catalog-items/MOVE").await.is(200)["active"], false);

        // What is there becomes what its row says; what says the same stays at its version.
        let tag = world.get("/v1/catalog-items/MOVE").await.etag;
        let file = format!(
            "\u{feff}{HEADER}UPDATE,Update,support,,4,low,true\r\nMOVE,Move,migration,,10,high,false\r\n"
        );
        let (_, report) = import(&world, file).await;
        assert_eq!(outcomes(&report), ["2 UPDATE updated", "3 MOVE unchanged"]);
        assert_eq!(world.get("/v1/catalog-items/MOVE").await.etag, tag);
        assert_eq!(world.get("/v1/catalog-items/UPDATE").await.is(200)["base_credits"], "4");
    }

    #[tokio::test]
    async fn ct_1_what_is_exported_is_imported_as_it_was() {
        let world = World::new().await;
        let mut file = HEADER.to_owned();
        // More than a page of the list, of all kinds of texts.
        for number in 0..450 {
            let active = number % 3 != 0;
            let row = format!(
                "I-{number:03},\"Ação \"\"{number}\"\"\",support,\"=1, ç\",{number}.5,low,{active}\n"
            );
            file.push_str(&row);
        }
        let (_, report) = import(&world, file.as_str()).await;
        assert_eq!(report["created"], 450, "{report:#}");
        let exported = export(&world).await;
        assert_eq!(exported.lines().count(), 451);
        let (_, report) = import(&world, exported.as_str()).await;
        assert_eq!((&report["unchanged"], &report["refused"]), (&json!(450), &json!(0)));
        let elsewhere = World::new().await;
        assert_eq!(import(&elsewhere, exported.as_str()).await.1["created"], 450);
        assert_eq!(export(&elsewhere).await, exported);
    }

    #[tokio::test]
    async fn ct_1_a_part_of_the_catalog_is_exported_with_the_filters_of_its_list() {
        let world = World::new().await;
        let file = format!(
            "{HEADER}THEME,Theme,support,,1,low,true\nMOVE,Move house,migration,,10,high,false\n\
             COURSE,Course,support,,2,low,false\n"
        );
        assert_eq!(import(&world, file).await.1["created"], 3);
        for (query, codes) in [
            ("", "COURSE MOVE THEME"),
            ("?active=true", "THEME"),
            ("?service_type=support", "COURSE THEME"),
            ("?q=hou&active=false", "MOVE"),
        ] {
            let (status, text) =
                world.raw(&world.staff, Method::GET, &format!("/v1/catalog-items.csv{query}")).await;
            let rows = text.lines().skip(1).filter_map(|row| row.split(',').next());
            assert_eq!((status, rows.collect::<Vec<_>>().join(" ").as_str()), (200, codes), "{query}");
        }
        let sorted = world.get("/v1/catalog-items.csv?sort=name").await;
        assert_eq!(sorted.wrong_fields(), ["sort"], "its order is that of the codes");
    }

    #[tokio::test]
    async fn ct_1_a_file_that_is_none_is_refused_and_changes_nothing() {
        let world = World::new().await;
        let too_many = format!("{HEADER}{}", "X,X,support,,1,low,true\n".repeat(1_001));
        let files: [(&[u8], &str); 4] = [
            (b"", "header"),
            (b"code,name\nX,X\n", "header"),
            (b"{\"code\": \"X\"}", "header"),
            (too_many.as_bytes(), "body"),
        ];
        for (file, wrong) in files {
            let (status, problem) = import(&world, file).await;
            assert_eq!((status, &problem["errors"][0]["path"]), (422, &json!(wrong)), "{problem:#}");
        }
        let (status, problem) =
            import(&world, [HEADER.as_bytes(), b"X,\xff,support,,1,low,true\n"].concat()).await;
        assert_eq!((status, &problem["type"]), (400, &json!("urn:middag:problem:malformed-csv")));
        assert!(problem["detail"].as_str().unwrap().contains("byte 75"), "{problem:#}");
        let (status, _) = import(&world, format!("{HEADER}X,\0,support,,1,low,true\n")).await;
        assert_eq!(status, 400);
        let json = world.post("/v1/catalog-items/import", &json!({})).await.is(415);
        assert!(json["detail"].as_str().unwrap().contains("text/csv"), "{json:#}");
        assert_eq!(export(&world).await, HEADER);
        let acme = world.organization("Acme").await;
        let owner = world.customer(acme, entitlement::Role::Owner, &[]).await;
        world.ask(&owner, Method::GET, "/v1/catalog-items.csv", None).await.is(403);
    }
}
