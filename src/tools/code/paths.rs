//! Arithmetic of absolute paths in the simulated machine. Never asks what is at a path.

/// A path seen from a folder, made absolute and plain: no `.`, no `..`, no doubled slashes.
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let base = if path.starts_with('/') { "" } else { folder };
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A path as seen from a folder; both are relative to the same place, and so is the result.
pub fn relative(folder: &str, path: &str) -> String {
    let split = |text: &'_ str| -> Vec<String> {
        text.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (from, to) = (split(folder), split(path));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let parts: Vec<String> = up.chain(to.into_iter().skip(common)).collect();
    if parts.is_empty() {
        "./".to_owned()
    } else {
        parts.join("/")
    }
}

/// The last component; `/` for the root.
pub fn base_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_told_apart() {
        assert_eq!(join("/a/b", "../c/./d"), "/a/c/d");
        assert_eq!(join("/a", "/x//y/"), "/x/y");
        assert_eq!(join("/", ".."), "/");
        assert_eq!(relative("a/b", "a/c"), "../c");
        assert_eq!(relative("", "a/c"), "a/c");
        assert_eq!(relative("a", "a"), "./");
        assert_eq!(base_name("/a/b/"), "b");
        assert_eq!(base_name("/"), "/");
    }
}
