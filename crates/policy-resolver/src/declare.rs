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

        impl $crate::Choice for $name {
            const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

            fn word(self) -> &'static str {
                self.into()
            }
        }
    };
}
pub(crate) use choice;

/// Declares an enum whose variants are words in documents.
///
/// ```
/// policy_resolver::policy_choice! {
///     /// Where backups go.
///     pub enum Store { Local = "local", Cloud = "cloud" }
/// }
/// assert_eq!(Store::Cloud.to_string(), "cloud");
/// ```
#[macro_export]
macro_rules! policy_choice {
    ($(#[$attr:meta])* $vis:vis enum $name:ident { $($(#[$vattr:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$attr])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name { $($(#[$vattr])* $variant),* }

        impl $crate::Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str($crate::Choice::word(*self))
            }
        }
    };
}

/// Declares a struct of fields that stands inside a kind: its fields are merged one by one.
///
/// The syntax is that of [`policy_kind!`](crate::policy_kind), without a name for documents.
#[macro_export]
macro_rules! policy_section {
    (
        $(#[$attr:meta])*
        $vis:vis struct $name:ident {
            $( $(#[doc = $doc:expr])* $fvis:vis $field:ident : $ty:ty = $default:expr $(=> [ $($call:ident ( $($arg:expr),* )),* $(,)? ])? ),* $(,)?
        }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $( $(#[doc = $doc])* $fvis $field: $ty, )*
        }

        impl ::core::default::Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl $crate::Shape for $name {
            fn describe(&self, path: &str, _: &str, meta: &$crate::Meta, fields: &mut ::std::vec::Vec<$crate::Field>) {
                $( $crate::describe_part(
                    &self.$field,
                    (path, ::core::stringify!($field)),
                    &[$($doc),*],
                    ($crate::Meta::new() $($(.$call($($arg),*))*)?, meta),
                    fields,
                ); )*
            }

            fn write(&self, values: &mut ::std::vec::Vec<$crate::Value>) {
                $( $crate::Shape::write(&self.$field, values); )*
            }

            fn read(
                values: &mut dyn ::core::iter::Iterator<Item = &$crate::Value>,
            ) -> ::core::result::Result<Self, ::std::string::String> {
                ::core::result::Result::Ok(Self {
                    $( $field: $crate::Shape::read(values)
                        .map_err(|why: ::std::string::String| ::std::format!("{}: {why}", ::core::stringify!($field)))?, )*
                })
            }
        }
    };
}

/// Declares a kind of policy: a struct whose fields have a type, a default, and optionally a unit, bounds, a group
/// and the operations that documents may use (see [`Meta`](crate::Meta) for all that can stand in the brackets).
///
/// ```
/// policy_resolver::policy_kind! {
///     /// How often backups are taken.
///     pub struct BackupPolicy("backup") {
///         /// Hours between two backups.
///         pub every_hours: u32 = 24 => [unit("hours"), min(1), max(168)],
///         /// What is backed up.
///         pub targets: Vec<String> = vec!["database".to_owned()],
///     }
/// }
/// assert_eq!(BackupPolicy::default().every_hours, 24);
/// ```
///
/// After the struct, rules between fields, sets of defaults by profile and an own order of levels may follow, in
/// this order:
///
/// ```
/// use policy_resolver::Rule;
///
/// policy_resolver::policy_kind! {
///     pub struct Window("window") {
///         pub opens: u32 = 8,
///         pub closes: u32 = 18,
///     }
///     rules: vec![Rule::less_than("opens", "closes")];
///     profiles: vec![("night".to_owned(), Window { opens: 20, closes: 23 })];
///     levels: vec!["global".to_owned(), "organization".to_owned()];
/// }
/// ```
#[macro_export]
macro_rules! policy_kind {
    (
        $(#[doc = $kdoc:expr])*
        $(#[derive $derive:tt])*
        $(#[serde $serde:tt])*
        $vis:vis struct $name:ident ($kind:literal) { $($body:tt)* }
        $(rules: $rules:expr;)?
        $(profiles: $profiles:expr;)?
        $(levels: $levels:expr;)?
    ) => {
        $crate::policy_section! {
            $(#[doc = $kdoc])* $(#[derive $derive])* $(#[serde $serde])*
            $vis struct $name { $($body)* }
        }

        impl $crate::Kind for $name {
            const NAME: &'static str = $kind;

            fn doc() -> ::std::string::String {
                let lines: &[&str] = &[$($kdoc),*];
                lines.iter().map(|line| line.trim()).collect::<::std::vec::Vec<_>>().join("\n")
            }

            $( fn rules() -> ::std::vec::Vec<$crate::Rule> { $rules } )?
            $( fn profiles() -> ::std::vec::Vec<(::std::string::String, Self)> { $profiles } )?
            $( fn levels() -> ::std::vec::Vec<::std::string::String> { $levels } )?
        }
    };
}

/// A section of a built-in kind: with serde.
#[cfg(feature = "kinds")]
macro_rules! section {
    ($(#[$attr:meta])* pub struct $name:ident $($rest:tt)*) => {
        $crate::policy_section! {
            $(#[$attr])*
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $name $($rest)*
        }
    };
}
#[cfg(feature = "kinds")]
pub(crate) use section;

/// A built-in kind: with serde.
#[cfg(feature = "kinds")]
macro_rules! kind {
    ($(#[doc = $doc:expr])* pub struct $name:ident $($rest:tt)*) => {
        $crate::policy_kind! {
            $(#[doc = $doc])*
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $name $($rest)*
        }
    };
}
#[cfg(feature = "kinds")]
pub(crate) use kind;
