//! `jackfield-operation(7)`: the README's chapters for whoever runs a service.
//!
//! One text in two places. Of Markdown it knows what those chapters are written in: paragraphs, lists, tables,
//! blocks of code, and code and emphasis within a line.

use clap_mangen::roff::{Inline, Roff, bold, roman};

const README: &str = include_str!("../../../README.md");

/// Their headings.
const CHAPTERS: [&str; 13] = [
    "## From the files you have",
    "### The first switch",
    "### The second switch",
    "### Telling the switches",
    "### A switch on another machine",
    "### Upgrade and roll back",
    "### Backup and restore",
    "### What to keep closed",
    "## Watching it",
    "### What each error means",
    "### Prometheus and Grafana",
    "### What each metric means",
    "## Why did my switch do that?",
];

/// Writes them.
pub(super) fn write(page: &mut Roff) {
    for heading in CHAPTERS {
        page.control("SH", [heading.trim_start_matches(['#', ' ']).to_uppercase().as_str()]);
        blocks(page, chapter(heading));
    }
}

/// What stands under a heading, up to the next one.
fn chapter(heading: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n{heading}\n")).expect("the README has it");
    let end = ["\n## ", "\n### "].into_iter().filter_map(|next| rest.find(next)).min();
    &rest[..end.unwrap_or(rest.len())]
}

fn blocks(page: &mut Roff, text: &str) {
    let mut lines = text.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() {
        } else if line.starts_with("```") {
            page.control("PP", []).control("RS", ["4"]).control("nf", []);
            for line in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                page.text([roman(line)]);
            }
            page.control("fi", []).control("RE", []);
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(row);
            }
            table(page, &rows);
        } else {
            let mut paragraph = line.to_owned();
            while let Some(line) = lines.next_if(|line| continues(line)) {
                paragraph = paragraph + " " + line;
            }
            match paragraph.strip_prefix("- ") {
                Some(item) => page.control("IP", ["-", "2"]).text(inlines(item)),
                None => page.control("PP", []).text(inlines(&paragraph)),
            };
        }
    }
}

/// Whether a line belongs to the paragraph before it.
fn continues(line: &str) -> bool {
    !line.is_empty() && !["```", "|", "- "].iter().any(|start| line.starts_with(start))
}

/// Each row by its first cell; the cells after the second one with what stands above them.
fn table(page: &mut Roff, rows: &[&str]) {
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let heads = cells(rows[0]);
    // The second row is a line.
    for row in rows.iter().skip(2).map(|row| cells(row)) {
        page.control("TP", []).text(inlines(&row[0]));
        for (at, cell) in row.iter().enumerate().skip(1).filter(|(_, cell)| !cell.is_empty()) {
            match at {
                1 => page.text(inlines(cell)),
                _ => page.control("br", []).text(inlines(&format!("{}: {cell}", heads[at]))),
            };
        }
    }
}

/// A line, with its code and what it stresses in bold, and links by their names.
fn inlines(line: &str) -> Vec<Inline> {
    let line = line.replace("**", "`");
    let is_code = |at: usize| at % 2 == 1;
    let parts = line.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(at, part)| if is_code(at) { bold(part) } else { roman(part) }).collect()
}
