//! Themes: what each role looks like. Panes name roles and never a colour; a meaning is never told by colour alone.
//! The themes themselves are files under `assets/themes`.

use std::collections::BTreeMap;
use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// Declares the roles once: the enum and the list of all.
macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What a piece of the screen is, for the theme to give it a look.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        pub enum Role { $($(#[$doc])* $name),* }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

roles! {
    /// The screen's ground.
    Ground,
    /// Ordinary text.
    Base,
    /// Text of the second rank.
    Muted,
    /// Lines and text that should barely be seen.
    Faint,
    /// Text that stands out.
    Strong,
    /// The colour of the program itself.
    Accent,
    /// A border.
    Border,
    /// The border of the pane in focus.
    BorderFocus,
    /// A pane's title.
    Title,
    /// The title of the pane in focus.
    TitleFocus,
    /// The header.
    Header,
    /// Labels in the header.
    HeaderMuted,
    /// The mark that says this is a drill.
    DrillMark,
    /// A state that wants attention, on the header's ground.
    HeaderAlert,
    /// The footer's keys.
    Key,
    /// The footer's words.
    KeyText,
    /// The selected row of the pane in focus.
    Selected,
    /// The selected row of another pane.
    SelectedIdle,
    /// A tab that is not open.
    Tab,
    /// The open tab.
    TabOpen,
    /// A count that waits.
    Badge,
    /// Something is wrong.
    Alert,
    /// Something is odd.
    Warn,
    /// Something is well.
    Good,
    /// News without a judgement.
    Info,
    /// Of little weight, such as debugging.
    Debug,
    /// Whoever wrote something.
    Author,
    /// What the trainee wrote.
    Mine,
    /// A mention of the trainee.
    Mention,
    /// A channel, a link, a name that leads somewhere.
    Link,
    /// Code in a text.
    Code,
    /// Text that matched a search.
    Match,
    /// A prompt.
    Prompt,
    /// A text field.
    Field,
    /// The cell under the text cursor.
    Caret,
    /// A hint inside an empty field.
    Placeholder,
    /// Something that is kept as evidence.
    Pin,
    /// A modal's ground.
    Overlay,
    /// A modal's border.
    OverlayBorder,
    /// The loud face of an arriving page.
    Siren,
    /// The quiet face of an arriving page.
    SirenDim,
    /// An axis and its labels.
    Axis,
    /// A chart's grid.
    Grid,
    /// The cursor in a chart.
    Crosshair,
    /// An added line.
    Added,
    /// A removed line.
    Removed,
    /// Where a part of a file begins.
    Hunk,
    /// A line's number.
    LineNumber,
    /// The shadow a scrollbar runs in.
    ScrollTrack,
    /// The scrollbar.
    ScrollThumb,
    /// The logo's rows, top to bottom.
    Flame0,
    /// The second row.
    Flame1,
    /// The third row.
    Flame2,
    /// The fourth row.
    Flame3,
    /// The last row.
    Flame4,
    /// The first series of a chart.
    Series0,
    /// The second series.
    Series1,
    /// The third series.
    Series2,
    /// The fourth series.
    Series3,
    /// The fifth series.
    Series4,
    /// The sixth series.
    Series5,
    /// The seventh series.
    Series6,
    /// The eighth series.
    Series7,
}

impl Role {
    /// The role of a chart's n-th series; they repeat after eight.
    pub fn series(index: usize) -> Self {
        match index % 8 {
            0 => Self::Series0,
            1 => Self::Series1,
            2 => Self::Series2,
            3 => Self::Series3,
            4 => Self::Series4,
            5 => Self::Series5,
            6 => Self::Series6,
            _ => Self::Series7,
        }
    }
}

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// None: attributes alone.
    None,
    /// Sixteen.
    Sixteen,
    /// The palette of 256.
    Palette,
    /// All of them.
    True,
}

impl Depth {
    /// What standard output's terminal has; `NO_COLOR` and a dumb terminal have none.
    pub fn detect() -> Self {
        match supports_color::on(supports_color::Stream::Stdout) {
            None => Self::None,
            Some(level) if level.has_16m => Self::True,
            Some(level) if level.has_256 => Self::Palette,
            Some(_) => Self::Sixteen,
        }
    }
}

/// A theme could not be read. The shipped ones always can: a test reads them.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// The file is not a theme.
    #[error("theme {name}: {source}")]
    Syntax {
        /// The theme.
        name: &'static str,
        /// What is wrong and where.
        #[source]
        source: Box<ron::error::SpannedError>,
    },
    /// A colour is not one.
    #[error("theme {name}: `{colour}` is not a colour")]
    Colour {
        /// The theme.
        name: &'static str,
        /// What was written.
        colour: String,
    },
}

/// How a theme file writes one role.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "attributes of a cell are independent of one another"
)]
struct Look {
    fg: String,
    bg: String,
    bold: bool,
    dim: bool,
    italic: bool,
    underlined: bool,
    reversed: bool,
}

