//! `kubectl rollout`: status, history, undo, restart, pause, resume.

use serde_json::json;

use super::act::{Trial, format, targets};
use super::age;
use super::context::Context;
use super::describe::template::pod_template;
use super::flags::{Flag, Parsed, maybe, switch, value};
use super::follow::Follow;
use super::outcome::KubectlOutcome;
use super::print::Format;
use super::show::known_name;
use super::tabs::{Layout, Page, lay_out};
use crate::sim::artifact::Shown;
use crate::sim::kubernetes::workload::{CHANGE_CAUSE, Progress};
use crate::sim::kubernetes::{Cluster, Kind, KubeCommand, ObjectRef};

/// The flags of `rollout status`.
pub const STATUS_FLAGS: &[Flag] = &[
    value("filename", 'f'),
    value("revision", ' '),
    value("selector", 'l'),
    value("timeout", ' '),
    switch("watch", 'w'),
];

/// The flags of the other rollout verbs.
pub const FLAGS: &[Flag] = &[
    maybe("dry-run", "unchanged"),
    value("field-manager", ' '),
    value("filename", 'f'),
    value("output", 'o'),
    value("revision", ' '),
    value("selector", 'l'),
    value("to-revision", ' '),
];

/// How far a rollout is: a line, and whether it is done; the error is kubectl's.
#[expect(clippy::too_many_lines, reason = "one sentence of kubectl an arm")]
pub fn progress(cluster: &Cluster, target: &ObjectRef) -> Result<(String, bool), String> {
    let (namespace, name) = (target.namespace.as_str(), target.name.as_str());
    let gone = || {
        format!(
            "Error from server (NotFound): {} \"{name}\" not found",
            target.kind.qualified_resource()
        )
    };
    match target.kind {
        Kind::Deployment => {
            let deployment = cluster.deployment(namespace, name).ok_or_else(gone)?;
            let (wanted, status) = (deployment.spec.replicas, &deployment.status);
            if status.progress.value == Progress::ProgressDeadlineExceeded {
                return Err(format!(
                    "error: deployment \"{name}\" exceeded its progress deadline"
                ));
            }
            let waiting = format!("Waiting for deployment \"{name}\" rollout to finish:");
            if status.observed_generation < deployment.meta.generation {
                return Ok((
                    "Waiting for deployment spec update to be observed...".to_owned(),
                    false,
                ));
            }
            Ok(if status.updated < wanted {
                let line = format!(
                    "{waiting} {} out of {wanted} new replicas have been updated...",
                    status.updated
                );
                (line, false)
            } else if status.replicas > status.updated {
                let old = status.replicas - status.updated;
                (
                    format!("{waiting} {old} old replicas are pending termination..."),
                    false,
                )
            } else if status.available < status.updated {
                let line = format!(
                    "{waiting} {} of {} updated replicas are available...",
                    status.available, status.updated
                );
                (line, false)
            } else {
                (
                    format!("deployment \"{name}\" successfully rolled out"),
                    true,
                )
            })
        }
        Kind::DaemonSet => {
            let set = cluster.daemon_set(namespace, name).ok_or_else(gone)?;
            let counts = cluster.daemon_counts(set);
            let waiting = format!("Waiting for daemon set \"{name}\" rollout to finish:");
            Ok(if counts.updated < counts.desired {
                let line = format!(
                    "{waiting} {} out of {} new pods have been updated...",
                    counts.updated, counts.desired
                );
                (line, false)
            } else if counts.available < counts.desired {
                let line = format!(
                    "{waiting} {} of {} updated pods are available...",
                    counts.available, counts.desired
                );
                (line, false)
            } else {
                (
                    format!("daemon set \"{name}\" successfully rolled out"),
                    true,
                )
            })
        }
        Kind::StatefulSet => {
            let set = cluster.stateful_set(namespace, name).ok_or_else(gone)?;
            let workload = set.workload();
            let revision = set.revision();
            let hash = revision.map_or("", |revision| &revision.hash);
            let (mut ready, mut updated) = (0, 0);
            for pod in cluster.pods_of(&workload) {
                ready += u32::from(pod.is_ready());
                updated += u32::from(revision.is_some_and(|newest| newest.number == pod.revision));
            }
            Ok(if ready < set.replicas {
                (
                    format!("Waiting for {} pods to be ready...", set.replicas - ready),
                    false,
                )
            } else if updated < set.replicas {
                (
                    format!(
                        "waiting for statefulset rolling update to complete {updated} pods at revision {name}-{hash}..."
                    ),
                    false,
                )
            } else {
                (
                    format!(
                        "statefulset rolling update complete {updated} pods at revision {name}-{hash}..."
                    ),
                    true,
                )
            })
        }
        kind => Err(format!(
            "error: no status viewer has been implemented for {}",
            kind.name()
        )),
    }
}

/// `rollout status`.
pub fn status(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let mut outcome = KubectlOutcome::default();
    if parsed.args.is_empty() && !parsed.has("selector") {
        return KubectlOutcome::error("required resource not specified");
    }
    let timeout = match parsed.get("timeout").map(age::parse_duration).transpose() {
        Ok(timeout) => timeout.filter(|timeout| timeout.millis() > 0),
        Err(error) => return bad_argument("status", "timeout", parsed, &error),
    };
    let watch = parsed.on_unless_off("watch");
    for target in targets(context, parsed, &mut outcome) {
        match progress(context.cluster(), &target) {
            Ok((line, done)) => {
                outcome.say(&line);
                if !done && watch {
                    let deadline = timeout.map(|timeout| context.now + timeout);
                    outcome.follow = Some(Follow::rollout(target, line, deadline));
                    return outcome;
                }
            }
            Err(line) => outcome.fail(&line),
        }
    }
    outcome
}

