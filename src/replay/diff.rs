//! Where two answers differ, for people, without the secrets in them.

use super::canonical::Line;
use crate::secret::redact;

/// Lines of more than that many differences are not told.
const MOST: usize = 60;
/// A larger table of the longest common part is not made.
const CELLS: usize = 4 << 20;

/// What differs, a line each: `-` is in the first alone, `+` in the second; `~` differs in what is not
/// shown. Nothing where they are the same.
pub(super) fn diff(one: &[Line], other: &[Line]) -> Vec<String> {
    let same = |(a, b): &(&Line, &Line)| a == b;
    let start = one.iter().zip(other).take_while(same).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(same).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    let mut told = Told::default();
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for step in steps(one, other) {
        match step {
            (Some(at), None) => gone.push(&one[at]),
            (None, Some(at)) => come.push(&other[at]),
            _ => told.change(&mut gone, &mut come),
        }
    }
    told.change(&mut gone, &mut come);
    if told.lines.len() > MOST {
        let more = told.lines.len() - MOST;
        told.lines.truncate(MOST);
        told.lines.push(format!("... and {more} lines more"));
    }
    told.lines
}

/// Pairs of places: in both, or in one of them alone.
fn steps(one: &[Line], other: &[Line]) -> Vec<(Option<usize>, Option<usize>)> {
    let width = other.len() + 1;
    let mut steps = Vec::new();
    let (mut a, mut b) = (0, 0);
    if (one.len() + 1).saturating_mul(width) <= CELLS {
        // How long the common part of what begins there is.
        let mut common = vec![0_u32; (one.len() + 1) * width];
        for a in (0..one.len()).rev() {
            for b in (0..other.len()).rev() {
                common[a * width + b] = if one[a] == other[b] {
                    common[(a + 1) * width + b + 1] + 1
                } else {
                    common[(a + 1) * width + b].max(common[a * width + b + 1])
                };
            }
        }
        while a < one.len() && b < other.len() {
            if one[a] == other[b] {
                steps.push((Some(a), Some(b)));
                (a, b) = (a + 1, b + 1);
            } else if common[(a + 1) * width + b] >= common[a * width + b + 1] {
                steps.push((Some(a), None));
                a += 1;
            } else {
                steps.push((None, Some(b)));
                b += 1;
            }
        }
    }
    steps.extend((a..one.len()).map(|at| (Some(at), None)));
    steps.extend((b..other.len()).map(|at| (None, Some(at))));
    steps
}

#[derive(Default)]
struct Told {
    lines: Vec<String>,
    within: String,
}

impl Told {
    fn change(&mut self, gone: &mut Vec<&Line>, come: &mut Vec<&Line>) {
        let shown = |line: &Line| redact(&line.xml).trim_end().to_owned();
        for line in gone.drain(..) {
            let hidden =
                come.iter().position(|new| new.within == line.within && shown(new) == shown(line));
            self.place(line);
            if let Some(at) = hidden {
                come.remove(at);
                self.lines.push(format!("~ {}  differs in what is not shown", shown(line)));
            } else {
                self.lines.push(format!("- {}", shown(line)));
            }
        }
        for line in come.drain(..) {
            self.place(line);
            self.lines.push(format!("+ {}", shown(line)));
        }
    }

    fn place(&mut self, line: &Line) {
        if line.within != self.within {
            self.within.clone_from(&line.within);
            self.lines.push(format!("@ {}", line.within));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::canonical::{Varying, lines};
    use super::*;

    fn line(within: &str, xml: &str) -> Line {
        Line::shown(within, xml.to_owned())
    }

    #[test]
    fn what_differs_is_told_with_its_place() {
        let one =
            [line("", "<a/>"), line("a", "<b/>"), line("a", "<c x=\"1\"/>"), line("a", "<d/>")];
        let mut other = one.clone();
        assert_eq!(diff(&one, &other), [""; 0]);
        other[2] = line("a", "<c x=\"2\"/>");
        assert_eq!(diff(&one, &other), ["@ a", "- <c x=\"1\"/>", "+ <c x=\"2\"/>"]);
        assert_eq!(diff(&one, &one[..3]), ["@ a", "- <d/>"]);
        assert_eq!(diff(&[], &one[..1]), ["+ <a/>"]);
    }

    #[test]
    fn no_secret_is_shown_of_lines_within_a_value_or_of_what_is_no_xml() {
        for body in [
            "<a><param name=\"password\" value=\"HUSH1&#10;HUSH2\"/></a>",
            "<a><param value=\"x&#13;&#10;HUSH1\" name=\"password\"/></a>",
            "<a><password kind=\"b\">HUSH1&#10;HUSH2</password></a>",
            "{\"password\":\"HUSH\"}",
            "<a><param name='password' value='HUSH'></a>",
        ] {
            let of = |body: &str| lines(200, body.as_bytes(), &mut Varying::new(&[]));
            let told = diff(&of(body), &of(&body.replace("HUSH", "HUSX"))).join("|");
            assert!(told.contains("differs in what is not shown"), "{told}");
            assert!(!told.contains("HUS"), "{told}");
        }
    }

    #[test]
    fn a_secret_that_differs_is_not_shown() {
        let hash =
            |digits: &str| line("u", &format!("<param name=\"a1-hash\" value=\"{digits}\"/>"));
        let told = diff(&[hash("hush1")], &[hash("hush2")]);
        let expected =
            "~ <param name=\"a1-hash\" value=\"(not shown)\"/>  differs in what is not shown";
        assert_eq!(told, ["@ u", expected]);
    }
}
