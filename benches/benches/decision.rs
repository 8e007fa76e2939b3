//! Times the decision with a small and a full register: `cargo bench -p export-gate-bench`.

#![allow(missing_docs, clippy::expect_used, reason = "criterion generates undocumented items; a failed bench panics")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use export_gate_bench::alone::Request;
use export_gate_bench::deployment::{Deployment, Size};

fn decision(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("the runtime starts");
    let mut group = criterion.benchmark_group("decision");
    for (name, size) in [("small register", Size::SMALL), ("full lists", Size::FULL)] {
        let deployment = runtime.block_on(Deployment::of(size));
        let request = runtime.block_on(Request::of(&deployment));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(request.decide())));
    }
    group.finish();
}

criterion_group!(benches, decision);
criterion_main!(benches);
