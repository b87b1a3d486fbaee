use kernel::{LifeCycle, Limited, Standing};
use proptest::prelude::*;
use strum::VariantArray;
use uuid::Uuid;

use super::*;

fn now() -> Timestamp {
    "2026-05-01T00:00:00Z".parse().unwrap()
}

fn configured() -> EnvironmentConfiguration {
    EnvironmentConfiguration {
        server: Some("eu-1".into()),
        primary_url: Some("https://learn.acme.example.com".into()),
        platform: Some(Platform::Moodle),
        ..EnvironmentConfiguration::default()
    }
}

fn waiting() -> Environment {
    let id = Uuid::from_u128(4);
    Environment::new(id.into(), id.into(), "Learning", now())
}

fn in_status(status: EnvironmentStatus) -> Environment {
    let mut it = waiting();
    it.configure(configured()).unwrap();
    if status != EnvironmentStatus::AwaitingSetup {
        it.activate(now()).unwrap();
    }
    match status {
        EnvironmentStatus::AwaitingSetup | EnvironmentStatus::Active => {}
        EnvironmentStatus::Maintenance => it.begin_maintenance().map(|_| ()).unwrap(),
        EnvironmentStatus::Paused => it.pause().map(|_| ()).unwrap(),
        EnvironmentStatus::Decommissioning => it.decommission().map(|_| ()).unwrap(),
        EnvironmentStatus::Decommissioned => {
            it.decommission().unwrap();
            it.finish_decommissioning(now()).unwrap();
        }
    }
    assert_eq!(it.status(), status);
    it
}

fn obey(it: &mut Environment, command: EnvironmentCommand) -> Option<Change> {
    use EnvironmentCommand as C;
    match command {
        C::Activate => it.activate(now()).ok(),
        C::BeginMaintenance => it.begin_maintenance().ok(),
        C::EndMaintenance => it.end_maintenance().ok(),
        C::Pause => it.pause().ok(),
        C::Resume => it.resume().ok(),
        C::Decommission => it.decommission().ok(),
        C::FinishDecommissioning => it.finish_decommissioning(now()).ok(),
    }
}

const PV_4: [(&str, [&str; 7]); 6] = [
    // activate, begin and end maintenance, pause, resume, decommission, finish decommissioning
    ("awaiting_setup", ["active", "-", "-", "-", "-", "decommissioning", "-"]),
    ("active", ["-", "maintenance", "-", "paused", "-", "decommissioning", "-"]),
    ("maintenance", ["-", "-", "active", "paused", "-", "decommissioning", "-"]),
    ("paused", ["-", "-", "-", "-", "active", "decommissioning", "-"]),
    ("decommissioning", ["-", "-", "-", "-", "-", "-", "decommissioned"]),
    ("decommissioned", ["-", "-", "-", "-", "-", "-", "-"]),
];

#[test]
fn pv_4_the_whole_table() {
    assert_eq!(EnvironmentStatus::VARIANTS.len(), PV_4.len());
    for (state, row) in PV_4 {
        let state: EnvironmentStatus = state.parse().unwrap();
        for (command, expected) in EnvironmentCommand::VARIANTS.iter().zip(row) {
            let expected: Option<EnvironmentStatus> = expected.parse().ok();
            assert_eq!(state.next(*command), expected, "{state} {command}");
            let mut it = in_status(state);
            let before = it.clone();
            assert_eq!(obey(&mut it, *command), expected.map(|to| Change { from: state, to }));
            assert!(expected.is_some() || it == before);
            assert_eq!(it.status(), expected.unwrap_or(state));
        }
    }
}

#[test]
fn en_5_what_the_world_sees() {
    // own status; under pending, live, suspended, expired, expired past its grace, cancelled
    let (paused, ending) = ("paused", "decommissioning");
    let table = [
        ("awaiting_setup", ["awaiting_setup", "awaiting_setup", paused, paused, ending, ending]),
        ("active", [paused, "active", paused, paused, ending, ending]),
        ("maintenance", [paused, "maintenance", paused, paused, ending, ending]),
        ("paused", [paused, paused, paused, paused, ending, ending]),
        ("decommissioning", [ending; 6]),
        ("decommissioned", ["decommissioned"; 6]),
    ];
    assert_eq!(EnvironmentStatus::VARIANTS.len(), table.len());
    for (own, row) in table {
        let own: EnvironmentStatus = own.parse().unwrap();
        for (standing, expected) in Standing::VARIANTS.iter().zip(row) {
            let seen: &str = own.seen(*standing).into();
            assert_eq!(seen, expected, "{own} under {standing}");
        }
    }
}

