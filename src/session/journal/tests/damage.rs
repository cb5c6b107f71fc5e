//! Journals that hands, disks and copies changed: found, named, never taken for whole. Only tests.

use std::sync::Arc;

use super::*;

#[test]
fn every_changed_byte_is_found_at_its_line() {
    let bytes = played();
    let ends = line_ends(&bytes);
    let original = read_bytes(&bytes).unwrap();
    for at in 0..bytes.len() {
        let line = ends.iter().filter(|end| **end < at).count() as u64 + 1;
        for flip in [1, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let fault = match read_bytes(&changed) {
                Err(fault) => fault,
                Ok(contents) => {
                    let sound = contents.records.len().min(line.saturating_sub(2) as usize);
                    assert_eq!(contents.records[..sound], original.records[..sound]);
                    let Some(fault) = contents.fault else {
                        // The last line has none behind it that would vouch for it.
                        assert_eq!(line, 6, "byte {at}");
                        assert_eq!(contents.records, original.records);
                        continue;
                    };
                    fault
                }
            };
            assert!(
                (line..=line + 1).contains(&fault.line),
                "byte {at} of line {line}: {fault}"
            );
        }
    }
}

#[test]
fn lines_lost_doubled_or_swapped_are_found() {
    let bytes = played();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let fault = |order: &[usize]| {
        let text: Vec<&str> = order.iter().flat_map(|at| [lines[*at], "\n"]).collect();
        let text = text.concat();
        read_bytes(text.as_bytes()).unwrap().fault.unwrap()
    };
    let number = |line, expected, found| Fault {
        line,
        problem: Problem::Number { expected, found },
    };
    assert_eq!(fault(&[0, 2, 3, 4, 5]), number(2, 1, 2));
    assert_eq!(fault(&[0, 1, 1, 2, 3, 4, 5]), number(3, 2, 1));
    assert_eq!(fault(&[0, 1, 3, 2, 4, 5]), number(3, 2, 3));
    assert_eq!(fault(&[0, 1, 2, 3, 5]), number(5, 4, 5));
    let after = Fault {
        line: 7,
        problem: Problem::AfterOutcome,
    };
    assert_eq!(fault(&[0, 1, 2, 3, 4, 5, 5]), after);
    assert!(matches!(fault(&[0, 1, 0, 2]).problem, Problem::Broken(_)));
    // A sound chain of another drill under this header.
    let other = lines[0].replace("\"seed\":7", "\"seed\":8");
    let text = format!("{other}\n{}\n", lines[1]);
    let chain = Fault {
        line: 2,
        problem: Problem::Chain,
    };
    assert_eq!(read_bytes(text.as_bytes()).unwrap().fault, Some(chain));
}

#[test]
fn a_damaged_journal_is_not_resumed_but_what_stands_before_is_read() {
    let mut bytes = played();
    let ends = line_ends(&bytes);
    bytes[ends[2] + 5] = b'?';
    let resumed = Journal::<Act>::resume(Arc::new(stored(&bytes)), &drill());
    let Err(OpenError::Fault(fault)) = resumed else {
        panic!("{resumed:?}");
    };
    assert_eq!(fault.line, 4);
    assert!(
        fault.to_string().starts_with("line 4: not a whole record"),
        "{fault}"
    );
    assert_eq!(read_bytes(&bytes).unwrap().records.len(), 2);
    // The advice is good: without that line and what follows, it goes on.
    let storage = stored(&bytes[..=ends[2]]);
    assert!(Journal::<Act>::resume(Arc::new(storage), &drill()).is_ok());
}

#[test]
fn line_ends_of_another_system_change_nothing() {
    let text = String::from_utf8(played()).unwrap().replace('\n', "\r\n");
    let contents = read_bytes(text.as_bytes()).unwrap();
    assert_eq!((contents.records.len(), contents.fault), (4, None));
}

#[test]
fn limits_hold_while_reading() {
    let bytes = played();
    let with = |change: fn(&mut Limits)| {
        let mut limits = Limits::STANDARD;
        change(&mut limits);
        match read::<Act>(&*bytes, limits) {
            Ok(contents) => contents.fault.unwrap(),
            Err(fault) => fault,
        }
    };
    let fault = |line, problem| Fault { line, problem };
    assert_eq!(
        with(|limits| limits.records = 2),
        fault(4, Problem::TooManyRecords(2))
    );
    assert_eq!(
        with(|limits| limits.depth = 3),
        fault(3, Problem::TooDeep(3))
    );
    assert_eq!(
        with(|limits| limits.line_bytes = 100),
        fault(1, Problem::LineTooLong(100))
    );
    assert_eq!(
        with(|limits| limits.file_bytes = 500).problem,
        Problem::FileTooLong(500)
    );
    let exact = Limits {
        file_bytes: bytes.len() as u64,
        records: 4,
        depth: 6,
        ..Limits::STANDARD
    };
    assert_eq!(read::<Act>(&*bytes, exact).unwrap().fault, None);
}

#[test]
fn a_file_that_never_ends_is_given_up() {
    let endless = std::io::repeat(b'x');
    let fault = read::<Act>(endless, Limits::STANDARD).unwrap_err();
    assert_eq!(
        fault.problem,
        Problem::LineTooLong(Limits::STANDARD.line_bytes)
    );
}

/// One change to a file, as hands, disks and copies make them.
#[derive(Clone, Debug)]
enum Damage {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Delete(prop::sample::Index, usize),
    Double(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<prop::sample::Index>();
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (at(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (at(), 1_usize..300).prop_map(|(at, length)| Damage::Delete(at, length)),
        (at(), 1_usize..300).prop_map(|(at, length)| Damage::Double(at, length)),
    ]
}

impl Damage {
    fn inflict(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self {
            Self::Set(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::Insert(at, more) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Self::Delete(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Self::Double(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                let more = bytes[at..end].to_vec();
                bytes.splice(end..end, more);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read_bytes(&bytes);
        let headed = [header().encode().unwrap(), b"\n".to_vec(), bytes].concat();
        let _ = read_bytes(&headed);
    }

    #[test]
    fn damage_never_passes_for_a_whole_drill(damages in prop::collection::vec(damage(), 1..5)) {
        let original = played();
        let mut bytes = original.clone();
        for damage in &damages {
            damage.inflict(&mut bytes);
        }
        let Ok(contents) = read_bytes(&bytes) else { return Ok(()) };
        let sound = read_bytes(&original).unwrap();
        if contents.fault.is_none() && contents.outcome.is_some() {
            prop_assert_eq!(contents.header, sound.header);
            prop_assert_eq!(contents.records, sound.records);
        }
    }

    #[test]
    fn damage_never_keeps_a_resumed_drill_from_being_read_again(
        damages in prop::collection::vec(damage(), 1..3),
    ) {
        let mut bytes = played();
        for damage in &damages {
            damage.inflict(&mut bytes);
        }
        let storage = stored(&bytes);
        let Ok(mut journal) = Journal::<Act>::resume(Arc::new(storage.clone()), &drill()) else {
            return Ok(());
        };
        if let Some(open) = journal.open_record() {
            let sequence = Sequence(open.number);
            journal.complete(sequence, Verdict::Ok, Digest::default()).unwrap();
        }
        let at = SimTime(i64::MAX);
        journal.begin(at, WallTime(0), Door::Tui, Act::Say("on".to_owned())).unwrap();
        drop(journal);
        let contents = read_bytes(&storage.bytes(FILE).unwrap()).unwrap();
        prop_assert_eq!(contents.fault, None);
        prop_assert!(contents.open.is_some());
    }
}
