//! Where a call to a number goes.

use super::dialplan::{Act, Known, Matching, hunt};
use super::question::Question;
use super::sofia::Sofia;
use super::user::{found, sip_auth};
use super::{Answer, Answers, Step};
use crate::control::ControlError;
use crate::secret::HIDDEN;

/// A call that is asked about.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The switch that it comes to.
    pub(crate) host: String,
    pub(crate) number: String,
    /// Where it is hunted; none for the context of who calls.
    pub(crate) context: Option<String>,
    /// Who calls: user and domain.
    pub(crate) from: Option<(String, String)>,
    /// What else is known of it.
    pub(crate) sets: Vec<(String, String)>,
}

/// Further than that nobody transfers.
const DEEPEST: usize = 8;
/// The context of calls that nothing else is known of.
const DEFAULT: &str = "default";

/// Follows a call through the dialplan.
pub(crate) async fn number(answers: &Answers, call: &Call) -> Result<Vec<Step>, ControlError> {
    let (mut steps, mut known) = (Vec::new(), Known::default());
    let mut context = call.context.clone();
    if let Some((user, domain)) = &call.from {
        let question = sip_auth(&call.host, user, domain, "INVITE", 32);
        let answer = Answer::of(answers.ask(question.body()).await?);
        let caller = found(&answer, user);
        let mut then = Vec::new();
        if let Some(caller) = &caller {
            for (name, value) in caller.variables() {
                // What is not shown is not known: a condition on it may hold.
                if value.contains(HIDDEN) {
                    known.forget(name);
                } else {
                    known.set(name, value);
                }
            }
            context = context.or_else(|| caller.variable("user_context").map(str::to_owned));
            known.set("user_name", user.as_str());
            known.set("domain_name", domain.as_str());
            then.push("its variables are known to the dialplan".to_owned());
        } else {
            then.push(answer.nothing());
        }
        steps.push(answer.step(
            &format!("{user}@{domain} calls"),
            "directory",
            caller.is_some(),
            then,
        ));
        known.set("caller_id_number", user.as_str());
        known.set("username", user.as_str());
    }
    known.set("dialplan", "XML");
    for (name, value) in &call.sets {
        known.set(name, value.as_str());
    }
    let mut places = vec![(call.number.clone(), context.unwrap_or_else(|| DEFAULT.to_owned()))];
    let (mut at, mut gateways) = (0, None);
    while let Some((number, context)) = places.get(at).cloned() {
        at += 1;
        let (step, acts) = one(answers, call, &mut known, &number, &context).await?;
        let dialled = steps.len();
        steps.push(step);
        for act in acts {
            if let Some(place) = transferred(&act, &context)
                && places.len() < DEEPEST
                && !places.contains(&place)
            {
                places.push(place);
            }
            for (user, domain) in rung(&act) {
                let step = rings(answers, &call.host, &user, &domain).await?;
                if let Some(why) = &step.refusal {
                    mark(&mut steps[dialled], &act, &format!("user/{user}@{domain}"), why);
                }
                steps.push(step);
            }
            for gateway in gateways_of(&act) {
                if gateways.is_none() {
                    let sofia = Sofia::ask(answers, &call.host).await?;
                    gateways = Some(sofia.gateways(answers).await?);
                }
                if !gateways.iter().flatten().any(|name| name.eq_ignore_ascii_case(&gateway)) {
                    mark(&mut steps[dialled], &act, &format!("gateway {gateway}"), "");
                }
            }
        }
    }
    Ok(steps)
}

/// What becomes of a number in a context, and what is done then.
async fn one(
    answers: &Answers,
    call: &Call,
    known: &mut Known,
    number: &str,
    context: &str,
) -> Result<(Step, Vec<Act>), ControlError> {
    known.set("destination_number", number);
    known.set("context", context);
    let caller = call.from.as_ref();
    let mut question = Question::dialplan(&call.host)
        .with("Caller-Caller-ID-Number", caller.map_or("", |(user, _)| user))
        .with("Caller-Destination-Number", number)
        .with("Caller-Context", context)
        .with("variable_user_name", caller.map_or("", |(user, _)| user))
        .with("variable_domain_name", caller.map_or("", |(_, domain)| domain));
    for (name, value) in &call.sets {
        question = question.with(&format!("variable_{name}"), value);
    }
    let question = question.with("Hunt-Destination-Number", number).with("Hunt-Context", context);
    let answer = Answer::of(answers.ask(question.body()).await?);
    let why = format!("{number} in context {context}");
    let found = answer.first("context").map(|found| hunt(found, known));
    let (goes, then) = match &found {
        None => {
            let why = answer.told.why.as_ref().unwrap_or(&answer.told.outcome);
            (format!("goes nowhere: {why}"), vec![answer.nothing()])
        }
        Some(found) => (goes(found), told(found)),
    };
    let acts: Vec<Act> = found.into_iter().flatten().flat_map(|it| it.acts).collect();
    let works = answer.told.outcome == "answered" && !acts.is_empty();
    let step = answer.step(&why, "dialplan", works, then);
    Ok((Step { goes: Some(goes), ..step }, acts))
}