#[test]
fn pv_3_active_only_with_server_primary_url_and_platform() {
    let without: [fn(&mut EnvironmentConfiguration); 3] =
        [|it| it.server = None, |it| it.primary_url = None, |it| it.platform = None];
    for (field, without) in ["server", "primary_url", "platform"].into_iter().zip(without) {
        let mut partial = configured();
        without(&mut partial);
        let mut it = waiting();
        it.configure(partial.clone()).unwrap();
        assert_eq!(it.activate(now()), Err(ActivateError::Incomplete { fields: vec![field] }));
        assert!(!it.visible_to_customers());
        it.configure(configured()).unwrap();
        it.activate(now()).unwrap();
        assert!(it.visible_to_customers());
        let Err(ConfigureError::Invalid(invalid)) = it.configure(partial) else { panic!("{field}") };
        assert_eq!(invalid.0[0].path, field, "what it has it keeps");
    }
    assert_eq!(
        waiting().activate(now()),
        Err(ActivateError::Incomplete { fields: vec!["server", "primary_url", "platform"] })
    );
}

#[test]
fn pv_3_customers_do_not_see_what_was_never_active() {
    let mut it = waiting();
    it.decommission().unwrap();
    assert!(!it.visible_to_customers());
    assert!(in_status(EnvironmentStatus::Decommissioned).visible_to_customers());
}

#[test]
fn pv_3_every_wrong_field_is_named() {
    let wrong = EnvironmentConfiguration {
        server: Some(" ".into()),
        primary_url: Some("learn.acme.example.com".into()),
        staging_url: Some("ftp://acme.example.com".into()),
        platform: None,
        backup_schedule: Some("61 2 * * *".into()),
        dns_records: vec![DnsRecord {
            record_type: DnsRecordType::Cname,
            name: String::new(),
            value: " ".into(),
            ttl_seconds: None,
        }],
        contract: None,
        credit_balance: None,
        jira_project: Some("acme".into()),
    };
    let mut it = waiting();
    let Err(ConfigureError::Invalid(invalid)) = it.configure(wrong) else { panic!() };
    let paths: Vec<&str> = invalid.0.iter().map(|field| field.path.as_str()).collect();
    let expected = [
        "server",
        "primary_url",
        "staging_url",
        "backup_schedule",
        "dns_records[0].name",
        "dns_records[0].value",
        "jira_project",
    ];
    assert_eq!(paths, expected);
    assert_eq!(it, waiting());
}

#[test]
fn pv_3_backup_schedules_are_cron_expressions_of_five_fields() {
    for text in ["30 2 * * *", "*/15 0-6 1,15 * MON-FRI", " 0  3 * * 0 "] {
        assert!(text.parse::<CronExpression>().is_ok(), "{text}");
    }
    assert_eq!(" 0  3 * * 0 ".parse::<CronExpression>().unwrap().as_str(), "0 3 * * 0");
    for text in ["", "daily", "@daily", "* * * *", "0 30 2 * * *", "61 * * * *", "* 24 * * *", "* * 0 * *"] {
        assert!(text.parse::<CronExpression>().is_err(), "{text}");
    }
}

#[test]
fn pv_3_what_is_gone_is_not_configured() {
    let mut it = in_status(EnvironmentStatus::Decommissioned);
    assert_eq!(it.configure(configured()), Err(ConfigureError::Decommissioned));
}

#[test]
fn a_name_is_never_blank() {
    let mut it = waiting();
    assert!(it.rename(" ").is_err());
    it.rename(" Campus ").unwrap();
    assert_eq!(it.name(), "Campus");
}

#[test]
fn what_is_no_environment_is_not_restored() {
    let refused = |change: fn(&mut EnvironmentRecord)| {
        let mut it = in_status(EnvironmentStatus::Active);
        change(&mut it.0);
        Environment::restore(it.0).unwrap_err().0[0].path.clone()
    };
    assert_eq!(refused(|record| record.activated_at = None), "activated_at");
    assert_eq!(refused(|record| record.configuration.server = None), "server");
    assert_eq!(refused(|record| record.decommissioned_at = Some(now())), "decommissioned_at");
    assert_eq!(refused(|record| record.version = 0), "version");
}

proptest! {
    #[test]
    fn pv_4_random_walks_never_leave_the_table(walk in prop::collection::vec(0usize..7, 0..40)) {
        let mut it = in_status(EnvironmentStatus::AwaitingSetup);
        for column in walk {
            let state: &str = it.status().into();
            let expected = PV_4.iter().find(|(name, _)| *name == state).unwrap().1[column];
            let change = obey(&mut it, EnvironmentCommand::VARIANTS[column]);
            prop_assert_eq!(change.map_or("-", |change| change.to.into()), expected);
            prop_assert_eq!(Environment::restore(it.record().clone()), Ok(it.clone()));
        }
    }

    #[test]
    fn pv_3_no_text_makes_the_cron_reader_panic(text in ".{0,40}", fields in "[0-9*/,LW#?A-Z -]{0,24}") {
        let _ = text.parse::<CronExpression>();
        let _ = fields.parse::<CronExpression>();
    }
}
