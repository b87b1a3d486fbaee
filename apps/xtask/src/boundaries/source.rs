//! Pure crates name no clock, no files, no network, whatever they depend on: `std` has all of that.

use std::{fs, path::Path};

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use super::rules::{IMPURE_CALLS, IMPURE_MACROS, IMPURE_STD};

/// Everything impure in the sources of the crate `name` in `folder`, its tests included.
pub(crate) fn scan_crate(name: &str, folder: &Path) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    let mut folders = vec![folder.join("src")];
    while let Some(folder) = folders.pop() {
        let mut entries = fs::read_dir(&folder)
            .and_then(|entries| {
                entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
            })
            .with_context(|| format!("cannot read {}", folder.display()))?;
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                let found =
                    scan(&text).map_err(|error| anyhow!("{} is not Rust: {error}", path.display()))?;
                violations.extend(
                    found
                        .into_iter()
                        .map(|(line, what)| format!("{name} is pure: {what} at {}:{line}", path.display())),
                );
            }
        }
    }
    Ok(violations)
}

/// What is impure in a source text, with its line. Tokens are looked at, so that comments and texts do not count and
/// the inside of macros does.
fn scan(text: &str) -> Result<Vec<(usize, String)>, proc_macro2::LexError> {
    let mut found = Vec::new();
    walk(text.parse()?, &mut found);
    Ok(found)
}

fn walk(stream: TokenStream, found: &mut Vec<(usize, String)>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => walk(group.stream(), found),
            TokenTree::Ident(ident) => look_at(ident, &tokens[index + 1..], found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Looks at `ident` and what follows it.
fn look_at(ident: &Ident, after: &[TokenTree], found: &mut Vec<(usize, String)>) {
    let line = ident.span().start().line;
    let name = ident.to_string();
    if IMPURE_CALLS.contains(&(name.as_str(), "*")) {
        found.push((line, name));
        return;
    }
    let next = match after {
        [first, second, next, ..] if is_punct(first, ':') && is_punct(second, ':') => next,
        [first, next, ..] if is_punct(first, '!') => {
            let is_call = matches!(next, TokenTree::Group(_));
            if is_call && IMPURE_MACROS.contains(&name.as_str()) {
                found.push((line, format!("{name}!")));
            }
            return;
        }
        _ => return,
    };
    match next {
        TokenTree::Ident(member) => {
            let member = member.to_string();
            if IMPURE_CALLS.contains(&(name.as_str(), member.as_str()))
                || (name == "std" && IMPURE_STD.contains(&member.as_str()))
            {
                found.push((line, format!("{name}::{member}")));
            }
        }
        TokenTree::Group(group) if name == "std" && group.delimiter() == Delimiter::Brace => {
            for member in first_names(group.stream()) {
                if IMPURE_STD.contains(&member.to_string().as_str()) {
                    found.push((member.span().start().line, format!("std::{member}")));
                }
            }
        }
        _ => {}
    }
}

/// The first name of every branch of `{a, b::c, d::{e, f}}`: `a`, `b`, `d`.
fn first_names(group: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut at_start = true;
    for token in group {
        match token {
            TokenTree::Ident(ident) if at_start => names.push(ident),
            ref other if is_punct(other, ',') => {
                at_start = true;
                continue;
            }
            _ => {}
        }
        at_start = false;
    }
    names
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        scan(text).unwrap().into_iter().map(|(line, what)| format!("{line}: {what}")).collect()
    }

    #[test]
    fn clocks_files_and_network_are_found() {
        assert_eq!(found("fn f() {\n let t = std::time::SystemTime::now();\n}"), ["2: SystemTime"]);
        assert_eq!(found("use std::time::SystemTime as T;"), ["1: SystemTime"]);
        assert_eq!(found("let t = Instant::now();"), ["1: Instant::now"]);
        assert_eq!(found("OffsetDateTime::now_utc()"), ["1: OffsetDateTime::now_utc"]);
        assert_eq!(found("::std::fs::read(p)"), ["1: std::fs"]);
        assert_eq!(found("use std::net::TcpStream;"), ["1: std::net"]);
        assert_eq!(found("Uuid::now_v7()"), ["1: Uuid::now_v7"]);
        assert_eq!(found("println!(\"x\")"), ["1: println!"]);
    }

    #[test]
    fn grouped_imports_and_macros_hide_nothing() {
        assert_eq!(found("use std::{fmt, fs, io::{self, net}, net::IpAddr};"), ["1: std::fs", "1: std::net"]);
        assert_eq!(found("assert!(std :: fs :: exists(p));"), ["1: std::fs"]);
        assert_eq!(found("macro_rules! m { () => { Instant::now() } }"), ["1: Instant::now"]);
    }

    #[test]
    fn words_texts_and_comments_are_no_violation() {
        for text in [
            "// std::fs::read and SystemTime::now()",
            "/// Instant::now() is what it does not call.\nfn f() {}",
            "const TEXT: &str = \"std::fs SystemTime::now() println!()\";",
            "use std::{fmt, str::FromStr, time::Duration};",
            "fn fs(net: u8) -> bool { clock.now() != Timestamp::MIN && net != 1 }",
            "my_std::fs::read()",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
