//! What customers in Brazil asked for.

use policy_resolver::kinds::Priority::{High, Urgent};
use ust_credits::Complexity::{High as Hard, Low, Medium};

use super::{JOANA, MARINA, RAFAEL};
use crate::demo::{
    deed::{Dated, On, Who},
    telling::ask,
};

const HENRIQUE: Who = Who::Customer("Henrique Duarte");
const CAMILA: Who = Who::Customer("Camila Torres");
const SONIA: Who = Who::Customer("Sônia Prado");
const IGOR: Who = Who::Customer("Igor Salles");
const FABIO: Who = Who::Customer("Fábio Leal");
const CLAUDIO: Who = Who::Customer("Cláudio Rangel");
const TEREZA: Who = Who::Customer("Tereza Bastos");

fn aurora() -> impl Iterator<Item = Dated> {
    let moodle = On::Environment("aurora moodle");
    let integration = On::Service("aurora integration");
    let plugins = ask("aurora plugins", 178, 10, CAMILA, moodle, "Atualização mensal dos plugins")
        .item("PLUGIN-UPDATE")
        .submit(CAMILA)
        .at(175, 9)
        .start(RAFAEL)
        .at(174, 21)
        .complete(RAFAEL)
        .at(171, 10)
        .accept(CAMILA);
    let upgrade =
        ask("aurora upgrade", 164, 9, MARINA, On::Service("aurora upgrade"), "Moodle na versão LTS")
            .item("MOODLE-UPGRADE")
            .submit(MARINA)
            .at(163, 10)
            .approve(HENRIQUE)
            .issue(MARINA, "AURUP-1")
            .at(161, 9)
            .start(JOANA)
            .at(150, 10)
            .remark(JOANA, "Dois plugins sem manutenção: propor substitutos na entrega.")
            .at(140, 17)
            .complete(JOANA)
            .at(133, 15)
            .accept(HENRIQUE);
    let slow = ask("aurora slow", 116, 8, CAMILA, moodle, "Lentidão na abertura das provas")
        .saying("Às 19 h, com cerca de 900 alunos ao mesmo tempo.")
        .priority(High)
        .item("PERF-TUNING")
        .submit(CAMILA)
        .at(116, 10)
        .approve(HENRIQUE)
        .issue(MARINA, "AURORA-21")
        .at(115, 9)
        .start(RAFAEL)
        .at(111, 17)
        .complete(RAFAEL)
        .tell(RAFAEL, "O cache de sessões foi para outro servidor; a página abre em 0,8 s.")
        .at(109, 20)
        .reopen(CAMILA, "com 1.100 alunos a lentidão voltou")
        .at(106, 16)
        .complete_at(RAFAEL, "9", "o banco de dados também precisou de ajuste, combinado com o cliente")
        .at(103, 9)
        .accept(CAMILA);
    let analysis = ask("aurora analysis", 69, 10, MARINA, integration, "Análise: integração acadêmica")
        .item("ANALYSIS")
        .submit(MARINA)
        .issue(MARINA, "AURINT-1")
        .at(68, 9)
        .start(JOANA)
        .at(58, 16)
        .complete(JOANA)
        .tell(JOANA, "A especificação está nos documentos. Estimamos 18 créditos de alta complexidade.")
        .at(54, 10)
        .accept(HENRIQUE);
    let connector = ask("aurora connector", 53, 10, MARINA, integration, "Conector de matrículas e notas")
        .saying("Conforme a especificação da análise, com fila de reprocessamento.")
        .figure("18", Hard)
        .due(-20)
        .after_analysis("aurora analysis")
        .submit(MARINA)
        .at(50, 15)
        .approve(HENRIQUE)
        .issue(MARINA, "AURINT-2")
        .at(47, 9)
        .start(JOANA)
        .at(21, 17)
        .tell(JOANA, "Matrículas prontas em homologação; notas na próxima semana.");
    let outage = ask("aurora outage", 6, 7, CAMILA, moodle, "Plataforma fora do ar")
        .priority(Urgent)
        .at(6, 8)
        .estimate(MARINA, "3", Low)
        .submit(MARINA)
        .start(RAFAEL)
        .at(6, 11)
        .complete_in(RAFAEL, 150)
        .tell(RAFAEL, "No ar desde 7h52. A causa foi um disco cheio; o alerta agora vem antes.")
        .remark(RAFAEL, "Alerta de disco estava desligado desde a migração. Conferir nos outros servidores.")
        .at(1, 9)
        .accept(CAMILA);
    let library = ask("aurora library", 4, 14, CAMILA, moodle, "Integração com o catálogo da biblioteca")
        .item("API-INTEGRATION")
        .submit(CAMILA)
        .at(3, 9)
        .tell(HENRIQUE, "Vou levar ao conselho na quinta-feira antes de aprovar.");
    let plugin = ask("aurora plugin", 2, 15, CAMILA, moodle, "Instalar o plugin de enquetes")
        .saying("Rascunho: ainda falta escolher entre dois plugins.")
        .item("PLUGIN-INSTALL");
    [plugins, upgrade, slow, analysis, connector, outage, library, plugin]
        .into_iter()
        .flat_map(|it| it.told())
}

