//! Pods and their containers' states: what the kubelet knows of them. Moving them along is the controllers' work.

use core::net::Ipv4Addr;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::fate::{CrashReason, EnvSnapshot, PodSeat, WorkloadKey};
use super::meta::{Labels, ObjectMeta};
use super::template::PodTemplate;
use crate::sim::time::{SimTime, Span};

/// A pod.
#[derive(Clone, Debug, Hash)]
pub struct Pod {
    /// Name, labels, owner.
    pub meta: ObjectMeta,
    /// The controller it belongs to in the end.
    pub workload: WorkloadKey,
    /// For a Job's pod, the CronJob that made the Job.
    pub cron_job: Option<Arc<str>>,
    /// Its place among the workload's pods: the lowest that was free when it was made.
    pub slot: u32,
    /// The workload's revision it was made from.
    pub revision: u64,
    /// What it was made from.
    pub template: Arc<PodTemplate>,
    /// How long its containers take to be ready and to stop.
    pub pace: Pace,
    /// The node it was given, and when.
    pub placement: Option<Placement>,
    /// Its containers, in the template's order.
    pub containers: Vec<ContainerStatus>,
    /// Set when the pod is done for good.
    pub outcome: Option<Outcome>,
    /// When its readiness last changed.
    pub ready_since: SimTime,
    /// Whether its node stopped answering: it counts as not ready, whatever its containers do.
    pub node_lost: bool,
    /// Set when it was asked to stop.
    pub deletion: Option<Deletion>,
    /// When the kubelet looks at it next; mirrored in the cluster's timers.
    pub(super) due: Option<SimTime>,
}

/// How long a workload's containers take for things that no manifest states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pace {
    /// From a container's start to being ready.
    pub startup: Span,
    /// From being asked to stop to having stopped.
    pub stop: Span,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            startup: Span::from_secs(8),
            stop: Span::from_secs(2),
        }
    }
}

/// Where a pod runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The node's name.
    pub node: Arc<str>,
    /// When it was given to the node.
    pub at: SimTime,
    /// The pod's address; none until its sandbox is up.
    pub ip: Option<Ipv4Addr>,
}

/// How a pod ended for good.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Every container ended with exit code 0 and is not started again.
    Succeeded,
    /// A container failed and is not started again.
    Failed,
    /// The node threw it out.
    Evicted {
        /// The kubelet's words.
        message: String,
    },
}

/// A pod's deletion under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Deletion {
    /// When it was asked for.
    pub requested_at: SimTime,
    /// The grace period.
    pub grace: Span,
    /// When the pod is gone; `None` while its node does not answer.
    pub gone_at: Option<SimTime>,
}

/// One container of a pod.
#[derive(Clone, Debug, Hash)]
pub struct ContainerStatus {
    /// Its name.
    pub name: String,
    /// The image it runs.
    pub image: String,
    /// What it does now.
    pub state: ContainerState,
    /// How its life before this one ended.
    pub last: Option<Termination>,
    /// How often it was started again.
    pub restart_count: u32,
    /// The restart back-off.
    pub back_off: Option<BackOff>,
    /// Its variables as of its last start.
    pub env: EnvSnapshot,
    /// The contents of mounted ConfigMaps as of its last start, by ConfigMap name, for programs that read files once.
    pub files: BTreeMap<String, Arc<BTreeMap<String, String>>>,
}

/// What a container does now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContainerState {
    /// It does not run yet, or waits to run again.
    Waiting(Waiting),
    /// It runs.
    Running(Running),
    /// It has ended.
    Terminated(Ended),
}

/// A container that does not run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// Why.
    pub reason: WaitingReason,
    /// The kubelet's words; empty if it has none.
    pub message: String,
    /// What the kubelet does next; `None` while it waits for something else, such as a node.
    pub(super) next: Option<NextStep>,
}

/// What the kubelet does next with a waiting container, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum NextStep {
    /// The sandbox is up: pull the image if the node lacks it, else start.
    Sandbox(SimTime),
    /// The image has arrived, or not: start.
    Pulled { at: SimTime, began: SimTime },
    /// Start, or try to.
    Start(SimTime),
    /// Show the back-off of a failed pull, and pull again later.
    ShowPullBackOff { at: SimTime, pull_at: SimTime },
    /// Pull again.
    Pull(SimTime),
}

impl NextStep {
    pub(super) const fn at(self) -> SimTime {
        match self {
            Self::Sandbox(at)
            | Self::Pulled { at, .. }
            | Self::Start(at)
            | Self::ShowPullBackOff { at, .. }
            | Self::Pull(at) => at,
        }
    }
}

