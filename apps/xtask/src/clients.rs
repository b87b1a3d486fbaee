//! `cargo xtask clients`: clients generated from `docs/openapi.json`, compiled, and at work on a real server.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{cargo, demo, demo::Demo, postgres, root, tools};

/// What each client runs: the ten lines of `docs/clients.md`, and the main job of the README's tour.
const PROGRAMS: [&str; 2] = ["hello", "tour"];

/// A client that is generated and compiled.
struct Client {
    language: &'static str,
    /// Runs one of its programs.
    command: Box<dyn Fn(&str) -> Command>,
}

/// Generates, compiles and runs the clients, on SQLite and on PostgreSQL.
pub(crate) fn run() -> Result<ExitCode> {
    check_page()?;
    let mut clients = Vec::new();
    for generate in [typescript, python, rust] {
        let begin = Instant::now();
        let client = generate()?;
        eprintln!("{}: generated and compiled in {:.1?}", client.language, begin.elapsed());
        clients.push(client);
    }
    let binary = demo::binary()?;
    work(&clients, &Demo::start(&binary, None, &[])?, "SQLite")?;
    let server = postgres::Server::start()?;
    work(&clients, &Demo::start(&binary, Some(&server.url()), &[])?, "PostgreSQL")?;
    Ok(ExitCode::SUCCESS)
}

fn work(clients: &[Client], server: &Demo, database: &str) -> Result<()> {
    for client in clients {
        for program in PROGRAMS {
            let begin = Instant::now();
            let mut command = (client.command)(program);
            command.env("ACCOUNT", &server.url).env("KEY", &server.staff);
            let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
            let told = String::from_utf8_lossy(&output.stdout);
            if !output.status.success() || told.trim().is_empty() {
                let errors = String::from_utf8_lossy(&output.stderr);
                let log = server.log();
                bail!("{}: {program} failed on {database}:\n{told}{errors}\n{log}", client.language);
            }
            eprintln!("{}: {program} on {database} in {:.1?}", client.language, begin.elapsed());
        }
    }
    Ok(())
}

fn folder(language: &str) -> PathBuf {
    root().join("apps/clients").join(language)
}

fn document() -> PathBuf {
    root().join("docs/openapi.json")
}

/// An empty folder for what is generated.
fn generated(language: &str) -> Result<PathBuf> {
    let folder = root().join("target/clients").join(language);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// openapi-typescript with openapi-fetch, checked by the compiler.
fn typescript() -> Result<Client> {
    let from = folder("typescript");
    let home = tools::npm(&from, "typescript")?;
    for file in ["tsconfig.json", "hello.ts", "tour.ts"] {
        fs::copy(from.join(file), home.join(file)).with_context(|| format!("cannot copy {file}"))?;
    }
    let tool = |name: &str| {
        let mut command = Command::new(home.join("node_modules/.bin").join(name));
        command.current_dir(&home);
        command
    };
    // Fields that have a default need not be sent.
    let mut generate = tool("openapi-typescript");
    tools::run(generate.arg(document()).args(["-o", "schema.d.ts", "--default-non-nullable=false"]), "")?;
    tools::run(tool("tsc").args(["--project", "."]), "")?;
    let command = move |program: &str| {
        let mut command = Command::new("node");
        command.arg(home.join("build").join(format!("{program}.js")));
        command
    };
    Ok(Client { language: "TypeScript", command: Box::new(command) })
}

/// openapi-python-client, checked by mypy.
fn python() -> Result<Client> {
    let from = folder("python");
    let programs = tools::python(&from.join("requirements.txt"), "python")?;
    let home = generated("python")?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(programs.clone()).chain(env::split_paths(&path)))?;
    let mut generate = Command::new(programs.join("openapi-python-client"));
    generate.arg("generate").arg("--path").arg(document()).arg("--config").arg(from.join("config.yaml"));
    generate.arg("--output-path").arg(home.join("account_client"));
    generate.args(["--meta", "none", "--fail-on-warning"]).env("PATH", path);
    tools::run(&mut generate, "")?;
    let mut check = Command::new(programs.join("mypy"));
    check.args(["--strict", "--follow-imports=silent", "--no-error-summary", "--cache-dir"]);
    check.arg(home.join(".mypy_cache")).env("MYPYPATH", &home);
    tools::run(check.args(PROGRAMS.map(|program| from.join(format!("{program}.py")))), "")?;
    let command = move |program: &str| {
        let mut command = Command::new(programs.join("python"));
        command.arg(from.join(format!("{program}.py"))).env("PYTHONPATH", &home);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    Ok(Client { language: "Python", command: Box::new(command) })
}

/// progenitor, in a workspace of its own.
fn rust() -> Result<Client> {
    let manifest = folder("rust").join("Cargo.toml");
    tools::run(cargo().args(["fmt", "--check", "--manifest-path"]).arg(&manifest), "")?;
    let target = root().join("target/clients/rust");
    let mut build = cargo();
    build.args(["build", "--quiet", "--locked", "--bins", "--manifest-path"]).arg(&manifest);
    tools::run(build.arg("--target-dir").arg(&target), "")?;
    let command = move |program: &str| Command::new(target.join("debug").join(program));
    Ok(Client { language: "Rust", command: Box::new(command) })
}

/// `docs/clients.md` shows the ten lines of each client as they are run here.
fn check_page() -> Result<()> {
    let page = fs::read_to_string(root().join("docs/clients.md")).context("cannot read docs/clients.md")?;
    for program in ["typescript/hello.ts", "python/hello.py", "rust/src/bin/hello.rs", "rust/build.rs"] {
        let file = Path::new("apps/clients").join(program);
        let text = fs::read_to_string(root().join(&file))?;
        ensure!(shows(&page, &text), "docs/clients.md does not show {} as it is", file.display());
    }
    Ok(())
}

/// Whether a fenced block of `page` is `program`.
fn shows(page: &str, program: &str) -> bool {
    page.split("```").skip(1).step_by(2).any(|block| {
        let code = block.split_once('\n').map_or("", |(_, code)| code);
        code == program
    })
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn a_page_shows_a_program_or_it_does_not() {
        let page = "Text\n```ts\nlet a = 1;\nlet b = 2;\n```\nmore\n```py\nc = 3\n```\n";
        assert!(shows(page, "let a = 1;\nlet b = 2;\n") && shows(page, "c = 3\n"));
        assert!(!shows(page, "let a = 1;\n") && !shows(page, "more\n"));
    }
}
