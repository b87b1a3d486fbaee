//! What some tasks need besides Rust: packages of npm and of Python, pinned in the repository, installed under `target/`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::root;

const NODE: &str = "install Node.js 20 or newer: `apt-get install nodejs npm`";
const PYTHON: &str = "install Python 3.11 or newer: `apt-get install python3 python3-venv`";

/// The folder with the `node_modules` of the project in `from`.
pub(crate) fn npm(from: &Path, name: &str) -> Result<PathBuf> {
    let folder = root().join("target/tools").join(name);
    installed(&folder, &from.join("package-lock.json"), || {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(from.join(file), folder.join(file)).with_context(|| format!("cannot copy {file}"))?;
        }
        let mut npm = Command::new("npm");
        npm.current_dir(&folder).args([
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
        ]);
        run(&mut npm, NODE)
    })?;
    Ok(folder)
}

/// The folder of programs of a Python environment with what `requirements` lists.
pub(crate) fn python(requirements: &Path, name: &str) -> Result<PathBuf> {
    let folder = root().join("target/tools").join(name);
    let programs = folder.join("environment/bin");
    installed(&folder, requirements, || {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("environment")), PYTHON)?;
        let mut pip = Command::new(programs.join("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements);
        run(&mut pip, PYTHON)
    })?;
    Ok(programs)
}

/// Installs into an empty `folder`, unless just that is there already.
fn installed(folder: &Path, pins: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = folder.join("installed");
    let wanted = fs::read_to_string(pins).with_context(|| format!("cannot read {}", pins.display()))?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    install()?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Runs a program to its end; `hint` says how to come by one that is not there.
pub(crate) fn run(command: &mut Command, hint: &str) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("cannot run {name}; {hint}"))?;
    if status.success() { Ok(()) } else { bail!("{name} failed ({status}): {command:?}") }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_is_pinned_is_installed_once_and_anew_when_the_pins_change() {
        let home = tempfile::tempdir().unwrap();
        let (folder, pins) = (home.path().join("tool"), home.path().join("pins"));
        let times = Cell::new(0);
        let install = || {
            installed(&folder, &pins, || {
                times.set(times.get() + 1);
                fs::write(folder.join(times.get().to_string()), "")?;
                Ok(())
            })
        };
        fs::write(&pins, "a==1").unwrap();
        install().unwrap();
        install().unwrap();
        assert_eq!(times.get(), 1);
        fs::write(&pins, "a==2").unwrap();
        install().unwrap();
        assert_eq!((times.get(), folder.join("1").exists()), (2, false));
    }

    #[test]
    fn what_failed_to_install_is_not_taken_for_installed() {
        let home = tempfile::tempdir().unwrap();
        let (folder, pins) = (home.path().join("tool"), home.path().join("pins"));
        fs::write(&pins, "a==1").unwrap();
        assert!(installed(&folder, &pins, || bail!("no network")).is_err());
        assert!(installed(&folder, &pins, || bail!("no network")).is_err());
    }

    #[test]
    fn a_program_that_is_not_there_is_named_with_how_to_come_by_it() {
        let error = run(&mut Command::new("no-such-program"), "install it").unwrap_err();
        assert_eq!(error.to_string(), "cannot run no-such-program; install it");
    }
}
