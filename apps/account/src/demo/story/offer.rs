//! Products of every class, and the catalog of work.

use kernel::{EntitlementClass as Class, ServiceMode as Mode, ServiceType as Type};
use policy_resolver::kinds::SupportClass as Support;
use ust_credits::Complexity::{self, High, Low, Medium};

use super::DEMO;
use crate::demo::deed::{Dated, Deed, ItemOffer, Name, ProductOffer, dated};

/// A price in BRL, EUR or USD, and the end of the SKU that has it.
type Prices = &'static [(&'static str, &'static str, &'static str)];

const GLOBAL: &str = "";

fn product(
    stem: &str,
    name: &str,
    class: Class,
    support: Support,
    prices: Prices,
) -> impl Iterator<Item = ProductOffer> {
    prices.iter().map(move |(region, amount, currency)| ProductOffer {
        sku: format!("{stem}{region}"),
        name: name.to_owned(),
        class,
        price: (amount, currency),
        months: Some(12),
        support,
        tier: None,
        service: None,
        credits: 0,
        sites: None,
    })
}

fn plugin(
    stem: &str,
    name: &str,
    support: Support,
    price: Prices,
    tier: (Name, i32),
    sites: u32,
) -> Vec<ProductOffer> {
    let offers = product(stem, name, Class::Plg, support, price);
    offers.map(|offer| ProductOffer { tier: Some(tier), sites: Some(sites), ..offer }).collect()
}

fn hosting(stem: &str, name: &str, support: Support, tier: (Name, i32), prices: Prices) -> Vec<ProductOffer> {
    let offers = product(stem, name, Class::Env, support, prices);
    offers.map(|offer| ProductOffer { tier: Some(tier), ..offer }).collect()
}

fn ongoing(
    stem: &str,
    name: &str,
    support: Support,
    (tier, service_type): (Option<(Name, i32)>, Type),
    credits: i64,
    prices: Prices,
) -> Vec<ProductOffer> {
    let offers = product(stem, name, Class::Svc, support, prices);
    offers
        .map(|offer| ProductOffer { tier, service: Some((service_type, Mode::Ongoing)), credits, ..offer })
        .collect()
}

fn project(stem: &str, name: &str, service_type: Type, credits: i64, prices: Prices) -> Vec<ProductOffer> {
    let offers = product(stem, name, Class::Svc, Support::Business, prices);
    let service = Some((service_type, Mode::Project));
    offers.map(|offer| ProductOffer { months: None, service, credits, ..offer }).collect()
}

fn once(
    stem: &str,
    name: &str,
    class: Class,
    months: Option<u32>,
    prices: Prices,
) -> impl Iterator<Item = ProductOffer> {
    product(stem, name, class, Support::Free, prices).map(move |offer| ProductOffer { months, ..offer })
}

#[rustfmt::skip]
fn products() -> Vec<ProductOffer> {
    let mut all = Vec::new();
    all.extend(plugin("PLG-GRADES-1", "Grade Export Pro, 1 site", Support::Basic, &[(GLOBAL, "89.00", "USD")], ("Starter", 1), 1));
    all.extend(plugin("PLG-GRADES-5", "Grade Export Pro, 5 sites", Support::Flex, &[(GLOBAL, "249.00", "USD")], ("Team", 2), 5));
    all.extend(plugin("PLG-GRADES-25", "Grade Export Pro, 25 sites", Support::Business, &[(GLOBAL, "690.00", "USD")], ("Agency", 3), 25));
    all.extend(plugin("PLG-CERT-1", "Certificate Studio, 1 site", Support::Basic, &[(GLOBAL, "129.00", "USD")], ("Starter", 1), 1));
    all.extend(plugin("PLG-SHOPSYNC-3", "Course Shop Sync, 3 sites", Support::Flex, &[(GLOBAL, "199.00", "USD")], ("Team", 2), 3));
    all.extend(plugin("PLG-KIOSK-1", "Attendance Kiosk, 1 site", Support::Basic, &[(GLOBAL, "59.00", "USD")], ("Starter", 1), 1));

    all.extend(hosting("ENV-MOODLE-S", "Managed Moodle S", Support::Basic, ("S", 1), &[("-BR", "4788.00", "BRL"), ("-EU", "960.00", "EUR"), ("-US", "990.00", "USD")]));
    all.extend(hosting("ENV-MOODLE-M", "Managed Moodle M", Support::Business, ("M", 2), &[("-BR", "11880.00", "BRL"), ("-EU", "2280.00", "EUR"), ("-US", "2340.00", "USD")]));
    all.extend(hosting("ENV-MOODLE-L", "Managed Moodle L", Support::Enterprise, ("L", 3), &[("-BR", "28800.00", "BRL"), ("-EU", "5400.00", "EUR"), ("-US", "5640.00", "USD")]));
    all.extend(hosting("ENV-WP-S", "Managed WordPress S", Support::Flex, ("S", 1), &[("-BR", "2988.00", "BRL"), ("-EU", "588.00", "EUR")]));

    all.extend(ongoing("SVC-SUPPORT-BASIC", "Support Basic", Support::Basic, (Some(("Basic", 1)), Type::Support), 8, &[("-EU", "290.00", "EUR"), ("-US", "310.00", "USD")]));
    all.extend(ongoing("SVC-SUPPORT-FLEX", "Support Flex", Support::Flex, (Some(("Flex", 2)), Type::Support), 24, &[("-BR", "4080.00", "BRL"), ("-EU", "740.00", "EUR")]));
    all.extend(ongoing("SVC-SUPPORT-BUS", "Support Business", Support::Business, (Some(("Business", 3)), Type::Support), 60, &[("-BR", "9900.00", "BRL"), ("-US", "1980.00", "USD")]));
    all.extend(ongoing("SVC-SUPPORT-ENT", "Support Enterprise", Support::Enterprise, (Some(("Enterprise", 4)), Type::Support), 120, &[("-BR", "19200.00", "BRL")]));
    all.extend(ongoing("SVC-SUPPORT-GOV", "Support Government", Support::Government, (Some(("Government", 5)), Type::Support), 90, &[("-BR", "15300.00", "BRL")]));
    all.extend(ongoing("SVC-INFRA", "Infrastructure care", Support::Business, (None, Type::Infrastructure), 12, &[("-EU", "1140.00", "EUR")]));
    all.extend(ongoing("SVC-PM", "Project management desk", Support::Business, (None, Type::ProjectManagement), 0, &[("-US", "2400.00", "USD")]));

    all.extend(project("SVC-DEV", "Custom development", Type::Development, 40, &[("-BR", "7600.00", "BRL")]));
    all.extend(project("SVC-MOBILE", "Mobile app", Type::MobileApps, 60, &[("-BR", "11400.00", "BRL")]));
    all.extend(project("SVC-UPGRADE", "Moodle version upgrade", Type::Upgrade, 30, &[("-BR", "5600.00", "BRL")]));
    all.extend(project("SVC-MIGRATION", "Platform migration", Type::Migration, 20, &[("-EU", "700.00", "EUR")]));
    all.extend(project("SVC-CONSULTING", "Learning platform review", Type::Consulting, 10, &[("-EU", "390.00", "EUR"), ("-BR", "2100.00", "BRL")]));

    all.extend(once("ORD-THEME-PACK", "Corporate theme pack with 6 months of updates", Class::Ord, Some(6), &[(GLOBAL, "180.00", "USD")]));
    all.extend(once("ORD-A11Y-AUDIT", "Accessibility audit report", Class::Ord, None, &[(GLOBAL, "3900.00", "BRL")]));
    all.extend(once("EDU-MOODLE-ADMIN", "Training: Moodle administration", Class::Edu, None, &[("-BR", "1490.00", "BRL"), ("-EU", "280.00", "EUR")]));
    all.extend(once("AFL-PARTNER", "Partner programme", Class::Afl, None, &[(GLOBAL, "0.00", "BRL")]));
    all
}

