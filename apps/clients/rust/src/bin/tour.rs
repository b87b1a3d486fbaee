//! The main job of the README's tour: from a customer to the invoice for their work.

use account_client::{Client, Error, connect, types};
use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};

fn brl(amount: &str) -> types::Money {
    types::Money { amount: amount.to_owned(), currency: "BRL".to_owned() }
}

/// A service, begun, of an organization of its own, and a key of the organization.
async fn bought(staff: &Client) -> Result<(types::OrganizationView, types::ServiceSummary, String)> {
    let organization = staff
        .create_organization()
        .body_map(|body| {
            body.name("Oxide")
                .legal_name("Oxide Ltda")
                .country("BR")
                .locale(types::Locale::PtBr)
                .currency("BRL")
                .billing_email("financeiro@oxide.example")
        })
        .send()
        .await?
        .into_inner();
    let owner = |body: types::builder::NewApiKey| {
        body.name("Oxide portal").organization_id(organization.id).organization_role(types::Role::Owner)
    };
    let secret = staff.create_api_key().body_map(owner).send().await?.into_inner().secret;
    let service =
        types::ProductService { type_: types::ServiceType::Support, mode: types::ServiceMode::Ongoing };
    let product = |body: types::builder::NewProductBody| {
        body.sku("OXIDE-SUPPORT")
            .class(types::EntitlementClass::Svc)
            .name("Support, one year")
            .price(brl("12000.00"))
            .term_months(12)
            .support_class(types::SupportClass::Business)
            .service(service)
            .credits_included("10".to_owned())
    };
    staff.create_product().body_map(product).send().await?;
    let line = types::NewOrderLine::builder().product("OXIDE-SUPPORT").quantity(1_u32).try_into()?;
    let lines: Vec<types::NewOrderLine> = vec![line];
    let order =
        |body: types::builder::NewOrder| body.organization_id(organization.id).currency("BRL").lines(lines);
    let order = staff.create_order().body_map(order).send().await?.into_inner();
    let payment = |body: types::builder::NewPayment| body.external_ref("oxide-pix-1").amount(brl("12000.00"));
    let paid = staff.record_payment().order(&order.code).body_map(payment).send().await?.into_inner();
    ensure!(paid.status == types::OrderStatus::Fulfilled, "{paid:?}");
    let services = staff.list_services().organization_id(organization.id).send().await?.into_inner();
    let service = services.items.into_iter().next().context("the order brought no service")?;
    staff
        .approve_service()
        .service(service.id.to_string())
        .body_map(|body| body.reason("agreed"))
        .send()
        .await?;
    staff.activate_service().service(service.id.to_string()).send().await?;
    Ok((organization, service, secret))
}

/// Work that is asked for, approved by the customer, done and accepted.
async fn done(staff: &Client, customer: &Client, service: &types::ServiceSummary) -> Result<()> {
    let item = |body: types::builder::CatalogItemContentBody| {
        body.code("OXIDE-UPDATE")
            .name("Plugin update")
            .service_type(types::ServiceType::Upgrade)
            .base_credits("4")
            .usual_complexity(types::Complexity::Medium)
    };
    staff.create_catalog_item().body_map(item).send().await?;
    let new = |body: types::builder::NewServiceRequest| {
        body.service_id(service.id).title("Update the gradebook").catalog_item("OXIDE-UPDATE".to_owned())
    };
    let code = staff.create_service_request().body_map(new).send().await?.into_inner().code;
    let estimate = |body: types::builder::NewEstimate| {
        body.catalog_item("OXIDE-UPDATE".to_owned()).base_credit_value(brl("180"))
    };
    staff.estimate_service_request().service_request(&code).body_map(estimate).send().await?;
    let submitted = staff.submit_service_request().service_request(&code).send().await?.into_inner();
    ensure!(submitted.credit_hold.is_some_and(|hold| hold.held == "6"), "6 credits are held");
    customer.portal_approve_service_request().service_request(&code).send().await?;
    let ana = |body: types::builder::Assignment| body.assignee("Ana");
    staff.assign_service_request().service_request(&code).body_map(ana).send().await?;
    staff.start_service_request().service_request(&code).send().await?;
    let work = |body: types::builder::WorkDone| {
        body.actual("8".to_owned()).reason("the plugin had to be ported".to_owned())
    };
    let completed = staff.complete_service_request().service_request(&code).body_map(work).send().await?;
    let settlement = completed.into_inner().settlement.context("nothing was settled")?;
    ensure!((settlement.debited.as_str(), settlement.excess.as_str()) == ("10", "2"), "{settlement:?}");
    customer.portal_accept_service_request().service_request(&code).send().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let account = std::env::var("ACCOUNT")?;
    let staff = connect(&account, &std::env::var("KEY")?)?;
    let (organization, service, secret) = bought(&staff).await?;
    let customer = connect(&account, &secret)?;
    match customer.list_organizations().send().await {
        Err(Error::ErrorResponse(refused)) => ensure!(refused.type_ == "urn:middag:problem:forbidden"),
        other => anyhow::bail!("a customer must not list organizations: {other:?}"),
    }
    done(&staff, &customer, &service).await?;

    staff.start_billing_run().send().await?;
    let invoices = staff.list_invoices().organization_id(organization.id).send().await?.into_inner();
    let invoice = invoices.items.first().context("there is no invoice")?.id.to_string();
    let due_at: DateTime<Utc> = "2099-01-31T00:00:00Z".parse()?;
    let issue = staff.issue_invoice().invoice(invoice).body_map(|body| body.due_at(due_at));
    let issued = issue.send().await?.into_inner();
    let work = issued.lines.iter().find(|line| line.kind == types::LineKind::ServiceRequest);
    let work = work.context("the work is not on the invoice")?;
    let figures = [&work.value, &work.covered, &work.due].map(|money| money.amount.as_str());
    ensure!(figures == ["2160.00", "1800.00", "360.00"], "{figures:?}");
    println!("{} is issued", issued.code.unwrap_or_default());
    Ok(())
}
