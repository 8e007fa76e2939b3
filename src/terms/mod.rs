//! Pure. The small values that every stage speaks in.

mod code;
mod country;
mod model_name;
mod name;
#[cfg(feature = "gatectl")]
mod schema;
mod share;
mod signal;
mod three_valued;
mod time;

pub use code::{Code, Rank};
pub use country::{Country, CountrySet, Destination, NotACountry, NotARegion, Region};
pub use model_name::{ModelName, ModelPattern, ModelRef, NotAModel};
pub use name::{Name, NotAName};
pub use share::Share;
pub use signal::{Signal, SignalSource};
pub use three_valued::Match;
pub(crate) use time::optional as optional_time;
pub use time::{NotATime, Window, parse_time, render_time};
