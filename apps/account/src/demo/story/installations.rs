//! Environments are set up, services agreed and begun.

use entitlement::Platform::{Moodle, WordPress};
use service_delivery::{
    EnvironmentChange::{Activate, BeginMaintenance, EndMaintenance},
    ServiceChange as Change,
};

use super::{ACME_ENVIRONMENT, ACME_SUPPORT, MARINA, RAFAEL};
use crate::demo::deed::{Dated, Deed, Engagement, Installation, Name, Who, dated};

/// Set up on the first day, handed over two days later.
fn installed(days_ago: u16, installation: Installation) -> [Dated; 2] {
    let change = Deed::ChangeEnvironment { entitlement: installation.entitlement, change: Activate };
    [dated(days_ago, 15, RAFAEL, Deed::SetUp(installation)), dated(days_ago - 2, 10, MARINA, change)]
}

fn environments() -> Vec<Dated> {
    let moodle = |entitlement, server, host, covered_by, jira| Installation {
        entitlement,
        server,
        host,
        platform: Moodle,
        backup: "30 2 * * *",
        covered_by,
        jira,
    };
    let wordpress = Installation {
        platform: WordPress,
        backup: "0 4 * * 1-5",
        ..moodle(
            "vereda wordpress",
            "wp-br-02.middag.example",
            "academia.vereda.example",
            Some("vereda support"),
            None,
        )
    };
    let change = |days_ago, hour, entitlement, change| {
        dated(days_ago, hour, RAFAEL, Deed::ChangeEnvironment { entitlement, change })
    };
    let acme = moodle(
        ACME_ENVIRONMENT,
        "moodle-us-03.middag.example",
        "learn.acme.example",
        Some(ACME_SUPPORT),
        Some("ACME"),
    );
    let aurora = moodle(
        "aurora moodle",
        "moodle-br-01.middag.example",
        "ava.aurora.example",
        Some("aurora support"),
        Some("AURORA"),
    );
    let atlantico = moodle(
        "atlantico moodle",
        "moodle-eu-01.middag.example",
        "formacao.atlantico.example",
        Some("atlantico support"),
        None,
    );
    let serra_clara = moodle(
        "serra clara moodle",
        "moodle-br-04.middag.example",
        "escola.serraclara.example",
        Some("serra clara support"),
        Some("SERRA"),
    );
    let mut story: Vec<Dated> = [
        installed(92, acme),
        installed(202, aurora),
        installed(
            196,
            moodle("horizonte moodle", "moodle-br-02.middag.example", "ead.horizonte.example", None, None),
        ),
        installed(174, atlantico),
        installed(
            168,
            moodle("mirador moodle", "moodle-eu-02.middag.example", "aula.mirador.example", None, None),
        ),
        installed(136, wordpress),
        installed(84, serra_clara),
    ]
    .into_iter()
    .flatten()
    .collect();
    // Alborada's latest still awaits its setup.
    story.push(change(128, 6, "aurora moodle", BeginMaintenance));
    story.push(change(128, 8, "aurora moodle", EndMaintenance));
    story.push(change(1, 7, "vereda wordpress", BeginMaintenance));
    story
}

fn service(
    days_ago: u16,
    entitlement: Name,
    title: Name,
    jira: Option<Name>,
    days: Option<(i64, i64)>,
    deliverables: &'static [Name],
) -> Dated {
    let engagement = Engagement { entitlement, title, jira, days, deliverables };
    dated(days_ago, 10, MARINA, Deed::DescribeService(engagement))
}

fn change(days_ago: u16, by: Who, entitlement: Name, change: Change) -> Dated {
    dated(days_ago, 16, by, Deed::ChangeService { entitlement, change })
}

fn agreed(days_ago: u16, by: Name, entitlement: Name) -> Dated {
    change(days_ago, Who::Customer(by), entitlement, Change::Approve { on_behalf: None })
}