fn bad_argument(verb: &str, flag: &str, parsed: &Parsed, error: &str) -> KubectlOutcome {
    let text = parsed.get(flag).unwrap_or_default();
    KubectlOutcome::error(format!(
        "invalid argument \"{text}\" for \"--{flag}\" flag: {error}\nSee 'kubectl rollout {verb} --help' for usage."
    ))
}

/// `rollout history`.
pub fn history(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let revision = match parsed.number("revision") {
        Ok(revision) => revision.filter(|number| *number > 0),
        Err(error) => return KubectlOutcome::error(error),
    };
    let mut outcome = KubectlOutcome::default();
    if parsed.args.is_empty() && !parsed.has("selector") {
        return KubectlOutcome::error("required resource not specified");
    }
    let cluster = context.cluster();
    for target in targets(context, parsed, &mut outcome) {
        let revisions = match cluster.revisions(&target) {
            Ok(revisions) => revisions,
            Err(error) => {
                outcome.fail(&error.kubectl_text());
                continue;
            }
        };
        outcome
            .shown
            .push(Shown::Rollout(known_name(cluster, &target)));
        let Some(number) = revision else {
            let mut text = String::from("REVISION\tCHANGE-CAUSE\n");
            let mut rows = Vec::new();
            for entry in &revisions {
                let cause = entry.change_cause.as_deref().unwrap_or("<none>");
                text.push_str(&format!(
                    "{}\t{}\n",
                    entry.number,
                    cause.replace(['\t', '\n'], " ")
                ));
                rows.push(json!({
                    "revision": entry.number,
                    "change_cause": entry.change_cause,
                    "created_at": entry.created_at,
                    "images": entry.template.spec.containers.iter().map(|container| &container.image).collect::<Vec<_>>(),
                }));
            }
            let layout = Layout {
                min_width: 0,
                padding: 2,
            };
            outcome.say(&format!("{} ", target.qualified()));
            outcome.say(&lay_out(&text, layout));
            outcome.data = json!({"workload": target.qualified(), "revisions": rows});
            continue;
        };
        let found = revisions
            .iter()
            .find(|entry| i64::try_from(entry.number) == Ok(number));
        let Some(entry) = found else {
            outcome.fail("error: unable to find the specified revision");
            continue;
        };
        let mut template = (*entry.template).clone();
        if let Some(cause) = &entry.change_cause {
            template
                .metadata
                .annotations
                .insert(CHANGE_CAUSE.to_owned(), cause.clone());
        }
        let mut page = Page::default();
        pod_template(&mut page, &template);
        outcome.say(&format!(
            "{} with revision #{number}\n{}",
            target.qualified(),
            page.raw()
        ));
        outcome.data = json!({
            "workload": target.qualified(),
            "revision": number,
            "change_cause": entry.change_cause,
            "template": serde_json::to_value(&template).unwrap_or_default(),
        });
    }
    outcome
}

/// `rollout undo`.
pub fn undo(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let to_revision = match parsed.number("to-revision") {
        Ok(number) => number.and_then(|number| u64::try_from(number).ok()),
        Err(error) => return KubectlOutcome::error(error),
    };
    each(context, parsed, |trial, target, format| {
        if trial.is_dry() {
            let wanted = to_revision.filter(|revision| *revision > 0);
            match trial.cluster().rollback_target(&target, wanted) {
                Ok(entry) => {
                    let mut page = Page::default();
                    pod_template(&mut page, &entry.template);
                    let line = format!("{} {}{}", target.qualified(), page.raw(), trial.suffix());
                    trial.outcome.say(&line);
                }
                Err(error) => trial.outcome.fail(&error.kubectl_text()),
            }
            return;
        }
        let command = KubeCommand::RolloutUndo {
            target,
            to_revision,
        };
        match trial.apply(command) {
            Ok(applied) if !applied.note.is_empty() => {
                trial.done_as(&applied.object, &applied.note, format);
            }
            Ok(applied) => trial.done_as(&applied.object, "rolled back", format),
            Err(error) => trial.outcome.fail(&error.kubectl_text()),
        }
    })
}

/// `rollout restart`.
pub fn restart(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    each(context, parsed, |trial, target, format| {
        trial.say(KubeCommand::RolloutRestart { target }, "restarted", format);
    })
}

/// `rollout pause`.
pub fn pause(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    each(context, parsed, |trial, target, format| {
        trial.say(KubeCommand::RolloutPause { target }, "paused", format);
    })
}

/// `rollout resume`.
pub fn resume(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    each(context, parsed, |trial, target, format| {
        trial.say(KubeCommand::RolloutResume { target }, "resumed", format);
    })
}

fn each(
    context: &Context<'_>,
    parsed: &Parsed,
    act: impl Fn(&mut Trial<'_>, ObjectRef, &Format),
) -> KubectlOutcome {
    if parsed.args.is_empty() && !parsed.has("selector") {
        return KubectlOutcome::error("required resource not specified");
    }
    let format = match format(parsed) {
        Ok(format) => format,
        Err(outcome) => return outcome,
    };
    // A kind alone means every object of it, as for `rollout restart deployment`.
    let mut all = parsed.clone();
    if parsed.args.len() == 1 && !parsed.args.iter().any(|word| word.contains('/')) {
        all.turn_on("all");
    }
    let mut trial = Trial::new(context, parsed);
    let found = targets(context, &all, &mut trial.outcome);
    for target in found {
        act(&mut trial, target, &format);
    }
    trial.finish()
}
