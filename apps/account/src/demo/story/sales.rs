//! Orders and payments, gifts, partners, and what became of entitlements since.

use kernel::EntitlementClass as Class;
use service_delivery::EntitlementChange;
use ust_credits::LotSource;

use super::{
    ACME, ACME_ENVIRONMENT, ACME_SUPPORT, ALBORADA, ATLANTICO, AURORA, BLUE_HARBOR, DEMO, HORIZONTE, MIRADOR,
    PAULO, PIXELAR, SERRA_CLARA, VEREDA,
};
use crate::demo::deed::{Buys, Dated, Deed, Name, Sale, Who, dated};

/// A product, the names of the entitlements that it becomes, and another price than the usual one.
type Line = (Name, &'static [Name], Option<Name>);

fn order(days_ago: u16, name: Name, buyer: Buys, reference: Option<Name>, lines: &[Line]) -> Dated {
    dated(days_ago, 11, PAULO, Deed::Order(Sale { name, buyer, reference, lines: lines.to_vec() }))
}

/// An order that is paid `after` so many days.
fn sold(days_ago: u16, after: u16, buyer: Name, (name, payment): (Name, Name), lines: &[Line]) -> [Dated; 2] {
    let order = order(days_ago, name, Buys::Organization(buyer), None, lines);
    let pay = Deed::Pay { order: name, reference: payment, part: None };
    [order, dated(days_ago.saturating_sub(after), 14, PAULO, pay)]
}

fn orders() -> Vec<Dated> {
    [
        // Acme: what the documentation shows, in the order in which it was bought.
        sold(211, 0, ACME, ("acme 1", "WIRE-20611"), &[("ORD-THEME-PACK", &["acme theme"], None)]),
        sold(207, 2, ACME, ("acme 2", "WIRE-20633"), &[("SVC-SUPPORT-BUS-US", &[ACME_SUPPORT], None)]),
        sold(121, 0, ACME, ("acme 3", "CARD-88120"), &[("PLG-GRADES-5", &["acme grades"], Some("229.00"))]),
        sold(94, 1, ACME, ("acme 4", "WIRE-21874"), &[("ENV-MOODLE-M-US", &[ACME_ENVIRONMENT], None)]),
        sold(
            205,
            1,
            AURORA,
            ("aurora 1", "TED-004411"),
            &[
                ("ENV-MOODLE-L-BR", &["aurora moodle"], None),
                ("SVC-SUPPORT-ENT-BR", &["aurora support"], Some("18000.00")),
            ],
        ),
        sold(176, 3, AURORA, ("aurora 2", "TED-004702"), &[("SVC-UPGRADE-BR", &["aurora upgrade"], None)]),
        sold(
            131,
            0,
            AURORA,
            ("aurora 3", "PIX-77310"),
            &[("EDU-MOODLE-ADMIN-BR", &["aurora training 1", "aurora training 2"], Some("1390.00"))],
        ),
        sold(78, 2, AURORA, ("aurora 4", "TED-005530"), &[("SVC-DEV-BR", &["aurora integration"], None)]),
        sold(
            198,
            0,
            HORIZONTE,
            ("horizonte 1", "PIX-51002"),
            &[
                ("ENV-MOODLE-S-BR", &["horizonte moodle"], None),
                ("PLG-CERT-1", &["horizonte certificates"], Some("690.00")),
            ],
        ),
        sold(
            180,
            4,
            ATLANTICO,
            ("atlantico 1", "SEPA-30018"),
            &[
                ("ENV-MOODLE-M-EU", &["atlantico moodle"], None),
                ("SVC-SUPPORT-FLEX-EU", &["atlantico support"], None),
            ],
        ),
        sold(
            109,
            2,
            ATLANTICO,
            ("atlantico 2", "SEPA-31140"),
            &[("SVC-INFRA-EU", &["atlantico infra"], None)],
        ),
        sold(
            8,
            1,
            ATLANTICO,
            ("atlantico 3", "SEPA-33001"),
            &[("SVC-CONSULTING-EU", &["atlantico review"], None)],
        ),
        sold(170, 0, MIRADOR, ("mirador 1", "SEPA-30166"), &[("ENV-MOODLE-S-EU", &["mirador moodle"], None)]),
        sold(
            150,
            1,
            ALBORADA,
            ("alborada 1", "SEPA-30502"),
            &[("SVC-SUPPORT-BASIC-EU", &["alborada support"], None)],
        ),
        sold(
            72,
            3,
            ALBORADA,
            ("alborada 2", "SEPA-32011"),
            &[("SVC-MIGRATION-EU", &["alborada migration"], None)],
        ),
        sold(
            7,
            1,
            ALBORADA,
            ("alborada 3", "SEPA-33017"),
            &[("ENV-MOODLE-S-EU", &["alborada moodle"], None)],
        ),
        sold(
            140,
            2,
            VEREDA,
            ("vereda 1", "BOLETO-9107"),
            &[
                ("ENV-WP-S-BR", &["vereda wordpress"], None),
                ("SVC-SUPPORT-FLEX-BR", &["vereda support"], None),
            ],
        ),
        sold(
            63,
            5,
            VEREDA,
            ("vereda 2", "BOLETO-9688"),
            &[("SVC-MOBILE-BR", &["vereda app"], Some("10900.00"))],
        ),
        sold(20, 1, VEREDA, ("vereda 3", "PIX-90417"), &[("SVC-CONSULTING-BR", &["vereda review"], None)]),
        sold(
            120,
            0,
            BLUE_HARBOR,
            ("harbor 1", "CARD-88121"),
            &[
                ("SVC-SUPPORT-BASIC-US", &["harbor support"], None),
                ("PLG-SHOPSYNC-3", &["harbor shop"], None),
            ],
        ),
        sold(6, 0, BLUE_HARBOR, ("harbor 2", "CARD-91077"), &[("SVC-PM-US", &["harbor desk"], None)]),
        sold(
            95,
            9,
            SERRA_CLARA,
            ("serra clara 1", "EMPENHO-2231"),
            &[
                ("ENV-MOODLE-M-BR", &["serra clara moodle"], None),
                ("SVC-SUPPORT-GOV-BR", &["serra clara support"], None),
            ],
        ),
        sold(
            44,
            6,
            SERRA_CLARA,
            ("serra clara 2", "EMPENHO-2374"),
            &[("ORD-A11Y-AUDIT", &["serra clara audit"], None)],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// People without an organization (EN-3), partners, and orders that are not paid.
fn others() -> Vec<Dated> {
    let joao = Buys::Person { name: "João Meireles", email: "joao.meireles@mail.example", currency: "EUR" };
    let pay = |order, reference, part| Deed::Pay { order, reference, part };
    let gift = Deed::Entitle {
        name: "helena grades",
        class: Class::Plg,
        holder: ("Helena Prado", "helena.prado@mail.example"),
        product: "PLG-GRADES-1",
    };
    let partner = Deed::Entitle {
        name: "bruno partner",
        class: Class::Afl,
        holder: ("Bruno Tavares", "bruno@pixelar.example"),
        product: "AFL-PARTNER",
    };
    let renewal: &[Line] = &[("ORD-THEME-PACK", &["acme theme again"], None)];
    let kiosk: &[Line] = &[("PLG-KIOSK-1", &["mirador kiosk"], Some("55.00"))];
    let course: &[Line] = &[("EDU-MOODLE-ADMIN-EU", &["joao training"], None)];
    let large: &[Line] = &[("ENV-MOODLE-L-BR", &["serra clara large"], Some("25000.00"))];
    vec![
        dated(70, 15, DEMO, gift),
        dated(
            69,
            20,
            DEMO,
            Deed::UseLicense { entitlement: "helena grades", site: "https://helena.example" },
        ),
        order(51, "joao 1", joao, Some("SHOP-100482"), course),
        dated(51, 12, PAULO, pay("joao 1", "CARD-90311", None)),
        dated(110, 9, DEMO, partner),
        dated(89, 16, DEMO, Deed::Attach { entitlement: "bruno partner", to: PIXELAR }),
        order(132, "mirador 2", Buys::Organization(MIRADOR), Some("SHOP-100117"), kiosk),
        dated(125, 9, PAULO, Deed::CancelOrder("mirador 2")),
        order(3, "acme 5", Buys::Organization(ACME), Some("SHOP-100651"), renewal),
        order(10, "serra clara 3", Buys::Organization(SERRA_CLARA), None, large),
        dated(4, 10, PAULO, pay("serra clara 3", "EMPENHO-2466", Some("12500.00"))),
    ]
}

fn changes() -> Vec<Dated> {
    let change = |days_ago, by: Who, entitlement, change, reason| {
        dated(days_ago, 9, by, Deed::Change { entitlement, change, reason })
    };
    let grant = |entitlement, amount, source, reference, reason| Deed::GrantCredits {
        entitlement,
        amount,
        source,
        reference,
        valid_days: None,
        reason,
    };
    let site =
        |days_ago, entitlement, site| dated(days_ago, 18, DEMO, Deed::UseLicense { entitlement, site });
    let at_once = EntitlementChange::Cancel { at_once: true };
    vec![
        site(121, "acme grades", "https://learn.acme.example"),
        site(119, "acme grades", "https://staging.learn.acme.example"),
        site(118, "acme grades", "https://academy.acme.example"),
        site(197, "horizonte certificates", "https://ead.horizonte.example"),
        site(118, "harbor shop", "https://shop.blueharbor.example"),
        dated(
            140,
            15,
            PAULO,
            Deed::GrantCredits {
                entitlement: ACME_SUPPORT,
                amount: "3",
                source: LotSource::Refund,
                reference: None,
                valid_days: Some(60),
                reason: "to make good for a slow week, for two months",
            },
        ),
        dated(
            58,
            10,
            PAULO,
            grant(
                ACME_SUPPORT,
                "20",
                LotSource::Purchase,
                Some("WIRE-22102"),
                "20 more credits, invoiced apart",
            ),
        ),
        dated(
            77,
            10,
            PAULO,
            grant("vereda support", "6", LotSource::Manual, None, "for the outage of the mail relay"),
        ),
        dated(
            25,
            10,
            PAULO,
            grant("harbor support", "10", LotSource::Purchase, Some("CARD-90618"), "10 more credits"),
        ),
        change(155, PAULO, "atlantico moodle", EntitlementChange::Suspend, "direct debit came back unpaid"),
        change(149, PAULO, "atlantico moodle", EntitlementChange::Reactivate, "paid by bank transfer"),
        change(40, PAULO, "mirador moodle", at_once, "the customer closed the academy"),
        change(26, DEMO, "acme theme", EntitlementChange::Expire, "the 6 months of updates are over"),
        change(12, PAULO, "horizonte moodle", EntitlementChange::Suspend, "unpaid after three reminders"),
    ]
}

pub(super) fn story() -> Vec<Dated> {
    let mut story = orders();
    story.extend(others());
    story.extend(changes());
    story
}
