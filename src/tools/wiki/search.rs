//! `wiki_search`: pages that have the words of a query, best first, each with a piece of its text. Never a whole page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pages;
use super::rank::{Document, excerpt, rank};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Letters of an excerpt.
const EXCERPT: usize = 160;

/// Searches the wiki.
pub struct Search;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Words; empty lists all pages by name.
    pub query: String,
    /// Most pages, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            query: String::new(),
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// Pages that were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hits {
    /// The query.
    pub query: String,
    /// Best first.
    pub pages: Vec<Hit>,
    /// How many there are in all.
    pub total: usize,
    /// How many come before this page of hits.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// A page that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hit {
    /// Its name: `wiki_get_page` takes it.
    pub page: String,
    /// Its title.
    pub title: String,
    /// A piece of its text.
    pub excerpt: String,
    /// Who edited it last.
    pub edited_by: String,
    /// When, in ms since the epoch.
    pub edited_ms: i64,
    /// The id under which it can be pinned.
    pub artifact: String,
}

impl Text for Hits {
    fn text(&self) -> String {
        if self.pages.is_empty() {
            return "No page has any of these words.\n".to_owned();
        }
        let footer = paging::footer(
            self.pages.len(),
            self.before,
            self.total,
            self.cursor.as_deref(),
        );
        if self.query.trim().is_empty() {
            let mut rows = vec![row(["PAGE", "TITLE", "EDITED"])];
            for hit in &self.pages {
                let day = SimTime(hit.edited_ms).format("%Y-%m-%d");
                rows.push(row([
                    &hit.page,
                    &hit.title,
                    &format!("{day} by {}", hit.edited_by),
                ]));
            }
            return columns(&rows) + &footer;
        }
        let mut text = String::new();
        for hit in &self.pages {
            text.push_str(&format!(
                "{}  {}\n    {}\n",
                hit.page, hit.title, hit.excerpt
            ));
        }
        text + &footer
    }
}

impl Look for Search {
    type Args = Args;
    type Output = Hits;
    const NAME: &'static str = "wiki_search";
    const FAMILY: Family = Family::Wiki;
    const ABOUT: &'static str = "Finds pages of the wiki: runbooks, decisions, past incidents";

    fn look(world: &World, args: &Args) -> Result<Seen<Hits>, ToolError> {
        let wiki = &world.plan().pack.wiki;
        let listed: Vec<(&String, &str)> = wiki
            .iter()
            .map(|(name, text)| (name, text.as_ref()))
            .collect();
        let found: Vec<(&String, &str)> = if args.query.trim().is_empty() {
            listed
        } else {
            let documents: Vec<Document> = listed
                .iter()
                .map(|(name, text)| Document::new(&format!("{name} {}", pages::title(text)), text))
                .collect();
            rank(&documents, &args.query)
                .into_iter()
                .filter_map(|(place, _)| listed.get(place).copied())
                .collect()
        };
        let page = paging::page(found, args.limit, args.cursor.as_deref(), |(name, _)| {
            (*name).clone()
        })?;
        let hits = page.items.iter().map(|(name, text)| {
            let page = pages::page(world, name, text);
            Hit {
                page: page.name,
                title: page.title,
                excerpt: excerpt(text, &args.query, EXCERPT),
                edited_by: page.edited_by,
                edited_ms: page.edited.millis(),
                artifact: Shown::WikiPage((*name).clone()).id(),
            }
        });
        Ok(Seen {
            output: Hits {
                query: args.query.clone(),
                pages: hits.collect(),
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"query\":\"worker restart\"}",
                about: "Pages that have these words",
                prints: "worker-runbook  Worker runbook\n    Jobs wait when the worker is down. Look at its pods first: kubectl -n back get pods\n",
            },
            ToolExample {
                args: "{}",
                about: "All pages",
                prints: "PAGE            TITLE           EDITED\nqueue           Queue           2026-01-27 by lena\nworker-runbook  Worker runbook  2026-02-04 by lena\n",
            },
        ]
    }
}
