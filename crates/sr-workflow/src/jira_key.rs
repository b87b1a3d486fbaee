//! The names that Jira gives to projects and issues.

use std::{fmt, str::FromStr};

/// The longest project key, in characters.
pub const MAX_PROJECT_KEY: usize = 32;

/// Not a key of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no Jira {kind} key; one such as {example} is expected")]
pub struct JiraKeyError {
    /// What was given, cut.
    pub text: String,
    /// What was expected.
    pub kind: &'static str,
    /// What one looks like.
    pub example: &'static str,
}

/// A Jira project's key: a capital letter, then capital letters, digits or underscores, 2 to [`MAX_PROJECT_KEY`] in all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JiraProjectKey(String);

/// A Jira issue's key: a project's key, a hyphen and a number from 1: `ACME-17`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JiraIssueKey(String);

fn is_project_key(text: &str) -> bool {
    (2..=MAX_PROJECT_KEY).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_issue_number(text: &str) -> bool {
    (1..=18).contains(&text.len()) && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl FromStr for JiraProjectKey {
    type Err = JiraKeyError;

    fn from_str(text: &str) -> Result<Self, JiraKeyError> {
        if is_project_key(text) { Ok(Self(text.to_owned())) } else { Err(error(text, "project", "ACME")) }
    }
}

impl FromStr for JiraIssueKey {
    type Err = JiraKeyError;

    fn from_str(text: &str) -> Result<Self, JiraKeyError> {
        match text.split_once('-') {
            Some((project, number)) if is_project_key(project) && is_issue_number(number) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(error(text, "issue", "ACME-17")),
        }
    }
}

fn error(text: &str, kind: &'static str, example: &'static str) -> JiraKeyError {
    JiraKeyError { text: text.chars().take(48).collect(), kind, example }
}

impl JiraProjectKey {
    /// The key as Jira writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JiraIssueKey {
    /// The key as Jira writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JiraProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for JiraIssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_jira_writes_them() {
        for text in ["AB", "ACME", "A1_B"] {
            assert_eq!(text.parse::<JiraProjectKey>().unwrap().to_string(), text);
            let issue = format!("{text}-17");
            assert_eq!(issue.parse::<JiraIssueKey>().unwrap().as_str(), issue);
        }
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in ["", "A", "acme", "1AB", "AC-ME", "ÄCME", &"A".repeat(33)] {
            assert!(text.parse::<JiraProjectKey>().is_err(), "{text}");
        }
        for text in ["ACME", "ACME-", "ACME-0", "ACME-01", "ACME-1-2", "acme-1", "ACME-+1", "-1"] {
            assert!(text.parse::<JiraIssueKey>().is_err(), "{text}");
        }
    }
}
