//! Which folder drills are saved in. Never makes it and never looks into it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How much of a `Cargo.toml` is read to find the package's name.
const LONGEST_MANIFEST: u64 = 64 * 1024;

/// Why a folder was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// `--saves` on the command line.
    Flag,
    /// The program runs inside a checkout of its own source.
    Checkout,
    /// The platform's folder for a program's data.
    Platform,
}

/// The folder that drills are saved in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavesFolder {
    /// The folder; it need not exist yet.
    pub path: PathBuf,
    /// Why this one.
    pub chosen_by: ChosenBy,
}

/// There is no folder to save in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this machine names no home folder to save drills in: say where with --saves DIR")]
pub struct NoSavesFolder;

/// Chooses the folder: the flag, else `saves/` of the checkout that `working_folder` lies in, else the platform's.
///
/// # Errors
/// If there is neither and the platform names no home folder.
pub fn saves_folder(
    flag: Option<&Path>,
    working_folder: &Path,
) -> Result<SavesFolder, NoSavesFolder> {
    if let Some(path) = flag {
        return Ok(SavesFolder {
            path: path.to_owned(),
            chosen_by: ChosenBy::Flag,
        });
    }
    if let Some(checkout) = working_folder.ancestors().find(|at| is_checkout(at)) {
        return Ok(SavesFolder {
            path: checkout.join("saves"),
            chosen_by: ChosenBy::Checkout,
        });
    }
    let folders = directories::ProjectDirs::from("", "", "firedrill").ok_or(NoSavesFolder)?;
    Ok(SavesFolder {
        path: folders.data_dir().join("saves"),
        chosen_by: ChosenBy::Platform,
    })
}

fn is_checkout(folder: &Path) -> bool {
    let mut manifest = String::new();
    File::open(folder.join("Cargo.toml"))
        .and_then(|file| file.take(LONGEST_MANIFEST).read_to_string(&mut manifest))
        .is_ok()
        && package_name(&manifest) == Some("firedrill")
}

/// The name in a manifest's `[package]` table. Enough of TOML for a manifest that cargo itself wrote or a person formatted.
fn package_name(manifest: &str) -> Option<&str> {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[package]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| {
            let value = line.strip_prefix("name")?.trim_start().strip_prefix('=')?;
            value.trim_start().strip_prefix('"')?.split('"').next()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_packages_and_no_other() {
        assert_eq!(
            package_name("[package]\nversion = \"1\"\nname = \"firedrill\" # us\n"),
            Some("firedrill")
        );
        assert_eq!(package_name("[package]\nname=\"other\"\n"), Some("other"));
        assert_eq!(
            package_name(
                "[[bin]]\nname = \"firedrill\"\n[package]\nversion = \"1\"\n[lib]\nname = \"firedrill\"\n"
            ),
            None
        );
        assert_eq!(package_name("name = \"firedrill\"\n"), None);
        assert_eq!(package_name(""), None);
    }

    #[test]
    fn the_flag_comes_before_the_checkout_and_the_checkout_before_the_platform() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("src").join("deep");
        std::fs::create_dir_all(&inside).unwrap();
        // The root, as a temporary folder may itself lie in a checkout.
        let platform = saves_folder(None, inside.ancestors().last().unwrap()).unwrap();
        assert_eq!(platform.chosen_by, ChosenBy::Platform);

        std::fs::write(
            folder.path().join("Cargo.toml"),
            "[package]\nname = \"firedrill\"\n",
        )
        .unwrap();
        let checkout = saves_folder(None, &inside).unwrap();
        assert_eq!(
            checkout,
            SavesFolder {
                path: folder.path().join("saves"),
                chosen_by: ChosenBy::Checkout
            }
        );

        let flag = saves_folder(Some(Path::new("elsewhere")), &inside).unwrap();
        assert_eq!(
            flag,
            SavesFolder {
                path: PathBuf::from("elsewhere"),
                chosen_by: ChosenBy::Flag
            }
        );
    }
}
