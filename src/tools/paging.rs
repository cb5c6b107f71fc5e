//! Pages of long lists: a limit and a cursor, and nothing cut silently. Never sorts.

use super::tool::ToolError;

/// Items of a page when no limit is given.
pub const USUAL: usize = 30;
/// No page has more items.
pub const MOST: usize = 200;

/// [`USUAL`], for serde's defaults.
pub fn usual() -> usize {
    USUAL
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// How many the whole list has.
    pub total: usize,
    /// How many come before this page.
    pub before: usize,
    /// Give this to read what follows; none when nothing does.
    pub cursor: Option<String>,
}

/// The page after a cursor. A cursor names the last item of the page before it, so what is added in front moves nothing.
///
/// # Errors
/// When the cursor names no item of the list.
pub fn page<T>(
    all: Vec<T>,
    limit: usize,
    cursor: Option<&str>,
    name: impl Fn(&T) -> String,
) -> Result<Page<T>, ToolError> {
    let total = all.len();
    let before = match cursor {
        None => 0,
        Some(cursor) => all
            .iter()
            .position(|item| name(item) == cursor)
            .map(|at| at + 1)
            .ok_or_else(|| ToolError {
                message: format!("cursor {cursor:?} names nothing of this list"),
                hint: Some("leave it out to begin again".to_owned()),
            })?,
    };
    let items: Vec<T> = all
        .into_iter()
        .skip(before)
        .take(limit.clamp(1, MOST))
        .collect();
    let more = before + items.len() < total;
    let cursor = items.last().filter(|_| more).map(name);
    Ok(Page {
        items,
        total,
        before,
        cursor,
    })
}

/// The line under a page of which there is more.
pub fn footer(shown: usize, before: usize, total: usize, cursor: Option<&str>) -> String {
    match cursor {
        None => String::new(),
        Some(cursor) => format!(
            "({} to {} of {total}; next page: --cursor {cursor})\n",
            before + 1,
            before + shown
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(limit: usize, cursor: Option<&str>) -> Result<Page<u32>, ToolError> {
        page((1..=7).collect(), limit, cursor, u32::to_string)
    }

    #[test]
    fn pages_join_to_the_whole_list() {
        let (mut joined, mut cursor) = (Vec::new(), None);
        loop {
            let page = numbers(3, cursor.as_deref()).unwrap();
            assert_eq!((page.total, page.before), (7, joined.len()));
            joined.extend(page.items);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(joined, (1..=7).collect::<Vec<u32>>());
    }

    #[test]
    fn a_page_that_ends_the_list_has_no_cursor() {
        assert_eq!(numbers(7, None).unwrap().cursor, None);
        assert_eq!(numbers(0, Some("6")).unwrap().items, [7]);
        assert!(numbers(3, Some("8")).is_err());
        assert_eq!(
            footer(3, 3, 7, Some("6")),
            "(4 to 6 of 7; next page: --cursor 6)\n"
        );
    }
}
