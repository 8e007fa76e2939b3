//! The decision alone, at both ends of what a register holds: `cargo bench -p export-gate-bench`.

#![allow(
    missing_docs,
    clippy::expect_used,
    reason = "criterion writes them; a bench that can't go on says so and ends"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use export_gate_bench::alone::Asked;
use export_gate_bench::deployment::{Deployment, Size};

fn decision(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("the system gives threads");
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
