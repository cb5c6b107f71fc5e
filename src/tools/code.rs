//! Reading files and text as the usual programs do: `ls`, `cat`, `grep`, `find`, `sed` and the filters of a pipe. Read-only;
//! never touches the host's disk.

pub mod awk;
pub mod cat;
pub mod cut;
pub mod diff;
pub mod find;
pub mod glob;
pub mod grep;
pub mod head;
pub mod jq;
pub mod list_files;
pub mod ls;
pub mod options;
pub mod paths;
pub mod posix;
pub mod printf;
pub mod read_file;
pub mod search;
pub mod sed;
pub mod small;
pub mod sort;
pub mod text;
pub mod tr;
pub mod walk;
pub mod wc;
pub mod write_file;

use super::program::Program;
use text::Tool;

/// Every text program. A new one is listed here and nowhere else.
const TOOLS: [Tool; 22] = [
    jq::TOOL,
    awk::AWK,
    awk::GAWK,
    cat::CAT,
    cat::TAC,
    cut::CUT,
    cut::PASTE,
    diff::TOOL,
    find::TOOL,
    grep::EGREP,
    grep::GREP,
    head::HEAD,
    head::TAIL,
    ls::TOOL,
    printf::ECHO,
    printf::PRINTF,
    sed::TOOL,
    sort::SORT,
    sort::UNIQ,
    tr::TOOL,
    wc::TOOL,
    small::TOOLS[0],
];

/// A text program by name.
pub fn tool(name: &str) -> Option<Tool> {
    let all = TOOLS.iter().chain(&small::TOOLS);
    all.copied().find(|tool| tool.name == name)
}

/// All text programs, for the registry.
pub fn programs() -> Vec<Box<dyn Program>> {
    let all = TOOLS.into_iter().chain(small::TOOLS.into_iter().skip(1));
    all.map(|tool| Box::new(tool) as Box<dyn Program>).collect()
}
