//! The debrief as the viewer shows it: sections of blocks. Plain data.

/// A debrief.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The scenario's title.
    pub title: String,
    /// How it ended, in one sentence.
    pub verdict: String,
    /// Points.
    pub points: u32,
    /// The most points there are.
    pub out_of: u32,
    /// Whether it went well.
    pub is_win: bool,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// The trainee's incident report as it is kept.
    pub incident: String,
    /// Whether the incident report can still be written.
    pub is_open: bool,
}

/// A part of a debrief.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// What a section is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A paragraph, wrapped to the screen.
    Text(String),
    /// Points, one a line, each with how it went.
    Points(Vec<(Tone, String)>),
    /// A table; the first row names the columns.
    Table(Vec<Vec<String>>),
    /// Lines as they are, such as a drawn graph.
    Drawing(Vec<(Tone, String)>),
    /// What happened, with how it went.
    Timeline(Vec<TimelineEntry>),
    /// The impact over time, with marks on it.
    Impact(Impact),
}

/// How something went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// Good.
    Good,
    /// Missed, or could have been better.
    Missed,
    /// Bad.
    Bad,
}

/// One thing that happened, for the debrief.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When.
    pub at_ms: i64,
    /// What.
    pub what: String,
    /// How it went.
    pub tone: Tone,
}

/// Impact over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// The instants, rising.
    pub times: Vec<i64>,
    /// What is drawn: `customers affected`.
    pub title: String,
    /// Named curves over the instants: the run, doing nothing, the author's par.
    pub curves: Vec<(String, Vec<f64>)>,
    /// What the trainee did.
    pub marks: Vec<super::Mark>,
}
