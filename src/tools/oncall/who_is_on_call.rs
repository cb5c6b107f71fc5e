//! `oncall_who_is_on_call`: who takes pages of each team now, and until when. Never past or later weeks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rotation::{self, monday, week_of};
use crate::scenario::format::people::Team;
use crate::sim::World;
use crate::sim::time::{SimTime, Span};
use crate::tools::family::Family;
use crate::tools::paging;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Lists who is on call.
pub struct WhoIsOnCall;

/// Arguments.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Args {
    /// Only this team's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Most entries, 1 to 200.
    pub limit: usize,
    /// Where a page before ended: its `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            team: None,
            limit: paging::USUAL,
            cursor: None,
        }
    }
}

/// Who is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OnCalls {
    /// By team, then by level: level 1 is paged first.
    pub on_call: Vec<OnCall>,
    /// How many entries there are in all.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read on; none when nothing follows.
    pub cursor: Option<String>,
}

/// One who is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OnCall {
    /// Team.
    pub team: String,
    /// Level of the escalation policy, from 1.
    pub level: usize,
    /// Handle.
    pub handle: String,
    /// Name.
    pub name: String,
    /// What they do.
    pub role: String,
    /// The team's channel.
    pub channel: String,
    /// Their local time, `HH:MM`.
    pub local_time: String,
    /// When somebody else takes over, in ms since the epoch.
    pub until_ms: i64,
    /// Whom they stand in for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

impl Text for OnCalls {
    fn text(&self) -> String {
        let mut rows = vec![row([
            "TEAM", "LEVEL", "ON CALL", "NAME", "LOCAL", "CHANNEL", "UNTIL",
        ])];
        for one in &self.on_call {
            let cover = one
                .instead_of
                .as_ref()
                .map_or_else(String::new, |who| format!(" (for @{who})"));
            rows.push(row([
                &one.team,
                &one.level.to_string(),
                &format!("@{}{cover}", one.handle),
                &one.name,
                &one.local_time,
                &one.channel,
                &SimTime(one.until_ms).format("%a %-d %b %H:%M"),
            ]));
        }
        columns(&rows)
            + &paging::footer(
                self.on_call.len(),
                self.before,
                self.total,
                self.cursor.as_deref(),
            )
    }
}

/// The escalation policy of a team: who is paged at each level.
pub fn levels(world: &World, name: &str, team: &Team) -> Vec<OnCall> {
    let week = week_of(world.now());
    let mut found = Vec::new();
    if let Some(shift) = rotation::now(world, team) {
        found.push(one(
            world,
            name,
            team,
            1,
            &shift.by,
            shift.until,
            shift.instead_of,
        ));
    }
    if let Some(second) = rotation::of_week(world, &team.on_call, week, 1) {
        let level = found.len() + 1;
        found.push(one(
            world,
            name,
            team,
            level,
            second,
            monday(week + 1),
            None,
        ));
    }
    let estate = &world.plan().pack.estate;
    let other = team
        .escalates_to
        .as_ref()
        .and_then(|name| estate.teams.get(name));
    if let Some(other) = other
        && let Some(shift) = rotation::now(world, other)
        && found.iter().all(|known| known.handle != shift.by)
    {
        let level = found.len() + 1;
        found.push(one(world, name, other, level, &shift.by, shift.until, None));
    }
    found
}

fn one(
    world: &World,
    name: &str,
    team: &Team,
    level: usize,
    handle: &str,
    until: SimTime,
    instead_of: Option<String>,
) -> OnCall {
    let person = world.plan().pack.estate.people.get(handle);
    let offset = person.map_or(0, |person| person.utc_offset_hours);
    OnCall {
        team: name.to_owned(),
        level,
        handle: handle.to_owned(),
        name: person.map_or_else(|| "-".to_owned(), |person| person.name.clone()),
        role: person.map_or_else(String::new, |person| person.role.clone()),
        channel: team.channel.clone(),
        local_time: (world.now() + Span::from_hours(i64::from(offset))).format("%H:%M"),
        until_ms: until.millis(),
        instead_of,
    }
}

/// A team by its name.
///
/// # Errors
/// When there is none of that name.
pub fn team<'a>(world: &'a World, name: &str) -> Result<(&'a String, &'a Team), ToolError> {
    let teams = &world.plan().pack.estate.teams;
    let found = teams.iter().find(|(key, team)| {
        key.eq_ignore_ascii_case(name) || team.title.eq_ignore_ascii_case(name)
    });
    found.ok_or_else(|| ToolError {
        message: format!("schedule for team {name} not found"),
        hint: Some(format!(
            "teams are {}",
            teams
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        )),
    })
}

impl Look for WhoIsOnCall {
    type Args = Args;
    type Output = OnCalls;
    const NAME: &'static str = "oncall_who_is_on_call";
    const FAMILY: Family = Family::OnCall;
    const ABOUT: &'static str = "Lists who takes the pages of each team now, level by level";

    fn look(world: &World, args: &Args) -> Result<Seen<OnCalls>, ToolError> {
        let all: Vec<OnCall> = if let Some(name) = args.team.as_deref() {
            let (name, team) = team(world, name)?;
            levels(world, name, team)
        } else {
            let teams = world.plan().pack.estate.teams.iter();
            teams
                .flat_map(|(name, team)| levels(world, name, team))
                .collect()
        };
        let page = paging::page(all, args.limit, args.cursor.as_deref(), |one| {
            format!("{}/{}", one.team, one.level)
        })?;
        Ok(Seen {
            output: OnCalls {
                on_call: page.items,
                total: page.total,
                before: page.before,
                cursor: page.cursor,
            },
            shown: Vec::new(),
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![ToolExample {
            args: "{}",
            about: "All teams",
            prints: "TEAM      LEVEL  ON CALL  NAME            LOCAL  CHANNEL    UNTIL\njobs      1      @lena    Lena Ferrin     14:00  #jobs      Mon 9 Mar 00:00\nplatform  1      @mara    Mara Lindqvist  14:00  #platform  Mon 9 Mar 00:00\nplatform  2      @jon     Jon Abara       15:00  #platform  Mon 9 Mar 00:00\n",
        }]
    }
}
