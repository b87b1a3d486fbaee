//! Documents in files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use policy_resolver::{Diagnostics, Format, Reading, Snapshot, read};
use service_delivery::policy_documents::misplaced;

use crate::exit::{Failure, Kind};

/// Everything in `files`; none where no file is named. What is wrong in one of several names its file.
pub(super) fn read_all(files: &[PathBuf]) -> Result<Option<Reading>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let mut all = Reading::default();
    for file in files {
        let mut reading = read_one(file)?;
        if files.len() > 1 {
            for diagnostic in &mut reading.diagnostics.0 {
                diagnostic.path = format!("{}: {}", file.display(), diagnostic.path);
            }
        }
        all.documents.extend(reading.documents);
        all.diagnostics.0.extend(reading.diagnostics.0);
    }
    Ok(Some(all))
}

fn read_one(file: &Path) -> Result<Reading, Failure> {
    let name = file.to_string_lossy();
    let format = Format::of_file_name(&name).ok_or_else(|| {
        Failure::says(Kind::Usage, format!("{name}: must end in .json, .toml, .yaml or .yml"))
    })?;
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read {name}"))
        .map_err(|error| Failure::new(Kind::Usage, error))?;
    Ok(read(&text, format))
}

/// `base` with the documents of files, or everything that is wrong with them.
pub(super) fn compile(base: &Snapshot, reading: Reading) -> Result<Snapshot, Diagnostics> {
    let mut found = reading.diagnostics;
    found.0.extend(reading.documents.iter().filter_map(misplaced));
    match base.with(reading.documents) {
        Ok(set) if !found.has_errors() => Ok(set),
        Ok(_) => Err(found),
        Err(more) => {
            found.0.extend(more.0);
            Err(found)
        }
    }
}
