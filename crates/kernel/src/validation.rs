//! Refusals that name the field.

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct FieldError {
    /// The field's path, as the caller wrote it: `lines[0].quantity`.
    pub path: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// Everything that is wrong with an input, all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    /// One wrong field.
    pub fn field(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self(vec![FieldError { path: path.into(), problem: problem.into() }])
    }

    /// Notes another wrong field.
    pub fn push(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.0.push(FieldError { path: path.into(), problem: problem.into() });
    }

    /// Notes that a text is blank or longer than `max` characters.
    pub fn require_text(&mut self, path: &str, text: &str, max: usize) {
        if text.trim().is_empty() {
            self.push(path, "must not be blank");
        } else if text.chars().count() > max {
            self.push(path, format!("must not be longer than {max} characters"));
        }
    }

    /// `value` where nothing was noted.
    ///
    /// # Errors
    /// Itself where something was.
    pub fn or_ok<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}
