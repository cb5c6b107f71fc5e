//! The page `docs/tools.md`, made from the registry. Never says anything that the registry does not.

use super::family::Family;
use super::registry::Registry;

/// The page: each family with its tools and programs, each with its examples.
pub fn page(registry: &Registry) -> String {
    let mut page = String::from(
        "# Tools and programs\n\nGenerated from the registry. Tools take JSON arguments (in panes and over MCP); programs are typed in the shell.\n\
         The answers are those of the tests' small scenario at its page.\n",
    );
    for family in Family::ALL {
        let tools: Vec<_> = registry
            .tools()
            .filter(|tool| tool.family() == family)
            .collect();
        let programs: Vec<_> = registry
            .programs()
            .filter(|program| program.family() == family)
            .collect();
        let changes: Vec<_> = registry
            .changes()
            .filter(|tool| tool.family() == family)
            .collect();
        if tools.is_empty() && changes.is_empty() && programs.is_empty() {
            continue;
        }
        page.push_str(&format!("\n## {family:?}\n"));
        for tool in tools {
            page.push_str(&format!("\n### `{}`\n\n{}.\n", tool.name(), tool.about()));
            for example in tool.examples() {
                block(&mut page, example.about, example.args, example.prints);
            }
        }
        for tool in changes {
            page.push_str(&format!("\n### `{}`\n\n{}.\n", tool.name(), tool.about()));
            for example in tool.examples() {
                block(&mut page, example.about, example.args, example.prints);
            }
        }
        for program in programs {
            page.push_str(&format!(
                "\n### `{}`\n\n{}.\n",
                program.name(),
                program.about()
            ));
            for example in program.examples() {
                block(
                    &mut page,
                    example.about,
                    &format!("$ {}", example.line),
                    example.prints,
                );
            }
        }
    }
    page
}

fn block(page: &mut String, about: &str, line: &str, prints: &str) {
    page.push_str(&format!(
        "\n{about}:\n\n```text\n{line}\n{}\n```\n",
        prints.trim_end()
    ));
}
