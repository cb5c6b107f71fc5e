//! Every verb a key or the palette can mean, each with a label for the footer and a sentence for the help.

use serde::Deserialize;

/// Declares the verbs once: the enum, the list of all, labels and sentences.
macro_rules! verbs {
    ($($name:ident $label:literal $sentence:literal)*) => {
        /// What a key means, before a pane or screen says what that does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        pub enum Verb { $(#[doc = $sentence] $name),* }

        impl Verb {
            /// Every verb.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// One or two words for the footer.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }

            /// One sentence that says what it does.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence),* }
            }
        }
    };
}

verbs! {
    Up "up" "Move up one row."
    Down "down" "Move down one row."
    Left "left" "Move left: to the list beside, to an earlier time, or fold."
    Right "right" "Move right: to the list beside, to a later time, or unfold."
    PageUp "page up" "Move up one screen."
    PageDown "page down" "Move down one screen."
    Top "first" "Go to the first row."
    Bottom "last" "Go to the last row; lists that grow follow it from there."
    Open "open" "Open the selected row."
    Back "back" "Go back one step, close what is open, clear a filter."
    Complete "complete" "Complete the word under the cursor, or take the next candidate."
    NextField "next field" "Go to the next field of the form."
    PreviousField "previous field" "Go to the previous field of the form."
    Submit "accept" "Accept what was typed or chosen."
    Slack "Slack" "Go to Slack: channels, threads, mentions."
    Logs "Logs" "Go to the logs."
    Metrics "Metrics" "Go to the metrics."
    Shell "Shell" "Go to the shell: kubectl, git, psql and the rest."
    Pager "Pager" "Go to the pager: pages and what happened to them."
    Changes "Changes" "Go to the changes: commits and rollouts."
    Code "Code" "Go to the code: files of the repositories."
    Notebook "Notebook" "Go to the notebook: evidence, hypotheses, hints, claim, report."
    Browser "Browse" "Go to the browser: Kubernetes, errors, tickets, wiki, flags, CI, cloud and the rest, as lists."
    Traces "Traces" "Go to the traces: what requests waited for."
    NextPane "next pane" "Go to the next pane."
    PreviousPane "previous pane" "Go to the previous pane."
    NextSection "next section" "Go to the next section."
    PreviousSection "previous section" "Go to the previous section."
    Zoom "zoom" "Give the pane the whole screen, or put it back."
    Palette "commands" "Open the command palette: every command, found by a few letters."
    Filter "filter" "Filter what the pane shows, as you type."
    Help "help" "Show the keys of the pane in focus."
    Quit "quit" "Leave; asks first while a drill runs."
    Pause "pause" "Stop the clock or start it; a scored drill is covered while it stands."
    Faster "faster" "Let the clock run faster, up to 30 times."
    Slower "slower" "Let the clock run slower, down to real time."
    Skip "skip ahead" "Move the clock to the next thing that you can see."
    Freeze "freeze" "Hold the pane still while time goes on, or let it follow again."
    Pin "pin" "Keep the selected line, message, change or chart as evidence."
    Acknowledge "acknowledge" "Take the page: somebody is on it."
    Resolve "resolve" "Resolve the page: customers are served again."
    HandOver "hand over" "Hand the incident over to somebody else, which ends the drill."
    GiveUp "give up" "End the drill without an answer and read the debrief."
    Compose "write" "Write a message to the channel or thread."
    Reply "reply" "Open the message's thread and write a reply."
    NextMention "next mention" "Go to the next message that mentions you."
    NextUnread "next unread" "Go to the next channel with unread messages."
    LevelUp "fewer levels" "Show only more serious lines."
    LevelDown "more levels" "Show less serious lines too."
    PickService "service" "Choose whose lines are shown."
    Follow "follow" "Follow the newest line."
    Wrap "wrap" "Break long lines, or cut them."
    SamePod "same pod" "Show the lines of the selected line's pod around it."
    SameTrace "same trace" "Show the lines of the selected line's trace."
    Kinds "kinds" "Group lines by kind, of the last hour or since the selected line; or show lines again."
    NewKinds "new kinds" "Show only kinds of lines that there were none of before then."
    OpenTrace "trace" "Open the trace of the selected line; in a chart, the slowest traces of the moment under the cursor."
    TraceOrder "order" "Show failed traces first, slow ones, or the newest."
    FailedOnly "failed only" "Show only traces that failed, or all."
    Compare "compare" "Choose a trace, then another to be compared with it; once more to end it."
    TraceLogs "its lines" "Show the log lines of the trace."
    PickMetric "pick metric" "Choose a metric from the list, with search."
    EditQuery "edit query" "Edit the selected query."
    AddQuery "add query" "Add a query beside the others."
    DropQuery "drop query" "Remove the selected query."
    LongerRange "longer" "Show a longer time range."
    ShorterRange "shorter" "Show a shorter time range."
    Earlier "earlier" "Move the time range back by half of it."
    Later "later" "Move the time range forward by half of it."
    Solo "solo" "Show the selected series alone, or all again."
    Dashboards "dashboards" "Choose a dashboard: the company's own, or rate, errors and duration of a service."
    Panels "panels" "Show each query in a panel of its own, or all in one chart."
    Yesterday "yesterday" "Draw the same time of the day before beside it, or no longer."
    ShowLogs "logs of then" "Show the logs of the moment under the cursor, of the selected series' service."
    Type "type" "Type a command."
    Interrupt "interrupt" "Interrupt the running command, or clear the line."
    ClearScreen "clear" "Clear the shell's screen."
    HistorySearch "history" "Search the commands typed before."
    Edit "edit" "Edit the selected thing."
    ExternalEditor "$EDITOR" "Edit in the program that $EDITOR names."
    Save "save" "Save what was edited."
    NewHypothesis "hypothesis" "Write a new hypothesis."
    Delete "delete" "Delete the selected thing; asks first where it matters."
    Supports "for" "Count the pin for the chosen hypothesis, or no longer."
    Contradicts "against" "Count the pin against the chosen hypothesis, or no longer."
    Claim "claim" "Name the cause: component, mechanism, why now, with evidence."
    Search "search" "Have the system itself search: JQL, words of pages, the beginning of names."
    Describe "describe" "Describe the selected thing."
    Yaml "yaml" "Show the selected thing as YAML."
    ShowOutput "logs" "Show the newest lines that the selected thing wrote."
    NextCommand "next command" "Go to the next command of the page; Enter puts it into the shell's line."
    PreviousCommand "previous command" "Go to the previous command of the page."
    Begin "begin" "Start the clock: the pager rings."
    Confirm "yes" "Yes, do it."
    Decline "no" "No, leave it."
    Practice "practice" "Choose between a scored drill and a practice one."
    OtherList "other list" "Go to the other list."
}
