//! Pure. Method and path become a [`Route`].

use http::Method;
use percent_encoding::percent_decode_str;

use super::{Rejected, Route};
use crate::terms::ModelRef;

/// Reads a path as API Gateway has it: percent-encoded or decoded already, and perhaps behind one segment that is a
/// stage or a base path mapping.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Rejected> {
    let behind_first = || path.get(1..)?.find('/').and_then(|end| path.get(end.saturating_add(1)..));
    let (route, takes) = match_path(path).or_else(|| match_path(behind_first()?)).ok_or(Rejected::NoRoute)?;
    if *method == takes { Ok(route) } else { Err(Rejected::Method(if takes == Method::GET { "GET" } else { "POST" })) }
}

fn match_path(path: &str) -> Option<(Route, Method)> {
    match path {
        "/v1/models" => return Some((Route::Models, Method::GET)),
        "/v1/health" => return Some((Route::Health, Method::GET)),
        "/v1/parties/screenings" => return Some((Route::Parties, Method::POST)),
        _ => {}
    }
    // The model is all that stands between: a decoded name may have slashes of its own.
    let (model, act) = path.strip_prefix("/v1/models/")?.rsplit_once('/')?;
    let model = percent_decode_str(model).decode_utf8().ok().filter(|model| !model.is_empty())?;
    let model = ModelRef::asked(&model);
    match act {
        "invocations" => Some((Route::Invocation(model), Method::POST)),
        "screenings" => Some((Route::Screening(model), Method::POST)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_routes() {
        let invocation = |model: &str| Ok(Route::Invocation(ModelRef::asked(model)));
        let table = [
            ("POST", "/v1/models/fable-5/invocations", invocation("fable-5")),
            ("POST", "/v1/models/fable-5@1/invocations", invocation("fable-5@1")),
            ("POST", "/v1/models/fable-5%401/invocations", invocation("fable-5@1")),
            ("POST", "/prod/v1/models/fable-5/invocations", invocation("fable-5")),
            ("POST", "/v1/v1/models/v1/invocations", invocation("v1")),
            ("POST", "/v1/models/org%2Fmodel/invocations", invocation("org/model")),
            ("POST", "/v1/models/org/model/invocations", invocation("org/model")),
            ("POST", "/v1/models/%2e%2e/invocations", invocation("..")),
            ("POST", "/v1/models/a/../../health/invocations", invocation("a/../../health")),
            ("POST", "/v1/models/fable-5/screenings", Ok(Route::Screening(ModelRef::asked("fable-5")))),
            ("GET", "/v1/models", Ok(Route::Models)),
            ("GET", "/live/v1/health", Ok(Route::Health)),
            ("POST", "/v1/parties/screenings", Ok(Route::Parties)),
            ("POST", "/live/v1/parties/screenings", Ok(Route::Parties)),
            ("POST", "/v1/models/v1/parties/screenings", Ok(Route::Screening(ModelRef::asked("v1/parties")))),
            ("GET", "/v1/parties/screenings", Err(Rejected::Method("POST"))),
            ("POST", "/v1/parties/a/screenings", Err(Rejected::NoRoute)),
            ("POST", "/v1/parties", Err(Rejected::NoRoute)),
            ("GET", "/v1/models/fable-5/invocations", Err(Rejected::Method("POST"))),
            ("POST", "/v1/health", Err(Rejected::Method("GET"))),
            ("POST", "/v1/models//invocations", Err(Rejected::NoRoute)),
            ("POST", "/v1/models/%ff/invocations", Err(Rejected::NoRoute)),
            ("POST", "/a/b/v1/models/fable-5/invocations", Err(Rejected::NoRoute)),
            ("GET", "/v1/models/", Err(Rejected::NoRoute)),
            ("GET", "/v1/health/../models", Err(Rejected::NoRoute)),
            ("GET", "/", Err(Rejected::NoRoute)),
            ("GET", "", Err(Rejected::NoRoute)),
            ("GET", "é", Err(Rejected::NoRoute)),
        ];
        for (method, path, expected) in table {
            assert_eq!(route(&method.parse().unwrap(), path), expected, "{method} {path}");
        }
    }
}