/// Without credits: all of it is billed.
fn horizonte() -> impl Iterator<Item = Dated> {
    let moodle = On::Environment("horizonte moodle");
    let plugins = ask("horizonte plugins", 144, 10, IGOR, moodle, "Atualizar os plugins nas férias")
        .item("PLUGIN-UPDATE")
        .submit(IGOR)
        .at(142, 9)
        .approve(SONIA)
        .at(141, 9)
        .start(RAFAEL)
        .at(140, 15)
        .complete(RAFAEL)
        .at(138, 9)
        .accept(SONIA);
    let import = ask("horizonte import", 19, 10, IGOR, moodle, "Importar as turmas do próximo ano")
        .item("COURSE-IMPORT")
        .submit(IGOR)
        .at(18, 9)
        .approve(SONIA)
        .at(17, 9)
        .start(JOANA)
        .at(11, 15)
        .remark(JOANA, "Contrato suspenso; o trabalho em andamento continua (EN-5).");
    let certificates =
        ask("horizonte certificates", 28, 10, IGOR, moodle, "Certificados com a assinatura nova")
            .at(27, 9)
            .estimate(MARINA, "2", Medium)
            .submit(MARINA)
            .at(27, 15)
            .approve(SONIA)
            .at(24, 9)
            .start(JOANA)
            .at(23, 16)
            .complete_in(JOANA, 110)
            .at(20, 9)
            .accept(SONIA);
    [plugins, certificates, import].into_iter().flat_map(|it| it.told())
}

fn vereda() -> impl Iterator<Item = Dated> {
    let wordpress = On::Environment("vereda wordpress");
    let app = On::Service("vereda app");
    let checkout = ask("vereda checkout", 126, 10, FABIO, wordpress, "Erro no fechamento da inscrição")
        .at(126, 14)
        .estimate(MARINA, "3", Medium)
        .submit(MARINA)
        .at(125, 9)
        .approve(FABIO)
        .issue(MARINA, "VEREDA-3")
        .at(124, 9)
        .start(JOANA)
        .at(123, 17)
        .complete_in(JOANA, 225)
        .tell(JOANA, "O plugin de pagamento recusava CPF com pontos. Corrigido e enviado ao fabricante.")
        .at(120, 9)
        .accept(FABIO);
    let prototype = ask("vereda prototype", 51, 10, MARINA, app, "Protótipo navegável do aplicativo")
        .figure("10", Hard)
        .submit(MARINA)
        .at(50, 10)
        .approve(FABIO)
        .issue(MARINA, "VERAPP-1")
        .at(49, 9)
        .start(JOANA)
        .at(29, 17)
        .complete_in(JOANA, 540)
        .at(26, 9)
        .accept(FABIO);
    let build = ask("vereda build", 27, 10, MARINA, app, "Publicação nas duas lojas")
        .item("MOBILE-BUILD")
        .submit(MARINA)
        .at(25, 10)
        .approve(FABIO)
        .issue(MARINA, "VERAPP-2")
        .at(22, 9)
        .start(JOANA)
        .at(16, 15)
        .hold(JOANA, "a conta de desenvolvedor da Vereda está em verificação na loja")
        .tell(JOANA, "Assim que a loja liberar a conta, publicamos no mesmo dia.");
    let forum = ask("vereda forum", 31, 10, FABIO, wordpress, "Fórum aberto ao público")
        .item("PLUGIN-INSTALL")
        .at(30, 9)
        .reject(
            MARINA,
            "sem moderação o fórum aberto contraria os termos de uso; sugerimos um grupo fechado",
        );
    [checkout, prototype, build, forum].into_iter().flat_map(|it| it.told())
}

fn serra_clara() -> impl Iterator<Item = Dated> {
    let moodle = On::Environment("serra clara moodle");
    let import = ask("serra clara import", 79, 10, TEREZA, moodle, "Importar 40 cursos da plataforma antiga")
        .item("COURSE-IMPORT")
        .submit(TEREZA)
        .at(77, 9)
        .approve(CLAUDIO)
        .issue(MARINA, "SERRA-1")
        .at(76, 9)
        .start(RAFAEL)
        .at(70, 16)
        .complete(RAFAEL)
        .at(66, 9)
        .accept(CLAUDIO);
    let report = ask("serra clara report", 23, 10, TEREZA, moodle, "Relatório para o tribunal de contas")
        .priority(High)
        .item("REPORT-CUSTOM")
        .due(-12)
        .submit(TEREZA)
        .at(21, 9)
        .approve(CLAUDIO)
        .at(20, 10)
        .hold(MARINA, "o tribunal publica o modelo novo só no fim do mês");
    let login = ask(
        "serra clara login",
        5,
        9,
        MARINA,
        On::Service("serra clara support"),
        "Entrar com a conta gov.br",
    )
    .item("SSO-SETUP")
    .submit(MARINA)
    .tell(MARINA, "Preço fixo do catálogo: 12 créditos. Aguardamos a aprovação.");
    let training = ask("serra clara backup", 8, 9, TEREZA, moodle, "Restaurar a turma 7B de ontem")
        .priority(Urgent)
        .item("BACKUP-RESTORE")
        .submit(TEREZA)
        .at(8, 10)
        .start(RAFAEL)
        .at(8, 12)
        .complete(RAFAEL)
        .at(7, 9)
        .accept(TEREZA);
    [import, report, login, training].into_iter().flat_map(|it| it.told())
}

pub(super) fn story() -> Vec<Dated> {
    aurora().chain(horizonte()).chain(vereda()).chain(serra_clara()).collect()
}