/// The look of every role.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: Vec<Style>,
}

const EMBER: &str = include_str!("../../assets/themes/ember.ron");
const SIXTEEN: &str = include_str!("../../assets/themes/sixteen.ron");
const PLAIN: &str = include_str!("../../assets/themes/plain.ron");

impl Theme {
    /// The theme that suits a terminal.
    pub fn for_depth(depth: Depth) -> Result<Self, ThemeError> {
        match depth {
            Depth::True => Self::read("ember", EMBER),
            Depth::Palette => Self::read("ember", EMBER).map(Self::in_palette),
            Depth::Sixteen => Self::read("sixteen", SIXTEEN),
            Depth::None => Self::read("plain", PLAIN),
        }
    }

    fn read(name: &'static str, text: &str) -> Result<Self, ThemeError> {
        let looks: BTreeMap<Role, Look> =
            ron::from_str(text).map_err(|source| ThemeError::Syntax {
                name,
                source: Box::new(source),
            })?;
        let styles = Role::ALL
            .iter()
            .map(|role| {
                looks
                    .get(role)
                    .map_or(Ok(Style::new()), |look| look.style(name))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { styles })
    }

    /// The look of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The same theme with each colour replaced by the nearest of the 256.
    fn in_palette(mut self) -> Self {
        for style in &mut self.styles {
            style.fg = style.fg.map(nearest_indexed);
            style.bg = style.bg.map(nearest_indexed);
        }
        self
    }
}

impl Look {
    fn style(&self, name: &'static str) -> Result<Style, ThemeError> {
        let mut style = Style::new();
        style.fg = colour(name, &self.fg)?;
        style.bg = colour(name, &self.bg)?;
        for (on, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.italic, Modifier::ITALIC),
            (self.underlined, Modifier::UNDERLINED),
            (self.reversed, Modifier::REVERSED),
        ] {
            if on {
                style = style.add_modifier(modifier);
            }
        }
        Ok(style)
    }
}

fn colour(name: &'static str, written: &str) -> Result<Option<Color>, ThemeError> {
    if written.is_empty() {
        return Ok(None);
    }
    Color::from_str(written)
        .map(Some)
        .map_err(|_| ThemeError::Colour {
            name,
            colour: written.to_owned(),
        })
}

/// The nearest colour of the 6x6x6 cube and the grey ramp of the 256-colour palette.
fn nearest_indexed(colour: Color) -> Color {
    const LEVELS: [i32; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(red, green, blue) = colour else {
        return colour;
    };
    let want = [i32::from(red), i32::from(green), i32::from(blue)];
    let distance = |have: [i32; 3]| -> i32 {
        want.iter()
            .zip(have)
            .map(|(want, have)| (want - have) * (want - have))
            .sum()
    };
    let axis = |value: i32| -> (usize, i32) {
        LEVELS
            .into_iter()
            .enumerate()
            .min_by_key(|(_, level)| (level - value).abs())
            .unwrap_or((0, 0))
    };
    let [(r, red), (g, green), (b, blue)] = want.map(axis);
    let cube = (distance([red, green, blue]), 16 + 36 * r + 6 * g + b);
    let step = ((want.iter().sum::<i32>() / 3 - 8 + 5) / 10).clamp(0, 23);
    let grey = 8 + 10 * step;
    let ramp = (distance([grey; 3]), 232 + step as usize);
    Color::Indexed(cube.min(ramp).1 as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_themes_name_every_role() {
        for (name, text) in [("ember", EMBER), ("sixteen", SIXTEEN), ("plain", PLAIN)] {
            let looks: BTreeMap<Role, Look> = ron::from_str(text).unwrap();
            for role in Role::ALL {
                assert!(looks.contains_key(role), "{name} lacks {role:?}");
            }
            Theme::read(name, text).unwrap();
        }
    }

    #[test]
    fn without_colour_there_are_attributes_alone() {
        let theme = Theme::for_depth(Depth::None).unwrap();
        for role in Role::ALL {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert_ne!(theme.style(Role::Selected), theme.style(Role::Base));
    }

    #[test]
    fn sixteen_colours_are_the_terminals_own() {
        let theme = Theme::for_depth(Depth::Sixteen).unwrap();
        for role in Role::ALL {
            let style = theme.style(*role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(
                    !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                    "{role:?}"
                );
            }
        }
    }

    #[test]
    fn the_palette_of_256_is_near() {
        assert_eq!(nearest_indexed(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(nearest_indexed(Color::Rgb(18, 18, 18)), Color::Indexed(233));
    }
}
