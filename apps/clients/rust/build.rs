//! Generates the client from the document.

use std::{env, fs, path::Path};

use anyhow::{Context as _, Result, anyhow};
use progenitor::{GenerationSettings, Generator, InterfaceStyle};

fn main() -> Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/openapi.json");
    println!("cargo::rerun-if-changed={file}");
    // progenitor knows JSON and plain text; problem documents are JSON, and files of rows are text.
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let text = text.replace("application/problem+json", "application/json").replace("text/csv", "text/plain");
    let document = serde_json::from_str(&text)?;
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let tokens = Generator::new(&settings)
        .generate_tokens(&document)
        .map_err(|error| anyhow!("progenitor: {error}"))?;
    let client = prettyplease::unparse(&syn::parse2(tokens)?);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), client)?;
    Ok(())
}
