//! The decision alone, at both ends of what a register holds: `cargo bench -p export-gate-bench`.

#![allow(missing_docs, reason = "criterion writes them")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use export_gate_bench::alone::Asked;
use export_gate_bench::deployment::{Deployment, Size};

fn decision(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap_or_else(|error| panic!("no runtime: {error}"));
    let mut group = criterion.benchmark_group("decision");
    for (name, size) in [("small register", Size::SMALL), ("full lists", Size::FULL)] {
        let deployment = runtime.block_on(Deployment::of(size));
        let asked = runtime.block_on(Asked::of(&deployment));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(asked.decide())));
    }
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
