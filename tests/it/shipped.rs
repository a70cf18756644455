//! The settings file that a package carries.

use jackfield::settings::{Settings, TABLE};

#[test]
fn the_shipped_settings_are_the_defaults_and_show_them() {
    let text = include_str!("../../systemd/jackfield.toml");
    let read = |text: &str| {
        let file = Some(("jackfield.toml".into(), text));
        format!("{:?}", Settings::read(file, &|_| None).expect("right"))
    };
    // `# ` begins a sentence, `#` alone a setting.
    let shown: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| line.strip_prefix('#').unwrap_or(line))
        .collect();
    let shown = shown.join("\n");
    let defaults = read("");
    assert_eq!(read(text), defaults);
    assert_eq!(read(&shown), defaults);
    for (key, ..) in TABLE.iter().filter(|(key, ..)| !key.starts_with('[')) {
        assert!(shown.contains(&format!("\n{key} = ")), "{key} is not shown");
    }
}