/// Where a call goes, in a line.
fn goes(found: &[Matching]) -> String {
    let done = |it: &Matching| {
        let names: Vec<_> = it.acts.iter().map(|act| act.application.as_str()).collect();
        let done = if names.is_empty() { "nothing is done".to_owned() } else { names.join(", ") };
        format!("extension {}: {done}", it.name)
    };
    let sure = found.iter().find(|it| it.ifs.is_empty() && !it.continues).map(done);
    let may: Vec<_> = found.iter().filter(|it| !it.ifs.is_empty() && !it.continues).collect();
    let may = match may[..] {
        [] => None,
        [one] => Some(format!("may go to {} (if {})", done(one), one.ifs.join(" and "))),
        [first, ..] => Some(format!("may go to {}, or {} more", done(first), may.len() - 1)),
    };
    match (may, sure) {
        (None, Some(sure)) => format!("goes to {sure}"),
        (Some(may), Some(sure)) => format!("{may}, else to {sure}"),
        (Some(may), None) => may,
        (None, None) => match found.iter().rfind(|it| !it.acts.is_empty()).map(done) {
            Some(passed) => format!("goes no further than {passed}"),
            None => "goes nowhere: nothing matches".to_owned(),
        },
    }
}

/// Says below an action that what it calls is not there.
fn mark(step: &mut Step, act: &Act, what: &str, why: &str) {
    let begins = format!("  {} {}", act.application, act.data);
    let absent = why.is_empty() || why.ends_with(NO_SUCH_USER) || why.ends_with(NO_SUCH_DOMAIN);
    let what = if absent { format!("{what} is not stored") } else { format!("{what}: {why}") };
    let line = format!("    ({what})");
    let at = step.then.iter().position(|line| line.starts_with(begins.trim_end()));
    let at = at.map_or(step.then.len(), |at| at + 1);
    if step.then.get(at) != Some(&line) {
        step.then.insert(at, line);
    }
}

/// Words of refusals of users that are not stored.
const NO_SUCH_USER: &str = "there is no such user";
const NO_SUCH_DOMAIN: &str = "nobody serves the domain";

fn told(found: &[Matching]) -> Vec<String> {
    let mut lines = Vec::new();
    for Matching { name, ifs, acts, continues } in found {
        let goes_on = if *continues { "; the next ones are tried too" } else { "" };
        lines.push(if ifs.is_empty() {
            format!("matches {name}{goes_on}")
        } else {
            format!("may match {name}: if {}{goes_on}", ifs.join(" and "))
        });
        for Act { application, data, ifs: of_it } in acts {
            let of_it: Vec<_> = of_it.iter().filter(|why| !ifs.contains(why)).cloned().collect();
            let only = if of_it.is_empty() {
                String::new()
            } else {
                format!("  (if {})", of_it.join(" and "))
            };
            lines.push(format!("  {application} {data}").trim_end().to_owned() + &only);
        }
    }
    if found.iter().all(|it| !it.ifs.is_empty() || it.continues) {
        lines.push(if found.is_empty() {
            "nothing matches: the call ends with NO_ROUTE_DESTINATION (SIP 404)".to_owned()
        } else {
            "nothing else matches".to_owned()
        });
    }
    lines
}

/// Where a transfer goes.
fn transferred(act: &Act, context: &str) -> Option<(String, String)> {
    if !matches!(act.application.as_str(), "transfer" | "execute_extension") {
        return None;
    }
    let mut words = act.data.split_whitespace().filter(|word| !word.starts_with('-'));
    let number = words.next().filter(|number| !number.contains("${"))?;
    let dialplan = words.next().unwrap_or("XML");
    let context = words.next().unwrap_or(context);
    dialplan.eq_ignore_ascii_case("xml").then(|| (number.to_owned(), context.to_owned()))
}

/// The users that a bridge rings.
fn rung(act: &Act) -> Vec<(String, String)> {
    if act.application != "bridge" {
        return Vec::new();
    }
    let users = act.data.split(['|', ',']).filter_map(|leg| {
        let leg = leg.rsplit(['}', ']', '>']).next()?.trim();
        let (user, domain) = leg.strip_prefix("user/")?.split_once('@')?;
        let known = |part: &str| !part.contains('$') && !part.is_empty();
        (known(user) && known(domain)).then(|| (user.to_owned(), domain.to_owned()))
    });
    users.collect()
}

/// The gateways that a bridge goes through.
fn gateways_of(act: &Act) -> Vec<String> {
    if act.application != "bridge" {
        return Vec::new();
    }
    let gateways = act.data.split(['|', ',']).filter_map(|leg| {
        let leg = leg.rsplit(['}', ']', '>']).next()?.trim();
        let (gateway, _) = leg.strip_prefix("sofia/gateway/")?.split_once('/')?;
        // The profile may stand in front.
        let name = gateway.rsplit("::").next()?;
        (!name.contains('$') && !name.is_empty()).then(|| name.to_owned())
    });
    gateways.collect()
}

async fn rings(
    answers: &Answers,
    host: &str,
    user: &str,
    domain: &str,
) -> Result<Step, ControlError> {
    let question = Question::directory(host, domain, "REQUEST_PARAMS", "user_outgoing_channel")
        .with("as_channel", "true")
        .with("action", "user_call")
        .about(user, domain);
    let answer = Answer::of(answers.ask(question.body()).await?);
    let dial = found(&answer, user).map(|found| found.param("dial-string").map(str::to_owned));
    let (works, then) = match dial {
        Some(Some(dial)) => {
            (true, format!("it is called by {dial}; whether it is registered the switch knows"))
        }
        Some(None) => (false, "there is no dial-string (MANDATORY_IE_MISSING)".to_owned()),
        None => (false, format!("{} (SUBSCRIBER_ABSENT)", answer.nothing())),
    };
    Ok(answer.step(&format!("{user}@{domain} is rung"), "directory", works, vec![then]))
}
