//! The ids of all diagnostics of this layer, in groups by their third and fourth digit. An id never changes its meaning.

macro_rules! ids {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: &str = $id;)+
        /// Every id with what it means, in order.
        pub const ALL: &[(&str, &str)] = &[$(($id, concat!($($doc),+))),+];
    };
}

ids! {
    /// A file or folder cannot be read.
    UNREADABLE = "FD0001";
    /// A file is larger than 1 MiB.
    FILE_TOO_LARGE = "FD0002";
    /// There are more than 512 files, or more than 32 MiB of them.
    TOO_MANY_FILES = "FD0003";
    /// A file is not UTF-8.
    NOT_UTF8 = "FD0004";
    /// A file holds control characters.
    CONTROL_IN_FILE = "FD0005";
    /// A file is not used by anything.
    UNUSED_FILE = "FD0006";
    /// A link, pipe or device where a file should be.
    NOT_A_FILE = "FD0007";
    /// There is no scenario or estate of this name.
    NOT_FOUND = "FD0008";
    /// The RON files of one estate or scenario are more than 4 MiB together.
    TOO_MUCH_RON = "FD0009";

    /// The text is not well-formed RON.
    SYNTAX = "FD0101";
    /// A field that the format does not have.
    UNKNOWN_FIELD = "FD0102";
    /// A variant that the format does not have.
    UNKNOWN_VARIANT = "FD0103";
    /// A required field is missing.
    MISSING_FIELD = "FD0104";
    /// A value of the wrong type.
    WRONG_TYPE = "FD0105";
    /// A variant with values it does not take, or without those it needs.
    WRONG_SHAPE = "FD0106";
    /// A name is given twice in a map.
    NAME_TWICE = "FD0107";
    /// A field is given twice.
    FIELD_TWICE = "FD0108";
    /// A duration, instant, rate, size or delay that cannot be read.
    BAD_VALUE = "FD0109";
    /// A whole number that its field cannot hold.
    OUT_OF_RANGE = "FD0110";
    /// A number that is infinite or not a number.
    NOT_FINITE = "FD0111";
    /// A text holds control characters.
    CONTROL_IN_TEXT = "FD0112";
    /// A commit file that cannot be read.
    COMMIT_FORM = "FD0113";

    /// A service that does not exist.
    NO_SERVICE = "FD0201";
    /// A route that its service does not have.
    NO_ROUTE = "FD0202";
    /// A fault that does not exist.
    NO_FAULT = "FD0203";
    /// A person who does not exist.
    NO_PERSON = "FD0204";
    /// A channel that does not exist.
    NO_CHANNEL = "FD0205";
    /// A metric that nothing brings.
    NO_METRIC = "FD0206";
    /// A topic that does not exist.
    NO_TOPIC = "FD0207";
    /// A consumer group that does not exist.
    NO_GROUP = "FD0208";
    /// A commit that does not exist.
    NO_COMMIT = "FD0209";
    /// A file of a repository that does not exist.
    NO_FILE = "FD0210";
    /// A scripted message that does not exist.
    NO_MESSAGE = "FD0211";
    /// A wiki page that does not exist.
    NO_WIKI_PAGE = "FD0212";
    /// A Sentry issue that does not exist.
    NO_SENTRY_ISSUE = "FD0213";
    /// An incident of the paging system that does not exist.
    NO_INCIDENT = "FD0214";
    /// A ticket that does not exist.
    NO_TICKET = "FD0215";
    /// A team that does not exist.
    NO_TEAM = "FD0216";
    /// A namespace that does not exist.
    NO_NAMESPACE = "FD0217";
    /// A node or zone that does not exist.
    NO_NODE = "FD0218";
    /// A feature flag that does not exist.
    NO_FLAG = "FD0219";
    /// A declared fact that does not exist.
    NO_FACT = "FD0220";
    /// A driver that does not exist.
    NO_DRIVER = "FD0221";
    /// A stock that does not exist.
    NO_STOCK = "FD0222";
    /// A cron job that does not exist.
    NO_JOB = "FD0223";
    /// An alert that does not exist.
    NO_ALERT = "FD0224";
    /// A clue that does not exist.
    NO_CLUE = "FD0225";
    /// A red herring that does not exist.
    NO_HERRING = "FD0226";
    /// A tag that is not among its service's releases.
    NO_RELEASE = "FD0227";
    /// A repository that does not exist.
    NO_REPOSITORY = "FD0228";
    /// A Kafka cluster, Valkey or PostgreSQL server, or table that does not exist.
    NO_SERVER = "FD0229";
    /// An outcome class or log template that does not exist.
    NO_CLASS = "FD0230";
    /// A text beside the RON files that does not exist: a briefing, a chatter file.
    NO_TEXT = "FD0231";
    /// A Kubernetes object that does not exist.
    NO_OBJECT = "FD0232";
    /// An incident or component of a status page, or a supplier with one, that does not exist.
    NO_STATUS = "FD0233";
    /// An alarm of the cloud account that does not exist.
    NO_ALARM = "FD0234";
    /// A resource of the infrastructure's state that does not exist.
    NO_RESOURCE = "FD0235";
    /// A system whose calls cannot be limited, or that does not exist.
    NO_SYSTEM = "FD0236";

    /// Faults that cause each other at once, without a delay.
    CYCLE_AT_ONCE = "FD0301";
    /// Faults that cause each other, and nothing that anybody can do ends it.
    CYCLE_FOR_EVER = "FD0302";
    /// A clue that nothing shows.
    CLUE_UNSEEN = "FD0303";
    /// A fault that no clue reveals.
    FAULT_UNREVEALED = "FD0304";
    /// Steps of the answer's path that the causal graph does not join.
    PATH_BROKEN = "FD0305";
    /// A fault that has not exactly three hints.
    HINTS = "FD0306";
    /// A red herring that nothing shows or nothing refutes.
    HERRING_UNREFUTED = "FD0307";
    /// Routes that call each other in a circle.
    CALL_CYCLE = "FD0308";
    /// An answer without a root, or with a root that is not on its path.
    ANSWER_ROOT = "FD0309";
    /// An artifact that nothing of the estate and the scenario ever shows.
    ARTIFACT_UNSEEN = "FD0310";
    /// A message in the thread of one that is in a thread itself.
    THREAD = "FD0311";
    /// Recording rules that ask for each other in a circle, or one after the other too often.
    RULE_CYCLE = "FD0312";

    /// A share that is not between 0 and 1.
    SHARE = "FD0401";
    /// A number that makes no sense where it stands.
    NUMBER = "FD0402";
    /// The page is not at a whole minute.
    STARTS = "FD0403";
    /// Two pins of the same events with windows that overlap.
    PINS_OVERLAP = "FD0404";
    /// A window that ends before it begins, or a pin that ends after the page.
    WINDOW = "FD0405";
    /// Not 24 hours or not 7 days.
    SHAPE = "FD0406";
    /// A moment outside the drill and its history.
    MOMENT = "FD0407";
    /// Releases, points or offsets that are not in the order of time.
    ORDER = "FD0408";
    /// A duration outside what is possible there.
    DURATION = "FD0409";
    /// Bounds or percentiles that contradict each other.
    BOUNDS = "FD0410";

    /// A log template that cannot be read, or with a field that nothing binds.
    TEMPLATE = "FD0501";
    /// A figure in a message that does not exist.
    FIGURE = "FD0502";
    /// A regular expression that does not compile or is too large.
    REGEX = "FD0503";
    /// PromQL that cannot be read.
    PROMQL = "FD0504";
    /// A schedule that is not five cron fields.
    CRON = "FD0505";
    /// A commit that does not apply.
    COMMIT = "FD0506";
    /// A commit by somebody who does not exist.
    COMMIT_AUTHOR = "FD0507";
    /// A name that its system would not take.
    NAME = "FD0508";
    /// A text that must not be empty.
    EMPTY = "FD0509";
    /// A template of an alert's label or annotation that cannot be read, or asks for what there is not.
    ALERT_TEMPLATE = "FD0510";

    /// Too many of something.
    TOO_MANY = "FD0601";
    /// A condition that is nested too deep.
    CONDITION_DEPTH = "FD0602";
    /// More pods than a drill can have.
    TOO_MANY_PODS = "FD0603";
    /// More log lines or requests a second than a drill can have.
    TOO_FAST = "FD0604";
    /// A name or a text that is longer than anybody reads.
    TOO_LONG = "FD0605";
    /// Calls that go deeper from service to service than a request is followed.
    CALL_DEPTH = "FD0606";
    /// More problems than are listed.
    MORE_PROBLEMS = "FD0607";
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_in_order_and_unique() {
        assert!(super::ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(
            super::ALL
                .iter()
                .all(|(id, _)| id.len() == 6 && id.starts_with("FD"))
        );
    }
}