/// Why a container does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitingReason {
    /// The pod has no node yet: containers have no status at all.
    Unscheduled,
    /// Its sandbox and image are being prepared.
    ContainerCreating,
    /// It failed and waits for its back-off to pass.
    CrashLoopBackOff,
    /// Its image could not be pulled just now.
    ErrImagePull,
    /// Its image could not be pulled, and the kubelet waits before it tries again.
    ImagePullBackOff,
    /// Something its configuration refers to is not there.
    CreateContainerConfigError,
}

impl WaitingReason {
    /// The word in a container's status; empty where there is no status.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unscheduled => "",
            Self::ContainerCreating => "ContainerCreating",
            Self::CrashLoopBackOff => "CrashLoopBackOff",
            Self::ErrImagePull => "ErrImagePull",
            Self::ImagePullBackOff => "ImagePullBackOff",
            Self::CreateContainerConfigError => "CreateContainerConfigError",
        }
    }
}

/// A container that runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Running {
    /// Since when.
    pub started_at: SimTime,
    /// Whether its readiness probe succeeds.
    pub readiness: Readiness,
    /// How this life will end, as the world said.
    pub(super) end: Option<PlannedEnd>,
}

/// Whether a running container is ready, and when that changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Readiness {
    /// It is ready; with an instant, until then.
    Ready {
        /// When the readiness probe will have failed often enough.
        until: Option<SimTime>,
    },
    /// It is not ready; with an instant, until then.
    NotReady {
        /// When the readiness probe will succeed.
        until: Option<SimTime>,
    },
}

/// How a life will end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PlannedEnd {
    pub at: SimTime,
    pub exit_code: i32,
    pub reason: CrashReason,
    pub by_liveness: bool,
}

/// A container that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ended {
    /// How.
    pub how: Termination,
    /// What the kubelet does next.
    pub(super) then: AfterEnd,
}

/// What follows an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum AfterEnd {
    /// Started again at this instant.
    Restart(SimTime),
    /// Shown as waiting from the first instant, started again at the second.
    BackOff {
        shown_at: SimTime,
        restart_at: SimTime,
    },
    /// It stays ended.
    Stay,
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Termination {
    /// Its exit code.
    pub exit_code: i32,
    /// The reason.
    pub reason: CrashReason,
    /// When the life began.
    pub started_at: SimTime,
    /// When it ended.
    pub finished_at: SimTime,
}

/// The kubelet's back-off for one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BackOff {
    /// How long after the next end the container waits.
    pub delay: Span,
    /// When the delay was set: the last start.
    pub set_at: SimTime,
}

/// The longest back-off.
pub const BACK_OFF_LIMIT: Span = Span::from_secs(300);
/// The first back-off.
pub const BACK_OFF_FIRST: Span = Span::from_secs(10);
/// A life longer than this forgets the back-off.
pub const BACK_OFF_RESET: Span = Span::from_mins(10);

/// A pod's phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Kubernetes' own words")]
pub enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
}

impl Phase {
    /// The word in a pod's status.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

impl ContainerStatus {
    /// A container that waits for its pod to be given a node.
    pub(super) fn unscheduled(name: &str, image: &str) -> Self {
        Self {
            name: name.to_owned(),
            image: image.to_owned(),
            state: ContainerState::Waiting(Waiting {
                reason: WaitingReason::Unscheduled,
                message: String::new(),
                next: None,
            }),
            last: None,
            restart_count: 0,
            back_off: None,
            env: EnvSnapshot::default(),
            files: BTreeMap::new(),
        }
    }

    /// Whether the container runs and is ready.
    pub const fn is_ready(&self) -> bool {
        matches!(
            self.state,
            ContainerState::Running(Running {
                readiness: Readiness::Ready { .. },
                ..
            })
        )
    }

    /// Since when it runs, if it runs.
    pub const fn running_since(&self) -> Option<SimTime> {
        match &self.state {
            ContainerState::Running(running) => Some(running.started_at),
            _ => None,
        }
    }

    /// How its last finished life ended: the state itself if it has ended, else the life before.
    pub const fn last_end(&self) -> Option<&Termination> {
        match &self.state {
            ContainerState::Terminated(ended) => Some(&ended.how),
            _ => self.last.as_ref(),
        }
    }

