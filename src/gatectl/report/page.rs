//! Pure. The report as one page that needs nothing else: no network, no script.

use askama::Template;

use super::section::Section;

/// What the page shows.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>export-gate, {{ from }} to {{ to }}</title>
<style>
:root { --ground: #fdfdfb; --ink: #1c2024; --soft: #5a6169; --rule: #d9dcd6; --panel: #f4f5f1; --permit: #b9d3c4; --refuse: #f3e3d3; --hatch: #8c3b0a; --edge: #4a5158; --fault: #9b1c1c; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181b; --ink: #e7e9e6; --soft: #a3abb2; --rule: #353b40; --panel: #1d2125; --permit: #2f5f49; --refuse: #3a2a1e; --hatch: #f0a36b; --edge: #aab2b8; --fault: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 4rem; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 .35rem; }
h2 { font-size: 1.15rem; margin: 0 0 .25rem; }
p { margin: .4rem 0; overflow-wrap: anywhere; }
.soft, .how { color: var(--soft); }
.how { font-size: .84rem; max-width: 46rem; }
.fault { color: var(--fault); }
.sums { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0 0; padding: 0; list-style: none; }
.sums li { background: var(--panel); border: 1px solid var(--rule); border-radius: .5rem; padding: .7rem .85rem; }
.sums b { display: block; font-size: 1.5rem; line-height: 1.2; font-weight: 650; }
.sums span { color: var(--soft); font-size: .84rem; }
section { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
figure { margin: 1rem 0; max-width: 34rem; }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg .permitted { fill: var(--permit); }
svg .refused-ground { fill: var(--refuse); }
svg .refused-line { stroke: var(--hatch); stroke-width: 2.2; }
svg .edge { stroke: var(--edge); stroke-width: .8; }
.wide { overflow-x: auto; margin-top: .75rem; }
.wide:focus-visible { outline: 2px solid var(--edge); }
table { border-collapse: collapse; font-size: .88rem; min-width: min(100%, 20rem); }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--rule); max-width: 20rem; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
@page { margin: 16mm; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } section { break-inside: auto; } h2, .how { break-after: avoid; } tr, figure { break-inside: avoid; } thead { display: table-header-group; } .wide { overflow: visible; } table { font-size: 7.5pt; } th, td { padding-right: .5rem; } * { print-color-adjust: exact; } }
</style>
</head>
<body>
<header>
<h1>What the gate decided</h1>
<p>{{ from }} to {{ to }}, UTC; the end is not part of it.</p>
<p class="soft">Made {{ made }} by gatectl {{ version }} from {{ source }}, register {{ register }} at revision {{ revision }}.</p>
<ul class="sums">
{% for (value, name) in sums %}<li><b>{{ value }}</b><span>{{ name }}</span></li>
{% endfor %}</ul>
{% if faults.is_empty() %}<p class="soft">Every entry bears its hash. <code>gatectl ledger verify</code> proves that none is missing.</p>
{% else %}<p class="fault">{{ faults_counted }} entries or lines are not as they were written; the figures count what could be read of them:</p>
<ul class="fault">{% for fault in faults %}<li>{{ fault }}</li>{% endfor %}</ul>
{% endif %}</header>
<main>
{% for section in sections %}<section id="{{ section.id }}">
<h2>{{ section.title }}</h2>
<p class="how">How this was counted: {{ section.how }}</p>
{% if let Some(chart) = section.chart %}<figure aria-describedby="table-{{ section.id }}">{{ chart|safe }}</figure>
{% endif %}{% if section.rows.is_empty() %}<p id="table-{{ section.id }}">None in the period.</p>
{% else %}<div class="wide" tabindex="0" role="region" aria-label="{{ section.title }}">
<table id="table-{{ section.id }}">
<thead><tr>{% for name in section.heading %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in section.rows %}<tr>{% for cell in row %}<td{% if cell.is_number() %} class="number"{% endif %}>{{ cell.shown() }}</td>{% endfor %}</tr>
{% endfor %}</tbody>
</table>
</div>
{% endif %}</section>
{% endfor %}</main>
</body>
</html>
"#
)]
pub(super) struct Page<'a> {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) made: String,
    pub(super) version: &'static str,
    pub(super) source: String,
    pub(super) register: &'a str,
    pub(super) revision: u64,
    /// The figures that lead, each with its name.
    pub(super) sums: Vec<(String, &'static str)>,
    pub(super) faults: &'a [String],
    pub(super) faults_counted: u64,
    pub(super) sections: &'a [Section],
}
