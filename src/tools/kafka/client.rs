//! How Kafka's tools read their options and fail to connect, word for word. Never what they print when all is well.

use super::view::Cluster;
use crate::sim::World;
use crate::tools::program::Run;

/// An option: its name without dashes and whether it takes a value.
pub type Known = (&'static str, bool);

/// Options as given.
#[derive(Debug, Default)]
pub struct Options {
    given: Vec<(&'static str, Vec<String>)>,
}

impl Options {
    /// Reads options as Kafka's tools do: `--name value` or `--name=value`. The error is what the tool prints first.
    pub fn read(argv: &[String], known: &[Known]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut rest = argv.iter().peekable();
        while let Some(word) = rest.next() {
            let Some(name) = word.strip_prefix("--") else {
                return Err(format!("{word} is not a recognized option"));
            };
            let (name, given) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (name, None),
            };
            let Some((name, valued)) = known.iter().find(|(option, _)| *option == name) else {
                return Err(format!("{name} is not a recognized option"));
            };
            let value = match (valued, given) {
                (false, _) => None,
                (true, Some(value)) => Some(value),
                (true, None) => {
                    let next = rest.next_if(|next| !next.starts_with("--"));
                    Some(
                        next.cloned()
                            .ok_or_else(|| format!("Option {name} requires an argument"))?,
                    )
                }
            };
            match options.given.iter_mut().find(|(option, _)| option == name) {
                Some((_, values)) => values.extend(value),
                None => options.given.push((name, value.into_iter().collect())),
            }
        }
        Ok(options)
    }

    /// Whether an option was given.
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(option, _)| *option == name)
    }

    /// The first value of an option.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).first().map(String::as_str)
    }

    /// All values of an option.
    pub fn values(&self, name: &str) -> &[String] {
        let found = self.given.iter().find(|(option, _)| *option == name);
        found.map_or(&[], |(_, values)| values.as_slice())
    }

    /// Which of some options were given.
    pub fn actions<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        names
            .iter()
            .copied()
            .filter(|name| self.has(name))
            .collect()
    }
}

/// The brokers of this company, for those who forgot where to connect.
fn brokers(world: &World) -> String {
    let clusters = world.plan().pack.estate.kafka.values();
    let all: Vec<&str> = clusters.map(|cluster| cluster.bootstrap.as_str()).collect();
    all.join(" or ")
}

/// Connects, or prints how the tool fails to.
///
/// # Errors
/// What the tool prints instead.
pub fn connect<'a>(world: &'a World, options: &Options) -> Result<Cluster<'a>, Run> {
    let Some(bootstrap) = options.value("bootstrap-server") else {
        let text = format!(
            "Missing required argument \"[bootstrap-server]\"\n(brokers here listen on {})\n",
            brokers(world)
        );
        return Err(Run::failed(text, 1));
    };
    let Some(cluster) = Cluster::at(world, bootstrap) else {
        let host = bootstrap.split(':').next().unwrap_or_default();
        let at = world.now().format("%Y-%m-%d %H:%M:%S,%3f");
        let text = format!(
            "[{at}] WARN Couldn't resolve server {bootstrap} from bootstrap.servers as DNS resolution failed for {host} (org.apache.kafka.clients.ClientUtils)\n\
             Exception in thread \"main\" org.apache.kafka.common.KafkaException: Failed to create new KafkaAdminClient\n\
             Caused by: org.apache.kafka.common.config.ConfigException: No resolvable bootstrap urls given in bootstrap.servers\n\
             (brokers here listen on {})\n",
            brokers(world)
        );
        return Err(Run::failed(text, 1));
    };
    if cluster.answers() {
        Ok(cluster)
    } else {
        let at = world.now().format("%Y-%m-%d %H:%M:%S,%3f");
        let host = cluster.host();
        let text = format!(
            "[{at}] WARN [AdminClient clientId=adminclient-1] Connection to node -1 ({host}:{}) could not be established. Node may not be available. (org.apache.kafka.clients.NetworkClient)\n\
             Error: org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment.\n",
            cluster.port()
        );
        Err(Run::failed(text, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KNOWN: [Known; 3] = [("list", false), ("topic", true), ("group", true)];

    fn read(line: &str) -> Result<Options, String> {
        let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&argv, &KNOWN)
    }

    #[test]
    fn options_read_and_fail_as_the_real_tools_do() {
        let options = read("--list --topic a --topic=b").unwrap();
        assert!(options.has("list") && !options.has("group"));
        assert_eq!(options.values("topic"), ["a", "b"]);
        assert_eq!(read("--lst").unwrap_err(), "lst is not a recognized option");
        assert_eq!(
            read("--topic --list").unwrap_err(),
            "Option topic requires an argument"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_words_are_read_or_refused(argv in proptest::collection::vec(".{0,12}", 0..8)) {
            let _ = Options::read(&argv, &KNOWN);
        }
    }
}
