//! Workflow files: the jobs and steps that a repository's `.github/workflows/*.yml` describe. Never runs one.

use serde_yaml_ng::{Mapping, Value};

use crate::sim::git::Tree;

/// What a repository without workflow files of its own does.
const ORDINARY_CI: &str = "jobs:\n  service:\n    strategy:\n      matrix:\n        service: changed\n    steps:\n      - uses: actions/checkout@v4\n      - run: make test S=${{ matrix.service }}\n      - run: docker build -t ${{ matrix.service }}:${{ github.sha }} src/${{ matrix.service }}\n      - if: github.ref == 'refs/heads/main'\n        run: docker push ${{ matrix.service }}:${{ github.sha }}\n";
const ORDINARY_DEPLOY: &str = "jobs:\n  ship:\n    steps:\n      - uses: actions/checkout@v4\n      - run: kubectl apply -f manifests.yaml\n      - run: kubectl rollout status -f manifests.yaml --timeout=120s\n";
/// No workflow has more jobs or steps than this.
const MOST: usize = 64;

/// A job of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    /// Its name.
    pub name: String,
    /// It begins when others are over.
    pub waits: bool,
    /// There is one for each service.
    pub per_service: bool,
    /// Its steps.
    pub steps: Vec<StepSpec>,
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepSpec {
    /// What it is called, as GitHub does: `Run ...`.
    pub name: String,
    /// The command; empty for an action.
    pub command: String,
    /// It is left out for what is not yet merged.
    pub merged_only: bool,
}

/// The jobs of a workflow of a repository, as its file says; those of an ordinary one when there is no such file or it
/// cannot be read.
pub fn jobs(tree: Option<&Tree>, workflow: &str) -> Vec<JobSpec> {
    let ordinary = if workflow == super::run::DEPLOY {
        ORDINARY_DEPLOY
    } else {
        ORDINARY_CI
    };
    let file = tree.and_then(|tree| tree.file(&format!(".github/workflows/{workflow}.yml")));
    file.map(|text| read(text))
        .filter(|jobs| !jobs.is_empty())
        .unwrap_or_else(|| read(ordinary))
}

fn read(text: &str) -> Vec<JobSpec> {
    let Ok(file) = serde_yaml_ng::from_str::<Value>(text) else {
        return Vec::new();
    };
    let jobs = file.get("jobs").and_then(Value::as_mapping);
    let jobs = jobs.into_iter().flatten().take(MOST);
    jobs.filter_map(|(name, job)| {
        let steps = job.get("steps").and_then(Value::as_sequence)?;
        Some(JobSpec {
            name: name.as_str()?.to_owned(),
            waits: job.get("needs").is_some(),
            per_service: job
                .get("strategy")
                .and_then(|strategy| strategy.get("matrix"))
                .and_then(Value::as_mapping)
                .is_some_and(|matrix| matrix.contains_key("service")),
            steps: steps
                .iter()
                .take(MOST)
                .filter_map(|step| read_step(step.as_mapping()?))
                .collect(),
        })
    })
    .collect()
}

fn read_step(step: &Mapping) -> Option<StepSpec> {
    let text = |field: &str| step.get(field).and_then(Value::as_str);
    let what = text("run").or_else(|| text("uses"))?.trim();
    let first = what.lines().next().unwrap_or_default();
    Some(StepSpec {
        name: text("name").map_or_else(|| format!("Run {first}"), str::to_owned),
        command: text("run").unwrap_or_default().trim().to_owned(),
        merged_only: text("if").is_some_and(|condition| condition.contains("github.ref")),
    })
}

/// A text of a workflow with its variables filled in.
pub fn filled(text: &str, service: &str, sha: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        filled.push_str(before);
        let Some((variable, tail)) = after.split_once("}}") else {
            rest = after;
            break;
        };
        filled.push_str(match variable.trim() {
            "github.sha" => sha,
            // A scheduled run has no inputs: what stands behind `||` holds, or nothing.
            name if name.starts_with("inputs.") && service.is_empty() => {
                let other = name.split_once("||").map_or("", |(_, other)| other);
                other.trim().trim_matches('\'')
            }
            name if name.contains("service") => service,
            _ => "",
        });
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ordinary_workflows_have_steps() {
        let ci = jobs(None, "ci");
        assert_eq!(ci.len(), 1);
        assert!(ci[0].per_service && ci[0].steps[3].merged_only);
        assert_eq!(jobs(None, "deploy")[0].steps.len(), 3);
    }

    #[test]
    fn variables_are_filled_in() {
        let text = "push ${{ matrix.service }}:${{ github.sha }} ${{ env.X }}!";
        assert_eq!(filled(text, "gate", "abc"), "push gate:abc !");
        assert_eq!(filled("a ${{ b", "", ""), "a  b");
        assert_eq!(filled("${{ inputs.service || 'train' }}", "", ""), "train");
        assert_eq!(
            filled("render ${{ inputs.service }} > x", "", ""),
            "render  > x"
        );
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_read_or_is_none(text in ".{0,200}") {
            let _ = read(&text);
            let _ = filled(&text, "a", "b");
        }
    }
}
