//! What Acme asked for: a request in every state (SR-4). Of 80 credits 45 are left.

use policy_resolver::kinds::Priority::{High, Low as LowPriority, Urgent};
use ust_credits::Complexity::{Low, Medium};

use super::{ACME_ENVIRONMENT, ACME_PENDING, ACME_SUPPORT, JOANA, MARINA, RAFAEL};
use crate::demo::{
    deed::{Dated, On, Who},
    telling::ask,
};

const DANIEL: Who = Who::Customer("Daniel Ortega");
const PRIYA: Who = Who::Customer("Priya Nair");
const MOODLE: On = On::Environment(ACME_ENVIRONMENT);
const SUPPORT: On = On::Service(ACME_SUPPORT);

/// Done and billed.
fn done() -> impl Iterator<Item = Dated> {
    let sso = ask("acme sso", 200, 10, MARINA, SUPPORT, "Single sign-on with Acme's directory")
        .saying(
            "SAML with the directory that the rest of the company uses; local accounts stay for auditors.",
        )
        .priority(High)
        .item("SSO-SETUP")
        .submit(MARINA)
        .tell(MARINA, "This is the fixed price of the catalog at medium complexity: 12 credits.")
        .at(199, 14)
        .approve_on_behalf(MARINA, "Grace Whitfield agreed by e-mail; her account was not set up yet")
        .issue(MARINA, "ACME-2")
        .at(198, 9)
        .start(RAFAEL)
        .at(196, 11)
        .tell(RAFAEL, "We need the metadata of your identity provider to go on.")
        .hold(RAFAEL, "waiting for the metadata of the identity provider")
        .at(192, 9)
        .tell(DANIEL, "Sent it to you just now, sorry for the wait.")
        .at(192, 10)
        .resume(RAFAEL)
        .remark(RAFAEL, "Their certificate expires in 14 months: put a reminder into the calendar.")
        .at(189, 16)
        .complete(RAFAEL)
        .at(187, 9)
        .accept(DANIEL);
    let names = ask("acme names", 164, 10, MARINA, SUPPORT, "Names with accents are cut in the e-mails")
        .saying("Reported by telephone: \"José\" arrives as \"Jos\".")
        .figure("2", Low)
        .submit(MARINA)
        .issue(MARINA, "ACME-5")
        .at(163, 9)
        .start(JOANA)
        .at(163, 15)
        .complete_in(JOANA, 120)
        .tell(JOANA, "The mail template took the wrong character set; fixed and tested with 40 names.")
        .at(161, 9)
        .accept(DANIEL);
    let plugins = ask("acme plugins", 86, 11, PRIYA, MOODLE, "Update all plugins before the spring term")
        .saying("Please before the term starts, at night if it needs a pause.")
        .item("PLUGIN-UPDATE")
        .due(78)
        .submit(PRIYA)
        .issue(MARINA, "ACME-9")
        .at(83, 9)
        .start(RAFAEL)
        .at(82, 22)
        .complete(RAFAEL)
        .tell(RAFAEL, "Done: 23 plugins updated, two of them waited for a fix of their makers.")
        .at(80, 10)
        .accept(PRIYA);
    sso.told().chain(names.told()).chain(plugins.told())
}

/// Going on now.
fn running() -> impl Iterator<Item = Dated> {
    let theme = ask("acme theme", 14, 10, PRIYA, MOODLE, "New brand colours on the dashboard")
        .saying("The brand book is attached to our mail of Monday. Header, buttons and the course cards.")
        .priority(High)
        .item("THEME-ADJUST")
        .due(-4)
        .submit(PRIYA)
        .at(13, 11)
        .approve(DANIEL)
        .issue(MARINA, "ACME-14")
        .at(12, 9)
        .start(JOANA)
        .at(8, 15)
        .tell(JOANA, "A first version is on staging: https://staging.learn.acme.example")
        .at(7, 10)
        .tell(PRIYA, "Looks great. Could the buttons be a little darker?")
        .remark(JOANA, "Darker buttons: also fixes the contrast, 4.6:1 then.");
    let report = ask(ACME_PENDING, 5, 10, PRIYA, MOODLE, "Attendance report per department")
        .saying("One line per department and week, as CSV, for the monthly meeting.")
        .at(4, 15)
        .tell(
            MARINA,
            "We estimate 3 credits at medium complexity, 4.5 in all. Please approve, then we begin.",
        )
        .estimate(MARINA, "3", Medium)
        .submit(MARINA)
        .remark(MARINA, "There is a report in Aurora's platform that we can start from.");
    let guide = ask("acme guide", 9, 14, PRIYA, MOODLE, "How do teachers move grades between courses?")
        .item("USER-SUPPORT")
        .submit(PRIYA)
        .at(6, 9)
        .start(RAFAEL)
        .at(3, 16)
        .complete_at(RAFAEL, "1.5", "a written guide with pictures was asked for besides")
        .tell(RAFAEL, "The guide is in the course \"For teachers\".");
    let host = ask("acme host", 17, 9, DANIEL, MOODLE, "Second host name academy.acme.example")
        .priority(LowPriority)
        .item("SSL-DNS")
        .submit(DANIEL)
        .issue(MARINA, "ACME-13")
        .at(16, 9)
        .start(RAFAEL)
        .at(15, 10)
        .hold(RAFAEL, "waiting for the customer's DNS record")
        .tell(
            RAFAEL,
            "Please point academy.acme.example at moodle-us-03.middag.example; we go on from there.",
        );
    let export = ask("acme export", 3, 11, MARINA, SUPPORT, "Grades of the last term for the auditors")
        .figure("2.5", Low)
        .due(-9)
        .submit(MARINA)
        .assign(MARINA, "Joana Prates");
    let outage = ask("acme videos", 1, 16, PRIYA, MOODLE, "Videos do not start on telephones")
        .saying("Since this morning, on both systems. On computers they run.")
        .priority(Urgent)
        .at(1, 17)
        .prioritize(MARINA, High)
        .remark(MARINA, "Their network filter is new since yesterday; ask before estimating.");
    theme
        .told()
        .chain(report.told())
        .chain(guide.told())
        .chain(host.told())
        .chain(export.told())
        .chain(outage.told())
}

/// Closed without being done.
fn closed() -> impl Iterator<Item = Dated> {
    let payroll = ask("acme payroll", 46, 10, PRIYA, MOODLE, "Send training hours to the payroll system")
        .item("API-INTEGRATION")
        .submit(PRIYA)
        .at(43, 9)
        .reject(DANIEL, "not in this year's budget");
    let restore = ask("acme restore", 38, 10, DANIEL, MOODLE, "Restore the course \"Safety 2\"")
        .priority(High)
        .item("BACKUP-RESTORE")
        .submit(DANIEL)
        .at(38, 12)
        .tell(DANIEL, "Found it: somebody had only hidden it. Please stop.")
        .cancel(MARINA, "the course was hidden, not deleted");
    let app = ask("acme app", 13, 10, PRIYA, MOODLE, "An app of our own, with offline courses")
        .saying("For the people on the shop floor, who have no computer.")
        .at(9, 11)
        .remark(MARINA, "Far beyond the support contract: a project of its own.")
        .quote(MARINA, "an app is a project of its own; a quote follows")
        .tell(MARINA, "This is more than support covers. You get a quote for it by the end of the week.");
    payroll.told().chain(restore.told()).chain(app.told())
}

pub(super) fn story() -> Vec<Dated> {
    done().chain(running()).chain(closed()).collect()
}
