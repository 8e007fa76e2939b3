//! A route is declared in `src/request/route.rs`, and every other place has it too. The compiler checks the gate's dispatch.

use std::collections::BTreeSet;

use export_gate::request::{Distribution, Rejected, Route, read};
use serde_json::{Value, json};

use crate::architecture::sources;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Methods and paths.
type Routes = BTreeSet<(String, String)>;

fn declared() -> Routes {
    Route::ALL.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect()
}

/// The route of a request as API Gateway sends it.
fn requested(method: &str, path: &str) -> Result<Route, Rejected> {
    let context = json!({"httpMethod": method, "authorizer": {"principalId": "app"}, "identity": {}});
    let path = path.replace("{model}", "fable-5%401");
    read(&json!({"httpMethod": method, "path": path, "requestContext": context}).to_string(), &Distribution::default())
        .map(|request| request.route)
}

fn in_openapi() -> Routes {
    let document: Value = serde_saphyr::from_str(include_str!("../infra/openapi.yaml")).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let methods = paths.flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |key| (key, path)));
    let methods = methods.map(|(method, path)| (method.to_uppercase(), path.clone()));
    methods.filter(|(method, _)| METHODS.contains(&method.as_str())).collect()
}

/// The routes of the files in `events` whose names begin with `payload`.
fn in_events(payload: &str) -> Routes {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/events");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|file| file.file_name().to_str().unwrap().starts_with(payload));
    let text = files.map(|file| std::fs::read_to_string(file.path()).unwrap());
    let requests = text.filter_map(|text| read(&text, &Distribution::default()).ok());
    let routes = requests.map(|request| request.route.method_and_path());
    routes.map(|(method, path)| (method.to_owned(), path.to_owned())).collect()
}

/// The paths with settings of their own in `infra/template.yaml`.
fn in_template() -> BTreeSet<String> {
    let lines = include_str!("../infra/template.yaml").lines();
    lines.filter_map(|line| line.trim().strip_prefix("ResourcePath: /~1")).map(|path| format!("/{path}")).collect()
}

/// The places in the row `a route` of `src/README.md`.
fn in_readme() -> BTreeSet<String> {
    let row = include_str!("../src/README.md").lines().find(|line| line.starts_with("| a route |")).unwrap();
    row.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_route_is_in_every_place() {
    let declared = declared();
    let mut faults = Vec::new();
    let mut compare = |place: &str, routes: Routes| {
        faults.extend(declared.difference(&routes).map(|(method, path)| format!("{place} lacks `{method} {path}`")));
        let unknown = routes.difference(&declared);
        faults.extend(unknown.map(|(method, path)| format!("`Route` lacks `{method} {path}` of {place}")));
    };
    let parsed = declared.iter().filter_map(|(method, path)| requested(method, path).ok());
    let parsed = parsed.map(|route| route.method_and_path()).map(|(method, path)| (method.to_owned(), path.to_owned()));
    compare("`match_path` of src/request/route.rs", parsed.collect());
    compare("infra/openapi.yaml", in_openapi());
    for payload in ["rest", "http"] {
        compare(&format!("events/{payload}-*.json"), in_events(payload));
    }
    for path in in_template() {
        if !declared.iter().any(|(_, declared)| *declared == path.replace("~1", "/")) {
            faults.push(format!("`Route` lacks `{path}` of infra/template.yaml"));
        }
    }
    let uses_routes = sources("src", 20).into_iter().filter(|source| {
        let product = source.code().take_while(|(_, line)| !line.contains("#[cfg(test)]"));
        product.into_iter().any(|(_, line)| line.contains("Route::"))
    });
    let mut places: BTreeSet<String> = uses_routes.map(|source| source.path).collect();
    places.extend(["infra/openapi.yaml".to_owned(), "events".to_owned()]);
    let listed = in_readme();
    faults.extend(places.difference(&listed).map(|place| format!("src/README.md, row `a route`, lacks `{place}`")));
    faults.extend(listed.difference(&places).map(|place| format!("src/README.md, row `a route`: `{place}` has none")));
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn other_methods_are_refused() {
    let declared = declared();
    for path in declared.iter().map(|(_, path)| path) {
        for method in METHODS {
            let is_declared = declared.contains(&(method.to_owned(), path.clone()));
            assert_eq!(requested(method, path).is_ok(), is_declared, "{method} {path}");
        }
    }
}
