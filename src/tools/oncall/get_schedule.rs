//! `oncall_get_schedule`: a team's shifts of the last and the next weeks, and whom its pages go to. Never changes one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rotation::{self, week_of};
use super::who_is_on_call::{OnCall, levels, team};
use crate::sim::World;
use crate::sim::artifact::Shown;
use crate::sim::time::SimTime;
use crate::tools::family::Family;
use crate::tools::shared::{columns, row};
use crate::tools::tool::{Look, Seen, Text, ToolError, ToolExample};

/// Weeks before and after this one.
const WEEKS: i64 = 4;

/// Reads a schedule.
pub struct GetSchedule;

/// Arguments.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The team.
    pub team: String,
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Schedule {
    /// The team.
    pub team: String,
    /// Its title.
    pub title: String,
    /// Its channel.
    pub channel: String,
    /// Who is paged now, level by level.
    pub escalation: Vec<OnCall>,
    /// Minutes that a page waits at each level before it goes to the next.
    pub escalates_after_minutes: u32,
    /// Primary shifts of four weeks before and after this one, by time.
    pub shifts: Vec<ShiftRow>,
    /// Now, in ms since the epoch.
    pub now_ms: i64,
    /// The id under which it can be pinned.
    pub artifact: String,
}

/// A shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShiftRow {
    /// When it begins, in ms since the epoch.
    pub from_ms: i64,
    /// When it ends, in ms since the epoch.
    pub until_ms: i64,
    /// Who has it.
    pub by: String,
    /// Whom they stand in for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// What they wrote beside it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Text for Schedule {
    fn text(&self) -> String {
        let mut text = format!("{}  {}\n\n", self.title, self.channel);
        for one in &self.escalation {
            text.push_str(&format!(
                "level {}  @{}  {}\n",
                one.level, one.handle, one.name
            ));
        }
        text.push_str(&format!(
            "a page goes to the next level after {} minutes\n\n",
            self.escalates_after_minutes
        ));
        let mut rows = vec![row(["", "FROM", "UNTIL", "PRIMARY"])];
        for shift in &self.shifts {
            let holds = shift.from_ms <= self.now_ms && self.now_ms < shift.until_ms;
            let day = |ms: i64| SimTime(ms).format("%a %-d %b %H:%M");
            let cover = shift
                .instead_of
                .as_ref()
                .map_or_else(String::new, |who| format!(" (for @{who})"));
            let note = if shift.note.is_empty() {
                String::new()
            } else {
                format!("  {}", shift.note)
            };
            rows.push(row([
                if holds { "*" } else { "" },
                &day(shift.from_ms),
                &day(shift.until_ms),
                &format!("@{}{cover}{note}", shift.by),
            ]));
        }
        text + &columns(&rows)
    }
}

impl Look for GetSchedule {
    type Args = Args;
    type Output = Schedule;
    const NAME: &'static str = "oncall_get_schedule";
    const FAMILY: Family = Family::OnCall;
    const ABOUT: &'static str = "Shows a team's on-call schedule and whom its pages go to";

    fn look(world: &World, args: &Args) -> Result<Seen<Schedule>, ToolError> {
        let (name, team) = team(world, &args.team)?;
        let week = week_of(world.now());
        let shifts = rotation::shifts(world, team, week - WEEKS..=week + WEEKS);
        let shown = Shown::Schedule(name.clone());
        Ok(Seen {
            output: Schedule {
                team: name.clone(),
                title: team.title.clone(),
                channel: team.channel.clone(),
                escalation: levels(world, name, team),
                escalates_after_minutes: 10,
                shifts: shifts
                    .into_iter()
                    .map(|shift| ShiftRow {
                        from_ms: shift.from.millis(),
                        until_ms: shift.until.millis(),
                        by: shift.by,
                        instead_of: shift.instead_of,
                        note: shift.note,
                    })
                    .collect(),
                now_ms: world.now().millis(),
                artifact: shown.id(),
            },
            shown: vec![shown],
        })
    }

    fn examples() -> Vec<ToolExample> {
        vec![
            ToolExample {
                args: "{\"team\":\"platform\"}",
                about: "A team's schedule",
                prints: "Platform  #platform\n\nlevel 1  @mara  Mara Lindqvist\nlevel 2  @jon  Jon Abara\na page goes to the next level after 10 minutes\n\n   FROM              UNTIL             PRIMARY\n   Mon 2 Feb 00:00   Mon 9 Feb 00:00   @mara\n   Mon 9 Feb 00:00   Mon 16 Feb 00:00  @jon\n   Mon 16 Feb 00:00  Mon 23 Feb 00:00  @mara\n   Mon 23 Feb 00:00  Mon 2 Mar 00:00   @jon\n*  Mon 2 Mar 00:00   Mon 9 Mar 00:00   @mara\n   Mon 9 Mar 00:00   Mon 16 Mar 00:00  @jon\n   Mon 16 Mar 00:00  Mon 23 Mar 00:00  @mara\n   Mon 23 Mar 00:00  Mon 30 Mar 00:00  @jon\n   Mon 30 Mar 00:00  Mon 6 Apr 00:00   @mara\n",
            },
            ToolExample {
                args: "{\"team\":\"lunch\"}",
                about: "A team that does not exist",
                prints: "oncall_get_schedule: schedule for team lunch not found\nhint: teams are jobs, platform\n",
            },
        ]
    }
}
