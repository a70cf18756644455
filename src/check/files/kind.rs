//! What kind of file a text is.

/// By the language that it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of the switch.
    Xml,
    /// A site of nginx.
    Nginx,
    /// A unit of systemd.
    Unit,
    /// A scrape configuration of Prometheus.
    Scrape,
}

impl Kind {
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.is_empty() || text.starts_with('<') {
            return Some(Self::Xml);
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
        lines.find_map(|line| match line.split(" #").next().unwrap_or_default().trim_end() {
            "[Unit]" | "[Service]" | "[Socket]" => Some(Self::Unit),
            "scrape_configs:" => Some(Self::Scrape),
            line => {
                let mut words = line.split([' ', '\t', '{']);
                let first = words.next().unwrap_or_default();
                let is_block = line.ends_with(['{', ';']);
                let known =
                    ["server", "upstream", "http", "location", "map", "proxy_pass", "listen"];
                (is_block && known.contains(&first)).then_some(Self::Nginx)
            }
        })
    }
}
