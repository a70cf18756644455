//! A scrape configuration of Prometheus: whether its job for this service is answered.

use super::fault::{Fault, Mend};
use super::xml_curl::BEHIND_NGINX;
use crate::import::Place;
use crate::settings::Settings;

/// Read line by line: of each job only what decides whether the service answers.
pub(super) fn faults(file: &str, text: &str, settings: &Settings) -> Vec<Fault> {
    let mut faults = Vec::new();
    for job in jobs(text) {
        if !job.iter().any(|(_, line)| line.contains("jackfield")) {
            continue;
        }
        for &(number, line) in &job {
            let place = Place { file: file.into(), line: number };
            let indent = &line[..line.len() - line.trim_start().len()];
            let right = |text: &str| Mend::Instead(format!("{indent}{text}"));
            let (key, value) = pair(line);
            match key {
                "metrics_path" if value != "/metrics" => {
                    let what = format!("«{value}» is asked, and there is nothing");
                    let why = "no metrics, and no alert ever fires";
                    faults.push(Fault::error(&place, what, why, right("metrics_path: /metrics")));
                }
                "scheme" if value == "https" && asks_here(&job, settings) => {
                    let what = "the machine listener does not speak TLS";
                    let why = "no metrics, and no alert ever fires";
                    faults.push(Fault::error(&place, what, why, right("scheme: http")));
                }
                "scheme" if value == "https" => {
                    let what = "the service is asked over TLS, which it does not speak";
                    let why = "where nobody in front of it does either there are no metrics, and no alert ever fires";
                    faults.push(Fault::warning(&place, what, why, right("scheme: http")));
                }
                _ => {}
            }
            let is_list =
                key == "targets" || (line.trim_start().starts_with('-') && !line.contains(": "));
            for target in targets(line) {
                let (host, port) = target.rsplit_once(':').unwrap_or((target, "80"));
                let public = settings.listen_public.map(|public| public.port().to_string());
                let machine = crate::export::Service::of(settings).address;
                let is_public = public.is_some_and(|public| public == port) && is_here(host);
                // Prometheus takes no name and no password there.
                let socket = target.rsplit('@').next().unwrap_or_default();
                if is_list && !is_public && !is_answered(socket, settings) {
                    let what = format!("none of these settings listens at {socket}");
                    let why = "where nobody answers there are no metrics, and no alert ever fires";
                    let line = line.trim_start().replace(target, &machine);
                    faults.push(Fault::warning(&place, what, why, right(&line)));
                }
                if is_public {
                    let what = format!("{target} is the public listener, which has no metrics");
                    let why =
                        "it answers as to any unknown path: no metrics, and no alert ever fires";
                    let line = line.trim_start().replace(target, &machine);
                    faults.push(Fault::error(&place, what, why, right(&line)));
                }
            }
        }
    }
    faults
}

/// The lines of each item of `scrape_configs`, with their numbers; comments left out.
fn jobs(text: &str) -> Vec<Vec<(u32, &str)>> {
    let mut jobs: Vec<Vec<(u32, &str)>> = Vec::new();
    let mut depth = None;
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let indent = line.len() - trimmed.len();
        if indent == 0 && !trimmed.starts_with('-') {
            inside = trimmed.starts_with("scrape_configs:");
            depth = None;
        } else if inside {
            if trimmed.starts_with('-') && indent <= depth.unwrap_or(indent) {
                depth = Some(indent);
                jobs.push(Vec::new());
            }
            if let Some(job) = jobs.last_mut() {
                job.push((number, line));
            }
        }
    }
    jobs
}

fn pair(line: &str) -> (&str, &str) {
    let line = line.trim().trim_start_matches("- ");
    let (key, value) = line.split_once(':').unwrap_or((line, ""));
    (key.trim(), value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']))
}

/// Sockets of a line: those of a list, or an item of one.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split([' ', '[', ']', ',', '"', '\'']);
    words.filter(|word| {
        word.rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    })
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.starts_with("127.")
}

/// Whether it is the machine listener, or nginx's server of this machine in front of it.
fn is_answered(target: &str, settings: &Settings) -> bool {
    let (host, port) = target.rsplit_once(':').unwrap_or((target, "80"));
    let machine = settings.listen_machine;
    let is_own = port == machine.port().to_string();
    target == crate::export::Service::of(settings).address
        || (is_here(host) && (is_own || port == BEHIND_NGINX))
        || (is_own && !machine.ip().is_loopback())
}

fn asks_here(job: &[(u32, &str)], settings: &Settings) -> bool {
    let machine = settings.listen_machine.port().to_string();
    job.iter().flat_map(|(_, line)| targets(line)).any(|target| {
        target.rsplit_once(':').is_some_and(|(host, port)| is_here(host) && port == machine)
    })
}