    /// When the kubelet has to look at this container next.
    pub(super) fn due(&self) -> Option<SimTime> {
        match &self.state {
            ContainerState::Waiting(waiting) => waiting.next.map(NextStep::at),
            ContainerState::Running(running) => {
                let change = match running.readiness {
                    Readiness::Ready { until } | Readiness::NotReady { until } => until,
                };
                let end = running.end.map(|end| end.at);
                change.into_iter().chain(end).min()
            }
            ContainerState::Terminated(ended) => match ended.then {
                AfterEnd::Restart(at) | AfterEnd::BackOff { shown_at: at, .. } => Some(at),
                AfterEnd::Stay => None,
            },
        }
    }
}

impl Pod {
    /// The pod with its place in its workload.
    pub fn seat(&self) -> PodSeat {
        PodSeat {
            workload: self.workload.clone(),
            slot: self.slot,
            pod: Arc::clone(&self.meta.name),
            revision: self.revision,
        }
    }

    /// Its labels.
    pub const fn labels(&self) -> &Labels {
        &self.meta.labels
    }

    /// Its node's name, once it has one.
    pub fn node(&self) -> Option<&str> {
        self.placement.as_ref().map(|placement| &*placement.node)
    }

    /// Its address, once it has one.
    pub fn ip(&self) -> Option<Ipv4Addr> {
        self.placement.as_ref().and_then(|placement| placement.ip)
    }

    /// Whether every container runs and is ready.
    pub fn containers_ready(&self) -> bool {
        self.outcome.is_none() && self.containers.iter().all(ContainerStatus::is_ready)
    }

    /// Whether its Ready condition holds.
    pub fn is_ready(&self) -> bool {
        !self.node_lost && self.containers_ready()
    }

    /// Whether it takes traffic: ready and not being deleted.
    pub fn serves(&self) -> bool {
        self.deletion.is_none() && self.is_ready()
    }

    /// Whether it is done for good.
    pub const fn is_finished(&self) -> bool {
        self.outcome.is_some()
    }

    /// Whether it holds a place: neither done nor being deleted.
    pub const fn is_active(&self) -> bool {
        self.outcome.is_none() && self.deletion.is_none()
    }

    /// How many containers are ready.
    pub fn ready_count(&self) -> usize {
        self.containers
            .iter()
            .filter(|container| container.is_ready())
            .count()
    }

    /// All restarts of its containers.
    pub fn restart_count(&self) -> u32 {
        self.containers
            .iter()
            .map(|container| container.restart_count)
            .sum()
    }

    /// When a container last ended and was started again; what `kubectl get` shows as `(12d ago)`.
    pub fn last_restart(&self) -> Option<SimTime> {
        self.containers
            .iter()
            .filter(|container| container.restart_count > 0)
            .filter_map(|container| container.last.as_ref())
            .map(|last| last.finished_at)
            .max()
    }

    /// Its phase.
    pub fn phase(&self) -> Phase {
        match self.outcome {
            Some(Outcome::Succeeded) => Phase::Succeeded,
            Some(Outcome::Failed | Outcome::Evicted { .. }) => Phase::Failed,
            None if self.containers.iter().any(|container| {
                matches!(&container.state, ContainerState::Waiting(waiting)
                    if waiting.reason != WaitingReason::CrashLoopBackOff && container.last.is_none())
            }) =>
            {
                Phase::Pending
            }
            None => Phase::Running,
        }
    }

    /// What the STATUS column of `kubectl get pods` shows.
    pub fn display_status(&self) -> String {
        if self.deletion.is_some() {
            return "Terminating".to_owned();
        }
        if let Some(Outcome::Evicted { .. }) = self.outcome {
            return "Evicted".to_owned();
        }
        // The server walks the containers from the last to the first, so the first with something to say wins.
        let mut status = self.phase().name().to_owned();
        let mut running = false;
        for container in self.containers.iter().rev() {
            match &container.state {
                ContainerState::Waiting(waiting) if !waiting.reason.name().is_empty() => {
                    waiting.reason.name().clone_into(&mut status);
                }
                ContainerState::Terminated(ended) => {
                    ended.how.reason.name().clone_into(&mut status);
                }
                ContainerState::Running(_) if container.is_ready() => running = true,
                _ => {}
            }
        }
        if status == "Completed" && running {
            status = String::from(if self.containers_ready() {
                "Running"
            } else {
                "NotReady"
            });
        }
        status
    }

    /// When the kubelet has to look at it next.
    pub(super) fn next_due(&self) -> Option<SimTime> {
        if let Some(deletion) = self.deletion {
            return deletion.gone_at;
        }
        if self.outcome.is_some() {
            return None;
        }
        self.containers
            .iter()
            .filter_map(ContainerStatus::due)
            .min()
    }
}
