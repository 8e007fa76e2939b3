//! I/O. Reads the ledger's table, several segments at once.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use export_gate::terms::{Window, render_time};
use tokio::sync::mpsc::{Sender, channel};
use tokio::task::JoinSet;

use super::Found;
use crate::outcome::Failure;

/// The number of segments that are read at once.
const SEGMENTS: i32 = 4;

/// Passes all entries within the window to `take`.
pub(super) async fn read<T: Send + 'static>(
    dynamodb: &DynamoDb,
    table: &str,
    window: Window,
    prepare: fn(&str, Found) -> T,
    take: &mut impl FnMut(T),
) -> Result<(), Failure> {
    let (send, mut receive) = channel(8);
    let mut segments = JoinSet::new();
    for segment in 0..SEGMENTS {
        let scan = dynamodb.scan().table_name(table).consistent_read(true);
        let scan = within(scan.segment(segment).total_segments(SEGMENTS), window);
        segments.spawn(pages(scan, table.to_owned(), prepare, send.clone()));
    }
    drop(send);
    while let Some(page) = receive.recv().await {
        page?.into_iter().for_each(&mut *take);
    }
    while let Some(ended) = segments.join_next().await {
        ended.map_err(|error| Failure::of("a segment of the ledger was not read completely", error))?;
    }
    Ok(())
}

fn within(mut scan: ScanFluentBuilder, window: Window) -> ScanFluentBuilder {
    let ends = [(window.from, "#at >= :from", ":from"), (window.until, "#at < :until", ":until")];
    let ends: Vec<_> = ends.into_iter().filter_map(|(end, test, name)| Some((render_time(end?), test, name))).collect();
    if !ends.is_empty() {
        let tests: Vec<&str> = ends.iter().map(|(_, test, _)| *test).collect();
        scan = scan.filter_expression(tests.join(" AND ")).expression_attribute_names("#at", "at");
    }
    for (time, _, name) in ends {
        scan = scan.expression_attribute_values(name, AttributeValue::S(time));
    }
    scan
}

/// Sends the items of every page of a segment. A closed channel means that another segment failed.
async fn pages<T>(
    scan: ScanFluentBuilder,
    table: String,
    prepare: fn(&str, Found) -> T,
    send: Sender<Result<Vec<T>, Failure>>,
) {
    let mut pages = scan.into_paginator().send();
    while let Some(page) = pages.next().await {
        let why = || format!("the ledger `{table}` could not be read; see `--ledger-table`, `--region`, `--profile`");
        let page = page.map_err(|error| Failure::of(why(), error)).map(|page| {
            let (place, items) = (format!("the table `{table}`"), page.items.unwrap_or_default());
            items.into_iter().map(|item| prepare(&place, entry(item, &place))).collect()
        });
        if send.send(page).await.is_err() {
            break;
        }
    }
}

fn entry(item: Item, place: &str) -> Found {
    match serde_dynamo::from_item(item) {
        Ok(entry) => Found::Entry(entry),
        Err(error) => Found::Unread { place: place.to_owned(), why: error.to_string() },
    }
}
