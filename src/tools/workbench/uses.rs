//! Uses of tools by name: looks journaled as calls, acts as commands. Never words an answer itself.

use std::sync::Arc;

use serde_json::Value;

use super::Workbench;
use crate::session::journal::Door;
use crate::session::{Answer, Call, Entry};
use crate::tools::program::{Place, Run};
use crate::tools::registry::program_call;

impl Workbench {
    /// Uses a tool that looks or acts, with its arguments as JSON; `None` when there is none of that name. Arguments that
    /// cannot be read are an answer with code 2; they cost nothing and leave no trace.
    pub fn use_tool(&mut self, door: Door, name: &str, args: &Value) -> Option<Answer> {
        let registry = Arc::clone(&self.registry);
        if let Some(tool) = registry.tool(name) {
            let args = match tool.read(args) {
                Ok(args) => args,
                Err(answer) => return Some(answer),
            };
            let Some(line) = tool.line(self.session.world(), &args) else {
                let call = Call {
                    tool: name.to_owned(),
                    args,
                };
                return Some(self.look(door, call));
            };
            let place = line
                .cwd
                .map_or_else(|| self.shell.place.clone(), |cwd| Place { cwd });
            let (program, argv) = line.argv.split_first()?;
            let printed = self.look(door, program_call(program, &place, argv, ""));
            if printed.code != 0 {
                return Some(printed);
            }
            let data = tool.answer(self.session.world(), &args).data;
            return Some(Answer { data, ..printed });
        }
        let change = registry.change(name)?;
        Some(match change.run(self.session.world(), args) {
            // Refused before anything was done: no time passes for it.
            Run::Answer(answer) => answer,
            Run::Act(_) => {
                self.session.spend(change.cost(args));
                let run = change.run(self.session.world(), args);
                self.finish(door, Some(run))
            }
        })
    }

    /// What the calls showed that were journaled after so many records: a line of the shell can hold several.
    pub fn shown_since(&self, records: usize) -> Vec<crate::sim::artifact::Shown> {
        let records = self.session.journal().records().iter().skip(records);
        records
            .filter_map(|record| match &record.intent.entry {
                Entry::Call(call) => Some(self.peek(call).shown),
                _ => None,
            })
            .flatten()
            .collect()
    }

    /// Journals a look and answers it.
    pub(super) fn look(&mut self, door: Door, call: Call) -> Answer {
        let name = call.tool.clone();
        match self.session.call(door, call) {
            Ok(answer) => answer,
            Err(error) => Answer::failed(format!("{name}: {error}\n"), 1),
        }
    }

    /// Does what a run wants, after the time it takes has passed.
    pub(super) fn finish(&mut self, door: Door, run: Option<Run>) -> Answer {
        match run {
            None => Answer::default(),
            Some(Run::Answer(answer)) => answer,
            Some(Run::Act(act)) => super::host::carry_out(&mut self.session, door, act).0,
        }
    }
}
