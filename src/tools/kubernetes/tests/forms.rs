//! Forms of lists, descriptions and documents.

use super::fixture::world;

#[test]
fn dump() {
    let mut world = world();
    for line in std::env::var("KUBE_DUMP")
        .unwrap_or_default()
        .split(';')
        .map(str::trim)
        .filter(|l| !l.is_empty())
    {
        if let Some(secs) = line.strip_prefix("pass ") {
            world.pass(crate::sim::time::Span::from_secs(secs.parse().unwrap()));
            continue;
        }
        let line = line
            .replace("{web}", &world.pod("web", 0))
            .replace("{desk}", &world.pod("desk", 1));
        let out = world.act(&line);
        println!(
            "$ kubectl {line}\n{}--- stderr\n{}--- exit {} commands {}",
            out.stdout,
            out.stderr,
            out.code,
            out.commands.len()
        );
    }
}
