//! One element that people give by itself, as an extension of the dialplan.

use jackfield_api::snapshot::{Extension, Global, Menu};

use super::globals::Globals;
use super::place::{Place, Problem, Problems};
use super::preprocess::Source;
use super::report::Report;
use super::tree::Element;
use super::{sorted, take, tree};

/// What a text says, and what of it was left out.
#[derive(Debug)]
pub(crate) struct Piece<T> {
    pub(crate) object: T,
    /// Each with its line.
    pub(crate) left_out: Vec<String>,
}

/// Reads an `<extension>`. `file` is what errors call the text.
pub(crate) fn extension(
    file: &str,
    text: &str,
    globals: &[Global],
) -> Result<Piece<Extension>, Problems> {
    piece(file, text, globals, "extension", take::extension)
}

/// Reads a `<menu>`.
pub(crate) fn menu(file: &str, text: &str, globals: &[Global]) -> Result<Piece<Menu>, Problems> {
    piece(file, text, globals, "menu", take::menu)
}

type Take<T> = fn(&Element, &Globals, &mut Report) -> Result<Option<T>, Vec<Problem>>;

fn piece<T>(
    file: &str,
    text: &str,
    globals: &[Global],
    name: &str,
    take: Take<T>,
) -> Result<Piece<T>, Problems> {
    let root = tree::parse(&Source::of(file, text)).map_err(one)?;
    // A file of a switch's tree has this around what it holds.
    let element = match &root.children[..] {
        [inner] if root.name == "include" => inner,
        _ => &root,
    };
    if element.name != name {
        let message = format!("this is <{}>, and one <{name}> is asked for", element.name);
        return Err(one(Problem { place: element.place.clone(), message }));
    }
    let mut unresolved = Vec::new();
    find_commands(element, &mut unresolved);
    if !unresolved.is_empty() {
        return Err(sorted(unresolved));
    }
    // One that is limited to switches has no value here.
    let everywhere = globals.iter().filter(|global| global.hosts.are_all());
    let sets: Vec<_> =
        everywhere.map(|global| (global.name.clone(), global.value.clone())).collect();
    let mut report = Report::default();
    let taken = take(element, &Globals::new(&sets), &mut report).map_err(sorted)?;
    let object = taken.ok_or_else(|| {
        let message = format!("this <{name}> cannot be taken");
        one(Problem { place: element.place.clone(), message })
    })?;
    report.sort();
    let left_out = report.left_out.iter().map(|note| format!("{}: {}", note.place, note.text));
    Ok(Piece { object, left_out: left_out.collect() })
}

fn one(problem: Problem) -> Problems {
    Problems(vec![problem])
}

/// Lines for the pre-processor, which `import` alone resolves.
fn find_commands(element: &Element, problems: &mut Vec<Problem>) {
    if element.name.eq_ignore_ascii_case("X-PRE-PROCESS") {
        let message =
            "the pre-processor's lines are resolved by `jackfield import` alone".to_owned();
        problems.push(Problem { place: element.place.clone(), message });
    }
    element.children.iter().for_each(|inner| find_commands(inner, problems));
}

impl Source {
    /// A text that is a file of its own.
    fn of(file: &str, text: &str) -> Self {
        let file = std::sync::Arc::<str>::from(file);
        let mut source = Self::default();
        for (line, text) in (1..).zip(text.split_inclusive('\n')) {
            source.push(text, &Place { file: file.clone(), line });
        }
        source
    }
}

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::Hosts;

    use super::*;

    const NESTED: &str = r#"<extension name="hours" continue="true">
  <condition wday="2-6" break="on-false"/>
  <condition regex="any">
    <regex field="destination_number" expression="^9$"/>
    <regex field="caller_id_number"><expression>^1(\d)$</expression></regex>
    <action application="set" data="greeting=&lt;$1&gt;" inline="true"/>
    <condition field="${open}" expression="^true$">
      <action application="log" data="INFO $${domain} &amp; ${caller}" loop="2"/>
      <anti-action application="hangup"/>
    </condition>
  </condition>
</extension>"#;

    fn taken(text: &str) -> Extension {
        let globals =
            [Global { name: "app".into(), value: "answer".into(), hosts: Hosts::default() }];
        extension("f.xml", text, &globals).expect("an extension").object
    }

    fn problem(text: &str) -> String {
        let problems = extension("f.xml", text, &[]).expect_err("not to be taken");
        problems.to_string()
    }

    #[test]
    fn an_extension_is_taken_as_the_import_takes_it_and_is_written_unharmed() {
        let found = taken(NESTED);
        assert_eq!((found.name.as_str(), found.continues), ("hours", true));
        assert_eq!(found.conditions.len(), 2);
        let written = jackfield_api::files::extension(&found).expect("safe");
        assert_eq!(taken(&written), found);
        assert!(written.contains("$${domain}") && !written.contains("&#36;"), "{written}");
        let in_a_file = format!("<include>\n<!-- a file of the tree -->\n{NESTED}</include>");
        assert_eq!(taken(&in_a_file), found);
    }

    #[test]
    fn a_stored_global_is_put_into_the_name_of_an_application() {
        let text = "<extension><condition><action application='$${app}'/></condition></extension>";
        assert_eq!(taken(text).conditions[0].actions().next().expect("one").application, "answer");
    }

    #[test]
    fn what_cannot_be_taken_is_named_with_its_line() {
        for (text, told) in [
            ("<extension>\n<condition>", "f.xml:2: <condition> is not closed"),
            ("\n<context/>", "f.xml:2: this is <context>, and one <extension> is asked for"),
            ("", "there is no element"),
            ("<extension>\n<X-PRE-PROCESS cmd='set' data='a=b'/></extension>", "f.xml:2: the pre"),
            (
                "<extension>\n\n<condition expression='<!'/></extension>",
                "f.xml:3: a text cannot be sent",
            ),
            (
                "<extension><condition>\n<action application='$${x}'/></condition></extension>",
                "f.xml:2: the application is made of $${x}: `x` is set nowhere; \
                 `jackfield global add x VALUE` sets it",
            ),
        ] {
            assert!(problem(text).contains(told), "{text}: {}", problem(text));
        }
    }
}