const fn item(
    code: Name,
    name: Name,
    service_type: Type,
    credits: Name,
    complexity: Complexity,
    description: Name,
) -> ItemOffer {
    ItemOffer { code, name, service_type, credits, complexity, description }
}

#[rustfmt::skip]
const ITEMS: [ItemOffer; 17] = [
    item("USER-SUPPORT", "User support", Type::Support, "1", Low, "An answer to a question, with a written guide where that helps."),
    item("PLUGIN-INSTALL", "Plugin installation", Type::Support, "2", Low, "Installing and configuring a plugin that is published, on staging first."),
    item("BUG-FIX", "Bug fix", Type::Support, "3", Medium, "Finding and repairing a fault in a plugin or theme of ours."),
    item("PLUGIN-UPDATE", "Plugin Update", Type::Support, "4", Low, "Updating all plugins to versions that fit the platform, with a test on staging."),
    item("THEME-ADJUST", "Theme adjustment", Type::Development, "5", Medium, "Colours, fonts and blocks of a theme, on desktop and telephone."),
    item("REPORT-CUSTOM", "Custom report", Type::Development, "6", Medium, "One report with filters and export, from data that the platform has."),
    item("API-INTEGRATION", "API Integration", Type::Development, "10", High, "Connecting the platform to one outside system, both ways, with monitoring."),
    item("MOBILE-BUILD", "Branded app build", Type::MobileApps, "12", High, "A build of the app in the customer's colours, published in both stores."),
    item("SSL-DNS", "Certificate and DNS change", Type::Infrastructure, "1", Low, "A new host name with its certificate, without interruption."),
    item("BACKUP-RESTORE", "Backup restore", Type::Infrastructure, "3", Low, "Restoring a course or a whole site from a backup, on request."),
    item("SSO-SETUP", "Single sign-on", Type::Infrastructure, "8", Medium, "SAML or OpenID Connect with the customer's directory."),
    item("PERF-TUNING", "Performance tuning", Type::Infrastructure, "8", Medium, "Measuring, caching and database work, with figures before and after."),
    item("MOODLE-UPGRADE", "Moodle upgrade", Type::Upgrade, "16", Medium, "To the next long-term release, rehearsed on staging."),
    item("COURSE-IMPORT", "Course import", Type::Migration, "6", Low, "Up to 50 courses from another platform."),
    item("SITE-MIGRATION", "Site migration", Type::Migration, "20", High, "A whole platform from another host, with users and grades."),
    item("ANALYSIS", "Requirements analysis", Type::Consulting, "4", Low, "Interviews, a written specification and an estimate."),
    item("PHP-COMPAT", "PHP 7 compatibility check", Type::Upgrade, "3", Low, "No longer offered: PHP 7 is not maintained any more."),
];

/// Everything is on offer from the first day on; two things are not offered any more.
pub(super) fn story() -> Vec<Dated> {
    let offered = products().into_iter().map(Deed::OfferProduct).chain(ITEMS.map(Deed::OfferItem));
    let mut story: Vec<Dated> = offered.map(|deed| dated(213, 9, DEMO, deed)).collect();
    story.push(dated(64, 17, DEMO, Deed::WithdrawProduct("PLG-KIOSK-1")));
    story.push(dated(101, 16, DEMO, Deed::WithdrawItem("PHP-COMPAT")));
    story
}
