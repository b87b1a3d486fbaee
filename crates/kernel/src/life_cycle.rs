//! One way to say what a life cycle allows: an exhaustive table `(state, command) → state`.

use strum::VariantArray;

/// A life cycle. The implementation of [`LifeCycle::next`] is its whole table; the verbs of the aggregate are its only callers.
pub trait LifeCycle: Copy + Into<&'static str> + 'static {
    /// The commands that may be given.
    type Command: Copy + Into<&'static str> + VariantArray + 'static;

    /// What goes through this life cycle, for messages: `"service request"`.
    const ENTITY: &'static str;

    /// The state that `command` leads to, or none where it is illegal.
    fn next(self, command: Self::Command) -> Option<Self>;
}

/// A command that the present state does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {entity} that is {state} does not allow {command}; {}", article(.entity), describe(.legal))]
pub struct IllegalMove {
    /// What was to be changed.
    pub entity: &'static str,
    /// The state it is in.
    pub state: &'static str,
    /// What was asked.
    pub command: &'static str,
    /// What may be asked now.
    pub legal: Vec<&'static str>,
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn describe(legal: &[&'static str]) -> String {
    if legal.is_empty() {
        "no command is legal now".to_owned()
    } else {
        format!("legal now: {}", legal.join(", "))
    }
}

/// Takes one step, or says what is legal.
///
/// # Errors
/// [`IllegalMove`] with the state, the command and the commands that are legal now.
pub fn step<S: LifeCycle>(state: S, command: S::Command) -> Result<S, IllegalMove> {
    state.next(command).ok_or_else(|| IllegalMove {
        entity: S::ENTITY,
        state: state.into(),
        command: command.into(),
        legal: legal_commands(state),
    })
}

/// The commands that `state` allows, in the order of their declaration.
pub fn legal_commands<S: LifeCycle>(state: S) -> Vec<&'static str> {
    S::Command::VARIANTS
        .iter()
        .filter(|command| state.next(**command).is_some())
        .map(|command| (*command).into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_move_reads_as_a_sentence() {
        let text = |entity| IllegalMove { entity, state: "paid", command: "pay", legal: vec![] }.to_string();
        assert_eq!(text("order"), "an order that is paid does not allow pay; no command is legal now");
        assert_eq!(text("invoice"), "an invoice that is paid does not allow pay; no command is legal now");
        assert_eq!(text("quote"), "a quote that is paid does not allow pay; no command is legal now");
    }
}
