//! `wiki_get_page`: one page, whole, with the commands that it gives. Never edits it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pages;
use crate::scenario::checks::nearest::did_you_mean;
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Reads a page.
pub struct GetPage;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The page's name or title.
    pub page: String,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageText {
    /// Its name.
    pub page: String,
    /// Its title.
    pub title: String,
    /// Its text: Markdown.
    pub text: String,
    /// The commands that it gives.
    pub commands: Vec<String>,
    /// Who edited it last.
    pub edited_by: String,
    /// When, in ms since the epoch.
    pub edited_ms: i64,
    /// The id under which it can be pinned.
    pub artifact: String,
}

impl Text for PageText {
    fn text(&self) -> String {
        let edited = SimTime(self.edited_ms).format("%Y-%m-%d");
        let text = self.text.trim_end();
        format!(
            "{text}\n\n-- {}, edited {edited} by @{}\n",
            self.page, self.edited_by
        )
    }
}

/// The text with its dead links as the scenario has them.
fn with_dead_links(world: &World, text: &str) -> String {
    let mut text = text.to_owned();
    for (link, shown) in &world.plan().pack.scenario.instruments.dead_links {
        text = text.replace(link.as_str(), shown);
    }
    text
}

impl Look for GetPage {
    type Args = Args;
    type Output = PageText;
    const NAME: &'static str = "wiki_get_page";
    const FAMILY: Family = Family::Wiki;
    const ABOUT: &'static str = "Shows a page of the wiki";

    fn look(world: &World, args: &Args) -> Result<Seen<PageText>, ToolError> {
        let (name, text) = pages::find(world, &args.page).ok_or_else(|| {
            let names = world.plan().pack.wiki.keys().map(String::as_str);
            ToolError {
                message: format!("there is no page '{}'", args.page),
                hint: Some(
                    did_you_mean(&args.page, names)
                        .unwrap_or_else(|| "wiki_search finds pages".to_owned()),
                ),
            }
        })?;
        let page = pages::page(world, name, text);
        let text = with_dead_links(world, pages::body(text));
        let shown = Shown::WikiPage(name.clone());
        Ok(Seen {
            output: PageText {
                page: page.name,
                title: page.title,
                commands: pages::commands(&text),
                text,
                edited_by: page.edited_by,
                edited_ms: page.edited.millis(),
                artifact: shown.id(),
            },
            shown: vec![shown],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"page\":\"queue\"}",
                about: "A page",
                prints: "# Queue\n\nOne topic, one group, one day of retention.\n\n-- queue, edited 2026-01-27 by @lena\n",
            },
            ToolExample {
                args: "{\"page\":\"nothing\"}",
                about: "A page that does not exist",
                prints: "wiki_get_page: there is no page 'nothing'\nhint: wiki_search finds pages\n",
            },
        ]
    }
}
