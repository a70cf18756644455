//! `--condition`, `--action` and `--anti-action`: flags whose order on the command line decides.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use jackfield_api::snapshot::{Action, Condition, Level, Setting, Step};

use crate::secret::secret_in;

/// Conditions with what they do: an action belongs to the last condition before it.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    given: Vec<(usize, Given)>,
}

#[derive(Debug, Clone)]
enum Given {
    Condition { field: String, expression: String },
    Action(Action),
    AntiAction(Action),
}

/// Their ids, which are their names.
pub(super) const FLAGS: [&str; 3] = ["condition", "action", "anti-action"];

impl Steps {
    pub(super) fn are_given(&self) -> bool {
        !self.given.is_empty()
    }

    /// The conditions, in the order of the command line. What is done before the first condition is
    /// done always.
    pub(super) fn conditions(&self) -> Vec<Condition> {
        let mut conditions: Vec<Condition> = Vec::new();
        for (_, given) in &self.given {
            let step = match given {
                Given::Condition { field, expression } => {
                    let attributes = vec![
                        Setting::written("field", field.as_str()),
                        Setting::written("expression", expression.as_str()),
                    ];
                    conditions.push(Condition { attributes, ..Condition::default() });
                    continue;
                }
                Given::Action(action) => Step::Action(action.clone()),
                Given::AntiAction(action) => Step::AntiAction(action.clone()),
            };
            if conditions.is_empty() {
                conditions.push(Condition::default());
            }
            if let Some(last) = conditions.last_mut() {
                last.steps.push(step);
            }
        }
        conditions
    }
}

fn condition(text: &str) -> Result<Given, String> {
    // A field may be an expression of its own, with signs in it: ${cond(${a} == b ? 1 : 2)}.
    let mut depth = 0_usize;
    let mut found = None;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '=' if depth == 0 => {
                found = Some(at);
                break;
            }
            _ => {}
        }
    }
    match found {
        Some(at) if at > 0 => Ok(Given::Condition {
            field: text[..at].to_owned(),
            expression: text[at + 1..].to_owned(),
        }),
        _ => Err("write FIELD=REGEX, as in destination_number=^9196$".to_owned()),
    }
}

fn action(text: &str) -> Result<Action, String> {
    let (application, data) = text.split_once('=').unwrap_or((text, ""));
    if application.is_empty() {
        return Err("write APP=DATA, as in bridge=user/1000".to_owned());
    }
    if let Some(name) = secret_in(application, data) {
        return Err(format!(
            "«{name}» holds a secret, and others on this machine see the command line: use --xml -"
        ));
    }
    Ok(Action {
        application: application.to_owned(),
        data: data.to_owned(),
        level: Level::of(data),
        ..Action::default()
    })
}

impl Args for Steps {
    fn augment_args(command: Command) -> Command {
        let arg = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).action(ArgAction::Append).help(help)
        };
        let tests = arg(
            "condition",
            "FIELD=REGEX",
            "A condition, as in destination_number=^9196$. These flags together replace all that \
             it had",
        );
        let does = arg(
            "action",
            "APP[=DATA]",
            "What is done where the last --condition before it holds; always where there is none",
        );
        let else_does = arg(
            "anti-action",
            "APP[=DATA]",
            "What is done where the last --condition before it does not hold",
        );
        command
            .arg(tests.value_parser(condition))
            .arg(does.value_parser(|text: &str| action(text).map(Given::Action)))
            .arg(else_does.value_parser(|text: &str| action(text).map(Given::AntiAction)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Steps {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut given = Vec::new();
        for flag in FLAGS {
            let values = matches.get_many::<Given>(flag).into_iter().flatten();
            let places = matches.indices_of(flag).into_iter().flatten();
            given.extend(places.zip(values.cloned()));
        }
        given.sort_by_key(|(place, _)| *place);
        Ok(Self { given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(arguments: &[&str]) -> Result<Vec<Condition>, String> {
        let command = Steps::augment_args(Command::new("x").no_binary_name(true));
        let matches = command.try_get_matches_from(arguments).map_err(|it| it.to_string())?;
        let steps = Steps::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        Ok(steps.conditions())
    }

    fn applications(condition: &Condition) -> Vec<String> {
        let told = condition.steps.iter().map(|step| match step {
            Step::Action(action) => action.application.clone(),
            Step::AntiAction(action) => format!("not {}", action.application),
            _ => unreachable!("no other can be given"),
        });
        told.collect()
    }

    #[test]
    fn an_action_belongs_to_the_last_condition_before_it() {
        let found = steps(&[
            "--action=answer",
            "--condition",
            "destination_number=^(9=1)$",
            "--anti-action",
            "hangup",
            "--action",
            "set=a=b",
            "--condition=${cond(${a} == b)}=^x$",
            "--action=echo",
        ]);
        let found = found.expect("right flags");
        assert_eq!(found.len(), 3);
        assert!(found[0].attributes.is_empty());
        assert_eq!(applications(&found[0]), ["answer"]);
        assert_eq!(applications(&found[1]), ["not hangup", "set"]);
        assert_eq!(&*found[1].attributes[1].text, "^(9=1)$");
        assert_eq!(&*found[2].attributes[0].text, "${cond(${a} == b)}");
        assert_eq!(applications(&found[2]), ["echo"]);
    }

    #[test]
    fn a_secret_is_not_taken_from_the_command_line() {
        for action in [
            "set=sip_auth_password=x9",
            "bridge={a=b,sip_auth_password=x9}sofia/x/1",
            "bridge=[sip_auth_password=x9]sofia/x/1",
            "bridge=<sip_auth_password=x9>sofia/x/1",
            "multiset=a=b sip_auth_password=x9",
            "curl=https://u:x9@h/",
        ] {
            let told = steps(&["--action", action]).expect_err("refused");
            assert!(told.contains("--xml -"), "{told}");
        }
        for arguments in [["--condition", "x"], ["--condition", "=x"], ["--action", "=x"]] {
            assert!(steps(&arguments).is_err(), "{arguments:?}");
        }
    }
}
