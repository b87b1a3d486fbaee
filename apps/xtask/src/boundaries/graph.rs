//! The workspace as the checker sees it.

use std::path::PathBuf;

use cargo_metadata::{DependencyKind, Metadata};

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency as its manifest declares it.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// The package's own name, whatever it is renamed to.
    pub(crate) name: String,
    /// Whether only tests, examples and benchmarks have it.
    pub(crate) only_tests: bool,
    /// The features asked for.
    pub(crate) features: Vec<String>,
}

/// Every member of the workspace with what it declares.
pub(crate) fn from_metadata(metadata: &Metadata) -> Vec<Crate> {
    let crate_of = |package: &cargo_metadata::Package| Crate {
        name: package.name.to_string(),
        folder: package.manifest_path.parent().map(PathBuf::from).unwrap_or_default(),
        dependencies: package
            .dependencies
            .iter()
            .map(|dependency| Dependency {
                name: dependency.name.clone(),
                only_tests: dependency.kind == DependencyKind::Development,
                features: dependency.features.clone(),
            })
            .collect(),
    };
    metadata.workspace_packages().into_iter().map(crate_of).collect()
}
