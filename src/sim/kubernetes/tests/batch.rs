//! Tests of Jobs and CronJobs.

use super::*;
use crate::sim::kubernetes::batch::Concurrency;
use crate::sim::kubernetes::template::RestartPolicy;

fn batch_spec(image: &str) -> ClusterSpec {
    let mut template = template("report", image);
    template.spec.restart_policy = RestartPolicy::Never;
    let mut spec = spec();
    spec.cron_jobs = vec![CronJobSeed {
        namespace: "alpha".to_owned(),
        name: "report".to_owned(),
        labels: Labels::new(),
        created_at: days_ago(30),
        schedule: "30 * * * *".to_owned(),
        concurrency: Concurrency::Forbid,
        suspended: false,
        template,
        typical_duration: Span::from_secs(28),
        pace: Pace::default(),
    }];
    spec
}

#[test]
fn cron_jobs_run_and_keep_their_last_jobs() {
    let mut cluster = Cluster::new(&batch_spec("r/report:1"), 7, start()).unwrap();
    let names: Vec<String> = cluster
        .jobs()
        .keys()
        .map(|key| key.name.to_string())
        .collect();
    assert_eq!(names.len(), 3);
    assert_eq!(
        cluster.next_event_at(),
        SimTime::parse_rfc3339("2024-05-06T08:30:00Z")
    );
    let events = cluster.advance(start() + Span::from_mins(60), &World::calm());
    assert!(events.iter().any(|event| matches!(
        event.kind,
        ClusterEventKind::JobFinished {
            succeeded: true,
            ..
        }
    )));
    assert_eq!(cluster.jobs().len(), 3);
    assert!(!cluster.jobs().keys().any(|key| *key.name == *names[0]));
    let cron_job = cluster.cron_job("alpha", "report").unwrap();
    assert_eq!(
        cron_job.last_schedule,
        SimTime::parse_rfc3339("2024-05-06T08:30:00Z")
    );
}

#[test]
fn a_failing_job_is_retried_with_longer_waits() {
    let mut cluster = Cluster::new(&batch_spec("r/report:bad"), 7, start()).unwrap();
    let events = cluster.advance(start() + Span::from_mins(60), &World::calm());
    let finished: Vec<&ClusterEvent> = events
        .iter()
        .filter(|event| matches!(event.kind, ClusterEventKind::JobFinished { .. }))
        .collect();
    assert_eq!(crashes(&events).len(), 7);
    assert!(matches!(
        finished[0].kind,
        ClusterEventKind::JobFinished {
            succeeded: false,
            ..
        }
    ));
}
