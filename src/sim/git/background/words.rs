//! The words of background commits: sentences for readmes, lines for changelogs. Generic on purpose: they must be true of
//! any service and say nothing of any incident.

/// Lines that a readme can gain.
pub(super) const README_LINES: [&str; 24] = [
    "Run the tests with the same command that the pipeline uses.",
    "Questions about this service go to its channel, not to a person.",
    "Local runs read their settings from the environment, as in production.",
    "The dashboard has a panel for every route of this service.",
    "Please keep this page short: details belong in the wiki.",
    "Formatting is checked in review; run the formatter before you push.",
    "Interfaces are described in one place; generate the stubs after a change.",
    "New settings need a line in the table of settings.",
    "Log lines are structured: add fields rather than prose.",
    "Health is reported on its own port.",
    "Feature branches are deleted after their merge.",
    "Dependencies are updated every other week.",
    "The owner of this folder is in CODEOWNERS.",
    "Use the shared client for calls to other services.",
    "Traces carry the name of the route, never a customer's data.",
    "Start the neighbours with the compose file before an end-to-end run.",
    "Images are built by the pipeline only.",
    "A change of a public field needs a note in the changelog.",
    "Fixtures are small on purpose; extend them sparingly.",
    "Errors are wrapped with what was being tried.",
    "Run the linter with its defaults.",
    "Metrics follow the naming guide.",
    "Tests must not need the network.",
    "Numbers with units carry the unit in their name.",
];

/// What a changelog says was done.
pub(super) const CHANGELOG_VERBS: [&str; 8] = [
    "Tidy",
    "Document",
    "Reword",
    "Simplify",
    "Rename variables in",
    "Group",
    "Sort",
    "Clarify",
];

/// To what.
pub(super) const CHANGELOG_THINGS: [&str; 18] = [
    "the imports",
    "the test fixtures",
    "the names of test cases",
    "the start-up banner",
    "the build script's output",
    "the list of owners",
    "the table of settings",
    "the example requests",
    "the local set-up steps",
    "the error messages of the linter",
    "the order of fields in the fixtures",
    "the comments of the public interface",
    "the review checklist",
    "the make targets",
    "the folder layout in the readme",
    "the links to the wiki",
    "the licence headers",
    "the helper functions of the tests",
];