fn ongoing_services() -> Vec<Dated> {
    let mut story = Vec::new();
    for (days_ago, by, entitlement, title, jira) in [
        (204, "Grace Whitfield", ACME_SUPPORT, "Support for Acme's learning platform", Some("ACME")),
        (203, "Beatriz Falcão", "aurora support", "Suporte ao ambiente virtual da Aurora", Some("AURORA")),
        (175, "Inês Carvalhal", "atlantico support", "Apoio à plataforma de formação", None),
        (148, "Lucía Romero", "alborada support", "Soporte del campus virtual", None),
        (137, "Fábio Leal", "vereda support", "Suporte à academia corporativa", Some("VEREDA")),
        (119, "Megan Sullivan", "harbor support", "Support for the course shop", None),
        (106, "Duarte Pimentel", "atlantico infra", "Cuidado dos servidores próprios", None),
        (85, "Cláudio Rangel", "serra clara support", "Suporte à escola municipal", Some("SERRA")),
    ] {
        story.push(service(days_ago, entitlement, title, jira, None, &[]));
        story.push(agreed(days_ago, by, entitlement));
        story.push(change(days_ago - 1, MARINA, entitlement, Change::Activate));
    }
    story.push(change(35, MARINA, "atlantico infra", Change::Hold));
    let on_behalf = Some("Lucía Romero ended it by letter: the migration replaces it".to_owned());
    story.push(change(66, MARINA, "alborada support", Change::Close { on_behalf }));
    let on_behalf = Some("agreed in the call of the same day".to_owned());
    story.push(change(4, MARINA, "harbor desk", Change::Approve { on_behalf }));
    story
}

fn projects() -> Vec<Dated> {
    vec![
        service(
            172,
            "aurora upgrade",
            "Atualização do Moodle da Aurora para a versão LTS",
            Some("AURUP"),
            Some((165, 134)),
            &[
                "Ensaio em homologação",
                "Plataforma na versão nova",
                "Relatório de compatibilidade dos plugins",
            ],
        ),
        agreed(170, "Henrique Duarte", "aurora upgrade"),
        change(165, MARINA, "aurora upgrade", Change::Start),
        change(139, MARINA, "aurora upgrade", Change::Deliver),
        change(137, MARINA, "aurora upgrade", Change::Rework),
        change(135, MARINA, "aurora upgrade", Change::Deliver),
        change(133, Who::Customer("Henrique Duarte"), "aurora upgrade", Change::Close { on_behalf: None }),
        service(
            75,
            "aurora integration",
            "Integração do Moodle com o sistema acadêmico",
            Some("AURINT"),
            Some((70, -38)),
            &["Especificação", "Conector de matrículas", "Conector de notas", "Manual de operação"],
        ),
        agreed(73, "Beatriz Falcão", "aurora integration"),
        change(70, MARINA, "aurora integration", Change::Start),
        service(
            57,
            "vereda app",
            "Aplicativo da academia Vereda",
            Some("VERAPP"),
            Some((52, -60)),
            &["Protótipo navegável", "Aplicativo nas duas lojas"],
        ),
        agreed(55, "Renata Queiroz", "vereda app"),
        change(52, MARINA, "vereda app", Change::Start),
        change(16, MARINA, "vereda app", Change::Hold),
        service(
            68,
            "alborada migration",
            "Migración del campus virtual de Alborada",
            None,
            Some((66, 9)),
            &["Cursos y usuarios migrados", "Redirección de las direcciones antiguas"],
        ),
        agreed(67, "Lucía Romero", "alborada migration"),
        change(66, MARINA, "alborada migration", Change::Start),
        change(5, MARINA, "alborada migration", Change::Deliver),
        // Atlântico's review is still a proposal; Vereda's was given up.
        service(
            6,
            "atlantico review",
            "Revisão da plataforma de formação",
            None,
            Some((-5, -30)),
            &["Relatório com recomendações"],
        ),
        change(14, MARINA, "vereda review", Change::Cancel),
    ]
}

pub(super) fn story() -> Vec<Dated> {
    let mut story = environments();
    story.extend(ongoing_services());
    story.extend(projects());
    story
}
