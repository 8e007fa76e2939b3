//! Pure. The value types that every module shares: codes, countries, names, model names, times and shares.

/// Defines the error of a text that cannot be parsed. It quotes the text. Its alternate form `{:#}` states only what was
/// expected, for logs and health, which must not contain values of records.
macro_rules! parse_error {
    ($(#[$about:meta])* $name:ident, $why:literal, $expected:literal) => {
        $(#[$about])*
        #[derive(Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                if f.alternate() { f.write_str($expected) } else { write!(f, concat!("`{}` ", $why), self.0) }
            }
        }

        impl std::error::Error for $name {}
    };
}

mod code;
mod country;
mod eccn;
mod model_name;
mod name;
#[cfg(feature = "schema")]
mod schema;
mod share;
mod signal;
mod three_valued;
mod time;

pub use code::{Code, Rank};
pub use country::{Country, CountrySet, Destination, NotACountry, NotARegion, Region};
pub use eccn::{Eccn, NotAnEccn};
pub use model_name::{ModelName, ModelPattern, ModelRef, NotAModel};
pub use name::{Name, NotAName, WrittenName};
pub use share::Share;
pub use signal::{Signal, SignalSource};
pub use three_valued::Match;
pub(crate) use time::optional_time;
pub use time::{NotATime, Window, parse_time, render_time, to_milliseconds};
