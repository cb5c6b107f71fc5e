//! Families of typed tools over a session: what a pane shows, a shell line prints and a program reads. Never draws.

pub mod board;
pub mod change;
pub mod ci;
pub mod cloudwatch;
pub mod datadog;
pub mod delivery;
pub mod drawn;
pub mod drill;
pub mod family;
pub mod featureflags;
pub mod host;
pub mod jira;
pub mod kafka;
pub mod kubernetes;
pub mod limits;
pub mod logs;
pub mod offline;
pub mod oncall;
pub mod open;
pub mod orders;
pub mod pagerduty;
pub mod paging;
pub mod postgres;
pub mod program;
pub mod prometheus;
pub mod reference;
pub mod registry;
pub mod registry_images;
pub mod schema;
pub mod sentry;
pub mod shared;
pub mod slack;
pub mod statuspage;
pub mod terraform;
pub mod tool;
pub mod valkey;
pub mod wiki;
pub mod workbench;

pub use change::{AnyChange, Change, Impact};
pub use family::Family;
pub use open::{OpeningError, Places, Replayed, Watched};
pub use program::{Act, Example, Place, Program, Run};
pub use registry::Registry;
pub use tool::{AnyLook, Line, Look, Seen, Text, ToolError, ToolExample};
pub use workbench::Workbench;

/// What doors may name of a drill's world: they read it through its accessors and never change it.
pub use crate::sim::World as DrillWorld;
pub use crate::sim::pager::IncidentState;
pub use crate::sim::slack::Post as DrillPost;
pub use crate::sim::world::trainee::DrillState;

/// The user's own scenarios, where the platform keeps a program's data.
pub fn user_scenarios() -> Option<std::path::PathBuf> {
    let folder = directories::ProjectDirs::from("", "", "firedrill")?
        .data_dir()
        .join("scenarios");
    folder.is_dir().then_some(folder)
}

/// Every tool that looks. A new tool is listed here and nowhere else.
fn all_tools() -> Vec<Box<dyn AnyLook>> {
    vec![
        tool::<board::view::View>(),
        tool::<code::list_files::ListFiles>(),
        tool::<code::read_file::ReadFile>(),
        tool::<code::search::Grep>(),
        tool::<drill::brief::Brief>(),
        tool::<git::tools::blame::Blame>(),
        tool::<git::tools::recent_commits::RecentCommits>(),
        tool::<kubernetes::tools::describe_pod::DescribePod>(),
        tool::<kubernetes::tools::get_events::GetEvents>(),
        tool::<kubernetes::tools::get_pods::GetPods>(),
        tool::<kubernetes::tools::logs::Logs>(),
        tool::<ci::get_run_logs::GetRunLogs>(),
        tool::<ci::list_runs::ListRuns>(),
        tool::<cloudwatch::filter_events::FilterEvents>(),
        tool::<cloudwatch::get_metrics::GetMetrics>(),
        tool::<cloudwatch::list_alarms::ListAlarms>(),
        tool::<cloudwatch::log_groups::ListLogGroups>(),
        tool::<datadog::get_trace::GetTrace>(),
        tool::<datadog::list_traces::ListTraces>(),
        tool::<datadog::query_metrics::QueryMetrics>(),
        tool::<featureflags::get::GetFlag>(),
        tool::<featureflags::list::ListFlags>(),
        tool::<jira::get_issue::GetIssue>(),
        tool::<jira::list_sprints::ListSprints>(),
        tool::<jira::search::Search>(),
        tool::<logs::list_services::ListServices>(),
        tool::<logs::search::Search>(),
        tool::<logs::service_logs::ServiceLogs>(),
        tool::<oncall::get_schedule::GetSchedule>(),
        tool::<oncall::who_is_on_call::WhoIsOnCall>(),
        tool::<pagerduty::get_timeline::GetTimeline>(),
        tool::<pagerduty::list_incidents::ListIncidents>(),
        tool::<prometheus::alerts::AlertList>(),
        tool::<prometheus::list_metrics::ListMetrics>(),
        tool::<prometheus::exemplars::QueryExemplars>(),
        tool::<prometheus::query::Query>(),
        tool::<prometheus::rules::RuleList>(),
        tool::<registry_images::get_manifest::GetManifest>(),
        tool::<registry_images::list_repositories::ListRepositories>(),
        tool::<registry_images::list_tags::ListTags>(),
        tool::<sentry::get_issue::GetIssue>(),
        tool::<sentry::list_issues::ListIssues>(),
        tool::<sentry::list_projects::ListProjects>(),
        tool::<slack::list_channels::ListChannels>(),
        tool::<slack::read_channel::ReadChannel>(),
        tool::<slack::search::Search>(),
        tool::<workbench::stream::StreamView>(),
        tool::<statuspage::get_status::GetStatus>(),
        tool::<statuspage::list_incidents::ListIncidents>(),
        tool::<terraform::list_resources::ListResources>(),
        tool::<terraform::show_state::ShowState>(),
        tool::<wiki::get_page::GetPage>(),
        tool::<wiki::search::Search>(),
    ]
}

