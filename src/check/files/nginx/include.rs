//! Files that a site includes: nginx reads them in their place, and so does this.

use std::path::{Path, PathBuf};

use super::block::{Directive, parse};
use crate::check::files::fault::{Fault, Mend};
use crate::import::text_of;

/// As deep as files are followed.
const DEEPEST: usize = 8;

/// Files that come with nginx, and say nothing of who is let in where.
const HARMLESS: [&str; 4] = ["mime.types", "fastcgi_params", "scgi_params", "uwsgi_params"];

/// What Debian's `proxy_params` says, where the file itself is not there.
const PROXY_PARAMS: &str = "proxy_set_header Host $http_host;\n\
                            proxy_set_header X-Real-IP $remote_addr;\n\
                            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n\
                            proxy_set_header X-Forwarded-Proto $scheme;\n";

/// Puts them in; those that are not found are told of.
pub(super) fn followed(
    file: &str,
    directives: Vec<Directive>,
    faults: &mut Vec<Fault>,
) -> Vec<Directive> {
    within(Path::new(file), directives, 0, faults)
}

fn within(
    file: &Path,
    directives: Vec<Directive>,
    depth: usize,
    faults: &mut Vec<Fault>,
) -> Vec<Directive> {
    let mut all = Vec::new();
    for mut directive in directives {
        directive.included = depth > 0;
        directive.children = within(file, directive.children, depth, faults);
        if !directive.is("include") {
            all.push(directive);
            continue;
        }
        let name = directive.arg(0);
        let last = name.rsplit('/').next().unwrap_or_default();
        if HARMLESS.contains(&last) {
            continue;
        }
        let read = |path: PathBuf| {
            let text = text_of(&path).ok()?;
            Some((path.clone(), parse(&path.display().to_string(), &text)))
        };
        let found = (depth < DEEPEST).then(|| paths(file, name)).flatten();
        let found = found.map(|paths| paths.into_iter().map(read).collect::<Option<Vec<_>>>());
        if let Some(Some(read)) = found {
            for (path, parsed) in read {
                match parsed {
                    Ok(inner) => all.extend(within(&path, inner, depth + 1, faults)),
                    Err(wrong) => faults.push(*wrong.0),
                }
            }
        } else if last == "proxy_params" {
            let inner = parse("", PROXY_PARAMS).unwrap_or_default().into_iter();
            let place = &directive.place;
            all.extend(inner.map(|one| Directive { place: place.clone(), included: true, ..one }));
        } else {
            let what = format!("«{name}» is included, and not looked at: it is not found");
            let why = "what it says of who is let in where counts as much as what stands here";
            let mend = Mend::Do("look where nginx has it: `nginx -T` prints all of it".to_owned());
            faults.push(Fault::warning(&directive.place, what, why, mend));
        }
    }
    all
}

/// The files that are meant. nginx starts from its own folder, which is that of the file or one above it.
fn paths(file: &Path, name: &str) -> Option<Vec<PathBuf>> {
    file.ancestors().skip(1).take(3).find_map(|folder| {
        let path = folder.join(name);
        let last = path.file_name()?.to_str()?;
        let Some((before, after)) = last.split_once('*') else {
            return path.is_file().then(|| vec![path.clone()]);
        };
        let entries = std::fs::read_dir(path.parent()?).ok()?.flatten();
        let is_meant = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let rest = name.strip_prefix(before).filter(|_| !name.starts_with('.'));
            rest.is_some_and(|rest| rest.ends_with(after)) && path.is_file()
        };
        let mut found: Vec<_> = entries.map(|entry| entry.path()).filter(is_meant).collect();
        found.sort();
        Some(found)
    })
}
