//! What customers in Portugal, Spain and the United States asked for.

use policy_resolver::kinds::Priority::{High, Low as LowPriority};
use ust_credits::Complexity::{Low, Medium};

use super::{JOANA, MARINA, RAFAEL};
use crate::demo::{
    deed::{Dated, On, Who},
    telling::ask,
};

const INES: Who = Who::Customer("Inês Carvalhal");
const DUARTE: Who = Who::Customer("Duarte Pimentel");
const SARA: Who = Who::Customer("Sara Antunes");
const LUCIA: Who = Who::Customer("Lucía Romero");
const ALVARO: Who = Who::Customer("Álvaro Quintana");
const MEGAN: Who = Who::Customer("Megan Sullivan");

fn atlantico() -> impl Iterator<Item = Dated> {
    let moodle = On::Environment("atlantico moodle");
    let courses = ask("atlantico courses", 166, 10, SARA, moodle, "Trazer os cursos da plataforma anterior")
        .item("COURSE-IMPORT")
        .submit(SARA)
        .at(165, 9)
        .approve(INES)
        .at(164, 9)
        .start(JOANA)
        .at(158, 16)
        .complete(JOANA)
        .at(157, 9)
        .accept(INES);
    let theme = ask("atlantico theme", 98, 10, SARA, moodle, "Cabeçalho com a marca nova")
        .priority(LowPriority)
        .item("THEME-ADJUST")
        .submit(SARA)
        .at(97, 9)
        .approve(DUARTE)
        .at(95, 9)
        .start(JOANA)
        .at(93, 17)
        .complete_at(JOANA, "4", "as cores já estavam prontas noutro projeto")
        .at(91, 9)
        .accept(SARA);
    let monitoring =
        ask("atlantico disks", 60, 9, MARINA, On::Service("atlantico infra"), "Discos do servidor de vídeo")
            .figure("3", Low)
            .submit(MARINA)
            .at(59, 9)
            .start(RAFAEL)
            .at(57, 12)
            .complete_in(RAFAEL, 165)
            .at(52, 9)
            .accept(DUARTE);
    let guide = ask("atlantico guide", 3, 10, SARA, moodle, "Como se emitem segundas vias de certificados?")
        .item("USER-SUPPORT")
        .submit(SARA)
        .at(2, 9)
        .start(RAFAEL);
    [courses, theme, monitoring, guide].into_iter().flat_map(|it| it.told())
}

fn spain() -> impl Iterator<Item = Dated> {
    let support = On::Service("alborada support");
    let forms = ask("alborada forms", 131, 10, MARINA, support, "Formulario de inscripción en gallego")
        .figure("2", Low)
        .submit(MARINA)
        .at(130, 9)
        .start(JOANA)
        .at(129, 12)
        .complete_in(JOANA, 105)
        .at(124, 9)
        .accept(LUCIA);
    let migration = ask(
        "alborada migration",
        65,
        9,
        MARINA,
        On::Service("alborada migration"),
        "Campus completo al servidor nuevo",
    )
    .saying("18 000 usuarios, 320 cursos, calificaciones desde 2019.")
    .item("SITE-MIGRATION")
    .submit(MARINA)
    .tell(MARINA, "Son 40 créditos; hay 20 en el saldo, el resto se factura aparte.")
    .at(63, 10)
    .approve(LUCIA)
    .at(61, 9)
    .start(RAFAEL)
    .at(40, 11)
    .tell(RAFAEL, "Ensayo general hecho: 5 horas. Proponemos el fin de semana del puente.")
    .at(18, 18)
    .complete(RAFAEL)
    .at(15, 9)
    .accept(LUCIA);
    // It is closed when the entitlement above is cancelled.
    let export = ask(
        "mirador export",
        47,
        10,
        ALVARO,
        On::Environment("mirador moodle"),
        "Copia de los cursos en PDF",
    )
    .item("REPORT-CUSTOM")
    .submit(ALVARO);
    [forms, migration, export].into_iter().flat_map(|it| it.told())
}

fn blue_harbor() -> impl Iterator<Item = Dated> {
    let support = On::Service("harbor support");
    let sync = ask("harbor sync", 74, 10, MARINA, support, "Orders from the shop arrive twice")
        .saying("Megan sent three examples; all were paid with a gift card.")
        .priority(High)
        .figure("4", Medium)
        .submit(MARINA)
        .at(73, 9)
        .approve(MEGAN)
        .at(72, 9)
        .start(JOANA)
        .at(68, 15)
        .remark(JOANA, "The gift card plugin fires its hook twice. Patch sent to its maker.")
        .complete_at(JOANA, "7", "the fault was in another maker's plugin, which had to be patched too")
        .tell(JOANA, "Fixed. It took more than estimated: 10.5 credits, 2.5 of them beyond your balance.")
        .at(65, 10)
        .accept(MEGAN);
    let stock = ask("harbor stock", 29, 10, MARINA, support, "Seats left are shown wrong")
        .figure("2", Low)
        .submit(MARINA)
        .at(28, 9)
        .approve(MEGAN)
        .at(27, 9)
        .start(JOANA)
        .at(20, 15)
        .complete_in(JOANA, 190)
        .at(17, 10)
        .accept(MEGAN);
    let receipts = ask("harbor receipts", 4, 10, MARINA, support, "Receipts in Spanish")
        .figure("3", Low)
        .submit(MARINA)
        .at(3, 9)
        .start(JOANA)
        .at(1, 15)
        .complete_in(JOANA, 170);
    [sync, stock, receipts].into_iter().flat_map(|it| it.told())
}

pub(super) fn story() -> Vec<Dated> {
    atlantico().chain(spain()).chain(blue_harbor()).collect()
}