/// Every tool that acts. A new tool is listed here and nowhere else.
fn all_changes() -> Vec<Box<dyn AnyChange>> {
    vec![
        acting::<code::write_file::WriteFile>(),
        acting::<drill::claim::HandIn>(),
        acting::<drill::hint::TakeHint>(),
        acting::<drill::leave::GiveUp>(),
        acting::<drill::leave::HandOver>(),
        acting::<drill::notebook::Notebook>(),
        acting::<drill::report::Report>(),
        acting::<featureflags::set::SetFlag>(),
        acting::<pagerduty::acknowledge::Acknowledge>(),
        acting::<pagerduty::add_note::AddNote>(),
        acting::<pagerduty::resolve::Resolve>(),
        acting::<slack::post_message::PostMessage>(),
    ]
}

fn acting<T: Change>() -> Box<dyn AnyChange> {
    Box::new(change::ErasedChange::<T>::default())
}

fn tool<T: Look>() -> Box<dyn AnyLook> {
    Box::new(tool::Erased::<T>::default())
}

/// Every program of the shell. A new program is listed here and nowhere else.
fn all_programs() -> Vec<Box<dyn Program>> {
    let mut programs: Vec<Box<dyn Program>> = vec![
        Box::new(kubernetes::program::Kubectl),
        Box::new(git::program::Git),
        Box::new(delivery::Ship),
        Box::new(logs::program::LogCli),
        Box::new(slack::program::Slack),
        Box::new(pagerduty::program::Pd),
        Box::new(prometheus::promtool::Promtool),
        Box::new(prometheus::amtool::Amtool),
        Box::new(sentry::program::Sentry),
        Box::new(ci::program::Gh),
        Box::new(cloudwatch::program::Aws),
        Box::new(registry_images::programs::Crane),
        Box::new(registry_images::programs::Docker),
        Box::new(registry_images::programs::Skopeo),
        Box::new(datadog::program::Datadog),
        Box::new(terraform::program::Terraform),
        Box::new(featureflags::program::Flags),
        Box::new(jira::program::Jira("jira")),
        Box::new(jira::program::Jira("tickets")),
        Box::new(wiki::program::Wiki),
        Box::new(statuspage::program::StatusPage),
        Box::new(oncall::program::OnCall),
        Box::new(kafka::consumer_groups::ConsumerGroups(
            "kafka-consumer-groups",
        )),
        Box::new(kafka::consumer_groups::ConsumerGroups(
            "kafka-consumer-groups.sh",
        )),
        Box::new(kafka::topics::Topics("kafka-topics")),
        Box::new(kafka::topics::Topics("kafka-topics.sh")),
        Box::new(kafka::configs::Configs("kafka-configs")),
        Box::new(kafka::configs::Configs("kafka-configs.sh")),
        Box::new(valkey::client::Client("valkey-cli")),
        Box::new(valkey::client::Client("redis-cli")),
        Box::new(postgres::client::Psql),
    ];
    programs.extend(code::programs());
    programs.extend(host::programs());
    programs
}

pub mod code;
pub mod git;
