//! Resources and prompts: the briefing, the wiki's pages, and how to go about a drill. Reading a page is a look like any other.

use rmcp::model::{
    GetPromptResult, Prompt, PromptMessage, Resource, ResourceContents, ResourceTemplate, Role,
};

use super::drill::Drill;

const BRIEF: &str = "drill://brief";
const WIKI: &str = "wiki://";
const MARKDOWN: &str = "text/markdown";

/// What can be read.
pub fn resources(drill: &Drill) -> Vec<Resource> {
    let brief = Resource::new(BRIEF, "brief")
        .with_title("The briefing")
        .with_description("Who you are, what was paged, what is asked of you, until when")
        .with_mime_type(MARKDOWN);
    let pages = &drill.bench().world().plan().pack.wiki;
    let pages = pages.iter().map(|(name, text)| {
        let first = text
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        let title = first.trim_start_matches('#').trim();
        Resource::new(format!("{WIKI}{name}"), name.clone())
            .with_title(title)
            .with_description("A page of the wiki: runbooks, decisions, past incidents")
            .with_mime_type(MARKDOWN)
            .with_size(text.len() as u64)
    });
    std::iter::once(brief).chain(pages).collect()
}

/// How to name what can be read.
pub fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new("wiki://{page}", "wiki page")
            .with_description("A page of the wiki, by its name")
            .with_mime_type(MARKDOWN),
    ]
}

/// Reads one; `None` when there is none.
pub fn read(drill: &mut Drill, uri: &str) -> Option<ResourceContents> {
    let text = if uri == BRIEF {
        drill.use_tool("drill_brief", &serde_json::Map::new())?.text
    } else {
        let page = uri.strip_prefix(WIKI)?;
        drill.wiki_page(page)?
    };
    Some(ResourceContents::text(text, uri).with_mime_type(MARKDOWN))
}

const RESPOND: &str = "You are the on-call engineer. Read drill_brief first.

1. Take your page: pagerduty_acknowledge. Post in the incident channel what customers see, and say where you are every quarter of an hour (slack_post_message).
2. Look before you act: logs, metrics, the cluster, recent changes, the wiki's runbooks, what people write. Do not trust the first explanation; write down hypotheses with what speaks against them (drill_notebook) and pin what you saw.
3. Stop the harm, then end its cause. Act through shell_run (kubectl, git, ship) and say in the channel what you are about to do. Then wait (drill_clock) and check that it holds.
4. Hand in what you found (drill_claim: component, mechanism, why now, evidence), resolve the page, keep a short report (drill_report), and read drill_score.

Every look and act takes simulated time, and customers are harmed while it passes.";

const REPORT: &str = "Write the incident report of this drill and keep it with drill_report. In Markdown, at most a page:
what customers saw, from when to when; how it was found; the way from the root cause to what they saw, and why it happened now; what was done, with times; what is still broken or lost; what prevents it from happening again. Only what you saw in this drill; name where each figure comes from.";

/// What can be asked for.
pub fn prompts() -> Vec<Prompt> {
    vec![
        Prompt::new(
            "respond",
            Some("How to work the incident from the page to the claim"),
            None,
        )
        .with_title("Respond to the page"),
        Prompt::new(
            "write_report",
            Some("What a good incident report of this drill says"),
            None,
        )
        .with_title("Write the incident report"),
    ]
}

/// One of them; `None` when there is none of that name.
pub fn prompt(name: &str) -> Option<GetPromptResult> {
    let (about, text) = match name {
        "respond" => (
            "How to work the incident from the page to the claim",
            RESPOND,
        ),
        "write_report" => ("What a good incident report of this drill says", REPORT),
        _ => return None,
    };
    let message = PromptMessage::new_text(Role::User, text);
    Some(GetPromptResult::new(vec![message]).with_description(about))
}
