//! Where a call to a number goes.

use super::dialplan::{Act, Known, Matching, hunt};
use super::question::Question;
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
    let mut at = 0;
    while let Some((number, context)) = places.get(at).cloned() {
        at += 1;
        let (step, acts) = one(answers, call, &mut known, &number, &context).await?;
        steps.push(step);
        for act in acts {
            if let Some(place) = transferred(&act, &context)
                && places.len() < DEEPEST
                && !places.contains(&place)
            {
                places.push(place);
            }
            for (user, domain) in rung(&act) {
                steps.push(rings(answers, &call.host, &user, &domain).await?);
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
    let then = match &found {
        None => vec![answer.nothing()],
        Some(found) => told(found),
    };
    let acts: Vec<Act> = found.into_iter().flatten().flat_map(|it| it.acts).collect();
    let works = answer.told.outcome == "answered" && !acts.is_empty();
    Ok((answer.step(&why, "dialplan", works, then), acts))
}

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
