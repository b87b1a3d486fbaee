//! Organizations and their teams.

use entitlement::{
    Locale,
    Role::{self, Admin, Guest, Member, Owner},
    Scope::{self, Billing, Documents, Entitlements, Environments, Requests, Team},
};

use super::{
    ACME, ALBORADA, ATLANTICO, AURORA, BLUE_HARBOR, DEMO, HORIZONTE, MIRADOR, PIXELAR, SERRA_CLARA, VEREDA,
};
use crate::demo::deed::{Customer, Dated, Deed, Name, dated};

/// Legal name, tax id and address for invoices.
type Papers = (Name, Name, Name);
/// Name, e-mail address, role and scopes.
type Person = (Name, Name, Role, &'static [Scope]);

fn join(
    days_ago: u16,
    name: Name,
    (legal_name, tax_id, billing_email): Papers,
    (country, locale, currency): (Name, Locale, Name),
    people: &[Person],
) -> Vec<Dated> {
    let customer = Customer { name, legal_name, tax_id, country, locale, currency, billing_email };
    let register = dated(days_ago, 10, DEMO, Deed::Register(customer));
    let welcome = people.iter().map(|(person, email, role, scopes)| {
        let deed = Deed::Welcome { into: name, name: person, email, role: *role, scopes };
        dated(days_ago, 10, DEMO, deed)
    });
    std::iter::once(register).chain(welcome).collect()
}

pub(super) fn story() -> Vec<Dated> {
    let (us, br) = (("US", Locale::En, "USD"), ("BR", Locale::PtBr, "BRL"));
    let (pt, es) = (("PT", Locale::PtBr, "EUR"), ("ES", Locale::Es, "EUR"));
    [
        join(
            212,
            ACME,
            ("Acme Corporation, Inc.", "98-7654321", "accounts.payable@acme.example"),
            us,
            &[
                ("Grace Whitfield", "grace.whitfield@acme.example", Owner, &[]),
                ("Daniel Ortega", "daniel.ortega@acme.example", Admin, &[]),
                ("Priya Nair", "priya.nair@acme.example", Member, &[Requests, Environments]),
                ("Tom Becker", "tom.becker@acme.example", Member, &[Billing, Documents]),
                ("Elena Sokolova", "elena@auditors.example", Guest, &[Entitlements, Documents]),
            ],
        ),
        join(
            206,
            AURORA,
            ("Fundação Universidade Aurora", "12.345.678/0001-95", "financeiro@aurora.example"),
            br,
            &[
                ("Beatriz Falcão", "beatriz.falcao@aurora.example", Owner, &[]),
                ("Henrique Duarte", "henrique.duarte@aurora.example", Admin, &[]),
                ("Camila Torres", "camila.torres@aurora.example", Member, &[Requests, Environments]),
                ("Otávio Reis", "otavio.reis@aurora.example", Guest, &[Requests]),
            ],
        ),
        join(
            199,
            HORIZONTE,
            ("Colégio Horizonte Ltda.", "23.456.789/0001-07", "secretaria@horizonte.example"),
            br,
            &[
                ("Sônia Prado", "sonia@horizonte.example", Owner, &[]),
                ("Igor Salles", "igor@horizonte.example", Member, &[Requests, Environments]),
            ],
        ),
        join(
            181,
            ATLANTICO,
            ("Instituto Atlântico de Formação, Lda.", "PT509876543", "contas@atlantico.example"),
            pt,
            &[
                ("Inês Carvalhal", "ines@atlantico.example", Owner, &[]),
                ("Duarte Pimentel", "duarte@atlantico.example", Admin, &[]),
                ("Sara Antunes", "sara@atlantico.example", Member, &[Requests, Team]),
            ],
        ),
        join(
            171,
            MIRADOR,
            ("Academia Mirador, S.L.", "ESB12345674", "administracion@mirador.example"),
            es,
            &[("Álvaro Quintana", "alvaro@mirador.example", Owner, &[])],
        ),
        join(
            151,
            ALBORADA,
            ("Fundación Alborada", "ESG76543214", "cuentas@alborada.example"),
            es,
            &[
                ("Lucía Romero", "lucia@alborada.example", Owner, &[]),
                ("Pablo Iriarte", "pablo@alborada.example", Member, &[Requests, Environments]),
            ],
        ),
        join(
            141,
            VEREDA,
            ("Vereda Educação Corporativa S.A.", "34.567.890/0001-20", "pagar@vereda.example"),
            br,
            &[
                ("Renata Queiroz", "renata@vereda.example", Owner, &[]),
                ("Fábio Leal", "fabio@vereda.example", Admin, &[]),
                ("Lívia Sampaio", "livia@vereda.example", Guest, &[Requests, Billing]),
            ],
        ),
        join(
            121,
            BLUE_HARBOR,
            ("Blue Harbor Learning LLC", "84-1122334", "billing@blueharbor.example"),
            us,
            &[
                ("Megan Sullivan", "megan@blueharbor.example", Owner, &[]),
                ("Luis Navarro", "luis@blueharbor.example", Member, &[Requests]),
            ],
        ),
        join(
            96,
            SERRA_CLARA,
            ("Município de Serra Clara", "45.678.901/0001-33", "empenhos@serraclara.example"),
            br,
            &[
                ("Cláudio Rangel", "claudio.rangel@serraclara.example", Owner, &[]),
                ("Tereza Bastos", "tereza.bastos@serraclara.example", Member, &[Requests, Environments]),
                ("Controladoria", "controladoria@serraclara.example", Guest, &[Billing, Documents]),
            ],
        ),
        join(
            89,
            PIXELAR,
            ("Estúdio Pixelar Design ME", "56.789.012/0001-46", "oi@pixelar.example"),
            br,
            &[("Bruno Tavares", "bruno@pixelar.example", Owner, &[])],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
