//! `kubectl edit`: an object's document into the editor, and what comes out of it back to the cluster.

use serde_json::Value;

use super::act::Trial;
use super::change::single;
use super::context::Context;
use super::flags::{Flag, Parsed, switch, value};
use super::outcome::{EditRequest, KubectlOutcome};
use super::print::Format;
use super::show;
use super::yaml;
use crate::sim::kubernetes::{KubeCommand, KubeError};

/// The flags of `edit`.
pub const FLAGS: &[Flag] = &[
    value("field-manager", ' '),
    value("filename", 'f'),
    value("output", 'o'),
    switch("output-patch", ' '),
    switch("save-config", ' '),
    switch("show-managed-fields", ' '),
    value("subresource", ' '),
    switch("windows-line-endings", ' '),
];

/// What stands above the document in the editor.
const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/// Runs `edit`: asks for an editor, or takes what was piped in as the editor's text.
pub fn run(context: &Context<'_>, parsed: &Parsed) -> KubectlOutcome {
    let target = match single(context, parsed) {
        Ok(target) => target,
        Err(outcome) => return outcome,
    };
    let cluster = context.cluster();
    let document = match cluster.document(&target) {
        Ok(document) => document,
        Err(error) => return KubectlOutcome::failed(error.kubectl_text()),
    };
    let request = EditRequest {
        text: format!("{HEADER}{}", yaml::yaml(&document)),
        target: target.clone(),
    };
    if !context.stdin.trim().is_empty() {
        return finish(context, &request, context.stdin);
    }
    KubectlOutcome {
        data: document,
        shown: show::detail(cluster, &target),
        edit: Some(request),
        ..KubectlOutcome::default()
    }
}

/// Takes the editor's text.
pub fn finish(context: &Context<'_>, request: &EditRequest, text: &str) -> KubectlOutcome {
    let target = &request.target;
    let body: String = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    if body.trim().is_empty() {
        return KubectlOutcome::error("Edit cancelled, saved file was empty.")
            .without_error_prefix();
    }
    let document: Value = match serde_yaml_ng::from_str(&body) {
        Ok(document) => document,
        Err(error) => {
            return KubectlOutcome::error(format!(
                "{} \"{}\" is not valid: error parsing edited-file: error converting YAML to JSON: yaml: {error}",
                target.kind.qualified_resource(),
                target.name
            ));
        }
    };
    let before = match context.cluster().document(target) {
        Ok(before) => before,
        Err(error) => return KubectlOutcome::failed(error.kubectl_text()),
    };
    if document == before {
        return KubectlOutcome {
            stderr: "Edit cancelled, no changes made.\n".to_owned(),
            ..KubectlOutcome::default()
        };
    }
    let parsed = Parsed::default();
    let mut trial = Trial::new(context, &parsed);
    let command = KubeCommand::ReplaceManifest {
        target: target.clone(),
        manifest: document.to_string(),
    };
    match trial.apply(command) {
        Ok(applied) if applied.changed => {
            trial.done_as(target, "edited", &Format::Table { wide: false });
        }
        Ok(_) => {
            trial.outcome.commands.clear();
            trial.outcome.complain("Edit cancelled, no changes made.");
        }
        Err(KubeError::Invalid { causes, .. }) => {
            trial.outcome.fail(&format!(
                "error: {} \"{}\" is invalid",
                target.kind.qualified_resource(),
                target.name
            ));
            for cause in causes {
                trial.outcome.complain(&format!("# * {cause}"));
            }
        }
        Err(error) => trial.outcome.fail(&error.kubectl_text()),
    }
    trial.finish()
}

impl KubectlOutcome {
    fn without_error_prefix(mut self) -> Self {
        if let Some(rest) = self.stderr.strip_prefix("error: ") {
            self.stderr = rest.to_owned();
        }
        self
    }
}
