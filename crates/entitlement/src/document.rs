//! Files for customers (PV-7), as far as provisioning makes their records.

use kernel::{DocumentId, DownloadId, EntitlementId, ProductId, Timestamp};

/// A file in the file storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Where it is.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type.
    pub media_type: String,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// A product's file that a customer may download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Its id.
    pub id: DownloadId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// The product whose current file it is.
    pub product: Option<ProductId>,
    /// What it is called.
    pub title: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A file of the customer's own: a certificate, a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// What it lies under.
    pub entitlement: EntitlementId,
    /// What it is called.
    pub title: String,
    /// The file; none until there is one.
    pub file: Option<StoredFile>,
    /// When it was made.
    pub created_at: Timestamp,
}
