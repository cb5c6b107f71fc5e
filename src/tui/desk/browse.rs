//! Lists and things of the browser: tokens to calls, calls' answers to rows. What a key asks for is journaled as the
//! same call that the shell and programs make; reading it again as time goes on is not.

use super::RealDesk;
use crate::session::Call;
use crate::session::journal::Door;
use crate::tools::board::browse::{self, Ask, Asked, CellTone};
use crate::tui::world::{Browsed, Content, KindRow, Page, Table, TableRow, Tone};

/// The most bytes of a token that is read.
const LONGEST_TOKEN: usize = 64 * 1024;

impl RealDesk {
    pub(super) fn browse_kinds() -> Vec<KindRow> {
        browse::listed()
            .map(|kind| KindRow {
                name: kind.name.to_owned(),
                aliases: kind.aliases.iter().map(|&alias| alias.into()).collect(),
                system: kind.system.to_owned(),
                about: kind.about.to_owned(),
                ask: token(&Ask::list(kind.name)),
            })
            .collect()
    }

    /// Asks, journaled.
    pub(super) fn do_browse(&mut self, asking: &str, search: &str) -> Result<Browsed, String> {
        let ask = ask(asking, search)?;
        self.looks.flush(&mut self.bench);
        let asked = self.asked(&ask)?;
        let answer = self
            .bench
            .call(Door::Tui, asked.call.clone())
            .map_err(|error| error.to_string())?;
        self.browsed(&ask, &asked, &answer)
    }

    /// The same as it is now, without a trace.
    pub(super) fn do_browse_again(&self, asking: &str) -> Result<Browsed, String> {
        let ask = ask(asking, "")?;
        let asked = self.asked(&ask)?;
        let answer = self.bench.peek(&asked.call);
        self.browsed(&ask, &asked, &answer)
    }

    fn asked(&self, ask: &Ask) -> Result<Asked, String> {
        let bench = &self.bench;
        browse::resolve(bench.world(), bench.registry(), bench.place(), ask)
    }

    fn browsed(
        &self,
        ask: &Ask,
        asked: &Asked,
        answer: &crate::session::Answer,
    ) -> Result<Browsed, String> {
        let bench = &self.bench;
        let browsed = browse::read(bench.world(), bench.registry(), ask, asked, answer)?;
        let (more, content) = match browsed {
            browse::Browsed::Table(table) => {
                (table.more.as_ref().map(token), Content::Table(rows(table)))
            }
            browse::Browsed::Text(page) => {
                (page.more.as_ref().map(token), Content::Page(text(page)))
            }
        };
        Ok(Browsed {
            ask: token(ask),
            look: serde_json::to_string(&asked.call).unwrap_or_default(),
            more,
            content,
        })
    }
}

/// The call that a look of the browser names; none when it shows nothing of the world.
pub(super) fn looked_at(query: &str) -> Option<Call> {
    serde_json::from_str(query).ok()
}

fn token(ask: &Ask) -> String {
    serde_json::to_string(ask).unwrap_or_default()
}

fn ask(token: &str, search: &str) -> Result<Ask, String> {
    if token.len() > LONGEST_TOKEN {
        return Err("that is too long to ask for".to_owned());
    }
    let mut ask: Ask = serde_json::from_str(token).map_err(|error| error.to_string())?;
    if !search.is_empty() {
        search.clone_into(&mut ask.search);
    }
    Ok(ask)
}

fn rows(table: browse::Table) -> Table {
    Table {
        kind: table.kind,
        system: table.system,
        heads: table
            .heads
            .into_iter()
            .map(|head| (head.title, head.is_number))
            .collect(),
        rows: table.rows.into_iter().map(row).collect(),
        total: table.total,
        is_searched: table.is_searched,
        note: table.note,
    }
}

fn row(row: browse::Row) -> TableRow {
    TableRow {
        key: row.key,
        cells: row
            .cells
            .into_iter()
            .map(|cell| {
                let tone = match cell.tone {
                    CellTone::Plain => Tone::Plain,
                    CellTone::Good => Tone::Good,
                    CellTone::Odd => Tone::Missed,
                    CellTone::Bad => Tone::Bad,
                };
                (cell.text, tone)
            })
            .collect(),
        artifact: row.artifact,
        opens: row
            .opens
            .iter()
            .map(|(verb, ask)| ((*verb).to_owned(), token(ask)))
            .collect(),
        record: row.record,
    }
}

fn text(page: browse::Page) -> Page {
    Page {
        title: page.title,
        text: page.text,
        is_markdown: page.is_markdown,
        commands: page.commands,
        artifact: page.artifact,
        lines: page.lines,
    }
}
