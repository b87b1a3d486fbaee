//! The macros that declare kinds of policies and what they are made of.

/// Declares an enum whose texts are the variants' names in `snake_case`.
macro_rules! choice {
    ($(#[$attr:meta])* pub enum $name:ident { $($(#[$vattr:meta])* $variant:ident),* $(,)? }) => {
        $(#[$attr])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
            serde::Serialize, serde::Deserialize,
        )]
        #[strum(serialize_all = "snake_case")]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vattr])* $variant),* }
    };
}
pub(crate) use choice;

/// Declares a struct of a policy's fields, each with its default.
macro_rules! policy_section {
    (
        $(#[$attr:meta])*
        pub struct $name:ident {
            $( $(#[doc = $doc:expr])* pub $field:ident : $ty:ty = $default:expr $(=> [ $($call:ident ( $($arg:expr),* )),* $(,)? ])? ),* $(,)?
        }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $doc])* pub $field: $ty, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }
    };
}
pub(crate) use policy_section;

/// Declares a kind of policy.
macro_rules! policy_kind {
    ($(#[$attr:meta])* pub struct $name:ident ($kind:literal) { $($body:tt)* }) => {
        policy_section! { $(#[$attr])* pub struct $name { $($body)* } }
    };
}
pub(crate) use policy_kind;
