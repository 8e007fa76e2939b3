//! Pure. Maps method and path to a [`Route`].

use std::collections::HashMap;

use http::Method;
use percent_encoding::percent_decode_str;

use super::rejected::Rejected;
use crate::terms::ModelRef;

/// Declares the routes, so that [`Route::ALL`] has every one.
macro_rules! routes {
    ($($route:ident $(($model:ident))? = $name:literal, $method:literal $path:literal;)+) => {
        /// A route.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Route {
            $(#[doc = concat!("`", $method, " ", $path, "`")] $route $(($model))?,)+
        }

        impl Route {
            /// Method and path of every route, as in `infra/openapi.yaml`.
            pub const ALL: &[(&str, &str)] = &[$(($method, $path)),+];

            /// Its method and path.
            #[must_use]
            pub fn method_and_path(&self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$route { .. } => ($method, $path),)+
                }
            }

            /// Its name in logs and metrics.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$route { .. } => $name,)+
                }
            }
        }
    };
}

routes! {
    Invocation(ModelRef) = "invocation", "POST" "/v1/models/{model}/invocations";
    Screening(ModelRef) = "screening", "POST" "/v1/models/{model}/screenings";
    Models = "models", "GET" "/v1/models";
    Health = "health", "GET" "/v1/health";
    Parties = "parties", "POST" "/v1/parties/screenings";
}

/// The path according to the API's route template (`/v1/models/{model}/invocations`, `/{proxy+}`) and the parameters that
/// API Gateway extracted. `None` if the event has no template, as for `$default`, or lacks a parameter.
///
/// Unlike the request's path, it contains neither a stage nor a custom domain's base path.
pub(super) fn mapped(template: Option<&str>, parameters: &HashMap<String, String>) -> Option<String> {
    let mut path = String::new();
    for segment in template?.strip_prefix('/')?.split('/') {
        let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let parameter = parameter.map(|name| name.strip_suffix('+').unwrap_or(name));
        path.push('/');
        path.push_str(match parameter {
            Some(name) => parameters.get(name)?,
            None => segment,
        });
    }
    Some(path)
}

/// Parses a path from API Gateway: percent-encoded or decoded, perhaps with leading segments (stage or base path) and a
/// trailing slash. The first match counts, because a model's name may contain the rest.
pub(super) fn route(method: &Method, path: &str) -> Result<Route, Rejected> {
    let mut rest = path.strip_suffix('/').unwrap_or(path);
    let route = loop {
        if let Some(found) = match_path(rest) {
            break found;
        }
        let behind = rest.strip_prefix('/').and_then(|behind| behind.split_once('/'));
        rest = match behind {
            // Never a stage or base path.
            None | Some(("." | "..", _)) => return Err(Rejected::NoRoute),
            Some((segment, _)) => rest.get(segment.len().saturating_add(1)..).unwrap_or_default(),
        };
    };
    let (allowed, _) = route.method_and_path();
    if method == allowed { Ok(route) } else { Err(Rejected::Method(allowed)) }
}

fn match_path(path: &str) -> Option<Route> {
    match path {
        "/v1/models" => return Some(Route::Models),
        "/v1/health" => return Some(Route::Health),
        "/v1/parties/screenings" => return Some(Route::Parties),
        _ => {}
    }
    // The model is everything in between: a decoded name may contain slashes.
    let (model, act) = path.strip_prefix("/v1/models/")?.rsplit_once('/')?;
    let route: fn(ModelRef) -> Route = match act {
        "invocations" => Route::Invocation,
        "screenings" => Route::Screening,
        _ => return None,
    };
    let model = percent_decode_str(model).decode_utf8().ok().filter(|model| !model.is_empty())?;
    Some(route(ModelRef::asked(&model)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_map_to_routes() {
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
            ("POST", "/a/b/v1/models/fable-5/invocations", invocation("fable-5")),
            ("POST", "/live/a/b/v1/models/fable-5/invocations", invocation("fable-5")),
            ("POST", "/v1/models/fable-5/invocations/", invocation("fable-5")),
            ("POST", "/a/v1/models/b/v1/models/c/invocations", invocation("b/v1/models/c")),
            ("POST", "/a/../v1/models/fable-5/invocations", Err(Rejected::NoRoute)),
            ("POST", "a/v1/models/fable-5/invocations", Err(Rejected::NoRoute)),
            ("GET", "/v1/models/", Ok(Route::Models)),
            ("GET", "/a/b/v1/models/", Ok(Route::Models)),
            ("GET", "/v1/health/", Ok(Route::Health)),
            ("GET", "/v1/models//", Err(Rejected::NoRoute)),
            ("GET", "/v1/health/../models", Err(Rejected::NoRoute)),
            ("GET", "//", Err(Rejected::NoRoute)),
            ("GET", "/", Err(Rejected::NoRoute)),
            ("GET", "", Err(Rejected::NoRoute)),
            ("GET", "é", Err(Rejected::NoRoute)),
        ];
        for (method, path, expected) in table {
            assert_eq!(route(&method.parse().unwrap(), path), expected, "{method} {path}");
        }
    }

    #[test]
    #[expect(clippy::type_complexity, reason = "a table")]
    fn the_apis_route_template_gives_route_and_model() {
        let table: [(&str, &[(&str, &str)], Option<&str>); 12] = [
            ("/v1/models/{model}/invocations", &[("model", "a")], Some("/v1/models/a/invocations")),
            ("/v1/models/{model+}/invocations", &[("model", "org/a")], Some("/v1/models/org/a/invocations")),
            ("/v1/models/{model}/invocations", &[("model", "org%2Fa")], Some("/v1/models/org%2Fa/invocations")),
            ("/gate/v1/models/{name}/screenings", &[("name", "a")], Some("/gate/v1/models/a/screenings")),
            ("/v1/models", &[], Some("/v1/models")),
            ("/{proxy+}", &[("proxy", "v1/models/a/invocations")], Some("/v1/models/a/invocations")),
            ("/v1/{proxy+}", &[("proxy", "models/a/invocations/")], Some("/v1/models/a/invocations/")),
            ("/", &[], Some("/")),
            ("/v1/models/{model}/invocations", &[("other", "a")], None),
            ("/{proxy+}", &[], None),
            ("$default", &[], None),
            ("", &[], None),
        ];
        for (template, parameters, expected) in table {
            let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(mapped(Some(template), &parameters).as_deref(), expected, "{template} {parameters:?}");
        }
        assert_eq!(mapped(None, &HashMap::new()), None);
    }
}
