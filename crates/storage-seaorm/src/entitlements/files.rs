//! Downloads, documents and affiliates' records, as rows.

use entitlement::{AffiliateRecord, Document, Download};
use sea_orm::prelude::Uuid;

use crate::entity::{affiliate, document, download};

pub(super) fn download_row(download: &Download, organization: Option<Uuid>) -> download::Model {
    download::Model {
        id: download.id.into(),
        entitlement_id: download.entitlement.into(),
        organization_id: organization,
        product_id: download.product.map(Into::into),
        title: download.title.clone(),
        created_at: download.created_at.unix_micros(),
    }
}

pub(super) fn document_row(document: &Document, organization: Option<Uuid>) -> document::Model {
    let file = document.file.as_ref();
    document::Model {
        id: document.id.into(),
        entitlement_id: document.entitlement.into(),
        organization_id: organization,
        title: document.title.clone(),
        file_key: file.map(|file| file.key.clone()),
        file_size: file.map(|file| i64::try_from(file.size).unwrap_or(i64::MAX)),
        file_media_type: file.map(|file| file.media_type.clone()),
        file_sha256: file.map(|file| file.sha256.to_vec()),
        created_at: document.created_at.unix_micros(),
    }
}

pub(super) fn affiliate_row(affiliate: &AffiliateRecord, organization: Option<Uuid>) -> affiliate::Model {
    affiliate::Model {
        id: affiliate.id.into(),
        entitlement_id: affiliate.entitlement.into(),
        organization_id: organization,
        code: affiliate.code.to_string(),
        rate_basis_points: affiliate.rate.basis_points().into(),
        created_at: affiliate.created_at.unix_micros(),
    }
}
