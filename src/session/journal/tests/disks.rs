//! The journal on disks that are full, read-only, failing or in use. Only tests.

use std::sync::Arc;

use super::*;
use crate::session::store::FolderStorage;
use crate::session::store::faulty::FaultyStorage;

#[test]
fn a_disk_that_fills_up_at_any_byte_stops_nothing() {
    let bytes = played();
    let ends = line_ends(&bytes);
    for room in 0..bytes.len() as u64 {
        let storage = FaultyStorage::default();
        storage.trouble().room = Some(room);
        let mut journal = Journal::create(Arc::new(storage.clone()), header()).unwrap();
        let mut world = World::default();
        for act in script() {
            act_once(&mut journal, &mut world, &act);
        }
        conclude(&mut journal, &world);
        let Saving::Unsaved(unsaved) = journal.saving() else {
            panic!("room for {room}: saved");
        };
        let lines = ends.iter().filter(|end| (**end as u64) < room).count() as u64;
        assert_eq!(unsaved.from_record, lines, "room for {room}");
        assert_eq!(unsaved.since.is_some(), lines > 0);
        assert_eq!(journal.records().len(), 4);
        // What is on the disk now is what a kill at that byte leaves.
        assert_eq!(storage.memory.bytes(FILE).unwrap(), &bytes[..room as usize]);
        if room % 2 == 0 {
            storage.trouble().room = None;
            assert!(matches!(journal.close(), Saving::Saved { .. }));
            assert_eq!(storage.memory.bytes(FILE).unwrap(), bytes);
        } else {
            assert!(matches!(journal.close(), Saving::Unsaved(_)));
        }
    }
}

#[test]
fn a_disk_with_room_again_gets_what_is_missing() {
    let storage = FaultyStorage::default();
    storage.trouble().room = Some(400);
    let mut journal = Journal::create(Arc::new(storage.clone()), header()).unwrap();
    let mut world = World::default();
    for act in script() {
        act_once(&mut journal, &mut world, &act);
    }
    let Saving::Unsaved(unsaved) = journal.saving() else {
        panic!("saved");
    };
    assert_eq!(
        unsaved.to_string(),
        "record 1 (2024-12-02T09:45:00Z) and what follows it are not saved in a faulty disk: no storage space"
    );
    storage.trouble().room = None;
    conclude(&mut journal, &world);
    assert!(matches!(journal.saving(), Saving::Saved { .. }));
    drop(journal);
    assert_eq!(storage.memory.bytes(FILE).unwrap(), played());
}

#[test]
fn a_read_only_folder_stops_nothing() {
    let storage = FaultyStorage::default();
    storage.trouble().read_only = true;
    let mut journal = Journal::create(Arc::new(storage.clone()), header()).unwrap();
    let mut world = World::default();
    let Saving::Unsaved(unsaved) = journal.saving() else {
        panic!("saved");
    };
    assert_eq!((unsaved.from_record, unsaved.since), (0, None));
    assert!(
        unsaved
            .to_string()
            .starts_with("nothing of this drill is saved in a faulty disk")
    );
    act_once(&mut journal, &mut world, &script()[0]);
    assert!(matches!(journal.saving(), Saving::Unsaved(_)));
    // Somebody mounts it again.
    storage.trouble().read_only = false;
    assert!(matches!(play_on(journal, &mut world), Saving::Saved { .. }));
    assert_eq!(storage.memory.bytes(FILE).unwrap(), played());
}

#[test]
fn a_drill_in_a_read_only_folder_can_be_played_on() {
    let bytes = played();
    let ends = line_ends(&bytes);
    let storage = FaultyStorage::default();
    storage.memory.replace(FILE, &bytes[..=ends[1]]).unwrap();
    storage.trouble().read_only = true;
    let mut journal = Journal::<Act>::resume(Arc::new(storage.clone()), &drill()).unwrap();
    let Saving::Unsaved(unsaved) = journal.saving() else {
        panic!("saved");
    };
    assert_eq!((unsaved.from_record, unsaved.since), (2, None));
    let mut world = replay(&mut journal);
    assert!(matches!(play_on(journal, &mut world), Saving::Unsaved(_)));
    assert_eq!(storage.memory.bytes(FILE).unwrap(), &bytes[..=ends[1]]);
}

#[test]
fn a_failed_sync_is_told_even_when_a_later_one_succeeds() {
    let storage = FaultyStorage::default();
    storage.trouble().sync_fails = true;
    let journal = Journal::<Act>::create(Arc::new(storage.clone()), header()).unwrap();
    let Saving::Unsaved(unsaved) = journal.close() else {
        panic!("saved");
    };
    assert_eq!(unsaved.reason, "input/output error");
    assert_eq!(storage.trouble().syncs, 0);

    let storage = FaultyStorage::default();
    let journal = Journal::<Act>::create(Arc::new(storage.clone()), header()).unwrap();
    assert!(matches!(journal.close(), Saving::Saved { .. }));
    assert_eq!(storage.trouble().syncs, 1);
}

#[test]
fn one_process_plays_a_drill_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(FolderStorage::new(folder.path()));
    let journal = Journal::<Act>::create(Arc::clone(&storage), header()).unwrap();
    let second = Journal::<Act>::resume(Arc::clone(&storage), &drill()).unwrap_err();
    assert_eq!(
        second.to_string(),
        format!(
            "the drill is being played by process {}",
            std::process::id()
        )
    );
    assert!(matches!(
        Journal::<Act>::create(Arc::clone(&storage), header()),
        Err(OpenError::InUse { .. })
    ));
    drop(journal);
    assert!(matches!(
        Journal::<Act>::create(Arc::clone(&storage), header()),
        Err(OpenError::Exists)
    ));
    assert!(Journal::<Act>::resume(storage, &drill()).is_ok());
}

#[test]
fn a_folder_holds_what_memory_holds() {
    let folder = tempfile::tempdir().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(FolderStorage::new(folder.path().join("saves")));
    let journal = Journal::create(Arc::clone(&storage), header()).unwrap();
    assert_eq!(
        play_on(journal, &mut World::default()),
        Saving::Saved {
            place: storage.place()
        }
    );
    let path = folder.path().join("saves").join(FILE);
    assert_eq!(std::fs::read(&path).unwrap(), played());
    let over = Journal::<Act>::resume(Arc::clone(&storage), &drill());
    assert!(matches!(over, Err(OpenError::Over)));
    assert_eq!(storage.names().unwrap(), [FILE]);
}
